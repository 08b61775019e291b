//! The steps in the life of a ticket.

use super::{Tickets, clock};
use crate::domain::instant::Instant;
use crate::domain::service_levels::ServiceLevels;
use crate::error::{Error, Result};
use crate::schemas::ticket::{EscalateTicket, ReopenTicket, ResolveTicket, TicketStatus, TicketStep};
use crate::services::moments::happened;
use crate::services::records::{Move, MoveFacts, State, This};
use crate::services::references::References;

/// When the step is made: not before the one that came before.
fn step(this: &This<'_>, state: &mut State<Tickets>, given: Option<Instant>) -> Result<Instant> {
    let before = ("last_step_at", state.facts.last_step_at);
    let at = happened("/occurred_at", given, Some(before), this.change.now())?;
    state.facts.last_step_at = at;
    Ok(at)
}

fn levels<'a>(this: &This<'a>) -> &'a ServiceLevels {
    &this.change.cx().service_levels
}

/// Somebody has taken it.
pub struct Accept;

impl Move for Accept {
    type Kind = Tickets;
    type Input = TicketStep;

    const FACTS: MoveFacts = MoveFacts {
        verb: "accept",
        segment: "acceptance",
        summary: "Somebody takes it: from `new` to `open`.",
        happened: "accepted",
        happened_german: "angenommen",
        from: &["new"],
    };

    async fn make(this: &This<'_>, state: &mut State<Tickets>, input: TicketStep) -> Result<()> {
        step(this, state, input.occurred_at)?;
        state.facts.status = TicketStatus::Open;
        Ok(())
    }
}

/// We have answered.
pub struct Answer;

impl Move for Answer {
    type Kind = Tickets;
    type Input = TicketStep;

    const FACTS: MoveFacts = MoveFacts {
        verb: "answer",
        segment: "answer",
        summary: "We have answered, by whatever way; the first time that ends the time to the first answer. A `new` ticket is `open` then; any other one stays as it is. A public comment of ours does the same.",
        happened: "answered",
        happened_german: "beantwortet",
        from: &["new", "open", "pending", "on_hold"],
    };

    async fn make(this: &This<'_>, state: &mut State<Tickets>, input: TicketStep) -> Result<()> {
        let at = step(this, state, input.occurred_at)?;
        clock::answered(state, levels(this), at);
        if state.facts.status == TicketStatus::New {
            state.facts.status = TicketStatus::Open;
        }
        Ok(())
    }
}

/// The customer has to do something.
pub struct Wait;

impl Move for Wait {
    type Kind = Tickets;
    type Input = TicketStep;

    const FACTS: MoveFacts = MoveFacts {
        verb: "wait",
        segment: "waiting",
        summary: "We wait for the customer: from `open` or `on_hold` to `pending`. The clock of the resolution stands still until the ticket is resumed, by a move or by a public comment of the customer.",
        happened: "paused",
        happened_german: "wartet auf den Kunden",
        from: &["open", "on_hold"],
    };

    async fn make(this: &This<'_>, state: &mut State<Tickets>, input: TicketStep) -> Result<()> {
        let at = step(this, state, input.occurred_at)?;
        state.facts.status = TicketStatus::Pending;
        clock::stop(state, levels(this), at);
        Ok(())
    }
}

/// Somebody else has to do something.
pub struct Hold;

impl Move for Hold {
    type Kind = Tickets;
    type Input = TicketStep;

    const FACTS: MoveFacts = MoveFacts {
        verb: "hold",
        segment: "hold",
        summary: "We wait for somebody else, such as a supplier: from `open` or `pending` to `on_hold`. The clock of the resolution goes on.",
        happened: "held",
        happened_german: "zurückgestellt",
        from: &["open", "pending"],
    };

    async fn make(this: &This<'_>, state: &mut State<Tickets>, input: TicketStep) -> Result<()> {
        let at = step(this, state, input.occurred_at)?;
        state.facts.status = TicketStatus::OnHold;
        clock::go_on(state, levels(this), at);
        Ok(())
    }
}

