//! Values as texts whose byte order is their order, on both databases alike.

use rust_decimal::Decimal;

/// Digits in front of the point: as many as a decimal can have.
const WHOLE: usize = 29;
/// Behind every digit.
const LAST: char = '~';

/// A text per number: it sorts like the number, and equal numbers have the same one, however they are written.
///
/// Whole digits are filled up with zeros. Those of a negative number are turned round (9 becomes 0), because there the
/// larger magnitude comes first.
pub fn decimal_key(number: Decimal) -> String {
    let number = number.normalize();
    let magnitude = number.abs().to_string();
    let (whole, places) = magnitude.split_once('.').unwrap_or((&magnitude, ""));
    let digits = format!("{whole:0>WHOLE$}{places}");
    if number.is_sign_negative() && !number.is_zero() {
        let turned: String = digits.bytes().map(|digit| char::from(b'0' + b'9' - digit)).collect();
        format!("0{turned}{LAST}")
    } else {
        format!("1{digits}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(number: &str) -> String {
        decimal_key(number.parse().unwrap())
    }

    #[test]
    fn numbers_are_in_their_order() {
        let numbers = [
            "-79228162514264337593543950335",
            "-100",
            "-10",
            "-9.51",
            "-9.5",
            "-9",
            "-0.1",
            "-0.01",
            "0",
            "0.01",
            "0.1",
            "0.11",
            "1",
            "9",
            "10",
            "10.0001",
            "100",
            "79228162514264337593543950335",
        ];
        let keys: Vec<String> = numbers.iter().map(|number| key(number)).collect();
        assert!(keys.is_sorted_by(|one, next| one < next), "{keys:?}");
        assert_eq!(key("1.50"), key("1.5"));
        assert_eq!(key("-0.00"), key("0"));
    }

    proptest! {
        #[test]
        fn keys_compare_like_numbers(
            one in (-999_999_999_i64..999_999_999, 0_u32..8), other in (-999_999_999_i64..999_999_999, 0_u32..8),
        ) {
            let (one, other) = (Decimal::new(one.0, one.1), Decimal::new(other.0, other.1));
            prop_assert_eq!(decimal_key(one).cmp(&decimal_key(other)), one.cmp(&other));
        }
    }
}
