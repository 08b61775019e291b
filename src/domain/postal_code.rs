//! Postal codes.

use super::{
    fault::{Fault, FaultCode},
    shape::poured,
};

/// Longest postal code accepted, in characters.
pub const LENGTH_LIMIT: usize = 16;

/// A country, what people put in front of its codes on international mail, and the shapes of its codes.
const SHAPES: &[(&str, &str, &[&str])] = &[
    ("AT", "A", &["9999"]),
    ("AU", "", &["9999"]),
    ("BE", "B", &["9999"]),
    ("BG", "", &["9999"]),
    ("CA", "", &["A9A 9A9"]),
    ("CH", "", &["9999"]),
    ("CY", "", &["9999"]),
    ("CZ", "", &["999 99"]),
    ("DE", "D", &["99999"]),
    ("DK", "", &["9999"]),
    ("EE", "", &["99999"]),
    ("ES", "E", &["99999"]),
    ("FI", "FIN", &["99999"]),
    ("FR", "F", &["99999"]),
    ("GB", "", &["A9 9AA", "A99 9AA", "A9A 9AA", "AA9 9AA", "AA99 9AA", "AA9A 9AA"]),
    ("GR", "", &["999 99"]),
    ("HR", "", &["99999"]),
    ("HU", "H", &["9999"]),
    ("IE", "", &["A99 XXXX", "A9A XXXX"]),
    ("IT", "I", &["99999"]),
    ("LI", "FL", &["9999"]),
    ("LT", "", &["99999"]),
    ("LU", "L", &["9999"]),
    ("LV", "", &["9999"]),
    ("NL", "", &["9999 AA"]),
    ("NO", "N", &["9999"]),
    ("PL", "", &["99-999"]),
    ("PT", "P", &["9999-999", "9999"]),
    ("RO", "", &["999999"]),
    ("SE", "S", &["999 99"]),
    ("SI", "", &["9999"]),
    ("SK", "", &["999 99"]),
    ("US", "", &["99999", "99999-9999"]),
];

/// The postal code as its country writes it: `20459`, `1234 AB`, `00-950`, `SW1A 1AA`.
///
/// Small letters, missing or additional blanks and dashes, and the country in front ("D-20459", "CH-8001") are
/// put right. `country` is an ISO 3166-1 alpha-2 code; in countries without a known shape up to
/// [`LENGTH_LIMIT`] letters, digits, blanks and dashes are accepted.
///
/// # Errors
/// [`FaultCode::PostalCode`].
pub fn check(value: &str, country: &str) -> Result<String, Fault> {
    let country = country.to_ascii_uppercase();
    read(value, &country).ok_or_else(|| Fault::of_value(FaultCode::PostalCode, value).with("country", country))
}

fn read(value: &str, country: &str) -> Option<String> {
    let written = value.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
    let sane = |letter: char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '\u{2013}');
    if written.chars().count() > LENGTH_LIMIT || !written.contains(char::is_alphanumeric) || !written.chars().all(sane)
    {
        return None;
    }
    let Some((_, mail_prefix, shapes)) = SHAPES.iter().find(|(code, _, _)| *code == country) else {
        return Some(written);
    };
    let code: String = written.chars().filter(|letter| letter.is_alphanumeric()).collect();
    let without =
        |prefix: &str| code.strip_prefix(prefix).filter(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
    [Some(code.as_str()), without(country), without(mail_prefix)]
        .into_iter()
        .flatten()
        .find_map(|code| shapes.iter().find_map(|shape| poured(code, shape)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_are_written_as_in_their_country() {
        for (value, country, expected) in [
            ("20459", "DE", "20459"),
            (" D-20459 ", "de", "20459"),
            ("DE 01067", "DE", "01067"),
            ("A-1010", "AT", "1010"),
            ("CH-8001", "CH", "8001"),
            ("FL-9490", "LI", "9490"),
            ("L-1234", "LU", "1234"),
            ("1234ab", "NL", "1234 AB"),
            ("1000", "BE", "1000"),
            ("F-75001", "FR", "75001"),
            ("00184", "IT", "00184"),
            ("28001", "ES", "28001"),
            ("1000001", "PT", "1000-001"),
            ("00 950", "PL", "00-950"),
            ("11000", "CZ", "110 00"),
            ("DK-1050", "DK", "1050"),
            ("S-111 22", "SE", "111 22"),
            ("0150", "NO", "0150"),
            ("FIN-00100", "FI", "00100"),
            ("sw1a1aa", "GB", "SW1A 1AA"),
            ("M1 1AE", "GB", "M1 1AE"),
            ("d02 af30", "IE", "D02 AF30"),
            ("D6W XY00", "IE", "D6W XY00"),
            ("94103", "US", "94103"),
            ("941031234", "US", "94103-1234"),
            ("k1a0b1", "CA", "K1A 0B1"),
            ("100-0001", "JP", "100-0001"),
            (" c1425  clb ", "AR", "C1425 CLB"),
        ] {
            assert_eq!(check(value, country), Ok(expected.to_owned()), "{value} {country}");
        }
    }

    #[test]
    fn other_codes_are_refused() {
        for (value, country) in [
            ("", "DE"),
            ("2045", "DE"),
            ("204590", "DE"),
            ("2O459", "DE"),
            ("A-20459", "DE"),
            ("20459", "AT"),
            ("1234", "NL"),
            ("D", "DE"),
            ("SW1A", "GB"),
            ("K1A 0B", "CA"),
            ("9410", "US"),
            ("-", "JP"),
            ("1;DROP", "JP"),
            ("12345678901234567", "JP"),
            ("٢٠٤٥٩", "DE"),
        ] {
            let expected = Fault::of_value(FaultCode::PostalCode, value).with("country", country);
            assert_eq!(check(value, country), Err(expected), "{value} {country}");
        }
    }

    proptest! {
        #[test]
        fn normalisation_is_idempotent(value in "[A-Za-z0-9 -]{1,10}", country in "DE|AT|NL|PL|GB|US|IE|SE|PT|JP") {
            if let Ok(once) = check(&value, &country) {
                prop_assert_eq!(check(&once, &country), Ok(once.clone()));
            }
        }

        #[test]
        fn every_code_of_a_shape_is_accepted(digits in "[0-9]{5}") {
            for country in ["DE", "FR", "IT", "ES", "FI", "US"] {
                prop_assert_eq!(check(&digits, country), Ok(digits.clone()));
            }
        }
    }
}
