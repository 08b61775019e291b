//! Working time: when people are there to answer, and how much of it lies between two points in time.

use std::str::FromStr;

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

use super::date;
use super::fault::{Fault, FaultCode};
use super::holidays::Holidays;
use super::instant::Instant;

const MINUTES_A_DAY: u16 = 24 * 60;
/// How far ahead working time is looked for, in days: a hundred years.
const DAYS_AHEAD: usize = 36_525;
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Opening hours on some days of the week: `mon-fri 09:00-17:00`, `sat 10:00-14:00`. The end may be `24:00`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// First and last day of the week, Monday being 0.
    days: (usize, usize),
    /// Begin and end in minutes of the day.
    minutes: (u16, u16),
}

impl FromStr for Opening {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let read = || {
            let (days, hours) = text.split_once(' ')?;
            let weekday = |name: &str| WEEKDAYS.iter().position(|known| *known == name);
            let (first, last) = days.split_once('-').unwrap_or((days, days));
            let days = (weekday(first)?, weekday(last)?);
            let (begin, end) = hours.split_once('-')?;
            let minutes = (minute_of_day(begin)?, minute_of_day(end)?);
            (days.0 <= days.1 && minutes.0 < minutes.1).then_some(Self { days, minutes })
        };
        read().ok_or_else(|| Fault::of_value(FaultCode::Pattern, text))
    }
}

/// `HH:MM`, up to `24:00`.
fn minute_of_day(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |part: &str| (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse());
    let (hours, minutes): (u16, u16) = (number(hours)?.ok()?, number(minutes)?.ok()?);
    (minutes < 60).then_some(hours * 60 + minutes).filter(|minute| *minute <= MINUTES_A_DAY)
}

/// A day on which nobody is there although it is no holiday: every year (`12-24`), or once (`2026-12-28`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosedDay {
    /// Month and day.
    Yearly(u32, u32),
    /// This day.
    Once(NaiveDate),
}

impl FromStr for ClosedDay {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        if text.len() == 5 {
            // A leap year has every day.
            let day = date::parse(&format!("2000-{text}"))?;
            return Ok(Self::Yearly(day.month(), day.day()));
        }
        date::parse(text).map(Self::Once)
    }
}

/// When people are there: weekly hours in a time zone, without holidays and closed days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkingTime {
    zone: Tz,
    /// From Monday on; in order, without overlaps.
    week: [Vec<(u16, u16)>; 7],
    holidays: Holidays,
    closed: Vec<ClosedDay>,
}

impl WorkingTime {
    /// Hours that overlap count once.
    pub fn new(zone: Tz, openings: &[Opening], holidays: Holidays, closed: Vec<ClosedDay>) -> Self {
        let mut week: [Vec<(u16, u16)>; 7] = Default::default();
        for (weekday, hours) in week.iter_mut().enumerate() {
            let of_day = openings.iter().filter(|opening| (opening.days.0..=opening.days.1).contains(&weekday));
            let mut all: Vec<(u16, u16)> = of_day.map(|opening| opening.minutes).collect();
            all.sort_unstable();
            for (begin, end) in all {
                match hours.last_mut() {
                    Some(last) if begin <= last.1 => last.1 = last.1.max(end),
                    _ => hours.push((begin, end)),
                }
            }
        }
        Self { zone, week, holidays, closed }
    }

    /// The point in time at which so many working minutes have passed since `start`; `start` itself after none. `None` if
    /// that takes more than a hundred years.
    pub fn due(&self, start: Instant, minutes: i64) -> Option<Instant> {
        self.after(start, minutes.saturating_mul(60))
    }

    /// Whole working minutes from `start` to `end`; none if it comes before.
    pub fn elapsed(&self, start: Instant, end: Instant) -> i64 {
        self.elapsed_seconds(start, end) / 60
    }

