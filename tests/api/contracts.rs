//! Contracts: their terms, until when notice can be given, and how they end.

use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use kundenhistorie::services::contracts::go_on;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};
use crate::support::samples::{customer, named, with};

async fn contracts(client: &Client) -> String {
    let customer = customer(client, named("Änne", "Öztürk")).await;
    format!("/v1/customers/{}/contracts", customer.id())
}

async fn create(client: &Client, contracts: &str, body: Value) -> Reply {
    client.post(contracts, with(json!({"title": "Wartung"}), body)).send().await
}

async fn step(client: &Client, contract: &Reply, step: &str, body: Value) -> Reply {
    client.post(&format!("{}/{step}", at(contract)), body).send().await
}

/// A contract in force.
async fn active(client: &Client, contracts: &str, body: Value) -> Reply {
    let made = create(client, contracts, body).await.expect(201);
    step(client, &made, "activation", json!({})).await.expect(200)
}

fn at(contract: &Reply) -> String {
    format!("/v1/contracts/{}", contract.id())
}

/// Two years from a day, then year by year unless notice is given three months ahead.
fn yearly(starts_on: &str) -> Value {
    json!({
        "starts_on": starts_on, "term_months": 24, "renewal": "automatic", "renewal_months": 12,
        "notice_period": {"count": 3, "unit": "months"},
    })
}

/// The end of the term at hand, and until when notice can be given.
fn days(contract: &Reply) -> (&Value, &Value) {
    (&contract["current_term_ends_on"], &contract["notice_by"])
}

