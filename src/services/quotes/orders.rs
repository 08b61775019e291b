//! What is ordered from quotes.

use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::Map;
use uuid::Uuid;

use super::moves::accept;
use super::{Quotes, shares};
use crate::domain::fault::FaultCode;
use crate::domain::instant::Instant;
use crate::domain::quantities::Quantities;
use crate::entities::cells::{Locks, Reads};
use crate::entities::order;
use crate::entities::quote::{Entity, Model};
use crate::error::{Error, FieldError, Result};
use crate::history::change::Change;
use crate::schemas::order::{OrderFields, OrderStatus};
use crate::schemas::quote::QuoteStatus;
use crate::services::lines;
use crate::services::records::{self, State, This, lead_in, wrong_state};
use crate::services::sentences::sentence;

/// The quote an order is made from: it is accepted by that, unless it was before.
pub(in crate::services) async fn accepted_for_order(
    this: &This<'_>,
    quote_id: Uuid,
    placed_at: Instant,
) -> Result<State<Quotes>> {
    let row = records::named::<Quotes>(this, "/quote_id", quote_id).await?;
    let mut state = State::<Quotes>::of(&row)?;
    match state.facts.status {
        QuoteStatus::Accepted => {}
        QuoteStatus::Sent | QuoteStatus::Expired => {
            accept(&mut state, "/placed_at", placed_at)?;
            let told = ("accepted", sentence("accepted", "angenommen"));
            lead_in::<Quotes>(this.change, &row, &state, told, Map::new()).await?;
        }
        status @ (QuoteStatus::Draft | QuoteStatus::Declined) => {
            let fault = FieldError::at_pointer("/quote_id", FaultCode::Unfitting);
            return Err(wrong_state::<Quotes>(status.as_str()).with_faults(vec![fault]));
        }
    }
    Ok(state)
}

/// Counts anew what is ordered from a quote, by orders that are not cancelled; archived ones count as well.
pub(in crate::services) async fn count_ordered(change: &Change, quote_id: Uuid) -> Result<()> {
    let Some(row) = locked(change, quote_id).await? else { return Ok(()) };
    let mut state = State::<Quotes>::of(&row)?;
    let orders = order::Entity::find()
        .select_only()
        .column(order::Column::Fields)
        .filter(order::Column::QuoteId.eq(quote_id))
        .filter(order::Column::Status.ne(OrderStatus::Cancelled.as_str()));
    let orders: Vec<(String,)> = change.tuples(orders).await?;
    let mut ordered = Quantities::default();
    let mut last = None;
    for (fields,) in orders {
        let fields: OrderFields = serde_json::from_str(&fields).map_err(Error::internal)?;
        ordered.add_all(&lines::quantities(&fields.lines));
        last = last.max(fields.placed_at);
    }
    let before = std::mem::take(&mut state.facts.ordered);
    state.facts.ordered = shares(&lines::quantities(&state.fields.lines), &ordered);
    state.facts.ordered_at = last;
    let sum = |lines: &[crate::schemas::quote::OrderedLine]| -> Decimal {
        lines.iter().filter_map(|line| line.ordered.parse::<Decimal>().ok()).sum()
    };
    // What is taken back did not happen when the last order was placed, but now.
    let told = match sum(&state.facts.ordered) >= sum(&before) {
        true => ("ordered", sentence("ordered", "bestellt")),
        false => ("order_reduced", sentence("order reduced", "Bestellung verringert")),
    };
    lead_in::<Quotes>(change, &row, &state, told, Map::new()).await?;
    Ok(())
}

async fn locked(change: &Change, id: Uuid) -> Result<Option<Model>> {
    Ok(change.one(Entity::find_by_id(id).lock_for_change()).await?)
}
