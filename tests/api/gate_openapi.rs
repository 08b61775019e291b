//! The document: committed as it is generated, and complete for every operation.

use std::collections::BTreeSet;

use kundenhistorie::openapi;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::document::{Operation, operations, resolve};
use crate::support::kinds::KINDS;
use crate::support::source::root;

/// First words of operation ids: what one does with the noun that follows.
const VERBS: &[&str] = &[
    "accept",
    "advance",
    "activate",
    "acknowledge",
    "answer",
    "append",
    "archive",
    "bounce",
    "cancel",
    "change",
    "close",
    "complete",
    "confirm",
    "convert",
    "correct",
    "create",
    "deactivate",
    "decline",
    "decommission",
    "delete",
    "deliver",
    "discontinue",
    "end",
    "escalate",
    "extend",
    "finish",
    "fulfil",
    "get",
    "hold",
    "issue",
    "list",
    "log",
    "lose",
    "merge",
    "open",
    "pause",
    "reactivate",
    "refresh",
    "reinstate",
    "register",
    "reject",
    "rename",
    "renew",
    "reopen",
    "replace",
    "reset",
    "resolve",
    "respond",
    "restore",
    "resume",
    "return",
    "revise",
    "reverse",
    "revoke",
    "send",
    "ship",
    "reward",
    "sign",
    "start",
    "unsubscribe",
    "update",
    "upload",
    "upsert",
    "verify",
    "wait",
    "win",
    "withdraw",
    "write",
];

/// Changes of what has no version: it is only ever ended.
const UNVERSIONED: &[&str] = &["revoke_session"];

/// What belongs to records of customers: the parameter that names one, where it is made, and its one necessary field.
const OWNERS: &[(&str, &str, &str)] =
    &[("{ticket_id}", "tickets", "subject"), ("{loyalty_membership_id}", "loyalty-memberships", "program")];

both! {
    async fn the_served_document_is_the_generated_one(app: TestApp) {
        let served = app.anonymous().get("/openapi.json").send().await.expect(200);
        assert!(served.body == openapi::document(), "the server and `kundenhistorie openapi` disagree");
    }

    async fn examples_of_creations_work_unchanged(app: TestApp) {
        let admin = app.admin().await;
        let document = openapi::document();
        let creations = operations(&document).into_iter().filter(|operation| operation.id().starts_with("create_"));
        for operation in creations {
            // Each of its own customer: examples may give the same number twice.
            let customer = operation.path.contains("{customer_id}");
            let owner = OWNERS.iter().find(|(parameter, _, _)| operation.path.contains(parameter));
            let id = match owner {
                Some((_, segment, name)) => {
                    let to = format!("/v1/customers/{}/{segment}", a_customer(&admin).await);
                    admin.post(&to, json!({ *name: "Beispiel" })).send().await.expect(201).id()
                }
                None if customer => a_customer(&admin).await,
                None => String::new(),
            };
            let mut body = operation.request_example().cloned().expect("an example");
            for (name, value) in body.as_object_mut().expect("an object") {
                if name.ends_with("_customer_id") {
                    *value = a_customer(&admin).await.into();
                }
            }
            if let Some(kind) = KINDS.iter().find(|kind| operation.id() == format!("create_{}", kind.one)) {
                let needed = kind.body(&admin, &format!("/v1/customers/{id}")).await;
                for need in kind.needs {
                    body[need.field] = needed[need.field].clone();
                }
            }
            let reply = admin.post(&operation.path_with(|_| id.clone()), body).send().await;
            assert_eq!(reply.status, 201, "the example of {} does not work\n{reply}", operation.name());
        }
    }
}

async fn a_customer(client: &crate::support::client::Client) -> String {
    let body = serde_json::json!({"kind": "company", "company": {"legal_name": "Beispiel GmbH"}});
    client.post("/v1/customers", body).send().await.expect(201).id()
}

#[test]
fn the_committed_document_is_the_generated_one() {
    let path = root().join("openapi/openapi.json");
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let committed: Value = serde_json::from_str(&committed).unwrap_or_default();
    let remedy = "run `cargo run -- openapi > openapi/openapi.json`";
    assert!(committed == openapi::document(), "{} is not the generated document: {remedy}", path.display());
}

/// Checks every operation and names all that fail.
fn every_operation(check: impl Fn(&Operation) -> Vec<String>) {
    let document = openapi::document();
    let operations = operations(&document);
    assert!(!operations.is_empty());
    let failed = operations.iter().flat_map(|operation| {
        check(operation).into_iter().map(|fault| format!("{}: {fault}", operation.name())).collect::<Vec<_>>()
    });
    let failed: Vec<_> = failed.collect();
    assert!(failed.is_empty(), "\n{}\n", failed.join("\n"));
}

