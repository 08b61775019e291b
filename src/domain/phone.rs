//! Telephone numbers.

use phonenumber::{PhoneNumber, country, metadata::DATABASE};
use unicode_normalization::UnicodeNormalization;

use super::fault::{Fault, FaultCode};

/// Longest text read, in bytes: a number with room for blanks and an extension.
pub const BYTE_LIMIT: usize = 64;
/// Most digits of an international number (ITU-T E.164, section 6.2.1).
const MOST_DIGITS: usize = 15;

/// The number in E.164 (`+491711234567`), whichever way it is written: "0171 1234567", "+49 (0) 40 / 123 45-0",
/// "0049 40 1234567". Numbers without a country are read as numbers of `default_country` (ISO 3166-1 alpha-2).
///
/// An extension behind the number ("ext. 12") is left out: E.164 has no place for it. Whether a number is in
/// service is not judged, only whether the country's numbering plan has room for it.
///
/// # Errors
/// [`FaultCode::Phone`], also for a national number when the default country has no numbering plan.
pub fn normalize(value: &str, default_country: &str) -> Result<String, Fault> {
    read(value, default_country).ok_or_else(|| Fault::of_value(FaultCode::Phone, value))
}

fn read(value: &str, default_country: &str) -> Option<String> {
    if value.len() > BYTE_LIMIT {
        return None;
    }
    let written: String = value.nfkc().collect::<String>().to_lowercase();
    let written = without_extension(written.trim().trim_start_matches("tel:")).trim();
    // The "(0)" of "+49 (0) 40" is dialled within the country only. The numbering plan knows that, and keeps
    // the zero where it is part of the number (Italy); countries without such a prefix need it taken out.
    dialled(written, default_country).or_else(|| dialled(&written.replacen("(0)", "", 1), default_country))
}

fn dialled(written: &str, default_country: &str) -> Option<String> {
    let (is_international, rest) = written.strip_prefix('+').map_or((false, written), |rest| (true, rest));
    if rest.contains(|letter: char| !letter.is_ascii_digit() && !is_separator(letter)) {
        return None;
    }
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    let number = if is_international {
        phonenumber::parse(None, format!("+{digits}")).ok()?
    } else {
        let country: country::Id = default_country.to_ascii_uppercase().parse().ok()?;
        // The parser takes for granted that every country has a numbering plan; Antarctica has none.
        DATABASE.by_id(country.as_ref())?;
        phonenumber::parse(Some(country), &digits).ok()?
    };
    let e164 = e164(&number);
    // Where a digit could still be taken for a prefix the number is no number.
    let is_stable = phonenumber::parse(None, &e164).is_ok_and(|again| self::e164(&again) == e164);
    (is_stable && has_room(&number) && e164.len() - 1 <= MOST_DIGITS).then_some(e164)
}

/// Written here, because the library's formatter looks through the patterns for people first.
fn e164(number: &PhoneNumber) -> String {
    format!("+{}{}", number.code().value(), number.national())
}

fn has_room(number: &PhoneNumber) -> bool {
    let national = number.national().to_string();
    let plans = DATABASE.by_code(&number.code().value()).unwrap_or_default();
    plans.iter().any(|plan| plan.descriptors().general().is_match(&national))
}

