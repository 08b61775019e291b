//! How much of orders is on its way or there.

use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::Map;
use uuid::Uuid;

use super::Orders;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::quantities::Quantities;
use crate::entities::cells::{Locks, Reads};
use crate::entities::{delivery, order};
use crate::error::{Error, FieldError, Result};
use crate::history::change::Change;
use crate::schemas::delivery::{DeliveryFields, DeliveryStatus};
use crate::schemas::line::Line;
use crate::schemas::order::{DeliveredLine, OrderFacts, OrderStatus, Shipping};
use crate::services::records::{State, lead_in};
use crate::services::sentences::sentence;
use crate::services::{deliveries, lines};

/// What deliveries hold of an order, by how far they have come.
#[derive(Debug, Default)]
pub(super) struct Deliveries {
    prepared: Quantities,
    shipped: Quantities,
    delivered: Quantities,
}

impl Deliveries {
    /// As an order tells them.
    pub(super) fn of(facts: &OrderFacts) -> Self {
        let told = |quantity: fn(&DeliveredLine) -> &str| -> Quantities {
            let parse = |line: &DeliveredLine| Some((line.position, quantity(line).parse::<Decimal>().ok()?));
            facts.deliveries.iter().filter_map(parse).collect()
        };
        Self {
            prepared: told(|line| &line.prepared),
            shipped: told(|line| &line.shipped),
            delivered: told(|line| &line.delivered),
        }
    }

    /// What has left us.
    fn sent(&self) -> Quantities {
        let mut sent = self.shipped.clone();
        sent.add_all(&self.delivered);
        sent
    }

    /// What cannot be delivered once more.
    fn taken(&self) -> Quantities {
        let mut taken = self.sent();
        taken.add_all(&self.prepared);
        taken
    }

    /// Whether there are none.
    pub(super) fn are_none(&self) -> bool {
        self.taken().is_nothing()
    }

    /// Line by line.
    pub(super) fn lines(&self, all: &[Line]) -> Vec<DeliveredLine> {
        let open = goods(all).without(&self.taken());
        let line = |(position, open): (i32, Decimal)| DeliveredLine {
            position,
            prepared: self.prepared.of(position).to_string(),
            shipped: self.shipped.of(position).to_string(),
            delivered: self.delivered.of(position).to_string(),
            open: open.to_string(),
        };
        open.iter().map(line).collect()
    }

    /// How much of an order has left us.
    pub(super) fn shipping(&self, all: &[Line]) -> Shipping {
        let (goods, sent) = (goods(all), self.sent());
        if sent.is_nothing() {
            Shipping::None
        } else if goods.without(&sent).is_nothing() {
            Shipping::Complete
        } else {
            Shipping::Partial
        }
    }

    /// Refuses lines that have less than deliveries hold of them, or are gone.
    pub(super) fn must_fit(&self, all: &[Line]) -> Result<()> {
        let goods = goods(all);
        let taken = self.taken();
        let short = taken.iter().filter(|(position, quantity)| goods.of(*position) < *quantity);
        let faults: Vec<FieldError> = short
            .map(|(position, quantity)| {
                let fault = Fault::new(FaultCode::InDeliveries).with("position", position.to_string());
                FieldError::at_pointer("/lines", fault.with("quantity", quantity.to_string()))
            })
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
    }
}

/// What can be delivered: lines that take something off the price are no goods.
fn goods(all: &[Line]) -> Quantities {
    let goods: Vec<Line> = all.iter().filter(|line| !lines::is_reduction(line)).cloned().collect();
    lines::quantities(&goods)
}

/// What can still be delivered of an order.
pub(in crate::services) fn open_for_delivery(order: &State<Orders>) -> Quantities {
    goods(&order.fields.lines).without(&Deliveries::of(&order.facts).taken())
}

/// Counts anew what deliveries hold of an order, archived ones included, after a step that was made at this time. An
/// order of which everything has left us is fulfilled.
pub(in crate::services) async fn count_delivered(change: &Change, order_id: Uuid, at: Instant) -> Result<()> {
    let Some(row) = change.one(order::Entity::find_by_id(order_id).lock_for_change()).await? else { return Ok(()) };
    let mut state = State::<Orders>::of(&row)?;
    let now = deliveries_of(change, order_id).await?;
    let lines = now.lines(&state.fields.lines);
    if lines == state.facts.deliveries {
        return Ok(());
    }
    state.facts.deliveries = lines;
    state.facts.shipping = now.shipping(&state.fields.lines);
    state.facts.deliveries_changed_at = Some(at);
    let is_open = matches!(state.facts.status, OrderStatus::Placed | OrderStatus::Confirmed);
    let told = if is_open && state.facts.shipping == Shipping::Complete {
        (state.facts.status, state.facts.fulfilled_at) = (OrderStatus::Fulfilled, Some(at));
        ("fulfilled", sentence("fulfilled", "erfüllt"))
    } else {
        ("deliveries_changed", sentence("deliveries changed", "Lieferstand geändert"))
    };
    lead_in::<Orders>(change, &row, &state, told, Map::new()).await?;
    Ok(())
}

async fn deliveries_of(change: &Change, order_id: Uuid) -> Result<Deliveries> {
    let counting = [DeliveryStatus::Prepared, DeliveryStatus::Shipped, DeliveryStatus::Delivered];
    let select = delivery::Entity::find()
        .select_only()
        .column(delivery::Column::Status)
        .column(delivery::Column::Fields)
        .filter(delivery::Column::OrderId.eq(order_id))
        .filter(delivery::Column::Status.is_in(counting.map(DeliveryStatus::as_str)));
    let rows: Vec<(String, String)> = change.tuples(select).await?;
    let mut found = Deliveries::default();
    for (status, fields) in rows {
        let fields: DeliveryFields = serde_json::from_str(&fields).map_err(Error::internal)?;
        let part = match status.as_str() {
            "prepared" => &mut found.prepared,
            "shipped" => &mut found.shipped,
            _ => &mut found.delivered,
        };
        part.add_all(&deliveries::quantities(&fields.lines));
    }
    Ok(found)
}
