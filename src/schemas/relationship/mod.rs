//! Relationships between customers on the wire.

mod query;
mod tree;

pub use query::*;
pub use tree::*;

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::custom_field::CustomFields;
use super::customer::CustomerKind;
use super::timeline::{EventSource, SourceInput};
use super::{Checked, ExternalId, RawJson, patch};
use crate::domain::actor::ActorReference;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::language::Phrase;
use crate::domain::period::Period;
use crate::domain::relationship::{BuyingRole, RelationshipDirection, RelationshipKind};
use crate::entities::custom_field_value;
use crate::entities::relationship::{End, Model};
use crate::error::{Error, FieldError, Result};
use crate::page_of;

/// A new link between two customers. It says what the first one is to the second one: a person is an employee of a
/// company.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(
    json!({
        "type": "subsidiary_of", "from_customer_id": "019a0000-0000-7000-8000-0000000000aa",
        "to_customer_id": "019a0000-0000-7000-8000-0000000000bb", "valid_from": "2024-01-01"
    }),
    json!({
        "type": "employee_of", "from_customer_id": "019a0000-0000-7000-8000-0000000000cc",
        "to_customer_id": "019a0000-0000-7000-8000-0000000000bb", "role": "Einkaufsleiterin",
        "buying_role": "decision_maker", "valid_from": "2022-04-01"
    })
))]
pub struct CreateRelationship {
    /// What the first customer is to the second one; fixed once and for all.
    #[serde(rename = "type")]
    pub kind: RelationshipKind,
    /// The first customer: the employee, the contact person, the subsidiary, the one who was referred; fixed.
    pub from_customer_id: Uuid,
    /// The second customer: the employer, the parent, the one who referred; fixed.
    pub to_customer_id: Uuid,
    /// What the first customer is there, in words.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Einkaufsleiterin")]
    pub role: Option<String>,
    /// Part in the decision to buy; for `employee_of` and `contact_person_of`.
    pub buying_role: Option<BuyingRole>,
    /// The first one to talk to at the company; for `contact_person_of`. A company has one at a time: the mark moves
    /// from whoever had it.
    #[serde(default)]
    pub primary: bool,
    /// First day; null where it is not known.
    #[schema(format = "date", max_length = 10, example = "2022-04-01")]
    pub valid_from: Option<String>,
    /// Last day, included; null while it lasts.
    #[schema(format = "date", max_length = 10, example = "2027-12-31")]
    pub valid_to: Option<String>,
    /// What else is to be known.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Vertretung: Herr Weber")]
    pub note: Option<String>,
    /// Ids in other systems, one relationship per system and id.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub external_ids: Vec<ExternalId>,
    /// Fields the business defines itself.
    #[serde(default)]
    pub custom_fields: CustomFields,
    /// Where it was first recorded; fixed once and for all. The same reference again answers with the relationship that
    /// was made first.
    pub source: Option<SourceInput>,
}

impl CreateRelationship {
    /// When it holds.
    pub fn period(&self) -> Result<Period> {
        let period = Period::parse(self.valid_from.as_deref(), self.valid_to.as_deref());
        period.map_err(|fault| Error::invalid_at("/valid_from", fault))
    }
}

impl Checked for CreateRelationship {
    fn check(&self) -> Result<()> {
        let facts = self.kind.facts();
        let mut faults = Vec::new();
        let mut add = |pointer: &str, fault: Fault| faults.push(FieldError::at_pointer(pointer, fault));
        if self.from_customer_id == self.to_customer_id {
            add("/to_customer_id", FaultCode::WithItself.into());
        }
        let unfitting = || Fault::of_value(FaultCode::TypeMismatch, facts.name);
        if self.buying_role.is_some() && !facts.with_buying_role {
            add("/buying_role", unfitting());
        }
        if self.primary && !facts.with_primary {
            add("/primary", unfitting());
        }
        if self.period()?.is_empty() {
            add("/valid_to", Fault::new(FaultCode::Before).with("other", "valid_from"));
        }
        if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
    }
}

/// What changes in a relationship. Absent means unchanged, null means empty.
#[derive(Debug, Clone)]
pub struct UpdateRelationship;

impl utoipa::PartialSchema for UpdateRelationship {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        patch::schema_of::<CreateRelationship>(
            &["type", "from_customer_id", "to_customer_id", "source"],
            "What changes in a relationship. Absent means unchanged, null means empty.",
            json!({"role": "Leiterin Einkauf und Logistik"}),
        )
    }
}

impl ToSchema for UpdateRelationship {
    fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>)>) {
        CreateRelationship::schemas(schemas);
    }
}

/// The end of a relationship.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"ended_on": "2026-12-31", "reason": "Wechsel zu einem anderen Unternehmen"}))]
pub struct EndRelationship {
    /// The last day it holds.
    #[schema(format = "date", max_length = 10, example = "2026-12-31")]
    pub ended_on: String,
    /// Why.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Wechsel zu einem anderen Unternehmen")]
    pub reason: Option<String>,
}

