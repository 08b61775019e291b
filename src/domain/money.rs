//! Amounts of money: exact, never a float, never of two currencies at once.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeStruct};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, schema::Schema},
};

use super::{
    currency::Currency,
    fault::{Fault, FaultCode},
    language::Language,
};

/// Decimal places an amount can have: enough for unit prices and for every currency.
pub const SCALE: u32 = 4;
/// The largest amount, 99999999999999.9999, in units of the last place.
pub const MAX_SCALED: i64 = 999_999_999_999_999_999;
/// What an amount looks like on the wire.
pub const AMOUNT_PATTERN: &str = r"^-?(0|[1-9][0-9]{0,13})(\.[0-9]{1,4})?$";

const UNIT: i64 = 10_i64.pow(SCALE);
const LARGEST: &str = "99999999999999.9999";

/// An amount in one currency, stored as two columns: ten-thousandths in 64 bits and the currency code.
///
/// On the wire `{"amount": "1234.50", "currency": "EUR"}`: a decimal string with at least the decimal places
/// of the currency's smallest unit and at most four. Deliberately without an order and without `+`:
/// amounts of two currencies have neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// The amount in ten-thousandths.
    pub amount_scaled: i64,
    /// Its currency.
    pub currency: Currency,
}

impl Money {
    /// From what the database keeps.
    pub fn from_scaled(amount_scaled: i64, currency: Currency) -> Self {
        Self { amount_scaled, currency }
    }

    /// Nothing, in a currency.
    pub fn zero(currency: Currency) -> Self {
        Self::from_scaled(0, currency)
    }

    /// Reads an amount and a currency code as they stand on the wire.
    ///
    /// # Errors
    /// [`FaultCode::Money`], [`FaultCode::TooLarge`] or [`FaultCode::TooSmall`] for the amount,
    /// [`FaultCode::Currency`] for the currency.
    pub fn parse(amount: &str, currency: &str) -> Result<Self, Fault> {
        Ok(Self { amount_scaled: parse_amount(amount)?, currency: Currency::parse(currency)? })
    }

    /// The amount as it stands on the wire.
    pub fn amount(self) -> String {
        let magnitude = self.amount_scaled.unsigned_abs();
        let sign = if self.amount_scaled < 0 { "-" } else { "" };
        let whole = magnitude / UNIT.unsigned_abs();
        let mut places = format!("{:04}", magnitude % UNIT.unsigned_abs());
        let shortest = self.currency.minor_digits().min(SCALE) as usize;
        while places.len() > shortest && places.ends_with('0') {
            places.pop();
        }
        if places.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{places}") }
    }

    /// The sum; `None` for two currencies or beyond the range of amounts.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let sum = self.amount_scaled.checked_add(other.amount_scaled)?;
        (self.currency == other.currency).then(|| self.within_range(i128::from(sum)))?
    }

    /// The difference; `None` for two currencies or beyond the range of amounts.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        let difference = self.amount_scaled.checked_sub(other.amount_scaled)?;
        (self.currency == other.currency).then(|| self.within_range(i128::from(difference)))?
    }

    /// The amount times a quantity or rate, rounded to four places, halves away from zero; `None` beyond the range.
    pub fn checked_mul(self, factor: Decimal) -> Option<Self> {
        let product = i128::from(self.amount_scaled).checked_mul(factor.mantissa())?;
        self.within_range(divide_rounding(product, 10_i128.pow(factor.scale())))
    }

    /// The amount rounded to the currency's smallest unit, halves away from zero (kaufmännisches Runden, DIN 1333);
    /// `None` beyond the range of amounts.
    pub fn rounded(self) -> Option<Self> {
        let unit = 10_i128.pow(SCALE - self.currency.minor_digits().min(SCALE));
        self.within_range(divide_rounding(i128::from(self.amount_scaled), unit) * unit)
    }

    fn within_range(self, amount_scaled: i128) -> Option<Self> {
        let amount_scaled = i64::try_from(amount_scaled).ok()?;
        (-MAX_SCALED..=MAX_SCALED).contains(&amount_scaled).then_some(Self { amount_scaled, ..self })
    }
}

fn divide_rounding(dividend: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (dividend / divisor, dividend % divisor);
    if rest.abs() * 2 >= divisor { quotient + dividend.signum() } else { quotient }
}

