//! Invoices and credit notes: their numbers, what is owed of them, and what they may charge.

use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};
use crate::support::samples::{customer, named, with};

/// Where the invoices of a new customer are.
async fn invoices(client: &Client) -> String {
    let customer = customer(client, named("Änne", "Öztürk")).await;
    format!("/v1/customers/{}/invoices", customer.id())
}

async fn create(client: &Client, invoices: &str, body: Value) -> Reply {
    client.post(invoices, body).send().await
}

async fn step(client: &Client, invoice: &Reply, step: &str, body: Value) -> Reply {
    client.post(&format!("{}/{step}", at(invoice)), body).send().await
}

async fn read(client: &Client, invoice: &Reply) -> Reply {
    client.get(&at(invoice)).send().await.expect(200)
}

fn line(quantity: &str, unit_price: &str) -> Value {
    json!({"description": "Montage", "quantity": quantity, "unit_price": unit_price, "tax_rate": "19"})
}

/// A draft over 119 euros.
fn draft() -> Value {
    json!({"currency": "EUR", "lines": [line("1", "100")]})
}

fn credit_note(invoice: &Reply, price: &str) -> Value {
    json!({"kind": "credit_note", "credited_invoice_id": invoice.id(), "currency": "EUR", "lines": [line("1", price)]})
}

fn copy(number: &str, issued_on: &str) -> Value {
    with(draft(), json!({"ledger": "external", "number": number, "issued_on": issued_on}))
}

fn euros(amount: &str) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

fn at(invoice: &Reply) -> String {
    format!("/v1/invoices/{}", invoice.id())
}

async fn issued(client: &Client, invoices: &str, body: Value) -> Reply {
    let made = create(client, invoices, body).await.expect(201);
    step(client, &made, "issuance", json!({})).await.expect(200)
}

/// The kinds and titles of what happened to a customer, oldest first.
async fn told(client: &Client, invoices: &str) -> Vec<(String, String)> {
    let client = client.speaking("de");
    let timeline = client.get(&invoices.replace("/invoices", "/timeline"));
    let reply = timeline.query(&[("sort", "occurred_at"), ("category", "purchase")]).send().await.expect(200);
    let text = |event: &Value, name: &str| event[name].as_str().unwrap_or_default().to_owned();
    reply.items().iter().map(|event| (text(event, "kind"), text(event, "title"))).collect()
}