/// It goes on.
pub struct Resume;

impl Move for Resume {
    type Kind = Tickets;
    type Input = TicketStep;

    const FACTS: MoveFacts = MoveFacts {
        verb: "resume",
        segment: "resumption",
        summary: "It goes on: from `pending` or `on_hold` to `open`.",
        happened: "resumed",
        happened_german: "wieder in Arbeit",
        from: &["pending", "on_hold"],
    };

    async fn make(this: &This<'_>, state: &mut State<Tickets>, input: TicketStep) -> Result<()> {
        let at = step(this, state, input.occurred_at)?;
        state.facts.status = TicketStatus::Open;
        clock::go_on(state, levels(this), at);
        Ok(())
    }
}

/// It goes to somebody with more experience or more say.
pub struct Escalate;

impl Move for Escalate {
    type Kind = Tickets;
    type Input = EscalateTicket;

    const FACTS: MoveFacts = MoveFacts {
        verb: "escalate",
        segment: "escalation",
        summary: "One level higher, and why; to somebody else, if that is said. The state stays as it is. At the highest level (`support.escalation_levels`) it is not possible (409 `highest_level`).",
        happened: "escalated",
        happened_german: "eskaliert",
        from: &["new", "open", "pending", "on_hold"],
    };

    async fn make(this: &This<'_>, state: &mut State<Tickets>, input: EscalateTicket) -> Result<()> {
        step(this, state, input.occurred_at)?;
        let highest = levels(this).escalation_levels;
        if state.facts.escalation_level >= highest {
            return Err(Error::highest_level(highest));
        }
        state.facts.escalation_level += 1;
        if input.assignee_id.is_some() {
            References::new().user("/assignee_id", input.assignee_id).exist(this.change).await?;
            state.fields.assignee_id = input.assignee_id;
        }
        Ok(())
    }
}

/// We have told a resolution.
pub struct Resolve;

impl Move for Resolve {
    type Kind = Tickets;
    type Input = ResolveTicket;

    const FACTS: MoveFacts = MoveFacts {
        verb: "resolve",
        segment: "resolution",
        summary: "We have told a resolution: from any state before to `resolved`. Without an answer before, it is the first one.",
        happened: "resolved",
        happened_german: "gelöst",
        from: &["new", "open", "pending", "on_hold"],
    };

    async fn make(this: &This<'_>, state: &mut State<Tickets>, input: ResolveTicket) -> Result<()> {
        let at = step(this, state, input.occurred_at)?;
        state.facts.status = TicketStatus::Resolved;
        clock::resolved(state, levels(this), at, input.resolution);
        Ok(())
    }
}

/// It is over.
pub struct Close;

impl Move for Close {
    type Kind = Tickets;
    type Input = TicketStep;

    const FACTS: MoveFacts = MoveFacts {
        verb: "close",
        segment: "closure",
        summary: "It is over: from `resolved` to `closed`.",
        happened: "closed",
        happened_german: "geschlossen",
        from: &["resolved"],
    };

    async fn make(this: &This<'_>, state: &mut State<Tickets>, input: TicketStep) -> Result<()> {
        let at = step(this, state, input.occurred_at)?;
        (state.facts.status, state.facts.closed_at) = (TicketStatus::Closed, Some(at));
        Ok(())
    }
}

/// It was not resolved after all.
pub struct Reopen;

impl Move for Reopen {
    type Kind = Tickets;
    type Input = ReopenTicket;

    const FACTS: MoveFacts = MoveFacts {
        verb: "reopen",
        segment: "reopening",
        summary: "It was not resolved after all: from `resolved` or `closed` to `open`. The clock of the resolution goes on where it stopped.",
        happened: "reopened",
        happened_german: "wieder geöffnet",
        from: &["resolved", "closed"],
    };

    async fn make(this: &This<'_>, state: &mut State<Tickets>, input: ReopenTicket) -> Result<()> {
        let at = step(this, state, input.occurred_at)?;
        state.facts.status = TicketStatus::Open;
        clock::reopened(state, levels(this), at);
        Ok(())
    }
}
