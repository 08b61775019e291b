//! Public holidays in Germany: computed, so that no list has to be kept up to date.
//!
//! Nine days hold in all of Germany: the Day of German Unity by article 2 (2) of the Unification Treaty of 31 August 1990,
//! the others by the law of every state. What a state adds stands in its own law, named at [`FederalState`]. The rules are
//! those since 1995, when the Day of Repentance and Prayer was given up by all states but Saxony for the long-term care
//! insurance (SGB XI, section 58). Days that hold in some places of a state only are left out, because they do not follow
//! from the state: Corpus Christi in parts of Saxony and Thuringia, Assumption Day in the mainly Catholic municipalities of
//! Bavaria, the Peace Festival of Augsburg. Sundays are holidays by some of these laws; opening hours tell of them.

use std::str::FromStr;

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};

use super::fault::{Fault, FaultCode};

/// From this year on the rules are complete.
pub const FIRST_YEAR: i32 = 1995;

/// Which holidays are observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holidays {
    /// None.
    None,
    /// Those of all of Germany.
    Germany,
    /// Those of one state.
    State(FederalState),
}

macro_rules! states {
    ($($(#[doc = $doc:literal])* $state:ident $code:literal)*) => {
        /// A federal state, with the law its holidays stand in.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum FederalState { $($(#[doc = $doc])* $state,)* }

        impl Holidays {
            /// How they are called: `none`, `DE`, or a state by ISO 3166-2.
            pub const NAMES: &'static [&'static str] = &["none", "DE", $($code,)*];
        }

        impl FromStr for Holidays {
            type Err = Fault;

            fn from_str(name: &str) -> Result<Self, Fault> {
                match name {
                    "none" => Ok(Self::None),
                    "DE" => Ok(Self::Germany),
                    $($code => Ok(Self::State(FederalState::$state)),)*
                    _ => Err(Fault::new(FaultCode::NotOneOf).with("allowed", Self::NAMES.join(", "))),
                }
            }
        }
    };
}

states! {
    /// Feiertagsgesetz (FTG), section 1.
    BadenWuerttemberg "DE-BW"
    /// Feiertagsgesetz (FTG), article 1.
    Bavaria "DE-BY"
    /// Gesetz über die Sonn- und Feiertage, section 1.
    Berlin "DE-BE"
    /// Feiertagsgesetz (FTG), section 2.
    Brandenburg "DE-BB"
    /// Gesetz über die Sonn-, Gedenk- und Feiertage, section 2.
    Bremen "DE-HB"
    /// Feiertagsgesetz, section 1.
    Hamburg "DE-HH"
    /// Feiertagsgesetz (HFeiertagsG), section 1.
    Hesse "DE-HE"
    /// Feiertagsgesetz (FTG M-V), section 2.
    MecklenburgWesternPomerania "DE-MV"
    /// Gesetz über die Feiertage (NFeiertagsG), section 2.
    LowerSaxony "DE-NI"
    /// Feiertagsgesetz NW, section 2.
    NorthRhineWestphalia "DE-NW"
    /// Feiertagsgesetz (LFtG), section 2.
    RhinelandPalatinate "DE-RP"
    /// Feiertagsgesetz (SFG), section 2.
    Saarland "DE-SL"
    /// Gesetz über Sonn- und Feiertage (SächsSFG), section 1.
    Saxony "DE-SN"
    /// Gesetz über die Sonn- und Feiertage (FeiertG LSA), section 2.
    SaxonyAnhalt "DE-ST"
    /// Gesetz über Sonn- und Feiertage (SFTG), section 2.
    SchleswigHolstein "DE-SH"
    /// Feier- und Gedenktagsgesetz (ThürFGtG), section 2.
    Thuringia "DE-TH"
}

impl Holidays {
    /// Whether a day is one of them.
    pub fn include(self, day: NaiveDate) -> bool {
        match self {
            Self::None => false,
            Self::Germany => everywhere(day),
            Self::State(state) => everywhere(day) || state.adds(day),
        }
    }
}

/// New Year, Labour Day, Unity, both Christmas days; Good Friday, Easter Monday, Ascension, Whit Monday; and Reformation
/// Day once, 500 years after.
fn everywhere(day: NaiveDate) -> bool {
    let date = (day.month(), day.day());
    matches!(date, (1, 1) | (5, 1) | (10, 3) | (12, 25) | (12, 26))
        || matches!(days_after_easter(day), -2 | 1 | 39 | 50)
        || (day.year() == 2017 && date == (10, 31))
}

impl FederalState {
    fn adds(self, day: NaiveDate) -> bool {
        use FederalState::*;
        let year = day.year();
        match (day.month(), day.day()) {
            // Epiphany.
            (1, 6) => matches!(self, BadenWuerttemberg | Bavaria | SaxonyAnhalt),
            // International Women's Day.
            (3, 8) => (self == Berlin && year >= 2019) || (self == MecklenburgWesternPomerania && year >= 2023),
            // Liberation: 75 and 80 years after. The uprising of 1953: 75 years after.
            (5, 8) => self == Berlin && matches!(year, 2020 | 2025),
            (6, 17) if self == Berlin && year == 2028 => true,
            // Assumption Day.
            (8, 15) => self == Saarland,
            // Children's Day.
            (9, 20) => self == Thuringia && year >= 2019,
            // Reformation Day.
            (10, 31) => match self {
                Brandenburg | MecklenburgWesternPomerania | Saxony | SaxonyAnhalt | Thuringia => true,
                Bremen | Hamburg | LowerSaxony | SchleswigHolstein => year >= 2018,
                _ => false,
            },
            // All Saints' Day.
            (11, 1) => {
                matches!(self, BadenWuerttemberg | Bavaria | NorthRhineWestphalia | RhinelandPalatinate | Saarland)
            }
            // Day of Repentance and Prayer: the Wednesday before 23 November.
            (11, 16..=22) => self == Saxony && day.weekday() == Weekday::Wed,
            _ => match days_after_easter(day) {
                // Easter Sunday and Whit Sunday.
                0 | 49 => self == Brandenburg,
                // Corpus Christi.
                60 => matches!(
                    self,
                    BadenWuerttemberg | Bavaria | Hesse | NorthRhineWestphalia | RhinelandPalatinate | Saarland
                ),
                _ => false,
            },
        }
    }
}

fn days_after_easter(day: NaiveDate) -> i64 {
    easter_sunday(day.year()).map_or(i64::MIN, |easter| (day - easter).num_days())
}

/// Easter Sunday in the Gregorian calendar, by the algorithm of Meeus, Jones and Butcher.
fn easter_sunday(year: i32) -> Option<NaiveDate> {
    let (golden, century, rest) = (year % 19, year / 100, year % 100);
    let shift = (century - (century + 8) / 25 + 1) / 3;
    let moon = (19 * golden + century - century / 4 - shift + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - moon - rest % 4) % 7;
    let late = (golden + 11 * moon + 22 * weekday) / 451;
    let days = moon + weekday - 7 * late + 21;
    Some(NaiveDate::from_ymd_opt(year, 3, 1)? + TimeDelta::days(days.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn holidays(name: &str, year: i32) -> Vec<String> {
        let holidays: Holidays = name.parse().unwrap();
        let days = NaiveDate::from_ymd_opt(year, 1, 1).unwrap().iter_days().take_while(|day| day.year() == year);
        days.filter(|day| holidays.include(*day)).map(|day| day.format("%m-%d").to_string()).collect()
    }

    #[test]
    fn easter_is_where_the_calendar_says() {
        for expected in
            ["1995-04-16", "2000-04-23", "2008-03-23", "2011-04-24", "2024-03-31", "2026-04-05", "2038-04-25"]
        {
            assert_eq!(easter_sunday(expected[..4].parse().unwrap()), Some(day(expected)));
        }
        for year in 1583..4000 {
            let easter = easter_sunday(year).unwrap();
            assert_eq!(easter.weekday(), Weekday::Sun, "{year}");
            assert!(((3, 22)..=(4, 25)).contains(&(easter.month(), easter.day())), "{year}");
        }
    }

    #[test]
    fn every_state_has_its_own() {
        let germany = ["01-01", "04-03", "04-06", "05-01", "05-14", "05-25", "10-03", "12-25", "12-26"];
        assert_eq!(holidays("DE", 2026), germany);
        assert_eq!(holidays("none", 2026), Vec::<String>::new());
        for (name, added) in [
            ("DE-BW", &["01-06", "06-04", "11-01"][..]),
            ("DE-BY", &["01-06", "06-04", "11-01"]),
            ("DE-BE", &["03-08"]),
            ("DE-BB", &["04-05", "05-24", "10-31"]),
            ("DE-HB", &["10-31"]),
            ("DE-HH", &["10-31"]),
            ("DE-HE", &["06-04"]),
            ("DE-MV", &["03-08", "10-31"]),
            ("DE-NI", &["10-31"]),
            ("DE-NW", &["06-04", "11-01"]),
            ("DE-RP", &["06-04", "11-01"]),
            ("DE-SL", &["06-04", "08-15", "11-01"]),
            ("DE-SN", &["10-31", "11-18"]),
            ("DE-ST", &["01-06", "10-31"]),
            ("DE-SH", &["10-31"]),
            ("DE-TH", &["09-20", "10-31"]),
        ] {
            let mut expected: Vec<&str> = germany.iter().chain(added).copied().collect();
            expected.sort_unstable();
            assert_eq!(holidays(name, 2026), expected, "{name}");
        }
        assert_eq!(Holidays::NAMES.len(), 18);
        assert!("DE-XX".parse::<Holidays>().is_err());
    }

    #[test]
    fn what_changed_holds_from_its_year_on() {
        for (name, date, holds) in [
            ("DE-BE", "2018-03-08", false),
            ("DE-BE", "2019-03-08", true),
            ("DE-BE", "2020-05-08", true),
            ("DE-BE", "2021-05-08", false),
            ("DE-BE", "2028-06-17", true),
            ("DE-HH", "2016-10-31", false),
            ("DE-HE", "2017-10-31", true),
            ("DE", "2017-10-31", true),
            ("DE-HH", "2018-10-31", true),
            ("DE-TH", "2018-09-20", false),
            // 2008: Ascension on Labour Day.
            ("DE", "2008-05-01", true),
            ("DE-SN", "2022-11-16", true),
            ("DE-SN", "2023-11-22", true),
        ] {
            assert_eq!(name.parse::<Holidays>().unwrap().include(day(date)), holds, "{name} {date}");
        }
    }
}