both! {
    async fn a_contract_says_until_when_notice_can_be_given(app: TestApp) {
        let agent = app.agent().await;
        let contracts = contracts(&agent).await;
        for (fields, last, notice_by) in [
            (yearly("2026-01-01"), json!("2027-12-31"), json!("2027-09-30")),
            // Renewed by itself since.
            (yearly("2015-03-01"), json!("2027-02-28"), json!("2026-11-30")),
            // Too late for the end of this term: the next one.
            (yearly("2024-11-23"), json!("2026-11-22"), json!("2027-08-22")),
            (yearly("2024-11-22"), json!("2027-11-21"), json!("2027-08-21")),
            (
                json!({"starts_on": "2026-02-01", "ends_on": "2026-12-31", "renewal": "automatic", "renewal_months": 1,
                    "notice_period": {"count": 2, "unit": "weeks"}}),
                json!("2026-12-31"),
                json!("2026-12-17"),
            ),
            (json!({"starts_on": "2026-02-01", "term_months": 12}), json!("2027-01-31"), Value::Null),
            (json!({"starts_on": "2026-02-01", "notice_period": {"count": 1, "unit": "months"}}), Value::Null, Value::Null),
        ] {
            let made = create(&agent, &contracts, fields).await.expect(201);
            assert_eq!(days(&made), (&last, &notice_by), "{made}");
        }
        let made = active(&agent, &contracts, yearly("2026-01-01")).await;
        let weeks = json!({"notice_period": {"count": 6, "unit": "weeks"}});
        let changed = agent.patch(&at(&made), "*", weeks).send().await.expect(200);
        assert_eq!(days(&changed), (&json!("2027-12-31"), &json!("2027-11-19")));
        let renewed = step(&agent, &made, "renewal", json!({})).await.expect(200);
        assert_eq!(days(&renewed), (&json!("2028-12-31"), &json!("2028-11-19")));
        let renewed = step(&agent, &made, "renewal", json!({"months": 6})).await.expect(200);
        assert_eq!((days(&renewed).0, &renewed["renewed_months"]), (&json!("2029-06-30"), &json!(18)));

        let fixed = active(&agent, &contracts, json!({"starts_on": "2026-02-01", "term_months": 12})).await;
        let unsaid = step(&agent, &fixed, "renewal", json!({})).await.expect(422);
        assert_eq!(unsaid.faults().get("/months"), Some(&"required"));
        let renewed = step(&agent, &fixed, "renewal", json!({"months": 12})).await.expect(200);
        assert_eq!(days(&renewed), (&json!("2028-01-31"), &Value::Null));
        let open = active(&agent, &contracts, json!({"starts_on": "2026-02-01"})).await;
        let never = step(&agent, &open, "renewal", json!({"months": 12})).await.expect(422);
        assert_eq!(never.faults().get("/months"), Some(&"unfitting"));
    }

    async fn contracts_end_and_go_on_by_themselves(app: TestApp) {
        let agent = app.agent().await;
        let contracts = contracts(&agent).await;
        active(&agent, &contracts, json!({"starts_on": "2024-01-01", "term_months": 12})).await;
        app.database().run("UPDATE contracts SET facts = '{}' WHERE number = 'V-000001'").await;
        let over = active(&agent, &contracts, json!({"starts_on": "2024-01-01", "term_months": 12})).await;
        let draft = create(&agent, &contracts, json!({"starts_on": "2024-01-01", "term_months": 12})).await.expect(201);
        let renewed = active(&agent, &contracts, yearly("2015-03-01")).await;
        let cancelled = active(&agent, &contracts, yearly("2015-03-01")).await;
        step(&agent, &cancelled, "cancellation", json!({"reason": "Umzug", "cancelled_on": "2026-11-20"})).await.expect(200);
        let open = active(&agent, &contracts, json!({"starts_on": "2024-01-01"})).await;
        for _ in 0..2 {
            go_on(&app.system()).await.expect("one that is broken stops no other");
        }
        let read = async |client: &Client, contract: &Reply| client.get(&at(contract)).send().await.expect(200);
        let ended = read(&agent, &over).await;
        assert_eq!((&ended["status"], &ended["ended_on"]), (&json!("ended"), &json!("2024-12-31")));
        assert_eq!(ended["version"], json!(3), "once");
        for (contract, status) in [(&draft, "draft"), (&renewed, "active"), (&cancelled, "cancelled"), (&open, "active")] {
            assert_eq!(read(&agent, contract).await["status"], status);
        }

        // The day of notice and the last of the term pass before anybody looks again.
        app.advance(99 * 86_400);
        go_on(&app.system()).await.expect("a look at what is over");
        let agent = app.user(Role::Agent, Visibility::All).await;
        let goes_on = read(&agent, &renewed).await;
        assert_eq!(days(&goes_on), (&json!("2028-02-29"), &json!("2027-11-30")));
        assert_eq!((&goes_on["status"], &goes_on["version"]), (&json!("active"), &json!(4)));
        let ended = read(&agent, &cancelled).await;
        assert_eq!((&ended["status"], &ended["ended_on"]), (&json!("ended"), &json!("2027-02-28")));
        let stale = [("notice_by_before", "2027-03-01"), ("status", "active")];
        assert!(agent.get(&contracts).query(&stale).send().await.expect(200).items().is_empty());
        let german = agent.speaking("de");
        let told = german.get(&contracts.replace("/contracts", "/timeline"));
        let kinds = ["contract.expired", "contract.notice_passed", "contract.auto_renewed"].map(|kind| ("kind", kind));
        let told = told.query(&[&[("sort", "occurred_at")][..], &kinds].concat()).send().await.expect(200);
        let told: Vec<_> = told.items().iter().map(|event| (event["title"].clone(), event["occurred_at"].clone())).collect();
        let expected = [
            ("Vertrag abgelaufen: Wartung (V-000002)", "2025-01-01T00:00:00.000000Z"),
            ("Vertrag läuft weiter, Kündigungstag verstrichen: Wartung (V-000004)", "2026-12-01T00:00:00.000000Z"),
            ("Vertrag automatisch verlängert: Wartung (V-000004)", "2027-03-01T00:00:00.000000Z"),
            ("Vertrag abgelaufen: Wartung (V-000005)", "2027-03-01T00:00:00.000000Z"),
        ];
        assert_eq!(told, expected.map(|(title, at)| (json!(title), json!(at))));
    }

    async fn a_notice_counts_from_the_day_it_arrives(app: TestApp) {
        let agent = app.agent().await;
        let contracts = contracts(&agent).await;
        let open = |count: i64, unit: &str| json!({"starts_on": "2026-02-01", "notice_period": {"count": count, "unit": unit}});
        for (fields, arrived, last) in [
            (yearly("2015-03-01"), "2026-11-20", "2027-02-28"),
            (yearly("2024-11-23"), "2026-08-22", "2026-11-22"),
            (yearly("2024-11-23"), "2026-08-23", "2027-11-22"),
            (yearly("2026-01-01"), "2026-11-20", "2027-12-31"),
            (open(1, "months"), "2026-10-31", "2026-11-30"),
            (open(14, "days"), "2026-11-20", "2026-12-04"),
            (json!({"starts_on": "2026-12-01"}), "2026-11-20", "2026-12-01"),
            (json!({"starts_on": "2026-02-01", "term_months": 12}), "2026-11-20", "2027-01-31"),
        ] {
            let made = active(&agent, &contracts, fields).await;
            let notice = json!({"reason": "Zu teuer", "cancelled_on": arrived});
            let cancelled = step(&agent, &made, "cancellation", notice).await.expect(200);
            assert_eq!(days(&cancelled), (&json!(last), &Value::Null), "{cancelled}");
            assert_eq!((&cancelled["status"], &cancelled["cancelled_by"]), (&json!("cancelled"), &json!("customer")));
        }
        let made = active(&agent, &contracts, yearly("2026-01-01")).await;
        let agreed = json!({"reason": "Aufhebung", "ends_on": "2026-11-30", "by": "both"});
        let cancelled = step(&agent, &made, "cancellation", agreed).await.expect(200);
        assert_eq!(&cancelled["current_term_ends_on"], &json!("2026-11-30"));
        let refused = agent.patch(&at(&made), "*", json!({"term_months": 36})).send().await.expect(409);
        assert_eq!((refused.code(), &refused["state"]), ("wrong_state", &json!("cancelled")));
        agent.patch(&at(&made), "*", json!({"notes": "Akte geschlossen"})).send().await.expect(200);
        let back = step(&agent, &made, "reinstatement", json!({})).await.expect(200);
        assert_eq!(days(&back), (&json!("2027-12-31"), &json!("2027-09-30")));
        assert_eq!((&back["status"], &back["cancelled_on"]), (&json!("active"), &Value::Null));
        let early = json!({"reason": "x", "ends_on": "2025-12-31"});
        let early = step(&agent, &made, "cancellation", early).await.expect(422);
        assert_eq!(early.faults().get("/ends_on"), Some(&"before"));

        step(&agent, &made, "cancellation", json!({"reason": "x", "ends_on": "2026-11-20"})).await.expect(200);
        let ended = step(&agent, &made, "ending", json!({})).await.expect(200);
        assert_eq!((&ended["status"], &ended["ended_on"]), (&json!("ended"), &json!("2026-11-20")));
        let refused = agent.patch(&at(&made), "*", json!({"billing_interval": "yearly"})).send().await.expect(409);
        assert_eq!((refused.code(), &refused["possible"]), ("wrong_state", &json!([])));
        let german = agent.speaking("de");
        let told = german.get(&contracts.replace("/contracts", "/timeline"));
        let told = told.query(&[("sort", "-occurred_at"), ("limit", "1")]).send().await.expect(200);
        assert_eq!(told.items()[0]["title"], "Vertrag beendet: Wartung (V-000009)");
    }

    async fn terms_that_do_not_go_together_are_refused(app: TestApp) {
        let admin = app.admin().await;
        let contracts = contracts(&admin).await;
        let unknown = json!([{"product_id": "019a0000-0000-7000-8000-00000000dead"}]);
        for (fields, pointer, code) in [
            (json!({"ends_on": "2025-12-31"}), "/ends_on", "before"),
            (json!({"ends_on": "2026-12-31", "term_months": 12}), "/term_months", "unfitting"),
            (json!({"renewal": "automatic", "renewal_months": 12}), "/renewal", "unfitting"),
            (json!({"renewal": "automatic", "term_months": 12}), "/renewal_months", "required"),
            (json!({"value": {"amount": "-1", "currency": "EUR"}}), "/value", "too_small"),
            (json!({"items": unknown}), "/items/0/product_id", "reference"),
            (json!({"items": [{"quantity": "2"}]}), "/items/0/description", "required"),
            (json!({"starts_on": "9999-01-01", "term_months": 24}), "/starts_on", "unfitting"),
        ] {
            let refused = create(&admin, &contracts, with(json!({"starts_on": "2026-01-01"}), fields)).await.expect(422);
            assert_eq!(refused.faults().get(pointer), Some(&code), "{refused}");
        }
        let product = json!({"sku": "W-1", "name": "Wartung TK-200", "tax_rate": "19"});
        let product = admin.post("/v1/products", product).send().await.expect(201);
        let items = json!([{"product_id": product.id(), "quantity": "2.0"}, {"description": "Anfahrt"}]);
        let made = create(&admin, &contracts, json!({"starts_on": "2026-01-01", "items": items})).await.expect(201);
        assert_eq!((made.at("/items/0/description"), made.at("/items/0/quantity")), (&json!("Wartung TK-200"), &json!("2")));
        let of_it = product.id();
        let of_it = [("product_id", of_it.as_str())];
        let found = async || admin.get("/v1/contracts").query(&of_it).send().await.expect(200).items().len();
        assert_eq!(found().await, 1);
        admin.delete(&format!("/v1/products/{}", product.id()), "*").send().await.expect(204);
        admin.patch(&at(&made), "*", json!({"notes": "x"})).send().await.expect(200);
        admin.patch(&at(&made), "*", json!({"items": [{"description": "Anfahrt"}]})).send().await.expect(200);
        assert_eq!(found().await, 0);
    }

    async fn contracts_are_found_by_what_matters_of_them(app: TestApp) {
        let agent = app.agent().await;
        let contracts = contracts(&agent).await;
        for (number, starts_on, amount) in
            [("A", "2026-01-01", "30"), ("B", "2015-03-01", "10"), ("C", "2025-07-01", "20")]
        {
            let value = json!({"number": number, "value": {"amount": amount, "currency": "EUR"}});
            active(&agent, &contracts, with(yearly(starts_on), value)).await;
        }
        let open = json!({"number": "D", "title": "Öffentliche Wartung", "starts_on": "2026-05-01"});
        create(&agent, &contracts, open).await.expect(201);
        for (query, expected) in [
            (vec![], vec!["D", "A", "C", "B"]),
            (vec![("sort", "notice_by"), ("status", "active")], vec!["B", "C", "A"]),
            (vec![("sort", "-value"), ("status", "active")], vec!["A", "C", "B"]),
            (vec![("sort", "title,number")], vec!["D", "A", "B", "C"]),
            (vec![("status", "draft")], vec!["D"]),
            (vec![("renewal", "none")], vec!["D"]),
            (vec![("notice_by_after", "2026-11-22"), ("notice_by_before", "2027-04-01")], vec!["C", "B"]),
            (vec![("notice_by_before", "2026-11-30")], vec![]),
            (vec![("ends_after", "2027-06-30")], vec!["A", "C"]),
            (vec![("ends_before", "2027-06-30")], vec!["B"]),
            (vec![("starts_after", "2026-01-01")], vec!["D", "A"]),
            (vec![("starts_before", "2026-01-01")], vec!["C", "B"]),
            (vec![("number", "A"), ("number", "B")], vec!["A", "B"]),
        ] {
            for list in ["/v1/contracts", &contracts] {
                let reply = agent.get(list).query(&query).send().await.expect(200);
                let found: Vec<&str> = reply.items().iter().filter_map(|one| one["number"].as_str()).collect();
                assert_eq!(found, expected, "{query:?}");
            }
        }
        let stranger = app.user(Role::Agent, Visibility::Own).await;
        assert!(stranger.get("/v1/contracts").send().await.expect(200).items().is_empty());
    }
}
