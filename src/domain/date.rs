//! Calendar days.

use chrono::{Datelike, NaiveDate};

use super::fault::{Fault, FaultCode};

/// Reads a day of the years 1 to 9999, strictly as `YYYY-MM-DD` (RFC 3339 `full-date`).
///
/// # Errors
/// [`FaultCode::Date`] for any other form and for days that do not exist.
pub fn parse(value: &str) -> Result<NaiveDate, Fault> {
    let fault = || Fault::of_value(FaultCode::Date, value);
    let form_fits = value.len() == 10
        && value
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    if !form_fits {
        return Err(fault());
    }
    let day = || {
        let (year, month, day) = (value[..4].parse().ok()?, value[5..7].parse().ok()?, value[8..].parse().ok()?);
        NaiveDate::from_ymd_opt(year, month, day)
    };
    day().filter(|day| day.year() > 0).ok_or_else(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_existing_days_in_the_one_form_are_accepted() {
        for value in ["2026-11-20", "2024-02-29", "0001-01-01", "9999-12-31", "1900-01-01"] {
            assert_eq!(parse(value).map(|day| day.to_string()), Ok(value.to_owned()));
        }
        for value in [
            "",
            "2026-11-2",
            "2026-2-02",
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "0000-01-01",
            "20.11.2026",
            "2026/11/20",
            "20261120",
            "2026-W47-5",
            "2026-324",
            "+2026-11-20",
            " 2026-11-20",
            "2026-11-20T00:00:00Z",
            "２026-11-2",
            "2026-1١-0",
        ] {
            assert_eq!(parse(value), Err(Fault::of_value(FaultCode::Date, value)), "{value}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_read_is_printed_alike(value in "[0-9]{4}-[01][0-9]-[0-3][0-9]") {
            if let Ok(day) = parse(&value) {
                proptest::prop_assert_eq!(day.to_string(), value);
            }
        }
    }
}
