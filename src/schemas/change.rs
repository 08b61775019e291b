//! Which fields of a record changed, when and by whom.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::timeline::EventSource;
use crate::domain::actor::ActorReference;
use crate::domain::instant::Instant;
use crate::page_of;

/// One field that changed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChangedField {
    /// Path of the field, members joined by a dot.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "person.job_title")]
    pub field: String,
    /// The value before; null where there was none.
    #[schema(required = true, example = "Partnerin")]
    pub from: Value,
    /// The value after; null where it was removed.
    #[schema(required = true, example = "Geschäftsführerin")]
    pub to: Value,
}

/// One change of a record: the fields that changed together.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RecordChange {
    /// The event that tells of it.
    pub event_id: Uuid,
    /// What happened: `<thing>.<past participle>`.
    #[schema(max_length = 100, pattern = r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$", example = "customer.updated")]
    pub kind: String,
    /// The version this made.
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 2)]
    pub version: i64,
    /// When it was recorded.
    pub changed_at: Instant,
    /// By whom, called as at the time.
    pub changed_by: ActorReference,
    /// Where it came from.
    pub source: EventSource,
    /// The fields.
    #[schema(max_items = 1000)]
    pub fields: Vec<ChangedField>,
}

page_of! {
    /// A page of changes.
    RecordChangePage of RecordChange
}

/// Name of a field, or of an object with all its members.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(min_length = 1, max_length = 100, pattern = "^[a-z][a-z0-9_]*([.][a-z0-9_]+)*$", example = "lifecycle_stage")]
pub struct FieldPath(pub String);

impl FieldPath {
    /// Whether a field is this one or within it.
    pub fn covers(&self, field: &str) -> bool {
        field.strip_prefix(self.0.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

/// Which changes of a record.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ChangesQuery {
    /// Changes of these fields alone; the name of an object stands for all its members.
    #[param(inline, max_items = 20)]
    pub field: Vec<FieldPath>,
    /// Newest first unless it is given.
    #[param(max_length = 20, pattern = "^-?changed_at$", nullable = false, example = "-changed_at")]
    pub sort: Option<String>,
}
