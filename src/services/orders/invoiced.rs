//! How much of orders is invoiced.

use rust_decimal::Decimal;
use sea_orm::EntityTrait;
use serde_json::Map;
use uuid::Uuid;

use super::Orders;
use crate::domain::instant::Instant;
use crate::entities::cells::{Locks, Reads};
use crate::entities::order;
use crate::error::Result;
use crate::history::change::Change;
use crate::schemas::line::Line;
use crate::schemas::order::{InvoicedLine, Invoicing, OrderFacts};
use crate::services::invoices::quantities;
use crate::services::lines;
use crate::services::records::{State, lead_in};
use crate::services::sentences::sentence;

/// Writes down what invoices charge of each line of an order: `charged` are all their lines.
pub(super) fn note(facts: &mut OrderFacts, all: &[Line], charged: &[Line]) {
    let (ordered, invoiced) = (lines::quantities(all), quantities::shares(all, charged));
    let open = ordered.without(&invoiced);
    let line = |(position, open): (i32, Decimal)| InvoicedLine {
        position,
        invoiced: invoiced.of(position).to_string(),
        open: open.to_string(),
    };
    facts.invoices = open.iter().map(line).collect();
    facts.invoicing = Some(if invoiced.is_nothing() {
        Invoicing::None
    } else if open.is_nothing() {
        Invoicing::Complete
    } else {
        Invoicing::Partial
    });
}

/// Counts anew what invoices charge of an order, be it archived, after one of them charged more or less at this time.
pub(in crate::services) async fn count_invoiced(
    change: &Change,
    order_id: Uuid,
    is_more: bool,
    at: Instant,
) -> Result<()> {
    let Some(row) = change.one(order::Entity::find_by_id(order_id).lock_for_change()).await? else { return Ok(()) };
    let mut state = State::<Orders>::of(&row)?;
    let charged = quantities::charged(change, order_id, None).await?;
    let before = state.facts.invoices.clone();
    note(&mut state.facts, &state.fields.lines, &charged.lines);
    if state.facts.invoices == before {
        return Ok(());
    }
    let told = match is_more {
        true => ("invoiced", sentence("invoiced", "berechnet")),
        false => ("invoicing_reduced", sentence("invoicing reduced", "Berechnung verringert")),
    };
    // Nothing is charged before it is ordered: an invoice has a day, not a time.
    state.facts.invoices_changed_at = Some(state.fields.placed_at.map_or(at, |placed| placed.max(at)));
    lead_in::<Orders>(change, &row, &state, told, Map::new()).await?;
    Ok(())
}
