//! The table of settings: every name with what its value must be.

use std::fmt;
use std::ops::RangeInclusive;

use figment::value::Value;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::masking::{mask, mask_database_url};
use super::network::Network;
use crate::domain::holidays::Holidays;
use crate::domain::working_time::{ClosedDay, Opening};

/// What the value of a setting must be.
#[derive(Debug)]
pub(super) enum Rule {
    /// `true` or `false`.
    Flag,
    /// A whole number within bounds.
    Whole(RangeInclusive<i64>),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A text of this form.
    Text(Form),
    /// A text of this form, or the empty text for "not set".
    Optional(Form),
    /// Any number of texts of this form.
    List(Form),
}

/// The form of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Anything that is not blank.
    Plain,
    /// An absolute web address.
    WebAddress,
    /// Scheme, host and port of a web address (RFC 6454).
    Origin,
    /// An IP address or a network.
    Network,
    /// Where the data lives. Secret in part.
    DatabaseUrl,
    /// An e-mail address.
    Email,
    /// Secret as a whole.
    Secret,
    /// Directives of `EnvFilter`.
    LogLevel,
    /// A name of the IANA time zone database.
    TimeZone,
    /// Days of the week and hours.
    BusinessHours,
    /// A day of every year, or of one.
    ClosedDay,
}

/// Working minutes of a service level.
const MINUTES: Rule = Rule::Whole(1..=100_000);

/// Every setting, in the order of `config/default.toml`.
pub(super) const RULES: &[(&str, Rule)] = &[
    ("http.host", Rule::Text(Form::Plain)),
    ("http.port", Rule::Whole(0..=65_535)),
    ("http.public_url", Rule::Optional(Form::WebAddress)),
    ("http.workers", Rule::Whole(0..=256)),
    ("http.request_timeout_seconds", Rule::Whole(1..=3_600)),
    ("http.keep_alive_seconds", Rule::Whole(0..=3_600)),
    ("http.shutdown_timeout_seconds", Rule::Whole(1..=3_600)),
    ("http.max_body_bytes", Rule::Whole(1_024..=104_857_600)),
    ("http.max_connections", Rule::Whole(1..=1_000_000)),
    ("http.cors_allowed_origins", Rule::List(Form::Origin)),
    ("http.trusted_proxies", Rule::List(Form::Network)),
    ("http.compression", Rule::Flag),
    ("database.url", Rule::Text(Form::DatabaseUrl)),
    ("database.reader_connections", Rule::Whole(1..=64)),
    ("database.max_connections", Rule::Whole(8..=500)),
    ("database.acquire_timeout_seconds", Rule::Whole(1..=300)),
    ("database.statement_timeout_seconds", Rule::Whole(1..=3_600)),
    ("database.sqlite_synchronous", Rule::OneOf(&["full", "normal"])),
    ("database.sqlite_cache_kib", Rule::Whole(64..=1_048_576)),
    ("database.sqlite_mmap_mib", Rule::Whole(0..=1_048_576)),
    ("database.group_commit_max", Rule::Whole(1..=1_024)),
    ("data.folder", Rule::Text(Form::Plain)),
    ("documents.storage", Rule::OneOf(&["folder", "s3"])),
    ("documents.folder", Rule::Optional(Form::Plain)),
    ("documents.max_bytes", Rule::Whole(1_024..=5_368_709_120)),
    ("documents.upload_timeout_seconds", Rule::Whole(1..=86_400)),
    ("documents.s3_bucket", Rule::Optional(Form::Plain)),
    ("documents.s3_region", Rule::Text(Form::Plain)),
    ("documents.s3_endpoint", Rule::Optional(Form::WebAddress)),
    ("documents.s3_access_key_id", Rule::Optional(Form::Plain)),
    ("documents.s3_secret_access_key", Rule::Optional(Form::Secret)),
    ("auth.issuer", Rule::Text(Form::Plain)),
    ("auth.audience", Rule::Text(Form::Plain)),
    ("auth.access_token_seconds", Rule::Whole(600..=900)),
    ("auth.refresh_token_seconds", Rule::Whole(3_600..=31_536_000)),
    ("auth.refresh_grace_seconds", Rule::Whole(0..=60)),
    ("auth.password_min_length", Rule::Whole(8..=128)),
    ("auth.hashing_memory_kib", Rule::Whole(19_456..=1_048_576)),
    ("auth.hashing_iterations", Rule::Whole(2..=16)),
    ("auth.hashing_parallelism", Rule::Whole(1..=8)),
    ("auth.hashing_concurrency", Rule::Whole(1..=64)),
    ("auth.hashing_queue", Rule::Whole(1..=10_000)),
    ("auth.verified_token_cache", Rule::Whole(0..=1_000_000)),
    ("auth.login_attempts_before_delay", Rule::Whole(1..=100)),
    ("auth.login_max_delay_seconds", Rule::Whole(1..=3_600)),
    ("auth.password_reset_seconds", Rule::Whole(300..=604_800)),
    ("admin.email", Rule::Optional(Form::Email)),
    ("admin.password", Rule::Optional(Form::Secret)),
    ("rate_limit.enabled", Rule::Flag),
    ("rate_limit.requests_per_minute", Rule::Whole(1..=10_000_000)),
    ("rate_limit.burst", Rule::Whole(1..=1_000_000)),
    ("rate_limit.login_per_minute", Rule::Whole(1..=100_000)),
    ("idempotency.keep_hours", Rule::Whole(24..=8_760)),
    ("checkpoints.interval_seconds", Rule::Whole(60..=604_800)),
    ("checkpoints.events", Rule::Whole(1..=100_000_000)),
    ("checkpoints.file", Rule::Optional(Form::Plain)),
    ("support.time_zone", Rule::Text(Form::TimeZone)),
    ("support.business_hours", Rule::List(Form::BusinessHours)),
    ("support.holidays", Rule::OneOf(Holidays::NAMES)),
    ("support.closed_on", Rule::List(Form::ClosedDay)),
    ("support.first_response_minutes_low", MINUTES),
    ("support.first_response_minutes_normal", MINUTES),
    ("support.first_response_minutes_high", MINUTES),
    ("support.first_response_minutes_urgent", MINUTES),
    ("support.resolution_minutes_low", MINUTES),
    ("support.resolution_minutes_normal", MINUTES),
    ("support.resolution_minutes_high", MINUTES),
    ("support.resolution_minutes_urgent", MINUTES),
    ("support.escalation_levels", Rule::Whole(1..=3)),
    ("support.escalation_when_answer_overdue", Rule::Whole(0..=3)),
    ("support.escalation_when_resolution_overdue", Rule::Whole(0..=3)),
    ("telemetry.log_format", Rule::OneOf(&["text", "json"])),
    ("telemetry.log_level", Rule::Text(Form::LogLevel)),
    ("telemetry.metrics", Rule::Flag),
];

