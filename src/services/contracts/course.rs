//! How contracts go on by themselves: they end, are renewed, and days of notice pass.

use sea_orm::{ColumnTrait, Condition};
use serde_json::Map;

use super::{Contracts, terms};
use crate::domain::date;
use crate::domain::instant::Instant;
use crate::entities::contract::{Column, Model};
use crate::error::{Error, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::schemas::contract::{ContractStatus, Renewal};
use crate::services::passing::{Passing, pass_all};
use crate::services::records::{State, lead_in};
use crate::services::sentences::sentence;

/// It is over with its last day.
pub const EXPIRED: &str = "expired";
/// Another term has begun, because nobody gave notice.
pub const AUTO_RENEWED: &str = "auto_renewed";
/// Nobody gave notice in time: it goes on beyond the term at hand.
pub const NOTICE_PASSED: &str = "notice_passed";

/// Ends contracts whose last day is over, and renews those nobody gave notice of. What happens is told of the day it
/// happens on, whenever it is noticed.
pub async fn go_on(cx: &Context) -> Result<()> {
    pass_all::<Course>(cx).await
}

struct Course;

impl Passing for Course {
    type Kind = Contracts;

    fn due(now: Instant) -> Condition {
        let today = now.day();
        let runs = [ContractStatus::Active, ContractStatus::Cancelled].map(ContractStatus::as_str);
        let days = Condition::any().add(Column::CurrentTermEndsOn.lt(&today)).add(Column::NoticeBy.lt(&today));
        Condition::all().add(Column::Status.is_in(runs)).add(days)
    }

    async fn pass(change: &Change, mut row: Model) -> Result<()> {
        let today = change.now().day();
        // One event for each day on which something happened, if nobody has looked for long.
        while let Some((state, happened)) = next(&State::of(&row)?, &today)? {
            let told = match happened {
                EXPIRED => sentence("expired", "abgelaufen"),
                AUTO_RENEWED => sentence("renewed automatically", "automatisch verlängert"),
                _ => sentence("goes on, day of notice passed", "läuft weiter, Kündigungstag verstrichen"),
            };
            row = lead_in::<Contracts>(change, &row, &state, (happened, told), Map::new()).await?;
        }
        Ok(())
    }
}

/// What happened first of what was to happen before today, and the state it has led to.
fn next(state: &State<Contracts>, today: &str) -> Result<Option<(State<Contracts>, &'static str)>> {
    let State { fields, facts } = state;
    let goes_on = match facts.status {
        ContractStatus::Draft | ContractStatus::Ended => return Ok(None),
        ContractStatus::Active => fields.renewal == Renewal::Automatic,
        ContractStatus::Cancelled => false,
    };
    let mut after: State<Contracts> = State { fields: fields.clone(), facts: facts.clone() };
    let ends_on = facts.current_term_ends_on.as_deref().filter(|day| *day < today);
    if !goes_on {
        let Some(ends_on) = ends_on else { return Ok(None) };
        (after.facts.status, after.facts.notice_by) = (ContractStatus::Ended, None);
        after.facts.ended_on = Some(ends_on.to_owned());
        return Ok(Some((after, EXPIRED)));
    }
    let notice_by = facts.notice_by.as_deref().filter(|day| *day < today);
    let Some(day) = [ends_on, notice_by].into_iter().flatten().min() else { return Ok(None) };
    let next_day = date::parse(day).ok().and_then(|day| day.succ_opt());
    let next_day = next_day.ok_or_else(|| Error::internal("a day that is none"))?;
    terms::reckon(&mut after, &next_day.to_string())?;
    let happened = if ends_on == Some(day) { AUTO_RENEWED } else { NOTICE_PASSED };
    Ok(Some((after, happened)))
}
