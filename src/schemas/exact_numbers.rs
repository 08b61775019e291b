//! Numbers that would not be kept as they were written.
//!
//! Numbers are kept as double-precision floats, as RFC 8785 wants it for everything a digest is made of. What has more
//! digits than those can hold would be another number afterwards: it is refused where it stands.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::domain::fault::{Fault, FaultCode};
use crate::error::FieldError;

/// Every number is exact with so many digits.
const DIGITS_SAFE: usize = 15;

/// The faults of a JSON text that has been found readable. Looking is one pass over the bytes; only where there is
/// something to say the places are looked for.
pub fn faults(json: &[u8]) -> Vec<FieldError> {
    let mut faults = Vec::new();
    if numbers(json).any(|number| !is_exact(number))
        && let Ok(raw) = serde_json::from_slice::<&RawValue>(json)
    {
        walk(raw, "", &mut faults);
    }
    faults
}

/// The numbers of a JSON text: outside of strings only they have digits.
fn numbers(json: &[u8]) -> impl Iterator<Item = &str> {
    let mut rest = json;
    std::iter::from_fn(move || {
        loop {
            let start = rest.iter().position(|byte| matches!(byte, b'"' | b'-' | b'0'..=b'9'))?;
            rest = &rest[start..];
            if rest[0] == b'"' {
                rest = behind_string(rest);
                continue;
            }
            let is_of_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
            let end = rest.iter().position(|byte| !is_of_number(byte)).unwrap_or(rest.len());
            let (number, behind) = rest.split_at(end);
            rest = behind;
            return std::str::from_utf8(number).ok();
        }
    })
}

fn behind_string(json: &[u8]) -> &[u8] {
    let mut place = 1;
    while let Some(byte) = json.get(place) {
        match byte {
            b'\\' => place += 2,
            b'"' => return &json[place + 1..],
            _ => place += 1,
        }
    }
    &[]
}

fn walk(raw: &RawValue, place: &str, faults: &mut Vec<FieldError>) {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'{') => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap_or_default();
            for (name, member) in members {
                walk(member, &format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")), faults);
            }
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
            for (index, item) in items.into_iter().enumerate() {
                walk(item, &format!("{place}/{index}"), faults);
            }
        }
        Some(b'-' | b'0'..=b'9') if !is_exact(text) => {
            faults.push(FieldError::at_pointer(place, Fault::of_value(FaultCode::InexactNumber, text)));
        }
        _ => {}
    }
}

/// Whether the shortest text that leads to the float again is the same number.
fn is_exact(number: &str) -> bool {
    let is_short = number.len() <= DIGITS_SAFE && !number.contains(['e', 'E']);
    is_short || number.parse::<f64>().is_ok_and(|kept| decimal(number) == decimal(&format!("{kept:e}")))
}

/// The significant digits of a number, and where its point stands before them: `0.0120` and `1.2e-2` are `("12", -1)`.
fn decimal(number: &str) -> (String, i64) {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{}{fraction}", whole.trim_start_matches('-'));
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return (String::new(), 0);
    }
    let length = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX);
    let point = length(digits) - length(fraction);
    // An exponent beyond every number leads to nothing that could be equal.
    let point = exponent.parse().map_or(i64::MAX, |exponent: i64| point.saturating_add(exponent));
    (digits.trim_end_matches('0').to_owned(), point)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_exact_if_it_comes_back_as_it_was() {
        for exact in
            ["0", "-0", "-0.0", "0.1", "1e3", "1E+3", "0.30000000000000004", "9007199254740992", "1e23", "5e-324"]
        {
            assert!(is_exact(exact), "{exact}");
        }
        for exact in
            ["100000000000000000000", "0e99999999999999999999", "1.50000000000000000000000", "0.00000000000000000015"]
        {
            assert!(is_exact(exact), "{exact}");
        }
        for inexact in
            ["9007199254740993", "0.10000000000000001", "123456789.123456789", "1e-400", "-1e-99999999999999999999"]
        {
            assert!(!is_exact(inexact), "{inexact}");
        }
    }

    #[test]
    fn the_places_are_named_and_strings_left_alone() {
        let json = br#"{"a": "12345678901234567890 \" 0.1234567890123456789", "12345678901234567890": [1.5, {"b/c": -9007199254740993}]}"#;
        let found: Vec<_> = faults(json).into_iter().map(|fault| fault.location).collect();
        assert_eq!(found, [crate::error::Location::Pointer("/12345678901234567890/1/b~1c".to_owned())]);
        assert_eq!(faults(br#"{"a": "12345678901234567890\\", "b": 1}"#), []);
    }
}
