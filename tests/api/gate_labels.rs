//! Every value of every enumeration of the document is called something, in both languages: `src/domain/labels.txt`.

use std::collections::{BTreeMap, BTreeSet};

use kundenhistorie::domain::{field_names, labels};
use kundenhistorie::openapi;
use serde_json::Value;

use crate::support::kinds::KINDS;

type Values = BTreeSet<String>;

/// Lists of codes as long as this come from ISO standards, which name them.
const CODES: usize = 100;

#[test]
fn every_value_is_called_something_in_both_languages() {
    let document = openapi::document();
    let (named, unnamed) = enumerations(&document);
    let labelled: BTreeMap<&str, Values> = labels::all()
        .iter()
        .map(|known| (known.name, known.values.iter().map(|value| value.value.to_owned()).collect()))
        .collect();
    let mut faults = Vec::new();
    for (name, values) in &named {
        let known = labelled.get(name.as_str()).cloned().unwrap_or_default();
        faults.extend(values.difference(&known).map(|value| format!("+ {name}.{value} = English | Deutsch")));
        faults.extend(known.difference(values).map(|value| format!("- {name}.{value} is not in the document")));
    }
    for values in unnamed.iter().filter(|values| values.len() < CODES) {
        let is_known = named.values().any(|known| known == values) || labelled.values().any(|known| known == values);
        faults.extend((!is_known).then(|| format!("+ an enumeration without a name: {values:?}")));
    }
    assert!(faults.is_empty(), "src/domain/labels.txt:\n{}\n", faults.join("\n"));
}

#[test]
fn every_field_that_callers_change_has_a_name() {
    let document = openapi::document();
    let schemas = document["components"]["schemas"].as_object().expect("components");
    let written = ["customer", "user"].into_iter().chain(KINDS.iter().map(|kind| kind.one));
    let mut faults = Vec::new();
    for schema in written {
        let fields = schemas[&format!("Update{}", pascal_case(schema))]["properties"].as_object().expect("fields");
        // Those of one's own have names of their own, of a person and a company each member is told, and what a bill ought
        // to come to is kept nowhere.
        let exempt = ["custom_fields", "person", "company", "totals"];
        let told = fields.keys().filter(|field| !exempt.contains(&field.as_str()));
        let unnamed = told.filter(|field| field_names::name(field).is_none());
        faults.extend(unnamed.map(|field| format!("{schema}.{field}")));
    }
    assert!(faults.is_empty(), "src/domain/field_names.rs: {faults:?}");
}

/// The enumerations of the document: those with names, and those that stand where they are used.
fn enumerations(document: &Value) -> (BTreeMap<String, Values>, BTreeSet<Values>) {
    let mut named = BTreeMap::new();
    for (name, schema) in document["components"]["schemas"].as_object().expect("components") {
        if let Some(values) = values(schema) {
            named.insert(snake_case(name), values);
        }
    }
    let mut unnamed = BTreeSet::new();
    walk(document, &mut |schema| unnamed.extend(values(schema)));
    (named, unnamed)
}

fn pascal_case(name: &str) -> String {
    name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

fn values(schema: &Value) -> Option<Values> {
    let values = schema["enum"].as_array()?.iter().filter_map(Value::as_str);
    Some(values.map(str::to_owned).collect())
}

fn walk(value: &Value, look: &mut impl FnMut(&Value)) {
    look(value);
    match value {
        Value::Object(members) => members.values().for_each(|member| walk(member, look)),
        Value::Array(items) => items.iter().for_each(|item| walk(item, look)),
        _ => {}
    }
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
