//! The formats that JSON Schemas of this product may name, and what each accepts.
//!
//! The formats JSON Schema defines itself (`email`, `date`, `date-time`, `uuid`, `uri`) mean here what the
//! product means by them, so a field of an own event kind is judged like a field of a customer.

use super::{
    country, currency, date, decimal, email,
    fault::{Fault, FaultCode},
    instant::Instant,
    language_tag, phone, vat_id, web_address,
};

/// Numbers without a country code are judged as numbers of this country, where no setting is at hand.
const COUNTRY_OF_NATIONAL_NUMBERS: &str = "DE";

/// Every format there is.
pub const NAMES: &[&str] = &[
    "country",
    "currency",
    "date",
    "date-time",
    "decimal",
    "email",
    "idn-email",
    "language",
    "phone",
    "uri",
    "uuid",
    "vat_id",
];

/// Whether `value` is of the format; `None` for a format that is not one of [`NAMES`].
pub fn check(format: &str, value: &str) -> Option<Result<(), Fault>> {
    Some(match format {
        "country" => country::normalize(value).map(drop),
        "currency" => currency::normalize(value).map(drop),
        "date" => date::parse(value).map(drop),
        "date-time" => Instant::parse(value).map(drop).ok_or_else(|| Fault::of_value(FaultCode::Instant, value)),
        "decimal" => decimal::normalize(value).map(drop),
        // Addresses with letters beyond ASCII (RFC 6531) are no "email" to a strict reader of JSON Schema.
        "email" | "idn-email" => email::normalize(value).map(drop),
        "language" => language_tag::normalize(value).map(drop),
        "phone" => phone::normalize(value, COUNTRY_OF_NATIONAL_NUMBERS).map(drop),
        "uri" => web_address::normalize(value).map(drop),
        "uuid" => check_uuid(value),
        "vat_id" => vat_id::normalize(value).map(drop),
        _ => return None,
    })
}

/// The one form of RFC 9562, section 4: 32 hexadecimal digits with four hyphens.
fn check_uuid(value: &str) -> Result<(), Fault> {
    match uuid::Uuid::try_parse(value) {
        Ok(_) if value.len() == uuid::fmt::Hyphenated::LENGTH => Ok(()),
        _ => Err(Fault::of_value(FaultCode::Uuid, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_tells_its_values_from_others() {
        let samples = [
            ("country", "DE", "Deutschland", FaultCode::Country),
            ("currency", "EUR", "Euro", FaultCode::Currency),
            ("date", "2026-11-20", "20.11.2026", FaultCode::Date),
            ("date-time", "2026-11-20T14:05:00+01:00", "2026-11-20T14:05:00", FaultCode::Instant),
            ("decimal", "2.5", "2,5", FaultCode::Decimal),
            ("email", "anna@example.org", "anna@", FaultCode::Email),
            ("idn-email", "änne@example.org", "änne@", FaultCode::Email),
            ("language", "de-AT", "Deutsch", FaultCode::LanguageTag),
            ("phone", "0171 1234567", "4711", FaultCode::Phone),
            ("uri", "https://example.org/a", "mailto:anna@example.org", FaultCode::Url),
            ("uuid", "019aa3c8-7b1e-7c3d-8f4e-5a6b7c8d9e0f", "019aa3c87b1e7c3d8f4e5a6b7c8d9e0f", FaultCode::Uuid),
            ("vat_id", "DE136695976", "DE136695977", FaultCode::CheckDigit),
        ];
        assert_eq!(samples.map(|(name, ..)| name), NAMES);
        for (name, right, wrong, code) in samples {
            assert_eq!(check(name, right), Some(Ok(())), "{name}");
            assert_eq!(check(name, wrong), Some(Err(Fault::of_value(code, wrong))), "{name}");
        }
        assert_eq!(check("ipv4", "127.0.0.1"), None);
    }

    #[test]
    fn instants_need_an_offset_and_a_year_of_four_digits() {
        for value in ["0000-06-01T00:00:00Z", "10000-01-01T00:00:00Z", "2026-11-20", "9999-12-31T23:59:59-01:00"] {
            assert!(check("date-time", value).is_some_and(|result| result.is_err()), "{value}");
        }
        for value in ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-11-20t14:05:00z"] {
            assert_eq!(check("date-time", value), Some(Ok(())), "{value}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_input_is_too_strange(value in r"\PC{0,40}") {
            for name in NAMES {
                proptest::prop_assert!(check(name, &value).is_some());
            }
        }
    }
}
