//! Currencies after ISO 4217.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::openapi::{ObjectBuilder, RefOr, schema};

use super::{
    fault::{Fault, FaultCode},
    language::Language,
};

/// A currency of ISO 4217, written with its three letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The euro.
    pub const EUR: Self = Self(iso_currency::Currency::EUR);

    /// Reads the three letters in either case.
    ///
    /// # Errors
    /// [`FaultCode::Currency`] when ISO 4217 does not know them.
    pub fn parse(value: &str) -> Result<Self, Fault> {
        iso_currency::Currency::from_code(&value.trim().to_ascii_uppercase())
            .map(Self)
            .ok_or_else(|| Fault::of_value(FaultCode::Currency, value))
    }

    /// The three capital letters.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Decimal places of the smallest unit in circulation: 2 for EUR, 0 for JPY, 3 for KWD; 0 where the norm names none.
    pub fn minor_digits(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        Self::parse(&code).map_err(|fault| de::Error::custom(fault.detail(Language::default())))
    }
}

impl utoipa::PartialSchema for Currency {
    fn schema() -> RefOr<schema::Schema> {
        ObjectBuilder::new()
            .schema_type(schema::Type::String)
            .description(Some("Currency code after ISO 4217."))
            .pattern(Some("^[A-Z]{3}$"))
            .max_length(Some(3))
            .examples([serde_json::json!("EUR")])
            .into()
    }
}

impl utoipa::ToSchema for Currency {}

/// The code of a currency in capital letters.
///
/// # Errors
/// [`FaultCode::Currency`] when ISO 4217 does not know it.
pub fn normalize(value: &str) -> Result<String, Fault> {
    Currency::parse(value).map(|currency| currency.code().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_codes_are_accepted_in_either_case() {
        assert_eq!(normalize(" eur "), Ok("EUR".to_owned()));
        for (code, digits) in [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("CHF", 2), ("XAU", 0)] {
            assert_eq!(Currency::parse(code).map(Currency::minor_digits), Ok(digits), "{code}");
        }
        for value in ["", "EU", "EURO", "ZZZ", "€", "ＥＵＲ"] {
            assert_eq!(normalize(value), Err(Fault::of_value(FaultCode::Currency, value)), "{value}");
        }
    }

    proptest::proptest! {
        #[test]
        fn normalisation_is_idempotent(value in "[A-Za-z]{3}") {
            if let Ok(once) = normalize(&value) {
                proptest::prop_assert_eq!(normalize(&once), Ok(once.clone()));
            }
        }
    }
}
