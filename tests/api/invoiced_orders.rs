//! How much of an order is invoiced, and invoices that take from their order what they do not say themselves.

use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::chains::holds_together;
use crate::support::client::{Client, Reply};
use crate::support::samples::{customer, named, with};

/// A customer with an order over two kinds of things, the first of them in two lines.
async fn ordered(client: &Client) -> (String, Reply) {
    let home = format!("/v1/customers/{}", customer(client, named("Änne", "Öztürk")).await.id());
    let order = json!({
        "currency": "EUR", "placed_at": "2026-11-01T08:00:00Z", "freight_amount": "10", "freight_tax_rate": "19",
        "billing_address": {"name": "Öztürk GmbH", "city": "Kiel"},
        "lines": [line("Montage", "10"), line("Versand", "1"), line("Montage", "2.5")],
    });
    let order = client.post(&format!("{home}/orders"), order).send().await.expect(201);
    (home, order)
}

fn line(description: &str, quantity: &str) -> Value {
    json!({"description": description, "quantity": quantity, "unit_price": "100", "tax_rate": "19"})
}

async fn invoice(client: &Client, home: &str, body: Value) -> Reply {
    client.post(&format!("{home}/invoices"), with(json!({"currency": "EUR"}), body)).send().await
}

async fn step(client: &Client, invoice: &Reply, step: &str) -> Reply {
    let body = if step == "cancellation" { json!({"reason": "Neu"}) } else { json!({}) };
    client.post(&format!("/v1/invoices/{}/{step}", invoice.id()), body).send().await.expect(200)
}

/// What is invoiced of each line, and of the whole.
async fn invoiced(client: &Client, order: &Reply) -> (Vec<(String, String)>, String) {
    let order = client.get(&format!("/v1/orders/{}", order.id())).send().await.expect(200);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let lines = order["invoices"].as_array().expect("lines");
    (lines.iter().map(|line| (text(&line["invoiced"]), text(&line["open"]))).collect(), text(&order["invoicing"]))
}

fn of(lines: [(&str, &str); 3], whole: &str) -> (Vec<(String, String)>, String) {
    (lines.iter().map(|(invoiced, open)| ((*invoiced).to_owned(), (*open).to_owned())).collect(), whole.to_owned())
}

