//! Dunning notices: of what is overdue, one level after the other.

use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};
use crate::support::samples::{customer, named, with};

async fn of_customer(client: &Client) -> String {
    format!("/v1/customers/{}", customer(client, named("Änne", "Öztürk")).await.id())
}

/// An invoice over 119 euros that was due on a day.
async fn invoice(client: &Client, of: &str, due_on: &str) -> Reply {
    let lines = json!([{"description": "Montage", "quantity": "1", "unit_price": "100", "tax_rate": "19"}]);
    let draft = json!({"currency": "EUR", "issued_on": "2026-10-01", "due_on": due_on, "lines": lines});
    let draft = client.post(&format!("{of}/invoices"), draft).send().await.expect(201);
    client.post(&format!("/v1/invoices/{}/issuance", draft.id()), json!({})).send().await.expect(200)
}

async fn dun(client: &Client, of: &str, invoice: &Reply, body: Value) -> Reply {
    let body = with(json!({"invoice_id": invoice.id()}), body);
    client.post(&format!("{of}/dunning-notices"), body).send().await
}

async fn withdraw(client: &Client, notice: &Reply) -> Reply {
    let at = format!("/v1/dunning-notices/{}/withdrawal", notice.id());
    client.post(&at, json!({"reason": "Zahlung war schon da"})).send().await
}

async fn level(client: &Client, invoice: &Reply) -> Value {
    client.get(&format!("/v1/invoices/{}", invoice.id())).send().await.expect(200)["dunning_level"].clone()
}

fn euros(amount: &str) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

