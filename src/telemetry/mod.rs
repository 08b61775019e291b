//! What the service tells about itself: log lines and Prometheus metrics.
//!
//! The rule for both: **no personal data and no secrets.** A label, span field or message names route patterns
//! (`/v1/customers/{id}`), methods, statuses, stable codes, ids and counts; never a path as it was called, a query, a
//! header, a body, a name, an address, or the text of a database error that may quote a value. Metrics carry no ids
//! either: each distinct label value is kept in memory for ever. Values that come from a caller are logged with `?`
//! (quoted, line breaks escaped), so that nobody can forge a line.

mod logging;
mod metrics;
mod process;

use std::fmt;

pub use logging::install_logging;
pub use metrics::{DATABASE_POOL_CONNECTIONS, EVENTS_WRITTEN, Metrics, RequestInFlight, record_pool, record_request};

/// Logs or metrics cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TelemetryError {
    /// The directives of `telemetry.log_level` are not valid.
    LogLevel(String),
    /// The process has another collector of logs or metrics already.
    Install(String),
}

impl fmt::Display for TelemetryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LogLevel(reason) => write!(formatter, "telemetry.log_level: {reason}"),
            Self::Install(reason) => write!(formatter, "logs and metrics cannot be set up: {reason}"),
        }
    }
}

impl std::error::Error for TelemetryError {}