impl Checked for EndRelationship {}

/// What is shown of a customer at the end of a link.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RelatedCustomer {
    /// The customer.
    pub id: Uuid,
    /// Person or company.
    #[schema(value_type = CustomerKind)]
    pub kind: String,
    /// The name people read.
    #[schema(max_length = 1000, pattern = r"^[^\x00]*$", example = "Werft Nord GmbH")]
    pub display_name: String,
    /// Whether the customer is archived.
    pub archived: bool,
}

impl From<End> for RelatedCustomer {
    fn from(end: End) -> Self {
        Self { id: end.id, kind: end.kind, display_name: end.display_name, archived: end.archived_at.is_some() }
    }
}

/// A link between two customers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Relationship {
    /// Identifier.
    pub id: Uuid,
    /// What the first customer is to the second one.
    #[serde(rename = "type")]
    #[schema(value_type = RelationshipKind)]
    pub kind: String,
    /// The first customer.
    pub from_customer_id: Uuid,
    /// The second customer.
    pub to_customer_id: Uuid,
    /// The first customer as people know them.
    pub from: RelatedCustomer,
    /// The second customer as people know them.
    pub to: RelatedCustomer,
    /// What the first customer is there.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "Einkaufsleiterin")]
    pub role: Option<String>,
    /// Part in the decision to buy.
    #[schema(value_type = Option<BuyingRole>)]
    pub buying_role: Option<String>,
    /// The first one to talk to at the company.
    pub primary: bool,
    /// First day; null where it is not known.
    #[schema(format = "date", max_length = 10, example = "2022-04-01")]
    pub valid_from: Option<String>,
    /// Last day, included; null while it lasts.
    #[schema(format = "date", max_length = 10, example = "2027-12-31")]
    pub valid_to: Option<String>,
    /// What else is to be known.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Vertretung: Herr Weber")]
    pub note: Option<String>,
    /// When its end was told; null as long as nobody did.
    pub ended_at: Option<Instant>,
    /// Why it ended.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Wechsel zu einem anderen Unternehmen")]
    pub end_reason: Option<String>,
    /// Ids in other systems.
    #[schema(value_type = Vec<ExternalId>, max_items = 20)]
    pub external_ids: RawJson,
    /// Fields the business defines itself.
    #[schema(value_type = CustomFields)]
    pub custom_fields: RawJson,
    /// Where it was first recorded.
    pub source: EventSource,
    /// Counts changes; the ETag.
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 1)]
    pub version: i64,
    /// When it was recorded.
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

impl Relationship {
    /// A stored link and the customers at its ends.
    pub fn new(row: Model, from: End, to: End) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            from_customer_id: row.from_id,
            to_customer_id: row.to_id,
            from: from.into(),
            to: to.into(),
            role: row.role,
            buying_role: row.buying_role,
            primary: row.is_primary,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            note: row.note,
            ended_at: row.ended_at,
            end_reason: row.end_reason,
            external_ids: RawJson::stored(row.external_ids),
            custom_fields: RawJson::stored(custom_field_value::kept(row.custom_fields.as_ref()).to_owned()),
            source: EventSource { system: row.source_system, reference: row.source_reference },
            version: row.version,
            created_at: row.created_at,
            created_by: RawJson::stored(row.created_by),
            updated_at: row.updated_at,
            updated_by: RawJson::stored(row.updated_by),
            archived_at: row.archived_at,
        }
    }

    /// The entity tag, without quotes.
    pub fn etag(&self) -> String {
        self.version.to_string()
    }

    /// Where it is found.
    pub fn location(&self) -> String {
        format!("/v1/relationships/{}", self.id)
    }
}

/// How a link is told at one of its ends, in both languages.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RelationshipWords {
    /// English: "employs".
    #[schema(max_length = 60, pattern = r"^[^\x00]*$", example = "employs")]
    pub en: &'static str,
    /// German: "beschäftigt".
    #[schema(max_length = 60, pattern = r"^[^\x00]*$", example = "beschäftigt")]
    pub de: &'static str,
}

impl From<Phrase> for RelationshipWords {
    fn from(phrase: Phrase) -> Self {
        Self { en: phrase.en, de: phrase.de }
    }
}

/// A link as one of its ends sees it: this customer "employs" the other one.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustomerRelationship {
    /// Which end the customer is.
    pub direction: RelationshipDirection,
    /// What the customer is to the other one.
    pub words: RelationshipWords,
    /// The other one.
    pub other: RelatedCustomer,
    /// The link itself.
    pub relationship: Relationship,
}

page_of! {
    /// A page of relationships.
    RelationshipPage of Relationship
}

page_of! {
    /// A page of a customer's relationships.
    CustomerRelationshipPage of CustomerRelationship
}
