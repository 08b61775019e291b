//! Orders: what they add up to, what they keep of the catalogue, and what becomes of them.

use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};
use crate::support::samples::{customer, named};

async fn orders(client: &Client) -> String {
    let customer = customer(client, named("Änne", "Öztürk")).await;
    format!("/v1/customers/{}/orders", customer.id())
}

async fn place(client: &Client, orders: &str, body: Value) -> Reply {
    client.post(orders, body).send().await
}

fn line(quantity: &str, unit_price: &str, tax_rate: &str) -> Value {
    json!({"description": "Montage", "quantity": quantity, "unit_price": unit_price, "tax_rate": tax_rate})
}

fn order(lines: Value) -> Value {
    json!({"currency": "EUR", "lines": lines})
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

fn euros(amount: &str) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

fn at(order: &Reply) -> String {
    format!("/v1/orders/{}", order.id())
}

both! {
    async fn an_order_adds_up_exactly(app: TestApp) {
        let agent = app.agent().await;
        let orders = orders(&agent).await;
        let lines = json!([line("3", "0.33", "19"), line("3", "0.33", "19.0"), line("12", "14.4", "7")]);
        let mut body = order(lines);
        body["lines"][2]["discount_percent"] = json!("15.00");
        body["freight_amount"] = json!("4.9");
        let made = place(&agent, &orders, body.clone()).await.expect(201);
        let expected = json!({
            "lines": [
                {"position": 1, "net": euros("0.99")}, {"position": 2, "net": euros("0.99")},
                {"position": 3, "net": euros("146.88")},
            ],
            "goods": euros("148.86"), "freight": euros("4.90"), "net": euros("153.76"),
            "taxes": [
                {"rate": "0", "net": euros("4.90"), "tax": euros("0.00")},
                {"rate": "7", "net": euros("146.88"), "tax": euros("10.28")},
                {"rate": "19", "net": euros("1.98"), "tax": euros("0.38")},
            ],
            "tax": euros("10.66"), "gross": euros("164.42"),
        });
        assert_eq!(made["totals"], expected);
        assert_eq!((&made["freight_amount"], &made["freight_tax_rate"]), (&json!("4.90"), &json!("0")));
        assert_eq!(made.at("/lines/2/discount_percent"), "15", "numbers have one form");

        let right = json!({"net": euros("153.76"), "tax": euros("10.66"), "gross": euros("164.42")});
        place(&agent, &orders, with(body.clone(), "totals", right)).await.expect(201);
        let wrong = json!({"net": euros("153.76"), "gross": euros("164.41"), "tax": {"amount": "10.66", "currency": "CHF"}});
        let refused = place(&agent, &orders, with(body, "totals", wrong)).await.expect(422);
        let faults = refused.faults();
        assert_eq!((faults.len(), faults["/totals/gross"], faults["/totals/tax"]), (2, "total", "total"));
        assert!(refused.body.to_string().contains("it must be 164.42 EUR"), "{refused}");

        let changed = agent.patch(&at(&made), "*", json!({"lines": [line("1", "100", "19")]})).send().await.expect(200);
        assert_eq!((changed.at("/totals/gross"), &changed["version"]), (&euros("123.90"), &json!(2)));
        let expected = json!({"freight_amount": null, "totals": {"gross": euros("119.00")}});
        let changed = agent.patch(&at(&made), "*", expected).send().await.expect(200);
        assert_eq!((changed.at("/totals/gross"), &changed["freight_tax_rate"]), (&euros("119.00"), &Value::Null));
    }

    async fn a_line_keeps_what_the_product_was(app: TestApp) {
        let admin = app.admin().await;
        let orders = orders(&admin).await;
        let product = json!({
            "sku": "TK-200", "name": "Tischkreissäge", "tax_rate": "19", "unit_price": euros("1249.00"),
        });
        let product = admin.post("/v1/products", product).send().await.expect(201);
        let of_product = |quantity: &str| json!({"product_id": product.id(), "quantity": quantity});
        let made = place(&admin, &orders, order(json!([of_product("2")]))).await.expect(201);
        let copied = json!({
            "position": 1, "product_id": product.id(), "sku": "TK-200", "description": "Tischkreissäge", "quantity": "2",
            "unit": null, "unit_price": "1249.00", "discount_percent": "0", "tax_rate": "19",
        });
        assert_eq!(made["lines"], json!([copied]));

        let changes = json!({"name": "Säge", "unit": "Stück", "unit_price": euros("1.00"), "tax_rate": "7"});
        admin.patch(&format!("/v1/products/{}", product.id()), "*", changes).send().await.expect(200);
        admin.delete(&format!("/v1/products/{}", product.id()), "*").send().await.expect(204);
        let noted = admin.patch(&at(&made), "*", json!({"notes": "eilig"})).send().await.expect(200);
        assert_eq!((&noted["lines"], &noted["totals"]), (&made["lines"], &made["totals"]));
        let lines = json!([made.at("/lines/0"), of_product("1")]);
        let added = admin.patch(&at(&made), "*", json!({"lines": lines})).send().await.expect(200);
        assert_eq!((added.at("/lines/0"), added.at("/lines/1/unit_price")), (&copied, &json!("1.00")));
        assert_eq!(added.at("/lines/1/position"), &json!(2));

        let francs = with(order(json!([of_product("1")])), "currency", json!("CHF"));
        let refused = place(&admin, &orders, francs).await.expect(422);
        assert_eq!(refused.faults().get("/lines/0/unit_price"), Some(&"required"), "the price is in euros");

        let of_it = product.id();
        let of_it = [("product_id", of_it.as_str())];
        let found = admin.get("/v1/orders").query(&of_it).send().await.expect(200);
        assert_eq!(found.items().len(), 1);
        admin.patch(&at(&made), "*", json!({"lines": [line("1", "1", "0")]})).send().await.expect(200);
        let found = admin.get("/v1/orders").query(&of_it).send().await.expect(200);
        assert!(found.items().is_empty(), "it has no line of the product any more");
    }

    async fn lines_that_lack_something_are_named(app: TestApp) {
        let agent = app.agent().await;
        let orders = orders(&agent).await;
        let unknown = json!({"product_id": "019a0000-0000-7000-8000-00000000dead", "quantity": "1"});
        let twice = |position: i64| with(line("1", "1", "19"), "position", json!(position));
        for (lines, pointer, code) in [
            (json!([unknown]), "/lines/0/product_id", "reference"),
            (json!([{"quantity": "1", "unit_price": "1", "tax_rate": "0"}]), "/lines/0/description", "required"),
            (json!([{"description": "X", "quantity": "1", "unit_price": "1"}]), "/lines/0/tax_rate", "required"),
            (json!([{"description": "X", "quantity": "1", "tax_rate": "0"}]), "/lines/0/unit_price", "required"),
            (json!([line("1", "1", "19"), line("1,5", "1", "19")]), "/lines/1/quantity", "decimal"),
            (json!([line("-1", "1", "19")]), "/lines/0/quantity", "pattern"),
            (json!([line("999999999", "99999999999", "19")]), "/lines", "too_large"),
            (json!([twice(3), twice(3)]), "/lines/1/position", "duplicate"),
            (json!([]), "/lines", "too_few_items"),
        ] {
            let refused = place(&agent, &orders, order(lines)).await.expect(422);
            assert_eq!(refused.faults().get(pointer), Some(&code), "{refused}");
        }
        let nowhere = with(order(json!([line("1", "1", "0")])), "currency", json!("ZZZ"));
        assert_eq!(place(&agent, &orders, nowhere).await.expect(422).faults().get("/currency"), Some(&"currency"));
    }

    async fn numbers_are_given_out_without_gaps_and_once(app: TestApp) {
        let agent = app.agent().await;
        let orders = orders(&agent).await;
        let body = || order(json!([line("1", "1", "19")]));
        place(&agent, &orders, with(body(), "number", json!("B-000002"))).await.expect(201);
        let taken = place(&agent, &orders, with(body(), "number", json!("B-000002"))).await.expect(409);
        assert_eq!((taken.code(), taken.faults().get("/number")), ("already_exists", Some(&"taken")));
        place(&agent, &orders, order(json!([line("1", "1", "x")]))).await.expect(422);
        let mut given = Vec::new();
        for _ in 0..3 {
            given.push(place(&agent, &orders, body()).await.expect(201)["number"].clone());
        }
        assert_eq!(given, ["B-000001", "B-000003", "B-000004"]);
        let made = place(&agent, &orders, body()).await.expect(201);
        let refused = agent.patch(&at(&made), "*", json!({"number": "X"})).send().await.expect(422);
        assert_eq!(refused.faults().get("/number"), Some(&"read_only"));
    }

    async fn its_life_is_told_when_it_happened_and_for_how_much(app: TestApp) {
        let agent = app.agent().await;
        let orders = orders(&agent).await;
        let body = with(order(json!([line("1", "100", "19")])), "placed_at", json!("2026-11-02T09:00:00+01:00"));
        let made = place(&agent, &orders, body).await.expect(201);
        let (confirmed, fulfilled) = ("2026-11-03T08:00:00.000000Z", "2026-11-09T15:00:00.000000Z");
        let early = json!({"confirmed_at": "2026-11-02T07:59:59Z"});
        let early = agent.post(&format!("{}/confirmation", at(&made)), early).send().await.expect(422);
        assert_eq!(early.faults().get("/confirmed_at"), Some(&"before"));
        let late = json!({"confirmed_at": "2027-11-02T08:00:00Z"});
        let late = agent.post(&format!("{}/confirmation", at(&made)), late).send().await.expect(422);
        assert_eq!(late.faults().get("/confirmed_at"), Some(&"in_the_future"));
        let to = |step: &str| format!("{}/{step}", at(&made));
        agent.post(&to("confirmation"), json!({"confirmed_at": confirmed})).send().await.expect(200);
        let done = agent.post(&to("fulfilment"), json!({"fulfilled_at": fulfilled})).send().await.expect(200);
        assert_eq!((&done["confirmed_at"], &done["fulfilled_at"]), (&json!(confirmed), &json!(fulfilled)));

        let timeline = orders.replace("/orders", "/timeline");
        let oldest_first = [("sort", "occurred_at"), ("category", "purchase")];
        let told = agent.speaking("de").get(&timeline).query(&oldest_first).send().await.expect(200);
        let told: Vec<_> = told
            .items()
            .iter()
            .map(|event| (event["occurred_at"].clone(), event["title"].clone(), event["amount"].clone()))
            .collect();
        let happened = |at: &str, what: &str| {
            (json!(at), json!(format!("Bestellung {what}: B-000001 (119.00 EUR)")), euros("119.00"))
        };
        let expected = [
            happened("2026-11-02T08:00:00.000000Z", "aufgegeben"),
            happened(confirmed, "bestätigt"),
            happened(fulfilled, "erfüllt"),
        ];
        assert_eq!(told, expected);
    }

    async fn what_is_done_stays_what_it_was(app: TestApp) {
        let agent = app.agent().await;
        let orders = orders(&agent).await;
        let made = place(&agent, &orders, order(json!([line("1", "100", "19")]))).await.expect(201);
        let cancelled = agent.post(&format!("{}/cancellation", at(&made)), json!({"reason": "Doch nicht"})).send().await;
        let cancelled = cancelled.expect(200);
        assert_eq!((&cancelled["status"], &cancelled["cancellation_reason"]), (&json!("cancelled"), &json!("Doch nicht")));
        let changes = [
            json!({"lines": [line("2", "100", "19")]}),
            json!({"freight_amount": "1"}),
            json!({"placed_at": "2026-11-01T00:00:00Z"}),
        ];
        for change in changes {
            let refused = agent.patch(&at(&made), "*", change).send().await.expect(409);
            assert_eq!((refused.code(), &refused["state"]), ("wrong_state", &json!("cancelled")));
        }
        agent.patch(&at(&made), "*", json!({"notes": "Anruf am Freitag"})).send().await.expect(200);
        agent.post(&format!("{}/cancellation", at(&made)), json!({})).send().await.expect(422);
    }

    async fn orders_are_found_by_what_matters_of_them(app: TestApp) {
        let agent = app.agent().await;
        let orders = orders(&agent).await;
        for (number, price, placed_at) in
            [("A", "30", "2026-11-03T00:00:00Z"), ("B", "10", "2026-11-01T00:00:00Z"), ("C", "20", "2026-11-02T00:00:00Z")]
        {
            let body = with(order(json!([line("1", price, "19")])), "number", json!(number));
            place(&agent, &orders, with(body, "placed_at", json!(placed_at))).await.expect(201);
        }
        let c = agent.get("/v1/orders").query(&[("number", "C")]).send().await.expect(200).items()[0]["id"].clone();
        agent.post(&format!("/v1/orders/{}/confirmation", c.as_str().expect("an id")), json!({})).send().await.expect(200);
        for (query, expected) in [
            (vec![], vec!["A", "C", "B"]),
            (vec![("sort", "placed_at")], vec!["B", "C", "A"]),
            (vec![("sort", "-number")], vec!["C", "B", "A"]),
            (vec![("sort", "gross")], vec!["B", "C", "A"]),
            (vec![("status", "confirmed")], vec!["C"]),
            (vec![("placed_after", "2026-11-02T00:00:00Z")], vec!["A", "C"]),
            (vec![("placed_before", "2026-11-02T00:00:00Z")], vec!["B"]),
            (vec![("number", "A"), ("number", "B")], vec!["A", "B"]),
        ] {
            for list in ["/v1/orders", &orders] {
                let reply = agent.get(list).query(&query).send().await.expect(200);
                let found: Vec<&str> = reply.items().iter().filter_map(|order| order["number"].as_str()).collect();
                assert_eq!(found, expected, "{query:?}");
            }
        }
        let stranger = app.user(Role::Agent, Visibility::Own).await;
        assert!(stranger.get("/v1/orders").send().await.expect(200).items().is_empty());
    }

    async fn an_order_keeps_what_is_invoiced(app: TestApp) {
        let admin = app.admin().await;
        let orders = orders(&admin).await;
        let of_goods = |name: &str, quantity: &str| with(line(quantity, "100", "19"), "description", json!(name));
        let made = place(&admin, &orders, order(json!([of_goods("Kran", "10"), of_goods("Seil", "3")]))).await.expect(201);
        let invoice = with(order(json!([of_goods("Kran", "6")])), "order_id", json!(made.id()));
        let invoice = admin.post(&orders.replace("/orders", "/invoices"), invoice).send().await.expect(201);
        let archive = || admin.delete(&at(&made), "*");
        let cancel = || admin.post(&format!("{}/cancellation", at(&made)), json!({"reason": "Doch nicht"}));
        let change = |lines: Value| admin.patch(&at(&made), "*", json!({"lines": lines}));
        change(json!([of_goods("Kran", "5")])).send().await.expect(200);
        change(json!([of_goods("Kran", "6.5"), of_goods("Seil", "3")])).send().await.expect(200);
        admin.post(&format!("/v1/invoices/{}/issuance", invoice.id()), json!({})).send().await.expect(200);

        for lines in [json!([of_goods("Kran", "5.9")]), json!([of_goods("Seil", "3")])] {
            let refused = change(lines).send().await.expect(422);
            assert_eq!(refused.faults().get("/lines"), Some(&"in_invoices"), "{refused}");
            assert!(refused.body.to_string().contains("charge 6 of line 1"), "{refused}");
        }
        change(json!([of_goods("Kran", "2"), of_goods("Kran", "4")])).send().await.expect(200);
        assert_eq!(cancel().send().await.expect(409).code(), "in_use");
        assert_eq!(archive().send().await.expect(409).code(), "in_use");
        admin.post(&format!("/v1/invoices/{}/cancellation", invoice.id()), json!({"reason": "Falsch"})).send().await.expect(200);
        change(json!([of_goods("Seil", "1")])).send().await.expect(200);
        cancel().send().await.expect(200);
        archive().send().await.expect(204);
    }

    async fn a_repeat_order_comes_behind_the_first_one(app: TestApp) {
        let agent = app.agent().await;
        let orders = orders(&agent).await;
        let on = async |day: &str| {
            let body = with(order(json!([line("1", "1", "19")])), "placed_at", json!(format!("2026-11-{day}T12:00:00Z")));
            place(&agent, &orders, body).await.expect(201)
        };
        let repeat = async |order: &Reply| agent.get(&at(order)).send().await.expect(200)["repeat"].clone();
        let third = on("03").await;
        assert_eq!(third["repeat"], false);
        let fourth = on("04").await;
        assert_eq!((&fourth["repeat"], &fourth["version"]), (&json!(true), &json!(1)));
        // A late entry becomes the first one.
        let second = on("02").await;
        assert_eq!((&second["repeat"], repeat(&third).await, repeat(&fourth).await), (&json!(false), json!(true), json!(true)));
        agent.delete(&at(&second), "*").send().await.expect(204);
        assert_eq!(repeat(&third).await, true, "archiving undoes nothing");
        agent.call(reqwest::Method::POST, &format!("{}/restoration", at(&second))).send().await.expect(200);
        agent.post(&format!("{}/cancellation", at(&second)), json!({"reason": "Doppelt"})).send().await.expect(200);
        assert_eq!((repeat(&third).await, repeat(&fourth).await), (json!(false), json!(true)));
        let moved = agent.patch(&at(&fourth), "*", json!({"placed_at": "2026-11-01T00:00:00Z"})).send().await.expect(200);
        assert_eq!((&moved["repeat"], repeat(&third).await), (&json!(false), json!(true)));
        let others = place(&agent, &self::orders(&agent).await, order(json!([line("1", "1", "19")]))).await.expect(201);
        assert_eq!(others["repeat"], false, "of another customer");

        let only = [("repeat", "true"), ("sort", "placed_at")];
        let found = agent.get(&orders).query(&only).send().await.expect(200);
        let found: Vec<&Value> = found.items().iter().map(|order| &order["id"]).collect();
        assert_eq!(found, [&json!(second.id()), &json!(third.id())], "the cancelled one comes behind the first as well");
        let timeline = orders.replace("/orders", "/timeline");
        let told = agent.speaking("de").get(&timeline).send().await.expect(200);
        let titles: Vec<&str> = told.items().iter().filter_map(|event| event["title"].as_str()).collect();
        assert!(titles.contains(&"Bestellung jetzt Folgebestellung: B-000001 (1.19 EUR)"), "{titles:?}");
        assert!(titles.contains(&"Bestellung keine Folgebestellung mehr: B-000001 (1.19 EUR)"), "{titles:?}");
    }
}
