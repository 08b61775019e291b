//! When something happened, as callers say.

use crate::domain::date;
use crate::domain::event_kind::latest_occurrence;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::error::{Error, Result};

/// How far the times of two who write the same record at once may lie apart, in seconds: one had to wait for the other, or
/// their instances' clocks differ.
const SECONDS_APART: i64 = 60;

/// When something happened: now unless it is given, not in the future, and not before what must have come first. What
/// is now is told behind what came first, if somebody else wrote that a moment ago.
pub fn happened(
    pointer: &str,
    given: Option<Instant>,
    first: Option<(&'static str, Instant)>,
    now: Instant,
) -> Result<Instant> {
    let just_before = first.map(|(_, first)| first).filter(|first| *first <= now.plus_seconds(SECONDS_APART));
    let at = given.unwrap_or_else(|| just_before.map_or(now, |first| first.max(now)));
    if at > latest_occurrence(now) {
        return Err(Error::invalid_at(pointer, FaultCode::InTheFuture));
    }
    match first {
        Some((name, first)) if at < first => {
            Err(Error::invalid_at(pointer, Fault::new(FaultCode::Before).with("other", name)))
        }
        _ => Ok(at),
    }
}

/// The day something happened: today unless it is given, not in the future, and not before what must have come first.
pub fn happened_on(
    pointer: &str,
    given: Option<&str>,
    first: Option<(&'static str, &str)>,
    now: Instant,
) -> Result<String> {
    let day = given.map_or_else(|| now.day(), str::to_owned);
    // Where people are, tomorrow may have begun already.
    if day > latest_occurrence(now).day() {
        return Err(Error::invalid_at(pointer, FaultCode::InTheFuture));
    }
    not_before(pointer, &day, first)?;
    Ok(day)
}

/// Refuses a day before another one.
pub fn not_before(pointer: &str, day: &str, first: Option<(&'static str, &str)>) -> Result<()> {
    match first {
        Some((name, first)) if day < first => {
            Err(Error::invalid_at(pointer, Fault::new(FaultCode::Before).with("other", name)))
        }
        _ => Ok(()),
    }
}

/// When something that is known by its day is told to have happened: now if the day is not over, at noon (UTC) of an
/// earlier one, which is the same day wherever the business is done.
pub fn moment_of(day: &str, now: Instant) -> Instant {
    if day >= now.day().as_str() {
        return now;
    }
    Instant::parse(&format!("{day}T12:00:00Z")).unwrap_or(now)
}

/// The first moment of a day (UTC); `None` of what is none.
pub fn beginning_of(day: &str) -> Option<Instant> {
    date::parse(day).ok().map(Instant::beginning_of)
}

/// The moment a day is over (UTC); `None` of what is none.
pub fn end_of(day: &str) -> Option<Instant> {
    next_day(day).as_deref().and_then(beginning_of)
}

/// The day behind one; `None` of what is none, and behind the last one of the year 9999.
pub fn next_day(day: &str) -> Option<String> {
    let next = date::parse(day).ok()?.succ_opt()?.to_string();
    date::parse(&next).is_ok().then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_had_to_wait_comes_behind_who_went_first() {
        let now = Instant::from_micros(1_000_000_000);
        let happens = |given, first| happened("/at", given, Some(("opened_at", first)), now);
        let apart = |seconds| now.plus_seconds(seconds);
        assert_eq!(happens(None, apart(-5)).expect("a moment"), now);
        assert_eq!(happens(None, apart(SECONDS_APART)).expect("a moment"), apart(SECONDS_APART));
        assert!(happens(None, apart(SECONDS_APART + 1)).is_err());
        assert!(happens(Some(now), apart(1)).is_err());
    }
}
