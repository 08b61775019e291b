//! What goes over the wire: one file per resource, and how its shape is checked.

pub mod auth;
pub mod campaign;
pub mod campaign_touch;
pub mod change;
pub mod checkpoint;
pub mod consent;
pub mod contract;
pub mod custom_field;
pub mod customer;
pub mod delivery;
pub mod document;
pub mod dunning_notice;
pub mod event_type;
pub mod exact_numbers;
pub mod feedback;
pub mod interaction;
pub mod invoice;
pub mod journey;
pub mod line;
pub mod loyalty;
pub mod meta;
pub mod opportunity;
pub mod order;
pub mod owned_product;
pub mod owner;
pub mod page;
pub mod patch;
pub mod payment;
pub mod pipeline;
pub mod printed_address;
pub mod product;
pub mod project;
pub mod query;
pub mod quote;
pub mod record;
pub mod referral;
pub mod relationship;
pub mod samples;
pub mod security_event;
pub mod session;
pub mod shape;
pub mod strict_json;
pub mod summary;
pub mod tag;
pub mod task;
pub mod task_set;
pub mod task_template;
pub mod ticket;
pub mod timeline;
pub mod upsert;
pub mod user;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::error::Error;

/// Facts about a fault or an event: any members.
#[derive(Debug, Serialize)]
pub struct Facts {}

impl utoipa::PartialSchema for Facts {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .description(Some("Facts: any members."))
            .additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::FreeForm(true)))
            .max_properties(Some(1000))
            .examples([serde_json::json!({"value": "x"})])
            .into()
    }
}

impl ToSchema for Facts {}

/// Rules of an input beyond its shape: what one field means for another.
pub trait Checked {
    /// Refuses what does not fit together, naming every fault.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// Id of a record in another system; one record per system and id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalId {
    /// The other system.
    #[schema(min_length = 1, max_length = 60, pattern = "^[A-Za-z0-9._-]+$", example = "webshop")]
    pub system: String,
    /// The id over there.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$", example = "10023")]
    pub id: String,
}

/// Whether archived records are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArchivedFilter {
    /// Only those that are not archived.
    #[default]
    Exclude,
    /// All.
    Include,
    /// Only archived ones.
    Only,
}

/// JSON text from the database, passed through as it is.
#[derive(Debug, Clone)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// A stored text. What is unreadable is shown as null: it can only come from outside.
    pub fn stored(text: String) -> Self {
        Self(RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
