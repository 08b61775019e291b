//! Quotes: what is offered stays what it is, for as long as it is offered; and what is ordered from it.

use kundenhistorie::services::quotes;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};
use crate::support::samples::{address, customer, named};

async fn home(client: &Client) -> String {
    address(&customer(client, named("Änne", "Öztürk")).await)
}

fn line(quantity: &str, unit_price: &str) -> Value {
    json!({"description": "Montage", "quantity": quantity, "unit_price": unit_price, "tax_rate": "19"})
}

fn quote(lines: Value) -> Value {
    json!({"currency": "EUR", "lines": lines})
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

fn euros(amount: &str) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

async fn offer(client: &Client, home: &str, body: Value) -> Reply {
    client.post(&format!("{home}/quotes"), body).send().await
}

async fn order(client: &Client, home: &str, body: Value) -> Reply {
    client.post(&format!("{home}/orders"), body).send().await
}

async fn step(client: &Client, quote: &Reply, step: &str, facts: Value) -> Reply {
    client.post(&format!("/v1/quotes/{}/{step}", quote.id()), facts).send().await
}

async fn change(client: &Client, quote: &Reply, changes: Value) -> Reply {
    client.patch(&format!("/v1/quotes/{}", quote.id()), "*", changes).send().await
}

async fn read(client: &Client, quote: &Reply) -> Reply {
    client.get(&format!("/v1/quotes/{}", quote.id())).send().await.expect(200)
}

/// A quote the customer has.
async fn sent(client: &Client, home: &str, body: Value) -> Reply {
    let made = offer(client, home, body).await.expect(201);
    step(client, &made, "dispatch", json!({})).await.expect(200)
}

fn share(position: i32, ordered: &str, open: &str) -> Value {
    json!({"position": position, "ordered": ordered, "open": open})
}

both! {
    async fn what_the_customer_has_in_hand_stays_until_it_is_revised(app: TestApp) {
        let agent = app.agent().await;
        let home = home(&agent).await;
        let made = offer(&agent, &home, quote(json!([line("2", "100")]))).await.expect(201);
        assert_eq!((&made["number"], &made["status"], &made["revision"]), (&json!("A-000001"), &json!("draft"), &json!(1)));
        assert_eq!(made.at("/totals/gross"), &euros("238.00"));
        let cheaper = json!({"lines": [line("2", "90")], "valid_until": "2026-12-31"});
        change(&agent, &made, cheaper).await.expect(200);
        let refused = step(&agent, &made, "acceptance", json!({})).await.expect(409);
        assert_eq!(refused["possible"], json!(["dispatch"]), "the customer does not have it yet");
        step(&agent, &made, "dispatch", json!({})).await.expect(200);
        for changes in [
            json!({"lines": [line("2", "80")]}),
            json!({"valid_until": "2027-12-31"}),
            json!({"freight_amount": "5"}),
            json!({"currency": "CHF"}),
        ] {
            let refused = change(&agent, &made, changes).await.expect(409);
            assert_eq!(refused["possible"], json!(["acceptance", "refusal", "extension", "revision"]), "{refused}");
        }
        change(&agent, &made, json!({"probability": 80, "terms": "14 Tage 2 % Skonto"})).await.expect(200);
        let declined = json!({"reason": "Zu teuer", "competitor": "Nordbau AG"});
        let declined = step(&agent, &made, "refusal", declined).await.expect(200);
        assert_eq!((&declined["decline_reason"], &declined["lost_to"]), (&json!("Zu teuer"), &json!("Nordbau AG")));
        let revised = step(&agent, &made, "revision", json!({})).await.expect(200);
        assert_eq!((&revised["status"], &revised["revision"]), (&json!("draft"), &json!(2)));
        assert_eq!((&revised["sent_at"], &revised["decline_reason"]), (&Value::Null, &Value::Null));
        let changed = change(&agent, &made, json!({"lines": [line("2", "80")]})).await.expect(200);
        assert_eq!((changed.at("/totals/gross"), &changed["number"]), (&euros("190.40"), &json!("A-000001")));
    }

    async fn a_quote_expires_with_its_last_day(app: TestApp) {
        let agent = app.agent().await;
        let home = home(&agent).await;
        let early = with(quote(json!([line("1", "100")])), "quoted_at", json!("2026-11-02T09:00:00Z"));
        let refused = offer(&agent, &home, with(early.clone(), "valid_until", json!("2026-11-01"))).await.expect(422);
        assert_eq!(refused.faults().get("/valid_until"), Some(&"before"));
        sent_early(&agent, &home, with(early.clone(), "valid_until", json!("2026-11-10"))).await;
        app.database().run("UPDATE quotes SET facts = '{}' WHERE number = 'A-000001'").await;
        let lapsed = sent_early(&agent, &home, with(early.clone(), "valid_until", json!("2026-11-10"))).await;
        let in_time = sent_early(&agent, &home, with(early.clone(), "valid_until", json!("2026-11-10"))).await;
        let lasting = sent_early(&agent, &home, with(early.clone(), "valid_until", json!("2099-12-31"))).await;
        let endless = sent_early(&agent, &home, early).await;

        let refused = step(&agent, &lapsed, "acceptance", json!({})).await.expect(409);
        assert_eq!((refused.code(), &refused["state"]), ("wrong_state", &json!("expired")), "noticed or not");
        assert_eq!(refused.faults().get("/accepted_at"), Some(&"after"));
        assert_eq!(refused["possible"], json!(["refusal", "extension", "revision"]), "{refused}");
        for _ in 0..2 {
            quotes::expire(&app.system()).await.expect("one that is broken stops no other");
        }
        let expired = read(&agent, &lapsed).await;
        assert_eq!((&expired["status"], &expired["version"]), (&json!("expired"), &json!(3)), "once");
        assert_eq!(expired["expired_at"], "2026-11-11T00:00:00.000000Z");
        for open in [&lasting, &endless] {
            assert_eq!(read(&agent, open).await["status"], "sent");
        }
        let titles = [("sort", "occurred_at"), ("category", "sales")];
        let told = agent.speaking("de").get(&format!("{home}/timeline")).query(&titles).send().await.expect(200);
        let expired = told.items().iter().find(|event| event["kind"] == "quote.expired").expect("it is told");
        assert_eq!(expired["title"], "Angebot abgelaufen: A-000002 (119.00 EUR)");
        assert_eq!((&expired["occurred_at"], &expired["actor"]["type"]), (&json!("2026-11-11T00:00:00.000000Z"), &json!("system")));

        step(&agent, &lapsed, "acceptance", json!({})).await.expect(409);
        let late_entry = json!({"accepted_at": "2026-11-10T23:59:59Z"});
        let accepted = step(&agent, &in_time, "acceptance", late_entry).await.expect(200);
        assert_eq!((&accepted["status"], &accepted["expired_at"]), (&json!("accepted"), &Value::Null));
        for (day, fault) in [("2026-11-10", "nothing_changed"), ("2026-11-09", "before")] {
            let refused = step(&agent, &lapsed, "extension", json!({"valid_until": day})).await.expect(422);
            assert_eq!(refused.faults().get("/valid_until"), Some(&fault));
        }
        let extended = step(&agent, &lapsed, "extension", json!({"valid_until": "2099-12-31"})).await.expect(200);
        assert_eq!((&extended["status"], &extended["valid_until"]), (&json!("sent"), &json!("2099-12-31")));
        step(&agent, &lapsed, "acceptance", json!({})).await.expect(200);
    }

    async fn an_order_takes_what_is_open_of_a_quote(app: TestApp) {
        let agent = app.agent().await;
        let home = home(&agent).await;
        let mut body = quote(json!([line("10", "5.00"), line("2.5", "40")]));
        body["lines"][1]["discount_percent"] = json!("10");
        body["freight_amount"] = json!("4.90");
        body["billing_address"] = json!({"name": "Werft Nord GmbH", "city": "Hamburg"});
        let quote = sent(&agent, &home, body).await;
        assert_eq!(quote["ordered"], json!([share(1, "0", "10"), share(2, "0", "2.5")]));

        let mut some = json!({"quote_id": quote.id(), "currency": "EUR", "lines": [line("4", "5.00")]});
        some["lines"][0]["position"] = json!(1);
        let first = order(&agent, &home, some).await.expect(201);
        assert_eq!((&first["freight_amount"], &first["billing_address"]["name"]), (&json!("4.90"), &json!("Werft Nord GmbH")));
        let now = read(&agent, &quote).await;
        assert_eq!((&now["status"], &now["accepted_at"]), (&json!("accepted"), &first["placed_at"]), "by ordering");
        assert_eq!(now["ordered"], json!([share(1, "4", "6"), share(2, "0", "2.5")]));

        let rest = order(&agent, &home, json!({"quote_id": quote.id()})).await.expect(201);
        assert_eq!((rest.at("/lines/0/quantity"), rest.at("/lines/1/quantity")), (&json!("6"), &json!("2.5")));
        assert_eq!((rest.at("/lines/1/discount_percent"), &rest["currency"]), (&json!("10"), &json!("EUR")));
        assert_eq!(rest["freight_amount"], Value::Null, "freight is owed once");
        let nothing = order(&agent, &home, json!({"quote_id": quote.id()})).await.expect(422);
        assert_eq!(nothing.faults().get("/quote_id"), Some(&"nothing_open"));

        let path = format!("/v1/orders/{}", first.id());
        let more = |quantity: &str| json!({"lines": [with(line(quantity, "5.00"), "position", json!(1))]});
        let refused = agent.speaking("de").patch(&path, "*", more("4.0001")).send().await.expect(422);
        assert_eq!(refused.faults().get("/lines/0/quantity"), Some(&"open_quantity"));
        assert!(refused.body.to_string().contains("Von Position 1 sind nur 4 offen."), "{refused}");
        agent.patch(&path, "*", more("3")).send().await.expect(200);
        assert_eq!(read(&agent, &quote).await["ordered"][0], share(1, "9", "1"));
        let beside = json!({"lines": [with(line("4", "5.00"), "position", json!(1)), line("99", "1")]});
        let refused = agent.patch(&path, "*", beside.clone()).send().await.expect(422);
        assert_eq!(refused.faults().get("/lines/1/quantity"), Some(&"open_quantity"), "it has the position of line 2");
        let mut beside = beside;
        beside["lines"][1]["position"] = json!(3);
        agent.patch(&path, "*", beside).send().await.expect(200);

        let off = json!({"reason": "Doch nicht"});
        agent.post(&format!("/v1/orders/{}/cancellation", rest.id()), off).send().await.expect(200);
        assert_eq!(read(&agent, &quote).await["ordered"], json!([share(1, "4", "6"), share(2, "0", "2.5")]));
        agent.delete(&path, "*").send().await.expect(204);
        assert_eq!(read(&agent, &quote).await["ordered"][0], share(1, "4", "6"), "archiving undoes nothing");
        let query = [("quote_id", quote.id())];
        let query: Vec<(&str, &str)> = query.iter().map(|(name, id)| (*name, id.as_str())).collect();
        assert_eq!(agent.get("/v1/orders").query(&query).send().await.expect(200).items().len(), 1);
    }

    async fn an_order_fits_the_quote_it_names(app: TestApp) {
        let agent = app.agent().await;
        let home = home(&agent).await;
        let made = offer(&agent, &home, quote(json!([line("1", "1")]))).await.expect(201);
        let from_it = || json!({"quote_id": made.id()});
        let draft = order(&agent, &home, from_it()).await.expect(409);
        assert_eq!((draft.code(), &draft["state"]), ("wrong_state", &json!("draft")));
        assert_eq!(draft.faults().get("/quote_id"), Some(&"unfitting"));
        step(&agent, &made, "dispatch", json!({})).await.expect(200);
        let francs = order(&agent, &home, with(from_it(), "currency", json!("CHF"))).await.expect(422);
        assert_eq!(francs.faults().get("/currency"), Some(&"unfitting"));
        let elsewhere = self::home(&agent).await;
        let foreign = order(&agent, &elsewhere, from_it()).await.expect(422);
        assert_eq!(foreign.faults().get("/quote_id"), Some(&"reference"));
        let nothing = order(&agent, &home, json!({})).await.expect(422).faults().len();
        assert_eq!(nothing, 2, "currency and lines");
        assert_eq!(read(&agent, &made).await["status"], "sent", "what is refused accepts nothing");
        let placed = order(&agent, &home, from_it()).await.expect(201);
        let fixed = agent.patch(&format!("/v1/orders/{}", placed.id()), "*", json!({"quote_id": null})).send().await;
        assert_eq!(fixed.expect(422).faults().get("/quote_id"), Some(&"read_only"));
    }

    async fn orders_at_once_do_not_exceed_what_is_offered(app: TestApp) {
        let agent = app.agent().await;
        let home = home(&agent).await;
        let quote = sent(&agent, &home, quote(json!([line("5", "1")]))).await;
        let body = || {
            let line = with(line("2", "1"), "position", json!(1));
            json!({"quote_id": quote.id(), "currency": "EUR", "lines": [line]})
        };
        let orders = (0..6).map(|_| order(&agent, &home, body()));
        let replies = futures_util::future::join_all(orders).await;
        let made = replies.iter().filter(|reply| reply.status == 201).count();
        assert_eq!(made, 2, "two of them fit");
        assert!(replies.iter().all(|reply| matches!(reply.status, 201 | 422)));
        assert_eq!(read(&agent, &quote).await["ordered"], json!([share(1, "4", "1")]));
    }

    async fn quotes_are_found_by_what_matters_of_them(app: TestApp) {
        let agent = app.agent().await;
        let home = home(&agent).await;
        let pipeline = json!({"key": "sales", "name": {"en": "Sales", "de": "Vertrieb"}, "stages": [
            {"key": "a", "name": {"en": "A", "de": "A"}, "default_probability": 10},
        ]});
        let pipeline = agent.post("/v1/pipelines", pipeline).send().await.expect(201).id();
        let opportunity = json!({"name": "Halle", "pipeline_id": pipeline});
        let opportunity = agent.post(&format!("{home}/opportunities"), opportunity).send().await.expect(201).id();
        for (number, price, quoted_at, valid_until, part) in [
            ("A", "30", "2026-11-03T00:00:00Z", json!("2027-01-31"), Value::Null),
            ("B", "10", "2026-11-01T00:00:00Z", json!(null), json!(opportunity)),
            ("C", "20", "2026-11-02T00:00:00Z", json!("2026-12-31"), Value::Null),
        ] {
            let body = json!({
                "number": number, "currency": "EUR", "lines": [line("1", price)], "quoted_at": quoted_at,
                "valid_until": valid_until, "opportunity_id": part,
            });
            let made = offer(&agent, &home, body).await.expect(201);
            if number == "C" {
                step(&agent, &made, "dispatch", json!({})).await.expect(200);
            }
        }
        for (query, expected) in [
            (vec![], vec!["A", "C", "B"]),
            (vec![("sort", "gross")], vec!["B", "C", "A"]),
            (vec![("sort", "valid_until")], vec!["C", "A", "B"]),
            (vec![("status", "sent")], vec!["C"]),
            (vec![("number", "A"), ("number", "B")], vec!["A", "B"]),
            (vec![("opportunity_id", &opportunity)], vec!["B"]),
            (vec![("quoted_after", "2026-11-02T00:00:00Z")], vec!["A", "C"]),
            (vec![("quoted_before", "2026-11-02T00:00:00Z")], vec!["B"]),
            (vec![("valid_until_after", "2027-01-31")], vec!["A"]),
            (vec![("valid_until_before", "2027-01-31")], vec!["C"]),
            (vec![("gross_min", "23.80")], vec!["A", "C"]),
            (vec![("gross_max", "23.7999")], vec!["B"]),
            (vec![("currency", "CHF")], vec![]),
        ] {
            for list in ["/v1/quotes", &format!("{home}/quotes")] {
                let reply = agent.get(list).query(&query).send().await.expect(200);
                let found: Vec<&str> = reply.items().iter().filter_map(|item| item["number"].as_str()).collect();
                assert_eq!(found, expected, "{query:?}");
            }
        }
        let nowhere = with(quote(json!([line("1", "1")])), "opportunity_id", json!("019a0000-0000-7000-8000-00000000dead"));
        let refused = offer(&agent, &home, nowhere).await.expect(422);
        assert_eq!(refused.faults().get("/opportunity_id"), Some(&"reference"));
    }
}

/// A quote the customer has got on 3 November.
async fn sent_early(client: &Client, home: &str, body: Value) -> Reply {
    let made = offer(client, home, body).await.expect(201);
    step(client, &made, "dispatch", json!({"sent_at": "2026-11-03T08:00:00Z"})).await.expect(200)
}
