//! Products: the catalogue.

use serde_json::json;

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};

async fn create(client: &Client, sku: &str, name: &str) -> Reply {
    client.post("/v1/products", json!({"sku": sku, "name": name, "tax_rate": "7.0"})).send().await
}

both! {
    async fn products_are_found_in_german_order(app: TestApp) {
        let admin = app.admin().await;
        for (sku, name, family) in
            [("C", "Zange", "Handwerkzeug"), ("A", "Säge", "Sägen"), ("D", "Sägeblatt", "Sägen"), ("B", "Öler", "Zubehör")]
        {
            let body = json!({"sku": sku, "name": name, "family": family, "tax_rate": "19"});
            admin.post("/v1/products", body).send().await.expect(201);
        }
        let saw = admin.get("/v1/products").query(&[("sku", "A")]).send().await.expect(200).items()[0]["id"].clone();
        let saw = saw.as_str().expect("an id");
        admin.post(&format!("/v1/products/{saw}/discontinuation"), json!({})).send().await.expect(200);
        for (query, expected) in [
            (vec![], vec!["Öler", "Säge", "Sägeblatt", "Zange"]),
            (vec![("sort", "-name")], vec!["Zange", "Sägeblatt", "Säge", "Öler"]),
            (vec![("sort", "sku")], vec!["Säge", "Öler", "Zange", "Sägeblatt"]),
            (vec![("q", "SAGE")], vec!["Säge", "Sägeblatt"]),
            (vec![("q", "blatt")], vec![]),
            (vec![("family", "Sägen"), ("family", "Zubehör"), ("status", "active")], vec!["Öler", "Sägeblatt"]),
            (vec![("status", "discontinued")], vec!["Säge"]),
            (vec![("sku", "B"), ("sku", "C")], vec!["Öler", "Zange"]),
        ] {
            let reply = admin.get("/v1/products").query(&query).send().await.expect(200);
            let found: Vec<&str> = reply.items().iter().filter_map(|product| product["name"].as_str()).collect();
            assert_eq!(found, expected, "{query:?}");
        }
    }

    async fn a_number_names_one_product(app: TestApp) {
        let admin = app.admin().await;
        let first = create(&admin, "TK-200", "Tischkreissäge").await.expect(201);
        assert_eq!((&first["status"], &first["tax_rate"]), (&json!("active"), &json!("7")), "numbers have one form");
        let second = create(&admin, "TK-300", "Nachfolger").await.expect(201);
        let at = format!("/v1/products/{}", first.id());
        admin.delete(&at, "*").send().await.expect(204);
        let again = create(&admin, "TK-200", "Andere").await;
        let changed = admin.patch(&format!("/v1/products/{}", second.id()), "*", json!({"sku": "TK-200"})).send().await;
        for refused in [again, changed] {
            let refused = refused.expect(409);
            assert_eq!((refused.code(), refused.faults().get("/sku")), ("already_exists", Some(&"taken")));
            assert_eq!(refused["existing_id"], json!(first.id()), "archived ones keep theirs");
        }
    }

    async fn a_discontinued_product_can_come_back(app: TestApp) {
        let admin = app.admin().await;
        let at = format!("/v1/products/{}", create(&admin, "TK-200", "Tischkreissäge").await.expect(201).id());
        let reason = json!({"reason": "Nachfolger"});
        let gone = admin.post(&format!("{at}/discontinuation"), reason.clone()).send().await.expect(200);
        assert_eq!((&gone["status"], gone["discontinued_at"].is_string()), (&json!("discontinued"), true));
        let refused = admin.post(&format!("{at}/discontinuation"), reason).send().await.expect(409);
        assert_eq!((refused.code(), &refused["possible"]), ("wrong_state", &json!(["reactivation"])));
        let back = admin.post(&format!("{at}/reactivation"), json!({})).send().await.expect(200);
        assert_eq!((&back["status"], back["discontinued_at"].is_null()), (&json!("active"), true));
    }

    async fn prices_and_rates_are_exact(app: TestApp) {
        let admin = app.admin().await;
        let body = |price: &str, rate: &str| {
            json!({"sku": "X", "name": "X", "tax_rate": rate, "unit_price": {"amount": price, "currency": "EUR"}})
        };
        for (price, rate, pointer) in [
            ("1,5", "19", "/unit_price/amount"),
            ("1.23456", "19", "/unit_price/amount"),
            ("1", "19%", "/tax_rate"),
            ("1", "100.5", "/tax_rate"),
            ("1", "-1", "/tax_rate"),
        ] {
            let refused = admin.post("/v1/products", body(price, rate)).send().await.expect(422);
            assert!(refused.faults().contains_key(pointer), "{refused}");
        }
        let made = admin.post("/v1/products", body("0.0315", "5.5")).send().await.expect(201);
        assert_eq!((&made["unit_price"]["amount"], &made["tax_rate"]), (&json!("0.0315"), &json!("5.5")));
    }
}
