//! What becomes of orders.

use super::{Deliveries, Orders};
use crate::domain::instant::Instant;
use crate::error::{Code, Error, Result};
use crate::schemas::order::{CancelOrder, ConfirmOrder, FulfilOrder, OrderStatus};
use crate::services::invoices::quantities;
use crate::services::moments::happened;
use crate::services::records::{Move, MoveFacts, State, This};

/// What an order's last step was, and when.
fn last_step(state: &State<Orders>) -> Option<(&'static str, Instant)> {
    let confirmed = state.facts.confirmed_at.map(|at| ("confirmed_at", at));
    confirmed.or(state.fields.placed_at.map(|at| ("placed_at", at)))
}

/// We have accepted it.
pub struct Confirm;

impl Move for Confirm {
    type Kind = Orders;
    type Input = ConfirmOrder;

    const FACTS: MoveFacts = MoveFacts {
        verb: "confirm",
        segment: "confirmation",
        summary: "We have accepted it.",
        happened: "confirmed",
        happened_german: "bestätigt",
        from: &["placed"],
    };

    async fn make(this: &This<'_>, state: &mut State<Orders>, input: ConfirmOrder) -> Result<()> {
        let at = happened("/confirmed_at", input.confirmed_at, last_step(state), this.change.now())?;
        (state.facts.status, state.facts.confirmed_at) = (OrderStatus::Confirmed, Some(at));
        Ok(())
    }
}

/// Everything is delivered or done.
pub struct Fulfil;

impl Move for Fulfil {
    type Kind = Orders;
    type Input = FulfilOrder;

    const FACTS: MoveFacts = MoveFacts {
        verb: "fulfil",
        segment: "fulfilment",
        summary: "Everything is delivered or done. Lines and amounts stay what they are from now on. It happens by \
                  itself once deliveries of everything ordered have left us.",
        happened: "fulfilled",
        happened_german: "erfüllt",
        from: &["confirmed"],
    };

    async fn make(this: &This<'_>, state: &mut State<Orders>, input: FulfilOrder) -> Result<()> {
        let at = happened("/fulfilled_at", input.fulfilled_at, last_step(state), this.change.now())?;
        (state.facts.status, state.facts.fulfilled_at) = (OrderStatus::Fulfilled, Some(at));
        Ok(())
    }
}

/// It is called off.
pub struct Cancel;

impl Move for Cancel {
    type Kind = Orders;
    type Input = CancelOrder;

    const FACTS: MoveFacts = MoveFacts {
        verb: "cancel",
        segment: "cancellation",
        summary: "It is called off, and why. Lines and amounts stay what they are from now on. While deliveries hold \
                  something of it or invoices charge it, 409 `in_use`: deliveries are called off or come back first, \
                  invoices are cancelled.",
        happened: "cancelled",
        happened_german: "storniert",
        from: &["placed", "confirmed"],
    };

    async fn make(this: &This<'_>, state: &mut State<Orders>, input: CancelOrder) -> Result<()> {
        let at = happened("/cancelled_at", input.cancelled_at, last_step(state), this.change.now())?;
        // What is being delivered is called off or comes back first, what is charged is taken back first.
        let is_delivered = !Deliveries::of(&state.facts).are_none();
        if is_delivered || quantities::is_charged(this.change, this.id).await? {
            return Err(Error::new(Code::InUse));
        }
        state.facts.status = OrderStatus::Cancelled;
        (state.facts.cancelled_at, state.facts.cancellation_reason) = (Some(at), Some(input.reason));
        Ok(())
    }
}
