//! The steps in the life of a contract.

use super::{Contracts, terms};
use crate::domain::fault::FaultCode;
use crate::error::{Error, Result};
use crate::schemas::contract::{
    ActivateContract, CancelContract, CancelledBy, ContractStatus, EndContract, ReinstateContract, RenewContract,
    Renewal,
};
use crate::services::moments::{happened_on, moment_of, not_before};
use crate::services::records::{Move, MoveFacts, State, This};

/// It is in force.
pub struct Activate;

impl Move for Activate {
    type Kind = Contracts;
    type Input = ActivateContract;

    const FACTS: MoveFacts = MoveFacts {
        verb: "activate",
        segment: "activation",
        summary: "Both sides have agreed: it is in force from its first day on.",
        happened: "activated",
        happened_german: "geschlossen",
        from: &["draft"],
    };

    async fn make(this: &This<'_>, state: &mut State<Contracts>, input: ActivateContract) -> Result<()> {
        let now = this.change.now();
        let signed_on = input.signed_on.or(state.fields.signed_on.take());
        let signed_on = happened_on("/signed_on", signed_on.as_deref(), None, now)?;
        (state.facts.status, state.facts.activated_at) = (ContractStatus::Active, Some(moment_of(&signed_on, now)));
        state.fields.signed_on = Some(signed_on);
        terms::reckon(state, &now.day())
    }
}

/// It goes on for another term.
pub struct Renew;

impl Move for Renew {
    type Kind = Contracts;
    type Input = RenewContract;

    const FACTS: MoveFacts = MoveFacts {
        verb: "renew",
        segment: "renewal",
        summary: "It goes on for another term behind the one at hand. What is renewed by itself is so without this.",
        happened: "renewed",
        happened_german: "verlängert",
        from: &["active"],
    };

    async fn make(this: &This<'_>, state: &mut State<Contracts>, input: RenewContract) -> Result<()> {
        if state.facts.current_term_ends_on.is_none() {
            // What never ends by itself cannot be renewed.
            return Err(Error::invalid_at("/months", FaultCode::Unfitting));
        }
        let months = input.months.or(state.fields.renewal_months);
        let months = months.ok_or_else(|| Error::invalid_at("/months", FaultCode::Required))?;
        let today = this.change.now().day();
        // Those terms that have passed since the newest change come first.
        terms::reckon(state, &today)?;
        state.facts.renewed_months = state.facts.renewed_months.saturating_add(months);
        terms::reckon(state, &today)
    }
}

/// Notice was given.
pub struct Cancel;

impl Move for Cancel {
    type Kind = Contracts;
    type Input = CancelContract;

    const FACTS: MoveFacts = MoveFacts {
        verb: "cancel",
        segment: "cancellation",
        summary: "Notice was given, by whom and why: it ends with the term at hand if the notice is in time, else with the \
                  next one; what is open-ended ends when the period of notice is over.",
        happened: "cancelled",
        happened_german: "gekündigt",
        from: &["active"],
    };

    async fn make(this: &This<'_>, state: &mut State<Contracts>, input: CancelContract) -> Result<()> {
        let arrived = happened_on("/cancelled_on", input.cancelled_on.as_deref(), None, this.change.now())?;
        let (last, renewed) = match input.ends_on {
            Some(last) => {
                not_before("/ends_on", &last, Some(("starts_on", &state.fields.starts_on)))?;
                (last, state.facts.renewed_months)
            }
            None => terms::earliest_end(state, &arrived)?,
        };
        let facts = &mut state.facts;
        (facts.status, facts.cancelled_on) = (ContractStatus::Cancelled, Some(arrived));
        (facts.cancelled_by, facts.cancellation_reason) =
            (Some(input.by.unwrap_or(CancelledBy::Customer)), Some(input.reason));
        (facts.current_term_ends_on, facts.notice_by, facts.renewed_months) = (Some(last), None, renewed);
        Ok(())
    }
}

/// The notice is taken back.
pub struct Reinstate;

impl Move for Reinstate {
    type Kind = Contracts;
    type Input = ReinstateContract;

    const FACTS: MoveFacts = MoveFacts {
        verb: "reinstate",
        segment: "reinstatement",
        summary: "The notice is taken back: it goes on as if none had been given.",
        happened: "reinstated",
        happened_german: "fortgesetzt",
        from: &["cancelled"],
    };

    async fn make(this: &This<'_>, state: &mut State<Contracts>, _input: ReinstateContract) -> Result<()> {
        let facts = &mut state.facts;
        (facts.status, facts.cancelled_on) = (ContractStatus::Active, None);
        (facts.cancelled_by, facts.cancellation_reason) = (None, None);
        terms::reckon(state, &this.change.now().day())
    }
}

/// It has ended.
pub struct End;

impl Move for End {
    type Kind = Contracts;
    type Input = EndContract;

    const FACTS: MoveFacts = MoveFacts {
        verb: "end",
        segment: "ending",
        summary: "It has ended: with its last day, or on another one.",
        happened: "ended",
        happened_german: "beendet",
        from: &["active", "cancelled"],
    };

    async fn make(this: &This<'_>, state: &mut State<Contracts>, input: EndContract) -> Result<()> {
        let now = this.change.now();
        let goes_on = state.facts.status == ContractStatus::Active && state.fields.renewal == Renewal::Automatic;
        let over = state.facts.current_term_ends_on.clone().filter(|last| !goes_on && *last <= now.day());
        let first = Some(("starts_on", state.fields.starts_on.as_str()));
        let ended_on = happened_on("/ended_on", input.ended_on.or(over).as_deref(), first, now)?;
        (state.facts.status, state.facts.notice_by) = (ContractStatus::Ended, None);
        (state.facts.current_term_ends_on, state.facts.ended_on) = (Some(ended_on.clone()), Some(ended_on));
        Ok(())
    }
}