both! {
    async fn an_order_tells_what_is_invoiced_of_each_line(app: TestApp) {
        let agent = app.admin().await;
        let (home, order) = ordered(&agent).await;
        let none = of([("0", "10"), ("0", "1"), ("0", "2.5")], "none");
        assert_eq!(invoiced(&agent, &order).await, none);

        let of_order = |lines: Value| json!({"order_id": order.id(), "lines": lines});
        let third = of_order(json!([with(line("Montage", "2"), json!({"position": 3}))]));
        let third = invoice(&agent, &home, third).await.expect(201);
        assert_eq!(invoiced(&agent, &order).await, none, "a draft charges nothing");
        step(&agent, &third, "issuance").await;
        assert_eq!(invoiced(&agent, &order).await, of([("0", "10"), ("0", "1"), ("2", "0.5")], "partial"));

        let both = invoice(&agent, &home, of_order(json!([line("Versand", "1"), line("Montage", "10.5")]))).await.expect(201);
        step(&agent, &both, "issuance").await;
        assert_eq!(invoiced(&agent, &order).await, of([("10", "0"), ("1", "0"), ("2.5", "0")], "complete"));
        for (invoicing, expected) in [("complete", 1), ("partial", 0), ("none", 0)] {
            let found = agent.get(&format!("{home}/orders")).query(&[("invoicing", invoicing)]).send().await.expect(200);
            assert_eq!(found.items().len(), expected, "{invoicing}");
        }
        step(&agent, &both, "cancellation").await;
        assert_eq!(invoiced(&agent, &order).await, of([("0", "10"), ("0", "1"), ("2", "0.5")], "partial"));

        // A copy says what the original says, be it more than was ordered.
        let copy = json!({
            "ledger": "external", "number": "ERP-1", "issued_on": "2026-11-02", "order_id": order.id(),
            "lines": [line("Montage", "20"), line("Anfahrt", "1")],
        });
        let copy = invoice(&agent, &home, copy).await.expect(201);
        assert_eq!(invoiced(&agent, &order).await, of([("19.5", "0"), ("0", "1"), ("2.5", "0")], "partial"));
        let at_copy = format!("/v1/invoices/{}", copy.id());
        agent.patch(&at_copy, "*", json!({"lines": [line("Montage", "1")]})).send().await.expect(200);
        assert_eq!(invoiced(&agent, &order).await, of([("1", "9"), ("0", "1"), ("2", "0.5")], "partial"));
        agent.delete(&at_copy, "*").send().await.expect(204);
        assert_eq!(invoiced(&agent, &order).await, of([("0", "10"), ("0", "1"), ("2", "0.5")], "partial"));
        agent.call(reqwest::Method::POST, &format!("{at_copy}/restoration")).send().await.expect(200);
        agent.patch(&at_copy, "*", json!({"order_id": null})).send().await.expect(200);
        step(&agent, &third, "cancellation").await;
        assert_eq!(invoiced(&agent, &order).await, none);

        let events = agent.speaking("de").get(&format!("{home}/timeline")).query(&[("sort", "occurred_at")]).send().await;
        let told: Vec<Value> = events.expect(200).items().iter().map(|event| event["kind"].clone()).collect();
        let count = |kind: &str| told.iter().filter(|told| *told == kind).count();
        assert_eq!((count("order.invoiced"), count("order.invoicing_reduced")), (4, 5), "{told:?}");
        // What the copy tells happened on its day, before we knew of it.
        assert_eq!(told[..3], ["order.placed", "invoice.created", "order.invoiced"], "{told:?}");
        holds_together(app.store()).await;
    }

    async fn lines_of_an_order_that_change_are_counted_anew(app: TestApp) {
        let agent = app.admin().await;
        let (home, order) = ordered(&agent).await;
        let made = invoice(&agent, &home, json!({"order_id": order.id(), "lines": [line("Montage", "11")]})).await.expect(201);
        step(&agent, &made, "issuance").await;
        assert_eq!(invoiced(&agent, &order).await, of([("10", "0"), ("0", "1"), ("1", "1.5")], "partial"));
        let at_order = format!("/v1/orders/{}", order.id());
        let lines = json!([line("Versand", "1"), line("Montage", "8"), line("Montage", "3")]);
        let changed = agent.patch(&at_order, "*", json!({"lines": lines})).send().await.expect(200);
        assert_eq!(changed["invoicing"], "partial");
        assert_eq!(invoiced(&agent, &order).await, of([("0", "1"), ("8", "0"), ("3", "0")], "partial"));
        let lines = json!([line("Versand", "1"), line("Montage", "10")]);
        let refused = agent.patch(&at_order, "*", json!({"lines": lines})).send().await.expect(422);
        assert_eq!(refused.faults().get("/lines"), Some(&"in_invoices"), "{refused}");
        let lines = json!([line("Montage", "11")]);
        let changed = agent.patch(&at_order, "*", json!({"lines": lines})).send().await.expect(200);
        assert_eq!((&changed["invoicing"], changed.at("/invoices/0/open")), (&json!("complete"), &json!("0")));
    }

    async fn an_invoice_takes_from_its_order_what_it_does_not_say(app: TestApp) {
        let agent = app.admin().await;
        let (home, order) = ordered(&agent).await;
        let own = |body: Value| agent.post(&format!("{home}/invoices"), with(json!({"order_id": order.id()}), body)).send();
        let part = own(json!({"lines": [line("Montage", "4")]})).await.expect(201);
        assert_eq!((&part["currency"], part.at("/billing_address/city")), (&json!("EUR"), &json!("Kiel")));
        assert_eq!(part["freight_amount"], Value::Null, "who names lines names the freight");
        let whole = own(json!({})).await.expect(201);
        assert_eq!(whole["lines"], order["lines"]);
        assert_eq!((&whole["freight_amount"], &whole["totals"]["gross"]), (&order["freight_amount"], &order["totals"]["gross"]));

        step(&agent, &part, "issuance").await;
        let rest = own(json!({"billing_address": {"name": "Amt"}})).await.expect(201);
        assert_eq!(rest["freight_amount"], order["freight_amount"], "nobody is charged it yet");
        let quantities: Vec<&Value> = rest["lines"].as_array().expect("lines").iter().map(|line| &line["quantity"]).collect();
        assert_eq!(quantities, ["6", "1", "2.5"]);
        assert_eq!(rest.at("/billing_address/name"), &json!("Amt"));
        let halves = ["3", "3"].map(|quantity| json!({"lines": [line("Montage", quantity)]}));
        let mut drafts = Vec::new();
        for half in halves {
            let draft = own(json!({})).await.expect(201);
            drafts.push(agent.patch(&format!("/v1/invoices/{}", draft.id()), "*", half).send().await.expect(200));
        }
        step(&agent, &drafts[0], "issuance").await;
        let twice = agent.post(&format!("/v1/invoices/{}/issuance", drafts[1].id()), json!({})).send().await.expect(422);
        assert_eq!(twice.faults().get("/freight_amount"), Some(&"too_large"), "{twice}");
        step(&agent, &drafts[0], "cancellation").await;
        step(&agent, &rest, "issuance").await;
        let refused = own(json!({})).await.expect(422);
        assert_eq!(refused.faults().get("/order_id"), Some(&"nothing_open"));

        let reduced = json!([line("Ofen", "1"), with(line("Rabatt", "1"), json!({"unit_price": "-10"}))]);
        let reduced = json!({"currency": "EUR", "lines": reduced});
        let reduced = agent.post(&format!("{home}/orders"), reduced).send().await.expect(201);
        let stove = own(json!({"order_id": reduced.id(), "lines": [line("Ofen", "1")]})).await.expect(201);
        step(&agent, &stove, "issuance").await;
        let refused = own(json!({"order_id": reduced.id()})).await.expect(422);
        assert_eq!(refused.faults().get("/order_id"), Some(&"nothing_open"), "a reduction alone is no invoice");

        let nothing = agent.post(&format!("{home}/invoices"), json!({})).send().await.expect(422);
        assert_eq!(nothing.faults(), [("/currency", "required"), ("/lines", "required")].into());
        let copy = json!({"ledger": "external", "number": "ERP-1", "order_id": order.id()});
        let copy = agent.post(&format!("{home}/invoices"), copy).send().await.expect(422);
        assert_eq!(copy.faults(), [("/currency", "required"), ("/lines", "required")].into());
    }
}
