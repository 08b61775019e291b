//! How many requests one caller may send.

use std::net::{IpAddr, Ipv4Addr};

use uuid::Uuid;

use crate::auth::network::caller_network;
use crate::auth::rate_limit::{Decision, Limiter, Policy};
use crate::config::RateLimitConfig;

/// The limits by kind of caller.
pub struct RateLimits {
    enabled: bool,
    principals: Limiter<Uuid>,
    addresses: Limiter<IpAddr>,
    logins: Limiter<IpAddr>,
}

/// Who a request counts for.
#[derive(Debug, Clone, Copy)]
pub enum Principal {
    /// A signed-in user.
    User(Uuid),
    /// Somebody unknown at an address.
    Address(Option<IpAddr>),
    /// Somebody who signs in from an address.
    Login(Option<IpAddr>),
}

impl RateLimits {
    /// With the configured limits.
    pub fn new(settings: &RateLimitConfig) -> Self {
        let everybody = Policy::new("default", settings.requests_per_minute, settings.burst);
        let login = Policy::new("login", settings.login_per_minute, settings.login_per_minute);
        Self {
            enabled: settings.enabled,
            principals: Limiter::new(everybody),
            addresses: Limiter::new(everybody),
            logins: Limiter::new(login),
        }
    }

    /// Counts one request. The answer is the decision and the policy for the headers; nothing if limits are off.
    pub fn check(&self, principal: Principal) -> Option<(Decision, Policy)> {
        // A peer without an address shares one bucket with others of its kind.
        let network = |address: Option<IpAddr>| address.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), caller_network);
        self.enabled.then(|| match principal {
            Principal::User(id) => (self.principals.check(&id), self.principals.policy()),
            Principal::Address(address) => (self.addresses.check(&network(address)), self.addresses.policy()),
            Principal::Login(address) => (self.logins.check(&network(address)), self.logins.policy()),
        })
    }

    /// Forgets callers that have been quiet.
    pub fn prune(&self) {
        self.principals.prune();
        self.addresses.prune();
        self.logins.prune();
    }
}
