//! The timeline: order, pages, filters, corrections, verification, and who sees it.

use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use sea_orm::{ConnectionTrait, Database, DbBackend};
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};

async fn customer(client: &Client) -> String {
    let body = json!({"kind": "company", "company": {"legal_name": "Werft Nord GmbH"}});
    client.post("/v1/customers", body).send().await.expect(201).id()
}

async fn note(client: &Client, customer_id: &str, subject: &str, occurred_at: &str) -> Reply {
    let body = json!({"kind": "note", "subject": subject, "body": subject, "occurred_at": occurred_at});
    client.post(&format!("/v1/customers/{customer_id}/interactions"), body).send().await.expect(201)
}

async fn machine_serviced(admin: &Client, customer_id: &str) -> Reply {
    let kind = json!({
        "name": "machine.serviced", "category": "support",
        "labels": {"en": "Machine serviced: {payload.machine}", "de": "Maschine gewartet: {payload.machine}"},
        "payload_schema": {"type": "object", "required": ["machine"], "properties": {"machine": {"type": "string"}}}
    });
    admin.post("/v1/event-types", kind).send().await.expect(201);
    let body = json!({
        "kind": "machine.serviced", "occurred_at": "2026-10-01T09:00:00Z", "source": {"system": "erp", "reference": "SV-1"},
        "amount": {"amount": "320.00", "currency": "EUR"}, "summary": "Spindel", "payload": {"machine": "CNC 4"}
    });
    admin.post(&format!("/v1/customers/{customer_id}/timeline"), body).send().await.expect(201)
}

fn ids(reply: &Reply) -> Vec<String> {
    reply.items().iter().map(|item| item["id"].as_str().unwrap_or_default().to_owned()).collect()
}

fn sequences(reply: &Reply) -> Vec<i64> {
    reply.items().iter().filter_map(|item| item["sequence"].as_i64()).collect()
}

