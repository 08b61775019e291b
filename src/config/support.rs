//! When support is there, and what customers may expect of it.

use std::str::FromStr;

use chrono_tz::Tz;
use serde::{Deserialize, Deserializer};

use crate::domain::fault::Fault;
use crate::domain::holidays::Holidays;
use crate::domain::language::Language;
use crate::domain::service_levels::{ServiceLevels, Target};
use crate::domain::working_time::{ClosedDay, Opening, WorkingTime};

/// When support is there, and what customers may expect of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupportConfig {
    /// The time zone of the business hours.
    #[serde(deserialize_with = "time_zone")]
    pub time_zone: Tz,
    /// Opening hours by days of the week.
    #[serde(deserialize_with = "all")]
    pub business_hours: Vec<Opening>,
    /// The public holidays on which nobody is there.
    #[serde(deserialize_with = "one")]
    pub holidays: Holidays,
    /// Further days on which nobody is there.
    #[serde(deserialize_with = "all")]
    pub closed_on: Vec<ClosedDay>,
    /// Until the first answer, priority low.
    pub first_response_minutes_low: i64,
    /// Until the first answer, priority normal.
    pub first_response_minutes_normal: i64,
    /// Until the first answer, priority high.
    pub first_response_minutes_high: i64,
    /// Until the first answer, priority urgent.
    pub first_response_minutes_urgent: i64,
    /// Until the resolution, priority low.
    pub resolution_minutes_low: i64,
    /// Until the resolution, priority normal.
    pub resolution_minutes_normal: i64,
    /// Until the resolution, priority high.
    pub resolution_minutes_high: i64,
    /// Until the resolution, priority urgent.
    pub resolution_minutes_urgent: i64,
    /// The highest level a ticket can be escalated to.
    pub escalation_levels: i64,
    /// The level a ticket has at least once its first answer is overdue.
    pub escalation_when_answer_overdue: i64,
    /// The level a ticket has at least once its resolution is overdue.
    pub escalation_when_resolution_overdue: i64,
}

impl SupportConfig {
    /// What follows for tickets.
    pub fn service_levels(&self) -> ServiceLevels {
        let target = |first_response_minutes, resolution_minutes| Target { first_response_minutes, resolution_minutes };
        ServiceLevels {
            working_time: WorkingTime::new(self.time_zone, &self.business_hours, self.holidays, self.closed_on.clone()),
            low: target(self.first_response_minutes_low, self.resolution_minutes_low),
            normal: target(self.first_response_minutes_normal, self.resolution_minutes_normal),
            high: target(self.first_response_minutes_high, self.resolution_minutes_high),
            urgent: target(self.first_response_minutes_urgent, self.resolution_minutes_urgent),
            escalation_levels: self.escalation_levels,
            escalation_when_answer_overdue: self.escalation_when_answer_overdue,
            escalation_when_resolution_overdue: self.escalation_when_resolution_overdue,
        }
    }
}

fn parsed<T: FromStr, E: serde::de::Error>(text: &str, why: impl Fn(T::Err) -> String) -> Result<T, E> {
    text.parse().map_err(|error| E::custom(why(error)))
}

fn fault(fault: Fault) -> String {
    fault.detail(Language::En)
}

fn time_zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tz, D::Error> {
    parsed(&String::deserialize(deserializer)?, |error: chrono_tz::ParseError| error.to_string())
}

fn one<'de, D: Deserializer<'de>, T: FromStr<Err = Fault>>(deserializer: D) -> Result<T, D::Error> {
    parsed(&String::deserialize(deserializer)?, fault)
}

fn all<'de, D: Deserializer<'de>, T: FromStr<Err = Fault>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Vec::<String>::deserialize(deserializer)?.iter().map(|text| parsed(text, fault)).collect()
}
