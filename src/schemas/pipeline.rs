//! Pipelines and their stages on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Checked;
use super::record::{Exactly, Fields, Words};

/// A name in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"en": "Negotiation", "de": "Verhandlung"}))]
pub struct PipelineName {
    /// English.
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Negotiation")]
    pub en: String,
    /// German.
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Verhandlung")]
    pub de: String,
}

/// A step on the way of open opportunities. Winning and losing are no stages: an opportunity that is lost still says in
/// which one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "id": null, "key": "negotiation", "name": {"en": "Negotiation", "de": "Verhandlung"}, "position": 3,
    "default_probability": 70,
}))]
pub struct PipelineStage {
    /// Identifier, given by the server and kept for good: a stage sent with its id, or without one but with its key, is
    /// the stage it was, whatever else of it changes.
    pub id: Option<Uuid>,
    /// Its name for programs, once in a pipeline.
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z][a-z0-9_]*$", example = "negotiation")]
    pub key: String,
    /// Its name for people.
    pub name: PipelineName,
    /// Its place on the way, counted from 1. The order of the list decides, whatever is sent.
    #[schema(minimum = 1, maximum = 9999, format = "int32", example = 3)]
    pub position: Option<i32>,
    /// How likely an opportunity in it is won, in percent, unless the opportunity says so itself.
    #[schema(minimum = 0, maximum = 100, format = "int32", example = 70)]
    pub default_probability: i32,
}

/// A way that opportunities go, stage by stage.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "key": "new_business", "name": {"en": "New business", "de": "Neugeschäft"},
    "stages": [
        {"key": "qualified", "name": {"en": "Qualified", "de": "Qualifiziert"}, "default_probability": 20},
        {"key": "offered", "name": {"en": "Offered", "de": "Angebot liegt vor"}, "default_probability": 50},
        {"key": "negotiation", "name": {"en": "Negotiation", "de": "Verhandlung"}, "default_probability": 70},
    ],
}))]
pub struct PipelineFields {
    /// Its name for programs: no two pipelines have the same.
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z][a-z0-9_]*$", example = "new_business")]
    pub key: String,
    /// Its name for people.
    pub name: PipelineName,
    /// What it is for.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Alles, was über die Messe kommt.")]
    pub description: Option<String>,
    /// The stages in their order. One that open opportunities are in cannot be left out (`in_use`).
    #[schema(min_items = 1, max_items = 50)]
    pub stages: Vec<PipelineStage>,
}

impl Checked for PipelineFields {}

/// What the service knows of a pipeline besides: nothing.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PipelineFacts {}

/// Which pipelines.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct PipelineFilter {
    /// With these keys.
    #[param(inline, max_items = 50)]
    pub key: Vec<Exactly>,
}

impl Fields for PipelineFields {
    type Facts = PipelineFacts;
    type Filter = PipelineFilter;

    const WORDS: Words =
        Words { schema: "Pipeline", one: "pipeline", many: "pipelines", english: "Pipeline", german: "Pipeline" };
    const CATALOGUE: bool = true;
    const SORTS: &'static [&'static str] = &["name", "key", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "name";

    fn example_of_change() -> Value {
        json!({ "name": { "en": "New customers", "de": "Neukunden" } })
    }
}
