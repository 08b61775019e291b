//! Sets of tasks on the wire.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Checked;
use super::record::{Fields, Words};
use super::task_template::TemplateNames;
use crate::domain::fault::FaultCode;
use crate::domain::instant::Instant;
use crate::error::{Error, FieldError, Result};

/// Whether anything is left to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskSetStatus {
    /// A task is open.
    Active,
    /// Every task is completed or cancelled.
    Completed,
}

impl TaskSetStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Completed => "completed",
        }
    }
}

/// Who has a part in a set of tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"role": "trainer", "user_id": "019a0000-0000-7000-8000-000000000001"}))]
pub struct RoleAssignment {
    /// The part, as the template names it.
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9]+(_[a-z0-9]+)*$", example = "trainer")]
    pub role: String,
    /// Who has it.
    pub user_id: Uuid,
}

/// Tasks made together for a customer from a template: an onboarding. Its progress is told by its tasks
/// (`GET /v1/tasks?task_set_id=…&status=completed&count=exact`).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "template_id": "019a0000-0000-7000-8000-0000000000aa", "starts_at": "2026-11-23T08:00:00Z", "note": "Zweites Werk",
}))]
pub struct TaskSetFields {
    /// From which template; one set of it can be active for a customer at a time. Fixed once and for all.
    pub template_id: Uuid,
    /// The moment the days of the steps are counted from; now unless it is given. Fixed once and for all.
    pub starts_at: Option<Instant>,
    /// Who has which part. Whoever is in charge of the customer is `owner` unless somebody else is named. Fixed once and
    /// for all.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub assignees: Vec<RoleAssignment>,
    /// What else is to be known.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Zweites Werk")]
    pub note: Option<String>,
}

impl Checked for TaskSetFields {
    fn check(&self) -> Result<()> {
        let mut seen = BTreeSet::new();
        let twice = self.assignees.iter().enumerate().filter(|(_, assignee)| !seen.insert(assignee.role.as_str()));
        let place = |at| format!("/assignees/{at}/role");
        let faults: Vec<_> = twice.map(|(at, _)| FieldError::at_pointer(place(at), FaultCode::Duplicate)).collect();
        if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
    }
}

/// What the service knows of a set.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TaskSetFacts {
    /// Whether anything is left to be done.
    pub status: TaskSetStatus,
    /// How the template was called when the tasks were made.
    pub template_names: TemplateNames,
    /// How many tasks were made.
    #[schema(minimum = 1, maximum = 100, format = "int32", example = 2)]
    pub task_count: i32,
    /// When the last task was closed; null while one is open.
    pub completed_at: Option<Instant>,
}

/// Which sets.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct TaskSetFilter {
    /// From these templates.
    #[param(max_items = 50)]
    pub template_id: Vec<Uuid>,
    /// Whether anything is left to be done.
    #[param(inline, max_items = 2)]
    pub status: Vec<TaskSetStatus>,
    /// Begun at or after.
    #[param(inline, nullable = false)]
    pub starts_after: Option<Instant>,
    /// Begun before.
    #[param(inline, nullable = false)]
    pub starts_before: Option<Instant>,
}

impl Fields for TaskSetFields {
    type Facts = TaskSetFacts;
    type Filter = TaskSetFilter;

    const WORDS: Words =
        Words { schema: "TaskSet", one: "task_set", many: "task_sets", english: "Task set", german: "Aufgabenpaket" };
    const FIXED: &'static [&'static str] = &["template_id", "starts_at", "assignees"];
    const SORTS: &'static [&'static str] = &["starts_at", "completed_at", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "-starts_at";

    fn example_of_change() -> Value {
        json!({ "note": "Zweites Werk" })
    }
}
