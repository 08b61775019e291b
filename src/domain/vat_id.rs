//! VAT identification numbers (USt-IdNr., § 27a UStG; Directive 2006/112/EC, Article 214).

use super::{
    fault::{Fault, FaultCode},
    shape::poured,
};

/// Longest text read, in bytes.
pub const BYTE_LIMIT: usize = 32;

/// What follows the country prefix, after the list of the European Commission (VIES); with Northern Ireland (XI),
/// and the neighbours Great Britain, Switzerland with Liechtenstein, and Norway.
const SHAPES: &[(&str, &[&str])] = &[
    ("AT", &["u99999999"]),
    ("BE", &["0999999999", "1999999999"]),
    ("BG", &["999999999", "9999999999"]),
    ("CHE", &["999999999"]),
    ("CY", &["99999999A"]),
    ("CZ", &["99999999", "999999999", "9999999999"]),
    ("DE", &["999999999"]),
    ("DK", &["99999999"]),
    ("EE", &["999999999"]),
    ("EL", &["999999999"]),
    ("ES", &["A9999999X", "99999999A"]),
    ("FI", &["99999999"]),
    ("FR", &["XX999999999"]),
    ("GB", &["999999999", "999999999999", "gd999", "ha999"]),
    ("HR", &["99999999999"]),
    ("HU", &["99999999"]),
    ("IE", &["9999999A", "9999999AA", "9A99999A", "9+99999A", "9*99999A"]),
    ("IT", &["99999999999"]),
    ("LT", &["999999999", "999999999999"]),
    ("LU", &["99999999"]),
    ("LV", &["99999999999"]),
    ("MT", &["99999999"]),
    ("NL", &["999999999b99"]),
    ("NO", &["999999999", "999999999mva"]),
    ("PL", &["9999999999"]),
    ("PT", &["999999999"]),
    ("RO", &["99", "999", "9999", "99999", "999999", "9999999", "99999999", "999999999", "9999999999"]),
    ("SE", &["999999999999"]),
    ("SI", &["99999999"]),
    ("SK", &["9999999999"]),
    ("XI", &["999999999", "999999999999", "gd999", "ha999"]),
];

/// The number in capital letters without blanks, dots and dashes: `DE136695976`.
///
/// Greece is `EL`, as in the directive; a Belgian number of the time before 2005 gets its zero; a Swiss number
/// loses the MWST, TVA or IVA behind it, which are three names of one tax.
///
/// # Errors
/// [`FaultCode::VatId`] when no country writes its numbers so, [`FaultCode::CheckDigit`] when it does but the
/// check digit is wrong (known for AT, BE, CH, DE, FI, FR, IT, LU, NL and PL).
pub fn normalize(value: &str) -> Result<String, Fault> {
    let fault = |code| Err(Fault::of_value(code, value));
    if value.len() > BYTE_LIMIT {
        return fault(FaultCode::VatId);
    }
    let number = uniform(&compact(value));
    let shaped = SHAPES.iter().find_map(|(prefix, shapes)| {
        let rest = number.strip_prefix(prefix)?;
        shapes.iter().any(|shape| poured(rest, shape).is_some()).then_some((*prefix, rest))
    });
    match shaped {
        None => fault(FaultCode::VatId),
        Some((prefix, rest)) if !check_digit_fits(prefix, rest) => fault(FaultCode::CheckDigit),
        Some(_) => Ok(number),
    }
}

fn compact(value: &str) -> String {
    let meaningful = |letter: &char| !letter.is_whitespace() && !matches!(letter, '.' | ',' | '-' | '/' | '\u{2013}');
    value.chars().filter(meaningful).map(|letter| letter.to_ascii_uppercase()).collect()
}

/// One spelling where a country has several.
fn uniform(number: &str) -> String {
    if let Some(rest) = number.strip_prefix("GR") {
        return format!("EL{rest}");
    }
    if let Some(rest) = number.strip_prefix("BE").filter(|rest| rest.len() == 9) {
        return format!("BE0{rest}");
    }
    if number.starts_with("CHE") {
        let tax = ["MWST", "TVA", "IVA"].iter().find_map(|tax| number.strip_suffix(tax));
        return tax.unwrap_or(number).to_owned();
    }
    number.to_owned()
}

