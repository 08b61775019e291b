//! Links of OpenAPI: where a record that was just created is read, changed and deleted.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::finish::each_operation;

/// An operation on one record, as far as a link needs it.
struct Target {
    method: String,
    operation_id: Value,
    has_precondition: bool,
}

/// Adds to each 201 the operations on the record at its `Location`.
pub(super) fn add_links(document: &mut Value) {
    let mut targets: BTreeMap<String, Vec<Target>> = BTreeMap::new();
    for (path, target) in each_operation(document, |path, method, operation| {
        let has_precondition = operation.get("responses").is_some_and(|responses| responses.get("428").is_some());
        let operation_id = operation.get("operationId").cloned().unwrap_or_default();
        (path.to_owned(), Target { method: method.to_owned(), operation_id, has_precondition })
    }) {
        targets.entry(path).or_default().push(target);
    }
    each_operation(document, |path, _, operation| {
        let Some(created) = operation.get_mut("responses").and_then(|responses| responses.get_mut("201")) else {
            return;
        };
        let Some((record, targets)) = targets.iter().find(|(record, _)| is_record_of(path, record)) else { return };
        let followed = targets.iter().filter(|target| matches!(target.method.as_str(), "get" | "patch" | "delete"));
        created["links"] = followed.map(|target| (name(target), link(record, target))).collect::<Map<_, _>>().into();
    });
}

/// Whether records created at `collection` are found at `record`: one step below, or below the list of all of them.
fn is_record_of(collection: &str, record: &str) -> bool {
    // What is made under an id of another system is found under its own.
    let collection = collection.split("-by-external-id/").next().unwrap_or(collection);
    let Some((list, id)) = record.rsplit_once('/') else { return false };
    let of_all = collection.rsplit_once('/').is_some_and(|(_, kind)| list == format!("/v1/{kind}"));
    id.starts_with('{') && (list == collection || of_all)
}

fn name(target: &Target) -> String {
    target.operation_id.as_str().unwrap_or_default().to_owned()
}

fn link(record: &str, target: &Target) -> Value {
    let mut parameters = Map::new();
    let names: Vec<&str> = record.split('/').filter_map(|step| step.strip_prefix('{')?.strip_suffix('}')).collect();
    if let Some((own, above)) = names.split_last() {
        parameters.insert(format!("path.{own}"), json!("$response.body#/id"));
        for name in above {
            parameters.insert(format!("path.{name}"), json!(format!("$request.path.{name}")));
        }
    }
    if target.has_precondition {
        parameters.insert("header.If-Match".to_owned(), json!("$response.header.ETag"));
    }
    json!({
        "operationId": target.operation_id,
        "description": "The record that was created.",
        "parameters": parameters,
    })
}