both! {
    async fn an_invoice_gets_its_number_when_it_is_issued(app: TestApp) {
        let agent = app.admin().await;
        let invoices = invoices(&agent).await;
        let first = create(&agent, &invoices, draft()).await.expect(201);
        assert_eq!((&first["status"], &first["number"]), (&json!("draft"), &Value::Null));
        assert_eq!((&first["open_amount"], first.at("/totals/gross")), (&euros("0.00"), &euros("119.00")));
        let second = issued(&agent, &invoices, with(draft(), json!({"payment_terms_days": 14}))).await;
        assert_eq!((&second["number"], &second["status"]), (&json!("R-000001"), &json!("issued")));
        assert_eq!((&second["issued_on"], &second["due_on"]), (&json!("2026-11-22"), &json!("2026-12-06")));
        assert_eq!(&second["open_amount"], &euros("119.00"));
        let again = step(&agent, &second, "issuance", json!({})).await.expect(409);
        assert_eq!((again.code(), &again["possible"]), ("wrong_state", &json!(["cancellation", "write-off"])));

        let first = step(&agent, &first, "issuance", json!({"issued_on": "2026-11-20"})).await.expect(200);
        assert_eq!((&first["number"], &first["due_on"]), (&json!("R-000002"), &json!("2026-12-20")));
        let late = create(&agent, &invoices, draft()).await.expect(201);
        let refused = step(&agent, &late, "issuance", json!({"issued_on": "2026-11-24"})).await.expect(422);
        assert_eq!(refused.faults().get("/issued_on"), Some(&"in_the_future"));
        let early = with(draft(), json!({"due_on": "2026-11-21"}));
        let early = create(&agent, &invoices, early).await.expect(201);
        let refused = step(&agent, &early, "issuance", json!({})).await.expect(422);
        assert_eq!(refused.faults().get("/due_on"), Some(&"before"));
        let third = step(&agent, &late, "issuance", json!({})).await.expect(200);
        assert_eq!(third["number"], "R-000003", "what is refused takes no number");
        let free = issued(&agent, &invoices, json!({"currency": "EUR", "lines": [line("1", "0")]})).await;
        assert_eq!((&free["status"], &free["open_amount"]), (&json!("paid"), &euros("0.00")));

        let told = told(&agent, &invoices).await;
        let of_first = ("invoice.issued".to_owned(), "Rechnung gestellt: R-000002 (119.00 EUR)".to_owned());
        assert_eq!(told.first(), Some(&of_first), "it happened on its day: {told:?}");
    }

    async fn a_copy_has_the_number_of_the_original(app: TestApp) {
        let agent = app.admin().await;
        let invoices = invoices(&agent).await;
        let made = create(&agent, &invoices, copy("2026-4711", "2026-10-01")).await.expect(201);
        assert_eq!((&made["status"], &made["due_on"]), (&json!("issued"), &json!("2026-10-31")));
        assert_eq!((&made["ledger"], &made["open_amount"]), (&json!("external"), &euros("119.00")));
        let taken = create(&agent, &invoices, copy("2026-4711", "2026-10-02")).await.expect(409);
        assert_eq!((taken.code(), taken.faults().get("/number")), ("already_exists", Some(&"taken")));
        for (body, pointer, code) in [
            (with(draft(), json!({"ledger": "external"})), "/number", "required"),
            (with(draft(), json!({"number": "R-1"})), "/number", "unfitting"),
            (with(draft(), json!({"credited_invoice_id": made.id()})), "/credited_invoice_id", "unfitting"),
            (with(draft(), json!({"kind": "credit_note"})), "/credited_invoice_id", "required"),
            (json!({"currency": "EUR", "lines": [line("1", "-1")]}), "/lines", "unfitting"),
            (with(draft(), json!({"service_from": "2026-11-02", "service_to": "2026-11-01"})), "/service_to", "before"),
            (copy("2026-4712", "2026-12-01"), "/issued_on", "in_the_future"),
        ] {
            let refused = create(&agent, &invoices, body).await.expect(422);
            assert_eq!(refused.faults().get(pointer), Some(&code), "{refused}");
        }
        let today = with(copy("2026-4713", "2026-11-22"), json!({"kind": "credit_note"}));
        let today = create(&agent, &invoices, today).await.expect(201);
        app.advance(60);
        let same = agent.patch(&at(&today), "*", json!({"notes": null})).send().await.expect(200);
        assert_eq!(same["version"], 1, "time alone changes nothing");
        step(&agent, &today, "cancellation", json!({"reason": "Doppelt"})).await.expect(200);
        let follows = agent.patch(&at(&made), "*", json!({"lines": [line("2", "100")]})).send().await.expect(200);
        assert_eq!((&follows["open_amount"], &follows["version"]), (&euros("238.00"), &json!(2)));
        let gone = step(&agent, &made, "cancellation", json!({"reason": "Im ERP storniert"})).await.expect(200);
        assert_eq!((&gone["status"], &gone["open_amount"]), (&json!("cancelled"), &euros("0.00")));
        let alone = with(copy("G-77", "2026-10-05"), json!({"kind": "credit_note"}));
        let alone = create(&agent, &invoices, alone).await.expect(201);
        assert_eq!((&alone["status"], &alone["open_amount"]), (&json!("issued"), &euros("-119.00")));
        let told = told(&agent, &invoices).await;
        let of_others = |title: &&str| !title.contains("2026-4713");
        let titles: Vec<&str> = told.iter().map(|(_, title)| title.as_str()).filter(of_others).collect();
        let expected = [
            "Rechnung angelegt: 2026-4711 (119.00 EUR)",
            "Rechnung angelegt: G-77 (-119.00 EUR)",
            "Rechnung geändert: 2026-4711 (238.00 EUR): Positionen geändert",
            "Rechnung storniert: 2026-4711 (238.00 EUR)",
        ];
        assert_eq!(titles, expected);
    }

    async fn what_was_issued_stays_what_it_was(app: TestApp) {
        let agent = app.admin().await;
        let invoices = invoices(&agent).await;
        let made = issued(&agent, &invoices, draft()).await;
        for change in [
            json!({"lines": [line("2", "100")]}),
            json!({"issued_on": "2026-11-01"}),
            json!({"currency": "CHF"}),
            json!({"customer_reference": "X"}),
        ] {
            let refused = agent.patch(&at(&made), "*", change).send().await.expect(409);
            assert_eq!((refused.code(), &refused["state"]), ("wrong_state", &json!("issued")));
        }
        let never = agent.patch(&at(&made), "*", json!({"due_on": null})).send().await.expect(422);
        assert_eq!(never.faults().get("/due_on"), Some(&"required"), "it is due some day");
        let put_off = json!({"due_on": "2027-01-31", "notes": "Zahlungsziel verlängert"});
        let put_off = agent.patch(&at(&made), "*", put_off).send().await.expect(200);
        assert_eq!((&put_off["due_on"], &put_off["open_amount"]), (&json!("2027-01-31"), &euros("119.00")));
        let fixed = agent.patch(&at(&made), "*", json!({"number": "R-9"})).send().await.expect(422);
        assert_eq!(fixed.faults().get("/number"), Some(&"read_only"));
    }

    async fn a_credit_note_takes_back_what_it_says(app: TestApp) {
        let agent = app.admin().await;
        let invoices = invoices(&agent).await;
        let made = issued(&agent, &invoices, draft()).await;
        let note = create(&agent, &invoices, credit_note(&made, "40")).await.expect(201);
        assert_eq!(read(&agent, &made).await["credited_amount"], euros("0.00"), "a draft takes nothing back");
        let note = step(&agent, &note, "issuance", json!({})).await.expect(200);
        assert_eq!((&note["number"], &note["open_amount"]), (&json!("G-000001"), &euros("0.00")));
        let now = read(&agent, &made).await;
        assert_eq!((&now["credited_amount"], &now["open_amount"]), (&euros("47.60"), &euros("71.40")));
        assert_eq!((&now["status"], now.etag()), (&json!("issued"), "\"3\"".to_owned()));
        agent.delete(&at(&made), "*").send().await.expect(409);

        let too_much = create(&agent, &invoices, credit_note(&made, "60.01")).await.expect(201);
        let refused = step(&agent, &too_much, "issuance", json!({})).await.expect(422);
        assert_eq!(refused.faults().get("/lines"), Some(&"too_large"), "{refused}");
        assert!(refused.body.to_string().contains("at most 71.40"), "{refused}");
        let wrong = step(&agent, &made, "cancellation", json!({"reason": "Falsch"})).await.expect(409);
        assert_eq!(wrong.code(), "wrong_state", "a part of it is taken back already");

        let rest = create(&agent, &invoices, credit_note(&made, "60")).await.expect(201);
        let rest = step(&agent, &rest, "issuance", json!({})).await.expect(200);
        let now = read(&agent, &made).await;
        assert_eq!((&now["status"], &now["open_amount"]), (&json!("cancelled"), &euros("0.00")));
        let again = create(&agent, &invoices, credit_note(&made, "1")).await.expect(201);
        assert_eq!(step(&agent, &again, "issuance", json!({})).await.expect(409).code(), "wrong_state");
        let refused = agent.delete(&at(&rest), "*").send().await.expect(409);
        assert_eq!((refused.code(), &refused["state"]), ("wrong_state", &json!("issued")));
        assert_eq!(read(&agent, &made).await["status"], "cancelled", "what is taken back stays so");

        let told = told(&agent, &invoices).await;
        let of_invoice = told.iter().filter(|(_, title)| title.contains("R-000001"));
        let kinds: Vec<&str> = of_invoice.map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(kinds, ["invoice.issued", "invoice.credited", "invoice.cancelled"]);
        let of_others = with(draft(), json!({"kind": "credit_note", "credited_invoice_id": rest.id()}));
        let refused = create(&agent, &invoices, of_others).await.expect(422);
        assert_eq!(refused.faults().get("/credited_invoice_id"), Some(&"unfitting"), "a credit note");
        let francs = with(credit_note(&made, "1"), json!({"currency": "CHF"}));
        let refused = create(&agent, &invoices, francs).await.expect(422);
        assert_eq!(refused.faults().get("/currency"), Some(&"other_currency"));
    }

    async fn a_cancellation_issues_a_credit_note_over_everything(app: TestApp) {
        let agent = app.admin().await;
        let invoices = invoices(&agent).await;
        let made = issued(&agent, &invoices, draft()).await;
        let cancelled = step(&agent, &made, "cancellation", json!({"reason": "Falscher Empfänger"})).await.expect(200);
        assert_eq!((&cancelled["status"], &cancelled["open_amount"]), (&json!("cancelled"), &euros("0.00")));
        let notes = agent.get("/v1/invoices").query(&[("credited_invoice_id", made.id().as_str())]).send().await;
        let notes = notes.expect(200);
        let note = &notes.items()[0];
        assert_eq!((&note["number"], &note["kind"], &note["status"]), (&json!("G-000001"), &json!("credit_note"), &json!("issued")));
        assert_eq!((&note["totals"], &note["cancels"]), (&made["totals"], &json!(true)));
        assert_eq!((&note["open_amount"], &note["notes"]), (&euros("0.00"), &json!("Falscher Empfänger")));
        let note = agent.get(&format!("/v1/invoices/{}", note["id"].as_str().expect("an id"))).send().await.expect(200);
        assert_eq!(step(&agent, &note, "cancellation", json!({"reason": "Doch"})).await.expect(409).code(), "wrong_state");
        assert_eq!(agent.delete(&at(&note), "*").send().await.expect(409).code(), "in_use");
        let told = told(&agent, &invoices).await;
        let titles: Vec<&str> = told.iter().map(|(_, title)| title.as_str()).collect();
        let expected = [
            "Rechnung angelegt: 119.00 EUR",
            "Rechnung gestellt: R-000001 (119.00 EUR)",
            "Rechnung storniert: R-000001 (119.00 EUR)",
            "Rechnung angelegt: -119.00 EUR",
            "Rechnung gestellt: G-000001 (-119.00 EUR)",
        ];
        assert_eq!(titles, expected);
    }

    async fn no_more_is_charged_than_was_ordered(app: TestApp) {
        let agent = app.admin().await;
        let invoices = invoices(&agent).await;
        let orders = invoices.replace("/invoices", "/orders");
        let lines = json!([line("10", "100"), with(line("1", "5"), json!({"sku": "V-1"}))]);
        let order = agent.post(&orders, json!({"currency": "EUR", "lines": lines})).send().await.expect(201);
        let of_order = |lines: Value| json!({"currency": "EUR", "order_id": order.id(), "lines": lines});
        let six = issued(&agent, &invoices, of_order(json!([line("6", "100")]))).await;
        let refused = create(&agent, &invoices, of_order(json!([line("2", "100"), line("2.5", "100")]))).await.expect(422);
        assert_eq!(refused.faults(), [("/lines/1/quantity", "too_large")].into(), "{refused}");
        assert!(refused.body.to_string().contains("at most 2."), "{refused}");
        let unknown = json!([json!({"description": "Anfahrt", "quantity": "1", "unit_price": "1", "tax_rate": "19"})]);
        create(&agent, &invoices, of_order(unknown)).await.expect(422);
        let by_number = json!([with(line("1", "5"), json!({"sku": "V-1", "description": "Versand"}))]);
        create(&agent, &invoices, of_order(by_number)).await.expect(201);

        // Two drafts of the same rest: the first one issued takes it.
        let rest = create(&agent, &invoices, of_order(json!([line("4", "100")]))).await.expect(201);
        let other = create(&agent, &invoices, of_order(json!([line("4", "100")]))).await.expect(201);
        step(&agent, &rest, "issuance", json!({})).await.expect(200);
        let refused = step(&agent, &other, "issuance", json!({})).await.expect(422);
        assert_eq!(refused.faults().get("/lines/0/quantity"), Some(&"too_large"));
        step(&agent, &six, "cancellation", json!({"reason": "Neu"})).await.expect(200);
        step(&agent, &other, "issuance", json!({})).await.expect(200);
        let found = agent.get("/v1/invoices").query(&[("order_id", order.id().as_str()), ("status", "issued")]);
        assert_eq!(found.send().await.expect(200).items().len(), 2);

        let francs = with(of_order(json!([line("1", "1")])), json!({"currency": "CHF"}));
        let refused = create(&agent, &invoices, francs).await.expect(422);
        assert_eq!(refused.faults().get("/currency"), Some(&"other_currency"));
        let as_told = with(copy("ERP-1", "2026-11-01"), json!({"order_id": order.id(), "lines": [line("99", "1")]}));
        let as_told = create(&agent, &invoices, as_told).await.expect(201);
        for invoice in [&rest, &other, &as_told] {
            step(&agent, invoice, "cancellation", json!({"reason": "Neu"})).await.expect(200);
        }
        agent.post(&format!("/v1/orders/{}/cancellation", order.id()), json!({"reason": "x"})).send().await.expect(200);
        let refused = create(&agent, &invoices, of_order(json!([line("1", "1")]))).await.expect(422);
        assert_eq!(refused.faults().get("/order_id"), Some(&"unfitting"));
    }

    async fn what_was_issued_here_is_not_archived(app: TestApp) {
        let agent = app.admin().await;
        let invoices = invoices(&agent).await;
        let orders = invoices.replace("/invoices", "/orders");
        let order = json!({"currency": "EUR", "lines": [line("10", "100")]});
        let order = agent.post(&orders, order).send().await.expect(201);
        let of_order = |body: Value, quantity: &str| {
            with(body, json!({"order_id": order.id(), "lines": [line(quantity, "100")]}))
        };
        let made = issued(&agent, &invoices, of_order(draft(), "10")).await;
        let gone = agent.delete(&at(&made), "*").send().await.expect(409);
        assert_eq!((gone.code(), &gone["state"]), ("wrong_state", &json!("issued")));
        assert_eq!(gone["possible"], json!(["cancellation", "write-off"]));
        assert_eq!(read(&agent, &made).await["archived_at"], Value::Null);
        step(&agent, &made, "cancellation", json!({"reason": "Neu"})).await.expect(200);
        assert_eq!(agent.delete(&at(&made), "*").send().await.expect(409)["state"], "cancelled");

        let not_sent = create(&agent, &invoices, draft()).await.expect(201);
        agent.delete(&at(&not_sent), "*").send().await.expect(204);
        let called_off = create(&agent, &invoices, with(draft(), json!({"issued_on": "2026-11-01"}))).await.expect(201);
        step(&agent, &called_off, "cancellation", json!({"reason": "Doch nicht"})).await.expect(200);
        agent.delete(&at(&called_off), "*").send().await.expect(204);

        // A copy may go: the original is elsewhere. It comes back while nothing else charges the same.
        let copied = create(&agent, &invoices, of_order(copy("ERP-1", "2026-11-01"), "6")).await.expect(201);
        agent.delete(&at(&copied), "*").send().await.expect(204);
        let again = issued(&agent, &invoices, of_order(draft(), "10")).await;
        let restore = || agent.call(reqwest::Method::POST, &format!("{}/restoration", at(&copied)));
        let refused = restore().send().await.expect(422);
        assert_eq!(refused.faults().get("/lines/0/quantity"), Some(&"too_large"), "{refused}");
        step(&agent, &again, "cancellation", json!({"reason": "Doppelt"})).await.expect(200);
        restore().send().await.expect(200);
        let more = create(&agent, &invoices, of_order(copy("ERP-2", "2026-11-01"), "99")).await.expect(201);
        agent.delete(&at(&copied), "*").send().await.expect(204);
        agent.delete(&at(&more), "*").send().await.expect(204);
        agent.call(reqwest::Method::POST, &format!("{}/restoration", at(&more))).send().await.expect(200);
    }

    async fn what_is_given_up_is_not_open(app: TestApp) {
        let agent = app.admin().await;
        let invoices = invoices(&agent).await;
        let made = issued(&agent, &invoices, draft()).await;
        let gone = step(&agent, &made, "write-off", json!({"reason": "Insolvenz"})).await.expect(200);
        assert_eq!((&gone["status"], &gone["open_amount"]), (&json!("written_off"), &euros("0.00")));
        assert_eq!(gone["written_off_amount"], euros("119.00"));
        let note = create(&agent, &invoices, credit_note(&made, "1")).await.expect(201);
        assert_eq!(step(&agent, &note, "issuance", json!({})).await.expect(409)["state"], "written_off");
        let back = step(&agent, &made, "reinstatement", json!({})).await.expect(200);
        assert_eq!((&back["open_amount"], &back["written_off_amount"]), (&euros("119.00"), &Value::Null));
        let alone = with(copy("G-77", "2026-10-05"), json!({"kind": "credit_note"}));
        let alone = create(&agent, &invoices, alone).await.expect(201);
        step(&agent, &alone, "write-off", json!({"reason": "x"})).await.expect(409);
    }

    async fn invoices_are_found_by_what_matters_of_them(app: TestApp) {
        let agent = app.admin().await;
        let invoices = invoices(&agent).await;
        for (number, price, issued_on, due_on) in [
            ("A", "30", "2026-09-01", "2026-11-21"),
            ("B", "10", "2026-11-01", "2026-11-22"),
            ("C", "20", "2026-10-01", "2026-10-15"),
        ] {
            let body = with(copy(number, issued_on), json!({"due_on": due_on, "lines": [line("1", price)]}));
            create(&agent, &invoices, body).await.expect(201);
        }
        let c = agent.get("/v1/invoices").query(&[("number", "C")]).send().await.expect(200).items()[0]["id"].clone();
        let write_off = format!("/v1/invoices/{}/write-off", c.as_str().expect("an id"));
        create(&agent, &invoices, with(draft(), json!({"due_on": "2026-01-01"}))).await.expect(201);
        for (query, expected) in [
            (vec![("ledger", "external")], vec!["B", "C", "A"]),
            (vec![("sort", "due_on"), ("ledger", "external")], vec!["C", "A", "B"]),
            (vec![("sort", "-gross"), ("status", "issued")], vec!["A", "C", "B"]),
            (vec![("sort", "open_amount"), ("status", "issued")], vec!["B", "C", "A"]),
            (vec![("overdue", "true"), ("sort", "number")], vec!["A", "C"]),
            (vec![("overdue", "false"), ("ledger", "external")], vec!["B"]),
            (vec![("due_before", "2026-11-22"), ("ledger", "external")], vec!["C", "A"]),
            (vec![("due_after", "2026-11-22")], vec!["B"]),
            (vec![("issued_after", "2026-10-01")], vec!["B", "C"]),
            (vec![("issued_before", "2026-10-01")], vec!["A"]),
            (vec![("number", "A"), ("number", "B"), ("currency", "EUR")], vec!["B", "A"]),
            (vec![("currency", "CHF")], vec![]),
            (vec![("gross_min", "99999999999")], vec![]),
            (vec![("gross_max", "99999999999"), ("number", "B")], vec!["B"]),
            (vec![("kind", "credit_note")], vec![]),
            (vec![("dunning_level", "0"), ("ledger", "external")], vec!["B", "C", "A"]),
            (vec![("dunning_level", "1")], vec![]),
        ] {
            for list in ["/v1/invoices", &invoices] {
                let reply = agent.get(list).query(&query).send().await.expect(200);
                let found: Vec<&str> = reply.items().iter().filter_map(|one| one["number"].as_str()).collect();
                assert_eq!(found, expected, "{query:?}");
            }
        }
        agent.post(&write_off, json!({"reason": "Verjährt"})).send().await.expect(200);
        let overdue = agent.get("/v1/invoices").query(&[("overdue", "true")]).send().await.expect(200);
        assert_eq!(overdue.items().len(), 1, "what is given up is not overdue");
        app.advance(86_400);
        let agent = app.user(Role::Admin, Visibility::All).await;
        let overdue = agent.get("/v1/invoices").query(&[("overdue", "true")]).send().await.expect(200);
        assert_eq!(overdue.items().len(), 2, "a day later one more is");
        let then = [("overdue", "true"), ("as_of", "2026-11-22T23:00:00Z")];
        let overdue = agent.get(&invoices).query(&then).send().await.expect(200);
        assert_eq!(overdue.items().len(), 1, "on the day before it was not");
    }
}
