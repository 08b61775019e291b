//! Terms of contracts and periods of notice, as the Bürgerliche Gesetzbuch counts them.
//!
//! A term begins with its first day, which counts (§ 187 (2) BGB). One of months ends with the day before the one that
//! has the number of the first day, or with the last day of the month if that is missing there (§ 188 (2), (3) BGB).
//!
//! A period of notice begins after the day the notice arrives (§ 187 (1) BGB). One of days ends with its last day, one of
//! weeks or months with the day that has the name or number of the day of arrival (§ 188 (1) to (3) BGB). It is counted
//! backwards from the end of the contract. § 193 BGB puts off no period of notice that falls on a Saturday, Sunday or
//! holiday: it would shorten the time the other side is meant to have (BGH, 17.02.2005, III ZR 172/04).

use chrono::{Datelike, Days, Months, NaiveDate};

/// What periods of notice are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Days.
    Days,
    /// Weeks.
    Weeks,
    /// Months.
    Months,
}

/// How long before the end of a contract a notice must arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: Unit,
}

/// How a contract goes on from its first day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The first day.
    pub first: NaiveDate,
    /// How it first ends.
    pub length: Length,
    /// By how many months it is renewed unless notice is given; for good ends where there are none.
    pub renewal_months: Option<u32>,
}

/// How a contract first ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// After so many months.
    Months(u32),
    /// With this day.
    Until(NaiveDate),
    /// Not before somebody gives notice.
    Open,
}

impl Term {
    /// The last day of the term after `extended` further months; `None` if it is open, or beyond the calendar.
    pub fn last(&self, extended: u32) -> Option<NaiveDate> {
        match self.length {
            Length::Months(months) => last_day(self.first, months.checked_add(extended)?),
            Length::Until(last) if extended == 0 => Some(last),
            // Counted from where it first ended, so that the lengths of months in between leave no trace.
            Length::Until(last) => last_day(last.succ_opt()?, extended),
            Length::Open => None,
        }
    }

    /// By how many months the contract has been renewed by `today`, if nobody gave notice; at least by `extended`.
    pub fn renewed(&self, extended: u32, today: NaiveDate) -> u32 {
        let Some(months) = self.renewal_months.filter(|months| *months > 0) else { return extended };
        let mut extended = extended;
        while self.last(extended).is_some_and(|last| last < today) {
            match extended.checked_add(months) {
                Some(more) => extended = more,
                None => break,
            }
        }
        extended
    }

    /// By how many months the contract has been renewed where a notice that arrives on a day ends it, at the earliest; at
    /// least by `extended`. Without renewal it ends when it does.
    pub fn noticed(&self, notice: Notice, extended: u32, arrival: NaiveDate) -> u32 {
        let mut extended = self.renewed(extended, arrival);
        let Some(months) = self.renewal_months.filter(|months| *months > 0) else { return extended };
        while self.last(extended).and_then(|last| notice.latest(last)).is_some_and(|latest| latest < arrival) {
            match extended.checked_add(months) {
                Some(more) => extended = more,
                None => break,
            }
        }
        extended
    }
}

/// The last day of so many months that begin with a day; `None` beyond the calendar.
pub fn last_day(first: NaiveDate, months: u32) -> Option<NaiveDate> {
    // The day before the one with the same number, which may be missing, while the one before it is not: the last of a
    // shorter month is the day itself.
    let same = first.checked_add_months(Months::new(months))?;
    if same.day() == first.day() { same.pred_opt() } else { Some(same) }
}

impl Notice {
    /// The last day a notice can arrive on for a contract to end with `last`; `None` beyond the calendar.
    pub fn latest(self, last: NaiveDate) -> Option<NaiveDate> {
        match self.unit {
            Unit::Days => last.checked_sub_days(Days::new(self.count.into())),
            Unit::Weeks => last.checked_sub_days(Days::new(u64::from(self.count).checked_mul(7)?)),
            Unit::Months => {
                let same = last.checked_sub_months(Months::new(self.count))?;
                // From any later day of this month the period ends with the last day of the other one all the same.
                if is_last_of_month(last) { last_of_month(same) } else { Some(same) }
            }
        }
    }

    /// The earliest end of a contract that is open, if a notice arrives on a day; `None` beyond the calendar.
    pub fn earliest(self, arrival: NaiveDate) -> Option<NaiveDate> {
        match self.unit {
            Unit::Days => arrival.checked_add_days(Days::new(self.count.into())),
            Unit::Weeks => arrival.checked_add_days(Days::new(u64::from(self.count).checked_mul(7)?)),
            Unit::Months => arrival.checked_add_months(Months::new(self.count)),
        }
    }
}

fn is_last_of_month(day: NaiveDate) -> bool {
    day.succ_opt().is_none_or(|next| next.month() != day.month())
}

