//! Deliveries: what is sent of which order, and whether it came in time.

mod lateness;
mod moves;

use std::collections::HashSet;

use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, Condition, EntityTrait};

pub use lateness::notice;
pub use moves::{Cancel, Deliver, Return, Ship};

use super::moments::{end_of, happened};
use super::numbers;
use super::orders::{self, Orders};
use super::records::{self, Kind, Move, MoveFacts, State, This, wrong_state};
use crate::domain::decimal;
use crate::domain::event_kind::Category;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::permission::Permission;
use crate::domain::quantities::Quantities;
use crate::domain::web_address;
use crate::entities::cells::{Locks, Reads};
use crate::entities::delivery::{Column, Entity, Model};
use crate::entities::order;
use crate::entities::record::ColumnOf;
use crate::error::{Error, FieldError, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::schemas::delivery::{DeliveryFacts, DeliveryFields, DeliveryFilter, DeliveryLine, DeliveryStatus};
use crate::schemas::order::OrderStatus;
use crate::schemas::record::Exactly;

/// Counter and first letter of the numbers we give: "L" as in Lieferschein.
const NUMBERS: (&str, &str) = ("delivery_number", "L");

/// Deliveries.
pub struct Deliveries;

impl Kind for Deliveries {
    type Row = Model;
    type Fields = DeliveryFields;

    const CATEGORY: Category = Category::Purchase;
    const READ: Permission = Permission::SalesRead;
    const WRITE: Permission = Permission::SalesWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("prepared_at", Column::PreparedAt),
        ("shipped_at", Column::ShippedAt),
        ("delivered_at", Column::DeliveredAt),
        ("due_on", Column::DueOn),
        ("number", Column::Number),
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];
    const CREATED: (&'static str, &'static str) = ("prepared", "vorbereitet");
    const MOVES: &'static [MoveFacts] = &[Ship::FACTS, Deliver::FACTS, Return::FACTS, Cancel::FACTS];

    fn label(state: &State<Self>) -> String {
        let number = state.fields.number.as_deref().unwrap_or_default();
        match &state.fields.carrier {
            Some(carrier) => format!("{number} ({carrier})"),
            None => number.to_owned(),
        }
    }

    async fn settle(this: &This<'_>, before: Option<&State<Self>>, mut fields: DeliveryFields) -> Result<State<Self>> {
        let order = match before {
            None => deliverable(this, &fields).await?,
            Some(_) => order_of(this.change, &fields).await?,
        };
        let prepared_at = fields.prepared_at.or(before.and_then(|before| before.fields.prepared_at));
        fields.prepared_at = Some(happened("/prepared_at", prepared_at, None, this.change.now())?);
        if let Some(url) = &fields.tracking_url {
            let url = web_address::normalize(url).map_err(|fault| Error::invalid_at("/tracking_url", fault))?;
            fields.tracking_url = Some(url);
        }
        let mut facts = match before {
            Some(before) => {
                may_change(before, &fields)?;
                before.facts.clone()
            }
            None => {
                fields.shipping_address = fields.shipping_address.take().or(order.fields.shipping_address.clone());
                let number = numbers::given_or_next::<Entity>(this.change, fields.number, NUMBERS, Column::Number);
                fields.number = Some(number.await?);
                new_facts()
            }
        };
        if before.is_none_or(|before| before.fields.lines != fields.lines) {
            let mut open = orders::open_for_delivery(&order);
            before.iter().for_each(|before| open.add_all(&quantities(&before.fields.lines)));
            allot(&mut fields.lines, &open)?;
        }
        judge(&fields, &mut facts, &order, this.change.now());
        Ok(State { fields, facts })
    }

    fn stage(state: &State<Self>) -> &'static str {
        state.facts.status.as_str()
    }

    fn occurred_at(state: &State<Self>, happened: &str) -> Option<Instant> {
        match happened {
            "prepared" => state.fields.prepared_at,
            "shipped" => state.facts.shipped_at,
            "delivered" => state.facts.delivered_at,
            "returned" => state.facts.returned_at,
            "cancelled" => state.facts.cancelled_at,
            lateness::BECAME_LATE => state.facts.due_on.as_deref().and_then(end_of),
            _ => None,
        }
    }

    fn index(row: &mut Model, state: &State<Self>) {
        let State { fields, facts } = state;
        row.number = fields.number.clone().unwrap_or_default();
        row.status = facts.status.as_str().to_owned();
        row.order_id = fields.order_id;
        row.carrier.clone_from(&fields.carrier);
        row.tracking_number.clone_from(&fields.tracking_number);
        row.prepared_at = fields.prepared_at;
        row.shipped_at = facts.shipped_at;
        row.delivered_at = facts.delivered_at;
        row.due_on.clone_from(&facts.due_on);
        row.is_late = facts.late;
    }

    async fn follow(this: &This<'_>, before: Option<&State<Self>>, after: Option<&State<Self>>) -> Result<()> {
        // Archiving hides a delivery and undoes nothing.
        let Some(after) = after else { return Ok(()) };
        let is_same = |before: &State<Self>| {
            before.facts.status == after.facts.status && before.fields.lines == after.fields.lines
        };
        match before {
            Some(before) if is_same(before) => Ok(()),
            Some(before) if before.facts.status == after.facts.status => {
                orders::count_delivered(this.change, after.fields.order_id, this.change.now()).await
            }
            _ => {
                let at = last_step(after).unwrap_or(this.change.now());
                orders::count_delivered(this.change, after.fields.order_id, at).await
            }
        }
    }

    fn condition(_cx: &Context, filter: &DeliveryFilter) -> Condition {
        let mut all = Condition::all();
        if !filter.status.is_empty() {
            all = all.add(Column::Status.is_in(filter.status.iter().map(|status| status.as_str())));
        }
        if !filter.order_id.is_empty() {
            all = all.add(Column::OrderId.is_in(filter.order_id.iter().copied()));
        }
        let texts = [
            (Column::Number, &filter.number),
            (Column::Carrier, &filter.carrier),
            (Column::TrackingNumber, &filter.tracking_number),
        ];
        for (column, texts) in texts.into_iter().filter(|(_, texts)| !texts.is_empty()) {
            all = all.add(column.is_in(Exactly::texts(texts)));
        }
        all.add_option(filter.late.map(|late| Column::IsLate.eq(late)))
            .add_option(filter.due_after.as_ref().map(|day| Column::DueOn.gte(day.as_str())))
            .add_option(filter.due_before.as_ref().map(|day| Column::DueOn.lt(day.as_str())))
            .add_option(filter.shipped_after.map(|at| Column::ShippedAt.gte(at)))
            .add_option(filter.shipped_before.map(|at| Column::ShippedAt.lt(at)))
            .add_option(filter.delivered_after.map(|at| Column::DeliveredAt.gte(at)))
            .add_option(filter.delivered_before.map(|at| Column::DeliveredAt.lt(at)))
    }
}

