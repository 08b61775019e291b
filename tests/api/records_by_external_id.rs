//! Records by the ids other systems have for them: made, kept in step, never of two customers.

use futures_util::future::join_all;
use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use kundenhistorie::openapi;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Call, Client};
use crate::support::kinds::{KINDS, Kind};
use crate::support::samples::{company, customer};

fn put<'a>(client: &'a Client, path: &str, body: &Value) -> Call<'a> {
    client.call(Method::PUT, path).json(body.clone())
}

async fn home(client: &Client) -> String {
    format!("/v1/customers/{}", customer(client, company()).await.id())
}

fn changed(kind: &Kind, body: &Value) -> Value {
    let mut body = body.clone();
    for (name, value) in (kind.change)().as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

/// How the document describes a new one of this kind.
fn creation(kind: &Kind) -> Value {
    let name: String = kind.one.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
    openapi::document()["components"]["schemas"][format!("Create{name}")].clone()
}

/// The body with null for every field it leaves out that may be null.
fn with_nulls(kind: &Kind, mut body: Value) -> Value {
    for (field, schema) in creation(kind)["properties"].as_object().expect("fields of a new record") {
        if schema.to_string().contains("\"null\"") && body.get(field).is_none() {
            body[field] = Value::Null;
        }
    }
    body
}

/// Of the body only what must not be left out.
fn with_least(kind: &Kind, body: &Value) -> Value {
    let required = creation(kind)["required"].as_array().cloned().unwrap_or_default();
    let required = required.iter().map(|field| field.as_str().expect("a name"));
    Value::Object(required.map(|field| (field.to_owned(), body[field].clone())).collect())
}

/// Lets the body say what the record says by now: moves may change what was sent.
fn follow(body: &mut Value, record: &Value) {
    for (name, value) in body.as_object_mut().expect("an object") {
        if !value.is_array() {
            *value = record[name.as_str()].clone();
        }
    }
}

both! {
    async fn what_is_left_out_or_empty_is_no_change(app: TestApp) {
        let admin = app.admin().await;
        let home = home(&admin).await;
        for kind in KINDS {
            let body = with_nulls(kind, kind.body(&admin, &home).await);
            let path = kind.by_external_id(&home, "erp", "1");
            let made = put(&admin, &path, &body).send().await.expect(201);
            app.advance(1);
            for nothing_new in [with_least(kind, &body), body] {
                let again = put(&admin, &path, &nothing_new).send().await.expect(200);
                assert_eq!(again.body, made.body, "{}", kind.one);
            }
        }
    }

    async fn what_went_on_is_left_alone(app: TestApp) {
        let admin = app.admin().await;
        let home = home(&admin).await;
        for kind in KINDS {
            let mut body = kind.body(&admin, &home).await;
            let path = kind.by_external_id(&home, "erp", "2");
            let made = put(&admin, &path, &body).send().await.expect(201);
            let mut seen = 0;
            for step in kind.moves {
                let to = format!("/v1/{}/{}/{}", kind.segment(), made.id(), step.segment);
                let moved = admin.post(&to, (step.body)()).send().await;
                if moved.status == 409 {
                    continue;
                }
                seen += 1;
                follow(&mut body, &moved.expect(200).body);
                let before = admin.get(&format!("/v1/{}/{}", kind.segment(), made.id())).send().await.expect(200);
                let again = put(&admin, &path, &body).send().await.expect(200);
                assert_eq!(again.body, before.body, "{} after {}", kind.one, step.verb);
            }
            assert!(seen > 0 || kind.moves.is_empty(), "{}: no move was possible", kind.one);
        }
    }

    async fn every_kind_is_made_once_and_kept_in_step(app: TestApp) {
        let admin = app.admin().await;
        let (mine, other) = (home(&admin).await, home(&admin).await);
        for kind in KINDS {
            let one = kind.one;
            let body = kind.body(&admin, &mine).await;
            let path = kind.by_external_id(&mine, "erp", "A%2F7");
            let made = put(&admin, &path, &body).send().await.expect(201);
            let own = format!("/v1/{}/{}", kind.segment(), made.id());
            assert_eq!(made.header("location"), Some(own.as_str()), "{one}");
            assert_eq!(made.body["external_ids"], json!([{"system": "erp", "id": "A/7"}]), "{one}");

            let again = put(&admin, &path, &body).send().await.expect(200);
            assert_eq!(again.body, made.body, "{one}: the same again changes nothing");
            assert_eq!(admin.get(&own).send().await.expect(200).body, made.body, "{one}");
            let after = put(&admin, &path, &changed(kind, &body)).send().await.expect(200);
            assert_eq!((after.id(), &after.body["version"]), (made.id(), &json!(2)), "{one}");
            assert_eq!(after.body["external_ids"], made.body["external_ids"], "{one}: what is left out stays");

            let exists = put(&admin, &path, &body).header("if-none-match", "*").send().await.expect(412);
            assert_eq!(exists.code(), "record_exists", "{one}");
            let stale = put(&admin, &path, &body).header("if-match", "\"1\"").send().await.expect(412);
            assert_eq!(stale.code(), "version_conflict", "{one}");
            let absent = kind.by_external_id(&mine, "erp", "nobody");
            let absent = put(&admin, &absent, &body).header("if-match", "*").send().await.expect(412);
            assert_eq!(absent.code(), "record_missing", "{one}");
            if !kind.catalogue {
                let elsewhere = kind.by_external_id(&other, "erp", "A%2F7");
                let refused = put(&admin, &elsewhere, &body).send().await.expect(409);
                assert_eq!(refused.code(), "already_exists", "{one}");
                assert_eq!(refused.body["existing_id"], made.id(), "{one}");
            }
            assert_eq!(admin.get(&own).send().await.expect(200).body, after.body, "{one}: a refusal changes nothing");
        }
    }

    async fn an_archived_one_keeps_its_id(app: TestApp) {
        let admin = app.admin().await;
        let home = home(&admin).await;
        for kind in ["task", "product"].map(Kind::named) {
            let body = kind.body(&admin, &home).await;
            let path = kind.by_external_id(&home, "erp", "7");
            let made = put(&admin, &path, &body).send().await.expect(201);
            let own = format!("/v1/{}/{}", kind.segment(), made.id());
            admin.delete(&own, "*").send().await.expect(204);
            let refused = put(&admin, &path, &body).send().await.expect(409);
            assert_eq!((refused.code(), &refused.body["existing_id"]), ("archived", &json!(made.id())));
            admin.call(Method::POST, &format!("{own}/restoration")).send().await.expect(200);
            put(&admin, &path, &body).send().await.expect(200);
        }
        let email = format!("{home}/interactions-by-external-id/mail/7");
        put(&admin, &email, &json!({"kind": "email"})).send().await.expect(201);
        admin.delete(&home, "*").send().await.expect(204);
        let task = |id| Kind::named("task").by_external_id(&home, "erp", id);
        let call_back = json!({"subject": "Anrufen"});
        for (path, body) in [(task("7"), &call_back), (task("8"), &call_back), (email, &json!({"kind": "email"}))] {
            let refused = put(&admin, &path, body).send().await.expect(409);
            // It is the customer who is archived, not the record.
            assert_eq!((refused.code(), &refused.body["existing_id"]), ("archived", &Value::Null), "{path}");
        }
        let stale = put(&admin, &task("7"), &call_back).header("if-match", "\"1\"").send().await.expect(412);
        assert_eq!(stale.code(), "version_conflict", "as for any other change");
    }

    async fn however_many_send_it_there_is_one(app: TestApp) {
        let admin = app.admin().await;
        let home = home(&admin).await;
        for kind in ["ticket", "product"].map(Kind::named) {
            let body = kind.body(&admin, &home).await;
            let path = kind.by_external_id(&home, "erp", "7");
            let replies = join_all((0..20).map(|_| put(&admin, &path, &body).send())).await;
            let made = replies.iter().filter(|reply| reply.status == 201).count();
            assert_eq!((made, replies.iter().filter(|reply| reply.status == 200).count()), (1, 19), "{}", kind.one);
            let list = admin.get(&format!("/v1/{}", kind.segment())).query(&[("external_id", "7")]).send().await;
            assert_eq!(list.expect(200).items().len(), 1);
            assert_eq!(replies[0].body["version"], 1);
        }
    }

    async fn what_nobody_may_know_of_is_only_taken(app: TestApp) {
        let admin = app.admin().await;
        let hidden = home(&admin).await;
        let ticket = json!({"subject": "Kein Strom"});
        let path = |home: &str| Kind::named("ticket").by_external_id(home, "desk", "T-1");
        put(&admin, &path(&hidden), &ticket).send().await.expect(201);
        let own = app.user(Role::Agent, Visibility::Own).await;
        let mine = home(&own).await;
        let refused = put(&own, &path(&mine), &ticket).send().await.expect(409);
        assert_eq!((refused.code(), &refused.body["existing_id"]), ("already_exists", &Value::Null));
        put(&own, &path(&hidden), &ticket).send().await.expect(404);
        let nobody = "/v1/customers/01890000-0000-7000-8000-000000000000";
        put(&admin, &path(nobody), &ticket).send().await.expect(404);
        let new = Kind::named("ticket").by_external_id(&hidden, "desk", "T-2");
        put(&own, &new, &ticket).send().await.expect(404);
        let reader = app.as_role(Role::ReadOnly).await;
        assert_eq!(put(&reader, &path(&hidden), &ticket).send().await.expect(403).code(), "insufficient_scope");
    }

    async fn every_fault_is_named(app: TestApp) {
        let admin = app.admin().await;
        let home = home(&admin).await;
        let kind = Kind::named("ticket");
        let path = kind.by_external_id(&home, "desk", "T-1");
        let faults = put(&admin, &path, &json!({"subjekt": "Kein Strom", "priority": 7})).send().await.expect(422);
        assert!(faults.faults().contains_key("/subject") && faults.faults().contains_key("/priority"), "{faults:?}");
        let other = json!({"subject": "Kein Strom", "external_ids": [{"system": "desk", "id": "T-9"}]});
        let other = put(&admin, &path, &other).send().await.expect(422);
        assert_eq!(other.faults().get("/external_ids/0/id"), Some(&"other_external_id"));
        let system = put(&admin, &kind.by_external_id(&home, "e%20p", "1"), &json!({})).send().await.expect(400);
        assert_eq!(system.faults().get("system"), Some(&"pattern"));
        put(&admin, &kind.by_external_id("/v1/customers/7", "erp", "1"), &json!({})).send().await.expect(400);
        let methods = admin.get(&path).send().await.expect(405);
        assert_eq!(methods.header("allow"), Some("OPTIONS, PUT"));
    }

    async fn what_is_fixed_may_be_written_in_another_way(app: TestApp) {
        let admin = app.admin().await;
        let home = home(&admin).await;
        let path = Kind::named("ticket").by_external_id(&home, "desk", "T-1");
        let ticket = json!({
            "subject": "Kein Strom", "number": null, "opened_at": "2026-11-02T09:00:00+01:00", "source": {"system": "desk"},
        });
        let made = put(&admin, &path, &ticket).send().await.expect(201);
        assert_eq!(put(&admin, &path, &ticket).send().await.expect(200).body, made.body);
        let mut later = ticket.clone();
        later["opened_at"] = json!("2026-11-02T09:00:00Z");
        let refused = put(&admin, &path, &later).send().await.expect(422);
        assert_eq!(refused.faults().get("/opened_at"), Some(&"read_only"));
        let mut elsewhere = ticket;
        elsewhere["source"] = json!({"system": "phone"});
        let refused = put(&admin, &path, &elsewhere).send().await.expect(422);
        assert!(refused.faults().contains_key("/source"), "{refused:?}");
    }

    async fn a_message_is_logged_once(app: TestApp) {
        let agent = app.agent().await;
        let (mine, other) = (home(&agent).await, home(&agent).await);
        let path = |home: &str| format!("{home}/interactions-by-external-id/mail/%3C7@example.org%3E");
        let message = json!({
            "kind": "email", "direction": "inbound", "subject": "Frage", "occurred_at": "2026-11-02T09:00:00+01:00",
            "source": {"system": "mail", "reference": "<7@example.org>"},
        });
        let replies = join_all((0..8).map(|_| put(&agent, &path(&mine), &message).send())).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
        let made = put(&agent, &path(&mine), &message).send().await.expect(200);
        assert_eq!((&made.body["version"], &made.body["external_ids"][0]["id"]), (&json!(1), &json!("<7@example.org>")));
        let mut answered = message.clone();
        answered["outcome"] = json!("answered");
        let after = put(&agent, &path(&mine), &answered).send().await.expect(200);
        assert_eq!((&after.body["version"], &after.body["outcome"]), (&json!(2), &json!("answered")));
        assert_eq!(after.body["occurred_at"], made.body["occurred_at"]);
        let elsewhere = put(&agent, &path(&other), &message).send().await.expect(409);
        assert_eq!((elsewhere.code(), &elsewhere.body["existing_id"]), ("already_exists", &made.body["id"]));
        let stranger = app.user(Role::Agent, Visibility::Own).await;
        let theirs = put(&stranger, &path(&home(&stranger).await), &message).send().await.expect(409);
        assert_eq!(theirs.body["existing_id"], Value::Null);

        let call = format!("{mine}/interactions-by-external-id/pbx/1");
        let now = json!({"kind": "call", "occurred_at": null});
        let made = put(&agent, &call, &now).send().await.expect(201);
        assert_eq!(put(&agent, &call, &now).send().await.expect(200).body, made.body);
        agent.delete(&format!("/v1/interactions/{}", made.id()), "*").send().await.expect(204);
        assert_eq!(put(&agent, &call, &now).send().await.expect(409).code(), "archived");
        let reference = json!({"kind": "email", "source": {"system": "mail", "reference": "<7@example.org>"}});
        let refused = put(&agent, &format!("{mine}/interactions-by-external-id/mail/8"), &reference).send().await;
        assert_eq!(refused.expect(409).faults().get("/source/reference"), Some(&"taken"));
    }

    async fn a_reference_that_was_sent_without_the_id_is_told(app: TestApp) {
        let admin = app.admin().await;
        let home = home(&admin).await;
        let kind = Kind::named("ticket");
        let ticket = json!({"subject": "Kein Strom", "source": {"system": "desk", "reference": "T-1"}});
        let first = admin.post(&kind.creation(&home), ticket.clone()).send().await.expect(201);
        let path = kind.by_external_id(&home, "desk", "T-1");
        let refused = put(&admin, &path, &ticket).send().await.expect(409);
        assert_eq!(refused.faults().get("/source/reference"), Some(&"taken"));
        assert_eq!(refused.body["existing_id"], first.id());
        let ids = json!({"external_ids": [{"system": "desk", "id": "T-1"}]});
        admin.patch(&format!("/v1/tickets/{}", first.id()), "*", ids).send().await.expect(200);
        assert_eq!(put(&admin, &path, &ticket).send().await.expect(200).body["version"], 2);
    }
}
