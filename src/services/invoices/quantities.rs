//! What was ordered is charged once.

use std::collections::HashMap;

use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::{Column, Entity, Invoices, booking};
use crate::domain::decimal;
use crate::domain::fault::{Fault, FaultCode};
use crate::entities::cells::Reads;
use crate::error::{Error, FieldError, Result};
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
    for lines in charged(this, order_id).await? {
        for (what, quantity) in sums(&lines) {
            *left.entry(what).or_default() -= quantity;
        }
    }
    let mut faults = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let left = left.entry(what(line)).or_default();
        let (quantity, limit) = (quantity(line), (*left).max(Decimal::ZERO));
        *left -= quantity;
        if quantity > limit {
            let fault = Fault::new(FaultCode::TooLarge).with("limit", limit.normalize().to_string());
            faults.push(FieldError::at_pointer(format!("/lines/{index}/quantity"), fault));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
}

/// The lines of all other invoices that charge the order.
async fn charged(this: &This<'_>, order_id: Uuid) -> Result<Vec<Vec<Line>>> {
    let none = [InvoiceStatus::Draft, InvoiceStatus::Cancelled].map(InvoiceStatus::as_str);
    let select = Entity::find()
        .select_only()
        .column(Column::Fields)
        .filter(Column::OrderId.eq(order_id))
        .filter(Column::Kind.eq(InvoiceKind::Invoice.as_str()))
        .filter(Column::Status.is_not_in(none))
        .filter(Column::ArchivedAt.is_null())
        .filter(Column::Id.ne(this.id));
    let found: Vec<(String,)> = this.change.tuples(select).await?;
    let lines = |(fields,): (String,)| serde_json::from_str(&fields).map(|fields: InvoiceFields| fields.lines);
    found.into_iter().map(|row| lines(row).map_err(Error::internal)).collect()
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
