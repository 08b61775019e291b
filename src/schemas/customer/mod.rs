//! Customers on the wire.

mod company;
mod person;
mod query;
mod reach;
mod reply;

pub use company::*;
pub use person::*;
pub use query::*;
pub use reach::*;
pub use reply::*;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::custom_field::CustomFields;
use super::patch;
use super::{Checked, ExternalId};

/// What a customer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CustomerKind {
    /// A human being.
    Person,
    /// A company or another organisation.
    Company,
}

/// How far the relationship has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LifecycleStage {
    /// Receives something from us.
    Subscriber,
    /// Has shown interest.
    #[default]
    Lead,
    /// Could buy.
    Prospect,
    /// Has bought.
    Customer,
    /// Has not bought for long.
    Inactive,
    /// Has left.
    Former,
}

/// Importance (ABC analysis).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum CustomerCategory {
    /// Most important.
    A,
    /// Important.
    B,
    /// The others.
    C,
}

/// Kind of relationship.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RelationshipType {
    /// Single purchases.
    Transactional,
    /// The customer helps themself.
    SelfService,
    /// Served by machines.
    Automated,
    /// Built over years.
    LongTerm,
    /// Helped by people.
    PersonalAssistance,
    /// Served by one person of their own.
    Dedicated,
    /// Part of a community.
    Community,
    /// Creates with us.
    CoCreation,
}

/// A new customer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(super::samples::create_person, super::samples::create_company))]
pub struct CreateCustomer {
    /// Person or company; fixed once and for all.
    pub kind: CustomerKind,
    /// Readable number, unique; assigned gaplessly if it is not given.
    #[schema(min_length = 1, max_length = 40, pattern = r"^[^\x00]*$", example = "D-10023")]
    pub customer_number: Option<String>,
    /// The name people read; derived from the names unless it is given.
    #[schema(min_length = 1, max_length = 300, pattern = r"^[^\x00]*$", example = "Änne Öztürk")]
    pub display_name: Option<String>,
    /// Fields of a person; only for `kind: person`.
    pub person: Option<Person>,
    /// Fields of a company; only for `kind: company`.
    pub company: Option<Company>,
    /// Phones, e-mail addresses, websites …
    #[serde(default)]
    #[schema(max_items = 50)]
    pub contact_points: Vec<ContactPointInput>,
    /// Addresses.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub addresses: Vec<AddressInput>,
    /// How far the relationship has come; `lead` unless it is given.
    pub lifecycle_stage: Option<LifecycleStage>,
    /// Importance.
    pub category: Option<CustomerCategory>,
    /// Kind of relationship.
    pub relationship_type: Option<RelationshipType>,
    /// Tier of service.
    #[schema(max_length = 60, pattern = r"^[^\x00]*$", example = "gold")]
    pub tier: Option<String>,
    /// The user who manages the account.
    pub owner_id: Option<Uuid>,
    /// The team in charge.
    pub team_id: Option<Uuid>,
    /// How the customer came to us.
    #[schema(max_length = 60, pattern = r"^[^\x00]*$", example = "trade_fair")]
    pub acquisition_channel: Option<String>,
    /// The customer who referred this one.
    pub referred_by: Option<Uuid>,
    /// Day since which they are a customer.
    #[schema(format = "date", max_length = 10, example = "2024-03-01")]
    pub customer_since: Option<String>,
    /// Language to speak (BCP 47).
    #[schema(format = "language", max_length = 35, example = "de")]
    pub language: Option<String>,
    /// How and when to reach the customer.
    pub communication_preferences: Option<CommunicationPreferences>,
    /// What the customer prefers.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub preferences: Vec<Remark>,
    /// What the customer needs.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub needs: Vec<Remark>,
    /// What decides a purchase.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub purchase_criteria: Vec<Remark>,
    /// Names of tags; those that do not exist yet are created.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub tags: Vec<TagName>,
    /// Ids in other systems, one customer per system and id.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub external_ids: Vec<ExternalId>,
    /// Fields the business defines itself.
    #[serde(default)]
    pub custom_fields: CustomFields,
    /// Processing is restricted (GDPR, article 18).
    pub restricted: Option<bool>,
}

impl Checked for CreateCustomer {}

/// What changes in a customer. Absent means unchanged, null means empty.
#[derive(Debug, Clone)]
pub struct UpdateCustomer;

impl utoipa::PartialSchema for UpdateCustomer {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        patch::schema_of::<CreateCustomer>(
            &["kind"],
            "What changes in a customer. Absent means unchanged, null means empty.",
            super::samples::update_customer(),
        )
    }
}

impl ToSchema for UpdateCustomer {
    fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>)>) {
        CreateCustomer::schemas(schemas);
    }
}