fn parse_amount(amount: &str) -> Result<i64, Fault> {
    let fault = || Fault::of_value(FaultCode::Money, amount).with("digits", SCALE.to_string());
    let (negative, magnitude) = amount.strip_prefix('-').map_or((false, amount), |rest| (true, rest));
    let (whole, places) = match magnitude.split_once('.') {
        Some((whole, places)) if !places.is_empty() => (whole, places),
        Some(_) => return Err(fault()),
        None => (magnitude, ""),
    };
    let digits_only = whole.bytes().chain(places.bytes()).all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits_only || (whole.len() > 1 && whole.starts_with('0')) || places.len() > SCALE as usize
    {
        return Err(fault());
    }
    let scaled: Option<i64> = format!("{whole}{places:0<4}").parse().ok().filter(|scaled| *scaled <= MAX_SCALED);
    match (scaled, negative) {
        (Some(scaled), true) => Ok(-scaled),
        (Some(scaled), false) => Ok(scaled),
        (None, true) => Err(Fault::of_value(FaultCode::TooSmall, amount).with("limit", format!("-{LARGEST}"))),
        (None, false) => Err(Fault::of_value(FaultCode::TooLarge, amount).with("limit", LARGEST)),
    }
}

impl fmt::Display for Money {
    /// `1234.50 EUR`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.amount(), self.currency)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Money", 2)?;
        object.serialize_field("amount", &self.amount())?;
        object.serialize_field("currency", &self.currency)?;
        object.end()
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = MoneyOnTheWire::deserialize(deserializer)?;
        Self::parse(&wire.amount.0, &wire.currency)
            .map_err(|fault| de::Error::custom(fault.detail(Language::default())))
    }
}

/// An exact amount of money in one currency.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MoneyOnTheWire {
    /// Exact decimal number as a string, never a JSON number; answers carry at least the decimal places of the currency.
    #[schema(value_type = String, pattern = r"^-?(0|[1-9][0-9]{0,13})(\.[0-9]{1,4})?$", max_length = 20, examples("1234.50", "-0.5"))]
    amount: AmountText,
    /// Currency code after ISO 4217.
    #[schema(format = "currency", pattern = "^[A-Z]{3}$", max_length = 3, examples("EUR", "CHF"))]
    currency: String,
}

impl PartialSchema for Money {
    fn schema() -> RefOr<Schema> {
        MoneyOnTheWire::schema()
    }
}

impl ToSchema for Money {}

/// The amount before it is read; a JSON number is refused with the reason.
struct AmountText(String);

impl<'de> Deserialize<'de> for AmountText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AmountVisitor)
    }
}

struct AmountVisitor;

impl AmountVisitor {
    fn refuse<E: de::Error>() -> Result<AmountText, E> {
        Err(E::custom(Fault::new(FaultCode::MoneyNumber).detail(Language::default())))
    }
}

