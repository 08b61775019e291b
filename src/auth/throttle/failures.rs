//! Counting failures: one counter, how long it makes wait, and all counters of one kind.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;

/// The failures so far, in one place.
#[derive(Debug, Default)]
pub(super) struct Failures {
    pub(super) count: u32,
    last: i64,
    /// Attempts let through whose outcome is still open.
    open: u32,
}

/// From how many failures on one waits how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slope {
    pub(super) free: u32,
    pub(super) max_wait: i64,
    pub(super) forgotten_after: i64,
}

impl Slope {
    /// 0 up to the last free attempt, then 1, 2, 4, … seconds.
    fn wait(self, failures: u32) -> i64 {
        match failures.checked_sub(self.free) {
            None => 0,
            Some(steps) => 1_i64.checked_shl(steps.min(32)).unwrap_or(i64::MAX).min(self.max_wait),
        }
    }
}

impl Failures {
    /// Seconds still to wait at `now`; brings the count up to date.
    pub(super) fn remaining_wait(&mut self, now: i64, slope: Slope) -> i64 {
        // A clock set back must not lengthen any wait.
        self.last = self.last.min(now);
        if now.saturating_sub(self.last) >= slope.forgotten_after {
            self.count = 0;
        }
        let wait = self.last.saturating_add(slope.wait(self.count)).saturating_sub(now).max(0);
        // Each open attempt may become a failure: beyond the free ones they go one at a time.
        let crowded = self.open > 0 && self.count.saturating_add(self.open) >= slope.free;
        wait.max(i64::from(crowded))
    }

    pub(super) fn begin(&mut self) {
        self.open += 1;
    }

    pub(super) fn end(&mut self) {
        self.open = self.open.saturating_sub(1);
    }

    pub(super) fn add(&mut self, now: i64) {
        self.count = self.count.saturating_add(1);
        self.last = self.last.max(now);
    }
}

/// Counters by what they count, found again by a keyed hash: no account name and no address stays in memory.
#[derive(Debug)]
pub(super) struct Counters {
    pub(super) slope: Slope,
    pub(super) entries: Cache<u64, Arc<Mutex<Failures>>>,
}

impl Counters {
    pub(super) fn new(slope: Slope, capacity: u64) -> Self {
        let idle = Duration::from_secs(slope.forgotten_after.unsigned_abs());
        let entries = Cache::builder()
            .max_capacity(capacity)
            .time_to_idle(idle)
            // The default policy may refuse new entries while the cache is full: a guesser could go uncounted.
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self { slope, entries }
    }

    /// What [`Failures::remaining_wait`] says, without making room for a counter that does not exist.
    pub(super) fn peek_wait(&self, key: u64, now: i64) -> i64 {
        let wait = |failures: Arc<Mutex<Failures>>| lock(&failures).remaining_wait(now, self.slope);
        self.entries.get(&key).map_or(0, wait)
    }

    pub(super) fn of(&self, key: u64) -> Arc<Mutex<Failures>> {
        self.entries.get_with(key, Arc::default)
    }
}

/// A counter is never left half changed, so that a panic elsewhere does not spoil it.
pub(super) fn lock(failures: &Mutex<Failures>) -> MutexGuard<'_, Failures> {
    failures.lock().unwrap_or_else(PoisonError::into_inner)
}
