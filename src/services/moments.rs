//! When something happened, as callers say.

use crate::domain::event_kind::latest_occurrence;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::error::{Error, Result};

/// When something happened: now unless it is given, not in the future, and not before what must have come first.
pub fn happened(
    pointer: &str,
    given: Option<Instant>,
    first: Option<(&'static str, Instant)>,
    now: Instant,
) -> Result<Instant> {
    let at = given.unwrap_or(now);
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
