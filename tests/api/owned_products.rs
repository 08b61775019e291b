//! What customers own: what it is, where it came from, and what became of it.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};
use crate::support::samples::{customer, named, with};

async fn of_customer(client: &Client) -> String {
    format!("/v1/customers/{}", customer(client, named("Änne", "Öztürk")).await.id())
}

async fn own(client: &Client, of: &str, body: Value) -> Reply {
    client.post(&format!("{of}/owned-products"), body).send().await
}

async fn step(client: &Client, owned: &Reply, step: &str, body: Value) -> Reply {
    client.post(&format!("{}/{step}", at(owned)), body).send().await
}

fn at(owned: &Reply) -> String {
    format!("/v1/owned-products/{}", owned.id())
}

both! {
    async fn it_keeps_what_the_product_was(app: TestApp) {
        let admin = app.admin().await;
        let of = of_customer(&admin).await;
        let product = json!({"sku": "TK-200", "name": "Tischkreissäge", "tax_rate": "19", "unit": "Stück"});
        let product = admin.post("/v1/products", product).send().await.expect(201);
        let lines = json!([{"product_id": product.id(), "quantity": "1", "unit_price": "1249"}]);
        let order = json!({"currency": "EUR", "lines": lines});
        let order = admin.post(&format!("{of}/orders"), order).send().await.expect(201);
        let contract = json!({"title": "Wartung", "starts_on": "2026-11-01"});
        let contract = admin.post(&format!("{of}/contracts"), contract).send().await.expect(201);
        let saw = json!({
            "product_id": product.id(), "serial_number": "TK200-1", "acquired_on": "2026-11-20",
            "order_id": order.id(), "contract_id": contract.id(),
        });
        let made = own(&admin, &of, saw.clone()).await.expect(201);
        assert_eq!((&made["name"], &made["sku"]), (&json!("Tischkreissäge"), &json!("TK-200")));
        assert_eq!((&made["quantity"], &made["unit"]), (&json!("1"), &json!("Stück")));
        admin.patch(&format!("/v1/products/{}", product.id()), "*", json!({"name": "Säge"})).send().await.expect(200);
        for (body, pointer, code) in [
            (json!({"sku": "X"}), "/name", "required"),
            (json!({"name": "X", "quantity": "0"}), "/quantity", "unfitting"),
            (json!({"name": "X", "quantity": "2", "serial_number": "1"}), "/quantity", "unfitting"),
            (json!({"name": "X", "acquired_on": "2026-11-24"}), "/acquired_on", "in_the_future"),
            (json!({"name": "X", "acquired_on": "2026-11-20", "warranty_until": "2026-11-19"}), "/warranty_until", "before"),
            (json!({"product_id": order.id()}), "/product_id", "reference"),
            (json!({"name": "X", "order_id": contract.id()}), "/order_id", "reference"),
            (json!({"name": "X", "contract_id": order.id()}), "/contract_id", "reference"),
        ] {
            let refused = own(&admin, &of, body).await.expect(422);
            assert_eq!(refused.faults().get(pointer), Some(&code), "{refused}");
        }
        let other = of_customer(&admin).await;
        let not_theirs = own(&admin, &other, with(saw.clone(), json!({"serial_number": "TK200-2"}))).await.expect(422);
        assert_eq!(not_theirs.faults().get("/order_id"), Some(&"reference"));
        admin.delete(&format!("/v1/orders/{}", order.id()), "*").send().await.expect(204);
        let moved = admin.patch(&at(&made), "*", json!({"location": "Halle 3"})).send().await.expect(200);
        assert_eq!((&moved["name"], &moved["order_id"]), (&json!("Tischkreissäge"), &json!(order.id())));

        let timeline = admin.speaking("de");
        let told = timeline.get(&format!("{of}/timeline")).query(&[("sort", "occurred_at"), ("limit", "1")]);
        let told = told.send().await.expect(200);
        assert_eq!(told.items()[0]["title"], "Produkt im Besitz angelegt: Tischkreissäge (TK200-1)");
        assert_eq!(told.items()[0]["occurred_at"], "2026-11-20T12:00:00.000000Z");
    }

    async fn a_serial_number_is_in_use_once_whoever_comes_at_the_same_time(app: TestApp) {
        let admin = app.admin().await;
        for number in 0..4 {
            let mut owners = Vec::new();
            for _ in 0..6 {
                owners.push(of_customer(&admin).await);
            }
            let saw = json!({"name": "Tischkreissäge", "sku": "TK-200", "serial_number": number.to_string()});
            let replies = join_all(owners.iter().map(|of| own(&admin, of, saw.clone()))).await;
            let (made, refused): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 201);
            assert_eq!(made.len(), 1);
            assert!(refused.iter().all(|reply| reply.code() == "already_exists"));
        }
    }

    async fn a_serial_number_is_in_use_once(app: TestApp) {
        let admin = app.admin().await;
        let (of, other) = (of_customer(&admin).await, of_customer(&admin).await);
        let saw = || json!({"name": "Tischkreissäge", "sku": "TK-200", "serial_number": "1"});
        let first = own(&admin, &of, saw()).await.expect(201);
        let taken = own(&admin, &other, saw()).await.expect(409);
        assert_eq!((taken.code(), taken.faults().get("/serial_number")), ("already_exists", Some(&"taken")));
        own(&admin, &of, with(saw(), json!({"sku": "TK-300"}))).await.expect(201);
        let early = json!({"given_up_on": "2026-11-24"});
        let early = step(&admin, &first, "return", early).await.expect(422);
        assert_eq!(early.faults().get("/given_up_on"), Some(&"in_the_future"));
        step(&admin, &first, "return", json!({"reason": "Inzahlungnahme"})).await.expect(200);
        let used = own(&admin, &other, saw()).await.expect(201);
        let again = step(&admin, &first, "reactivation", json!({})).await.expect(409);
        assert_eq!(again.code(), "already_exists");
        admin.patch(&at(&first), "*", json!({"notes": "Verkauft"})).send().await.expect(200);

        let itself = step(&admin, &used, "replacement", json!({"replaced_by_id": used.id()})).await.expect(422);
        assert_eq!(itself.faults().get("/replaced_by_id"), Some(&"unfitting"));
        let not_theirs = step(&admin, &used, "replacement", json!({"replaced_by_id": first.id()})).await.expect(422);
        assert_eq!(not_theirs.faults().get("/replaced_by_id"), Some(&"reference"));
        let new = own(&admin, &other, with(saw(), json!({"serial_number": "2"}))).await.expect(201);
        let replaced = json!({"replaced_by_id": new.id(), "reason": "Garantietausch"});
        let replaced = step(&admin, &used, "replacement", replaced).await.expect(200);
        assert_eq!((&replaced["status"], &replaced["given_up_on"]), (&json!("replaced"), &json!("2026-11-22")));
        assert_eq!((&replaced["replaced_by_id"], &replaced["reason"]), (&json!(new.id()), &json!("Garantietausch")));
        let back = step(&admin, &first, "reactivation", json!({})).await.expect(200);
        assert_eq!((&back["status"], &back["given_up_on"]), (&json!("in_use"), &Value::Null));
        admin.delete(&at(&first), "*").send().await.expect(204);
        step(&admin, &used, "reactivation", json!({})).await.expect(200);
        let restored = admin.call(reqwest::Method::POST, &format!("{}/restoration", at(&first))).send().await;
        assert_eq!(restored.expect(409).code(), "already_exists");
    }

    async fn owned_products_are_found_by_what_matters_of_them(app: TestApp) {
        let admin = app.admin().await;
        let of = of_customer(&admin).await;
        let product = json!({"sku": "TK-200", "name": "Tischkreissäge", "tax_rate": "19"});
        let product = admin.post("/v1/products", product).send().await.expect(201).id();
        for (serial_number, name, acquired_on, warranty_until) in [
            ("A", "Öse", "2026-11-03", "2027-11-03"),
            ("B", "Zange", "2026-11-01", "2026-12-01"),
            ("C", "Amboss", "2026-11-02", "2028-11-02"),
        ] {
            let product_id = if serial_number == "C" { json!(product) } else { Value::Null };
            let body = json!({
                "name": name, "serial_number": serial_number, "acquired_on": acquired_on,
                "warranty_until": warranty_until, "product_id": product_id,
            });
            let made = own(&admin, &of, body).await.expect(201);
            if serial_number == "B" {
                step(&admin, &made, "decommissioning", json!({})).await.expect(200);
            }
        }
        for (query, expected) in [
            (vec![], vec!["A", "C", "B"]),
            (vec![("sort", "name")], vec!["C", "A", "B"]),
            (vec![("sort", "warranty_until")], vec!["B", "A", "C"]),
            (vec![("sort", "-serial_number")], vec!["C", "B", "A"]),
            (vec![("status", "decommissioned")], vec!["B"]),
            (vec![("product_id", product.as_str())], vec!["C"]),
            (vec![("sku", "TK-200")], vec!["C"]),
            (vec![("serial_number", "A"), ("serial_number", "B")], vec!["A", "B"]),
            (vec![("warranty_after", "2027-11-03")], vec!["A", "C"]),
            (vec![("warranty_before", "2027-11-03")], vec!["B"]),
            (vec![("acquired_after", "2026-11-02")], vec!["A", "C"]),
            (vec![("acquired_before", "2026-11-02")], vec!["B"]),
            (vec![("order_id", "019a0000-0000-7000-8000-00000000dead")], vec![]),
            (vec![("contract_id", "019a0000-0000-7000-8000-00000000dead")], vec![]),
        ] {
            for list in ["/v1/owned-products", &format!("{of}/owned-products")] {
                let reply = admin.get(list).query(&query).send().await.expect(200);
                let found: Vec<&str> = reply.items().iter().filter_map(|one| one["serial_number"].as_str()).collect();
                assert_eq!(found, expected, "{query:?}");
            }
        }
    }
}
