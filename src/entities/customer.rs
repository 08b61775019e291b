//! Customers.

use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryFilter};

use crate::domain::actor::{Actor, Visibility};
use crate::domain::instant::Instant;

/// One customer. Columns that hold a list or an object are JSON text.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customers")]
pub struct Model {
    /// Identifier, UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Readable number, unique.
    pub customer_number: String,
    /// `person` or `company`.
    pub kind: String,
    /// The name people read.
    pub display_name: String,
    /// The name somebody chose instead of the derived one.
    pub chosen_name: Option<String>,
    /// Order of names, DIN 5007-1.
    pub sort_key: String,
    /// How far the relationship has come.
    pub lifecycle_stage: String,
    /// A, B or C.
    pub category: Option<String>,
    /// Kind of relationship.
    pub relationship_type: Option<String>,
    /// Tier of service.
    pub tier: Option<String>,
    /// Account manager.
    pub owner_id: Option<Uuid>,
    /// Responsible team.
    pub team_id: Option<Uuid>,
    /// How the customer came to us.
    pub acquisition_channel: Option<String>,
    /// The customer who referred this one.
    pub referred_by: Option<Uuid>,
    /// BCP 47.
    pub language: Option<String>,
    /// Day of the first purchase or contract.
    pub customer_since: Option<String>,
    /// First interaction; follows from the interactions.
    pub first_contact_at: Option<Instant>,
    /// Last interaction; follows from the interactions.
    pub last_interaction_at: Option<Instant>,
    /// Processing is restricted (GDPR, article 18).
    pub restricted: bool,
    /// Fields of a person.
    pub person: Option<String>,
    /// Fields of a company.
    pub company: Option<String>,
    /// Phones, e-mail addresses …
    pub contact_points: String,
    /// Addresses.
    pub addresses: String,
    /// Ids in other systems.
    pub external_ids: String,
    /// Names of tags.
    pub tags: String,
    /// How to reach the customer.
    pub communication_preferences: Option<String>,
    /// Preferences.
    pub preferences: String,
    /// Needs.
    pub needs: String,
    /// Purchase criteria.
    pub purchase_criteria: String,
    /// Fields a business defines itself.
    pub custom_fields: String,
    /// How complete and fresh the record is.
    pub data_quality: String,
    /// Counts changes.
    pub version: i64,
    /// Counts changes of values that follow from other records.
    pub derived_version: i64,
    /// When it was created.
    pub created_at: Instant,
    /// By whom.
    pub created_by: String,
    /// When it was last changed.
    pub updated_at: Instant,
    /// By whom.
    pub updated_by: String,
    /// When it was archived.
    pub archived_at: Option<Instant>,
}

crate::cells! {
    Model {
        id, customer_number, kind, display_name, chosen_name, sort_key, lifecycle_stage, category, relationship_type,
        tier, owner_id, team_id, acquisition_channel, referred_by, language, customer_since, first_contact_at,
        last_interaction_at, restricted, person, company, contact_points, addresses, external_ids, tags,
        communication_preferences, preferences, needs, purchase_criteria, custom_fields, data_quality, version,
        derived_version, created_at, created_by, updated_at, updated_by, archived_at,
    }
}

/// Related rows are found by id where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The customers somebody may know of. Every read of customers, and of what belongs to them, goes
/// through this condition.
pub fn visible_to(actor: &Actor) -> Condition {
    match actor.visibility {
        Visibility::All => Condition::all(),
        Visibility::Own => Condition::all().add(Column::OwnerId.eq(actor.id())),
    }
}

impl Entity {
    /// One customer, if the actor may know of it.
    pub fn find_visible(id: Uuid, actor: &Actor) -> Select<Self> {
        Self::find_by_id(id).filter(visible_to(actor))
    }
}
