//! JSON as we accept it: no duplicate keys, bounded depth.

use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::domain::language::Sentence;

/// How deep objects and arrays may be nested.
const DEPTH_MAX: usize = 32;
/// Whole numbers up to this one are exact in a float (RFC 8259, section 6).
const INTEGER_MAX: f64 = 9_007_199_254_740_991.0;

/// Reads JSON text strictly. [`reason`] says what is wrong and where.
pub fn parse(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Nested(DEPTH_MAX).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// What the parser says, and what it means in German. The rest stays as it is: who sends JSON knows its words.
const GERMAN: &[(&str, &str)] = &[
    (TOO_DEEP, "tiefer als 32 Ebenen verschachtelt"),
    (KEY_TWICE, "ein Objekt nennt einen Namen zweimal"),
    ("EOF while parsing a list", "vorzeitiges Ende in einer Liste"),
    ("EOF while parsing an object", "vorzeitiges Ende in einem Objekt"),
    ("EOF while parsing a string", "vorzeitiges Ende in einer Zeichenkette"),
    ("EOF while parsing a value", "vorzeitiges Ende, wo ein Wert stehen müsste"),
    ("expected `:`", "`:` erwartet"),
    ("expected `,` or `]`", "`,` oder `]` erwartet"),
    ("expected `,` or `}`", "`,` oder `}` erwartet"),
    ("expected `\"`", "`\"` erwartet"),
    ("expected ident", "true, false oder null erwartet"),
    ("expected value", "Wert erwartet"),
    ("expected numeric key", "Zahl als Name erwartet"),
    ("invalid escape", "ungültige Escape-Sequenz"),
    ("invalid number", "ungültige Zahl"),
    (OUT_OF_RANGE, "Zahl außerhalb des Wertebereichs"),
    ("invalid unicode code point", "ungültiges Unicode-Zeichen"),
    ("control character (\\u0000-\\u001F) found while parsing a string", "Steuerzeichen in einer Zeichenkette"),
    ("key must be a string", "der Name muss eine Zeichenkette sein"),
    ("lone leading surrogate in hex escape", "einzelnes Surrogat in einer Escape-Sequenz"),
    ("unexpected end of hex escape", "vorzeitiges Ende einer Escape-Sequenz"),
    ("trailing comma", "überzähliges Komma"),
    ("trailing characters", "überzählige Zeichen am Ende"),
    ("recursion limit exceeded", "zu tief verschachtelt"),
];

const TOO_DEEP: &str = "nested deeper than 32 levels";
const KEY_TWICE: &str = "an object names a key twice";
const OUT_OF_RANGE: &str = "number out of range";

/// Why a text could not be read, and where, for people.
pub fn reason(error: &serde_json::Error) -> Sentence {
    let en = error.to_string();
    let what = en.split(" at line ").next().unwrap_or_default();
    let known = GERMAN.iter().find(|(english, _)| *english == what).map(|(_, german)| *german);
    let what = known.unwrap_or("nicht lesbar");
    let de = format!("{what} (Zeile {}, Spalte {})", error.line(), error.column());
    Sentence { en, de }
}

#[derive(Clone, Copy)]
struct Nested(usize);

impl Nested {
    fn deeper<E: de::Error>(self) -> Result<Self, E> {
        match self.0.checked_sub(1) {
            Some(left) => Ok(Self(left)),
            None => Err(E::custom(TOO_DEEP)),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Nested {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Nested {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        // For JSON Schema `38.0` is an integer (draft 2020-12, section 6.1.1), for typed fields it would be none.
        if value.fract() == 0.0 && value.abs() <= INTEGER_MAX {
            return Ok((value as i64).into());
        }
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom(OUT_OF_RANGE))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(inner)?;
            if object.insert(name, value).is_some() {
                return Err(de::Error::custom(KEY_TWICE));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicate_keys_depth_and_surrogates_are_refused() {
        assert!(parse(br#"{"a": 1, "a": 2}"#).is_err());
        assert!(parse("[".repeat(40).as_bytes()).is_err());
        assert!(parse(br#""\ud800""#).is_err());
        assert!(parse(b"{} {}").is_err());
        assert!(TOO_DEEP.contains(&DEPTH_MAX.to_string()));
        assert_eq!(parse(br#"{"a": [1, null, "x"]}"#).unwrap(), serde_json::json!({"a": [1, null, "x"]}));
    }

    #[test]
    fn what_is_wrong_is_told_in_both_languages() {
        let deep = "[".repeat(40);
        let texts: [&[u8]; 22] = [
            b"",
            b"[",
            b"[1",
            b"{",
            b"{\"a\"",
            b"\"a",
            b"{\"a\" 1}",
            b"[1 2]",
            b"{\"a\": 1 \"b\": 2}",
            b"nul",
            b"tru1",
            b"{'a': 1}",
            b"\"\\x\"",
            b"-",
            b"01",
            b"1e999",
            b"\"\x01\"",
            b"{1: 2}",
            b"[1,]",
            b"{} x",
            b"\"\\ud800\"",
            b"{\"a\": 1, \"a\": 2}",
        ];
        for text in texts.into_iter().chain([deep.as_bytes(), b"\"\\u12\"", b"\"\xff\"", b"{\"a\": 1,}"]) {
            let Sentence { en, de } = reason(&parse(text).unwrap_err());
            let shown = String::from_utf8_lossy(text);
            assert!(de.contains("Zeile") && !de.starts_with("nicht lesbar"), "{shown}: {en} / {de}");
        }
    }
}
