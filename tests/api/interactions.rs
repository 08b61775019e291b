//! Interactions: logging, late entry, changes as the timeline shows them, and who sees them.

use std::collections::BTreeMap;

use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};

async fn customer(client: &Client) -> String {
    let body = json!({"kind": "company", "company": {"legal_name": "Werft Nord GmbH"}});
    client.post("/v1/customers", body).send().await.expect(201).id()
}

async fn log(client: &Client, customer_id: &str, body: Value) -> Reply {
    client.post(&format!("/v1/customers/{customer_id}/interactions"), body).send().await
}

async fn timeline(client: &Client, customer_id: &str, query: &[(&str, &str)]) -> Vec<Value> {
    let reply = client.get(&format!("/v1/customers/{customer_id}/timeline")).query(query).send().await.expect(200);
    reply.items().to_vec()
}

async fn contact_times(client: &Client, customer_id: &str) -> (Value, Value) {
    let reply = client.get(&format!("/v1/customers/{customer_id}")).send().await.expect(200);
    (reply["first_contact_at"].clone(), reply["last_interaction_at"].clone())
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["kind"].as_str().unwrap_or_default()).collect()
}

both! {
    async fn a_call_is_told_on_the_timeline(app: TestApp) {
        let agent = app.agent().await;
        let id = customer(&agent).await;
        let body = json!({
            "kind": "call", "direction": "inbound", "channel": "phone", "initiative": "reactive",
            "subject": "Rückfrage Lieferung", "body": "x".repeat(300),
            "occurred_at": "2026-11-20T14:05:00+01:00", "ended_at": "2026-11-20T14:11:00+01:00",
            "participants": [{"customer_id": id, "role": "caller"}, {"user_id": agent.user().id, "role": "callee"},
                             {"phone": "0171 1234567", "email": "Anna@Example.ORG"}],
            "outcome": "resolved", "thread_id": "t1", "external_ids": [{"system": "pbx", "id": "17"}]
        });
        let logged = log(&agent, &id, body).await.expect(201);
        assert_eq!(logged.header("location"), Some(format!("/v1/interactions/{}", logged.id()).as_str()));
        assert_eq!(logged.etag(), "\"1\"");
        assert_eq!(logged["occurred_at"], "2026-11-20T13:05:00.000000Z");
        assert_eq!(logged["duration_seconds"], 360);
        assert_eq!(logged.at("/participants/2/phone"), "+491711234567");
        let read = agent.get(&format!("/v1/interactions/{}", logged.id())).send().await.expect(200);
        assert_eq!(read.body, logged.body);

        let events = timeline(&agent.speaking("de"), &id, &[("kind", "call.logged")]).await;
        let event = &events[0];
        assert_eq!(event["title"], "Eingehender Anruf: Rückfrage Lieferung");
        assert_eq!(event["summary"].as_str().map(|text| text.chars().count()), Some(280));
        assert_eq!(event["category"], "communication");
        assert_eq!(event["occurred_at"], logged["occurred_at"]);
        assert_eq!(event["recorded_at"], logged["recorded_at"]);
        assert_eq!(event["id"], logged["event_id"]);
        assert_eq!(event["subject"], json!({"type": "interaction", "id": logged.id()}));
        assert_eq!(event["payload"]["duration_seconds"], 360);
        assert_eq!(event["payload"]["outcome"], "resolved");
        assert_eq!(event["payload"]["participants"][0]["role"], "caller");
        assert_eq!(event["source"], json!({"system": "api", "reference": null}));
        let english = timeline(&agent, &id, &[("kind", "call.logged")]).await;
        assert_eq!(english[0]["title"], "Inbound call: Rückfrage Lieferung");
    }

    async fn a_late_entry_sorts_to_its_time(app: TestApp) {
        let agent = app.agent().await;
        let id = customer(&agent).await;
        for (subject, day) in [("Mittwoch", "18"), ("Montag", "16"), ("Dienstag", "17")] {
            let body = json!({"kind": "note", "subject": subject, "occurred_at": format!("2026-11-{day}T09:00:00Z")});
            log(&agent, &id, body).await.expect(201);
        }
        let path = format!("/v1/customers/{id}/interactions");
        let newest = agent.get(&path).send().await.expect(200);
        let subjects = |reply: &Reply| reply.items().iter().map(|item| item["subject"].clone()).collect::<Vec<_>>();
        assert_eq!(subjects(&newest), ["Mittwoch", "Dienstag", "Montag"]);
        let oldest = agent.get(&path).query(&[("sort", "occurred_at")]).send().await.expect(200);
        assert_eq!(subjects(&oldest), ["Montag", "Dienstag", "Mittwoch"]);
        let entered = agent.get(&path).query(&[("sort", "created_at")]).send().await.expect(200);
        assert_eq!(subjects(&entered).len(), 3);
        let (first, last) = contact_times(&agent, &id).await;
        assert_eq!((first.as_str(), last.as_str()), (Some("2026-11-16T09:00:00.000000Z"), Some("2026-11-18T09:00:00.000000Z")));
    }

    async fn contact_times_follow_and_are_no_version(app: TestApp) {
        let agent = app.agent().await;
        let id = customer(&agent).await;
        let before = agent.get(&format!("/v1/customers/{id}")).send().await.expect(200);
        let early = log(&agent, &id, json!({"kind": "note", "body": "x", "occurred_at": "2026-11-01T09:00:00Z"})).await.expect(201);
        let late = log(&agent, &id, json!({"kind": "note", "body": "x", "occurred_at": "2026-11-05T09:00:00Z"})).await.expect(201);
        let after = agent.get(&format!("/v1/customers/{id}")).send().await.expect(200);
        assert_eq!(after["version"], before["version"]);
        assert_ne!(after.etag(), before.etag());
        agent.patch(&format!("/v1/customers/{id}"), &before.etag(), json!({"tier": "gold"})).send().await.expect(200);

        agent.patch(&format!("/v1/interactions/{}", late.id()), "*", json!({"occurred_at": "2026-11-03T09:00:00Z"})).send().await.expect(200);
        assert_eq!(contact_times(&agent, &id).await.1, "2026-11-03T09:00:00.000000Z");
        agent.delete(&format!("/v1/interactions/{}", early.id()), "*").send().await.expect(204);
        assert_eq!(contact_times(&agent, &id).await.0, "2026-11-03T09:00:00.000000Z");
        agent.delete(&format!("/v1/interactions/{}", late.id()), "*").send().await.expect(204);
        assert_eq!(contact_times(&agent, &id).await, (Value::Null, Value::Null));
        agent.call(reqwest::Method::POST, &format!("/v1/interactions/{}/restoration", early.id())).send().await.expect(200);
        assert_eq!(contact_times(&agent, &id).await.1, "2026-11-01T09:00:00.000000Z");
    }

    async fn a_changed_interaction_is_told_once(app: TestApp) {
        let agent = app.agent().await;
        let id = customer(&agent).await;
        let logged = log(&agent, &id, json!({"kind": "call", "body": "alt", "occurred_at": "2026-11-20T10:00:00Z"})).await.expect(201);
        let path = format!("/v1/interactions/{}", logged.id());
        let changed = agent
            .patch(&path, &logged.etag(), json!({"body": "neu", "occurred_at": "2026-11-19T10:00:00Z"}))
            .send().await.expect(200);
        assert_eq!(changed["version"], 2);
        let corrected = timeline(&agent, &id, &[("kind", "call.logged")]).await;
        assert_eq!(corrected.len(), 1);
        assert_eq!(corrected[0]["summary"], "neu");
        assert_eq!(corrected[0]["supersedes"], logged["event_id"]);
        assert_eq!(corrected[0]["payload"]["version"], 2);
        assert_eq!(corrected[0]["payload"]["changes"].as_array().map(Vec::len), Some(2));
        assert_eq!(corrected[0]["occurred_at"], "2026-11-19T10:00:00.000000Z");
        let full = timeline(&agent, &id, &[("kind", "call.logged"), ("view", "full")]).await;
        assert_eq!(full.len(), 2);
        assert_eq!(full[0]["superseded_by"], corrected[0]["id"]);

        // What was read may be sent back and changes nothing.
        let same = agent.patch(&path, &changed.etag(), changed.body.clone()).send().await.expect(200);
        assert_eq!(same["version"], 2);
        let stale = agent.patch(&path, "\"1\"", json!({"body": "x"})).send().await.expect(412);
        assert_eq!(stale.problem()["current_version"], 2);
        let differing: Vec<_> = stale.problem()["differences"].as_array().into_iter().flatten().map(|it| &it["pointer"]).collect();
        assert_eq!(differing, ["/body", "/occurred_at"]);
        let missing = agent.call(reqwest::Method::PATCH, &path).json(json!({})).send().await;
        missing.expect(428);
    }

    async fn an_archived_interaction_leaves_the_timeline_until_it_is_restored(app: TestApp) {
        let agent = app.agent().await;
        let id = customer(&agent).await;
        let body = json!({"kind": "call", "subject": "Preis", "body": "geheim", "occurred_at": "2026-11-02T10:00:00Z"});
        let logged = log(&agent, &id, body).await.expect(201);
        let path = format!("/v1/interactions/{}", logged.id());
        agent.delete(&path, &logged.etag()).send().await.expect(204);
        let events = timeline(&agent, &id, &[("category", "communication")]).await;
        assert_eq!(kinds(&events), ["call.archived"]);
        assert_eq!(events[0]["title"], "Archived: Call: Preis");
        assert_eq!(events[0]["summary"], Value::Null);
        assert_eq!(agent.delete(&path, "*").send().await.expect(409).code(), "archived");
        assert_eq!(agent.patch(&path, "*", json!({"body": "x"})).send().await.expect(409).code(), "archived");
        let list = format!("/v1/customers/{id}/interactions");
        assert!(agent.get(&list).send().await.expect(200).items().is_empty());
        assert_eq!(agent.get(&list).query(&[("archived", "only")]).send().await.expect(200).items().len(), 1);

        let restoration = format!("{path}/restoration");
        agent.call(reqwest::Method::POST, &restoration).send().await.expect(200);
        assert_eq!(agent.call(reqwest::Method::POST, &restoration).send().await.expect(409).code(), "not_archived");
        let events = timeline(&agent, &id, &[("category", "communication")]).await;
        assert_eq!(kinds(&events), ["call.restored"]);
        assert_eq!(events[0]["summary"], "geheim");
        assert_eq!(events[0]["occurred_at"], "2026-11-02T10:00:00.000000Z");
        agent.patch(&path, "*", json!({"body": "offen"})).send().await.expect(200);
        assert_eq!(kinds(&timeline(&agent, &id, &[("category", "communication")]).await), ["call.logged"]);
        assert_eq!(timeline(&agent, &id, &[("category", "communication"), ("view", "full")]).await.len(), 4);
    }

    async fn the_same_reference_is_logged_once(app: TestApp) {
        let agent = app.agent().await;
        let (id, other) = (customer(&agent).await, customer(&agent).await);
        let body = json!({"kind": "email", "body": "Hallo", "source": {"system": "mail", "reference": "<1@example.org>"}});
        let calls = (0..20).map(|_| log(&agent, &id, body.clone()));
        let replies = futures_util::future::join_all(calls).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
        assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 19);
        assert!(replies.iter().all(|reply| reply.id() == replies[0].id()));
        assert_eq!(timeline(&agent, &id, &[("kind", "email.logged")]).await.len(), 1);
        assert_eq!(log(&agent, &other, body).await.expect(409).code(), "already_exists");
        let twice = json!({"kind": "note", "body": "x", "external_ids": [{"system": "a", "id": "1"}]});
        let first = log(&agent, &id, twice.clone()).await.expect(201);
        assert_eq!(log(&agent, &id, twice.clone()).await.expect(409).code(), "already_exists");
        agent.patch(&format!("/v1/interactions/{}", first.id()), "*", json!({"external_ids": null})).send().await.expect(200);
        log(&agent, &other, twice).await.expect(201);
    }

    async fn every_fault_is_named(app: TestApp) {
        let agent = app.agent().await;
        let id = customer(&agent).await;
        let reply = log(&agent, &id, json!({
            "kind": "call", "occurred_at": "2026-11-20T10:00:00Z", "ended_at": "2026-11-20T09:00:00Z",
            "participants": [{"role": "caller"}, {"name": "Anna"}]
        })).await.expect(422);
        let faults = reply.faults();
        assert_eq!(faults.get("/ended_at"), Some(&"before"));
        assert_eq!(faults.get("/participants/0"), Some(&"required"));
        assert_eq!(faults.len(), 2);
        let reply = log(&agent, &id, json!({"kind": "call", "participants": [{"phone": "4711", "email": "anna@"}]})).await.expect(422);
        assert_eq!(reply.faults(), [("/participants/0/email", "email"), ("/participants/0/phone", "phone")].into());
        let unknown = "019a0000-0000-7000-8000-000000000001";
        let reply = log(&agent, &id, json!({
            "kind": "call", "owner_id": unknown, "participants": [{"customer_id": unknown}, {"user_id": unknown}]
        })).await.expect(422);
        assert_eq!(reply.faults().len(), 3);
        let reply = log(&agent, &id, json!({"kind": "fax", "bodi": "x", "occurred_at": "yesterday"})).await.expect(422);
        assert_eq!(reply.faults().get("/bodi"), Some(&"unknown_field"));
        assert_eq!(reply.faults().len(), 3);
        let reply = log(&agent, &id, json!({"kind": "call", "occurred_at": "2126-11-20T10:00:00Z"})).await.expect(422);
        assert_eq!(reply.faults().get("/occurred_at"), Some(&"in_the_future"));
        let reply = log(&agent, &id, json!({"kind": "note", "body": "x".repeat(100_001)})).await.expect(422);
        assert_eq!(reply.faults().get("/body"), Some(&"too_long"));
        let duplicate = json!([{"system": "a", "id": "1"}, {"system": "a", "id": "1"}]);
        let reply = log(&agent, &id, json!({"kind": "note", "body": "x", "external_ids": duplicate})).await.expect(422);
        assert_eq!(reply.faults().get("/external_ids/1"), Some(&"duplicate"));
        let logged = log(&agent, &id, json!({"kind": "note", "subject": "x"})).await.expect(201);
        let path = format!("/v1/interactions/{}", logged.id());
        for (patch, pointer, code) in [
            (json!({"kind": "call"}), "/kind", "read_only"),
            (json!({"event_id": unknown}), "/event_id", "read_only"),
            (json!({"occurred_at": null}), "/occurred_at", "not_nullable"),
        ] {
            let reply = agent.patch(&path, "*", patch).send().await.expect(422);
            assert_eq!(reply.faults().get(pointer), Some(&code));
        }
        agent.get(&format!("/v1/customers/{id}/interactions")).query(&[("knd", "call")]).send().await.expect(400);
        agent.delete(&format!("/v1/customers/{id}"), "*").send().await.expect(204);
        assert_eq!(log(&agent, &id, json!({"kind": "note", "subject": "x"})).await.expect(409).code(), "archived");
        assert_eq!(agent.patch(&path, "*", json!({"body": "x"})).send().await.expect(409).code(), "archived");
    }

    async fn interactions_are_seen_with_their_customer(app: TestApp) {
        let agent = app.agent().await;
        let narrow = app.user(Role::Agent, Visibility::Own).await;
        let foreign = customer(&agent).await;
        let hidden = log(&agent, &foreign, json!({"kind": "note", "subject": "x"})).await.expect(201);
        let own = json!({"kind": "company", "company": {"legal_name": "Eigene GmbH"}, "owner_id": narrow.user().id});
        let own = agent.post("/v1/customers", own).send().await.expect(201).id();
        let seen = log(&narrow, &own, json!({"kind": "call"})).await.expect(201);
        let all = narrow.get("/v1/interactions").send().await.expect(200);
        assert_eq!(all.items().iter().map(|item| item["id"].clone()).collect::<Vec<_>>(), [seen.id()]);
        let missing = "019a0000-0000-7000-8000-000000000001";
        let unlike = |reply: &Reply| (reply.status, reply["code"].clone(), reply["detail"].clone());
        for path in ["/v1/interactions/{}", "/v1/customers/{}/interactions"] {
            let id = if path.contains("customers") { foreign.clone() } else { hidden.id() };
            let foreign = narrow.get(&path.replace("{}", &id)).send().await.expect(404);
            let nowhere = narrow.get(&path.replace("{}", missing)).send().await.expect(404);
            assert_eq!(unlike(&foreign), unlike(&nowhere));
        }
        log(&narrow, &foreign, json!({"kind": "note", "subject": "x"})).await.expect(404);
        narrow.patch(&format!("/v1/interactions/{}", hidden.id()), "*", json!({"body": "x"})).send().await.expect(404);
        narrow.delete(&format!("/v1/interactions/{}", hidden.id()), "*").send().await.expect(404);
        narrow.call(reqwest::Method::POST, &format!("/v1/interactions/{}/restoration", hidden.id())).send().await.expect(404);
        let reader = app.read_only().await;
        assert_eq!(log(&reader, &foreign, json!({"kind": "note", "subject": "x"})).await.expect(403).code(), "insufficient_scope");
        reader.get("/v1/interactions").query(&[("customer_id", &foreign), ("kind", "note")]).send().await.expect(200);
        agent.anonymous().get("/v1/interactions").send().await.expect(401);
    }

    async fn a_note_says_something(app: TestApp) {
        let agent = app.agent().await;
        let id = customer(&agent).await;
        let empty = BTreeMap::from([("/body", "content_required")]);
        for body in [json!({"kind": "note"}), json!({"kind": "note", "subject": " ", "body": null})] {
            assert_eq!(log(&agent, &id, body).await.expect(422).faults(), empty);
        }
        log(&agent, &id, json!({"kind": "call"})).await.expect(201);
        let note = log(&agent, &id, json!({"kind": "note", "subject": "a", "body": "b"})).await.expect(201);
        let path = format!("/v1/interactions/{}", note.id());
        let refused = agent.patch(&path, "*", json!({"subject": null, "body": ""})).send().await.expect(422);
        assert_eq!(refused.faults(), empty);
        let event = agent.patch(&path, "*", json!({"subject": null})).send().await.expect(200);
        let event = event["event_id"].as_str().expect("an event").to_owned();
        let corrections = format!("/v1/customers/{id}/timeline/{event}/corrections");
        let refused = agent.post(&corrections, json!({"reason": "leer", "summary": null})).send().await.expect(422);
        assert_eq!(refused.faults(), BTreeMap::from([("/summary", "content_required")]));
    }

    async fn filters_narrow_the_list(app: TestApp) {
        let agent = app.agent().await;
        let (one, two) = (customer(&agent).await, customer(&agent).await);
        let owner = agent.user().id;
        log(&agent, &one, json!({"kind": "call", "direction": "inbound", "channel": "phone", "outcome": "resolved", "occurred_at": "2026-11-01T00:00:00Z"})).await.expect(201);
        log(&agent, &one, json!({"kind": "email", "direction": "outbound", "channel": "email", "owner_id": owner, "occurred_at": "2026-11-02T00:00:00Z"})).await.expect(201);
        let took_part = json!([{"customer_id": one, "user_id": owner}, {"customer_id": one, "role": "host"}, {"name": "Öz"}]);
        let elsewhere = json!([{"system": "mail", "id": "<1@example.org>"}]);
        log(&agent, &two, json!({"kind": "note", "body": "x", "direction": "internal", "initiative": "proactive", "thread_id": "t 1",
            "participants": took_part, "external_ids": elsewhere, "occurred_at": "2026-11-03T00:00:00Z"})).await.expect(201);
        for (query, count) in [
            (&[][..], 3),
            (&[("kind", "call"), ("kind", "email")], 2),
            (&[("direction", "internal")], 1),
            (&[("channel", "phone"), ("outcome", "resolved")], 1),
            (&[("channel", "phone"), ("kind", "email")], 0),
            (&[("owner_id", owner.to_string().as_str())], 1),
            (&[("customer_id", one.as_str())], 2),
            (&[("occurred_from", "2026-11-02T00:00:00Z")], 2),
            (&[("occurred_to", "2026-11-02T00:00:00Z")], 1),
            (&[("archived", "include"), ("count", "exact")], 3),
            (&[("initiative", "proactive")], 1),
            (&[("thread_id", "t 1")], 1),
            (&[("thread_id", "t")], 0),
            (&[("participant_id", one.as_str())], 1),
            (&[("participant_id", two.as_str())], 0),
            (&[("participant_id", "me"), ("customer_id", two.as_str())], 1),
            (&[("external_system", "mail"), ("external_id", "<1@example.org>")], 1),
            (&[("updated_after", "2999-01-01T00:00:00Z")], 0),
            (&[("created_before", "2999-01-01T00:00:00Z"), ("sort", "-updated_at")], 3),
        ] {
            let reply = agent.get("/v1/interactions").query(query).send().await.expect(200);
            assert_eq!(reply.items().len(), count, "{query:?}");
        }
    }
}
