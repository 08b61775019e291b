//! Which values a field takes, and the one form each value has.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{FieldType, decimal_key};
use crate::domain::currency::Currency;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::domain::sort_key::sort_key;
use crate::domain::{date, decimal, email, web_address};

/// Whole numbers beyond this have neighbours that look the same to a reader of JSON.
const INTEGER_MAX: i64 = 9_007_199_254_740_991;

/// Where below a value something is wrong, as the end of a JSON pointer, and what.
pub type Misfit = (String, Fault);

/// An option of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// How values name it.
    pub key: String,
    /// It can no longer be chosen.
    pub archived: bool,
}

/// What a field takes beyond its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// What its values are.
    pub kind: FieldType,
    /// The smallest or earliest value, as it is written.
    pub minimum: Option<String>,
    /// The largest or latest value, as it is written.
    pub maximum: Option<String>,
    /// Characters at most.
    pub max_length: Option<u32>,
    /// The only currency.
    pub currency: Option<Currency>,
    /// What can be chosen, in its order.
    pub options: Vec<Choice>,
}

impl Rules {
    /// A value in its one form, or everything that is wrong with it. Options `kept` names may have been archived since.
    pub fn normalize(&self, value: &Value, kept: Option<&Value>) -> Result<Value, Vec<Misfit>> {
        let value = match (self.kind, value) {
            (FieldType::ManyOf, _) => self.chosen(value, kept),
            (FieldType::Money, _) => self.amount(value),
            (FieldType::Integer, Value::Number(_)) => self.whole(value).map_err(at_root),
            (FieldType::Integer, _) => Err(at_root(mistyped("integer"))),
            (FieldType::Boolean, Value::Bool(_)) => Ok(value.clone()),
            (FieldType::Boolean, _) => Err(at_root(mistyped("boolean"))),
            (_, Value::String(text)) => self.text(text, kept).map(Value::String).map_err(at_root),
            _ => Err(at_root(mistyped("string"))),
        }?;
        self.within_limits(&value)?;
        Ok(value)
    }

    /// A value as text that is compared for equality. Values have their one form.
    pub fn compared(&self, value: &Value) -> String {
        match value {
            Value::String(text) => text.clone(),
            Value::Object(money) => {
                let part = |name| money.get(name).and_then(Value::as_str).unwrap_or_default();
                format!("{} {}", part("currency"), part("amount"))
            }
            other => other.to_string(),
        }
    }

    /// A value as text that has its order. Values have their one form.
    pub fn ordered(&self, value: &Value) -> String {
        let number = |text: &str| decimal::parse(text).map(decimal_key).unwrap_or_default();
        match (self.kind, value) {
            (FieldType::Text, Value::String(text)) => sort_key(text),
            (FieldType::Decimal, Value::String(text)) => number(text),
            (FieldType::Integer, number_of) => number(&number_of.to_string()),
            (FieldType::Money, money) => number(money.get("amount").and_then(Value::as_str).unwrap_or_default()),
            (FieldType::OneOf | FieldType::ManyOf, Value::String(key)) => {
                let place = self.options.iter().position(|option| option.key == *key);
                format!("{:04}", place.unwrap_or(self.options.len()))
            }
            _ => self.compared(value),
        }
    }

    /// The order of a limit, or of the bound of a range that is asked for: a number, a day or a point in time.
    ///
    /// # Errors
    /// What is no value of the type; [`FaultCode::NotForType`] for types that have no range.
    pub fn bound(&self, text: &str) -> Result<String, Fault> {
        match self.kind {
            FieldType::Integer | FieldType::Decimal | FieldType::Money => decimal::parse(text).map(decimal_key),
            FieldType::Date => date::parse(text).map(|day| day.to_string()),
            FieldType::Instant => instant(text),
            other => Err(Fault::of_value(FaultCode::NotForType, other.as_str())),
        }
    }

    /// A value as a list is asked for it, as text that is compared for equality. Limits do not count: what is stored may
    /// be older than they are.
    ///
    /// # Errors
    /// What is no value of the type.
    pub fn looked_for(&self, text: &str) -> Result<String, Fault> {
        let unlimited = Self { minimum: None, maximum: None, max_length: None, currency: None, ..self.clone() };
        let value = match self.kind {
            FieldType::Integer => json!(text.parse::<i64>().map_err(|_| mistyped("integer"))?),
            FieldType::Boolean => json!(text.parse::<bool>().map_err(|_| mistyped("boolean"))?),
            FieldType::Money => {
                let (amount, currency) = text.split_once(' ').unwrap_or((text, ""));
                json!({ "amount": amount, "currency": currency })
            }
            FieldType::ManyOf => return self.choice(text, |_| true),
            _ => json!(text),
        };
        let normal = unlimited.normalize(&value, Some(&value));
        normal.map(|value| self.compared(&value)).map_err(|misfits| match misfits.into_iter().next() {
            Some((_, fault)) => fault,
            None => FaultCode::Unfitting.into(),
        })
    }

