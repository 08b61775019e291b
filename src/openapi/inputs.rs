//! Components that requests and answers share, made into two.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::finish::{each_operation, walk};

/// Replies whose optional members are really left out.
const SPARSE: [&str; 2] = ["Problem", "ProblemError"];

/// Requests may leave fields out, answers never do. A component both use becomes two: `X` as it is
/// answered, with every member present, and `XInput` as it is sent.
pub(super) fn separate_inputs(document: &mut Value) {
    let schemas = document.pointer("/components/schemas").cloned().unwrap_or_default();
    let mut sent = BTreeSet::new();
    let mut answered = BTreeSet::new();
    each_operation(&mut document.clone(), |_, _, operation| {
        (operation.get("requestBody").cloned(), operation.get("responses").cloned())
    })
    .into_iter()
    .for_each(|(body, responses)| {
        reach(&body.unwrap_or_default(), &schemas, &mut sent);
        reach(&responses.unwrap_or_default(), &schemas, &mut answered);
    });
    reach(&json!({ "$ref": "#/components/schemas/Problem" }), &schemas, &mut answered);

    let is_object = |name: &String| schemas[name]["type"] == "object";
    let carries = |name: &String| {
        let mut inner = BTreeSet::new();
        reach(&schemas[name], &schemas, &mut inner);
        inner.iter().any(is_object)
    };
    let both: BTreeSet<String> =
        sent.intersection(&answered).filter(|name| is_object(name) || carries(name)).cloned().collect();
    if let Some(Value::Object(all)) = document.pointer_mut("/components/schemas") {
        for name in &both {
            let mut input = schemas[name].clone();
            rename(&mut input, &both);
            all.insert(format!("{name}Input"), input);
        }
        for name in sent.difference(&answered) {
            if let Some(schema) = all.get_mut(name) {
                rename(schema, &both);
            }
        }
        for name in answered.iter().filter(|name| !SPARSE.contains(&name.as_str())) {
            if let Some(schema) = all.get_mut(name) {
                require_all(schema);
            }
        }
        all.retain(|name, _| sent.contains(name) || answered.contains(name) || name.ends_with("Input"));
    }
    each_operation(document, |_, _, operation| {
        if let Some(body) = operation.get_mut("requestBody") {
            rename(body, &both);
        }
    });
}

/// Names of the components a value refers to, directly and through others.
fn reach(value: &Value, schemas: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(name) = members.get("$ref").and_then(Value::as_str).and_then(component)
                && found.insert(name.to_owned())
            {
                reach(&schemas[name], schemas, found);
            }
            members.values().for_each(|member| reach(member, schemas, found));
        }
        Value::Array(items) => items.iter().for_each(|item| reach(item, schemas, found)),
        _ => {}
    }
}

fn component(reference: &str) -> Option<&str> {
    reference.strip_prefix("#/components/schemas/")
}

fn rename(value: &mut Value, both: &BTreeSet<String>) {
    walk(value, &mut |members| {
        let renamed =
            members.get("$ref").and_then(Value::as_str).and_then(component).filter(|name| both.contains(*name));
        if let Some(renamed) = renamed.map(|name| format!("#/components/schemas/{name}Input")) {
            members.insert("$ref".to_owned(), json!(renamed));
        }
    });
}

fn require_all(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else { return };
    schema
        .remove("additionalProperties")
        .filter(|more| more != &json!(false))
        .map(|more| schema.insert("additionalProperties".to_owned(), more));
    if let Some(Value::Object(properties)) = schema.get("properties") {
        let names: Vec<&String> = properties.keys().collect();
        let required = json!(names);
        if !names.is_empty() {
            schema.insert("required".to_owned(), required);
        }
    }
}
