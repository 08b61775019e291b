//! What changed between two states of a record, field by field.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One field that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Path of the field, members joined by a dot: `person.job_title`.
    pub field: String,
    /// The value before.
    pub from: Value,
    /// The value after.
    pub to: Value,
}

impl FieldChange {
    /// Where the field stands in the record (RFC 6901).
    pub fn pointer(&self) -> String {
        format!("/{}", self.field.replace('.', "/"))
    }
}

/// Fields that hold an object whose members are no fields of ours: named by others, however long and with any letters.
const WHOLE: &[&str] = &["payload_schema"];

/// Compares two JSON objects. Objects are compared member by member, everything else and what is in [`WHOLE`] as a whole;
/// an object that appears or disappears is compared with an empty one, so that each field is named.
pub fn between(before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    compare("", before, after, &mut changes);
    changes
}

fn compare(path: &str, before: &Value, after: &Value, changes: &mut Vec<FieldChange>) {
    let empty = Map::new();
    let whole = || FieldChange { field: path.to_owned(), from: before.clone(), to: after.clone() };
    if before == after {
        return;
    }
    let (old, new) = match (before, after) {
        (Value::Object(old), Value::Object(new)) => (old, new),
        (Value::Object(old), Value::Null) if !path.is_empty() => (old, &empty),
        (Value::Null, Value::Object(new)) if !path.is_empty() => (&empty, new),
        _ => return changes.push(whole()),
    };
    if WHOLE.contains(&path) {
        return changes.push(whole());
    }
    let added = new.keys().filter(|name| !old.contains_key(*name));
    for name in old.keys().chain(added) {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let side = |object: &Map<String, Value>| object.get(name).cloned().unwrap_or(Value::Null);
        compare(&path, &side(old), &side(new), changes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_others_name_the_members_of_is_one_value() {
        let schema = json!({"type": "object", "properties": {"\u{0}": {}}});
        for (before, after) in [
            (json!({}), json!({"payload_schema": schema})),
            (json!({"payload_schema": {}}), json!({"payload_schema": schema})),
        ] {
            let changes = between(&before, &after);
            let told: Vec<_> = changes.iter().map(|change| (change.field.as_str(), &change.to)).collect();
            assert_eq!(told, [("payload_schema", &schema)]);
        }
    }

    #[test]
    fn nested_members_are_named_and_arrays_are_whole() {
        let before = json!({"category": null, "person": {"job_title": "Partnerin", "age": 3}, "tags": ["a"]});
        let after = json!({"category": "A", "person": {"job_title": null, "age": 3}, "tags": ["a", "b"]});
        let changes = between(&before, &after);
        let fields: Vec<_> = changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!(fields, ["category", "person.job_title", "tags"]);
        assert_eq!(changes[1].pointer(), "/person/job_title");
        assert!(between(&after, &after).is_empty());
    }
}