fn new_facts() -> DeliveryFacts {
    DeliveryFacts {
        status: DeliveryStatus::Prepared,
        shipped_at: None,
        delivered_at: None,
        received_by: None,
        returned_at: None,
        return_reason: None,
        cancelled_at: None,
        cancellation_reason: None,
        due_on: None,
        late: false,
    }
}

/// What has left us stays what it was; carrier, address and notes may still be put right.
fn may_change(before: &State<Deliveries>, after: &DeliveryFields) -> Result<()> {
    let is_same = before.fields.lines == after.lines && before.fields.prepared_at == after.prepared_at;
    match before.facts.status {
        DeliveryStatus::Prepared => Ok(()),
        _ if is_same => Ok(()),
        status => Err(wrong_state::<Deliveries>(status.as_str())),
    }
}

/// When a delivery's last step was.
fn last_step(state: &State<Deliveries>) -> Option<Instant> {
    let DeliveryFacts { shipped_at, delivered_at, returned_at, cancelled_at, .. } = state.facts;
    cancelled_at.or(returned_at).or(delivered_at).or(shipped_at).or(state.fields.prepared_at)
}

/// The order of a new delivery: of the same customer, neither archived nor cancelled.
async fn deliverable(this: &This<'_>, fields: &DeliveryFields) -> Result<State<Orders>> {
    let row = records::named::<Orders>(this, "/order_id", fields.order_id).await?;
    let order = State::<Orders>::of(&row)?;
    match order.facts.status {
        OrderStatus::Cancelled => {
            let fault = FieldError::at_pointer("/order_id", FaultCode::Unfitting);
            Err(wrong_state::<Orders>(order.facts.status.as_str()).with_faults(vec![fault]))
        }
        _ => Ok(order),
    }
}

/// The order a delivery is of, whatever has become of it.
async fn order_of(change: &Change, fields: &DeliveryFields) -> Result<State<Orders>> {
    let row = change.one(order::Entity::find_by_id(fields.order_id).lock_for_change()).await?;
    State::of(&row.ok_or_else(|| Error::internal("a delivery is of an order that is gone"))?)
}

/// The quantities of complete lines.
pub(super) fn quantities(lines: &[DeliveryLine]) -> Quantities {
    lines.iter().filter_map(|line| Some((line.position, decimal::parse(&line.quantity).ok()?))).collect()
}

/// Gives lines their one form: all that is open where there are none. Refuses what is not open.
fn allot(lines: &mut Vec<DeliveryLine>, open: &Quantities) -> Result<()> {
    if lines.is_empty() {
        let whole = open.iter().filter(|(_, quantity)| !quantity.is_zero());
        lines.extend(whole.map(|(position, quantity)| DeliveryLine { position, quantity: quantity.to_string() }));
        return match lines.is_empty() {
            true => Err(Error::invalid_at("/order_id", FaultCode::NothingOpen)),
            false => Ok(()),
        };
    }
    let mut seen = HashSet::new();
    let mut faults = Vec::new();
    for (index, line) in lines.iter_mut().enumerate() {
        let mut fault = |field: &str, fault: Fault| {
            faults.push(FieldError::at_pointer(format!("/lines/{index}/{field}"), fault));
        };
        let quantity = match decimal::parse(&line.quantity) {
            Ok(quantity) => quantity.normalize(),
            Err(wrong) => {
                fault("quantity", wrong);
                continue;
            }
        };
        line.quantity = quantity.to_string();
        if !seen.insert(line.position) {
            fault("position", FaultCode::Duplicate.into());
        } else if !open.has(line.position) {
            fault("position", Fault::new(FaultCode::Reference).with("type", "line"));
        } else if quantity == Decimal::ZERO {
            fault("quantity", Fault::new(FaultCode::TooSmall).with("limit", "0.0001"));
        } else if quantity > open.of(line.position) {
            let exceeds = Fault::new(FaultCode::OpenQuantity).with("position", line.position.to_string());
            fault("quantity", exceeds.with("open", open.of(line.position).to_string()));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
}

/// Says when it is due, and whether it is late: what has not left us is judged by today.
fn judge(fields: &DeliveryFields, facts: &mut DeliveryFacts, order: &State<Orders>, now: Instant) {
    facts.due_on = order.fields.requested_delivery_on.clone().or(fields.promised_on.clone());
    let waits = (facts.status == DeliveryStatus::Prepared).then_some(now);
    let at = facts.delivered_at.or(facts.shipped_at).or(waits);
    facts.late = at.zip(facts.due_on.as_ref()).is_some_and(|(at, due_on)| at.day() > *due_on);
}
