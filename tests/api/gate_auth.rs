//! Who may call what: the policy, checked for every operation of the document and every role.

use std::collections::BTreeSet;

use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::{Permission, Role};
use kundenhistorie::openapi;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Call, Client, Reply};
use crate::support::document::{Operation, operations};
use crate::support::kinds::{KINDS, Kind};

/// What can be called without a token, and nothing else.
const PUBLIC: &[&str] = &[
    "get_openapi",
    "get_checkpoint_keys",
    "get_jwks",
    "get_liveness",
    "get_metrics",
    "get_problem_kind",
    "get_readiness",
    "log_in",
    "refresh_tokens",
    "reset_password",
];

/// What it takes to call each other operation; `None` is to be signed in. Every operation must be listed.
const POLICY: &[(&str, Option<Permission>)] = &[
    ("list_customers", Some(Permission::CustomersRead)),
    ("create_customer", Some(Permission::CustomersWrite)),
    ("get_customer", Some(Permission::CustomersRead)),
    ("get_customer_journey", Some(Permission::CustomersRead)),
    ("get_customer_summary", Some(Permission::CustomersRead)),
    ("list_customer_changes", Some(Permission::CustomersRead)),
    ("get_customer_by_external_id", Some(Permission::CustomersRead)),
    ("upsert_customer", Some(Permission::CustomersWrite)),
    ("update_customer", Some(Permission::CustomersWrite)),
    ("archive_customer", Some(Permission::CustomersWrite)),
    ("restore_customer", Some(Permission::CustomersWrite)),
    ("list_contact_points", Some(Permission::CustomersRead)),
    ("create_contact_point", Some(Permission::CustomersWrite)),
    ("get_contact_point", Some(Permission::CustomersRead)),
    ("update_contact_point", Some(Permission::CustomersWrite)),
    ("delete_contact_point", Some(Permission::CustomersWrite)),
    ("list_addresses", Some(Permission::CustomersRead)),
    ("create_address", Some(Permission::CustomersWrite)),
    ("get_address", Some(Permission::CustomersRead)),
    ("update_address", Some(Permission::CustomersWrite)),
    ("delete_address", Some(Permission::CustomersWrite)),
    ("list_customer_relationships", Some(Permission::RelationshipsRead)),
    ("get_company_tree", Some(Permission::RelationshipsRead)),
    ("get_household", Some(Permission::RelationshipsRead)),
    ("list_relationships", Some(Permission::RelationshipsRead)),
    ("create_relationship", Some(Permission::RelationshipsWrite)),
    ("get_relationship", Some(Permission::RelationshipsRead)),
    ("list_relationship_changes", Some(Permission::RelationshipsRead)),
    ("update_relationship", Some(Permission::RelationshipsWrite)),
    ("archive_relationship", Some(Permission::RelationshipsWrite)),
    ("restore_relationship", Some(Permission::RelationshipsWrite)),
    ("end_relationship", Some(Permission::RelationshipsWrite)),
    ("list_customer_interactions", Some(Permission::InteractionsRead)),
    ("create_interaction", Some(Permission::InteractionsWrite)),
    ("list_interactions", Some(Permission::InteractionsRead)),
    ("get_interaction", Some(Permission::InteractionsRead)),
    ("list_interaction_changes", Some(Permission::InteractionsRead)),
    ("upsert_interaction", Some(Permission::InteractionsWrite)),
    ("update_interaction", Some(Permission::InteractionsWrite)),
    ("archive_interaction", Some(Permission::InteractionsWrite)),
    ("restore_interaction", Some(Permission::InteractionsWrite)),
    ("list_ticket_comments", Some(Permission::SupportRead)),
    ("create_ticket_comment", Some(Permission::SupportWrite)),
    ("get_ticket_comment", Some(Permission::SupportRead)),
    ("list_loyalty_membership_transactions", Some(Permission::MarketingRead)),
    ("create_loyalty_transaction", Some(Permission::MarketingWrite)),
    ("list_loyalty_transactions", Some(Permission::MarketingRead)),
    ("get_loyalty_transaction", Some(Permission::MarketingRead)),
    ("list_customer_timeline", Some(Permission::TimelineRead)),
    ("append_event", Some(Permission::TimelineAppend)),
    ("list_timeline", Some(Permission::TimelineRead)),
    ("verify_timeline", Some(Permission::TimelineVerify)),
    ("list_checkpoints", Some(Permission::CheckpointsRead)),
    ("sign_checkpoint", Some(Permission::CheckpointsWrite)),
    ("get_checkpoint", Some(Permission::CheckpointsRead)),
    ("get_event_proof", Some(Permission::TimelineVerify)),
    ("get_event", Some(Permission::TimelineRead)),
    ("correct_event", Some(Permission::TimelineCorrect)),
    ("list_event_types", Some(Permission::EventTypesRead)),
    ("create_event_type", Some(Permission::EventTypesWrite)),
    ("get_event_type", Some(Permission::EventTypesRead)),
    ("list_event_type_changes", Some(Permission::EventTypesRead)),
    ("update_event_type", Some(Permission::EventTypesWrite)),
    ("archive_event_type", Some(Permission::EventTypesWrite)),
    ("restore_event_type", Some(Permission::EventTypesWrite)),
    ("upload_document_content", Some(Permission::DocumentsWrite)),
    ("get_document_content", Some(Permission::DocumentsRead)),
    ("list_document_versions", Some(Permission::DocumentsRead)),
    ("get_document_version_content", Some(Permission::DocumentsRead)),
    ("get_meta", Some(Permission::CustomFieldsRead)),
    ("get_labels", Some(Permission::CustomFieldsRead)),
    ("get_label", Some(Permission::CustomFieldsRead)),
    ("rename_label", Some(Permission::CustomFieldsWrite)),
    ("reset_label", Some(Permission::CustomFieldsWrite)),
    ("list_tags", Some(Permission::TagsRead)),
    ("create_tag", Some(Permission::TagsWrite)),
    ("get_tag", Some(Permission::TagsRead)),
    ("list_tag_changes", Some(Permission::TagsRead)),
    ("update_tag", Some(Permission::TagsWrite)),
    ("merge_tag", Some(Permission::TagsWrite)),
    ("archive_tag", Some(Permission::TagsWrite)),
    ("restore_tag", Some(Permission::TagsWrite)),
    ("log_out", None),
    ("get_me", None),
    ("change_password", None),
    ("list_sessions", None),
    ("revoke_session", None),
    ("list_owners", Some(Permission::OwnersRead)),
    ("list_users", Some(Permission::UsersRead)),
    ("create_user", Some(Permission::UsersWrite)),
    ("get_user", Some(Permission::UsersRead)),
    ("list_user_changes", Some(Permission::UsersRead)),
    ("update_user", Some(Permission::UsersWrite)),
    ("deactivate_user", Some(Permission::UsersWrite)),
    ("reactivate_user", Some(Permission::UsersWrite)),
    ("issue_password_reset", Some(Permission::UsersWrite)),
    ("list_security_events", Some(Permission::SecurityEventsRead)),
];

