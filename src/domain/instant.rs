//! Points in time.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
use sea_orm::DeriveValueType;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A point in time in whole microseconds, UTC.
///
/// Stored as a 64-bit number of microseconds since 1970 on both databases, so that order, precision
/// and index use never depend on a driver's idea of a timestamp. On the wire RFC 3339 with six
/// decimals and `Z`; any offset is accepted on input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
pub struct Instant(i64);

impl Instant {
    /// From microseconds since 1970-01-01T00:00:00Z.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Reads RFC 3339 with any offset, years 1 to 9999. Digits below a microsecond are cut off.
    pub fn parse(text: &str) -> Option<Self> {
        let instant = DateTime::parse_from_rfc3339(text).ok()?;
        let utc = instant.with_timezone(&Utc);
        (1..=9999).contains(&chrono::Datelike::year(&utc)).then(|| Self(utc.timestamp_micros()))
    }

    /// This instant moved by whole seconds, saturating.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// The calendar day in UTC, `YYYY-MM-DD`.
    pub fn day(self) -> String {
        self.to_chrono().format("%Y-%m-%d").to_string()
    }

    /// The first moment of a day in UTC.
    pub fn beginning_of(day: NaiveDate) -> Self {
        day.and_time(NaiveTime::MIN).and_utc().into()
    }

    pub(super) fn to_chrono(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }
}

impl From<DateTime<Utc>> for Instant {
    fn from(value: DateTime<Utc>) -> Self {
        Self(value.timestamp_micros())
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_chrono().to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("expected an RFC 3339 date-time"))
    }
}

impl utoipa::PartialSchema for Instant {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)))
            .max_length(Some(40))
            .examples([serde_json::json!("2026-11-20T13:05:00.000000Z")])
            .into()
    }
}

impl utoipa::ToSchema for Instant {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_offset_becomes_utc_with_six_decimals() {
        let instant = Instant::parse("2026-11-20T14:05:00+01:00").unwrap();
        assert_eq!(instant.to_string(), "2026-11-20T13:05:00.000000Z");
        assert_eq!(Instant::parse(&instant.to_string()), Some(instant));
        assert_eq!(Instant::parse("2026-11-20T14:05:00"), None);
        assert_eq!(Instant::parse("0000-01-01T00:00:00Z"), None);
    }
}