both! {
    async fn one_level_follows_the_other(app: TestApp) {
        let agent = app.admin().await;
        let of = of_customer(&agent).await;
        let invoice = invoice(&agent, &of, "2026-10-15").await;
        let first = dun(&agent, &of, &invoice, json!({"sent_on": "2026-10-20", "due_on": "2026-10-27"})).await.expect(201);
        assert_eq!((&first["level"], &first["invoice_number"]), (&json!(1), &json!("R-000001")));
        assert_eq!(first["dunned_amount"], euros("119.00"));
        let skipped = dun(&agent, &of, &invoice, json!({"level": 3})).await.expect(422);
        assert_eq!(skipped.faults().get("/level"), Some(&"not_one_of"));
        assert!(skipped.body.to_string().contains("one of: 2"), "{skipped}");
        let early = dun(&agent, &of, &invoice, json!({"sent_on": "2026-10-19"})).await.expect(422);
        assert_eq!(early.faults().get("/sent_on"), Some(&"before"), "before the first one");
        let second = json!({"level": 2, "sent_on": "2026-11-02", "fee": euros("5")});
        let second = dun(&agent, &of, &invoice, second).await.expect(201);
        for (notice, sent_on, code) in [(&first, "2026-11-03", "after"), (&second, "2026-10-19", "before")] {
            let at = format!("/v1/dunning-notices/{}", notice.id());
            let refused = agent.patch(&at, "*", json!({"sent_on": sent_on, "due_on": null})).send().await.expect(422);
            assert_eq!(refused.faults().get("/sent_on"), Some(&code), "{refused}");
        }
        let third = dun(&agent, &of, &invoice, json!({})).await.expect(201);
        assert_eq!((&third["level"], level(&agent, &invoice).await), (&json!(3), json!(3)));
        let fourth = dun(&agent, &of, &invoice, json!({})).await.expect(409);
        assert_eq!((fourth.code(), &fourth["level"]), ("highest_level", &json!(3)));

        withdraw(&agent, &third).await.expect(200);
        assert_eq!(level(&agent, &invoice).await, 2);
        assert_eq!(withdraw(&agent, &third).await.expect(409)["state"], "withdrawn");
        assert_eq!(withdraw(&agent, &first).await.expect(409).code(), "in_use", "the second one follows from it");
        let archived = agent.delete(&format!("/v1/dunning-notices/{}", first.id()), "*").send().await.expect(409);
        assert_eq!((archived.code(), level(&agent, &invoice).await), ("in_use", json!(2)));
        let again = dun(&agent, &of, &invoice, json!({})).await.expect(201);
        let at = format!("/v1/dunning-notices/{}", again.id());
        agent.delete(&at, "*").send().await.expect(204);
        assert_eq!(level(&agent, &invoice).await, 2);
        let other = dun(&agent, &of, &invoice, json!({})).await.expect(201);
        let taken = agent.call(reqwest::Method::POST, &format!("{at}/restoration")).send().await.expect(409);
        assert_eq!((taken.code(), &taken["existing_id"]), ("already_exists", &json!(other.id())));

        let told = agent.speaking("de").get(&format!("{of}/timeline")).query(&[("sort", "occurred_at")]).send().await.expect(200);
        let told: Vec<_> = told.items().iter().filter_map(|event| event["title"].as_str()).collect();
        let sent = told.iter().position(|title| *title == "Mahnung 1 von 3 gesendet: R-000001 (119.00 EUR)");
        assert_eq!(sent.map(|at| told[at + 1]), Some("Rechnung gemahnt: R-000001 (119.00 EUR)"), "{told:?}");
        assert!(told.contains(&"Rechnung in der Mahnstufe zurückgesetzt: R-000001 (119.00 EUR)"), "{told:?}");
        let overdue = [("overdue", "true"), ("dunning_level", "3")];
        assert_eq!(agent.get("/v1/invoices").query(&overdue).send().await.expect(200).items().len(), 1);
    }

    async fn nobody_is_reminded_of_what_is_not_owed(app: TestApp) {
        let agent = app.admin().await;
        let of = of_customer(&agent).await;
        let (due, overdue) = (invoice(&agent, &of, "2026-11-22").await, invoice(&agent, &of, "2026-11-21").await);
        let refused = dun(&agent, &of, &due, json!({})).await.expect(422);
        assert_eq!(refused.faults().get("/invoice_id"), Some(&"not_overdue"), "it is due today");
        for (body, pointer, code) in [
            (json!({"sent_on": "2026-11-21"}), "/invoice_id", "not_overdue"),
            (json!({"sent_on": "2026-11-24"}), "/sent_on", "in_the_future"),
            (json!({"due_on": "2026-11-21"}), "/due_on", "before"),
            (json!({"fee": {"amount": "5", "currency": "CHF"}}), "/fee", "other_currency"),
            (json!({"fee": euros("-5")}), "/fee", "too_small"),
            (json!({"invoice_id": "019a0000-0000-7000-8000-00000000dead"}), "/invoice_id", "reference"),
        ] {
            let refused = dun(&agent, &of, &overdue, body).await.expect(422);
            assert_eq!(refused.faults().get(pointer), Some(&code), "{refused}");
        }
        let notice = dun(&agent, &of, &overdue, json!({})).await.expect(201);
        let gone = agent.delete(&format!("/v1/invoices/{}", overdue.id()), "*").send().await.expect(409);
        assert_eq!(gone.code(), "in_use");
        let paid = json!({"amount": euros("119"), "method": "cash", "allocations": [{"invoice_id": overdue.id()}]});
        agent.post(&format!("{of}/payments"), paid).send().await.expect(201);
        assert_eq!(dun(&agent, &of, &overdue, json!({})).await.expect(409)["state"], "paid");
        let fee = json!({"fee": euros("7.5"), "due_on": "2026-12-24"});
        let at = format!("/v1/dunning-notices/{}", notice.id());
        let changed = agent.patch(&at, "*", fee).send().await.expect(200);
        assert_eq!((&changed["fee"], &changed["version"]), (&euros("7.50"), &json!(2)), "what was sent may be described");
    }

    async fn notices_are_found_by_what_matters_of_them(app: TestApp) {
        let agent = app.admin().await;
        let of = of_customer(&agent).await;
        let (one, other) = (invoice(&agent, &of, "2026-10-15").await, invoice(&agent, &of, "2026-10-16").await);
        for (invoice, note, sent_on, due_on) in [
            (&one, "A", "2026-10-20", "2026-11-20"),
            (&one, "B", "2026-11-01", "2026-11-10"),
            (&other, "C", "2026-10-25", "2026-11-15"),
        ] {
            let body = json!({"sent_on": sent_on, "due_on": due_on, "notes": note});
            let made = dun(&agent, &of, invoice, body).await.expect(201);
            if note == "C" {
                withdraw(&agent, &made).await.expect(200);
            }
        }
        let of_one = one.id();
        for (query, expected) in [
            (vec![], vec!["B", "C", "A"]),
            (vec![("sort", "due_on")], vec!["B", "C", "A"]),
            (vec![("sort", "-level")], vec!["B"]),
            (vec![("status", "withdrawn")], vec!["C"]),
            (vec![("level", "2")], vec!["B"]),
            (vec![("invoice_id", of_one.as_str())], vec!["B", "A"]),
            (vec![("sent_after", "2026-10-25")], vec!["B", "C"]),
            (vec![("sent_before", "2026-10-25")], vec!["A"]),
            (vec![("due_before", "2026-11-15")], vec!["B"]),
        ] {
            for list in ["/v1/dunning-notices", &format!("{of}/dunning-notices")] {
                let reply = agent.get(list).query(&query).send().await.expect(200);
                let found: Vec<&str> = reply.items().iter().filter_map(|one| one["notes"].as_str()).collect();
                let is_sorted_by_level = query.contains(&("sort", "-level"));
                assert_eq!(if is_sorted_by_level { &found[..1] } else { &found[..] }, expected, "{query:?}");
            }
        }
    }
}
