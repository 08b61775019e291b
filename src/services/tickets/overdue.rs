//! Tickets whose first answer or resolution is due and has not come.
//!
//! Customers do not wait for somebody to notice: the policy says how high a ticket is escalated then.

use sea_orm::{ColumnTrait, Condition};
use serde_json::{Map, json};

use super::Tickets;
use crate::domain::instant::Instant;
use crate::domain::service_levels::ServiceLevels;
use crate::entities::ticket::{Column, Model};
use crate::error::Result;
use crate::history::change::Change;
use crate::history::context::Context;
use crate::schemas::ticket::TicketStatus;
use crate::services::passing::{Passing, pass_all};
use crate::services::records::{State, lead_in};
use crate::services::sentences::sentence;

/// The first answer was due and had not come.
pub const FIRST_RESPONSE_OVERDUE: &str = "first_response_overdue";
/// The resolution was due and had not come.
pub const RESOLUTION_OVERDUE: &str = "resolution_overdue";

/// Notices which tickets are overdue: at the moment it was due, whenever it is noticed.
pub async fn notice(cx: &Context) -> Result<()> {
    pass_all::<Overdue>(cx).await
}

struct Overdue;

impl Passing for Overdue {
    type Kind = Tickets;

    fn due(now: Instant) -> Condition {
        // That it is not archived is said of each, because only so SQLite uses the indexes of what is due.
        let over = |due: Column, breached: Column| {
            Condition::all().add(due.lt(now)).add(breached.is_null()).add(Column::ArchivedAt.is_null())
        };
        Condition::any()
            .add(over(Column::FirstResponseDueAt, Column::FirstResponseBreached))
            .add(over(Column::ResolutionDueAt, Column::ResolutionBreached))
    }

    async fn pass(change: &Change, mut row: Model) -> Result<()> {
        let levels = &change.cx().service_levels;
        while let Some((state, happened)) = next(State::of(&row)?, levels, change.now()) {
            let told = match happened {
                FIRST_RESPONSE_OVERDUE => sentence("overdue without a first answer", "ohne erste Antwort überfällig"),
                _ => sentence("overdue without a resolution", "ohne Lösung überfällig"),
            };
            let facts = Map::from_iter([("escalation_level".to_owned(), json!(state.facts.escalation_level))]);
            row = lead_in::<Tickets>(change, &row, &state, (happened, told), facts).await?;
        }
        Ok(())
    }
}

/// What was due first and has not come, and the state it has led to.
fn next(mut state: State<Tickets>, levels: &ServiceLevels, now: Instant) -> Option<(State<Tickets>, &'static str)> {
    let facts = &mut state.facts;
    if matches!(facts.status, TicketStatus::Resolved | TicketStatus::Closed) {
        return None;
    }
    let answer = facts.first_response_due_at.filter(|_| facts.first_response_at.is_none());
    let answer = answer.filter(|due| *due < now && facts.first_response_breached.is_none());
    let resolution = facts.resolution_due_at.filter(|due| *due < now && facts.resolution_breached.is_none());
    let is_answer = match (answer, resolution) {
        (None, None) => return None,
        (Some(answer), Some(resolution)) => answer <= resolution,
        (answer, _) => answer.is_some(),
    };
    let (happened, level) = match is_answer {
        true => {
            facts.first_response_breached = Some(true);
            (FIRST_RESPONSE_OVERDUE, levels.escalation_when_answer_overdue)
        }
        false => {
            facts.resolution_breached = Some(true);
            (RESOLUTION_OVERDUE, levels.escalation_when_resolution_overdue)
        }
    };
    facts.escalation_level = facts.escalation_level.max(level.min(levels.escalation_levels));
    Some((state, happened))
}