/// What people put between groups of digits.
fn is_separator(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '-' | '/' | '.' | '(' | ')' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn without_extension(written: &str) -> &str {
    let number = written.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == ' ');
    if number.len() == written.len() {
        return written;
    }
    let number = number.trim_end_matches([' ', '.', ':', '=']);
    ["extension", ";ext", "ext", "x"].iter().find_map(|word| number.strip_suffix(word)).unwrap_or(written)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn german_habits_are_understood() {
        for (value, expected) in [
            ("0171 1234567", "+491711234567"),
            ("0171/1234567", "+491711234567"),
            ("(0171) 123 45 67", "+491711234567"),
            ("+49 (0) 40 / 123 45-0", "+4940123450"),
            ("+49(0)40-12345-0", "+4940123450"),
            ("040-1234567", "+49401234567"),
            ("040\u{2013}123\u{a0}4567", "+49401234567"),
            ("0049 40 1234567", "+49401234567"),
            ("0049 (0)40 1234567", "+49401234567"),
            ("+49 040 1234567", "+49401234567"),
            ("tel:+49-40-1234567", "+49401234567"),
            ("030 23125 000", "+493023125000"),
            ("089 1234", "+49891234"),
            ("04101 12345", "+49410112345"),
            ("0800 330 1000", "+498003301000"),
            ("＋４９ ４０ １２３４５６７", "+49401234567"),
            ("040 12345 ext. 12", "+494012345"),
            ("+43 1 5880 0", "+43158800"),
            ("+41 44 668 18 00", "+41446681800"),
            ("+1 (415) 555-2671 x99", "+14155552671"),
            ("+39 06 698 83462", "+390669883462"),
            ("+39 (0)6 698 83462", "+390669883462"),
            ("+48 (0) 22 123 45 67", "+48221234567"),
        ] {
            assert_eq!(normalize(value, "DE"), Ok(expected.to_owned()), "{value}");
        }
    }

    #[test]
    fn national_numbers_belong_to_the_default_country() {
        for (value, country, expected) in [
            ("01 5880 0", "AT", "+43158800"),
            ("044 668 18 00", "ch", "+41446681800"),
            ("(415) 555-2671", "US", "+14155552671"),
            ("1 415 555 2671", "US", "+14155552671"),
            ("011 49 40 1234567", "US", "+49401234567"),
            ("+43 1 5880 0", "US", "+43158800"),
            ("06 698 83462", "IT", "+390669883462"),
            ("020 7946 0958", "GB", "+442079460958"),
        ] {
            assert_eq!(normalize(value, country), Ok(expected.to_owned()), "{value}");
        }
        assert!(normalize("040 1234567", "AQ").is_err());
        assert!(normalize("040 1234567", "??").is_err());
    }

    #[test]
    fn what_nobody_can_dial_is_refused() {
        for value in [
            "",
            "0",
            "abc",
            "110",
            "4711",
            "+",
            "+49",
            "+49 40",
            "++49 40 1234567",
            "040 123456 78901234567",
            "040 12b4567",
            "040 1234567, 040 7654321",
            "anna@example.org",
            "+999 123456789",
            "0049",
            "+0",
            "49+40 1234567",
        ] {
            assert_eq!(normalize(value, "DE"), Err(Fault::of_value(FaultCode::Phone, value)), "{value}");
        }
    }

    proptest! {
        #[test]
        fn normalisation_is_idempotent(value in r"(\+|00?)?[0-9 ()/-]{3,18}", country in "DE|AT|CH|US|IT|GB|FR|AR|BR|MX|RU|HU", other in "DE|US|IT|AR|HU") {
            if let Ok(once) = normalize(&value, &country) {
                prop_assert_eq!(normalize(&once, &other), Ok(once.clone()));
                prop_assert!(once.starts_with('+') && once[1..].bytes().all(|byte| byte.is_ascii_digit()));
            }
        }

        #[test]
        fn no_input_is_too_strange(value in r"\PC{0,30}", country in r"\PC{0,3}") {
            prop_assert!(normalize(&value, &country).is_ok_and(|number| number.len() <= 16) || normalize(&value, &country).is_err());
        }

        #[test]
        fn separators_carry_no_meaning(digits in "0[1-9][0-9]{7,9}", at in 2_usize..8, separator in " |-|/| / |\\.") {
            let written = format!("{}{separator}{}", &digits[..at], &digits[at..]);
            prop_assert_eq!(normalize(&written, "DE").ok(), normalize(&digits, "DE").ok());
        }
    }
}
