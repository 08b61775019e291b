//! Customers that are changed: merge patches, versions, writers at the same time.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::client::Reply;
use crate::support::samples::{address, company, customer, named, own_id, person, with};
use crate::support::{both, history};

both! {
    async fn absent_null_and_a_value_are_three_things(app: TestApp) {
        let agent = app.agent().await;
        let created = customer(&agent, with(person(), json!({"tier": "gold", "person": {"job_title": "Partnerin"}}))).await;
        let path = address(&created);
        app.advance(60);
        let changed = agent.patch(&path, "\"1\"", json!({"category": "A", "person": {"job_title": null}})).send().await.expect(200);
        assert_eq!(changed.etag(), "\"2\"");
        assert_eq!(changed["version"], 2);
        assert_eq!(changed["category"], "A");
        assert_eq!(changed.at("/person/job_title"), &Value::Null);
        assert_eq!(changed.at("/person/given_name"), "Änne");
        assert_eq!(changed["tier"], "gold");
        assert_eq!(changed["updated_at"], "2026-11-22T08:01:00.000000Z");
        assert_eq!(changed["created_at"], created["created_at"]);
        let (event, payload) = history::newest(&app, &created.id()).await;
        assert_eq!(event.kind, "customer.updated");
        assert_eq!(event.title_de, "Kategorie auf A gesetzt, Position entfernt");
        assert_eq!(payload["changes"], json!([
            {"field": "category", "from": null, "to": "A"},
            {"field": "person.job_title", "from": "Partnerin", "to": null},
        ]));
        // Null empties whatever it is: text, objects, lists.
        let emptied = agent.patch(&path, "\"2\"", json!({
            "category": null, "tier": null, "person": null, "contact_points": null, "addresses": null, "tags": null,
            "external_ids": null, "lifecycle_stage": null, "display_name": "Jemand",
        })).send().await.expect(200);
        for (pointer, value) in [
            ("/category", Value::Null), ("/tier", Value::Null), ("/person/given_name", Value::Null), ("/person/interests", json!([])),
            ("/contact_points", json!([])), ("/addresses", json!([])), ("/tags", json!([])), ("/external_ids", json!([])),
            ("/lifecycle_stage", json!("lead")), ("/display_name", json!("Jemand")),
        ] {
            assert_eq!(emptied.at(pointer), &value, "{pointer}");
        }
        // What is empty already stays so.
        let again = agent.patch(&path, "\"3\"", json!({"category": null, "tags": []})).send().await.expect(200);
        assert_eq!(again.etag(), "\"3\"");
        assert_eq!(history::kinds(&app, &created.id()).await.len(), 3);
    }

    async fn a_chosen_name_stays_until_it_is_cleared(app: TestApp) {
        let agent = app.agent().await;
        let created = customer(&agent, named("Anna", "Huber")).await;
        let path = address(&created);
        let derived = agent.patch(&path, "\"1\"", json!({"person": {"family_name": "Meier"}})).send().await.expect(200);
        assert_eq!(derived["display_name"], "Anna Meier");
        let chosen = agent.patch(&path, "\"2\"", json!({"display_name": "Annerl"})).send().await.expect(200);
        assert_eq!(chosen["display_name"], "Annerl");
        let kept = agent.patch(&path, "\"3\"", json!({"person": {"family_name": "Huber"}})).send().await.expect(200);
        assert_eq!(kept["display_name"], "Annerl");
        let cleared = agent.patch(&path, "\"4\"", json!({"display_name": null})).send().await.expect(200);
        assert_eq!(cleared["display_name"], "Anna Huber");
    }

    async fn what_was_read_can_be_sent_back(app: TestApp) {
        let agent = app.agent().await;
        let person = with(person(), json!({
            "communication_preferences": {"allowed_channels": ["email"], "quiet_hours": {"from": "20:00", "to": "08:00"}},
            "contact_points": [{"type": "email", "value": "Anna@EXAMPLE.org", "verified_at": "2026-11-01T10:00:00+01:00", "label": "privat"}],
        }));
        for body in [person, company()] {
            let created = customer(&agent, body).await;
            let path = address(&created);
            let unchanged = agent.patch(&path, "\"1\"", created.body.clone()).send().await.expect(200);
            assert_eq!(unchanged.body, created.body);
            assert_eq!(unchanged.etag(), "\"1\"");
            assert_eq!(history::kinds(&app, &created.id()).await, ["customer.created"]);
            let edited = with(created.body.clone(), json!({"tier": "gold"}));
            let edited = agent.patch(&path, "\"1\"", edited).send().await.expect(200);
            assert_eq!((&edited["tier"], edited.etag().as_str()), (&json!("gold"), "\"2\""));
        }
    }

    async fn one_value_deep_inside_can_be_edited_in_what_was_read(app: TestApp) {
        let agent = app.agent().await;
        let quiet = json!({"communication_preferences": {"quiet_hours": {"from": "20:00", "to": "08:00"}}});
        let geo = json!({"addresses": [{"type": "business", "geo": {"latitude": 53.5, "longitude": 9.9}}]});
        let created = customer(&agent, with(with(company(), quiet), geo)).await;
        let (path, mut etag) = (address(&created), created.etag());
        for (pointer, value) in [
            ("/company/annual_revenue/amount", json!("5000000.00")),
            ("/company/annual_revenue/currency", json!("CHF")),
            ("/company/credit_rating/limit/amount", json!("1.00")),
            ("/company/industry/code", json!("43.33")),
            ("/company/competitors/0/status", json!("current")),
            ("/company/financial_figures/0/value", json!("32")),
            ("/communication_preferences/quiet_hours/to", json!("07:00")),
            ("/addresses/0/geo/latitude", json!(54.0)),
        ] {
            let mut body = agent.get(&path).send().await.expect(200).body;
            *body.pointer_mut(pointer).expect(pointer) = value.clone();
            let changed = agent.patch(&path, &etag, body.clone()).send().await.expect(200);
            assert_eq!(changed.at(pointer), &value);
            let (_, payload) = history::newest(&app, &created.id()).await;
            assert_eq!(payload["changes"].as_array().map(Vec::len), Some(1), "{payload}");
            etag = changed.etag();
        }
    }

    async fn what_only_the_server_sets_cannot_be_changed(app: TestApp) {
        let agent = app.agent().await;
        let created = customer(&agent, person()).await;
        let path = address(&created);
        let other = Uuid::now_v7();
        for (member, value) in [
            ("id", json!(other)),
            ("kind", json!("company")),
            ("version", json!(7)),
            ("created_at", json!("2020-01-01T00:00:00Z")),
            ("created_by", json!({"type": "system", "id": null, "display_name": "x"})),
            ("updated_at", json!("2020-01-01T00:00:00Z")),
            ("updated_by", Value::Null),
            ("archived_at", json!("2020-01-01T00:00:00Z")),
            ("first_contact_at", json!("2020-01-01T00:00:00Z")),
            ("last_interaction_at", json!("2020-01-01T00:00:00Z")),
            ("data_quality", json!({"completeness": 1.0, "missing": [], "stale": []})),
        ] {
            let reply = agent.patch(&path, "\"1\"", json!({ member: value })).send().await.expect(422);
            assert_eq!(reply.faults(), BTreeMap::from([(format!("/{member}").as_str(), "read_only")]), "{reply}");
        }
        let mut points = created["contact_points"].clone();
        points[0]["normalized"] = json!("+49401234567");
        let reply = agent.patch(&path, "\"1\"", json!({"contact_points": points})).send().await.expect(422);
        assert_eq!(reply.faults(), BTreeMap::from([("/contact_points/0/normalized", "read_only")]));
        let reply = agent.patch(&path, "\"1\"", json!({"persn": {}, "version": 1})).send().await.expect(422);
        assert_eq!(reply.faults(), BTreeMap::from([("/persn", "unknown_field")]));
        for (body, pointer) in [(json!({"customer_number": 1}), "/customer_number"), (json!([]), ""), (json!(null), "")] {
            let reply = agent.patch(&path, "\"1\"", body).send().await.expect(422);
            assert_eq!(reply.faults().keys().copied().collect::<Vec<_>>(), [pointer]);
        }
        assert_eq!(history::kinds(&app, &created.id()).await, ["customer.created"]);
    }

    async fn lists_are_replaced_and_entries_keep_their_ids(app: TestApp) {
        let agent = app.agent().await;
        let body = with(person(), json!({"contact_points": [
            {"type": "mobile", "value": "0171 1234567", "verified_at": "2026-11-01T09:00:00Z"}, {"type": "email", "value": "a@example.org"},
        ]}));
        let created = customer(&agent, body).await;
        let path = address(&created);
        let mut points = created["contact_points"].clone();
        points[0]["label"] = json!("abends");
        points.as_array_mut().expect("a list").push(json!({"type": "fax", "value": "040 1234567"}));
        let changed = agent.patch(&path, "\"1\"", json!({"contact_points": points})).send().await.expect(200);
        assert_eq!(changed.at("/contact_points/0/id"), created.at("/contact_points/0/id"));
        assert_eq!(changed.at("/contact_points/1"), created.at("/contact_points/1"));
        assert_eq!(changed.at("/contact_points/0/label"), "abends");
        assert_eq!(changed.at("/contact_points/0/verified_at"), "2026-11-01T09:00:00.000000Z");
        assert_eq!(changed.at("/contact_points/2/normalized"), "+49401234567");
        // A new value is normalised anew, though the old normal form comes back with it.
        let mut points = changed["contact_points"].clone();
        points[0]["value"] = json!("0171 7654321");
        let renewed = agent.patch(&path, "\"2\"", json!({"contact_points": points})).send().await.expect(200);
        assert_eq!(renewed.at("/contact_points/0/normalized"), "+491717654321");
        // Left out is removed; an id twice or of somebody else is refused.
        let only = json!({"contact_points": [renewed.at("/contact_points/1").clone()]});
        let reduced = agent.patch(&path, "\"3\"", only).send().await.expect(200);
        assert_eq!(reduced["contact_points"].as_array().map(Vec::len), Some(1));
        let entry = json!({"id": reduced.at("/contact_points/0/id"), "type": "email", "value": "a@example.org"});
        let reply = agent.patch(&path, "\"4\"", json!({"contact_points": [entry, entry]})).send().await.expect(422);
        assert_eq!(reply.faults(), BTreeMap::from([("/contact_points/1/id", "duplicate")]));
        let gone = json!({"id": renewed.at("/contact_points/0/id"), "type": "email", "value": "a@example.org"});
        let reply = agent.patch(&path, "\"4\"", json!({"contact_points": [gone]})).send().await.expect(422);
        assert_eq!(reply.faults(), BTreeMap::from([("/contact_points/0/id", "reference")]));
    }

    async fn a_writer_says_which_version_was_read(app: TestApp) {
        let (agent, other) = (app.agent().await, app.admin().await);
        let created = customer(&agent, person()).await;
        let path = address(&created);
        let missing = agent.call(reqwest::Method::PATCH, &path).json(json!({"tier": "gold"})).send().await.expect(428);
        assert_eq!(missing.code(), "precondition_required");
        agent.call(reqwest::Method::DELETE, &path).send().await.expect(428);
        agent.patch(&path, "\"1\"", json!({"category": "B"})).send().await.expect(200);
        other.patch(&path, "\"2\"", json!({"category": "C", "person": {"job_title": "Partnerin"}})).send().await.expect(200);

        let stale = agent.speaking("de").patch(&path, "\"1\"", json!({"category": "A"})).send().await.expect(412);
        assert_eq!(stale.code(), "version_conflict");
        assert_eq!(stale["title"], "Der Datensatz wurde inzwischen geändert");
        assert_eq!(stale["detail"], "Version 1 erwartet, aktuell ist Version 3.");
        assert_eq!(stale["current_version"], 3);
        let differences = stale["differences"].as_array().expect("differences");
        assert_eq!(differences.len(), 2, "{stale}");
        let expected = json!({"pointer": "/category", "yours_was": null, "now": "C"});
        for member in ["pointer", "yours_was", "now"] {
            assert_eq!(differences[0][member], expected[member]);
        }
        assert_eq!(differences[0]["changed_by"]["id"], json!(own_id(&other).await));
        assert_eq!(differences[1]["pointer"], "/person/job_title");
        agent.delete(&path, "\"2\"").send().await.expect(412);
        for refused in ["3", "", "\"3", "\"x\", 3", "\"x\",", "\"x\" \"3\"", "\"x y\""] {
            let reply = agent.patch(&path, refused, json!({"category": "A"})).send().await.expect(400);
            assert_eq!(reply.faults(), BTreeMap::from([("If-Match", "pattern")]), "{refused}");
        }
        for unknown in ["\"x\"", "\"99\"", "\"0\"", "\"3,1\"", "\"a,b\",\"c\"", "\",\", \"\""] {
            agent.patch(&path, unknown, json!({"category": "A"})).send().await.expect(412);
        }
        agent.patch(&path, "\"7\", \"3\"", json!({"category": "A"})).send().await.expect(200);
        let last = agent.patch(&path, "*", json!({"category": "B"})).send().await.expect(200);
        assert_eq!(last.etag(), "\"5\"");
        agent.patch(&format!("/v1/customers/{}", Uuid::now_v7()), "*", json!({})).send().await.expect(404);
    }

    async fn of_many_writers_with_one_version_one_wins(app: TestApp) {
        let agent = app.agent().await;
        let created = customer(&agent, person()).await;
        let path = address(&created);
        let write = |number: usize| {
            let (agent, path) = (&agent, &path);
            async move { agent.patch(path, "\"1\"", json!({"tier": format!("tier {number}")})).send().await }
        };
        let replies = join_all((0..50).map(write)).await;
        let won: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 200).collect();
        let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [vec![200], vec![412; 49]].concat());
        for lost in replies.iter().filter(|reply| reply.status == 412) {
            assert_eq!(lost["differences"][0]["now"], won[0]["tier"], "{lost}");
        }
        assert_eq!(history::kinds(&app, &created.id()).await, ["customer.created", "customer.updated"]);
    }
}
