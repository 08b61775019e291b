//! Points that came and went. Rows are never changed.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Query;

use super::customer;
use crate::domain::actor::Actor;
use crate::domain::instant::Instant;

/// One transaction.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "loyalty_transactions")]
pub struct Model {
    /// Identifier, UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Of which membership.
    pub loyalty_membership_id: Uuid,
    /// Whose history it belongs to.
    pub customer_id: Uuid,
    /// `earned`, `redeemed`, `expired` or `adjusted`.
    pub kind: String,
    /// What the balance grew by.
    pub balance_change: i64,
    /// The balance it led to.
    pub balance_after: i64,
    /// What for.
    pub reason: Option<String>,
    /// The order it is about.
    pub order_id: Option<Uuid>,
    /// Values of fields the business has defined: JSON; null where there are none.
    pub custom_fields: Option<String>,
    /// When.
    pub occurred_at: Instant,
    /// Where it was first recorded.
    pub source_system: String,
    /// Its own id there.
    pub source_reference: Option<String>,
    /// When it was recorded.
    pub created_at: Instant,
    /// By whom: JSON.
    pub created_by: String,
}

crate::cells! {
    Model {
        id, loyalty_membership_id, customer_id, kind, balance_change, balance_after, reason, order_id, custom_fields,
        occurred_at, source_system, source_reference, created_at, created_by,
    }
}

/// Related rows are found by id where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Transactions are seen by those who see their customer.
pub fn visible_to(actor: &Actor) -> Condition {
    let visible = customer::visible_to(actor);
    if visible.is_empty() {
        return visible;
    }
    let ids = Query::select().column(customer::Column::Id).from(customer::Entity).cond_where(visible).to_owned();
    Condition::all().add(Column::CustomerId.in_subquery(ids))
}
