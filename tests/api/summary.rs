//! Everything about one customer in one answer.

use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};
use crate::support::samples::with;

async fn company(client: &Client) -> String {
    let body = json!({"kind": "company", "company": {"legal_name": "Werft Nord GmbH"}});
    client.post("/v1/customers", body).send().await.expect(201).id()
}

async fn make(client: &Client, id: &str, what: &str, body: Value) -> Reply {
    client.post(&format!("/v1/customers/{id}/{what}"), body).send().await.expect(201)
}

async fn summary(client: &Client, id: &str) -> Reply {
    client.get(&format!("/v1/customers/{id}/summary")).send().await.expect(200)
}

fn order(quantity: &str, currency: &str, placed_at: &str) -> Value {
    json!({"currency": currency, "placed_at": placed_at, "lines": [
        {"position": 1, "description": "Montage", "quantity": quantity, "unit_price": "100.00", "tax_rate": "19"}
    ]})
}

both! {
    async fn a_new_customer_has_an_empty_one(app: TestApp) {
        let agent = app.agent().await;
        let id = company(&agent).await;
        let told = summary(&agent, &id).await;
        assert_eq!(told["customer"], agent.get(&format!("/v1/customers/{id}")).send().await.expect(200).body);
        for (kind, section) in told["open"].as_object().expect("sections").iter().chain(told["owned"].as_object().expect("sections")) {
            assert_eq!(section, &json!({"count": 0, "items": []}), "{kind}");
        }
        assert_eq!(told["invoice_totals"], json!([]));
        assert_eq!((&told["satisfaction"]["last_nps"], &told["satisfaction"]["csat_answers"]), (&Value::Null, &json!(0)));
        assert_eq!((&told["order_totals"], &told["key_persons"], &told["consents"]), (&json!([]), &json!([]), &json!([])));
        assert_eq!(told["newest_events"].as_array().map(Vec::len), Some(1));
        assert_eq!(told["contact"]["next_task"], Value::Null);
        agent.get(&format!("/v1/customers/{id}/summary")).header("if-none-match", told.etag()).send().await.expect(304);
        agent.get("/v1/customers/019a0000-0000-7000-8000-00000000dead/summary").send().await.expect(404);
        agent.get(&format!("/v1/customers/{id}/summary?limit=5")).send().await.expect(400);
    }

    async fn what_is_open_ordered_and_said_is_told(app: TestApp) {
        let agent = app.agent().await;
        let id = company(&agent).await;
        let before = summary(&agent, &id).await;
        for (subject, due_at) in [("Später", "2026-12-24T09:00:00Z"), ("Bald", "2026-12-01T09:00:00Z"), ("Vorbei", "2020-01-01T09:00:00Z")] {
            make(&agent, &id, "tasks", json!({"subject": subject, "due_at": due_at})).await;
        }
        let done = make(&agent, &id, "tasks", json!({"subject": "Erledigt"})).await;
        agent.post(&format!("/v1/tasks/{}/completion", done.id()), json!({})).send().await.expect(200);
        let first = make(&agent, &id, "orders", order("1", "EUR", "2021-03-01T10:00:00Z")).await;
        make(&agent, &id, "orders", order("2", "EUR", "2026-10-01T10:00:00Z")).await;
        let mut wanted = order("3", "CHF", "2026-10-02T10:00:00Z");
        wanted["requested_delivery_on"] = json!("2026-12-01");
        make(&agent, &id, "orders", wanted).await;
        let off = make(&agent, &id, "orders", order("50", "EUR", "2026-10-03T10:00:00Z")).await;
        agent.post(&format!("/v1/orders/{}/cancellation", off.id()), json!({"reason": "Irrtum"})).send().await.expect(200);
        let call = json!({"kind": "call", "direction": "inbound", "subject": "Rückfrage", "occurred_at": "2026-11-01T10:00:00Z"});
        make(&agent, &id, "interactions", call).await;
        let person = json!({"kind": "person", "person": {"family_name": "Öztürk"}});
        let person = agent.post("/v1/customers", person).send().await.expect(201).id();
        for (kind, primary) in [("employee_of", false), ("contact_person_of", true)] {
            let link = json!({"type": kind, "from_customer_id": person, "to_customer_id": id, "primary": primary});
            agent.post("/v1/relationships", link).send().await.expect(201);
        }

        let told = summary(&agent, &id).await;
        assert_ne!(told.etag(), before.etag());
        let labels: Vec<&str> = told["open"]["tasks"]["items"].as_array().expect("items").iter().filter_map(|item| item["label"].as_str()).collect();
        assert_eq!((labels, &told["open"]["tasks"]["count"]), (vec!["Vorbei", "Bald", "Später"], &json!(3)));
        assert_eq!(told["contact"]["next_task"]["label"], "Bald");
        assert_eq!(told["contact"]["last_at"], "2026-11-01T10:00:00.000000Z");
        let open = &told["open"]["orders"];
        assert_eq!((&open["count"], &open["items"][0]["id"]), (&json!(3), &json!(first.id())));
        assert_eq!(open["items"][0]["amount"], json!({"amount": "119.00", "currency": "EUR"}));
        assert_eq!((&open["items"][0]["due_on"], &open["items"][2]["due_on"]), (&json!(null), &json!("2026-12-01")));
        let totals = &told["order_totals"];
        assert_eq!((&totals[0]["gross"]["currency"], &totals[1]["gross"]["currency"]), (&json!("CHF"), &json!("EUR")));
        assert_eq!((&totals[1]["gross"]["amount"], &totals[1]["orders"]), (&json!("357.00"), &json!(2)));
        assert_eq!(totals[1]["gross_last_365_days"]["amount"], "238.00");
        assert_eq!(told["key_persons"][0]["relationship"]["primary"], true);
        assert_eq!(told["key_persons"][0]["other"]["display_name"], "Öztürk");
        assert_eq!(told["newest_events"].as_array().map(Vec::len), Some(10));
    }

    async fn whoever_matters_comes_first(app: TestApp) {
        let agent = app.agent().await;
        let id = company(&agent).await;
        let know = async |name: &str, kind: &str, more: Value| {
            let person = json!({"kind": "person", "person": {"family_name": name}});
            let person = agent.post("/v1/customers", person).send().await.expect(201).id();
            let link = json!({"type": kind, "from_customer_id": person, "to_customer_id": id});
            agent.post("/v1/relationships", with(link, more)).send().await.expect(201);
        };
        know("Ansprechpartner", "contact_person_of", json!({"primary": true})).await;
        know("Kontakt", "contact_person_of", json!({})).await;
        know("Früher", "contact_person_of", json!({"valid_to": "2019-12-31"})).await;
        know("Einkauf", "employee_of", json!({"buying_role": "decision_maker"})).await;
        for number in 0..21 {
            know(&format!("Kollege {number}"), "employee_of", json!({})).await;
        }
        let told = summary(&agent, &id).await;
        let names: Vec<_> = told["key_persons"].as_array().expect("people").iter().map(|one| one["other"]["display_name"].clone()).collect();
        assert_eq!(names, ["Ansprechpartner", "Einkauf", "Kontakt"]);

        for day in 1..=12 {
            make(&agent, &id, "tasks", json!({"subject": "Vorbei", "due_at": format!("2026-11-{day:02}T09:00:00Z")})).await;
        }
        make(&agent, &id, "tasks", json!({"subject": "Bald", "due_at": "2026-12-01T09:00:00Z"})).await;
        let contact = &summary(&agent, &id).await["contact"];
        assert_eq!((&contact["next_task"]["label"], &contact["next_at"]), (&json!("Bald"), &json!("2026-12-01T09:00:00.000000Z")));
    }

    async fn what_speaks_for_a_risk_is_told(app: TestApp) {
        let agent = app.agent().await;
        let id = company(&agent).await;
        let signals = |told: &Reply| {
            let all = told["risk"]["signals"].as_array().expect("signals").clone();
            all.iter().map(|one| (one["code"].clone(), one["count"].clone(), one["weight"].clone())).collect::<Vec<_>>()
        };
        let told = summary(&agent, &id).await;
        assert_eq!((&told["risk"]["level"], signals(&told)), (&json!("low"), vec![]));
        make(&agent, &id, "feedback", json!({"kind": "nps", "score": 6, "given_at": "2026-11-02T10:00:00Z"})).await;
        let told = summary(&agent, &id).await;
        assert_eq!((&told["risk"]["level"], signals(&told)), (&json!("medium"), vec![(json!("detractor"), json!(1), json!("medium"))]));
        let since = json!({"kind": "call", "direction": "inbound", "subject": "Rückfrage", "occurred_at": "2026-05-01T10:00:00Z"});
        make(&agent, &id, "interactions", since).await;
        let contract = json!({"title": "Wartung", "starts_on": "2026-01-01", "term_months": 12});
        let contract = make(&agent, &id, "contracts", contract).await;
        agent.post(&format!("/v1/contracts/{}/activation", contract.id()), json!({})).send().await.expect(200);
        let told = summary(&agent, &id).await;
        let expected = [("contract_ending", 1, "medium"), ("detractor", 1, "medium"), ("silence", 204, "medium")];
        let expected = expected.map(|(code, count, weight)| (json!(code), json!(count), json!(weight)));
        assert_eq!((&told["risk"]["level"], signals(&told)), (&json!("high"), expected.to_vec()), "three of them");
        agent.post(&format!("/v1/contracts/{}/cancellation", contract.id()), json!({"reason": "Umzug"})).send().await.expect(200);
        make(&agent, &id, "feedback", json!({"kind": "nps", "score": 9})).await;
        make(&agent, &id, "feedback", json!({"kind": "complaint", "subject": "Zu spät"})).await;
        make(&agent, &id, "tickets", json!({"subject": "Steht", "opened_at": "2026-01-05T09:00:00Z"})).await;
        make(&agent, &id, "invoices", json!({
            "number": "R-1", "ledger": "external", "currency": "EUR", "issued_on": "2026-02-01", "due_on": "2026-02-15", "lines": [
                {"position": 1, "description": "Montage", "quantity": "1", "unit_price": "100.00", "tax_rate": "19"}
            ]
        })).await;
        let told = summary(&agent, &id).await;
        let expected = [
            ("contract_cancelled", 1, "high"), ("invoices_overdue", 1, "medium"), ("complaints_open", 1, "medium"),
            ("tickets_breached", 1, "medium"), ("silence", 204, "medium"),
        ];
        let expected = expected.map(|(code, count, weight)| (json!(code), json!(count), json!(weight)));
        assert_eq!((&told["risk"]["level"], signals(&told)), (&json!("high"), expected.to_vec()));
        assert_eq!(told["risk"]["unknown"], json!([]));
    }

    async fn what_was_invoiced_and_thought_is_told(app: TestApp) {
        let agent = app.agent().await;
        let id = company(&agent).await;
        let invoice = |number: &str, issued_on: &str, due_on: &str| {
            json!({"number": number, "ledger": "external", "currency": "EUR", "issued_on": issued_on, "due_on": due_on, "lines": [
                {"position": 1, "description": "Montage", "quantity": "1", "unit_price": "100.00", "tax_rate": "19"}
            ]})
        };
        let paid = make(&agent, &id, "invoices", invoice("R-1", "2026-01-01", "2026-01-15")).await;
        make(&agent, &id, "invoices", invoice("R-2", "2026-02-01", "2026-02-15")).await;
        make(&agent, &id, "invoices", invoice("R-3", "2026-11-01", "2099-01-01")).await;
        make(&agent, &id, "payments", json!({
            "amount": {"amount": "119.00", "currency": "EUR"}, "method": "bank_transfer", "received_at": "2026-01-21T10:00:00Z",
            "allocations": [{"invoice_id": paid.id()}]
        })).await;
        for (kind, score) in [("nps", 9), ("csat", 4), ("csat", 5)] {
            make(&agent, &id, "feedback", json!({"kind": kind, "score": score})).await;
        }
        make(&agent, &id, "feedback", json!({"kind": "complaint", "subject": "Zu spät"})).await;

        let told = summary(&agent, &id).await;
        let totals = &told["invoice_totals"][0];
        assert_eq!((&totals["invoiced"]["amount"], &totals["open"]["amount"]), (&json!("357.00"), &json!("238.00")));
        assert_eq!((&totals["overdue"]["amount"], &totals["overdue_invoices"]), (&json!("119.00"), &json!(1)));
        assert_eq!((&totals["paid_invoices"], &totals["average_days_to_pay"]), (&json!(1), &json!(20.0)));
        assert_eq!(totals["average_days_beyond_due"], 6.0);
        assert_eq!((&told["open"]["invoices"]["count"], &told["open"]["complaints"]["count"]), (&json!(2), &json!(1)));
        assert_eq!(told["open"]["invoices"]["items"][0]["due_on"], "2026-02-15");
        assert_eq!((&told["satisfaction"]["last_nps"], &told["satisfaction"]["average_csat"]), (&json!(9), &json!(4.5)));
    }

    async fn what_was_never_issued_is_no_revenue(app: TestApp) {
        let agent = app.agent().await;
        let id = company(&agent).await;
        let lines = json!([{"description": "Montage", "quantity": "1", "unit_price": "100.00", "tax_rate": "19"}]);
        let draft = json!({"currency": "EUR", "issued_on": "2026-11-01", "lines": lines});
        let called_off = make(&agent, &id, "invoices", draft.clone()).await;
        let cancel = |invoice: &Reply| agent.post(&format!("/v1/invoices/{}/cancellation", invoice.id()), json!({"reason": "Irrtum"}));
        cancel(&called_off).send().await.expect(200);
        assert_eq!(summary(&agent, &id).await["invoice_totals"], json!([]));
        let issued = make(&agent, &id, "invoices", draft.clone()).await;
        agent.post(&format!("/v1/invoices/{}/issuance", issued.id()), json!({})).send().await.expect(200);
        let mut copied = draft;
        (copied["ledger"], copied["number"]) = (json!("external"), json!("ERP-1"));
        let copied = make(&agent, &id, "invoices", copied).await;
        let invoiced = async || summary(&agent, &id).await["invoice_totals"][0]["invoiced"]["amount"].clone();
        assert_eq!(invoiced().await, "238.00");
        cancel(&copied).send().await.expect(200);
        assert_eq!(invoiced().await, "119.00", "what another system cancelled is not counted");
        cancel(&issued).send().await.expect(200);
        assert_eq!(invoiced().await, "0.00", "its credit note takes it back");
    }

    async fn credit_is_told_by_currency(app: TestApp) {
        let agent = app.agent().await;
        let id = company(&agent).await;
        let money = |amount: &str, currency: &str| json!({"amount": amount, "currency": currency});
        let lines = json!([{"description": "Montage", "quantity": "1", "unit_price": "100.00", "tax_rate": "19"}]);
        let invoice = |number: &str, kind: &str| json!({
            "ledger": "external", "number": number, "kind": kind, "currency": "EUR", "issued_on": "2026-11-01", "lines": lines
        });
        let charged = make(&agent, &id, "invoices", invoice("ERP-1", "invoice")).await;
        assert_eq!(summary(&agent, &id).await["invoice_totals"][0]["credit"], money("0.00", "EUR"));
        make(&agent, &id, "payments", json!({
            "amount": money("130", "EUR"), "method": "cash", "allocations": [{"invoice_id": charged.id()}]
        })).await;
        make(&agent, &id, "invoices", invoice("ERP-2", "credit_note")).await;
        make(&agent, &id, "payments", json!({"amount": money("20", "CHF"), "method": "cash"})).await;
        make(&agent, &id, "payments", json!({"amount": money("5", "CHF"), "method": "cash", "direction": "refund"})).await;
        let back = make(&agent, &id, "payments", json!({"amount": money("7", "CHF"), "method": "cash"})).await;
        agent.post(&format!("/v1/payments/{}/reversal", back.id()), json!({"reason": "Irrtum"})).send().await.expect(200);
        let totals = summary(&agent, &id).await["invoice_totals"].clone();
        let credit: Vec<_> = totals.as_array().expect("totals").iter().map(|row| row["credit"].clone()).collect();
        assert_eq!(credit, [money("15.00", "CHF"), money("130.00", "EUR")], "11 of the payment, 119 of the credit note");
        assert_eq!((&totals[0]["invoiced"], &totals[0]["paid_invoices"]), (&money("0.00", "CHF"), &json!(0)));
    }

    async fn what_no_amount_can_say_is_left_open(app: TestApp) {
        let agent = app.agent().await;
        let id = company(&agent).await;
        let large = json!({"currency": "EUR", "lines": [
            {"position": 1, "description": "Werft", "quantity": "800", "unit_price": "99999999999.00", "tax_rate": "19"}
        ]});
        // Together more than a 64-bit number of ten-thousandths.
        for _ in 0..12 {
            make(&agent, &id, "orders", large.clone()).await;
        }
        let totals = &summary(&agent, &id).await["order_totals"][0];
        assert_eq!((&totals["gross"], &totals["orders"]), (&Value::Null, &json!(12)));
    }

    async fn many_are_counted_and_ten_are_shown(app: TestApp) {
        let agent = app.agent().await;
        let id = company(&agent).await;
        for number in 0..13 {
            make(&agent, &id, "tasks", json!({"subject": format!("Aufgabe {number}")})).await;
        }
        let tasks = &summary(&agent, &id).await["open"]["tasks"];
        assert_eq!((&tasks["count"], tasks["items"].as_array().map(Vec::len)), (&json!(13), Some(10)));
    }

    async fn the_past_is_told_as_it_was(app: TestApp) {
        let agent = app.agent().await;
        let id = company(&agent).await;
        let mut truth = Vec::new();
        for number in 0..4 {
            app.advance(60);
            let task = make(&agent, &id, "tasks", json!({"subject": format!("Aufgabe {number}")})).await;
            make(&agent, &id, "orders", order("1", "EUR", "2026-01-01T10:00:00Z")).await;
            if number % 2 == 1 {
                agent.post(&format!("/v1/tasks/{}/completion", task.id()), json!({})).send().await.expect(200);
            }
            truth.push((app.system().clock.now(), summary(&agent, &id).await.body));
        }
        for (at, told) in truth {
            let again = agent.get(&format!("/v1/customers/{id}/summary?as_of={at}")).send().await.expect(200);
            assert_eq!(again.body, told, "as of {at}");
        }
        let stranger = app.user(Role::Agent, Visibility::Own).await;
        stranger.get(&format!("/v1/customers/{id}/summary")).send().await.expect(404);
    }

    async fn people_of_the_past_are_those_known(app: TestApp) {
        let agent = app.agent().await;
        let id = company(&agent).await;
        let anna = json!({"kind": "person", "person": {"family_name": "Huber"}});
        let anna = agent.post("/v1/customers", anna).send().await.expect(201).id();
        app.advance(10);
        let before = app.system().clock.now();
        app.advance(10);
        let link = json!({
            "type": "contact_person_of", "from_customer_id": anna, "to_customer_id": id, "valid_from": "2020-01-01",
        });
        agent.post("/v1/relationships", link).send().await.expect(201);
        let learned = app.system().clock.now();
        for (known_at, people) in [(before, 0), (learned, 1)] {
            let told = agent.get(&format!("/v1/customers/{id}/summary?as_of={before}&known_at={known_at}")).send().await;
            assert_eq!(told.expect(200)["key_persons"].as_array().map(Vec::len), Some(people), "known at {known_at}");
        }
    }
}