fn check_digit_fits(prefix: &str, number: &str) -> bool {
    let digits: Vec<u32> = number.chars().filter_map(|letter| letter.to_digit(10)).collect();
    match prefix {
        "AT" => (10 - (digit_sums(&digits[..7], &[1, 2, 1, 2, 1, 2, 1]) + 4) % 10) % 10 == digits[7],
        "BE" => 97 - value_of(&digits[..8]) % 97 == value_of(&digits[8..]),
        "CHE" => (11 - weighted(&digits, &[5, 4, 3, 2, 7, 6, 5, 4]) % 11) % 11 == digits[8],
        "DE" => iso_7064_mod_11_10(&digits[..8]) == digits[8],
        "FI" => (11 - weighted(&digits, &[7, 9, 10, 5, 8, 4, 2]) % 11) % 11 == digits[7],
        // A key with letters follows a rule France has not published.
        "FR" if digits.len() == 11 => (12 + 3 * (value_of(&digits[2..]) % 97)) % 97 == value_of(&digits[..2]),
        "IT" => (10 - digit_sums(&digits[..10], &[1, 2, 1, 2, 1, 2, 1, 2, 1, 2]) % 10) % 10 == digits[10],
        "LU" => value_of(&digits[..6]) % 89 == value_of(&digits[6..]),
        "NL" => {
            let until_2019 = weighted(&digits, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11 == digits[8];
            until_2019 || iso_7064_mod_97_10(&format!("NL{number}")) == 1
        }
        "PL" => weighted(&digits, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == digits[9],
        _ => true,
    }
}

fn value_of(digits: &[u32]) -> u64 {
    digits.iter().fold(0, |value, digit| value * 10 + u64::from(*digit))
}

fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

/// As [`weighted`], of each product the sum of its digits (Luhn).
fn digit_sums(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).map(|product| product / 10 + product % 10).sum()
}

/// The check digit of ISO 7064 MOD 11,10.
fn iso_7064_mod_11_10(digits: &[u32]) -> u32 {
    let product = digits.iter().fold(10, |product, digit| match (digit + product) % 10 {
        0 => 20 % 11,
        sum => sum * 2 % 11,
    });
    (11 - product) % 10
}

/// The remainder of ISO 7064 MOD 97-10, which is 1 for a valid number; letters count from 10.
fn iso_7064_mod_97_10(number: &str) -> u32 {
    number.chars().filter_map(|letter| letter.to_digit(36)).fold(0, |rest, value| {
        let shift = if value < 10 { 10 } else { 100 };
        (rest * shift + value) % 97
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_have_one_spelling() {
        for (value, expected) in [
            ("DE136695976", "DE136695976"),
            (" de 136.695-976 ", "DE136695976"),
            ("DE 136,695 976", "DE136695976"),
            ("ATU13585627", "ATU13585627"),
            ("BE 428759497", "BE0428759497"),
            ("BE0428759497", "BE0428759497"),
            ("CHE-116.281.710 MWST", "CHE116281710"),
            ("CHE-107.787.577 IVA", "CHE107787577"),
            ("FI 20774740", "FI20774740"),
            ("Fr 40 303 265 045", "FR40303265045"),
            ("FR83404833048", "FR83404833048"),
            ("FRK7399859412", "FRK7399859412"),
            ("IT 00743110157", "IT00743110157"),
            ("LU 150 274 42", "LU15027442"),
            ("NL004495445B01", "NL004495445B01"),
            ("NL123456789B13", "NL123456789B13"),
            ("PL 8567346215", "PL8567346215"),
            ("GR 094259216", "EL094259216"),
            ("IE6433435F", "IE6433435F"),
            ("IE 8D79739I", "IE8D79739I"),
            ("ESB58378431", "ESB58378431"),
            ("ES54362315K", "ES54362315K"),
            ("SE123456789701", "SE123456789701"),
            ("GB 980 7806 84", "GB980780684"),
        ] {
            assert_eq!(normalize(value), Ok(expected.to_owned()), "{value}");
        }
    }

    #[test]
    fn a_wrong_check_digit_is_told_from_a_wrong_form() {
        for value in [
            "DE136695977",
            "DE123456789",
            "ATU13585626",
            "BE0428759498",
            "CHE116281711",
            "FI20774741",
            "FR41303265045",
            "IT00743110158",
            "LU15027443",
            "NL004495446B01",
            "PL8567346216",
        ] {
            assert_eq!(normalize(value), Err(Fault::of_value(FaultCode::CheckDigit, value)), "{value}");
        }
        for value in [
            "",
            "DE",
            "136695976",
            "DE13669597",
            "DE1366959760",
            "DE13669597X",
            "ATU1358562",
            "AT13585627",
            "US123456789",
            "ES123456789",
            "NL004495445C01",
            "BE2428759497",
            "DE١٣٦٦٩٥٩٧٦",
            "DE136695976 DE136695976 DE136695976",
        ] {
            assert_eq!(normalize(value), Err(Fault::of_value(FaultCode::VatId, value)), "{value}");
        }
    }

    proptest! {
        #[test]
        fn every_german_number_has_exactly_one_check_digit(number in "[1-9][0-9]{7}") {
            let valid = (0..10).filter(|digit| normalize(&format!("DE{number}{digit}")).is_ok()).count();
            prop_assert_eq!(valid, 1);
        }

        #[test]
        fn normalisation_is_idempotent(value in "(AT|BE|CHE|DE|FI|GR|IT|LU|NL|PL|RO|XI)U?[ .0-9-]{7,12}(B01|MWST|HA)?") {
            if let Ok(once) = normalize(&value) {
                prop_assert_eq!(normalize(&once), Ok(once.clone()));
            }
        }

        #[test]
        fn no_input_is_too_strange(value in r"[A-Z]{2,3}\PC{0,14}") {
            prop_assert!(normalize(&value).is_ok() || normalize(&value).is_err());
        }
    }
}