fn unless(holds: bool, fault: impl Into<String>) -> Vec<String> {
    if holds { Vec::new() } else { vec![fault.into()] }
}

#[test]
fn every_operation_is_described() {
    let document = openapi::document();
    let declared = document["tags"].as_array().into_iter().flatten().filter_map(|tag| tag["name"].as_str());
    let declared: BTreeSet<_> = declared.collect();
    every_operation(|operation| {
        let text = |member: &str| operation.content[member].as_str().unwrap_or_default().trim().to_owned();
        let tags: Vec<_> = operation.content["tags"].as_array().into_iter().flatten().collect();
        let mut faults = unless(!text("summary").is_empty(), "no summary");
        faults
            .extend(unless(text("summary").len() <= 80 && !text("summary").ends_with('.'), "the summary is a heading"));
        faults.extend(unless(!text("description").is_empty(), "no description"));
        faults.extend(unless(text("description") != text("summary"), "the description repeats the summary"));
        let is_declared = tags.len() == 1 && tags[0].as_str().is_some_and(|tag| declared.contains(tag));
        faults.extend(unless(is_declared, format!("one declared tag, not {tags:?}")));
        let undescribed = operation.parameters().into_iter().filter(|parameter| parameter["description"].is_null());
        faults.extend(undescribed.map(|parameter| format!("the parameter {} has no description", parameter["name"])));
        faults
    });
}

#[test]
fn operation_ids_are_verb_and_noun_and_unique() {
    let document = openapi::document();
    let ids: Vec<_> = operations(&document).iter().map(|operation| operation.id().to_owned()).collect();
    every_operation(|operation| {
        let id = operation.id();
        let words: Vec<_> = id.split('_').collect();
        let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        let is_sentence = words.len() > 1 && words.iter().all(is_word) && VERBS.contains(&words[0]);
        let mut faults = unless(is_sentence, "the operationId is no verb_noun");
        faults.extend(unless(ids.iter().filter(|other| *other == id).count() == 1, "the operationId is not unique"));
        faults
    });
}

#[test]
fn bodies_of_requests_have_examples() {
    every_operation(|operation| {
        let needs_one = !operation.request_bodies().is_empty();
        unless(!needs_one || operation.request_example().is_some(), "no example of the request's body")
    });
}

#[test]
fn every_failure_an_operation_can_give_is_documented() {
    every_operation(|operation| {
        let mut expected = vec!["400", "405", "429", "500"];
        let mut add = |applies: bool, statuses: &[&'static str]| {
            expected.extend(if applies { statuses } else { &[] });
        };
        let is_secured = !operation.is_public();
        add(is_secured, &["401", "403", "503"]);
        add(is_secured && operation.is_mutating(), &["507"]);
        add(operation.path.contains('{'), &["404"]);
        add(!operation.request_bodies().is_empty(), &["413", "415", "422"]);
        let if_match = operation.parameter("header", "If-Match");
        add(if_match.is_some(), &["412"]);
        add(if_match.is_some_and(|header| header["required"] == true), &["428"]);
        add(operation.parameter("header", "Idempotency-Key").is_some(), &["409", "422"]);
        let documented = operation.statuses();
        let missing: Vec<_> = expected.into_iter().filter(|status| !documented.contains(status)).collect();
        let mut faults = unless(missing.is_empty(), format!("{missing:?} are not documented"));
        let succeeds = documented.iter().any(|status| status.starts_with('2') || status.starts_with('3'));
        faults.extend(unless(succeeds, "no success is documented"));
        faults
    });
}

