//! Tasks on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Checked;
use super::owner::OwnerFilter;
use super::record::{Fields, Words};
use crate::domain::instant::Instant;
use crate::domain::priority::Priority;

/// How far a task has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// To be done.
    Open,
    /// Done.
    Completed,
    /// Not to be done any more.
    Cancelled,
}

impl TaskStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What is to be done for a customer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"subject": "Angebot nachfassen", "due_at": "2026-12-01T09:00:00Z", "priority": "high"}))]
pub struct TaskFields {
    /// What is to be done.
    #[schema(
        min_length = 1,
        max_length = 300,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Angebot nachfassen"
    )]
    pub subject: String,
    /// How, and why.
    #[schema(max_length = 20_000, pattern = r"^[^\x00]*$", example = "Nach dem Liefertermin fragen.")]
    pub body: Option<String>,
    /// How urgent it is; `normal` unless it is given.
    #[serde(default)]
    pub priority: Priority,
    /// By when.
    pub due_at: Option<Instant>,
    /// Who does it.
    pub assignee_id: Option<Uuid>,
    /// The set of tasks it belongs to; fixed once and for all.
    pub task_set_id: Option<Uuid>,
}

impl Checked for TaskFields {}

/// What the service knows of a task.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TaskFacts {
    /// How far it has come.
    pub status: TaskStatus,
    /// When it was completed or cancelled.
    pub closed_at: Option<Instant>,
    /// What came of it.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Termin am Freitag zugesagt")]
    pub outcome: Option<String>,
}

/// Which tasks.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct TaskFilter {
    /// Words that must all occur in the subject, in any order, each as the beginning of a word. Umlauts may be written either
    /// way. Signs without any word find nothing.
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$", nullable = false, example = "angebot nach")]
    pub q: Option<String>,
    /// How far they have come.
    #[param(inline, max_items = 3)]
    pub status: Vec<TaskStatus>,
    /// How urgent they are.
    #[param(inline, max_items = 4)]
    pub priority: Vec<Priority>,
    /// Who does them; `me` is the caller.
    #[param(inline, max_items = 50)]
    pub assignee_id: Vec<OwnerFilter>,
    /// Of these sets.
    #[param(max_items = 50)]
    pub task_set_id: Vec<Uuid>,
    /// Due at or after.
    #[param(inline, nullable = false)]
    pub due_after: Option<Instant>,
    /// Due before.
    #[param(inline, nullable = false)]
    pub due_before: Option<Instant>,
    /// `true`: only open ones whose time has passed; `false`: all others.
    #[param(nullable = false, example = true)]
    pub overdue: Option<bool>,
}

impl Fields for TaskFields {
    type Facts = TaskFacts;
    type Filter = TaskFilter;

    const WORDS: Words = Words { schema: "Task", one: "task", many: "tasks", english: "Task", german: "Aufgabe" };
    const FIXED: &'static [&'static str] = &["task_set_id"];
    const SORTS: &'static [&'static str] = &["due_at", "priority", "subject", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "due_at";

    fn example_of_change() -> Value {
        json!({ "due_at": "2026-12-08T09:00:00Z" })
    }
}

/// How a task was closed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"outcome": "Termin am Freitag zugesagt"}))]
pub struct CloseTask {
    /// When; now unless it is given.
    pub closed_at: Option<Instant>,
    /// What came of it.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Termin am Freitag zugesagt")]
    pub outcome: Option<String>,
}

impl Checked for CloseTask {}

/// Why a task is to be done after all.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Kunde hat sich doch nicht gemeldet"}))]
pub struct ReopenTask {
    /// Why.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Kunde hat sich doch nicht gemeldet")]
    pub reason: Option<String>,
}

impl Checked for ReopenTask {}
