//! The way of a customer.

use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};

async fn company(client: &Client, fields: Value) -> Reply {
    let mut body = json!({"kind": "company", "company": {"legal_name": "Werft Nord GmbH"}});
    body.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
    client.post("/v1/customers", body).send().await.expect(201)
}

async fn journey(client: &Client, id: &str) -> Reply {
    client.get(&format!("/v1/customers/{id}/journey")).send().await.expect(200)
}

fn line() -> Value {
    json!([{"position": 1, "description": "Montage", "quantity": "1", "unit_price": "100.00", "tax_rate": "19"}])
}

both! {
    async fn stages_are_told_with_entry_exit_and_duration(app: TestApp) {
        let agent = app.agent().await;
        let made = company(&agent, json!({"lifecycle_stage": "lead", "customer_since": "2026-11-01"})).await;
        let (id, path) = (made.id(), format!("/v1/customers/{}", made.id()));
        let mut version = made.etag();
        for (minutes, patch) in [
            (1, json!({"lifecycle_stage": "prospect"})),
            (2, json!({"tier": "gold"})),
            (3, json!({"lifecycle_stage": "customer", "tier": "silver"})),
            (4, json!({"lifecycle_stage": "prospect"})),
        ] {
            app.advance(minutes * 60);
            version = agent.patch(&path, &version, patch).send().await.expect(200).etag();
        }
        let told = journey(&agent, &id).await;
        let stages = told["stages"].as_array().expect("stages");
        let names: Vec<_> = stages.iter().map(|stage| (stage["stage"].as_str(), stage["duration_seconds"].as_i64())).collect();
        let minutes = |minutes: i64| Some(minutes * 60);
        assert_eq!(names, [
            (Some("lead"), minutes(1)), (Some("prospect"), minutes(5)), (Some("customer"), minutes(4)), (Some("prospect"), None),
        ]);
        for (one, next) in stages.iter().zip(&stages[1..]) {
            assert_eq!(one["left_at"], next["entered_at"]);
        }
        assert_eq!(stages[0]["entered_at"], made["created_at"]);
        assert_eq!(stages[3]["left_at"], Value::Null);
        assert_eq!(told["customer_since"], "2026-11-01");
        let event = stages[2]["event_id"].as_str().expect("an id");
        let event = agent.get(&format!("{path}/timeline/{event}")).send().await.expect(200);
        assert_eq!(event["kind"], "customer.updated");
        agent.get(&format!("{path}/journey")).header("if-none-match", told.etag()).send().await.expect(304);
        agent.get("/v1/customers/019a0000-0000-7000-8000-00000000dead/journey").send().await.expect(404);
        agent.get(&format!("{path}/journey?as_of=2026-01-01T00:00:00Z")).send().await.expect(400);
    }

    async fn the_first_purchase_is_the_earliest_of_all_kinds(app: TestApp) {
        let admin = app.admin().await;
        let id = company(&admin, json!({})).await.id();
        assert_eq!(journey(&admin, &id).await["first_purchase"], Value::Null);
        let at = |what: &str| format!("/v1/customers/{id}/{what}");
        let order = |placed_at: &str| json!({"currency": "EUR", "placed_at": placed_at, "lines": line()});
        let later = admin.post(&at("orders"), order("2024-05-01T10:00:00Z")).send().await.expect(201);
        let first = journey(&admin, &id).await;
        assert_eq!((&first["first_purchase"]["type"], &first["first_purchase"]["id"]), (&json!("order"), &json!(later.id())));
        assert_eq!(first["first_purchase"]["amount"], json!({"amount": "119.00", "currency": "EUR"}));

        let cancelled = admin.post(&at("orders"), order("2020-05-01T10:00:00Z")).send().await.expect(201);
        admin.post(&format!("/v1/orders/{}/cancellation", cancelled.id()), json!({"reason": "Doch nicht"})).send().await.expect(200);
        assert_eq!(journey(&admin, &id).await["first_purchase"]["id"], json!(later.id()), "what was cancelled is none");

        let body = json!({"kind": "invoice", "currency": "EUR", "lines": line(), "issued_on": "2023-02-01", "due_on": "2023-03-01"});
        let invoice = admin.post(&at("invoices"), body).send().await.expect(201);
        admin.post(&format!("/v1/invoices/{}/issuance", invoice.id()), json!({})).send().await.expect(200);
        let first = journey(&admin, &id).await;
        assert_eq!((&first["first_purchase"]["type"], &first["first_purchase"]["id"]), (&json!("invoice"), &json!(invoice.id())));
        assert_eq!(first["first_purchase"]["occurred_at"], "2023-02-01T12:00:00.000000Z", "as the timeline tells it");

        let kind = json!({"name": "basket.purchased", "category": "purchase", "labels": {"en": "Bought", "de": "Gekauft"}, "payload_schema": {"type": "object"}});
        admin.post("/v1/event-types", kind).send().await.expect(201);
        let event = json!({"kind": "basket.purchased", "occurred_at": "2019-01-01T08:00:00Z", "payload": {}});
        let event = admin.post(&at("timeline"), event).send().await.expect(201);
        let first = journey(&admin, &id).await;
        assert_eq!((&first["first_purchase"]["type"], &first["first_purchase"]["id"]), (&json!("event"), &json!(event.id())));

        let own = app.user(Role::Agent, Visibility::Own).await;
        own.get(&at("journey")).send().await.expect(404);
    }

    async fn an_order_comes_before_its_invoice_of_the_same_day(app: TestApp) {
        let admin = app.admin().await;
        for (placed_at, issued_on) in [("2026-11-22T00:00:01Z", "2026-11-22"), ("2026-11-20T15:00:00Z", "2026-11-20")] {
            let id = company(&admin, json!({})).await.id();
            let at = |what: &str| format!("/v1/customers/{id}/{what}");
            let order = json!({"currency": "EUR", "placed_at": placed_at, "lines": line()});
            let order = admin.post(&at("orders"), order).send().await.expect(201);
            let body = json!({"order_id": order.id(), "currency": "EUR", "lines": line()});
            let invoice = admin.post(&at("invoices"), body).send().await.expect(201);
            let issuance = format!("/v1/invoices/{}/issuance", invoice.id());
            admin.post(&issuance, json!({"issued_on": issued_on})).send().await.expect(200);
            let first = &journey(&admin, &id).await["first_purchase"];
            assert_eq!((&first["type"], &first["id"]), (&json!("order"), &json!(order.id())), "{placed_at}");
        }
    }

    async fn an_onboarding_tells_how_far_it_has_come(app: TestApp) {
        let admin = app.admin().await;
        let id = company(&admin, json!({})).await.id();
        assert_eq!(journey(&admin, &id).await["onboarding"], json!([]));
        let step = |subject: &str, days: i64| json!({"subject": subject, "due_after_days": days});
        let steps = [step("Begrüßen", 1), step("Einrichten", 3), step("Schulen", 7), step("Fragen", 30)];
        let template = json!({"names": {"en": "Onboarding", "de": "Einführung"}, "steps": steps});
        let template = admin.post("/v1/task-templates", template).send().await.expect(201);
        let set = json!({"template_id": template.id(), "starts_at": "2026-11-22T08:00:00Z"});
        let set = admin.post(&format!("/v1/customers/{id}/task-sets"), set).send().await.expect(201);
        let set = set.id();
        let tasks = admin.get("/v1/tasks").query(&[("task_set_id", set.as_str()), ("sort", "due_at")]).send().await.expect(200);
        let ids: Vec<String> = tasks.items().iter().map(|task| task["id"].as_str().expect("an id").to_owned()).collect();
        admin.post(&format!("/v1/tasks/{}/completion", ids[0]), json!({})).send().await.expect(200);
        admin.post(&format!("/v1/tasks/{}/cancellation", ids[1]), json!({})).send().await.expect(200);
        let told = journey(&admin, &id).await;
        let onboarding = &told["onboarding"][0];
        assert_eq!(onboarding["template_names"], json!({"en": "Onboarding", "de": "Einführung"}));
        let numbers = ["tasks", "completed_tasks", "cancelled_tasks"].map(|name| onboarding[name].as_i64());
        assert_eq!(numbers, [Some(4), Some(1), Some(1)]);
        assert_eq!((&onboarding["status"], &onboarding["next_due_at"]), (&json!("active"), &json!("2026-11-29T08:00:00.000000Z")));
        for id in &ids[2..] {
            admin.post(&format!("/v1/tasks/{id}/completion"), json!({})).send().await.expect(200);
        }
        let told = journey(&admin, &id).await;
        assert_eq!((&told["onboarding"][0]["status"], &told["onboarding"][0]["next_due_at"]), (&json!("completed"), &Value::Null));
    }
}
