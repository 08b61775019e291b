//! Templates of tasks on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Checked;
use super::record::{Fields, Words};
use crate::domain::instant::Instant;
use crate::domain::priority::Priority;

/// The role of whoever is in charge of the customer: no set of tasks has to say who that is.
pub const OWNER: &str = "owner";

/// What a template is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"en": "Onboarding", "de": "Einführung"}))]
pub struct TemplateNames {
    /// In English.
    #[schema(min_length = 1, max_length = 140, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Onboarding")]
    pub en: String,
    /// In German.
    #[schema(min_length = 1, max_length = 140, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Einführung")]
    pub de: String,
}

/// One task of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"subject": "Begrüßungsanruf", "body": null, "due_after_days": 1, "assignee_role": "owner", "assignee_id": null, "priority": "high"}))]
pub struct TemplateStep {
    /// What is to be done.
    #[schema(min_length = 1, max_length = 300, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Begrüßungsanruf")]
    pub subject: String,
    /// How, and why.
    #[schema(max_length = 20_000, pattern = r"^[^\x00]*$", example = "Ansprechpartner und Ziele klären.")]
    pub body: Option<String>,
    /// How many days after the beginning it is due.
    #[schema(minimum = 0, maximum = 3650, format = "int32", example = 1)]
    pub due_after_days: i32,
    /// How urgent it is; `normal` unless it is given.
    #[serde(default)]
    pub priority: Priority,
    /// Who does it, by the part they have: `owner` is whoever is in charge of the customer; who has another part is said
    /// when the tasks are made.
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9]+(_[a-z0-9]+)*$", example = "owner")]
    pub assignee_role: Option<String>,
    /// Who does it, always the same user; goes before the part.
    pub assignee_id: Option<Uuid>,
}

/// What is to be done each time: when a customer is new, when a contract ends.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "names": {"en": "Onboarding", "de": "Einführung"}, "description": "Für jeden neuen Kunden",
    "steps": [
        {"subject": "Begrüßungsanruf", "due_after_days": 1, "assignee_role": "owner", "assignee_id": null, "priority": "high"},
        {"subject": "Schulung", "due_after_days": 14, "assignee_role": "trainer"},
    ],
}))]
pub struct TaskTemplateFields {
    /// What it is called.
    pub names: TemplateNames,
    /// What it is for.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Für jeden neuen Kunden")]
    pub description: Option<String>,
    /// The tasks, in their order.
    #[schema(min_items = 1, max_items = 100)]
    pub steps: Vec<TemplateStep>,
}

impl Checked for TaskTemplateFields {}

/// What the service knows of a template.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TaskTemplateFacts {
    /// Since when its steps are what they are.
    pub steps_changed_at: Instant,
}

/// Which templates.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct TaskTemplateFilter {
    /// The beginning of the German name; case and accents do not count.
    #[param(min_length = 1, max_length = 100, pattern = r"^[^\x00]*$", nullable = false)]
    pub q: Option<String>,
}

impl Fields for TaskTemplateFields {
    type Facts = TaskTemplateFacts;
    type Filter = TaskTemplateFilter;

    const WORDS: Words = Words {
        schema: "TaskTemplate",
        one: "task_template",
        many: "task_templates",
        english: "Task template",
        german: "Aufgabenvorlage",
    };
    const CATALOGUE: bool = true;
    const SORTS: &'static [&'static str] = &["name", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "name";

    fn example_of_change() -> Value {
        json!({ "description": "Für jeden neuen Kunden mit Wartungsvertrag" })
    }
}
