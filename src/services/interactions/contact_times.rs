//! First and last contact of a customer follow from their interactions.

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use uuid::Uuid;

use crate::domain::instant::Instant;
use crate::entities::cells::Reads;
use crate::entities::{customer, interaction};
use crate::error::Result;
use crate::history::change::Change;
use crate::history::past;

/// Brings the times of a customer, whose row is locked, in line after one interaction moved, came or went. The
/// interaction itself is written already; its event keeps the times, so that they can be told for any moment. Nothing is
/// read unless the interaction was the first or the last one.
pub async fn follow(
    change: &Change,
    customer: &customer::Model,
    event_id: Uuid,
    before: Option<Instant>,
    after: Option<Instant>,
) -> Result<()> {
    let (mut first, mut last) = (customer.first_contact_at, customer.last_interaction_at);
    if before != after {
        first = end(change, customer, first, before, after, Order::Asc).await?;
        last = end(change, customer, last, before, after, Order::Desc).await?;
    }
    change.remember_beside(event_id, past::FIRST_CONTACT_AT, json!(first.map(Instant::micros)));
    change.remember_beside(event_id, past::LAST_INTERACTION_AT, json!(last.map(Instant::micros)));
    if first == customer.first_contact_at && last == customer.last_interaction_at {
        return Ok(());
    }
    let mut update = Query::update();
    update
        .table(customer::Entity)
        .value(customer::Column::FirstContactAt, first)
        .value(customer::Column::LastInteractionAt, last)
        .value(customer::Column::DerivedVersion, Expr::col(customer::Column::DerivedVersion).add(1))
        .and_where(customer::Column::Id.eq(customer.id));
    change.defer(update);
    Ok(())
}

async fn end(
    change: &Change,
    customer: &customer::Model,
    stored: Option<Instant>,
    before: Option<Instant>,
    after: Option<Instant>,
    order: Order,
) -> Result<Option<Instant>> {
    let beyond = |one: Instant, other: Instant| if order == Order::Asc { one <= other } else { one >= other };
    match (stored, after) {
        (None, after) => Ok(after),
        (Some(stored), Some(after)) if beyond(after, stored) => Ok(Some(after)),
        (Some(stored), _) if before == Some(stored) => outermost(change, customer, order).await,
        (stored, _) => Ok(stored),
    }
}

async fn outermost(change: &Change, customer: &customer::Model, order: Order) -> Result<Option<Instant>> {
    use interaction::{Column, Entity};
    let times = Entity::find()
        .select_only()
        .column(Column::OccurredAt)
        .filter(Column::CustomerId.eq(customer.id))
        .filter(Column::ArchivedAt.is_null())
        .order_by(Column::OccurredAt, order)
        .limit(1);
    let found: Vec<(Instant,)> = change.tuples(times).await?;
    Ok(found.first().map(|(occurred_at,)| *occurred_at))
}
