//! Every value of every enumeration of the document is called something, in both languages: `src/domain/labels.txt`.

use std::collections::{BTreeMap, BTreeSet};

use kundenhistorie::domain::labels;
use kundenhistorie::openapi;
use serde_json::Value;

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
