//! What every use case is given first: databases, clock, who asks, in which language.

use std::sync::Arc;

use crate::domain::actor::Actor;
use crate::domain::clock::Clock;
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::domain::service_levels::ServiceLevels;

use super::store::Store;

/// The surroundings of one use case, the same for requests, jobs, imports and tests.
#[derive(Clone)]
pub struct Context {
    /// The database.
    pub store: Store,
    /// Time and identifiers.
    pub clock: Clock,
    /// What customers may expect of our support.
    pub service_levels: Arc<ServiceLevels>,
    /// Who asks.
    pub actor: Actor,
    /// The language of sentences in the answer.
    pub language: Language,
    /// The request, for the history and the log.
    pub request_id: Option<String>,
    /// The caller's wish that a repetition has no second effect.
    pub idempotency: Option<IdempotencyKey>,
}

/// A key that makes a request repeatable, and what the request was.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    /// The caller's key.
    pub key: String,
    /// HMAC-SHA-256 of method, address, `If-Match` and body: the same key may not mean another request.
    pub fingerprint: [u8; 32],
}

impl Context {
    /// For work of the service itself.
    pub fn system(store: Store, clock: Clock, service_levels: Arc<ServiceLevels>) -> Self {
        Self {
            store,
            clock,
            service_levels,
            actor: Actor::system(),
            language: Language::default(),
            request_id: None,
            idempotency: None,
        }
    }

    /// As if it were another moment, for questions about it.
    pub fn at(&self, moment: Instant) -> Self {
        Self { clock: Clock::fixed(moment), ..self.clone() }
    }
}
