//! What all requests share.

use std::sync::Arc;

use super::cursor::Cursors;
use super::idempotency::Fingerprints;
use super::limits::RateLimits;
use crate::auth::authority::Authority;
use crate::auth::checkpoint_key::CheckpointKey;
use crate::config::Config;
use crate::content::Contents;
use crate::domain::clock::Clock;
use crate::domain::service_levels::ServiceLevels;
use crate::history::store::Store;
use crate::telemetry::{Metrics, record_pool};

/// The application, as handlers and middleware see it.
pub struct State {
    /// Settings.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// Time and identifiers.
    pub clock: Clock,
    /// What customers may expect of our support.
    pub service_levels: Arc<ServiceLevels>,
    /// The content of documents.
    pub contents: Contents,
    /// Keys, passwords, tokens: everything that decides who is calling.
    pub authority: Authority,
    /// Signs checkpoints.
    pub checkpoint_key: Arc<CheckpointKey>,
    /// Requests per caller.
    pub rate_limits: RateLimits,
    /// Cursors of lists.
    pub cursors: Cursors,
    /// Requests that may be repeated.
    pub fingerprints: Fingerprints,
    /// What is measured; nothing if metrics are off.
    pub metrics: Option<Metrics>,
}

impl State {
    /// What is measured, in the text format of Prometheus; nothing if metrics are off.
    pub fn measured(&self) -> Option<String> {
        let metrics = self.metrics.as_ref()?;
        for (pool, connections) in self.store.connections() {
            record_pool(pool, connections.open, connections.used);
        }
        Some(metrics.render())
    }
}
