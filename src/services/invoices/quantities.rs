//! What was ordered is charged once.

use std::collections::{HashMap, HashSet};

use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::{Column, Entity, Invoices, booking};
use crate::domain::decimal;
use crate::domain::fault::{Fault, FaultCode};
use crate::entities::cells::Reads;
use crate::error::{Error, FieldError, Result};
use crate::history::change::Change;
use crate::schemas::invoice::{InvoiceFields, InvoiceKind, InvoiceStatus, Ledger};
use crate::schemas::line::Line;
use crate::schemas::order::OrderStatus;
use crate::services::orders::Orders;
use crate::services::records::{State, This, named};

/// Refuses an invoice that names an order that is not there or called off, and lines of our own that charge more of
/// something than was ordered and is not charged yet. Lines are the same by their product, else by their article number,
/// else by their text; nothing is free again before an invoice is cancelled.
pub async fn are_ordered(this: &This<'_>, before: Option<&State<Invoices>>, state: &State<Invoices>) -> Result<()> {
    let InvoiceFields { kind, ledger, order_id, lines, currency, .. } = &state.fields;
    let Some(order_id) = *order_id else { return Ok(()) };
    let is_same =
        before.is_some_and(|before| before.fields.order_id == Some(order_id) && before.fields.lines == *lines);
    if is_same {
        return Ok(());
    }
    let order = State::<Orders>::of(&named::<Orders>(this, "/order_id", order_id).await?)?;
    if *ledger == Ledger::External || *kind == InvoiceKind::CreditNote {
        return Ok(());
    }
    if order.facts.status == OrderStatus::Cancelled {
        return Err(Error::invalid_at("/order_id", FaultCode::Unfitting));
    }
    if order.fields.currency != *currency {
        return Err(booking::other_currency("/currency", &order.fields.currency));
    }
    let mut left = sums(&order.fields.lines);
    for (what, quantity) in charged(this.change, order_id, Some(this.id)).await? {
        *left.entry(what).or_default() -= quantity;
    }
    must_be_left(lines, &mut left, |_| true)
}

/// Refuses to bring back an archived copy if by now others charge so much of the order that it would charge something
/// twice. What nobody else charges is as the copy says, be it more than was ordered.
pub async fn are_free(this: &This<'_>, state: &State<Invoices>) -> Result<()> {
    let counts = state.fields.kind == InvoiceKind::Invoice
        && !matches!(state.facts.status, InvoiceStatus::Draft | InvoiceStatus::Cancelled);
    let Some(order_id) = state.fields.order_id.filter(|_| counts) else { return Ok(()) };
    let order = State::<Orders>::of(&named::<Orders>(this, "/order_id", order_id).await?)?;
    let others = charged(this.change, order_id, Some(this.id)).await?;
    let mut left = sums(&order.fields.lines);
    for (what, quantity) in &others {
        *left.entry(what.clone()).or_default() -= *quantity;
    }
    must_be_left(&state.fields.lines, &mut left, |what| others.contains_key(what))
}

/// Refuses lines of an order that have less than invoices charge of them, or are gone: `had` are those it had.
pub async fn must_be_kept(change: &Change, order_id: Uuid, had: &[Line], has: &[Line]) -> Result<()> {
    let charged = charged(change, order_id, None).await?;
    let (sums_before, sums_after) = (sums(had), sums(has));
    let mut faults = Vec::new();
    let mut seen = HashSet::new();
    for line in had {
        let what = what(line);
        let of = |sums: &HashMap<String, Decimal>| sums.get(&what).copied().unwrap_or_default();
        let (before, after, taken) = (of(&sums_before), of(&sums_after), of(&charged));
        if after < taken && after < before && seen.insert(what.clone()) {
            let position = line.position.unwrap_or_default().to_string();
            let fault = Fault::new(FaultCode::InInvoices).with("position", position);
            faults.push(FieldError::at_pointer("/lines", fault.with("quantity", taken.normalize().to_string())));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
}

/// Whether invoices charge something of an order.
pub async fn is_charged(change: &Change, order_id: Uuid) -> Result<bool> {
    Ok(!charged(change, order_id, None).await?.is_empty())
}

/// Refuses lines that are asked about and have more than is left.
fn must_be_left(lines: &[Line], left: &mut HashMap<String, Decimal>, is_asked: impl Fn(&str) -> bool) -> Result<()> {
    let mut faults = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let what = what(line);
        let is_asked = is_asked(&what);
        let left = left.entry(what).or_default();
        let (quantity, limit) = (quantity(line), (*left).max(Decimal::ZERO));
        *left -= quantity;
        if is_asked && quantity > limit {
            let fault = Fault::new(FaultCode::TooLarge).with("limit", limit.normalize().to_string());
            faults.push(FieldError::at_pointer(format!("/lines/{index}/quantity"), fault));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
}

/// What invoices charge of an order, without one of them.
async fn charged(change: &Change, order_id: Uuid, without: Option<Uuid>) -> Result<HashMap<String, Decimal>> {
    let none = [InvoiceStatus::Draft, InvoiceStatus::Cancelled].map(InvoiceStatus::as_str);
    let mut select = Entity::find()
        .select_only()
        .column(Column::Fields)
        .filter(Column::OrderId.eq(order_id))
        .filter(Column::Kind.eq(InvoiceKind::Invoice.as_str()))
        .filter(Column::Status.is_not_in(none))
        .filter(Column::ArchivedAt.is_null());
    if let Some(id) = without {
        select = select.filter(Column::Id.ne(id));
    }
    let found: Vec<(String,)> = change.tuples(select).await?;
    let mut all = HashMap::new();
    for (fields,) in found {
        let fields: InvoiceFields = serde_json::from_str(&fields).map_err(Error::internal)?;
        for (what, quantity) in sums(&fields.lines) {
            *all.entry(what).or_default() += quantity;
        }
    }
    Ok(all)
}

fn sums(lines: &[Line]) -> HashMap<String, Decimal> {
    let mut sums = HashMap::new();
    for line in lines {
        *sums.entry(what(line)).or_default() += quantity(line);
    }
    sums
}

/// What a line is of.
fn what(line: &Line) -> String {
    match (line.product_id, &line.sku, &line.description) {
        (Some(id), ..) => id.to_string(),
        (None, Some(sku), _) => format!("sku {sku}"),
        (None, None, description) => format!("text {}", description.as_deref().unwrap_or_default().trim()),
    }
}

/// Lines were read before: their quantities are numbers.
fn quantity(line: &Line) -> Decimal {
    decimal::parse(&line.quantity).unwrap_or_default()
}
