//! Exact decimal numbers, such as quantities and percentages.

use rust_decimal::Decimal;

use super::fault::{Fault, FaultCode};

/// Reads a decimal number of at most 28 digits: an optional minus, digits, and a decimal point between digits.
///
/// # Errors
/// [`FaultCode::Decimal`] for anything else, exponents, thousands separators and decimal commas included.
pub fn parse(value: &str) -> Result<Decimal, Fault> {
    let fault = || Fault::of_value(FaultCode::Decimal, value);
    let magnitude = value.trim().strip_prefix('-').unwrap_or(value.trim());
    let (whole, places) = magnitude.split_once('.').unwrap_or((magnitude, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(places) {
        return Err(fault());
    }
    Decimal::from_str_exact(value.trim()).map_err(|_| fault())
}

/// The one way to write a decimal number: no needless zeros, no minus before zero.
///
/// # Errors
/// As [`parse`].
pub fn normalize(value: &str) -> Result<String, Fault> {
    parse(value).map(|number| number.normalize().to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_have_one_form() {
        for (value, expected) in [
            ("2.5", "2.5"),
            ("2.50", "2.5"),
            (" 007.0 ", "7"),
            ("-0.00", "0"),
            ("100", "100"),
            ("-1.10", "-1.1"),
            ("0.0000000000000000000000000001", "0.0000000000000000000000000001"),
            ("79228162514264337593543950335", "79228162514264337593543950335"),
        ] {
            assert_eq!(normalize(value), Ok(expected.to_owned()), "{value}");
        }
        for value in [
            "",
            "-",
            ".",
            "1.",
            ".5",
            "1,5",
            "1.2.3",
            "+1",
            "1e3",
            "1_000",
            "1 000",
            "NaN",
            "Infinity",
            "0x10",
            "١",
            "0.00000000000000000000000000001",
            "79228162514264337593543950336",
            "--1",
        ] {
            assert_eq!(normalize(value), Err(Fault::of_value(FaultCode::Decimal, value)), "{value}");
        }
    }

    proptest! {
        #[test]
        fn normalisation_is_idempotent_and_keeps_the_value(value in r"-?[0-9]{1,20}(\.[0-9]{1,8})?") {
            let once = normalize(&value).unwrap();
            prop_assert_eq!(normalize(&once), Ok(once.clone()));
            prop_assert_eq!(parse(&once), parse(&value));
        }
    }
}
