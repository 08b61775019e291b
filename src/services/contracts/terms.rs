//! The terms of a contract as its fields say them.

use chrono::NaiveDate;

use super::Contracts;
use crate::domain::date;
use crate::domain::fault::FaultCode;
use crate::domain::term::{Length, Notice, Term, Unit};
use crate::error::{Error, Result};
use crate::schemas::contract::{ContractFields, ContractStatus, NoticeUnit, Renewal};
use crate::services::records::State;

/// The last year a contract can reach into: days are written with four digits.
const YEAR_MAX: i32 = 9999;

/// Derives the term at hand, and until when notice can be given, of a contract nobody has given notice of.
pub fn reckon(state: &mut State<Contracts>, today: &str) -> Result<()> {
    if matches!(state.facts.status, ContractStatus::Cancelled | ContractStatus::Ended) {
        return Ok(());
    }
    let (term, notice, today) = (term(&state.fields)?, notice(&state.fields), day("/starts_on", today)?);
    let renewed = term.renewed(state.facts.renewed_months, today);
    let last = match term.length {
        Length::Open => None,
        _ => Some(term.last(renewed).filter(in_calendar).ok_or_else(beyond)?),
    };
    state.facts.renewed_months = renewed;
    state.facts.notice_by = match state.fields.renewal {
        Renewal::Automatic => {
            // What can no longer end with the term at hand ends with a later one.
            let last = term.last(term.noticed(notice, renewed, today));
            last.and_then(|last| notice.latest(last)).filter(in_calendar).map(|day| day.to_string())
        }
        Renewal::None => None,
    };
    state.facts.current_term_ends_on = last.map(|last| last.to_string());
    Ok(())
}

/// The earliest last day of a contract if a notice arrives on a day, and by how many months it is renewed until then.
pub fn earliest_end(state: &State<Contracts>, arrival: &str) -> Result<(String, u32)> {
    let (term, notice) = (term(&state.fields)?, notice(&state.fields));
    let arrival = day("/cancelled_on", arrival)?;
    let renewed = term.noticed(notice, state.facts.renewed_months, arrival);
    let last = match term.length {
        Length::Open => notice.earliest(arrival).map(|last| last.max(term.first)),
        _ => term.last(renewed),
    };
    let last = last.filter(in_calendar).ok_or_else(beyond)?;
    Ok((last.to_string(), renewed))
}

/// The first day of the term at hand, of a contract that is renewed by itself.
pub fn first_day_of_term(state: &State<Contracts>) -> Option<String> {
    let term = term(&state.fields).ok()?;
    let before = state.facts.renewed_months.checked_sub(term.renewal_months?)?;
    Some(term.last(before)?.succ_opt()?.to_string())
}

/// The day a notice could last arrive on before the one it can now.
pub fn missed_notice(state: &State<Contracts>) -> Option<String> {
    let (term, notice) = (term(&state.fields).ok()?, notice(&state.fields));
    let next = day("/starts_on", state.facts.notice_by.as_deref()?).ok()?;
    let renewed = term.noticed(notice, state.facts.renewed_months, next).checked_sub(term.renewal_months?)?;
    Some(notice.latest(term.last(renewed)?)?.to_string())
}

fn term(fields: &ContractFields) -> Result<Term> {
    let length = match (&fields.ends_on, fields.term_months) {
        (Some(last), _) => Length::Until(day("/ends_on", last)?),
        (None, Some(months)) => Length::Months(months),
        (None, None) => Length::Open,
    };
    let renewal_months = fields.renewal_months.filter(|_| fields.renewal == Renewal::Automatic);
    Ok(Term { first: day("/starts_on", &fields.starts_on)?, length, renewal_months })
}

fn notice(fields: &ContractFields) -> Notice {
    let Some(period) = fields.notice_period else { return Notice { count: 0, unit: Unit::Days } };
    let unit = match period.unit {
        NoticeUnit::Days => Unit::Days,
        NoticeUnit::Weeks => Unit::Weeks,
        NoticeUnit::Months => Unit::Months,
    };
    Notice { count: period.count, unit }
}

fn day(pointer: &str, text: &str) -> Result<NaiveDate> {
    date::parse(text).map_err(|fault| Error::invalid_at(pointer, fault))
}

fn in_calendar(day: &NaiveDate) -> bool {
    chrono::Datelike::year(day) <= YEAR_MAX
}

/// 422: the terms lead beyond the days that can be written.
fn beyond() -> Error {
    Error::invalid_at("/starts_on", FaultCode::Unfitting)
}
