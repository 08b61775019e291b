//! Own kinds of events on the wire.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{ArchivedFilter, Checked, RawJson, patch, samples};
use crate::domain::actor::ActorReference;
use crate::domain::event_kind::Category;
use crate::domain::instant::Instant;
use crate::entities::event_type::Model;
use crate::page_of;

/// Templates of an event's title; `{payload.<member>}` stands for a value of the payload.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventLabels {
    /// English.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\x00]*$",
        example = "Machine serviced: {payload.machine}"
    )]
    pub en: String,
    /// German.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\x00]*$",
        example = "Maschine gewartet: {payload.machine}"
    )]
    pub de: String,
}

/// A JSON Schema (draft 2020-12).
#[derive(Debug)]
pub struct PayloadSchema;

impl utoipa::PartialSchema for PayloadSchema {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .description(Some(
                "A JSON Schema (draft 2020-12) that refers to nothing outside of itself, and not in circles.",
            ))
            .additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::FreeForm(true)))
            .max_properties(Some(100))
            .examples([samples::payload_schema()])
            .into()
    }
}

impl ToSchema for PayloadSchema {}

/// A new kind of event.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(samples::create_event_type))]
pub struct CreateEventType {
    /// `<thing>.<past participle>`, unique; fixed once and for all. Things that are built in are reserved.
    #[schema(max_length = 100, pattern = r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$", example = "machine.serviced")]
    pub name: String,
    /// Group of kinds.
    pub category: Category,
    /// Titles.
    pub labels: EventLabels,
    /// What a payload looks like.
    #[schema(value_type = PayloadSchema)]
    pub payload_schema: Value,
}

impl Checked for CreateEventType {}

/// What changes in a kind of event; events that were written stay as they are.
#[derive(Debug, Clone)]
pub struct UpdateEventType;

impl utoipa::PartialSchema for UpdateEventType {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        let whole = patch::schema_of::<CreateEventType>(
            &["name"],
            "What changes in a kind of event; events that were written stay as they are. The schema is merged member \
             by member like everything else (RFC 7396).",
            serde_json::json!({"category": "support"}),
        );
        let labels = patch::schema_of::<EventLabels>(
            &[],
            "Titles; each can change alone.",
            serde_json::json!({"en": "Service of {payload.machine}"}),
        );
        let mut schema = serde_json::json!(whole);
        schema["properties"]["labels"] = serde_json::json!(labels);
        // Both were schemas before, and one inside of the other is one again.
        serde_json::from_value(schema).unwrap_or(whole)
    }
}

impl ToSchema for UpdateEventType {
    fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>)>) {
        CreateEventType::schemas(schemas);
    }
}

/// A kind of event.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EventType {
    /// Identifier.
    pub id: Uuid,
    /// `<thing>.<past participle>`.
    #[schema(max_length = 100, pattern = r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$", example = "machine.serviced")]
    pub name: String,
    /// Group of kinds.
    #[schema(value_type = Category)]
    pub category: String,
    /// Titles.
    pub labels: EventLabels,
    /// What a payload looks like.
    #[schema(value_type = PayloadSchema)]
    pub payload_schema: RawJson,
    /// Counts changes; the ETag.
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 1)]
    pub version: i64,
    /// When it was created.
    pub created_at: Instant,
    /// By whom.
    #[schema(value_type = ActorReference)]
    pub created_by: RawJson,
    /// When it was last changed.
    pub updated_at: Instant,
    /// By whom.
    #[schema(value_type = ActorReference)]
    pub updated_by: RawJson,
    /// When it was archived; null if it is not. Events of an archived kind can be read, but not appended.
    pub archived_at: Option<Instant>,
}

impl From<Model> for EventType {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            category: row.category,
            labels: EventLabels { en: row.label_en, de: row.label_de },
            payload_schema: RawJson::stored(row.payload_schema),
            version: row.version,
            created_at: row.created_at,
            created_by: RawJson::stored(row.created_by),
            updated_at: row.updated_at,
            updated_by: RawJson::stored(row.updated_by),
            archived_at: row.archived_at,
        }
    }
}

page_of! {
    /// A page of kinds of events.
    EventTypePage of EventType
}

/// Which kinds of events.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct EventTypeQuery {
    /// Group of kinds.
    #[param(inline, max_items = 10)]
    pub category: Vec<Category>,
    /// Archived kinds: left out unless they are asked for.
    #[param(inline, nullable = false)]
    pub archived: Option<ArchivedFilter>,
    /// Order; a minus sign turns it round. `name` unless it is given.
    #[param(
        max_length = 60,
        pattern = "^-?(name|created_at)(,-?(name|created_at))?$",
        nullable = false,
        example = "name"
    )]
    pub sort: Option<String>,
}
