//! Time and identifiers come from here alone, so that tests can steer both.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use uuid::{ContextV7, Timestamp, Uuid};

use super::instant::Instant;

/// Tells the time and makes identifiers.
#[derive(Clone)]
pub struct Clock(Arc<Source>);

struct Source {
    /// Fixed time in microseconds, or `i64::MIN` for the machine's own clock.
    fixed: AtomicI64,
    /// Keeps identifiers of one process in the order they were made, even within a millisecond.
    order: Mutex<ContextV7>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::with(i64::MIN)
    }

    /// A clock that stands still until it is set.
    pub fn fixed(now: Instant) -> Self {
        Self::with(now.micros())
    }

    fn with(fixed: i64) -> Self {
        Self(Arc::new(Source { fixed: AtomicI64::new(fixed), order: Mutex::new(ContextV7::new()) }))
    }

    /// Sets a clock to a time of one's choice; from then on it stands still.
    pub fn set(&self, now: Instant) {
        self.0.fixed.store(now.micros(), Ordering::SeqCst);
    }

    /// Now.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
    pub fn now(&self) -> Instant {
        match self.0.fixed.load(Ordering::SeqCst) {
            i64::MIN => chrono::Utc::now().into(),
            micros => Instant::from_micros(micros),
        }
    }

    /// A new identifier: UUIDv7 (RFC 9562), increasing within this process.
    pub fn new_id(&self) -> Uuid {
        let micros = self.now().micros();
        let seconds = u64::try_from(micros.div_euclid(1_000_000)).unwrap_or_default();
        let nanos = u32::try_from(micros.rem_euclid(1_000_000) * 1_000).unwrap_or_default();
        let order = self.0.order.lock().unwrap_or_else(PoisonError::into_inner);
        Uuid::new_v7(Timestamp::from_unix(&*order, seconds, nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_increase_even_when_the_clock_stands_still() {
        let clock = Clock::fixed(Instant::from_micros(1_800_000_000_000_000));
        let ids: Vec<_> = (0..5_000).map(|_| clock.new_id()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
