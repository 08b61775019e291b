//! Changing a record by a merge patch (RFC 7396): absent means unchanged, null means clear.
//!
//! What a caller read may be sent back: members that equal the present state are no change, whoever
//! may set them. What is left must fit the closed schema of the writable fields.

use std::marker::PhantomData;

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, schema::Schema};
use utoipa::{PartialSchema, ToSchema};

use super::shape;
use crate::domain::fault::{Fault, FaultCode};
use crate::error::{Error, FieldError, Location, Result};

/// A merge patch for a record whose writable fields are a `T`.
#[derive(Debug, Clone)]
pub struct Patch<T> {
    members: Map<String, Value>,
    fields: PhantomData<fn() -> T>,
}

impl<T: ToSchema + 'static> Patch<T> {
    /// A patch as it came in.
    pub fn new(body: Value) -> Result<Self> {
        match body {
            Value::Object(members) => Ok(Self { members, fields: PhantomData }),
            _ => Err(Error::invalid_at("", Fault::new(FaultCode::Type).with("expected", "object"))),
        }
    }

    /// The writable fields after the patch. `current` is the record as callers read it, `writable`
    /// the part of it that a `T` describes.
    pub fn apply(&self, current: &Value, writable: Value) -> Result<Value> {
        let mut patch = Value::Object(self.members.clone());
        drop_unchanged(&mut patch, current);
        let mut faults = shape::of_body::<T>()?.faults(&patch);
        for fault in &mut faults {
            refine(fault, current);
        }
        if !faults.is_empty() {
            return Err(Error::invalid(faults));
        }
        let mut merged = writable;
        merge(&mut merged, patch);
        Ok(merged)
    }
}

/// The schema of a patch, made from the schema of the whole: no field must be sent, every field a record can
/// do without can be cleared, and the fields that are fixed for ever are left out.
pub fn schema_of<T: PartialSchema>(fixed: &[&str], description: &str, example: Value) -> RefOr<Schema> {
    let mut schema = json!(T::schema());
    let mut required = Value::Null;
    if let Value::Object(object) = &mut schema {
        required = object.remove("required").unwrap_or_default();
        object.remove("example");
        object.remove("examples");
        object.insert("description".to_owned(), json!(description));
        object.insert("examples".to_owned(), json!([example]));
        object.insert("minProperties".to_owned(), json!(0));
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.retain(|name, _| !fixed.contains(&name.as_str()));
        let is_required = |name: &String| required.as_array().is_some_and(|all| all.iter().any(|it| it == name));
        properties.iter_mut().filter(|(name, _)| !is_required(name)).for_each(|(_, schema)| make_nullable(schema));
    }
    // The value was a schema before, and making members nullable keeps it one.
    serde_json::from_value(schema).unwrap_or_else(|_| T::schema())
}

fn make_nullable(schema: &mut Value) {
    let Value::Object(object) = schema else { return };
    object.remove("default");
    if let Some(Value::String(kind)) = object.get("type") {
        let kind = kind.clone();
        object.insert("type".to_owned(), json!([kind, "null"]));
    } else if let Some(reference) = object.remove("$ref") {
        object.insert("oneOf".to_owned(), json!([{ "type": "null" }, { "$ref": reference }]));
    }
}

/// An unknown field that the record does have is one only the server sets.
fn refine(error: &mut FieldError, current: &Value) {
    let unknown = matches!(error.fault.code, FaultCode::UnknownField | FaultCode::UnknownFieldSuggestion);
    if let (true, Location::Pointer(pointer)) = (unknown, &error.location)
        && current.pointer(pointer).is_some()
    {
        error.fault = FaultCode::ReadOnly.into();
    }
}

/// Removes members that say what is so already. Objects stay whole: a value with required members, such as
/// an amount of money, is complete or wrong.
fn drop_unchanged(patch: &mut Value, current: &Value) {
    let (Value::Object(patch), Value::Object(current)) = (patch, current) else { return };
    patch.retain(|name, value| current.get(name) != Some(value));
    for (name, value) in patch.iter_mut() {
        if let (Value::Array(items), Some(Value::Array(now))) = (value, current.get(name)) {
            drop_derived(items, now);
        }
    }
}

/// Lists are replaced as a whole, so their entries stay complete; only what the server derived and the
/// caller sent back unchanged is taken out of each. Entries are recognised by their `id`.
fn drop_derived(items: &mut [Value], current: &[Value]) {
    const DERIVED: &str = "normalized";
    for item in items.iter_mut() {
        let Value::Object(item) = item else { continue };
        let now = item.get("id").and_then(|id| current.iter().find(|now| now.get("id") == Some(id)));
        if now.is_some_and(|now| now.get(DERIVED) == item.get(DERIVED)) {
            item.remove(DERIVED);
        }
    }
}

/// RFC 7396, section 2.
pub fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            members.remove(&name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn merging_follows_the_examples_of_the_rfc() {
        for (target, patch, expected) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            let mut merged = target;
            merge(&mut merged, patch);
            assert_eq!(merged, expected);
        }
    }

    #[test]
    fn what_is_so_already_is_no_change() {
        let current = json!({"id": 1, "name": "a", "person": {"x": 1, "y": 2}});
        let mut patch = json!({"id": 1, "name": "b", "person": {"x": 1, "y": 3}});
        drop_unchanged(&mut patch, &current);
        assert_eq!(patch, json!({"name": "b", "person": {"x": 1, "y": 3}}));
        let mut unchanged = current.clone();
        drop_unchanged(&mut unchanged, &current);
        assert_eq!(unchanged, json!({}));
    }
}