    /// As [`Self::due`], by seconds.
    pub fn after(&self, start: Instant, seconds: i64) -> Option<Instant> {
        let mut left = seconds.saturating_mul(1_000_000);
        if left <= 0 {
            return Some(start);
        }
        self.open_from(start).find_map(|(begin, end)| {
            let open = end.micros() - begin.micros();
            if left <= open {
                return Some(Instant::from_micros(begin.micros() + left));
            }
            left -= open;
            None
        })
    }

    /// As [`Self::elapsed`], in whole seconds.
    pub fn elapsed_seconds(&self, start: Instant, end: Instant) -> i64 {
        let until = self.open_from(start).take_while(|(begin, _)| *begin < end);
        let micros: i64 = until.map(|(begin, close)| close.min(end).micros() - begin.micros()).sum();
        micros / 1_000_000
    }

    /// The open hours from a point in time on, in order, without overlaps.
    fn open_from(&self, start: Instant) -> impl Iterator<Item = (Instant, Instant)> + '_ {
        let today = self.zone.from_utc_datetime(&start.to_chrono().naive_utc()).date_naive();
        let days = today.iter_days().take(DAYS_AHEAD).filter(|day| self.is_open_on(*day));
        let hours = days.flat_map(move |day| {
            let of_day = self.week.get(day.weekday().num_days_from_monday() as usize).map_or(&[][..], Vec::as_slice);
            of_day.iter().map(move |(begin, end)| (self.shown(day, *begin), self.shown(day, *end)))
        });
        hours.filter_map(move |(begin, end)| {
            let begin = begin.max(start);
            (begin < end).then_some((begin, end))
        })
    }

    fn is_open_on(&self, day: NaiveDate) -> bool {
        let is_closed = self.closed.iter().any(|closed| match closed {
            ClosedDay::Yearly(month, of_month) => (day.month(), day.day()) == (*month, *of_month),
            ClosedDay::Once(once) => day == *once,
        });
        !is_closed && !self.holidays.include(day)
    }

    /// When the clocks on the wall first show this minute of the day, or have jumped past it. It never decreases from one
    /// minute to the next, and so hours never overlap, whatever the clocks do.
    fn shown(&self, day: NaiveDate, minute: u16) -> Instant {
        let local = day.and_time(NaiveTime::MIN) + TimeDelta::minutes(minute.into());
        let mut later = (0..=i64::from(MINUTES_A_DAY)).map(|minutes| local + TimeDelta::minutes(minutes));
        let first = later.find_map(|local| self.zone.from_local_datetime(&local).earliest());
        first.map_or_else(|| Instant::from(local.and_utc()), |first| Instant::from(first.to_utc()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hours(openings: &[&str]) -> WorkingTime {
        let openings: Vec<Opening> = openings.iter().map(|text| text.parse().unwrap()).collect();
        WorkingTime::new(Tz::Europe__Berlin, &openings, Holidays::Germany, vec!["12-24".parse().unwrap()])
    }

    fn office() -> WorkingTime {
        hours(&["mon-fri 09:00-17:00"])
    }

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    #[test]
    fn minutes_are_counted_while_somebody_is_there() {
        for (start, minutes, due) in [
            // A Friday.
            ("2026-11-20T10:00:00+01:00", 60, "2026-11-20T11:00:00+01:00"),
            ("2026-11-20T16:30:00+01:00", 60, "2026-11-23T09:30:00+01:00"),
            ("2026-11-20T16:30:00+01:00", 30, "2026-11-20T17:00:00+01:00"),
            ("2026-11-20T03:00:00+01:00", 1, "2026-11-20T09:01:00+01:00"),
            ("2026-11-21T12:00:00+01:00", 480, "2026-11-23T17:00:00+01:00"),
            ("2026-11-21T12:00:00+01:00", 0, "2026-11-21T12:00:00+01:00"),
            // Christmas Eve is closed, Christmas falls on Friday and Saturday.
            ("2026-12-23T16:00:00+01:00", 120, "2026-12-28T10:00:00+01:00"),
            // From Thursday before Easter to Tuesday.
            ("2026-04-02T16:59:30+02:00", 1, "2026-04-07T09:00:30+02:00"),
            // From any time zone.
            ("2026-11-20T00:00:00-08:00", 5, "2026-11-20T09:05:00+01:00"),
        ] {
            assert_eq!(office().due(at(start), minutes), Some(at(due)), "{start} + {minutes}");
            assert_eq!(office().elapsed(at(start), at(due)), minutes, "{start} to {due}");
        }
        assert_eq!(office().elapsed(at("2026-11-20T12:00:00Z"), at("2026-11-20T11:00:00Z")), 0, "never negative");
        assert_eq!(office().elapsed(at("2026-11-16T00:00:00+01:00"), at("2026-11-23T00:00:00+01:00")), 5 * 480);
        assert_eq!(hours(&[]).due(at("2026-11-20T12:00:00Z"), 1), None);
    }

    #[test]
    fn the_working_day_moves_with_the_clocks() {
        // Friday before and Monday after the clocks go forward: nine o'clock is an hour earlier in UTC.
        assert_eq!(office().due(at("2026-03-27T16:00:00Z"), 1), Some(at("2026-03-30T07:01:00Z")));
        assert_eq!(office().due(at("2026-10-23T15:00:00Z"), 1), Some(at("2026-10-26T08:01:00Z")));
        let always = hours(&["mon-sun 00:00-24:00"]);
        for (from, to, hours) in [
            ("2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 23),
            ("2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", 25),
        ] {
            assert_eq!(always.elapsed(at(from), at(to)), hours * 60, "{from}");
        }
        // Hours that begin or end where the clocks jump: 02:00 to 03:00 is not there in March and there twice in October.
        let night = hours(&["sun 01:00-02:30", "sun 02:45-04:00"]);
        let count = |from: &str, to: &str| night.elapsed(at(from), at(to));
        assert_eq!(count("2026-03-29T00:00:00+01:00", "2026-03-29T12:00:00+02:00"), 60 + 60);
        assert_eq!(count("2026-10-25T00:00:00+02:00", "2026-10-25T12:00:00+01:00"), 90 + 135);
    }

    #[test]
    fn hours_are_read_strictly_and_counted_once() {
        let twice = hours(&["mon-fri 12:00-17:00", "wed 10:00-13:00", "mon-fri 09:00-12:00"]);
        assert_eq!(twice, office());
        for text in
            ["", "mon", "mon-fri", "fri-mon 09:00-17:00", "mon 17:00-09:00", "mon 9:00-17:00", "mon 09:00-24:01"]
        {
            assert!(text.parse::<Opening>().is_err(), "{text}");
        }
        for text in ["", "24.12.", "13-01", "02-30", "2026-02-29", "2026-12"] {
            assert!(text.parse::<ClosedDay>().is_err(), "{text}");
        }
        assert_eq!("02-29".parse::<ClosedDay>(), Ok(ClosedDay::Yearly(2, 29)));
    }

    proptest! {
        #[test]
        fn due_is_monotone_and_what_elapsed_undoes(
            start in 788_918_400_i64..4_102_444_800,
            minutes in 0_i64..20_000,
            more in 0_i64..3_000,
            later in 0_i64..1_000_000,
        ) {
            for working in [office(), hours(&["sat-sun 00:00-24:00", "tue 08:15-12:00", "tue 13:00-19:45"])] {
                let start = Instant::from_micros(start * 1_000_000 + 123_456);
                let due = working.due(start, minutes).unwrap();
                prop_assert!(due >= start);
                prop_assert_eq!(working.elapsed(start, due), minutes);
                prop_assert!(working.due(start, minutes + more).unwrap() >= due);
                prop_assert!(working.due(start.plus_seconds(later), minutes).unwrap() >= due);
                let between = working.elapsed_seconds(start, start.plus_seconds(later));
                prop_assert!((0..=later).contains(&between));
                prop_assert_eq!(working.after(due, 90).map(|end| working.elapsed_seconds(start, end)), Some(minutes * 60 + 90));
            }
        }
    }
}
