//! Fields a business defines itself for what is no kind of record of its own: interactions, relationships and entries of
//! loyalty ledgers.

use kundenhistorie::services::consistency;
use serde_json::{Value, json};

use crate::relationships::{company, link, person};
use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};

async fn define(client: &Client, resource: &str, key: &str, more: Value) {
    let mut body = json!({"resource": resource, "key": key, "type": "text", "label": {"en": key, "de": key}});
    body.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
    client.post("/v1/custom-field-definitions", body).send().await.expect(201);
}

fn with(mut body: Value, values: Value) -> Value {
    body["custom_fields"] = values;
    body
}

fn ids(reply: &Reply) -> Vec<Value> {
    reply.items().iter().map(|item| item.get("relationship").unwrap_or(item)["id"].clone()).collect()
}

/// Whoever is asked for by a value, and the order by it.
async fn finds(client: &Client, list: &str, [first, second]: [&Reply; 2]) {
    let [first, second] = [first, second].map(|made| json!(made.id()));
    let found = client.get(list).query(&[("custom_fields.ramp", "3")]).send().await.expect(200);
    assert_eq!(ids(&found), std::slice::from_ref(&first), "{list}");
    for (sort, expected) in [("custom_fields.ramp", [&first, &second]), ("-custom_fields.ramp", [&second, &first])] {
        let sorted = client.get(list).query(&[("sort", sort)]).send().await.expect(200);
        assert_eq!(ids(&sorted).iter().collect::<Vec<_>>(), expected, "{list} {sort}");
    }
    let refused = client.get(list).query(&[("custom_fields.rampe", "3")]).send().await.expect(400);
    assert_eq!(refused.faults().get("custom_fields.rampe"), Some(&"unknown_parameter"), "{refused}");
    if list.contains("/customers/") {
        let then = [("custom_fields.ramp", "3"), ("as_of", "2026-11-22T12:00:00Z")];
        let refused = client.get(list).query(&then).send().await.expect(400);
        assert_eq!(refused.faults().get("custom_fields.ramp"), Some(&"present_only"), "{refused}");
    }
}

