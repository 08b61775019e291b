//! Payloads of own event kinds, and the JSON Schemas that describe them.

use std::collections::HashMap;

use serde_json::Value;

use super::fault::{Fault, FaultCode};

/// Parts of a schema, those behind references counted each time: what checking one payload can cost.
pub const SCHEMA_PARTS_MAX: usize = 5_000;
/// The member in which a correction keeps its reason; no payload may use it otherwise.
pub const CORRECTION_REASON: &str = "correction_reason";

/// Whole numbers beyond this have neighbours that look the same in RFC 8785.
const EXACT_MAX: f64 = 9_007_199_254_740_991.0;

/// What a payload may not hold whatever its schema says, each fault with its JSON Pointer.
pub fn faults(payload: &Value) -> Vec<(String, Fault)> {
    let mut faults = Vec::new();
    if payload.get(CORRECTION_REASON).is_some() {
        faults.push((format!("/{CORRECTION_REASON}"), FaultCode::ReadOnly.into()));
    }
    walk(payload, "", &mut faults);
    faults
}

fn walk(value: &Value, place: &str, faults: &mut Vec<(String, Fault)>) {
    match value {
        Value::Number(number) if number.as_f64().is_none_or(|double| double.abs() > EXACT_MAX) => {
            faults.push((place.to_owned(), Fault::of_value(FaultCode::InexactNumber, number.to_string())));
        }
        Value::String(text) if text.contains('\0') => {
            faults.push((place.to_owned(), FaultCode::InvalidCharacter.into()))
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{place}/{index}"), faults);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let place = format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"));
                if name.contains('\0') {
                    faults.push((place.clone(), FaultCode::InvalidCharacter.into()));
                }
                walk(member, &place, faults);
            }
        }
        _ => {}
    }
}

/// Judges a schema before it is compiled: it refers to nothing outside of itself and to nothing in circles, so
/// that checking a payload always ends, and soon.
///
/// # Errors
/// [`FaultCode::SchemaReference`] or [`FaultCode::SchemaTooLarge`].
pub fn check_schema(schema: &Value) -> Result<(), Fault> {
    let mut sizes = Sizes { root: schema, known: HashMap::new() };
    match sizes.of(schema)? {
        parts if parts > SCHEMA_PARTS_MAX => {
            Err(Fault::new(FaultCode::SchemaTooLarge).with("limit", SCHEMA_PARTS_MAX.to_string()))
        }
        _ => Ok(()),
    }
}

struct Sizes<'a> {
    root: &'a Value,
    /// Of each definition; nothing while it is being counted, so that circles are seen.
    known: HashMap<&'a str, Option<usize>>,
}

impl<'a> Sizes<'a> {
    fn of(&mut self, part: &'a Value) -> Result<usize, Fault> {
        let mut parts = 1_usize;
        match part {
            Value::Array(items) => {
                for item in items {
                    parts = parts.saturating_add(self.of(item)?);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    match (name.as_str(), member) {
                        ("$ref", Value::String(target)) => parts = parts.saturating_add(self.behind(target)?),
                        ("$dynamicRef" | "$recursiveRef" | "$id" | "$anchor" | "$dynamicAnchor", Value::String(_)) => {
                            return Err(FaultCode::SchemaReference.into());
                        }
                        // Values to compare with are no schemas, whatever their members are called.
                        ("const" | "enum" | "default" | "examples", _) => {}
                        _ => parts = parts.saturating_add(self.of(member)?),
                    }
                }
            }
            _ => {}
        }
        Ok(parts)
    }

    fn behind(&mut self, target: &'a str) -> Result<usize, Fault> {
        match self.known.get(target) {
            Some(Some(parts)) => return Ok(*parts),
            Some(None) => return Err(FaultCode::SchemaReference.into()),
            None => {}
        }
        let definition = target.strip_prefix("#/$defs/").filter(|name| !name.contains(['/', '~', '%']));
        let definition = definition.and_then(|name| self.root.get("$defs")?.get(name));
        let definition = definition.ok_or_else(|| Fault::new(FaultCode::SchemaReference))?;
        self.known.insert(target, None);
        let parts = self.of(definition)?;
        self.known.insert(target, Some(parts));
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_that_would_change_are_refused_where_they_stand() {
        let payload =
            json!({"a": [1, 9_007_199_254_740_991_i64, 9_007_199_254_740_992_i64], "b": 0.1, "c": 1e300, "d/e": "x\0"});
        let found: Vec<_> = faults(&payload).into_iter().map(|(place, fault)| (place, fault.code)).collect();
        assert_eq!(
            found,
            [
                ("/a/2".to_owned(), FaultCode::InexactNumber),
                ("/c".to_owned(), FaultCode::InexactNumber),
                ("/d~1e".to_owned(), FaultCode::InvalidCharacter),
            ]
        );
    }

    #[test]
    fn schemas_end_in_themselves() {
        for schema in [
            json!({"$ref": "https://example.org/x"}),
            json!({"$ref": "#"}),
            json!({"$ref": "#/$defs/a"}),
            json!({"$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/b"}}, "b": {"$ref": "#/$defs/a"}}}),
            json!({"properties": {"a": {"$id": "https://example.org/y"}}}),
        ] {
            assert_eq!(check_schema(&schema).unwrap_err().code, FaultCode::SchemaReference, "{schema}");
        }
        assert_eq!(check_schema(&json!({"$ref": "#/$defs/a", "$defs": {"a": {"const": {"$ref": "x"}}}})), Ok(()));
    }

    #[test]
    fn references_to_references_do_not_explode() {
        let mut definitions = serde_json::Map::new();
        definitions.insert("d0".to_owned(), json!({"type": "string"}));
        for level in 1..40 {
            let below = json!({"$ref": format!("#/$defs/d{}", level - 1)});
            definitions.insert(format!("d{level}"), json!({"allOf": [below.clone(), below]}));
        }
        let schema = json!({"$ref": "#/$defs/d39", "$defs": definitions});
        assert_eq!(check_schema(&schema).unwrap_err().code, FaultCode::SchemaTooLarge);
    }
}
