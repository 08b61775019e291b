//! Slows the guessing of passwords, and never locks anybody out.
//!
//! A plain lock after so many failures would hand everybody a switch to lock out everybody else: five wrong guesses at
//! the director's address, every minute, and the director never works again. So failures are counted in three places:
//!
//! * **account and address together**: the one who guesses waits, from this address and for this account only. After
//!   the free attempts each further failure doubles the wait, up to the longest.
//! * **address**, over all accounts: slows spraying, one password tried on many accounts. It starts later, because an
//!   office shares one address.
//! * **account**, over all addresses: slows guessing from many addresses. It starts much later and never demands more
//!   than [`GENTLE_WAIT_SECONDS`], because here the owner would wait for the attacker's deeds.
//!
//! The last two do not apply where the owner has signed in before: that account from that address depends on its own
//! failures alone, so an owner at a usual place is not even slowed by a storm from elsewhere, nor by a colleague with a
//! script behind the same router. What remains: during an attack the owner may have to try more than once at a new
//! place, and who shares the owner's own address can slow the owner down, a few minutes at a time.
//!
//! Waits are temporary by construction: they are computed from the last failure, never longer than their maximum, not
//! prolonged by attempts that were refused, and the count is forgotten after a quiet while. Everything is in memory and
//! bounded; a restart forgets it all.

mod failures;
#[cfg(test)]
mod tests;

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use moka::sync::Cache;

use self::failures::{Counters, Failures, Slope, lock};
use super::network::caller_network;

/// The longest wait that failures from other addresses can cause, in seconds.
pub const GENTLE_WAIT_SECONDS: i64 = 8;

/// The longest wait that failures at other accounts from the same address can cause, in seconds.
pub const SHARED_ADDRESS_WAIT_SECONDS: i64 = 30;

/// How many times the free attempts an address has over all accounts.
const ADDRESS_FACTOR: u32 = 4;

/// How many times the free attempts an account has over all addresses.
const ACCOUNT_FACTOR: u32 = 10;

/// Failures are forgotten after this time without another one, at least; longer if the longest wait is longer.
const FORGOTTEN_AFTER_SECONDS: i64 = 3600;

/// How long the place of a successful sign-in stays a known one.
const KNOWN_PLACE_SECONDS: i64 = 30 * 24 * 3600;

/// Counters of each kind held at most; each takes about 150 bytes. Only an attempt that is let through makes a new one,
/// so that pushing one out takes as many of those, from as many addresses.
const CAPACITY: u64 = 20_000;

/// When failures begin to cost time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThrottleSettings {
    /// Failures of one account from one address before each further attempt has to wait.
    pub free_attempts: u32,
    /// The longest wait in seconds.
    pub max_wait_seconds: i64,
}

/// Seconds to wait before the next attempt; at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryAfter(pub i64);

/// The failures of everybody, see the module.
#[derive(Debug)]
pub struct Throttle {
    hasher: RandomState,
    pairs: Counters,
    addresses: Counters,
    accounts: Counters,
    /// Until when an account is at home at an address.
    known_places: Cache<u64, i64>,
}

impl Throttle {
    /// A throttle that has seen nothing yet.
    pub fn new(settings: ThrottleSettings) -> Self {
        Self::with_capacity(settings, CAPACITY)
    }

    fn with_capacity(settings: ThrottleSettings, capacity: u64) -> Self {
        let max_wait = settings.max_wait_seconds.max(1);
        let slope = |factor: u32, max_wait: i64| Slope {
            free: settings.free_attempts.max(1).saturating_mul(factor),
            max_wait,
            forgotten_after: FORGOTTEN_AFTER_SECONDS.max(2 * max_wait),
        };
        Self {
            hasher: RandomState::new(),
            pairs: Counters::new(slope(1, max_wait), capacity),
            addresses: Counters::new(slope(ADDRESS_FACTOR, max_wait.min(SHARED_ADDRESS_WAIT_SECONDS)), capacity),
            accounts: Counters::new(slope(ACCOUNT_FACTOR, max_wait.min(GENTLE_WAIT_SECONDS)), capacity),
            known_places: Cache::builder()
                .max_capacity(capacity)
                .time_to_live(Duration::from_secs(KNOWN_PLACE_SECONDS.unsigned_abs()))
                .build(),
        }
    }

