//! What all requests share.

use std::sync::Arc;

use actix_web::dev::ResourceDef;
use actix_web::http::Method;

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
use crate::schemas::meta::Described;
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
    /// The OpenAPI document and what follows from it.
    pub document: Document,
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

/// The generated document in the forms that are needed.
pub struct Document {
    /// As it is served.
    pub json: String,
    /// Its entity tag.
    pub etag: String,
    /// What is served where.
    pub addresses: Vec<Address>,
    /// Which resources it describes.
    pub resources: Vec<Described>,
}

impl Document {
    /// The address a path belongs to.
    pub fn address(&self, path: &str) -> Option<&Address> {
        self.addresses.iter().find(|address| address.pattern.is_match(path))
    }
}

/// An address of the document.
pub struct Address {
    /// Its path with its parameters.
    pub pattern: ResourceDef,
    /// The methods it knows.
    pub methods: Vec<Method>,
    /// Those of them that need `If-Match`.
    pub conditional: Vec<Method>,
}
