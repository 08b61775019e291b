//! A customer as it is read.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::*;
use crate::domain::actor::ActorReference;
use crate::domain::instant::Instant;
use crate::entities::customer::Model;
use crate::page_of;
use crate::schemas::RawJson;

/// How complete and fresh a record is.
#[derive(Debug, Clone, PartialEq, Serialize, serde::Deserialize, ToSchema)]
pub struct DataQuality {
    /// Share of the fields that are worth having and are filled, 0 to 1.
    #[schema(minimum = 0, maximum = 1, example = 0.64)]
    pub completeness: f64,
    /// Which of them are missing.
    #[schema(max_items = 50)]
    pub missing: Vec<FieldName>,
    /// Which are there and do not work any more.
    #[schema(max_items = 100)]
    pub stale: Vec<FieldName>,
}

/// Name of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
#[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "owner_id")]
pub struct FieldName(pub String);

/// A customer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Customer {
    /// Identifier.
    pub id: Uuid,
    /// Readable number, unique.
    #[schema(max_length = 40, pattern = r"^[^\x00]*$", example = "K-000042")]
    pub customer_number: String,
    /// Person or company.
    #[schema(value_type = CustomerKind)]
    pub kind: String,
    /// The name people read.
    #[schema(max_length = 1000, pattern = r"^[^\x00]*$", example = "Dr. Änne Öztürk")]
    pub display_name: String,
    /// Fields of a person; null for a company.
    #[schema(value_type = Option<Person>)]
    pub person: Option<RawJson>,
    /// Fields of a company; null for a person.
    #[schema(value_type = Option<Company>)]
    pub company: Option<RawJson>,
    /// Phones, e-mail addresses, websites …
    #[schema(value_type = Vec<ContactPoint>, max_items = 50)]
    pub contact_points: RawJson,
    /// Addresses.
    #[schema(value_type = Vec<Address>, max_items = 50)]
    pub addresses: RawJson,
    /// How far the relationship has come.
    #[schema(value_type = LifecycleStage)]
    pub lifecycle_stage: String,
    /// Importance.
    #[schema(value_type = Option<CustomerCategory>)]
    pub category: Option<String>,
    /// Kind of relationship.
    #[schema(value_type = Option<RelationshipType>)]
    pub relationship_type: Option<String>,
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
    /// Language to speak (BCP 47).
    #[schema(format = "language", max_length = 35, example = "de")]
    pub language: Option<String>,
    /// How and when to reach the customer.
    #[schema(value_type = Option<CommunicationPreferences>)]
    pub communication_preferences: Option<RawJson>,
    /// What the customer prefers.
    #[schema(value_type = Vec<Remark>, max_items = 100)]
    pub preferences: RawJson,
    /// What the customer needs.
    #[schema(value_type = Vec<Remark>, max_items = 100)]
    pub needs: RawJson,
    /// What decides a purchase.
    #[schema(value_type = Vec<Remark>, max_items = 100)]
    pub purchase_criteria: RawJson,
    /// Names of tags.
    #[schema(value_type = Vec<TagName>, max_items = 50)]
    pub tags: RawJson,
    /// Fields the business defines itself.
    #[schema(value_type = CustomFields)]
    pub custom_fields: RawJson,
    /// Ids in other systems.
    #[schema(value_type = Vec<ExternalId>, max_items = 20)]
    pub external_ids: RawJson,
    /// First interaction.
    pub first_contact_at: Option<Instant>,
    /// Day since which they are a customer.
    #[schema(format = "date", max_length = 10, example = "2024-03-01")]
    pub customer_since: Option<String>,
    /// Last interaction.
    pub last_interaction_at: Option<Instant>,
    /// How complete and fresh the record is.
    #[schema(value_type = DataQuality)]
    pub data_quality: RawJson,
    /// Processing is restricted (GDPR, article 18).
    pub restricted: bool,
    /// Counts changes; the ETag begins with it.
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
    /// Counts changes of values that follow from other records; only in the ETag.
    #[serde(skip)]
    pub derived_version: i64,
}

impl Customer {
    /// The entity tag, without quotes.
    pub fn etag(&self) -> String {
        match self.derived_version {
            0 => self.version.to_string(),
            derived => format!("{}.{derived}", self.version),
        }
    }

    /// Where it is found.
    pub fn location(&self) -> String {
        format!("/v1/customers/{}", self.id)
    }
}

impl From<Model> for Customer {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            customer_number: row.customer_number,
            kind: row.kind,
            display_name: row.display_name,
            person: row.person.map(RawJson::stored),
            company: row.company.map(RawJson::stored),
            contact_points: RawJson::stored(row.contact_points),
            addresses: RawJson::stored(row.addresses),
            lifecycle_stage: row.lifecycle_stage,
            category: row.category,
            relationship_type: row.relationship_type,
            tier: row.tier,
            owner_id: row.owner_id,
            team_id: row.team_id,
            acquisition_channel: row.acquisition_channel,
            referred_by: row.referred_by,
            language: row.language,
            communication_preferences: row.communication_preferences.map(RawJson::stored),
            preferences: RawJson::stored(row.preferences),
            needs: RawJson::stored(row.needs),
            purchase_criteria: RawJson::stored(row.purchase_criteria),
            tags: RawJson::stored(row.tags),
            custom_fields: RawJson::stored(row.custom_fields),
            external_ids: RawJson::stored(row.external_ids),
            first_contact_at: row.first_contact_at,
            customer_since: row.customer_since,
            last_interaction_at: row.last_interaction_at,
            data_quality: RawJson::stored(row.data_quality),
            restricted: row.restricted,
            version: row.version,
            created_at: row.created_at,
            created_by: RawJson::stored(row.created_by),
            updated_at: row.updated_at,
            updated_by: RawJson::stored(row.updated_by),
            archived_at: row.archived_at,
            derived_version: row.derived_version,
        }
    }
}

page_of! {
    /// A page of customers.
    CustomerPage of Customer
}