/// [`POLICY`] and that of all kinds of records.
fn policy() -> Vec<(String, Option<Permission>)> {
    let own = POLICY.iter().map(|(id, needed)| ((*id).to_owned(), *needed));
    own.chain(KINDS.iter().flat_map(Kind::policy)).collect()
}

#[test]
fn the_policy_rules_every_operation() {
    let document = openapi::document();
    let all: BTreeSet<_> = operations(&document).iter().map(|operation| operation.id().to_owned()).collect();
    let ruled: BTreeSet<_> = policy().into_iter().map(|(id, _)| id).collect();
    for operation in operations(&document) {
        let (id, name) = (operation.id(), operation.name());
        assert_eq!(operation.is_public(), PUBLIC.contains(&id), "{name}: PUBLIC and the document disagree");
        assert_eq!(!operation.is_public(), ruled.contains(id), "{name}: POLICY must rule it, or it is public");
    }
    let gone: Vec<_> = ruled.difference(&all).collect();
    assert!(gone.is_empty(), "POLICY rules what does not exist: {gone:?}");
}

both! {
    async fn without_a_token_nothing_is_told(app: TestApp) {
        let document = openapi::document();
        for operation in secured(&document) {
            let reply = call(&app.anonymous(), &operation, UNKNOWN).send().await;
            assert_eq!((reply.status, reply.code()), (401, "unauthenticated"), "{}\n{reply}", operation.name());
            let reply = call(&app.anonymous().with_token("forged"), &operation, UNKNOWN).send().await;
            assert_eq!((reply.status, reply.code()), (401, "unauthenticated"), "{}\n{reply}", operation.name());
        }
    }

    async fn each_role_may_what_its_scopes_say(app: TestApp) {
        let document = openapi::document();
        let policy = policy();
        for role in Role::ALL {
            let client = app.as_role(*role).await;
            for operation in secured(&document).iter().filter(|operation| !ends_the_session(operation)) {
                let Some((_, needed)) = policy.iter().find(|(id, _)| id == operation.id()) else { continue };
                let reply = call(&client, operation, UNKNOWN).send().await;
                let is_refused = reply.status == 403;
                let may = needed.is_none_or(|permission| role.may(permission));
                assert_eq!(!is_refused, may, "{role}: {}\n{reply}", operation.name());
                assert_ne!(reply.status, 401, "{role}: {}\n{reply}", operation.name());
                if let (true, Some(permission)) = (is_refused, needed) {
                    assert_eq!((reply.code(), &reply["scope"]), ("insufficient_scope", &json!(permission.as_str())));
                    let challenge = reply.header("www-authenticate").unwrap_or_default();
                    assert!(challenge.contains(permission.as_str()), "RFC 6750: {challenge}");
                }
            }
        }
    }

    async fn what_does_not_exist_is_not_found(app: TestApp) {
        let admin = app.admin().await;
        let document = openapi::document();
        for operation in of_records(&document) {
            let reply = call(&admin, &operation, UNKNOWN).send().await;
            assert_eq!((reply.status, reply.code()), (404, "not_found"), "{}\n{reply}", operation.name());
        }
    }

    async fn what_one_may_not_see_answers_as_if_it_did_not_exist(app: TestApp) {
        let body = json!({"kind": "company", "company": {"legal_name": "Fremde GmbH"}});
        let foreign = app.admin().await.post("/v1/customers", body).send().await.expect(201).id();
        // May do everything, but only with customers of their own.
        let stranger = app.user(Role::Admin, Visibility::Own).await;
        let document = openapi::document();
        let operations = of_records(&document);
        for operation in operations.iter().filter(|operation| operation.path.contains("{customer_id}")) {
            let missing = call(&stranger, operation, UNKNOWN).send().await;
            let hidden = call(&stranger, operation, &foreign).send().await;
            assert_eq!(seen(&hidden, &foreign), seen(&missing, UNKNOWN), "{}\n{hidden}", operation.name());
        }
    }
}

