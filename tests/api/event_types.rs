//! Own kinds of events: registering them, and appending what they describe.

use kundenhistorie::domain::permission::Role;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};

async fn customer(client: &Client) -> String {
    let body = json!({"kind": "company", "company": {"legal_name": "Werft Nord GmbH"}});
    client.post("/v1/customers", body).send().await.expect(201).id()
}

fn machine_serviced() -> Value {
    json!({
        "name": "machine.serviced", "category": "support",
        "labels": {"en": "Machine serviced: {payload.machine}", "de": "Maschine gewartet: {payload.machine}"},
        "payload_schema": {
            "type": "object", "required": ["machine"], "additionalProperties": false,
            "properties": {"machine": {"type": "string"}, "hours": {"type": "number"}, "next_on": {"type": "string", "format": "date"}}
        }
    })
}

async fn append(client: &Client, customer_id: &str, body: Value) -> Reply {
    client.post(&format!("/v1/customers/{customer_id}/timeline"), body).send().await
}

both! {
    async fn a_kind_lives_like_every_record(app: TestApp) {
        let manager = app.as_role(Role::Manager).await;
        let made = manager.post("/v1/event-types", machine_serviced()).send().await.expect(201);
        let path = format!("/v1/event-types/{}", made.id());
        assert_eq!(made.header("location"), Some(path.as_str()));
        assert_eq!(made["payload_schema"], machine_serviced()["payload_schema"]);
        assert_eq!(manager.post("/v1/event-types", machine_serviced()).send().await.expect(409).code(), "already_exists");
        let changed = manager.patch(&path, &made.etag(), json!({"category": "purchase", "labels": {"en": "Service of {payload.machine}"}})).send().await.expect(200);
        assert_eq!(changed.at("/labels/de"), "Maschine gewartet: {payload.machine}");
        assert_eq!(manager.patch(&path, &changed.etag(), changed.body.clone()).send().await.expect(200)["version"], 2);
        manager.patch(&path, &made.etag(), json!({"category": "sales"})).send().await.expect(412);
        for (patch, pointer, code) in [
            (json!({"name": "machine.broken"}), "/name", "read_only"),
            (json!({"labels": {"de": null}}), "/labels/de", "not_nullable"),
            (json!({"labels": {"de": "{payload.maschine}"}}), "/labels/de", "template"),
            (json!({"payload_schema": {"type": "none"}}), "/payload_schema", "schema"),
        ] {
            let reply = manager.patch(&path, "*", patch).send().await.expect(422);
            assert_eq!(reply.faults().get(pointer), Some(&code), "{reply}");
        }
        manager.delete(&path, "*").send().await.expect(204);
        assert_eq!(manager.delete(&path, "*").send().await.expect(409).code(), "archived");
        assert!(manager.get("/v1/event-types").send().await.expect(200).items().is_empty());
        assert_eq!(manager.get("/v1/event-types").query(&[("archived", "only"), ("category", "purchase")]).send().await.expect(200).items().len(), 1);
        let agent = app.agent().await;
        let id = customer(&agent).await;
        let reply = append(&agent, &id, json!({"kind": "machine.serviced", "payload": {"machine": "CNC 4"}})).await.expect(422);
        assert_eq!(reply.faults().get("/kind"), Some(&"unknown_kind"));
        let restoration = format!("{path}/restoration");
        manager.call(reqwest::Method::POST, &restoration).send().await.expect(200);
        assert_eq!(manager.call(reqwest::Method::POST, &restoration).send().await.expect(409).code(), "not_archived");
        append(&agent, &id, json!({"kind": "machine.serviced", "payload": {"machine": "CNC 4"}})).await.expect(201);
        agent.post("/v1/event-types", machine_serviced()).send().await.expect(403);
        agent.get(&path).send().await.expect(200);
        agent.get("/v1/event-types/019a0000-0000-7000-8000-000000000001").send().await.expect(404);
    }

    async fn names_titles_and_schemas_are_checked(app: TestApp) {
        let manager = app.as_role(Role::Manager).await;
        for (pointer, value, code) in [
            ("/name", json!("customer.serviced"), "reserved_kind"),
            ("/name", json!("call.logged"), "reserved_kind"),
            ("/name", json!("Machine.Serviced"), "pattern"),
            ("/name", json!("machine"), "pattern"),
            ("/labels/en", json!("{machine}"), "template"),
            ("/labels/en", json!("{payload.machine"), "template"),
            ("/labels/de", json!("  "), "blank"),
            ("/payload_schema", json!({"$ref": "https://example.org/schema"}), "schema_reference"),
            ("/payload_schema", json!({"properties": {"machine": {"pattern": "("}}}), "schema"),
        ] {
            let mut body = machine_serviced();
            *body.pointer_mut(pointer).expect("a member") = value.clone();
            let reply = manager.post("/v1/event-types", body).send().await.expect(422);
            assert_eq!(reply.faults().get(pointer), Some(&code), "{value}");
        }
    }

    async fn an_event_is_appended_with_everything_it_tells(app: TestApp) {
        let admin = app.admin().await;
        admin.post("/v1/event-types", machine_serviced()).send().await.expect(201);
        let id = customer(&admin).await;
        let body = json!({
            "kind": "machine.serviced", "occurred_at": "2026-10-01T09:00:00+02:00", "source": {"system": "erp", "reference": "SV-2026-118"},
            "amount": {"amount": "320.00", "currency": "EUR"}, "summary": "Spindel getauscht", "direction": "outbound", "channel": "on_site",
            "payload": {"machine": "CNC 4", "hours": 2.5}
        });
        let made = append(&admin.speaking("de"), &id, body).await.expect(201);
        assert_eq!(made["title"], "Maschine gewartet: CNC 4");
        assert_eq!(made["sequence"], 2);
        assert_eq!(made["category"], "support");
        assert_eq!(made["amount"], json!({"amount": "320.00", "currency": "EUR"}));
        assert_eq!(made["payload"], json!({"machine": "CNC 4", "hours": 2.5}));
        assert_eq!(made["source"], json!({"system": "erp", "reference": "SV-2026-118"}));
        assert_eq!(made["subject"], json!({"type": "customer", "id": id}));
        let location = made.header("location").expect("a place").to_owned();
        let read = admin.speaking("de").get(&location).send().await.expect(200);
        assert_eq!(read.body, made.body);
        assert_eq!(read.etag(), made.etag());
        assert_ne!(admin.get(&location).send().await.expect(200).etag(), made.etag());
        admin.speaking("de").get(&location).header("if-none-match", made.etag()).send().await.expect(304);
    }

    async fn a_reference_has_one_event_however_often_it_is_sent(app: TestApp) {
        let admin = app.admin().await;
        admin.post("/v1/event-types", machine_serviced()).send().await.expect(201);
        let (id, other) = (customer(&admin).await, customer(&admin).await);
        let body = json!({"kind": "machine.serviced", "source": {"system": "erp", "reference": "SV-1"}, "payload": {"machine": "CNC 4"}});
        let calls = (0..20).map(|_| append(&admin, &id, body.clone()));
        let replies = futures_util::future::join_all(calls).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
        assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 19);
        assert!(replies.iter().all(|reply| reply.body == replies[0].body));
        assert_eq!(append(&admin, &other, body.clone()).await.expect(409).code(), "already_exists");
        let reply = admin.post(&format!("/v1/customers/{id}/interactions"), json!({"kind": "note", "body": "x", "source": body["source"]})).send().await;
        assert_eq!(reply.expect(409).code(), "already_exists");
        let verification = admin.get(&format!("/v1/customers/{id}/timeline/verification")).send().await.expect(200);
        assert_eq!((&verification["verified"], &verification["events"]), (&json!(true), &json!(2)));
    }

    async fn numbers_are_kept_as_they_were_written_or_refused(app: TestApp) {
        let admin = app.admin().await;
        admin.post("/v1/event-types", machine_serviced()).send().await.expect(201);
        let id = customer(&admin).await;
        let append = async |hours: &str| {
            let body = format!(r#"{{"kind": "machine.serviced", "payload": {{"machine": "12345678901234567890.5", "hours": {hours}}}}}"#);
            admin.call(reqwest::Method::POST, &format!("/v1/customers/{id}/timeline")).body("application/json", body).send().await
        };
        for kept in ["0.1", "2.50", "1e3", "1E-7", "-0.0", "0.30000000000000004", "9007199254740991", "123456789.12345678", "5e-324", "0e99999999999999999999"] {
            let made = append(kept).await.expect(201);
            let (before, after): (f64, f64) = (kept.parse().unwrap(), made.at("/payload/hours").as_f64().unwrap());
            assert_eq!(before, after, "{kept}");
        }
        for refused in [
            "0.12345678901234567890", "123456789.123456789", "2.000000000000000000001", "0.1000000000000000055511151231257827", "1e-400",
            "9007199254740993", "-9007199254740993.0", "12345678901234567890123",
        ] {
            let reply = append(refused).await.expect(422);
            assert_eq!(reply.faults(), [("/payload/hours", "inexact_number")].into(), "{refused}");
            let told = reply.at("/errors/0/params/value").as_str().unwrap();
            assert!(refused.starts_with(told.trim_end_matches(".0")), "{told}");
        }
        // Wherever a body may hold numbers, and before a patch is compared.
        let place = |latitude: &str| format!(r#"{{"addresses": [{{"type": "private", "city": "Kiel", "geo": {{"latitude": {latitude}, "longitude": 10.1}}}}]}}"#);
        let patch = async |latitude: &str| {
            let call = admin.call(reqwest::Method::PATCH, &format!("/v1/customers/{id}")).header("if-match", "*");
            call.body("application/merge-patch+json", place(latitude)).send().await
        };
        let refused = patch("54.32000000000000000001").await.expect(422);
        assert_eq!(refused.faults(), [("/addresses/0/geo/latitude", "inexact_number")].into());
        patch("54.32").await.expect(200);
    }

    async fn payloads_follow_their_schema(app: TestApp) {
        let admin = app.admin().await;
        admin.post("/v1/event-types", machine_serviced()).send().await.expect(201);
        let id = customer(&admin).await;
        for (payload, pointer, code) in [
            (json!({}), "/payload/machine", "required"),
            (json!({"machine": 4}), "/payload/machine", "type"),
            (json!({"machine": "x", "machin": 1}), "/payload/machin", "unknown_field"),
            (json!({"machine": "x", "hours": 9_007_199_254_740_993_i64}), "/payload/hours", "inexact_number"),
            (json!({"machine": "x\0"}), "/payload/machine", "invalid_character"),
            (json!({"machine": "x", "next_on": "soon"}), "/payload/next_on", "date"),
            (json!({"machine": "x", "correction_reason": "y"}), "/payload/correction_reason", "read_only"),
        ] {
            let reply = append(&admin, &id, json!({"kind": "machine.serviced", "payload": payload})).await.expect(422);
            assert_eq!(reply.faults().get(pointer), Some(&code), "{reply}");
        }
        for (member, value, pointer, code) in [
            ("kind", json!("call.logged"), "/kind", "reserved_kind"),
            ("kind", json!("machine.sold"), "/kind", "unknown_kind"),
            ("occurred_at", json!("2126-01-01T00:00:00Z"), "/occurred_at", "in_the_future"),
            ("amount", json!({"amount": 320, "currency": "EUR"}), "/amount/amount", "money_number"),
            ("amount", json!({"amount": "320", "currency": "ZZZ"}), "/amount/currency", "currency"),
        ] {
            let mut body = json!({"kind": "machine.serviced", "payload": {"machine": "x"}});
            body[member] = value;
            let reply = append(&admin, &id, body).await.expect(422);
            assert_eq!(reply.faults().get(pointer), Some(&code), "{reply}");
        }
        let good = json!({"kind": "machine.serviced", "payload": {"machine": "x"}});
        append(&admin, "019a0000-0000-7000-8000-000000000001", good.clone()).await.expect(404);
        append(&app.read_only().await, &id, good.clone()).await.expect(403);
        admin.delete(&format!("/v1/customers/{id}"), "*").send().await.expect(204);
        assert_eq!(append(&admin, &id, good).await.expect(409).code(), "archived");
    }
}
