//! Spans of days.

use chrono::NaiveDate;

use super::date;
use super::fault::Fault;

/// From a first day to a last one, both included; open where a day is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first day; since ever without.
    pub first: Option<NaiveDate>,
    /// The last day; for good without.
    pub last: Option<NaiveDate>,
}

impl Period {
    /// Every day.
    pub const ALWAYS: Self = Self { first: None, last: None };

    /// Reads both days as `YYYY-MM-DD`.
    ///
    /// # Errors
    /// That of [`date::parse`].
    pub fn parse(first: Option<&str>, last: Option<&str>) -> Result<Self, Fault> {
        Ok(Self { first: first.map(date::parse).transpose()?, last: last.map(date::parse).transpose()? })
    }

    /// Nothing but one day.
    pub fn day(day: NaiveDate) -> Self {
        Self { first: Some(day), last: Some(day) }
    }

    /// The days both have; `None` if there are none.
    pub fn intersection(self, other: Self) -> Option<Self> {
        let first = self.first.max(other.first);
        let last = match (self.last, other.last) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let common = Self { first, last };
        (!common.is_empty()).then_some(common)
    }

    /// The days of all of them, in order, each once: what touches is joined.
    pub fn union(periods: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut periods: Vec<Self> = periods.into_iter().filter(|period| !period.is_empty()).collect();
        periods.sort_by_key(|period| period.first);
        periods.dedup_by(|period, before| {
            let is_joined = before.reaches(period.first);
            if is_joined {
                before.last = before.last.zip(period.last).map(|(one, other)| one.max(other));
            }
            is_joined
        });
        periods
    }

    /// Whether nothing lies between this and what begins on a day.
    fn reaches(self, first: Option<NaiveDate>) -> bool {
        match (self.last, first) {
            (Some(last), Some(first)) => last.succ_opt().is_none_or(|next| first <= next),
            _ => true,
        }
    }

    /// Whether the last day lies before the first.
    pub fn is_empty(self) -> bool {
        matches!((self.first, self.last), (Some(first), Some(last)) if last < first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(first: &str, last: &str) -> Period {
        let day = |text: &'static str| (!text.is_empty()).then_some(text);
        let leak = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
        Period::parse(day(leak(first)), day(leak(last))).unwrap()
    }

    #[test]
    fn days_of_several_are_told_once() {
        let all =
            |periods: &[(&str, &str)]| periods.iter().map(|(first, last)| period(first, last)).collect::<Vec<_>>();
        for (periods, expected) in [
            (&[][..], &[][..]),
            (&[("2020-01-01", "2020-01-31"), ("2020-02-01", "")], &[("2020-01-01", "")]),
            (&[("2020-03-01", "2020-03-02"), ("", "2020-01-31")], &[("", "2020-01-31"), ("2020-03-01", "2020-03-02")]),
            (&[("2020-01-01", "2020-12-31"), ("2020-02-01", "2020-02-02")], &[("2020-01-01", "2020-12-31")]),
            (&[("2020-01-02", "2020-01-01"), ("2020-05-01", "2020-05-01")], &[("2020-05-01", "2020-05-01")]),
            (&[("", ""), ("2020-05-01", "2020-05-01")], &[("", "")]),
        ] {
            assert_eq!(Period::union(all(periods)), all(expected));
        }
    }

    #[test]
    fn days_in_common_include_both_ends() {
        for (one, other, common) in [
            (("", ""), ("", ""), Some(("", ""))),
            (("2020-01-01", ""), ("", "2020-01-01"), Some(("2020-01-01", "2020-01-01"))),
            (("2020-01-01", "2020-12-31"), ("2020-06-01", ""), Some(("2020-06-01", "2020-12-31"))),
            (("", "2019-12-31"), ("2020-01-01", ""), None),
            (("2020-01-01", "2020-01-31"), ("2020-02-01", "2020-02-28"), None),
        ] {
            let (one, other) = (period(one.0, one.1), period(other.0, other.1));
            let common = common.map(|(first, last)| period(first, last));
            assert_eq!((one.intersection(other), other.intersection(one)), (common, common));
        }
    }
}
