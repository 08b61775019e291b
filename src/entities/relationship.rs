//! Links between two customers.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Query;
use sea_orm::{Condition, QueryFilter};

use super::customer;
use crate::domain::actor::Actor;
use crate::domain::instant::Instant;
use crate::domain::period::Period;

/// One link. Days are text, `YYYY-MM-DD`, which sorts as they do.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "relationships")]
pub struct Model {
    /// Identifier, UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `employee_of`, `subsidiary_of` …
    pub kind: String,
    /// The first end: the employee, the subsidiary …
    pub from_id: Uuid,
    /// The second end: the employer, the parent …
    pub to_id: Uuid,
    /// What the first end is there.
    pub role: Option<String>,
    /// Part in the decision to buy.
    pub buying_role: Option<String>,
    /// The one among several.
    pub is_primary: bool,
    /// First day.
    pub valid_from: Option<String>,
    /// Last day.
    pub valid_to: Option<String>,
    /// What else is to be known.
    pub note: Option<String>,
    /// When its end was told.
    pub ended_at: Option<Instant>,
    /// Why it ended.
    pub end_reason: Option<String>,
    /// Ids in other systems: JSON.
    pub external_ids: String,
    /// Values of fields the business has defined: JSON; null where there are none.
    pub custom_fields: Option<String>,
    /// Where it was first recorded.
    pub source_system: String,
    /// Its own id there.
    pub source_reference: Option<String>,
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
        id, kind, from_id, to_id, role, buying_role, is_primary, valid_from, valid_to, note, ended_at, end_reason,
        external_ids, custom_fields, source_system, source_reference, version, created_at, created_by, updated_at,
        updated_by, archived_at,
    }
}

/// Related rows are found by id where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What events and external ids call a relationship.
pub const SUBJECT: &str = "relationship";

/// What is shown of a customer at the end of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The customer.
    pub id: Uuid,
    /// `person` or `company`.
    pub kind: String,
    /// The name people read.
    pub display_name: String,
    /// When the customer was archived.
    pub archived_at: Option<Instant>,
}

crate::cells! {
    End { id, kind, display_name, archived_at, }
}

/// Links are seen by those who see both ends.
pub fn visible_to(actor: &Actor) -> Condition {
    let visible = customer::visible_to(actor);
    if visible.is_empty() {
        return visible;
    }
    let ids = Query::select().column(customer::Column::Id).from(customer::Entity).cond_where(visible).to_owned();
    Condition::all().add(Column::FromId.in_subquery(ids.clone())).add(Column::ToId.in_subquery(ids))
}

/// Links that hold on any day of a period.
pub fn during(period: Period) -> Condition {
    let begun = |last: chrono::NaiveDate| {
        Condition::any().add(Column::ValidFrom.is_null()).add(Column::ValidFrom.lte(last.to_string()))
    };
    let lasting = |first: chrono::NaiveDate| {
        Condition::any().add(Column::ValidTo.is_null()).add(Column::ValidTo.gte(first.to_string()))
    };
    Condition::all().add_option(period.last.map(begun)).add_option(period.first.map(lasting))
}

impl Entity {
    /// One link, if the actor may know of it.
    pub fn find_visible(id: Uuid, actor: &Actor) -> Select<Self> {
        Self::find_by_id(id).filter(visible_to(actor))
    }
}
