//! Deliveries: never more than was ordered, in time or late, and what they make of the order.

use futures_util::future::join_all;
use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use kundenhistorie::services::deliveries;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};
use crate::support::samples::{address, customer, named};

fn line(position: i32, quantity: &str) -> Value {
    json!({
        "position": position, "description": "Bohle", "quantity": quantity, "unit_price": "10.00", "tax_rate": "19",
    })
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

/// A customer's address, and an order of theirs of ten pieces and two and a half hours, less a reduction.
async fn ordered(agent: &Client) -> (String, Reply) {
    let home = address(&customer(agent, named("Änne", "Öztürk")).await);
    let mut lines = vec![line(1, "10"), line(2, "2.5"), line(3, "1")];
    lines[2]["unit_price"] = json!("-5.00");
    let body = json!({
        "currency": "EUR", "lines": lines, "placed_at": "2026-11-02T09:00:00Z", "requested_delivery_on": "2026-11-10",
        "shipping_address": {"name": "Werft Nord GmbH", "city": "Hamburg"},
    });
    let order = agent.post(&format!("{home}/orders"), body).send().await.expect(201);
    (home, order)
}

/// A delivery of these positions and quantities; of all that is open if there are none.
fn of(order: &Reply, lines: &[(i32, &str)]) -> Value {
    let mut body = json!({"order_id": order.id(), "prepared_at": "2026-11-03T09:00:00Z"});
    if !lines.is_empty() {
        let line = |(position, quantity): &(i32, &str)| json!({"position": position, "quantity": quantity});
        body["lines"] = lines.iter().map(line).collect();
    }
    body
}

async fn deliver(agent: &Client, home: &str, body: Value) -> Reply {
    agent.post(&format!("{home}/deliveries"), body).send().await
}

async fn step(agent: &Client, delivery: &Reply, step: &str, facts: Value) -> Reply {
    agent.post(&format!("/v1/deliveries/{}/{step}", delivery.id()), facts).send().await
}

async fn read(agent: &Client, order: &Reply) -> Reply {
    agent.get(&format!("/v1/orders/{}", order.id())).send().await.expect(200)
}

/// What an order says of a line: prepared, shipped, delivered, open.
fn told(order: &Reply, index: usize) -> [Value; 4] {
    let line = order.at(&format!("/deliveries/{index}"));
    ["prepared", "shipped", "delivered", "open"].map(|name| line[name].clone())
}

both! {
    async fn an_order_tells_line_by_line_what_is_delivered(app: TestApp) {
        let agent = app.agent().await;
        let (home, order) = ordered(&agent).await;
        assert_eq!(order["deliveries"].as_array().map(Vec::len), Some(2), "a reduction is no goods");
        assert_eq!((told(&order, 0), &order["shipping"]), (["0", "0", "0", "10"].map(Value::from), &json!("none")));
        let first = deliver(&agent, &home, of(&order, &[(1, "4.00")])).await.expect(201);
        assert_eq!((&first["number"], first.at("/lines/0/quantity")), (&json!("L-000001"), &json!("4")));
        assert_eq!(first["shipping_address"]["name"], "Werft Nord GmbH", "that of the order");
        assert_eq!(told(&read(&agent, &order).await, 0), ["4", "0", "0", "6"].map(Value::from));
        step(&agent, &first, "shipment", json!({"shipped_at": "2026-11-04T09:00:00Z"})).await.expect(200);
        let now = read(&agent, &order).await;
        assert_eq!((told(&now, 0), &now["shipping"]), (["0", "4", "0", "6"].map(Value::from), &json!("partial")));
        assert_eq!(now["deliveries_changed_at"], "2026-11-04T09:00:00.000000Z");

        let rest = deliver(&agent, &home, of(&order, &[])).await.expect(201);
        assert_eq!(rest["lines"], json!([{"position": 1, "quantity": "6"}, {"position": 2, "quantity": "2.5"}]));
        let nothing = deliver(&agent, &home, of(&order, &[])).await.expect(422);
        assert_eq!(nothing.faults().get("/order_id"), Some(&"nothing_open"));
        step(&agent, &rest, "shipment", json!({"shipped_at": "2026-11-05T09:00:00Z"})).await.expect(200);
        let done = read(&agent, &order).await;
        assert_eq!((&done["status"], &done["shipping"]), (&json!("fulfilled"), &json!("complete")));
        assert_eq!(done["fulfilled_at"], "2026-11-05T09:00:00.000000Z");

        let lost = json!({"reason": "Beschädigt", "returned_at": "2026-11-06T09:00:00Z"});
        let lost = step(&agent, &first, "return", lost).await.expect(200);
        assert_eq!(lost["return_reason"], "Beschädigt");
        let open = read(&agent, &order).await;
        assert_eq!((told(&open, 0), &open["status"]), (["0", "6", "0", "4"].map(Value::from), &json!("fulfilled")));
        let again = deliver(&agent, &home, of(&order, &[])).await.expect(201);
        assert_eq!(again["lines"], json!([{"position": 1, "quantity": "4"}]), "what came back can be sent again");

        let purchases = [("sort", "occurred_at"), ("category", "purchase")];
        let timeline = agent.speaking("de").get(&format!("{home}/timeline")).query(&purchases).send().await.expect(200);
        let titles: Vec<&str> = timeline.items().iter().filter_map(|event| event["title"].as_str()).collect();
        for title in [
            "Lieferung vorbereitet: L-000001",
            "Lieferung versandt: L-000002",
            "Lieferung zurückgekommen: L-000001",
            "Bestellung Lieferstand geändert: B-000001 (142.80 EUR)",
            "Bestellung erfüllt: B-000001 (142.80 EUR)",
        ] {
            assert!(titles.contains(&title), "{title} is not among {titles:?}");
        }
    }

    async fn what_is_not_open_cannot_be_delivered(app: TestApp) {
        let agent = app.agent().await;
        let (home, order) = ordered(&agent).await;
        for (lines, pointer, code) in [
            (&[(1, "10.0001")][..], "/lines/0/quantity", "open_quantity"),
            (&[(2, "2"), (1, "11")][..], "/lines/1/quantity", "open_quantity"),
            (&[(3, "1")][..], "/lines/0/position", "reference"),
            (&[(4, "1")][..], "/lines/0/position", "reference"),
            (&[(1, "1"), (1, "1")][..], "/lines/1/position", "duplicate"),
            (&[(1, "0")][..], "/lines/0/quantity", "too_small"),
            (&[(1, "1,5")][..], "/lines/0/quantity", "decimal"),
        ] {
            let refused = deliver(&agent, &home, of(&order, lines)).await.expect(422);
            assert_eq!(refused.faults().get(pointer), Some(&code), "{refused}");
        }
        let german = agent.speaking("de");
        let refused = deliver(&german, &home, of(&order, &[(2, "3")])).await.expect(422);
        assert!(refused.body.to_string().contains("Von Position 2 sind nur 2.5 offen."), "{refused}");

        let made = deliver(&agent, &home, of(&order, &[(1, "8")])).await.expect(201);
        deliver(&agent, &home, of(&order, &[(1, "3")])).await.expect(422);
        let path = format!("/v1/deliveries/{}", made.id());
        let lines = |quantity: &str| json!({"lines": [{"position": 1, "quantity": quantity}]});
        agent.patch(&path, "*", lines("10.5")).send().await.expect(422);
        agent.patch(&path, "*", lines("10")).send().await.expect(200);
        agent.delete(&path, "*").send().await.expect(204);
        deliver(&agent, &home, of(&order, &[(1, "1")])).await.expect(422);
        agent.call(reqwest::Method::POST, &format!("{path}/restoration")).send().await.expect(200);
        step(&agent, &made, "cancellation", json!({"reason": "Später", "cancelled_at": "2026-11-04T09:00:00Z"})).await.expect(200);
        let again = deliver(&agent, &home, of(&order, &[(1, "10")])).await.expect(201);
        step(&agent, &again, "shipment", json!({})).await.expect(200);
        let path = format!("/v1/deliveries/{}", again.id());
        agent.patch(&path, "*", lines("9")).send().await.expect(409);
        agent.patch(&path, "*", json!({"tracking_number": "4711"})).send().await.expect(200);

        let elsewhere = address(&customer(&agent, named("Jörg", "Weiß")).await);
        let foreign = deliver(&agent, &elsewhere, of(&order, &[(2, "1")])).await.expect(422);
        assert_eq!(foreign.faults().get("/order_id"), Some(&"reference"));
    }

    async fn an_order_keeps_what_deliveries_hold(app: TestApp) {
        let agent = app.agent().await;
        let (home, order) = ordered(&agent).await;
        let made = deliver(&agent, &home, of(&order, &[(1, "4")])).await.expect(201);
        let path = format!("/v1/orders/{}", order.id());
        for lines in [json!([line(1, "3.9"), line(2, "1")]), json!([line(2, "1")])] {
            let refused = agent.patch(&path, "*", json!({"lines": lines})).send().await.expect(422);
            assert_eq!(refused.faults().get("/lines"), Some(&"in_deliveries"), "{refused}");
        }
        let less = agent.patch(&path, "*", json!({"lines": [line(1, "4"), line(7, "1")]})).send().await.expect(200);
        assert_eq!((told(&less, 0), told(&less, 1)), (
            ["4", "0", "0", "0"].map(Value::from), ["0", "0", "0", "1"].map(Value::from),
        ));
        let off = || agent.post(&format!("{path}/cancellation"), json!({"reason": "Doch nicht"}));
        assert_eq!(off().send().await.expect(409).code(), "in_use");
        step(&agent, &made, "cancellation", json!({"reason": "Doch nicht"})).await.expect(200);
        off().send().await.expect(200);
        let refused = deliver(&agent, &home, of(&order, &[(1, "1")])).await.expect(409);
        assert_eq!((refused.code(), refused.faults().get("/order_id")), ("wrong_state", Some(&"unfitting")));
    }

    async fn deliveries_at_once_do_not_exceed_what_was_ordered(app: TestApp) {
        let agent = app.agent().await;
        let (home, order) = ordered(&agent).await;
        let replies = join_all((0..6).map(|_| deliver(&agent, &home, of(&order, &[(1, "4")])))).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 2, "two of them fit");
        assert!(replies.iter().all(|reply| matches!(reply.status, 201 | 422)));
        assert_eq!(told(&read(&agent, &order).await, 0), ["8", "0", "0", "2"].map(Value::from));
        let shipped = replies.iter().filter(|reply| reply.status == 201).map(|made| step(&agent, made, "shipment", json!({})));
        join_all(shipped).await.iter().for_each(|reply| assert_eq!(reply.status, 200));
        assert_eq!(told(&read(&agent, &order).await, 0), ["0", "8", "0", "2"].map(Value::from));
    }

    async fn a_delivery_that_waits_becomes_late_by_itself(app: TestApp) {
        let agent = app.agent().await;
        let (home, order) = ordered(&agent).await;
        let requested = json!({"requested_delivery_on": "2026-11-22"});
        agent.patch(&format!("/v1/orders/{}", order.id()), "*", requested).send().await.expect(200);
        let mut made = Vec::new();
        for _ in 0..2 {
            made.push(deliver(&agent, &home, of(&order, &[(1, "1")])).await.expect(201));
        }
        step(&agent, &made[1], "shipment", json!({})).await.expect(200);
        deliveries::notice(&app.system()).await.expect("a look at what is due");
        let late = agent.get("/v1/deliveries?late=true").send().await.expect(200);
        assert!(late.items().is_empty(), "the day is not over");
        app.advance(17 * 3_600);
        let agent = app.user(Role::Agent, Visibility::All).await;
        for _ in 0..2 {
            deliveries::notice(&app.system()).await.expect("a look at what is due");
        }
        let late = agent.get("/v1/deliveries?late=true").send().await.expect(200);
        assert_eq!((late.items().len(), &late.items()[0]["id"], &late.items()[0]["version"]), (1, &json!(made[0].id()), &json!(2)));
        let german = agent.speaking("de");
        let told = german.get(&format!("{home}/timeline")).query(&[("kind", "delivery.became_late")]).send().await.expect(200);
        assert_eq!((told.items().len(), &told.items()[0]["title"]), (1, &json!("Lieferung verspätet: L-000001")));
        assert_eq!(told.items()[0]["occurred_at"], "2026-11-23T00:00:00.000000Z");
    }

    async fn late_is_what_comes_after_the_day_it_is_due(app: TestApp) {
        let agent = app.agent().await;
        let (home, order) = ordered(&agent).await;
        let one = || with(of(&order, &[(1, "1")]), "promised_on", json!("2026-11-05"));
        let in_time = deliver(&agent, &home, one()).await.expect(201);
        assert_eq!(in_time["due_on"], "2026-11-10", "what the customer wants");
        let sent = step(&agent, &in_time, "shipment", json!({"shipped_at": "2026-11-10T23:59:59Z"})).await.expect(200);
        assert_eq!(sent["late"], false);
        let early = json!({"delivered_at": "2026-11-10T23:59:58Z"});
        assert_eq!(step(&agent, &in_time, "arrival", early).await.expect(422).faults().get("/delivered_at"), Some(&"before"));
        let came = json!({"delivered_at": "2026-11-11T00:00:00Z", "received_by": "Pförtner"});
        let came = step(&agent, &in_time, "arrival", came).await.expect(200);
        assert_eq!((&came["late"], &came["received_by"]), (&json!(true), &json!("Pförtner")));
        let late = deliver(&agent, &home, one()).await.expect(201);
        let late = step(&agent, &late, "shipment", json!({"shipped_at": "2026-11-12T08:00:00Z"})).await.expect(200);
        assert_eq!(late["late"], true, "it cannot have come in time");

        agent.patch(&format!("/v1/orders/{}", order.id()), "*", json!({"requested_delivery_on": null})).send().await.expect(200);
        let promised = deliver(&agent, &home, with(one(), "carrier", json!("DHL"))).await.expect(201);
        assert_eq!(promised["due_on"], "2026-11-05", "the promised one");
        let number = promised["number"].as_str().expect("a number");
        let order_id = order.id();
        for (query, expected) in [
            (vec![("late", "true")], 3),
            (vec![("late", "false")], 0),
            (vec![("status", "prepared"), ("due_before", "2026-11-06")], 1),
            (vec![("due_after", "2026-11-10")], 2),
            (vec![("order_id", &order_id)], 3),
            (vec![("carrier", "DHL")], 1),
            (vec![("number", number)], 1),
            (vec![("tracking_number", "4711")], 0),
            (vec![("shipped_after", "2026-11-11T00:00:00Z")], 1),
            (vec![("delivered_before", "2026-11-11T00:00:00.000001Z"), ("delivered_after", "2026-11-11T00:00:00Z")], 1),
        ] {
            for list in ["/v1/deliveries", &format!("{home}/deliveries")] {
                let found = agent.get(list).query(&query).send().await.expect(200);
                assert_eq!(found.items().len(), expected, "{query:?}");
            }
        }
        for (shipping, expected) in [("partial", 1), ("none", 0)] {
            let found = agent.get("/v1/orders").query(&[("shipping", shipping)]).send().await.expect(200);
            assert_eq!(found.items().len(), expected, "{shipping}");
        }
    }
}
