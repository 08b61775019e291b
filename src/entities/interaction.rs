//! Interactions with customers.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Query;
use sea_orm::{Condition, QueryFilter};

use super::customer;
use super::record::Columns;
use crate::domain::actor::Actor;
use crate::domain::instant::Instant;

/// One e-mail, call, meeting …
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "interactions")]
pub struct Model {
    /// Identifier, UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose history it belongs to.
    pub customer_id: Uuid,
    /// `email`, `call` …
    pub kind: String,
    /// `inbound`, `outbound` or `internal`.
    pub direction: Option<String>,
    /// Phone, e-mail …
    pub channel: Option<String>,
    /// `reactive` or `proactive`.
    pub initiative: Option<String>,
    /// What it was about.
    pub subject: Option<String>,
    /// What was said or written.
    pub body: Option<String>,
    /// When it began.
    pub occurred_at: Instant,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// What came of it.
    pub outcome: Option<String>,
    /// What belongs together, such as the mails of one conversation.
    pub thread_id: Option<String>,
    /// Who took part: JSON.
    pub participants: String,
    /// Ids in other systems: JSON.
    pub external_ids: String,
    /// Values of fields the business has defined: JSON; null where there are none.
    pub custom_fields: Option<String>,
    /// Where it was first recorded.
    pub source_system: String,
    /// Its own id there.
    pub source_reference: Option<String>,
    /// The user in charge.
    pub owner_id: Option<Uuid>,
    /// The event that shows its present state on the timeline.
    pub event_id: Uuid,
    /// Counts changes.
    pub version: i64,
    /// When it was recorded.
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
        id, customer_id, kind, direction, channel, initiative, subject, body, occurred_at, ended_at, outcome,
        thread_id, participants, external_ids, custom_fields, source_system, source_reference, owner_id, event_id, version,
        created_at, created_by, updated_at, updated_by, archived_at,
    }
}

/// Related rows are found by id where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What interactions have in common with records. What they are linked with stands among their participants.
pub const COMMON: Columns<Column> = Columns {
    id: Column::Id,
    customer_id: Column::CustomerId,
    fields: Column::Participants,
    owner_id: Column::OwnerId,
    created_at: Column::CreatedAt,
    updated_at: Column::UpdatedAt,
    archived_at: Column::ArchivedAt,
};

/// Interactions are seen by those who see their customer.
pub fn visible_to(actor: &Actor) -> Condition {
    let visible = customer::visible_to(actor);
    if visible.is_empty() {
        return visible;
    }
    let ids = Query::select().column(customer::Column::Id).from(customer::Entity).cond_where(visible).to_owned();
    Condition::all().add(Column::CustomerId.in_subquery(ids))
}

impl Entity {
    /// One interaction, if the actor may know of it.
    pub fn find_visible(id: Uuid, actor: &Actor) -> Select<Self> {
        Self::find_by_id(id).filter(visible_to(actor))
    }
}