/// Every page from the first to the last, and back again.
async fn walk(client: &Client, path: &str, query: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let mut forward = Vec::new();
    let mut cursor: Option<String> = None;
    let mut last;
    loop {
        let mut query = query.to_vec();
        if let Some(cursor) = &cursor {
            query.push(("cursor", cursor));
        }
        last = client.get(path).query(&query).send().await.expect(200);
        forward.extend(ids(&last));
        match last["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    let mut backward = ids(&last);
    while let Some(previous) = last["prev_cursor"].as_str().map(str::to_owned) {
        let mut query = query.to_vec();
        query.push(("cursor", &previous));
        last = client.get(path).query(&query).send().await.expect(200);
        backward.splice(0..0, ids(&last));
    }
    (forward, backward)
}

both! {
    async fn pages_lead_through_ties_in_both_orders_and_directions(app: TestApp) {
        let agent = app.agent().await;
        let id = customer(&agent).await;
        for index in 0..9 {
            let day = if index % 3 == 0 { "05" } else { "07" };
            note(&agent, &id, &format!("n{index}"), &format!("2026-10-{day}T09:00:00Z")).await;
        }
        for path in [format!("/v1/customers/{id}/timeline"), "/v1/timeline".to_owned()] {
            let newest = agent.get(&path).send().await.expect(200);
            assert_eq!(sequences(&newest), [1, 10, 9, 7, 6, 4, 3, 8, 5, 2], "{path}");
            let mut reversed = ids(&newest);
            reversed.reverse();
            let oldest = agent.get(&path).query(&[("sort", "occurred_at")]).send().await.expect(200);
            assert_eq!(ids(&oldest), reversed, "{path}");
            for (sort, expected) in [("-occurred_at", ids(&newest)), ("occurred_at", ids(&oldest))] {
                let (forward, backward) = walk(&agent, &path, &[("sort", sort), ("limit", "3")]).await;
                assert_eq!(forward, expected, "{path} {sort}");
                assert_eq!(backward, expected, "{path} {sort}");
            }
        }
    }

    async fn a_late_entry_does_not_disturb_who_is_paging(app: TestApp) {
        let agent = app.agent().await;
        let id = customer(&agent).await;
        for day in 1..=6 {
            note(&agent, &id, "n", &format!("2026-10-0{day}T09:00:00Z")).await;
        }
        let path = format!("/v1/customers/{id}/timeline");
        let before = ids(&agent.get(&path).query(&[("kind", "note.logged")]).send().await.expect(200));
        let query = [("kind", "note.logged"), ("limit", "2")];
        let first = agent.get(&path).query(&query).send().await.expect(200);
        let late = note(&agent, &id, "spät", "2026-10-05T12:00:00Z").await;
        let mut seen = ids(&first);
        let mut cursor = first["next_cursor"].as_str().expect("a next page").to_owned();
        loop {
            let page = agent.get(&path).query(&[query[0], query[1], ("cursor", &cursor)]).send().await.expect(200);
            seen.extend(ids(&page));
            match page["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        assert_eq!(seen, before);
        let all = agent.get(&path).query(&[("kind", "note.logged")]).send().await.expect(200);
        assert_eq!(all.items()[1]["id"], late["event_id"]);
        let elsewhere = agent.get(&path).query(&[("kind", "call.logged"), ("limit", "2"), ("cursor", &cursor)]).send().await;
        assert_eq!(elsewhere.expect(400).code(), "cursor_mismatch");
    }

    async fn filters_narrow_the_timeline(app: TestApp) {
        let admin = app.admin().await;
        let id = customer(&admin).await;
        app.advance(60);
        note(&admin, &id, "Lieferung_Müller 100%", "2026-10-05T09:00:00Z").await;
        let body = json!({"kind": "call", "direction": "inbound", "channel": "phone", "subject": "Preis", "occurred_at": "2026-10-06T09:00:00Z"});
        admin.post(&format!("/v1/customers/{id}/interactions"), body).send().await.expect(201);
        machine_serviced(&admin, &id).await;
        let path = format!("/v1/customers/{id}/timeline");
        let of_call = admin.get(&path).query(&[("kind", "call.logged")]).send().await.expect(200).items()[0]["subject"]["id"].clone();
        let of_call = of_call.as_str().expect("an id");
        let me = admin.user().id.to_string();
        let recorded = admin.get(&path).query(&[("kind", "customer.created")]).send().await.expect(200).items()[0]["recorded_at"].clone();
        let recorded = recorded.as_str().expect("an instant");
        for (query, count) in [
            (&[][..], 4),
            (&[("kind", "note.logged"), ("kind", "call.logged")], 2),
            (&[("category", "communication")], 2),
            (&[("category", "communication"), ("category", "support")], 3),
            (&[("direction", "inbound")], 1),
            (&[("channel", "phone")], 1),
            (&[("subject_id", of_call)], 1),
            (&[("subject_id", of_call), ("subject_id", id.as_str())], 3),
            (&[("subject_id", "019a0000-0000-7000-8000-000000000001")], 0),
            (&[("actor_id", me.as_str())], 4),
            (&[("actor_id", "019a0000-0000-7000-8000-000000000001")], 0),
            (&[("source_system", "erp")], 1),
            (&[("source_system", "erp"), ("source_system", "api")], 4),
            (&[("occurred_from", "2026-10-05T09:00:00Z"), ("occurred_to", "2026-10-06T09:00:00Z")], 1),
            (&[("recorded_to", recorded)], 0),
            (&[("recorded_from", recorded)], 4),
            (&[("q", "mueller liefer")], 1),
            (&[("q", "MÜLLER")], 1),
            (&[("q", "maschine cnc")], 1),
            (&[("q", "gewart")], 1),
            (&[("q", "efer")], 0),
            (&[("q", "a_b@c%.org")], 0),
            (&[("q", "%%")], 0),
        ] {
            let reply = admin.get(&path).query(query).query(&[("count", "exact")]).send().await.expect(200);
            assert_eq!((reply.items().len(), &reply["total"]), (count, &json!(count)), "{query:?}");
        }
        for query in [[("q", "")], [("kind", "call")], [("sort", "sequence")], [("view", "raw")], [("occured_from", "x")]] {
            admin.get(&path).query(&query).send().await.expect(400);
        }
        let all = admin.get("/v1/timeline").query(&[("q", "maschine")]).send().await.expect(200);
        assert_eq!(all.items()[0]["customer_id"], json!(id));
        assert!(admin.get("/v1/timeline").send().await.expect(200).items().iter().all(|event| event["kind"] != "event_type.created"));
    }

    async fn an_own_event_is_corrected_by_a_new_one(app: TestApp) {
        let admin = app.admin().await;
        let id = customer(&admin).await;
        let wrong = machine_serviced(&admin, &id).await;
        let place = |event: &Reply| format!("/v1/customers/{id}/timeline/{}", event.id());
        let path = format!("{}/corrections", place(&wrong));
        let right = admin.post(&path, json!({"reason": "Falscher Tag", "occurred_at": "2026-10-02T09:00:00Z", "summary": null,
            "amount": {"amount": "300", "currency": "EUR"}, "payload": {"machine": "CNC 5"}})).send().await.expect(201);
        assert_eq!(right["kind"], "machine.serviced");
        assert_eq!(right["title"], "Machine serviced: CNC 5");
        assert_eq!(right["supersedes"], json!(wrong.id()));
        assert_eq!(right["summary"], Value::Null);
        assert_eq!(right["amount"]["amount"], "300.00");
        assert_eq!(right["payload"], json!({"machine": "CNC 5", "correction_reason": "Falscher Tag"}));
        let old = admin.get(&place(&wrong)).send().await.expect(200);
        assert_eq!(old["superseded_by"], json!(right.id()));
        assert_ne!(old.etag(), wrong.etag());
        let again = admin.post(&path, json!({"reason": "x", "summary": "y"})).send().await.expect(409);
        assert_eq!((again.code(), &again.problem()["superseded_by"]), ("already_superseded", &json!(right.id())));

        let list = format!("/v1/customers/{id}/timeline");
        let corrected = admin.get(&list).query(&[("kind", "machine.serviced")]).send().await.expect(200);
        assert_eq!(ids(&corrected), [right.id()]);
        let full = admin.get(&list).query(&[("kind", "machine.serviced"), ("view", "full")]).send().await.expect(200);
        assert_eq!(ids(&full), [right.id(), wrong.id()]);
        // The corrected view of a time in which only the wrong entry lay is empty.
        let then = admin.get(&list).query(&[("kind", "machine.serviced"), ("occurred_to", "2026-10-02T00:00:00Z")]).send().await.expect(200);
        assert!(then.items().is_empty());

        let next = format!("{}/corrections", place(&right));
        for (body, pointer, code) in [
            (json!({"reason": "x"}), "", "too_few_fields"),
            (json!({"reason": " ", "summary": "x"}), "/reason", "blank"),
            (json!({"summary": "x"}), "/reason", "required"),
            (json!({"reason": "x", "title": "x"}), "/title", "unknown_field"),
            (json!({"reason": "x", "payload": {"machine": 5}}), "/payload/machine", "type"),
            (json!({"reason": "x", "payload": {"machine": "CNC 5"}}), "", "nothing_changed"),
            (json!({"reason": "x", "occurred_at": "2126-10-02T09:00:00Z"}), "/occurred_at", "in_the_future"),
        ] {
            let reply = admin.post(&next, body).send().await.expect(422);
            assert_eq!(reply.faults().get(pointer), Some(&code), "{reply}");
        }
        let third = admin.post(&next, json!({"reason": "Betrag", "amount": null})).send().await.expect(201);
        assert_eq!(third["payload"], json!({"machine": "CNC 5", "correction_reason": "Betrag"}));
        let verification = admin.get(&format!("{list}/verification")).send().await.expect(200);
        assert_eq!((&verification["verified"], &verification["events"]), (&json!(true), &json!(4)));
    }

    async fn correcting_an_interactions_entry_changes_the_interaction(app: TestApp) {
        let agent = app.agent().await;
        let id = customer(&agent).await;
        let body = json!({"kind": "call", "body": "alt", "occurred_at": "2026-10-05T09:00:00Z", "ended_at": "2026-10-05T09:10:00Z"});
        let logged = agent.post(&format!("/v1/customers/{id}/interactions"), body).send().await.expect(201);
        let event = logged["event_id"].as_str().expect("an event");
        let path = format!("/v1/customers/{id}/timeline/{event}/corrections");
        let refused = agent.post(&path, json!({"reason": "x", "payload": {}, "amount": null})).send().await.expect(422);
        assert_eq!(refused.faults(), [("/amount", "not_applicable"), ("/payload", "not_applicable")].into());
        let same = agent.post(&path, json!({"reason": "x", "summary": "alt"})).send().await.expect(422);
        assert_eq!(same.faults().get(""), Some(&"nothing_changed"));
        let right = agent.post(&path, json!({"reason": "Verwechselt", "occurred_at": "2026-10-04T09:00:00Z", "summary": "neu"})).send().await.expect(201);
        assert_eq!(right["payload"]["correction_reason"], "Verwechselt");
        assert_eq!(right["supersedes"], json!(event));
        let read = agent.get(&format!("/v1/interactions/{}", logged.id())).send().await.expect(200);
        assert_eq!((&read["body"], &read["version"], &read["duration_seconds"]), (&json!("neu"), &json!(2), &json!(600)));
        assert_eq!((&read["occurred_at"], &read["event_id"]), (&json!("2026-10-04T09:00:00.000000Z"), &json!(right.id())));
        assert_eq!(agent.post(&path, json!({"reason": "x", "summary": "y"})).send().await.expect(409).code(), "already_superseded");
        let parallel = (0..10).map(|index| {
            let body = json!({"reason": "x", "summary": format!("y{index}")});
            agent.post(&format!("/v1/customers/{id}/timeline/{}/corrections", right.id()), body).send()
        });
        let replies = futures_util::future::join_all(parallel).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
        assert_eq!(replies.iter().filter(|reply| reply.status == 409).count(), 9);
    }

    async fn changes_of_the_record_itself_are_not_correctable(app: TestApp) {
        let agent = app.agent().await;
        let id = customer(&agent).await;
        let path = format!("/v1/customers/{id}/timeline");
        let created = agent.get(&path).send().await.expect(200).items()[0]["id"].as_str().expect("an id").to_owned();
        let body = json!({"reason": "x", "summary": "y"});
        let reply = agent.post(&format!("{path}/{created}/corrections"), body.clone()).send().await.expect(409);
        assert_eq!(reply.code(), "not_correctable");
        let other = customer(&agent).await;
        agent.post(&format!("/v1/customers/{other}/timeline/{created}/corrections"), body.clone()).send().await.expect(404);
        agent.get(&format!("/v1/customers/{other}/timeline/{created}")).send().await.expect(404);
        let integration = app.as_role(Role::Integration).await;
        integration.post(&format!("{path}/{created}/corrections"), body).send().await.expect(403);
    }

    async fn tampering_is_found_and_placed(app: TestApp) {
        let agent = app.agent().await;
        let id = customer(&agent).await;
        for index in 0..4 {
            note(&agent, &id, &format!("n{index}"), "2026-10-05T09:00:00Z").await;
        }
        let path = format!("/v1/customers/{id}/timeline/verification");
        let whole = agent.get(&path).send().await.expect(200);
        assert_eq!((&whole["verified"], &whole["finding"], whole.at("/head/sequence")), (&json!(true), &Value::Null, &json!(5)));
        let connection = Database::connect(app.database().url()).await.expect("the database");
        let unlocked: &[&str] = match connection.get_database_backend() {
            DbBackend::Postgres => &["ALTER TABLE timeline_events DISABLE TRIGGER ALL"],
            _ => &["DROP TRIGGER timeline_events_no_update", "DROP TRIGGER timeline_events_no_delete"],
        };
        for statement in unlocked {
            connection.execute_unprepared(statement).await.expect("unlocked");
        }
        connection.execute_unprepared("UPDATE timeline_events SET summary = 'gefälscht' WHERE sequence = 3").await.expect("an edit");
        let found = agent.speaking("de").get(&path).send().await.expect(200);
        assert_eq!(found["verified"], false);
        assert_eq!(found["finding"], json!({"sequence": 3, "kind": "content_changed", "detail": "Der Inhalt von Eintrag 3 wurde geändert."}));
        connection.execute_unprepared("DELETE FROM timeline_events WHERE sequence = 2").await.expect("a removal");
        let found = agent.get(&path).send().await.expect(200);
        assert_eq!((found.at("/finding/sequence"), found.at("/finding/kind")), (&json!(2), &json!("missing")));
        connection.close().await.expect("closed");
    }

    async fn an_event_of_a_relationship_is_seen_by_those_who_know_both_ends(app: TestApp) {
        let (agent, stranger) = (app.agent().await, app.user(Role::Admin, Visibility::Own).await);
        let company = async |client: &Client| {
            let body = json!({"kind": "company", "company": {"legal_name": "Werft Nord GmbH"}});
            client.post("/v1/customers", body).send().await.expect(201).id()
        };
        let (own, other, foreign) = (company(&stranger).await, company(&stranger).await, company(&agent).await);
        let link = async |to: &str| {
            let body = json!({"type": "partner_of", "from_customer_id": own, "to_customer_id": to});
            agent.post("/v1/relationships", body).send().await.expect(201).id()
        };
        let (shown, hidden) = (link(&other).await, link(&foreign).await);
        let timeline = format!("/v1/customers/{own}/timeline");
        for address in [timeline.as_str(), "/v1/timeline"] {
            let seen = async |client: &Client| {
                let all = client.get(address).query(&[("kind", "relationship.created"), ("limit", "200")]).send().await;
                all.expect(200).items().iter().map(|event| event["subject"]["id"].clone()).collect::<Vec<_>>()
            };
            assert!(seen(&agent).await.contains(&json!(hidden)), "{address}");
            let seen = seen(&stranger).await;
            assert!(seen.contains(&json!(shown)) && !seen.contains(&json!(hidden)), "{address}: {seen:?}");
        }
        let all = agent.get(&timeline).query(&[("kind", "relationship.created")]).send().await.expect(200);
        let event = all.items().iter().find(|event| event["subject"]["id"] == hidden).expect("the event");
        let event = format!("{timeline}/{}", event["id"].as_str().expect("an id"));
        agent.get(&event).send().await.expect(200);
        stranger.get(&event).send().await.expect(404);
    }

    async fn a_timeline_is_seen_with_its_customer(app: TestApp) {
        let agent = app.agent().await;
        let narrow = app.user(Role::Agent, Visibility::Own).await;
        let foreign = customer(&agent).await;
        let own = json!({"kind": "company", "company": {"legal_name": "Eigene GmbH"}, "owner_id": narrow.user().id});
        let own = agent.post("/v1/customers", own).send().await.expect(201).id();
        let all = narrow.get("/v1/timeline").send().await.expect(200);
        assert!(!all.items().is_empty());
        assert!(all.items().iter().all(|event| event["customer_id"] == json!(own)));
        let event = agent.get(&format!("/v1/customers/{foreign}/timeline")).send().await.expect(200).items()[0]["id"].clone();
        let event = event.as_str().expect("an id");
        for path in ["", "/verification", &format!("/{event}")] {
            narrow.get(&format!("/v1/customers/{foreign}/timeline{path}")).send().await.expect(404);
            agent.get(&format!("/v1/customers/{foreign}/timeline{path}")).send().await.expect(200);
            agent.anonymous().get(&format!("/v1/customers/{foreign}/timeline{path}")).send().await.expect(401);
        }
        let body = json!({"reason": "x", "summary": "y"});
        narrow.post(&format!("/v1/customers/{foreign}/timeline/{event}/corrections"), body).send().await.expect(404);
    }
}
