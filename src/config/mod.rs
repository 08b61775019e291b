//! Settings: one struct per topic, loaded and checked once at the start.
//!
//! `config/default.toml` holds every setting with its default and a sentence; it is compiled in. A file overrides it,
//! and `KH_<SECTION>__<KEY>` variables override the file. Fields carry the names of their settings, units included.
//! Secrets are wrapped and never appear in `Debug`, in problems or in [`Config::effective`].

mod documents;
mod error;
mod load;
mod masking;
mod network;
mod rules;
mod support;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

pub use documents::{DocumentStorage, DocumentsConfig};
pub use error::{ConfigError, Problem};
pub use load::MANUAL;
pub use network::{InvalidNetwork, Network};
pub use support::SupportConfig;

/// Everything that can be set. The bounds of each value stand in `config/default.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Listening and answering.
    pub http: HttpConfig,
    /// Where the data lives and how it is reached.
    pub database: DatabaseConfig,
    /// Files beside the database.
    pub data: DataConfig,
    /// Where the content of documents is kept.
    pub documents: DocumentsConfig,
    /// Tokens and passwords.
    pub auth: AuthConfig,
    /// The first administrator.
    pub admin: AdminConfig,
    /// How much one caller may send.
    pub rate_limit: RateLimitConfig,
    /// Safe repetition of requests.
    pub idempotency: IdempotencyConfig,
    /// Signed statements about the history.
    pub checkpoints: CheckpointsConfig,
    /// When support is there, and what customers may expect of it.
    pub support: SupportConfig,
    /// Logs and metrics.
    pub telemetry: TelemetryConfig,
    #[serde(skip)]
    settings: Vec<Setting>,
}

/// One setting as it is in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Section and key, such as `http.port`.
    pub name: &'static str,
    /// The value as it would be written in a file; secrets are `***`.
    pub value: String,
    /// `default`, `file PATH` or the name of the variable.
    pub origin: String,
}

/// Listening and answering.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// Address or host name to listen on.
    pub host: String,
    /// TCP port; 0 takes any free one.
    pub port: u16,
    /// Web address under which callers reach the service, without a slash at its end.
    #[serde(deserialize_with = "web_address")]
    pub public_url: Option<String>,
    /// Threads that answer requests; 0 for one per processor core.
    pub workers: usize,
    /// Deadline of one request, from its first byte to the answer.
    pub request_timeout_seconds: u64,
    /// How long an idle connection stays open; 0 closes it after each answer.
    pub keep_alive_seconds: u64,
    /// How long accepted requests may take to finish at a stop.
    pub shutdown_timeout_seconds: u64,
    /// The largest request body.
    pub max_body_bytes: usize,
    /// Connections open at the same time, over all threads.
    pub max_connections: usize,
    /// Origins that may call from a browser.
    pub cors_allowed_origins: Vec<String>,
    /// Proxies whose forwarded headers are believed.
    pub trusted_proxies: Vec<Network>,
    /// Whether answers are compressed.
    pub compression: bool,
}

/// Where the data lives and how it is reached.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite://PATH` or `postgres://USER:PASSWORD@HOST:PORT/NAME`.
    #[serde(deserialize_with = "secret")]
    pub url: SecretString,
    /// Connections that read for answers.
    pub reader_connections: u32,
    /// PostgreSQL: connections in all.
    pub max_connections: u32,
    /// How long a request waits for a free connection.
    pub acquire_timeout_seconds: u64,
    /// How long a single statement may run.
    pub statement_timeout_seconds: u64,
    /// SQLite: when a change counts as written.
    pub sqlite_synchronous: SqliteSynchronous,
    /// SQLite: page cache of each connection.
    pub sqlite_cache_kib: u32,
    /// SQLite: how much of the file is mapped into memory.
    pub sqlite_mmap_mib: u32,
    /// SQLite: changes that share one synced commit.
    pub group_commit_max: usize,
}

/// When SQLite acknowledges a change (`PRAGMA synchronous`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SqliteSynchronous {
    /// When it is on disk.
    Full,
    /// When the operating system has it: a power failure may lose acknowledged changes.
    Normal,
}

impl SqliteSynchronous {
    /// The value of `PRAGMA synchronous`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Normal => "normal",
        }
    }
}

/// Files beside the database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// Folder of the signing keys and of the demo's passwords.
    pub folder: PathBuf,
}

/// Tokens and passwords.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthConfig {
    /// Claim `iss` of the access tokens.
    pub issuer: String,
    /// Claim `aud` of the access tokens.
    pub audience: String,
    /// How long an access token is valid.
    pub access_token_seconds: u64,
    /// How long a refresh token is valid.
    pub refresh_token_seconds: u64,
    /// In which time a refresh token used twice is taken for a lost answer.
    pub refresh_grace_seconds: u64,
    /// Characters a password must have at least.
    pub password_min_length: usize,
    /// Argon2id: memory of one hash.
    pub hashing_memory_kib: u32,
    /// Argon2id: passes over the memory.
    pub hashing_iterations: u32,
    /// Argon2id: lanes.
    pub hashing_parallelism: u32,
    /// Passwords hashed at the same time.
    pub hashing_concurrency: usize,
    /// Logins that may wait for their turn.
    pub hashing_queue: usize,
    /// Access tokens whose verified signature is remembered.
    pub verified_token_cache: u64,
    /// Failed logins before the next one has to wait.
    pub login_attempts_before_delay: u32,
    /// The longest such wait.
    pub login_max_delay_seconds: u64,
    /// How long a one-time token for a new password is valid.
    pub password_reset_seconds: u64,
}

/// The first administrator: both or neither.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdminConfig {
    /// E-mail address.
    #[serde(deserialize_with = "text")]
    pub email: Option<String>,
    /// Password.
    #[serde(deserialize_with = "optional_secret")]
    pub password: Option<SecretString>,
}

/// How much one caller may send.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimitConfig {
    /// Whether callers are limited at all.
    pub enabled: bool,
    /// Requests of one principal per minute, on average.
    pub requests_per_minute: u32,
    /// Requests of one principal at once.
    pub burst: u32,
    /// Logins of one address per minute.
    pub login_per_minute: u32,
}

/// Safe repetition of requests.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdempotencyConfig {
    /// How long an answer is kept for its repetition.
    pub keep_hours: u32,
}

/// Signed statements about the history.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckpointsConfig {
    /// After which time a checkpoint is made, if anything has happened.
    pub interval_seconds: i64,
    /// After how many events it is made before.
    pub events: i64,
    /// A file outside of the database it is written to as well.
    #[serde(deserialize_with = "file")]
    pub file: Option<PathBuf>,
}

/// Logs and metrics.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetryConfig {
    /// The form of a log line.
    pub log_format: LogFormat,
    /// What is logged, as directives of `tracing_subscriber::EnvFilter`.
    pub log_level: String,
    /// Whether `/metrics` is served.
    pub metrics: bool,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// An empty text means "not set".
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let value = String::deserialize(deserializer)?;
    Ok(Some(value).filter(|value| !value.is_empty()))
}

fn web_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(text(deserializer)?.map(|address| address.trim_end_matches('/').to_owned()))
}

fn file<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    Ok(text(deserializer)?.map(PathBuf::from))
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

fn optional_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    Ok(text(deserializer)?.map(SecretString::from))
}
