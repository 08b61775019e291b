//! What becomes of quotes.

use super::Quotes;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::error::{Error, FieldError, Result};
use crate::schemas::quote::{AcceptQuote, DeclineQuote, ExtendQuote, QuoteStatus, ReviseQuote, SendQuote};
use crate::services::moments::happened;
use crate::services::records::{Move, MoveFacts, State, This, not_now};

/// What came before a quote's next step, and when.
fn last_step(state: &State<Quotes>) -> Option<(&'static str, Instant)> {
    let sent = state.facts.sent_at.map(|at| ("sent_at", at));
    sent.or(state.fields.quoted_at.map(|at| ("quoted_at", at)))
}

/// The customer has it.
pub struct Send;

impl Move for Send {
    type Kind = Quotes;
    type Input = SendQuote;

    const FACTS: MoveFacts = MoveFacts {
        verb: "send",
        segment: "dispatch",
        summary: "The customer has it. What it offers stays what it is from now on, until it is revised.",
        happened: "sent",
        happened_german: "versandt",
        from: &["draft"],
    };

    async fn make(this: &This<'_>, state: &mut State<Quotes>, input: SendQuote) -> Result<()> {
        let at = happened("/sent_at", input.sent_at, last_step(state), this.change.now())?;
        (state.facts.status, state.facts.sent_at) = (QuoteStatus::Sent, Some(at));
        Ok(())
    }
}

/// The customer has accepted it.
pub struct Accept;

impl Move for Accept {
    type Kind = Quotes;
    type Input = AcceptQuote;

    const FACTS: MoveFacts = MoveFacts {
        verb: "accept",
        segment: "acceptance",
        summary: "The customer has accepted it, on its last day at the latest (otherwise 409 `wrong_state`: extend it \
                  first). An acceptance in time may be recorded later. An order that names it in `quote_id` takes its \
                  lines.",
        happened: "accepted",
        happened_german: "angenommen",
        from: &["sent", "expired"],
    };

    async fn make(this: &This<'_>, state: &mut State<Quotes>, input: AcceptQuote) -> Result<()> {
        let at = happened("/accepted_at", input.accepted_at, last_step(state), this.change.now())?;
        accept(state, "/accepted_at", at)?;
        state.facts.accepted_by = input.accepted_by;
        Ok(())
    }
}

/// Accepts a quote, unless it had expired by then: `pointer` is where the caller says when that was.
pub(super) fn accept(state: &mut State<Quotes>, pointer: &str, at: Instant) -> Result<()> {
    if state.fields.valid_until.as_ref().is_some_and(|last| at.day() > *last) {
        let fault = Fault::new(FaultCode::After).with("other", "valid_until");
        let expired = not_now::<Quotes>(QuoteStatus::Expired.as_str(), &Accept::FACTS);
        return Err(expired.with_faults(vec![FieldError::at_pointer(pointer, fault)]));
    }
    state.facts.status = QuoteStatus::Accepted;
    (state.facts.accepted_at, state.facts.expired_at) = (Some(at), None);
    Ok(())
}

/// The customer has declined it.
pub struct Decline;

impl Move for Decline {
    type Kind = Quotes;
    type Input = DeclineQuote;

    const FACTS: MoveFacts = MoveFacts {
        verb: "decline",
        segment: "refusal",
        summary: "The customer has declined it: why, and from whom they buy instead.",
        happened: "declined",
        happened_german: "abgelehnt",
        from: &["sent", "expired"],
    };

    async fn make(this: &This<'_>, state: &mut State<Quotes>, input: DeclineQuote) -> Result<()> {
        let at = happened("/declined_at", input.declined_at, last_step(state), this.change.now())?;
        state.facts.status = QuoteStatus::Declined;
        (state.facts.declined_at, state.facts.expired_at) = (Some(at), None);
        (state.facts.decline_reason, state.facts.lost_to) = (Some(input.reason), input.competitor);
        Ok(())
    }
}

/// It can be accepted for longer.
pub struct Extend;

impl Move for Extend {
    type Kind = Quotes;
    type Input = ExtendQuote;

    const FACTS: MoveFacts = MoveFacts {
        verb: "extend",
        segment: "extension",
        summary: "It can be accepted for longer; one that had expired can be accepted again.",
        happened: "extended",
        happened_german: "verlängert",
        from: &["sent", "expired"],
    };

    async fn make(_this: &This<'_>, state: &mut State<Quotes>, input: ExtendQuote) -> Result<()> {
        let fault = match &state.fields.valid_until {
            Some(last) if input.valid_until == *last => Some(FaultCode::NothingChanged.into()),
            Some(last) if input.valid_until < *last => Some(Fault::new(FaultCode::Before).with("other", "valid_until")),
            _ => None,
        };
        if let Some(fault) = fault {
            return Err(Error::invalid_at("/valid_until", fault));
        }
        state.fields.valid_until = Some(input.valid_until);
        (state.facts.status, state.facts.expired_at) = (QuoteStatus::Sent, None);
        Ok(())
    }
}

/// It is written anew.
pub struct Revise;

impl Move for Revise {
    type Kind = Quotes;
    type Input = ReviseQuote;

    const FACTS: MoveFacts = MoveFacts {
        verb: "revise",
        segment: "revision",
        summary: "It is written anew: a draft again, under the same number, its `revision` counted.",
        happened: "revised",
        happened_german: "überarbeitet",
        from: &["sent", "declined", "expired"],
    };

    async fn make(_this: &This<'_>, state: &mut State<Quotes>, _input: ReviseQuote) -> Result<()> {
        let facts = &mut state.facts;
        facts.status = QuoteStatus::Draft;
        facts.revision += 1;
        (facts.sent_at, facts.declined_at, facts.expired_at) = (None, None, None);
        (facts.decline_reason, facts.lost_to) = (None, None);
        Ok(())
    }
}
