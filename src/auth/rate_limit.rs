//! How much one caller may ask: a token bucket per key, and what the answer says about it.
//!
//! The headers follow draft-ietf-httpapi-ratelimit-headers-11 (structured fields, RFC 9651). The bucket holds `burst`
//! requests and refills evenly, so nothing is gained by waiting for the end of a window.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

const MINUTE: Duration = Duration::from_secs(60);

/// How many requests one caller may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    name: &'static str,
    per_minute: NonZeroU32,
    burst: NonZeroU32,
}

impl Policy {
    /// `per_minute` on average, `burst` at once; 0 counts as 1. The name stands in the headers: `default`, `login`
    /// (letters, digits and `_` only).
    pub fn new(name: &'static str, per_minute: u32, burst: u32) -> Self {
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Self { name, per_minute: at_least_one(per_minute), burst: at_least_one(burst) }
    }

    /// Time until one request is allowed again; at least a nanosecond, so that no setting switches the limit off.
    fn interval(self) -> Duration {
        (MINUTE / self.per_minute.get()).max(Duration::from_nanos(1))
    }

    /// Whole seconds in which an empty bucket is full again.
    fn window_seconds(self) -> u64 {
        whole_seconds(self.interval().saturating_mul(self.burst.get()))
    }

    /// The value of `RateLimit-Policy`, the same on every answer: `"default";q=200;w=10`.
    pub fn header(self) -> String {
        format!("\"{}\";q={};w={}", self.name, self.burst, self.window_seconds())
    }
}

/// What the limit says about one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Name of the policy.
    pub policy: &'static str,
    /// Whether the request may go on.
    pub allowed: bool,
    /// Requests a full bucket holds.
    pub limit: u32,
    /// Requests left at once after this one.
    pub remaining: u32,
    /// Seconds within which no more than `remaining` can be used, because the next one comes back only then.
    pub reset_seconds: u64,
    /// Seconds to wait before the next try; only if refused. Never less than `reset_seconds`, as the draft asks.
    pub retry_after: Option<u64>,
}

impl Decision {
    /// The value of `RateLimit`: `"default";r=199;t=1`.
    pub fn header(&self) -> String {
        format!("\"{}\";r={};t={}", self.policy, self.remaining, self.reset_seconds)
    }
}

/// One policy, applied to each key on its own: a principal's id, or an address ([`super::network::caller_network`]).
///
/// Keys stay until [`Self::prune`] finds their bucket full again; call it every minute.
#[derive(Debug)]
pub struct Limiter<K: Hash + Eq + Clone, C: Clock = DefaultClock> {
    policy: Policy,
    clock: C,
    buckets: RateLimiter<K, DefaultKeyedStateStore<K>, C, StateInformationMiddleware>,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    /// A limiter with full buckets.
    pub fn new(policy: Policy) -> Self {
        Self::with_clock(policy, DefaultClock::default())
    }
}

impl<K: Hash + Eq + Clone, C: Clock + Clone> Limiter<K, C> {
    /// As [`Self::new`], with another clock.
    pub fn with_clock(policy: Policy, clock: C) -> Self {
        let quota = Quota::with_period(policy.interval()).unwrap_or(Quota::per_minute(policy.per_minute));
        let state = DefaultKeyedStateStore::default();
        let buckets = RateLimiter::new(quota.allow_burst(policy.burst), state, clock.clone());
        Self { policy, clock, buckets }
    }

    /// The policy, for its header.
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// Takes one request from the bucket of `key`, if there is one left.
    pub fn check(&self, key: &K) -> Decision {
        let (allowed, remaining, wait) = match self.buckets.check_key(key) {
            Ok(state) => (true, state.remaining_burst_capacity(), self.policy.interval()),
            Err(refusal) => (false, 0, refusal.wait_time_from(self.clock.now())),
        };
        let reset_seconds = whole_seconds(wait);
        Decision {
            policy: self.policy.name,
            allowed,
            limit: self.policy.burst.get(),
            remaining,
            reset_seconds,
            retry_after: (!allowed).then_some(reset_seconds),
        }
    }

    /// Forgets the keys whose bucket is full again: they would start with a full one anyway.
    pub fn prune(&self) {
        self.buckets.retain_recent();
        self.buckets.shrink_to_fit();
    }

