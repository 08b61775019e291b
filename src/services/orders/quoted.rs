//! Orders that are made from quotes.

use rust_decimal::Decimal;
use sea_orm::EntityTrait;
use uuid::Uuid;

use super::Orders;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::quantities::Quantities;
use crate::entities::cells::{Locks, Reads};
use crate::entities::quote;
use crate::error::{Error, FieldError, Result};
use crate::history::change::Change;
use crate::schemas::line::Line;
use crate::schemas::order::OrderFields;
use crate::schemas::quote::QuoteFacts;
use crate::services::lines;
use crate::services::quotes::{self, Quotes};
use crate::services::records::{State, This};

/// Takes from the quote an order is made from what the order does not say itself. Answers what can be ordered from it.
pub(super) async fn complete(
    this: &This<'_>,
    fields: &mut OrderFields,
    placed_at: Instant,
) -> Result<Option<Quantities>> {
    let Some(quote_id) = fields.quote_id else { return Ok(None) };
    let quote = quotes::accepted_for_order(this, quote_id, placed_at).await?;
    let open = open(&quote.facts);
    let offered = quote.fields;
    if fields.currency.is_empty() {
        fields.currency.clone_from(&offered.currency);
    }
    if fields.currency != offered.currency {
        return Err(Error::invalid_at("/currency", FaultCode::Unfitting));
    }
    if fields.lines.is_empty() {
        if open.is_nothing() {
            return Err(Error::invalid_at("/quote_id", FaultCode::NothingOpen));
        }
        fields.lines = lines::rest(offered.lines, &open);
    }
    // Freight is owed once.
    if fields.freight_amount.is_none() && quote.facts.ordered_at.is_none() {
        (fields.freight_amount, fields.freight_tax_rate) = (offered.freight_amount, offered.freight_tax_rate);
    }
    fields.billing_address = fields.billing_address.take().or(offered.billing_address);
    fields.shipping_address = fields.shipping_address.take().or(offered.shipping_address);
    Ok(Some(open))
}

/// What can be ordered from the quote of an order whose lines change, those it has included.
pub(super) async fn open_for(change: &Change, before: &State<Orders>) -> Result<Option<Quantities>> {
    let Some(quote_id) = before.fields.quote_id else { return Ok(None) };
    let mut open = open(&state_of(change, quote_id).await?.facts);
    let own: Quantities = lines::quantities(&before.fields.lines).iter().filter(|(at, _)| open.has(*at)).collect();
    open.add_all(&own);
    Ok(Some(open))
}

/// Refuses more than can be ordered of the lines a quote has. Lines it does not have are bought besides.
pub(super) fn must_be_open(all: &[Line], open: &Quantities) -> Result<()> {
    let wanted = lines::quantities(all);
    let faults: Vec<FieldError> = all
        .iter()
        .enumerate()
        .filter_map(|(index, line)| {
            let position = line.position?;
            let exceeds = open.has(position) && wanted.of(position) > open.of(position);
            let fault = || {
                Fault::new(FaultCode::OpenQuantity)
                    .with("position", position.to_string())
                    .with("open", open.of(position).to_string())
            };
            exceeds.then(|| FieldError::at_pointer(format!("/lines/{index}/quantity"), fault()))
        })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
}

async fn state_of(change: &Change, id: Uuid) -> Result<State<Quotes>> {
    let row = change.one(quote::Entity::find_by_id(id).lock_for_change()).await?;
    State::of(&row.ok_or_else(|| Error::internal("an order comes from a quote that is gone"))?)
}

fn open(quote: &QuoteFacts) -> Quantities {
    quote.ordered.iter().filter_map(|line| Some((line.position, line.open.parse::<Decimal>().ok()?))).collect()
}
