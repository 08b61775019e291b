//! Tags on the wire.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{ArchivedFilter, Checked, RawJson, patch};
use crate::domain::actor::ActorReference;
use crate::domain::instant::Instant;
use crate::entities::tag::Model;
use crate::page_of;

/// A new tag.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Großkunde", "description": "Kauft in großen Mengen", "color": "#1f77b4"}))]
pub struct CreateTag {
    /// The word; case and accents do not make another tag.
    #[schema(min_length = 1, max_length = 60, pattern = r"^[^\x00]*$", example = "Neubau")]
    pub name: String,
    /// What it means.
    #[schema(max_length = 500, pattern = r"^[^\x00]*$", example = "Plant oder baut neu")]
    pub description: Option<String>,
    /// Colour to show it in.
    #[schema(max_length = 7, pattern = "^#[0-9a-f]{6}$", example = "#1f77b4")]
    pub color: Option<String>,
}

impl Checked for CreateTag {}

/// What changes in a tag.
#[derive(Debug, Clone)]
pub struct UpdateTag;

impl utoipa::PartialSchema for UpdateTag {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        patch::schema_of::<CreateTag>(&[], "What changes in a tag.", serde_json::json!({"description": "Baut neu"}))
    }
}

impl ToSchema for UpdateTag {}

/// Which tag takes the place of this one.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"into": "019a0000-0000-7000-8000-000000000001"}))]
pub struct MergeTag {
    /// The tag that stays.
    pub into: Uuid,
}

impl Checked for MergeTag {}

/// A tag.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Tag {
    /// Identifier.
    pub id: Uuid,
    /// The word.
    #[schema(max_length = 60, pattern = r"^[^\x00]*$", example = "Neubau")]
    pub name: String,
    /// What it means.
    #[schema(max_length = 500, pattern = r"^[^\x00]*$", example = "Plant oder baut neu")]
    pub description: Option<String>,
    /// Colour to show it in.
    #[schema(max_length = 7, pattern = "^#[0-9a-f]{6}$", example = "#1f77b4")]
    pub color: Option<String>,
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
    /// When it was archived; null if it is not.
    pub archived_at: Option<Instant>,
}

impl From<Model> for Tag {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            color: row.color,
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
    /// A page of tags.
    TagPage of Tag
}

/// Which tags.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct TagQuery {
    /// Beginning of the name.
    #[param(min_length = 1, max_length = 60, pattern = r"^[^\x00]*$", nullable = false, example = "neu")]
    pub q: Option<String>,
    /// Archived tags: left out unless they are asked for.
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
