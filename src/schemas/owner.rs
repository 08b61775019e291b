//! Who can own records: what everybody may know of a user.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use uuid::Uuid;

use crate::domain::permission::Role;
use crate::entities::user::Model;
use crate::page_of;

/// A user as somebody who can own records.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Owner {
    /// Identifier of the user, for `owner_id`.
    pub id: Uuid,
    /// The name people read.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "Anna Huber")]
    pub display_name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may sign in.
    pub active: bool,
}

impl From<Model> for Owner {
    fn from(row: Model) -> Self {
        Self { id: row.id, role: row.role(), active: row.disabled_at.is_none(), display_name: row.display_name }
    }
}

page_of! {
    /// A page of users who can own records.
    OwnerPage of Owner
}

/// Which users. Repeated parameters mean "or", different ones "and".
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct OwnerQuery {
    /// What they may do.
    #[param(inline, max_items = 7)]
    pub role: Vec<Role>,
    /// `true`: only those who may sign in; `false`: only those who may not; all without it.
    #[param(nullable = false, example = true)]
    pub active: Option<bool>,
}

/// The form of [`OwnerFilter`].
pub const OWNER_PATTERN: &str = "^(me|[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12})$";

/// The user a list is filtered by: an id, or `me` for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerFilter {
    /// The caller.
    Me,
    /// A user.
    User(Uuid),
}

impl OwnerFilter {
    /// The user, where `caller` asks.
    pub fn id(self, caller: Uuid) -> Uuid {
        match self {
            Self::Me => caller,
            Self::User(id) => id,
        }
    }
}

impl<'de> Deserialize<'de> for OwnerFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "me" => Ok(Self::Me),
            id => id.parse().map(Self::User).map_err(D::Error::custom),
        }
    }
}

impl PartialSchema for OwnerFilter {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("The id of a user, or `me` for the caller."))
            .max_length(Some(36))
            .pattern(Some(OWNER_PATTERN))
            .examples(["me"])
            .into()
    }
}

impl ToSchema for OwnerFilter {}
