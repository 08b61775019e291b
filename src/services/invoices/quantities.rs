//! What was ordered is charged once.

use std::collections::{BTreeSet, HashMap, HashSet};

use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{Column, Entity, Invoices, booking};
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::quantities::{Part, Quantities};
use crate::domain::{self, decimal};
use crate::entities::cells::Reads;
use crate::error::{Error, FieldError, Result};
use crate::history::change::Change;
use crate::schemas::invoice::{InvoiceFields, InvoiceKind, InvoiceStatus, Ledger};
use crate::schemas::line::Line;
use crate::schemas::order::{OrderFields, OrderStatus};
use crate::services::lines;
use crate::services::orders::{self, Orders};
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
    let others = charged(this.change, order_id, Some(this.id)).await?;
    freight_must_be_left(&state.fields, &order.fields, others.freight)?;
    for (what, quantity) in sums(&others.lines) {
        *left.entry(what).or_default() -= quantity;
    }
    must_be_left(lines, &mut left, |_| true)
}

/// Refuses to bring back an archived copy if by now others charge so much of the order that it would charge something
/// twice. What nobody else charges is as the copy says, be it more than was ordered.
pub async fn are_free(this: &This<'_>, state: &State<Invoices>) -> Result<()> {
    let Some((order_id, lines)) = charge(state) else { return Ok(()) };
    let order = State::<Orders>::of(&named::<Orders>(this, "/order_id", order_id).await?)?;
    let others = sums(&charged(this.change, order_id, Some(this.id)).await?.lines);
    let mut left = sums(&order.fields.lines);
    for (what, quantity) in &others {
        *left.entry(what.clone()).or_default() -= *quantity;
    }
    must_be_left(lines, &mut left, |what| others.contains_key(what))
}

/// Takes from the order it charges what a new invoice of our own does not say itself.
pub async fn complete(this: &This<'_>, fields: &mut InvoiceFields) -> Result<()> {
    let is_own = fields.ledger == Ledger::Own && fields.kind == InvoiceKind::Invoice;
    let Some(order_id) = fields.order_id.filter(|_| is_own) else { return Ok(()) };
    let order = State::<Orders>::of(&named::<Orders>(this, "/order_id", order_id).await?)?.fields;
    if fields.currency.is_empty() {
        fields.currency = order.currency;
    }
    fields.billing_address = fields.billing_address.take().or(order.billing_address);
    if fields.lines.is_empty() {
        let charged = charged(this.change, order_id, None).await?;
        let open = lines::quantities(&order.lines).without(&shares(&order.lines, &charged.lines));
        fields.lines = lines::rest(order.lines, &open);
        // Nobody is invoiced a reduction alone.
        if fields.lines.iter().all(lines::is_reduction) {
            return Err(Error::invalid_at("/order_id", FaultCode::NothingOpen));
        }
        // Freight is owed once.
        if fields.freight_amount.is_none() && charged.freight.is_zero() {
            (fields.freight_amount, fields.freight_tax_rate) = (order.freight_amount, order.freight_tax_rate);
        }
    }
    Ok(())
}

/// Counts anew what is invoiced of the orders an invoice charges, or has charged until now.
pub async fn follow(this: &This<'_>, before: Option<&State<Invoices>>, after: Option<&State<Invoices>>) -> Result<()> {
    let (was, is) = (before.and_then(charge), after.and_then(charge));
    if was == is {
        return Ok(());
    }
    // What is issued charges from its day on; what changes later, or is owed again, does so now.
    let is_issued = before.is_none_or(|before| before.facts.status == InvoiceStatus::Draft);
    let dated_at = after.filter(|_| is_issued).and_then(|after| after.facts.dated_at);
    let orders: BTreeSet<Uuid> = was.into_iter().chain(is).map(|(order_id, _)| order_id).collect();
    for order_id in orders {
        let of = |charge: Option<(Uuid, &[Line])>| -> Decimal {
            let lines = charge.filter(|(id, _)| *id == order_id).map(|(_, lines)| lines).unwrap_or_default();
            lines.iter().map(quantity).sum()
        };
        let at = dated_at.unwrap_or(this.change.now());
        orders::count_invoiced(this.change, order_id, of(is) >= of(was), at).await?;
    }
    Ok(())
}

/// The order an invoice charges, and with which lines: drafts and what is cancelled charge nothing.
fn charge(state: &State<Invoices>) -> Option<(Uuid, &[Line])> {
    let charges = state.fields.kind == InvoiceKind::Invoice
        && !matches!(state.facts.status, InvoiceStatus::Draft | InvoiceStatus::Cancelled);
    state.fields.order_id.filter(|_| charges).map(|order_id| (order_id, state.fields.lines.as_slice()))
}

/// How much of each line of an order these lines of invoices charge.
pub fn shares(ordered: &[Line], charged: &[Line]) -> Quantities {
    let part =
        |line: &Line| Part { position: line.position.unwrap_or_default(), what: what(line), quantity: quantity(line) };
    let parts = |lines: &[Line]| lines.iter().map(part).collect::<Vec<_>>();
    domain::quantities::shares(&parts(ordered), &parts(charged))
}

/// Refuses lines of an order that have less than invoices charge of them, or are gone: `had` are those it had.
pub fn must_be_kept(charged: &[Line], had: &[Line], has: &[Line]) -> Result<()> {
    let (charged, sums_before, sums_after) = (sums(charged), sums(had), sums(has));
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
    Ok(!charged(change, order_id, None).await?.lines.is_empty())
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

/// Refuses freight of an order that others charge already.
fn freight_must_be_left(invoice: &InvoiceFields, order: &OrderFields, charged: Decimal) -> Result<()> {
    let amount = |text: &Option<String>| text.as_deref().and_then(|text| decimal::parse(text).ok()).unwrap_or_default();
    let limit = (amount(&order.freight_amount) - charged).max(Decimal::ZERO);
    if charged.is_zero() || order.freight_amount.is_none() || amount(&invoice.freight_amount) <= limit {
        return Ok(());
    }
    let fault = Fault::new(FaultCode::TooLarge).with("limit", limit.normalize().to_string());
    Err(Error::invalid_at("/freight_amount", fault))
}

/// What invoices charge of an order.
#[derive(Default)]
pub struct Charged {
    /// All their lines.
    pub lines: Vec<Line>,
    /// Their freight without tax.
    freight: Decimal,
}

/// What all invoices charge of an order, without one of them.
pub async fn charged(change: &Change, order_id: Uuid, without: Option<Uuid>) -> Result<Charged> {
    let none = [InvoiceStatus::Draft, InvoiceStatus::Cancelled].map(InvoiceStatus::as_str);
    let mut select = Entity::find()
        .select_only()
        .column(Column::Fields)
        .filter(Column::OrderId.eq(order_id))
        .filter(Column::Kind.eq(InvoiceKind::Invoice.as_str()))
        .filter(Column::Status.is_not_in(none))
        .filter(Column::ArchivedAt.is_null())
        .order_by_asc(Column::Id);
    if let Some(id) = without {
        select = select.filter(Column::Id.ne(id));
    }
    let found: Vec<(String,)> = change.tuples(select).await?;
    let mut all = Charged::default();
    for (fields,) in found {
        let fields: InvoiceFields = serde_json::from_str(&fields).map_err(Error::internal)?;
        all.lines.extend(fields.lines);
        all.freight += fields.freight_amount.and_then(|amount| decimal::parse(&amount).ok()).unwrap_or_default();
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
