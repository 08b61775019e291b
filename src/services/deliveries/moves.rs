//! What becomes of deliveries.

use super::{Deliveries, judge, order_of};
use crate::domain::instant::Instant;
use crate::error::Result;
use crate::schemas::delivery::{CancelDelivery, DeliverDelivery, DeliveryStatus, ReturnDelivery, ShipDelivery};
use crate::services::moments::happened;
use crate::services::records::{Move, MoveFacts, State, This};

/// What a delivery's last step was, and when.
fn last_step(state: &State<Deliveries>) -> Option<(&'static str, Instant)> {
    let delivered = state.facts.delivered_at.map(|at| ("delivered_at", at));
    let shipped = state.facts.shipped_at.map(|at| ("shipped_at", at));
    delivered.or(shipped).or(state.fields.prepared_at.map(|at| ("prepared_at", at)))
}

/// It has left us.
pub struct Ship;

impl Move for Ship {
    type Kind = Deliveries;
    type Input = ShipDelivery;

    const FACTS: MoveFacts = MoveFacts {
        verb: "ship",
        segment: "shipment",
        summary: "It has left us. Once everything of an order has left us, the order is fulfilled.",
        happened: "shipped",
        happened_german: "versandt",
        from: &["prepared"],
    };

    async fn make(this: &This<'_>, state: &mut State<Deliveries>, input: ShipDelivery) -> Result<()> {
        let at = happened("/shipped_at", input.shipped_at, last_step(state), this.change.now())?;
        (state.facts.status, state.facts.shipped_at) = (DeliveryStatus::Shipped, Some(at));
        let order = order_of(this.change, &state.fields).await?;
        judge(&state.fields, &mut state.facts, &order, this.change.now());
        Ok(())
    }
}

/// The customer has it.
pub struct Deliver;

impl Move for Deliver {
    type Kind = Deliveries;
    type Input = DeliverDelivery;

    const FACTS: MoveFacts = MoveFacts {
        verb: "deliver",
        segment: "arrival",
        summary: "The customer has it: brought by the carrier, or fetched.",
        happened: "delivered",
        happened_german: "zugestellt",
        from: &["prepared", "shipped"],
    };

    async fn make(this: &This<'_>, state: &mut State<Deliveries>, input: DeliverDelivery) -> Result<()> {
        let at = happened("/delivered_at", input.delivered_at, last_step(state), this.change.now())?;
        (state.facts.status, state.facts.delivered_at) = (DeliveryStatus::Delivered, Some(at));
        state.facts.received_by = input.received_by;
        let order = order_of(this.change, &state.fields).await?;
        judge(&state.fields, &mut state.facts, &order, this.change.now());
        Ok(())
    }
}

/// It came back.
pub struct Return;

impl Move for Return {
    type Kind = Deliveries;
    type Input = ReturnDelivery;

    const FACTS: MoveFacts = MoveFacts {
        verb: "return",
        segment: "return",
        summary: "It came back, and why. What it held is open again and can be sent once more; an order that was \
                  fulfilled stays fulfilled.",
        happened: "returned",
        happened_german: "zurückgekommen",
        from: &["shipped", "delivered"],
    };

    async fn make(this: &This<'_>, state: &mut State<Deliveries>, input: ReturnDelivery) -> Result<()> {
        let at = happened("/returned_at", input.returned_at, last_step(state), this.change.now())?;
        (state.facts.status, state.facts.returned_at) = (DeliveryStatus::Returned, Some(at));
        state.facts.return_reason = Some(input.reason);
        Ok(())
    }
}

/// It is called off.
pub struct Cancel;

impl Move for Cancel {
    type Kind = Deliveries;
    type Input = CancelDelivery;

    const FACTS: MoveFacts = MoveFacts {
        verb: "cancel",
        segment: "cancellation",
        summary: "It is called off before it left us, and why. What it held is open again.",
        happened: "cancelled",
        happened_german: "storniert",
        from: &["prepared"],
    };

    async fn make(this: &This<'_>, state: &mut State<Deliveries>, input: CancelDelivery) -> Result<()> {
        let at = happened("/cancelled_at", input.cancelled_at, last_step(state), this.change.now())?;
        (state.facts.status, state.facts.cancelled_at) = (DeliveryStatus::Cancelled, Some(at));
        state.facts.cancellation_reason = Some(input.reason);
        Ok(())
    }
}