impl Rule {
    /// The value written in a variable. What does not fit stays a text, for [`Rule::accepts`] to refuse.
    pub(super) fn value_of(&self, variable: &str) -> Value {
        match self {
            Self::Flag => variable.parse::<bool>().map_or_else(|_| variable.into(), Value::from),
            Self::Whole(_) => variable.parse::<i64>().map_or_else(|_| variable.into(), Value::from),
            Self::List(_) => {
                variable.split(',').map(str::trim).filter(|text| !text.is_empty()).collect::<Vec<_>>().into()
            }
            Self::OneOf(_) | Self::Text(_) | Self::Optional(_) => variable.into(),
        }
    }

    /// Whether the setting may have this value.
    pub(super) fn accepts(&self, value: &Value) -> bool {
        match self {
            Self::Flag => value.to_bool().is_some(),
            Self::Whole(bounds) => whole(value).is_some_and(|number| bounds.contains(&number)),
            Self::OneOf(words) => value.as_str().is_some_and(|text| words.contains(&text)),
            Self::Text(form) => value.as_str().is_some_and(|text| form.accepts(text)),
            Self::Optional(form) => value.as_str().is_some_and(|text| text.is_empty() || form.accepts(text)),
            Self::List(form) => value
                .as_array()
                .is_some_and(|values| values.iter().all(|value| value.as_str().is_some_and(|text| form.accepts(text)))),
        }
    }

    /// An accepted value as it may be shown, written as in a file.
    pub(super) fn shown(&self, value: &Value) -> String {
        match (self, value) {
            (Self::Text(Form::DatabaseUrl), Value::String(_, text)) => quoted(&mask_database_url(text)),
            (Self::Optional(Form::Secret), Value::String(_, text)) => quoted(mask(text)),
            _ => plain(value),
        }
    }

    /// Why a value was refused; one that may hold a secret is not repeated.
    pub(super) fn refusal(&self, value: &Value) -> String {
        match self {
            Self::Text(Form::DatabaseUrl) | Self::Optional(Form::Secret) => format!("expected {self}"),
            _ => format!("expected {self}, found {}", plain(value)),
        }
    }
}

impl fmt::Display for Rule {
    /// What is expected.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => formatter.write_str("true or false"),
            Self::Whole(bounds) => write!(formatter, "a whole number from {} to {}", bounds.start(), bounds.end()),
            Self::OneOf(words) => write!(formatter, "one of {}", words.join(", ")),
            Self::Text(form) => form.fmt(formatter),
            Self::Optional(form) => write!(formatter, "{form}, or an empty text"),
            Self::List(form) => write!(formatter, "a list, each {form}"),
        }
    }
}

impl Form {
    fn accepts(self, text: &str) -> bool {
        match self {
            Self::Plain => !text.trim().is_empty(),
            Self::WebAddress => is_web_address(text),
            Self::Origin => is_web_address(text) && text.matches('/').count() == 2,
            Self::Network => text.parse::<Network>().is_ok(),
            Self::DatabaseUrl => is_database_url(text),
            Self::Email => email_address::EmailAddress::is_valid(text),
            Self::Secret => true,
            Self::LogLevel => is_log_level(text),
            Self::TimeZone => text.parse::<chrono_tz::Tz>().is_ok(),
            Self::BusinessHours => text.parse::<Opening>().is_ok(),
            Self::ClosedDay => text.parse::<ClosedDay>().is_ok(),
        }
    }
}