both! {
    async fn interactions_have_them(app: TestApp) {
        let admin = app.admin().await;
        let of = format!("/v1/customers/{}/interactions", company(&admin, "Werft Nord GmbH").await);
        let note = |text: &str| json!({"kind": "note", "body": text});
        let old = admin.post(&of, note("Von früher")).send().await.expect(201);
        assert_eq!(old["custom_fields"], json!({}));
        define(&admin, "interaction", "ramp", json!({"required": true})).await;
        define(&admin, "interaction", "seal", json!({"unique": true})).await;
        let refused = admin.post(&of, note("Ohne")).send().await.expect(422);
        assert_eq!(refused.faults(), [("/custom_fields/ramp", "required")].into(), "{refused}");
        let first = admin.post(&of, with(note("Eins"), json!({"ramp": "3", "seal": "A"}))).send().await.expect(201);
        assert_eq!(first["custom_fields"], json!({"ramp": "3", "seal": "A"}));
        let taken = admin.post(&of, with(note("Zwei"), json!({"ramp": "4", "seal": "A"}))).send().await.expect(409);
        assert_eq!((taken.faults()["/custom_fields/seal"], &taken["existing_id"]), ("taken", &json!(first.id())));
        let second = admin.post(&of, with(note("Zwei"), json!({"ramp": "4"}))).send().await.expect(201);
        admin.delete(&format!("/v1/interactions/{}", old.id()), "*").send().await.expect(204);
        finds(&admin, &of, [&first, &second]).await;
        finds(&admin, "/v1/interactions", [&first, &second]).await;

        let (path, moment) = (format!("/v1/interactions/{}", first.id()), first["updated_at"].as_str().expect("a moment"));
        app.advance(1);
        let changed = admin.patch(&path, &first.etag(), json!({"custom_fields": {"ramp": "5"}})).send().await.expect(200);
        assert_eq!(changed["custom_fields"], json!({"ramp": "5", "seal": "A"}));
        let before = admin.get(&path).query(&[("as_of", moment)]).send().await.expect(200);
        assert_eq!(before["custom_fields"], json!({"ramp": "3", "seal": "A"}));
        let changes = admin.get(&format!("{path}/changes")).send().await.expect(200);
        let field = &changes.items()[0]["fields"][0];
        assert_eq!((&field["field"], &field["to"]), (&json!("custom_fields.ramp"), &json!("5")));
        let refused = admin.patch(&path, "*", json!({"custom_fields": {"ramp": null}})).send().await.expect(422);
        assert_eq!(refused.faults(), [("/custom_fields/ramp", "required")].into());
        let same = admin.patch(&path, "*", json!({"custom_fields": {"ramp": "5"}})).send().await.expect(200);
        assert_eq!(same["version"], changed["version"]);

        // Nobody gets what another one has, whoever comes first.
        let calls = (0..6).map(|_| admin.post(&of, with(note("Um die Wette"), json!({"ramp": "9", "seal": "C"}))).send());
        let replies = futures_util::future::join_all(calls).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
        assert_eq!(replies.iter().filter(|reply| reply.status == 409).count(), 5);

        // A correction writes a part, and asks nobody for what is missing.
        admin.call(reqwest::Method::POST, &format!("/v1/interactions/{}/restoration", old.id())).send().await.expect(200);
        let event = admin.get(&format!("/v1/interactions/{}", old.id())).send().await.expect(200)["event_id"].clone();
        let at = format!("{}/timeline/{}/corrections", of.trim_end_matches("/interactions"), event.as_str().expect("an id"));
        admin.post(&at, json!({"reason": "Verschrieben", "summary": "Von gestern"})).send().await.expect(201);
        let event = changed["event_id"].as_str().expect("an id");
        let home = of.trim_end_matches("/interactions");
        let told = admin.get(&format!("{home}/timeline/{event}")).send().await.expect(200);
        assert_eq!(told.at("/payload/custom_fields"), &json!({"ramp": "5", "seal": "A"}));
        let correction = json!({"reason": "Verschrieben", "summary": "Eins, nicht zwei"});
        admin.post(&format!("{home}/timeline/{event}/corrections"), correction).send().await.expect(201);
        assert_eq!(admin.get(&path).send().await.expect(200)["custom_fields"], json!({"ramp": "5", "seal": "A"}));
        admin.delete(&path, "*").send().await.expect(204);
        admin.call(reqwest::Method::POST, &format!("{path}/restoration")).send().await.expect(200);
        assert_eq!(consistency::verify(app.store()).await.expect("a report").findings, []);
    }

    async fn relationships_have_them(app: TestApp) {
        let admin = app.admin().await;
        let (works, shop) = (company(&admin, "Werft Nord GmbH").await, company(&admin, "Laden GmbH").await);
        let worker = person(&admin, "Öztürk").await;
        let employed = |at: &str, more: Value| link("employee_of", &worker, at, more);
        define(&admin, "relationship", "ramp", json!({"required": true})).await;
        let refused = admin.post("/v1/relationships", employed(&works, json!({}))).send().await.expect(422);
        assert_eq!(refused.faults(), [("/custom_fields/ramp", "required")].into(), "{refused}");
        let known = json!({"custom_fields": {"ramp": "3"}, "external_ids": [{"system": "hr", "id": "P-1"}]});
        let first = admin.post("/v1/relationships", employed(&works, known)).send().await.expect(201);
        let more = json!({"custom_fields": {"ramp": "4"}});
        let second = admin.post("/v1/relationships", employed(&shop, more)).send().await.expect(201);
        let of = format!("/v1/customers/{worker}/relationships");
        finds(&admin, &of, [&first, &second]).await;
        finds(&admin, "/v1/relationships", [&first, &second]).await;
        for list in [&of, "/v1/relationships"] {
            let found = admin.get(list).query(&[("external_system", "hr"), ("external_id", "P-1")]).send().await.expect(200);
            assert_eq!(ids(&found), [json!(first.id())], "{list}");
            assert!(admin.get(list).query(&[("external_id", "P-2")]).send().await.expect(200).items().is_empty());
        }
        let then = [("external_id", "P-1"), ("as_of", "2026-11-22T12:00:00Z")];
        let refused = admin.get(&of).query(&then).send().await.expect(400);
        assert_eq!(refused.faults().get("external_id"), Some(&"present_only"), "{refused}");

        let (path, moment) = (format!("/v1/relationships/{}", first.id()), first["updated_at"].as_str().expect("a moment"));
        app.advance(1);
        let changed = admin.patch(&path, &first.etag(), json!({"custom_fields": {"ramp": "5"}})).send().await.expect(200);
        assert_eq!(changed["custom_fields"], json!({"ramp": "5"}));
        let before = admin.get(&path).query(&[("as_of", moment)]).send().await.expect(200);
        assert_eq!(before["custom_fields"], json!({"ramp": "3"}));
        admin.post(&format!("{path}/ending"), json!({"ended_on": "2026-11-30"})).send().await.expect(200);
        assert_eq!(consistency::verify(app.store()).await.expect("a report").findings, []);
    }

    async fn entries_of_loyalty_ledgers_have_them(app: TestApp) {
        let admin = app.admin().await;
        let of = format!("/v1/customers/{}/loyalty-memberships", person(&admin, "Öztürk").await);
        let membership = admin.post(&of, json!({"program": "Plus"})).send().await.expect(201);
        let ledger = format!("/v1/loyalty-memberships/{}/transactions", membership.id());
        let earned = json!({"kind": "earned", "points": 5});
        let old = admin.post(&ledger, earned.clone()).send().await.expect(201);
        assert_eq!(old["custom_fields"], json!({}));
        define(&admin, "loyalty_transaction", "ramp", json!({"required": true})).await;
        let refused = admin.post(&ledger, earned.clone()).send().await.expect(422);
        assert_eq!(refused.faults(), [("/custom_fields/ramp", "required")].into(), "{refused}");
        let first = admin.post(&ledger, with(earned.clone(), json!({"ramp": "3"}))).send().await.expect(201);
        assert_eq!(first["custom_fields"], json!({"ramp": "3"}));
        admin.post(&ledger, with(earned.clone(), json!({"ramp": "4"}))).send().await.expect(201);
        for list in [&ledger, "/v1/loyalty-transactions"] {
            let found = admin.get(list).query(&[("custom_fields.ramp", "3")]).send().await.expect(200);
            assert_eq!(ids(&found), [json!(first.id())], "{list}");
            let sorted = admin.get(list).query(&[("sort", "-custom_fields.ramp")]).send().await.expect(200);
            let ramps: Vec<&Value> = sorted.items().iter().map(|item| &item["custom_fields"]["ramp"]).collect();
            assert_eq!(ramps, [&json!("4"), &json!("3"), &Value::Null], "without a value behind all others");
        }
        let then = [("custom_fields.ramp", "3"), ("as_of", "2026-11-22T12:00:00Z")];
        assert_eq!(admin.get(&ledger).query(&then).send().await.expect(400).faults()["custom_fields.ramp"], "present_only");
        assert_eq!(consistency::verify(app.store()).await.expect("a report").findings, []);
    }
}