    /// How many keys are remembered, for metrics.
    pub fn len(&self) -> usize {
        self.buckets.len()
    }

    /// Whether no key is remembered.
    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }
}

/// Rounded up, and never 0: a caller who waits that long must not come too early.
fn whole_seconds(duration: Duration) -> u64 {
    (duration.as_secs() + u64::from(duration.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use governor::clock::FakeRelativeClock;
    use uuid::Uuid;

    use super::*;

    fn limiter<K: Hash + Eq + Clone>(policy: Policy) -> (Limiter<K, FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (Limiter::with_clock(policy, clock.clone()), clock)
    }

    #[test]
    fn headers_have_the_form_of_the_draft() {
        let (limiter, _) = limiter(Policy::new("default", 1200, 200));
        assert_eq!(limiter.policy().header(), r#""default";q=200;w=10"#);
        let decision = limiter.check(&Uuid::from_u128(1));
        assert_eq!(decision.header(), r#""default";r=199;t=1"#);
        assert_eq!((decision.allowed, decision.limit, decision.retry_after), (true, 200, None));
    }

    #[test]
    fn a_burst_is_allowed_and_then_refused_until_the_next_one_is_due() {
        let (limiter, clock) = limiter(Policy::new("login", 20, 20));
        let address: IpAddr = "192.0.2.7".parse().unwrap();
        for remaining in (0..20).rev() {
            let decision = limiter.check(&address);
            assert!(decision.allowed);
            assert_eq!((decision.remaining, decision.reset_seconds), (remaining, 3));
        }
        let refused = limiter.check(&address);
        assert_eq!(refused.header(), r#""login";r=0;t=3"#);
        assert_eq!((refused.allowed, refused.retry_after), (false, Some(3)));
        clock.advance(Duration::from_millis(1_900));
        assert_eq!(limiter.check(&address).retry_after, Some(2), "rounded up");
        clock.advance(Duration::from_millis(1_100));
        assert!(limiter.check(&address).allowed, "after the announced wait");
        assert!(!limiter.check(&address).allowed, "and only once");
    }

    #[test]
    fn waiting_as_told_is_always_enough() {
        for (per_minute, burst) in [(1, 1), (7, 3), (20, 20), (59, 2), (61, 1), (1200, 200), (10_000_000, 5)] {
            let (limiter, clock) = limiter(Policy::new("default", per_minute, burst));
            for _ in 0..100 {
                if let Some(seconds) = limiter.check(&0).retry_after {
                    clock.advance(Duration::from_secs(seconds));
                    assert!(limiter.check(&0).allowed, "{per_minute} a minute, {burst} at once");
                }
            }
        }
    }

    #[test]
    fn one_caller_does_not_use_up_what_another_has() {
        let (limiter, _) = limiter(Policy::new("default", 60, 2));
        let (greedy, modest) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let allowed = (0..100).filter(|_| limiter.check(&greedy).allowed).count();
        assert_eq!(allowed, 2);
        assert_eq!(limiter.check(&modest).remaining, 1);
    }

    #[test]
    fn the_average_holds_however_the_caller_times_its_requests() {
        let (limiter, clock) = limiter(Policy::new("default", 1200, 200));
        let allowed = (0..60_000)
            .filter(|_| {
                clock.advance(Duration::from_millis(1));
                limiter.check(&()).allowed
            })
            .count();
        assert!((1399..=1400).contains(&allowed), "{allowed} in a minute: the burst and the average");
    }

    #[test]
    fn full_buckets_are_forgotten_and_others_are_not() {
        let (limiter, clock) = limiter(Policy::new("default", 60, 10));
        for key in 0..1000 {
            assert!(limiter.check(&key).allowed);
        }
        clock.advance(Duration::from_secs(3));
        assert_eq!((0..10).filter(|_| limiter.check(&7).allowed).count(), 10);
        limiter.prune();
        assert_eq!(limiter.len(), 1);
        assert!(!limiter.check(&7).allowed, "forgetting must not refill a bucket");
        clock.advance(Duration::from_secs(20));
        limiter.prune();
        assert!(limiter.is_empty());
    }

    #[test]
    fn no_setting_switches_the_limit_off() {
        let (limiter, _) = limiter(Policy::new("default", u32::MAX, 1));
        assert!(limiter.check(&()).allowed);
        assert!(!limiter.check(&()).allowed);
    }
}