impl fmt::Display for Form {
    /// What is expected.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Plain => "a text that is not blank",
            Self::WebAddress => "a web address such as https://crm.example.de",
            Self::Origin => "a web origin such as https://crm.example.de, without a path",
            Self::Network => "an IP address or a network such as 10.0.0.0/8",
            Self::DatabaseUrl => "sqlite://PATH (a file) or postgres://USER:PASSWORD@HOST:PORT/NAME",
            Self::Email => "an e-mail address",
            Self::Secret => "a text",
            Self::LogLevel => "off, error, warn, info, debug, trace, or directives such as info,kundenhistorie=debug",
            Self::TimeZone => "a time zone such as Europe/Berlin",
            Self::BusinessHours => "days and hours such as \"mon-fri 09:00-17:00\"",
            Self::ClosedDay => "a day such as \"12-24\" (every year) or \"2026-12-28\"",
        })
    }
}

/// A value as it is written in a file.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(_, text) => quoted(text),
        Value::Bool(_, flag) => flag.to_string(),
        Value::Array(_, values) => format!("[{}]", values.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Value::Num(..) => match (whole(value), value.to_f64()) {
            (Some(number), _) => number.to_string(),
            (None, Some(number)) => format!("{number:?}"),
            (None, None) => "a number".to_owned(),
        },
        Value::Dict(..) => "a section".to_owned(),
        Value::Char(_, character) => quoted(&character.to_string()),
        Value::Empty(..) => quoted(""),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.escape_debug())
}

fn whole(value: &Value) -> Option<i64> {
    value.to_i128().and_then(|number| i64::try_from(number).ok())
}

fn is_web_address(text: &str) -> bool {
    text.parse::<actix_web::http::Uri>().is_ok_and(|address| {
        matches!(address.scheme_str(), Some("http" | "https"))
            && address.authority().is_some_and(|authority| !authority.as_str().contains('@'))
            && !text.contains(['?', '#'])
    })
}

fn is_database_url(text: &str) -> bool {
    if let Some(file) = text.strip_prefix("sqlite:") {
        // Each connection to a database in memory sees its own.
        let (path, parameters) = file.split_once('?').unwrap_or((file, ""));
        let path = path.strip_prefix("//").unwrap_or(path);
        return !path.is_empty() && path != ":memory:" && ["", "mode=rw", "mode=rwc"].contains(&parameters);
    }
    let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}

/// `EnvFilter` takes a lone word for the name of a part; here it is far more likely a misspelt level.
fn is_log_level(text: &str) -> bool {
    let mut directives = text.split(',').map(str::trim);
    directives.all(|directive| directive.contains('=') || is_level(directive))
        && EnvFilter::builder().parse(text).is_ok()
}

fn is_level(text: &str) -> bool {
    !text.is_empty() && text.parse::<LevelFilter>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted<'a>(form: Form, texts: &[&'a str]) -> Vec<&'a str> {
        texts.iter().copied().filter(|text| form.accepts(text)).collect()
    }

    #[test]
    fn web_addresses_and_origins() {
        let texts = [
            "https://crm.example.de",
            "http://localhost:3000",
            "https://crm.example.de/kh",
            "https://crm.example.de/",
            "crm.example.de",
            "ftp://crm.example.de",
            "https://",
            "https://user@crm.example.de",
            "https://crm.example.de?x=1",
            "*",
            "",
        ];
        assert_eq!(accepted(Form::WebAddress, &texts), texts[..4]);
        assert_eq!(accepted(Form::Origin, &texts), texts[..2]);
    }

    #[test]
    fn database_addresses() {
        let good = [
            "sqlite://./data/kundenhistorie.db",
            "sqlite:data.db",
            "sqlite:///var/lib/kh.db?mode=rwc",
            "postgres://kh@db/kh",
            "postgresql://kh:x@[::1]:5432/kh",
        ];
        assert_eq!(accepted(Form::DatabaseUrl, &good), good);
        let bad =
            ["", "sqlite://", "sqlite::memory:", "sqlite://x?mode=memory", "postgres://", "mysql://x/y", "./kh.db"];
        assert!(accepted(Form::DatabaseUrl, &bad).is_empty());
    }

    #[test]
    fn log_levels() {
        let texts =
            ["info", "off", "INFO,kundenhistorie=debug", "kundenhistorie::web=trace", "inf", "", "info,", "a=b"];
        assert_eq!(accepted(Form::LogLevel, &texts), texts[..4]);
    }

    #[test]
    fn numbers_keep_to_their_bounds() {
        let rule = Rule::Whole(600..=900);
        for (text, expected) in [("600", true), ("900", true), ("599", false), ("901", false), ("9e2", false)] {
            assert_eq!(rule.accepts(&rule.value_of(text)), expected, "{text}");
        }
        assert!(!rule.accepts(&Value::from(700.0)));
        assert!(!rule.accepts(&Value::from("700")));
    }
}