#[test]
fn conventions_of_methods_are_kept() {
    let document = openapi::document();
    every_operation(|operation| {
        let response = |status: &str| resolve(&document, &operation.content["responses"][status]);
        let requires = |status: &str, header: &str| {
            let found = resolve(&document, &response(status)["headers"][header]);
            unless(found["required"] == true, format!("{status} does not document {header} as always there"))
        };
        let has = |status: &str| operation.statuses().contains(&status);
        let mut faults = Vec::new();
        let is_versioned = operation.path.starts_with("/v1/") && !operation.is_public();
        let is_record = operation.path.ends_with("_id}") && !UNVERSIONED.contains(&operation.id());
        if is_versioned && is_record && matches!(operation.method, "PATCH" | "DELETE") {
            let is_required =
                operation.parameter("header", "If-Match").is_some_and(|header| header["required"] == true);
            faults.extend(unless(is_required, "a change of a record takes If-Match"));
        }
        if is_versioned && matches!(operation.method, "POST" | "PATCH") {
            let is_repeatable = operation.parameter("header", "Idempotency-Key").is_some();
            faults.extend(unless(is_repeatable, "POST and PATCH take an Idempotency-Key"));
        }
        if has("201") {
            faults.extend(requires("201", "Location"));
            faults.extend(requires("201", "ETag"));
        }
        if has("304") {
            faults.extend(requires("304", "ETag"));
            faults.extend(requires("200", "ETag"));
        }
        if operation.id().starts_with("list_") && operation.parameter("query", "cursor").is_some() {
            faults.extend(unless(operation.parameter("query", "limit").is_some(), "a list takes limit"));
        }
        faults
    });
}

#[test]
fn paths_and_parameters_are_spelled_alike() {
    let is_kebab = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte))
    };
    let is_snake =
        |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    every_operation(|operation| {
        let parts = operation.path.split('/').filter(|part| !part.starts_with('{'));
        let mut faults: Vec<_> =
            parts.filter(|part| !is_kebab(part)).map(|part| format!("'{part}' is not kebab-case")).collect();
        let names = operation.parameters().into_iter().filter(|parameter| parameter["in"] != "header");
        let names = names.filter_map(|parameter| parameter["name"].as_str());
        faults.extend(names.filter(|name| !is_snake(name)).map(|name| format!("'{name}' is not snake_case")));
        faults
    });
}

#[test]
fn replies_show_every_member_and_requests_are_closed() {
    let document = openapi::document();
    let mut faults = Vec::new();
    let (mut requests, mut replies) = (BTreeSet::new(), BTreeSet::new());
    for operation in operations(&document) {
        collect(&document, &operation.content["requestBody"], &mut requests);
        let responses = operation.content["responses"].as_object().into_iter().flatten();
        responses.filter(|(status, _)| status.starts_with('2')).for_each(|(_, response)| {
            collect(&document, response, &mut replies);
        });
    }
    for name in replies {
        let schema = &document["components"]["schemas"][&name];
        let required: Vec<_> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let members = schema["properties"].as_object().into_iter().flat_map(|all| all.keys());
        let optional = members.filter(|member| !required.contains(&member.as_str()));
        faults.extend(optional.map(|member| format!("{name}.{member} may be absent from a reply; it should be null")));
    }
    for name in requests {
        let schema = &document["components"]["schemas"][&name];
        let is_closed = schema["properties"].is_null() || schema["additionalProperties"] == false;
        faults.extend(unless(is_closed, format!("{name} is sent by callers but not closed")));
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn what_is_created_can_be_followed() {
    every_operation(|operation| {
        // A correction is itself an entry of the timeline it corrects.
        let is_made = !operation.content["responses"]["201"].is_null() && operation.id() != "correct_event";
        let links = operation.content["responses"]["201"]["links"].as_object();
        let is_read = links.is_some_and(|links| links.keys().any(|id| id.starts_with("get_")));
        unless(!is_made || is_read, "201 does not link to reading what was made")
    });
}

/// Swagger UI fills in the examples of parameters: a list would be tried out with every filter at once.
#[test]
fn filters_are_not_filled_in() {
    every_operation(|operation| {
        let filled = operation.parameters().into_iter();
        let filled = filled.filter(|parameter| parameter["in"] == "query" && parameter.get("example").is_some());
        filled.map(|parameter| format!("the example of {} stands in its schema", parameter["name"])).collect()
    });
}

#[test]
fn every_reference_leads_somewhere() {
    let document = openapi::document();
    let text = document.to_string();
    let targets: BTreeSet<_> = text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(!targets.is_empty());
    let dangling: Vec<_> = targets.into_iter().filter(|target| document.pointer(target).is_none()).collect();
    assert!(dangling.is_empty(), "{dangling:?}");
}

/// Names of all schemas a part of the document leads to.
fn collect(document: &Value, part: &Value, names: &mut BTreeSet<String>) {
    match part {
        Value::Object(object) => {
            if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
                let name = reference.strip_prefix("#/components/schemas/");
                if name.is_none_or(|name| names.insert(name.to_owned())) {
                    collect(document, resolve(document, part), names);
                }
            }
            object.values().for_each(|inner| collect(document, inner, names));
        }
        Value::Array(values) => values.iter().for_each(|inner| collect(document, inner, names)),
        _ => {}
    }
}