fn last_of_month(day: NaiveDate) -> Option<NaiveDate> {
    last_day(day.with_day(1)?, 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn months(count: u32) -> Notice {
        Notice { count, unit: Unit::Months }
    }

    #[test]
    fn a_term_ends_with_the_day_before_its_number_comes_again() {
        for (first, months, last) in [
            ("2026-01-01", 12, "2026-12-31"),
            ("2026-03-15", 24, "2028-03-14"),
            ("2026-03-01", 1, "2026-03-31"),
            ("2026-01-31", 1, "2026-02-28"),
            ("2028-01-31", 1, "2028-02-29"),
            ("2026-01-30", 1, "2026-02-28"),
            ("2028-01-30", 1, "2028-02-29"),
            ("2028-01-29", 1, "2028-02-28"),
            ("2026-03-31", 1, "2026-04-30"),
            ("2028-02-29", 12, "2029-02-28"),
            ("2028-02-29", 48, "2032-02-28"),
            ("2026-05-10", 0, "2026-05-09"),
        ] {
            assert_eq!(last_day(day(first), months), Some(day(last)), "{first} and {months} months");
        }
        assert_eq!(last_day(NaiveDate::MAX, 1), None);
    }

    #[test]
    fn a_notice_arrives_in_time_on_the_last_day_before_its_period() {
        for (last, notice, latest) in [
            ("2026-12-31", months(3), "2026-09-30"),
            ("2026-12-30", months(3), "2026-09-30"),
            ("2026-06-30", months(1), "2026-05-31"),
            ("2027-02-28", months(3), "2026-11-30"),
            ("2028-02-28", months(3), "2027-11-28"),
            ("2028-02-29", months(3), "2027-11-30"),
            ("2026-03-30", months(1), "2026-02-28"),
            ("2026-03-31", months(1), "2026-02-28"),
            ("2026-03-14", months(1), "2026-02-14"),
            ("2026-12-31", Notice { count: 14, unit: Unit::Days }, "2026-12-17"),
            ("2026-12-31", Notice { count: 6, unit: Unit::Weeks }, "2026-11-19"),
            ("2026-12-31", Notice { count: 0, unit: Unit::Days }, "2026-12-31"),
        ] {
            assert_eq!(notice.latest(day(last)), Some(day(latest)), "{notice:?} to {last}");
        }
    }

    #[test]
    fn terms_are_renewed_from_where_they_began() {
        let year = Term { first: day("2024-02-29"), length: Length::Months(12), renewal_months: Some(12) };
        assert_eq!(year.last(0), Some(day("2025-02-28")));
        assert_eq!(year.last(48), Some(day("2029-02-28")), "and not a day less for the leap year in between");
        assert_eq!(year.renewed(0, day("2025-02-28")), 0, "the last day is part of the term");
        assert_eq!(year.renewed(0, day("2025-03-01")), 12);
        assert_eq!(year.renewed(0, day("2026-11-22")), 24);
        assert_eq!(year.renewed(36, day("2026-11-22")), 36, "renewed ahead of time");

        assert_eq!(year.noticed(months(3), 0, day("2026-11-30")), 24, "in time for the end of February 2027");
        assert_eq!(year.noticed(months(3), 0, day("2026-12-01")), 36, "too late: a year more");
        assert_eq!(year.noticed(months(3), 36, day("2026-11-22")), 36, "renewed ahead of time");

        let until =
            Term { first: day("2026-01-15"), length: Length::Until(day("2026-06-30")), renewal_months: Some(1) };
        assert_eq!((until.last(0), until.last(8)), (Some(day("2026-06-30")), Some(day("2027-02-28"))));
        let ends = Term { renewal_months: None, ..until };
        assert_eq!(ends.noticed(months(3), 0, day("2030-01-01")), 0);
        assert_eq!(ends.renewed(0, day("2030-01-01")), 0);
        let open = Term { length: Length::Open, ..until };
        assert_eq!((open.last(0), open.renewed(0, day("2030-01-01"))), (None, 0));
        assert_eq!(months(3).earliest(day("2026-11-30")), Some(day("2027-02-28")));
    }

    fn any_day() -> impl Strategy<Value = NaiveDate> {
        (0..40_000_u64).prop_map(|days| day("1990-01-01").checked_add_days(Days::new(days)).unwrap())
    }

    fn any_notice() -> impl Strategy<Value = Notice> {
        (0..40_u32, prop_oneof![Just(Unit::Days), Just(Unit::Weeks), Just(Unit::Months)])
            .prop_map(|(count, unit)| Notice { count, unit })
    }

    proptest! {
        #[test]
        fn the_latest_day_is_in_time_and_the_next_one_is_not(last in any_day(), notice in any_notice()) {
            let latest = notice.latest(last).unwrap();
            prop_assert!(notice.earliest(latest).unwrap() <= last);
            prop_assert!(notice.earliest(latest.succ_opt().unwrap()).unwrap() > last);
        }

        #[test]
        fn terms_follow_one_another_without_a_gap(first in any_day(), one in 1..60_u32, next in 1..60_u32) {
            let whole = last_day(first, one + next).unwrap();
            let parts = last_day(last_day(first, one).unwrap().succ_opt().unwrap(), next).unwrap();
            // Only months that lack the day can make the parts end apart from the whole, and by less than four days.
            let most = if first.day() <= 28 { 0 } else { 3 };
            prop_assert!((parts - whole).num_days().abs() <= most);
        }
    }
}
