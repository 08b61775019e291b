//! Repeat orders: those that come behind the first one of their customer that is not cancelled, by the time they were
//! placed and, at the same time, by their ids. Archived orders count: archiving hides, it does not undo.

use std::pin::Pin;

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Map;
use uuid::Uuid;

use super::Orders;
use crate::domain::instant::Instant;
use crate::entities::cells::{Locks, Reads};
use crate::entities::order::{Column, Entity};
use crate::error::Result;
use crate::schemas::order::OrderStatus;
use crate::services::records::{State, This, lead_in};
use crate::services::sentences::sentence;

/// Whether an order placed at this time comes behind another one.
pub(super) async fn is_repeat(this: &This<'_>, placed_at: Instant) -> Result<bool> {
    let earlier = of_customer(this).add(Column::Id.ne(this.id)).add(before((placed_at, this.id)));
    Ok(this.change.exists(Entity::find().filter(earlier)).await?)
}

/// Puts right what the customer's other orders say of this once the first one may be another.
///
/// In a box, because leading an order to another state asks what follows from that, which may be this.
pub(super) fn reclassify<'a>(this: &'a This<'a>) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
    Box::pin(async move {
        let first = Entity::find().select_only().column(Column::PlacedAt).column(Column::Id);
        let first = first.filter(of_customer(this)).order_by_asc(Column::PlacedAt).order_by_asc(Column::Id).limit(1);
        let first: Vec<(Instant, Uuid)> = this.change.tuples(first).await?;
        let wrong = match first.first() {
            Some(first) => Condition::any()
                .add(Condition::all().add(Column::IsRepeat.eq(false)).add(behind(*first)))
                .add(Condition::all().add(Column::IsRepeat.eq(true)).add(behind(*first).not())),
            None => Condition::all().add(Column::IsRepeat.eq(true)),
        };
        let wrong = Entity::find().filter(Column::CustomerId.eq(this.customer_id)).filter(wrong);
        for row in this.change.all(wrong.order_by_asc(Column::PlacedAt).lock_for_change()).await? {
            let mut state = State::<Orders>::of(&row)?;
            state.facts.repeat = !state.facts.repeat;
            let told = match state.facts.repeat {
                true => sentence("now a repeat order", "jetzt Folgebestellung"),
                false => sentence("no repeat order any more", "keine Folgebestellung mehr"),
            };
            lead_in::<Orders>(this.change, &row, &state, ("reclassified", told), Map::new()).await?;
        }
        Ok(())
    })
}

/// The orders of the customer that count.
fn of_customer(this: &This<'_>) -> Condition {
    let counting = Column::Status.ne(OrderStatus::Cancelled.as_str());
    Condition::all().add(Column::CustomerId.eq(this.customer_id)).add(counting)
}

fn before((placed_at, id): (Instant, Uuid)) -> Condition {
    let at_once = Condition::all().add(Column::PlacedAt.eq(placed_at)).add(Column::Id.lt(id));
    Condition::any().add(Column::PlacedAt.lt(placed_at)).add(at_once)
}

fn behind((placed_at, id): (Instant, Uuid)) -> Condition {
    let at_once = Condition::all().add(Column::PlacedAt.eq(placed_at)).add(Column::Id.gt(id));
    Condition::any().add(Column::PlacedAt.gt(placed_at)).add(at_once)
}