    /// Asks for one attempt at `account` from `address` at `now` (unix seconds).
    ///
    /// Its outcome is told by [`Attempt::succeeded`] or [`Attempt::failed`]; dropped without either (overload, the caller
    /// has gone) it counts for nothing. While the outcome is open the attempt counts like a failure, so that a hundred
    /// at once do not all pass as the first. `account` is what the caller typed; unknown accounts are treated alike.
    pub fn check(&self, now: i64, account: &str, address: IpAddr) -> Result<Attempt<'_>, RetryAfter> {
        let account = account.trim().to_lowercase();
        let address = caller_network(address);
        let place = self.hasher.hash_one((&account, address));
        let (address, account) = (self.hasher.hash_one(address), self.hasher.hash_one(account));
        let known_place = self.known_places.get(&place).is_some_and(|until| until > now);
        let longest = |pair: i64, address: i64, account: i64| match known_place {
            true => pair,
            false => pair.max(address).max(account),
        };

        let wait = longest(
            self.pairs.peek_wait(place, now),
            self.addresses.peek_wait(address, now),
            self.accounts.peek_wait(account, now),
        );
        if wait > 0 {
            return Err(RetryAfter(wait));
        }
        let counted = Counted {
            pair: self.pairs.of(place),
            address: self.addresses.of(address),
            account: self.accounts.of(account),
        };
        let mut counts = counted.lock();
        // Again, now that nobody else can pass between the look and the step.
        let wait = longest(
            counts.pair.remaining_wait(now, self.pairs.slope),
            counts.address.remaining_wait(now, self.addresses.slope),
            counts.account.remaining_wait(now, self.accounts.slope),
        );
        if wait > 0 {
            return Err(RetryAfter(wait));
        }
        counts.pair.begin();
        counts.address.begin();
        counts.account.begin();
        drop(counts);
        Ok(Attempt { throttle: self, now, place, counted })
    }
}

/// The three counters of one attempt.
#[derive(Debug)]
struct Counted {
    pair: Arc<Mutex<Failures>>,
    address: Arc<Mutex<Failures>>,
    account: Arc<Mutex<Failures>>,
}

struct Counts<'a> {
    pair: MutexGuard<'a, Failures>,
    address: MutexGuard<'a, Failures>,
    account: MutexGuard<'a, Failures>,
}

impl Counted {
    /// Always in this order, so that no two attempts wait for each other.
    fn lock(&self) -> Counts<'_> {
        Counts { pair: lock(&self.pair), address: lock(&self.address), account: lock(&self.account) }
    }
}

/// One attempt that was let through.
#[derive(Debug)]
#[must_use = "an attempt that is dropped counts for nothing"]
pub struct Attempt<'a> {
    throttle: &'a Throttle,
    now: i64,
    place: u64,
    counted: Counted,
}

impl Attempt<'_> {
    /// The password was wrong.
    pub fn failed(self) {
        let mut counts = self.counted.lock();
        counts.pair.add(self.now);
        counts.address.add(self.now);
        counts.account.add(self.now);
    }

    /// The password was right: the failures of this account are forgotten, those of the address are not, lest one valid
    /// account pay for guessing at all others. From now on this is a known place.
    pub fn succeeded(self) {
        self.throttle.known_places.insert(self.place, self.now.saturating_add(KNOWN_PLACE_SECONDS));
        let mut counts = self.counted.lock();
        counts.pair.count = 0;
        counts.account.count = 0;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let mut counts = self.counted.lock();
        counts.pair.end();
        counts.address.end();
        counts.account.end();
    }
}