const UNKNOWN: &str = "019a0000-0000-7000-8000-00000000dead";

fn secured(document: &Value) -> Vec<Operation<'_>> {
    operations(document).into_iter().filter(|operation| !operation.is_public()).collect()
}

fn of_records(document: &Value) -> Vec<Operation<'_>> {
    // PUT makes what is not there.
    let of_records = |operation: &Operation| operation.path.contains("_id}") && operation.method != "PUT";
    secured(document).into_iter().filter(of_records).collect()
}

fn ends_the_session(operation: &Operation) -> bool {
    operation.id() == "log_out"
}

/// A call that lacks nothing but, perhaps, the right to make it.
fn call<'a>(client: &'a Client, operation: &Operation, id: &str) -> Call<'a> {
    let method = operation.method.parse().expect("a method");
    let mut call =
        client.call(method, &operation.path_with(|name| if name == "number" { "1".to_owned() } else { id.to_owned() }));
    if operation.parameter("header", "If-Match").is_some() {
        call = call.header("if-match", "*");
    }
    match (operation.request_bodies().first(), operation.request_example()) {
        (Some((media_type, _)), Some(example)) => call.body(media_type, example.to_string()),
        _ => call,
    }
}

/// Everything a caller can tell two answers apart by, but for the id they asked for.
fn seen(reply: &Reply, id: &str) -> (u16, Vec<(String, String)>, Value) {
    let mut body = reply.body.clone();
    body["request_id"] = Value::Null;
    let body = body.to_string().replace(id, "{id}");
    let headers = reply.headers.iter().filter(|(name, _)| !matches!(name.as_str(), "x-request-id" | "date"));
    let mut headers: Vec<_> = headers.map(|(name, value)| (name.to_string(), format!("{value:?}"))).collect();
    headers.sort();
    (reply.status, headers, serde_json::from_str(&body).expect("JSON"))
}