    /// The currency a list is asked for.
    ///
    /// # Errors
    /// [`FaultCode::Currency`]
    pub fn currency_looked_for(&self, text: &str) -> Result<String, Fault> {
        Currency::parse(text).map(|currency| currency.code().to_owned())
    }

    fn text(&self, text: &str, kept: Option<&Value>) -> Result<String, Fault> {
        if text.contains('\0') {
            return Err(FaultCode::InvalidCharacter.into());
        }
        match self.kind {
            FieldType::Decimal => decimal::normalize(text),
            FieldType::Date => date::parse(text).map(|day| day.to_string()),
            FieldType::Instant => instant(text),
            FieldType::Url => web_address::normalize(text),
            FieldType::Email => email::normalize(text),
            FieldType::Customer => {
                let id = Uuid::try_parse(text).map_err(|_| Fault::of_value(FaultCode::Uuid, shown(text)))?;
                Ok(id.to_string())
            }
            FieldType::OneOf => self.choice(text, |key| kept.is_some_and(|kept| kept == key)),
            _ if text.trim().is_empty() => Err(FaultCode::Blank.into()),
            _ => Ok(text.to_owned()),
        }
    }

    fn choice(&self, key: &str, is_kept: impl Fn(&str) -> bool) -> Result<String, Fault> {
        let known = self.options.iter().any(|option| option.key == key && (!option.archived || is_kept(key)));
        if known {
            return Ok(key.to_owned());
        }
        let open = self.options.iter().filter(|option| !option.archived).map(|option| option.key.as_str());
        Err(Fault::new(FaultCode::NotOneOf).with("allowed", open.collect::<Vec<_>>().join(", ")))
    }