impl de::Visitor<'_> for AmountVisitor {
    type Value = AmountText;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a decimal number as a string")
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<AmountText, E> {
        Ok(AmountText(value.to_owned()))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<AmountText, E> {
        Self::refuse()
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<AmountText, E> {
        Self::refuse()
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<AmountText, E> {
        Self::refuse()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn money(amount: &str, currency: &str) -> Money {
        Money::parse(amount, currency).unwrap()
    }

    #[test]
    fn amounts_keep_the_places_of_their_currency() {
        for (amount, currency, scaled, printed) in [
            ("1234.50", "EUR", 12_345_000, "1234.50"),
            ("1234.5", "EUR", 12_345_000, "1234.50"),
            ("0.0001", "EUR", 1, "0.0001"),
            ("-0.5", "EUR", -5_000, "-0.50"),
            ("-0", "EUR", 0, "0.00"),
            ("1000", "JPY", 10_000_000, "1000"),
            ("1000.5", "JPY", 10_005_000, "1000.5"),
            ("1.2", "KWD", 12_000, "1.200"),
            ("99999999999999.9999", "EUR", MAX_SCALED, "99999999999999.9999"),
            ("-99999999999999.9999", "EUR", -MAX_SCALED, "-99999999999999.9999"),
        ] {
            let money = money(amount, currency);
            assert_eq!((money.amount_scaled, money.amount().as_str()), (scaled, printed), "{amount}");
        }
        assert_eq!(Money::from_scaled(i64::MIN, Currency::EUR).amount(), "-922337203685477.5808");
    }

    #[test]
    fn inexact_or_malformed_amounts_are_refused() {
        for amount in [
            "", "-", ".", ".5", "5.", "1,5", "1.23456", "01", "00", "+1", "--1", " 1", "1e3", "١", "1_000", "NaN",
            "0x1", "1.2.3",
        ] {
            let fault = Money::parse(amount, "EUR").unwrap_err();
            assert_eq!((fault.code, fault.params["digits"].as_str()), (FaultCode::Money, "4"), "{amount}");
        }
        let code = |amount: &str| Money::parse(amount, "EUR").unwrap_err().code;
        assert_eq!(code("100000000000000"), FaultCode::TooLarge);
        assert_eq!(code(&"9".repeat(40)), FaultCode::TooLarge);
        assert_eq!(code("-100000000000000.0000"), FaultCode::TooSmall);
        assert_eq!(Money::parse("1", "EURO").unwrap_err().code, FaultCode::Currency);
    }

    #[test]
    fn the_wire_form_is_a_string_and_numbers_are_refused_with_the_reason() {
        let wire = json!({"amount": "1234.50", "currency": "EUR"});
        let read: Money = serde_json::from_value(wire.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), wire);
        for amount in [json!(1234.5), json!(1234), json!(-1)] {
            let error = serde_json::from_value::<Money>(json!({"amount": amount, "currency": "EUR"})).unwrap_err();
            assert!(error.to_string().contains("as a string"), "{error}");
        }
        assert!(serde_json::from_value::<Money>(json!({"amount": "1", "currency": "EUR", "x": 1})).is_err());
        assert!(serde_json::from_value::<Money>(json!({"amount": null, "currency": "EUR"})).is_err());
        assert!(serde_json::from_value::<Money>(json!({"amount": "1"})).is_err());
    }

    #[test]
    fn the_schema_is_a_described_component() {
        assert_eq!(Money::name(), "Money");
        let schema = serde_json::to_value(Money::schema()).unwrap();
        assert_eq!(schema["properties"]["amount"]["pattern"], json!(AMOUNT_PATTERN));
        assert_eq!(schema["properties"]["amount"]["type"], json!("string"));
        assert_eq!(schema["properties"]["currency"]["format"], json!("currency"));
        assert_eq!(schema["required"], json!(["amount", "currency"]));
        assert!(schema["description"].as_str().is_some_and(|text| text.starts_with("An exact amount")));
    }

    #[test]
    fn arithmetic_is_exact_and_never_mixes_currencies() {
        assert_eq!(money("0.10", "EUR").checked_add(money("0.20", "EUR")), Some(money("0.30", "EUR")));
        assert_eq!(money("0.10", "EUR").checked_sub(money("0.20", "EUR")), Some(money("-0.10", "EUR")));
        assert_eq!(money("1", "EUR").checked_add(money("1", "CHF")), None);
        assert_eq!(money("1", "EUR").checked_sub(money("1", "CHF")), None);
        assert_eq!(Money::from_scaled(MAX_SCALED, Currency::EUR).checked_add(money("0.0001", "EUR")), None);
        assert_eq!(money("19.99", "EUR").checked_mul(Decimal::new(3, 0)), Some(money("59.97", "EUR")));
        assert_eq!(money("100", "EUR").checked_mul(Decimal::new(19, 2)), Some(money("19.00", "EUR")));
        assert_eq!(Money::from_scaled(MAX_SCALED, Currency::EUR).checked_mul(Decimal::MAX), None);
        for (amount, currency, expected) in
            [("0.005", "EUR", "0.01"), ("-0.005", "EUR", "-0.01"), ("0.0049", "EUR", "0"), ("0.5", "JPY", "1")]
        {
            assert_eq!(money(amount, currency).rounded(), Some(money(expected, currency)), "{amount}");
        }
        assert_eq!(Money::from_scaled(MAX_SCALED, Currency::EUR).rounded(), None);
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(scaled in -MAX_SCALED..=MAX_SCALED, currency in "EUR|JPY|KWD|CLF") {
            let money = Money::from_scaled(scaled, Currency::parse(&currency).unwrap());
            prop_assert_eq!(Money::parse(&money.amount(), &currency), Ok(money));
            let wire = serde_json::to_string(&money).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&wire).unwrap(), money);
        }

        #[test]
        fn exactly_the_amounts_of_the_pattern_are_read(amount in r"-?[0-9]{0,16}\.?[0-9]{0,6}") {
            let form = matches_pattern(&amount);
            prop_assert_eq!(Money::parse(&amount, "EUR").is_ok(), form, "{}", amount);
        }

        #[test]
        fn adding_and_subtracting_undo_each_other(a in -MAX_SCALED / 2..MAX_SCALED / 2, b in -MAX_SCALED / 2..MAX_SCALED / 2) {
            let (a, b) = (Money::from_scaled(a, Currency::EUR), Money::from_scaled(b, Currency::EUR));
            prop_assert_eq!(a.checked_add(b).and_then(|sum| sum.checked_sub(b)), Some(a));
        }
    }

    /// [`AMOUNT_PATTERN`] as a validator of the contract reads it.
    fn matches_pattern(amount: &str) -> bool {
        jsonschema::is_valid(&json!({"type": "string", "pattern": AMOUNT_PATTERN}), &json!(amount))
    }
}
