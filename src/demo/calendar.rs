//! The days of the invented time, counted from the first one.

use crate::domain::date;
use crate::domain::instant::Instant;

/// How many there are.
pub const DAYS: i64 = 1825;
/// 2021-11-22, the first day.
const FIRST_DAY: i64 = 18_953;

/// A minute of a working day that begins at seven o'clock UTC.
pub fn instant(day: i64, minute: i64) -> Instant {
    Instant::from_micros(((FIRST_DAY + day) * 86_400 + 7 * 3_600 + minute * 60) * 1_000_000)
}

/// As it is written: `2024-02-15`.
pub fn date(day: i64) -> String {
    instant(day, 0).day()
}

/// The day that is written so; the first one for what is none.
pub fn day_of(date: &str) -> i64 {
    let midnight = date::parse(date).map(Instant::beginning_of);
    midnight.map_or(0, |midnight| midnight.seconds() / 86_400 - FIRST_DAY)
}

/// That day, or the Monday behind it.
pub fn working_day(day: i64) -> i64 {
    // 1970-01-01 was a Thursday.
    match (FIRST_DAY + day + 3) % 7 {
        weekday @ 5.. => day + 7 - weekday,
        _ => day,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_and_read() {
        assert_eq!(date(0), "2021-11-22");
        assert_eq!(day_of("2021-11-22"), 0);
        assert_eq!(date(day_of("2024-02-29")), "2024-02-29");
        assert_eq!(date(working_day(day_of("2026-11-21"))), "2026-11-23");
        assert_eq!(date(working_day(day_of("2026-11-20"))), "2026-11-20");
    }
}