    /// The options that were chosen, in their order.
    fn chosen(&self, value: &Value, kept: Option<&Value>) -> Result<Value, Vec<Misfit>> {
        let Value::Array(keys) = value else { return Err(at_root(mistyped("array"))) };
        let kept = kept.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut faults = Vec::new();
        for (index, key) in keys.iter().enumerate() {
            let fault = match key {
                Value::String(key) => self.choice(key, |key| kept.iter().any(|kept| kept == key)).err(),
                _ => Some(mistyped("string")),
            };
            let repeated = keys[..index].contains(key).then(|| FaultCode::Duplicate.into());
            faults.extend(fault.or(repeated).map(|fault| (format!("/{index}"), fault)));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let in_order = self.options.iter().filter(|option| keys.iter().any(|key| *key == option.key));
        Ok(in_order.map(|option| json!(option.key)).collect())
    }

    fn whole(&self, value: &Value) -> Result<Value, Fault> {
        // `5.0` is the same number as `5`.
        let as_float = || value.as_f64().filter(|float| float.fract() == 0.0 && float.abs() <= INTEGER_MAX as f64);
        let number = value.as_i64().or_else(|| as_float().map(|float| float as i64));
        match number {
            Some(number) if number > INTEGER_MAX => Err(limit(FaultCode::TooLarge, INTEGER_MAX)),
            Some(number) if number < -INTEGER_MAX => Err(limit(FaultCode::TooSmall, -INTEGER_MAX)),
            Some(number) => Ok(json!(number)),
            None => Err(mistyped("integer")),
        }
    }

    fn amount(&self, value: &Value) -> Result<Value, Vec<Misfit>> {
        let Value::Object(members) = value else { return Err(at_root(mistyped("object"))) };
        let mut faults: Vec<Misfit> = members
            .keys()
            .filter(|name| !matches!(name.as_str(), "amount" | "currency"))
            .map(|name| (format!("/{}", name.replace('~', "~0").replace('/', "~1")), FaultCode::UnknownField.into()))
            .collect();
        let mut part = |name: &str, fault: FaultCode| match members.get(name) {
            Some(Value::String(text)) => Some(text.as_str()),
            Some(Value::Number(_)) if name == "amount" => {
                faults.push(("/amount".to_owned(), fault.into()));
                None
            }
            None | Some(Value::Null) => {
                faults.push((format!("/{name}"), FaultCode::Required.into()));
                None
            }
            Some(_) => {
                faults.push((format!("/{name}"), mistyped("string")));
                None
            }
        };
        let (amount, currency) = (part("amount", FaultCode::MoneyNumber), part("currency", FaultCode::Type));
        let (Some(amount), Some(code)) = (amount, currency) else { return Err(faults) };
        match Currency::parse(code) {
            Err(fault) => faults.push(("/currency".to_owned(), fault)),
            Ok(currency) if self.currency.is_some_and(|only| only != currency) => {
                let allowed = self.currency.map(|only| only.code().to_owned()).unwrap_or_default();
                faults.push(("/currency".to_owned(), Fault::new(FaultCode::NotOneOf).with("allowed", allowed)));
            }
            Ok(_) => {}
        }
        match Money::parse(amount, code) {
            Ok(money) if faults.is_empty() => Ok(json!(money)),
            Err(fault) if fault.code != FaultCode::Currency => {
                faults.push(("/amount".to_owned(), fault));
                Err(faults)
            }
            _ => Err(faults),
        }
    }

    fn within_limits(&self, value: &Value) -> Result<(), Vec<Misfit>> {
        if let (Some(max), Value::String(text)) = (self.max_length.or(self.kind.longest()), value)
            && text.chars().count() > max as usize
        {
            return Err(at_root(limit(FaultCode::TooLong, max)));
        }
        let place = if self.kind == FieldType::Money { "/amount" } else { "" };
        let beyond = |bound: &Option<String>, is_beyond: fn(&str, &str) -> bool, code| {
            let written = bound.as_deref()?;
            let bound = self.bound(written).ok()?;
            is_beyond(&self.ordered(value), &bound).then(|| vec![(place.to_owned(), limit(code, written))])
        };
        let small = beyond(&self.minimum, |value, bound| value < bound, FaultCode::TooSmall);
        match small.or_else(|| beyond(&self.maximum, |value, bound| value > bound, FaultCode::TooLarge)) {
            Some(faults) => Err(faults),
            None => Ok(()),
        }
    }
}

fn instant(text: &str) -> Result<String, Fault> {
    let instant = Instant::parse(text).ok_or_else(|| Fault::of_value(FaultCode::Instant, shown(text)))?;
    Ok(instant.to_string())
}

fn mistyped(expected: &str) -> Fault {
    Fault::new(FaultCode::Type).with("expected", expected)
}

fn limit(code: FaultCode, limit: impl ToString) -> Fault {
    Fault::new(code).with("limit", limit.to_string())
}

fn at_root(fault: Fault) -> Vec<Misfit> {
    vec![(String::new(), fault)]
}

fn shown(text: &str) -> String {
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(kind: FieldType) -> Rules {
        let option = |key: &str, archived| Choice { key: key.to_owned(), archived };
        Rules {
            kind,
            minimum: None,
            maximum: None,
            max_length: None,
            currency: None,
            options: vec![option("low", false), option("old", true), option("high", false)],
        }
    }

    fn fault(rules: &Rules, value: Value) -> (String, FaultCode) {
        let faults = rules.normalize(&value, None).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        (faults[0].0.clone(), faults[0].1.code)
    }

    #[test]
    fn values_have_one_form() {
        for (kind, sent, kept) in [
            (FieldType::Text, json!(" a b "), json!(" a b ")),
            (FieldType::Integer, json!(5.0), json!(5)),
            (FieldType::Decimal, json!("007.50"), json!("7.5")),
            (FieldType::Money, json!({"amount": "5", "currency": "EUR"}), json!({"amount": "5.00", "currency": "EUR"})),
            (FieldType::Boolean, json!(true), json!(true)),
            (FieldType::Date, json!("2026-02-28"), json!("2026-02-28")),
            (FieldType::Instant, json!("2026-11-20T14:05:00+01:00"), json!("2026-11-20T13:05:00.000000Z")),
            (FieldType::OneOf, json!("high"), json!("high")),
            (FieldType::ManyOf, json!(["high", "low"]), json!(["low", "high"])),
            (FieldType::Url, json!("Example.org"), json!("https://example.org/")),
            (
                FieldType::Customer,
                json!("019AA3C8-7B1E-7C3D-8F4E-5A6B7C8D9E0F"),
                json!("019aa3c8-7b1e-7c3d-8f4e-5a6b7c8d9e0f"),
            ),
        ] {
            let rules = rules(kind);
            let once = rules.normalize(&sent, None).unwrap_or_else(|faults| panic!("{kind}: {faults:?}"));
            assert_eq!(once, kept, "{kind}");
            assert_eq!(rules.normalize(&once, None), Ok(kept), "{kind}: once more");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (kind, sent, place, code) in [
            (FieldType::Text, json!(5), "", FaultCode::Type),
            (FieldType::Text, json!(" "), "", FaultCode::Blank),
            (FieldType::Text, json!("a\0"), "", FaultCode::InvalidCharacter),
            (FieldType::Text, json!("x".repeat(501)), "", FaultCode::TooLong),
            (FieldType::Integer, json!("5"), "", FaultCode::Type),
            (FieldType::Integer, json!(5.5), "", FaultCode::Type),
            (FieldType::Integer, json!(9_007_199_254_740_992_i64), "", FaultCode::TooLarge),
            (FieldType::Decimal, json!("1,5"), "", FaultCode::Decimal),
            (FieldType::Decimal, json!(1.5), "", FaultCode::Type),
            (FieldType::Money, json!({"amount": 5, "currency": "EUR"}), "/amount", FaultCode::MoneyNumber),
            (FieldType::Money, json!({"amount": "5"}), "/currency", FaultCode::Required),
            (FieldType::Money, json!({"amount": "5", "currency": "Euro"}), "/currency", FaultCode::Currency),
            (FieldType::Money, json!({"amount": "5,0", "currency": "EUR"}), "/amount", FaultCode::Money),
            (FieldType::Money, json!({"amount": "5", "currency": "EUR", "x": 1}), "/x", FaultCode::UnknownField),
            (FieldType::Boolean, json!("true"), "", FaultCode::Type),
            (FieldType::Date, json!("28.02.2026"), "", FaultCode::Date),
            (FieldType::Instant, json!("2026-11-20"), "", FaultCode::Instant),
            (FieldType::OneOf, json!("old"), "", FaultCode::NotOneOf),
            (FieldType::ManyOf, json!("low"), "", FaultCode::Type),
            (FieldType::ManyOf, json!(["low", "old"]), "/1", FaultCode::NotOneOf),
            (FieldType::ManyOf, json!(["low", "low"]), "/1", FaultCode::Duplicate),
            (FieldType::Url, json!("none"), "", FaultCode::Url),
            (FieldType::Email, json!("anna@"), "", FaultCode::Email),
            (FieldType::Customer, json!("4711"), "", FaultCode::Uuid),
        ] {
            assert_eq!(fault(&rules(kind), sent.clone()), (place.to_owned(), code), "{kind}: {sent}");
        }
    }

    #[test]
    fn an_archived_option_stays_where_it_was_chosen() {
        let one = rules(FieldType::OneOf);
        assert_eq!(one.normalize(&json!("old"), Some(&json!("old"))), Ok(json!("old")));
        let many = rules(FieldType::ManyOf);
        assert_eq!(many.normalize(&json!(["high", "old"]), Some(&json!(["old"]))), Ok(json!(["old", "high"])));
    }

    #[test]
    fn limits_are_part_of_what_is_allowed() {
        for (kind, low, inside, high) in [
            (FieldType::Integer, json!(9), [json!(10), json!(20)], json!(21)),
            (FieldType::Decimal, json!("9.99"), [json!("10.00"), json!("20")], json!("20.01")),
        ] {
            let rules = Rules { minimum: Some("10".into()), maximum: Some("20".into()), ..rules(kind) };
            assert_eq!(fault(&rules, low).1, FaultCode::TooSmall);
            assert_eq!(fault(&rules, high).1, FaultCode::TooLarge);
            inside.iter().for_each(|value| assert!(rules.normalize(value, None).is_ok()));
        }
        let day = Rules { minimum: Some("2026-01-01".into()), ..rules(FieldType::Date) };
        assert_eq!(fault(&day, json!("2025-12-31")).1, FaultCode::TooSmall);
        let euro = Currency::parse("EUR").ok();
        let money = Rules { minimum: Some("0".into()), currency: euro, ..rules(FieldType::Money) };
        assert_eq!(fault(&money, json!({"amount": "-1", "currency": "EUR"})), ("/amount".into(), FaultCode::TooSmall));
        assert_eq!(fault(&money, json!({"amount": "1", "currency": "CHF"})), ("/currency".into(), FaultCode::NotOneOf));
    }

    #[test]
    fn options_are_ordered_as_they_stand() {
        let rules = rules(FieldType::OneOf);
        assert!(rules.ordered(&json!("low")) < rules.ordered(&json!("old")));
        assert!(rules.ordered(&json!("old")) < rules.ordered(&json!("high")));
    }
}
