//! Lists filtered and sorted by fields a business defines itself.

use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};
use crate::support::kinds::KINDS;

async fn define(client: &Client, resource: &str, key: &str, kind: &str) -> Reply {
    let label = json!({"en": "Field", "de": "Feld"});
    let mut body = json!({"resource": resource, "key": key, "type": kind, "label": label});
    if kind.ends_with("_of") {
        body["options"] = ["low", "high", "top"].iter().map(|key| json!({"key": key, "label": label})).collect();
    }
    client.post("/v1/custom-field-definitions", body).send().await.expect(201)
}

async fn customer(client: &Client, name: &str, values: Value) -> String {
    let body = json!({"kind": "company", "company": {"legal_name": name}, "custom_fields": values});
    client.post("/v1/customers", body).send().await.expect(201).id()
}

fn names(reply: &Reply) -> Vec<&str> {
    reply.items().iter().filter_map(|item| item["display_name"].as_str()).collect()
}

/// The names on all pages of two, and what going back from the last one shows.
async fn walked(client: &Client, sort: &str) -> Vec<String> {
    let mut pages: Vec<Vec<String>> = Vec::new();
    let mut cursor = String::new();
    let read = async |cursor: &str| {
        let mut query = vec![("sort", sort), ("limit", "2")];
        if !cursor.is_empty() {
            query.push(("cursor", cursor));
        }
        client.get("/v1/customers").query(&query).send().await.expect(200)
    };
    let last = loop {
        let page = read(&cursor).await;
        pages.push(names(&page).into_iter().map(str::to_owned).collect());
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break page,
        }
    };
    let mut page = last;
    for expected in pages.iter().rev().skip(1) {
        let previous = page["prev_cursor"].as_str().expect("a page before").to_owned();
        page = read(&previous).await;
        assert_eq!(&names(&page), expected, "{sort}: going back");
    }
    assert!(page["prev_cursor"].is_null(), "{sort}: the first page");
    pages.concat()
}

both! {
    async fn lists_are_filtered_by_every_type(app: TestApp) {
        let admin = app.admin().await;
        for kind in ["text", "integer", "decimal", "money", "boolean", "date", "instant", "one_of", "many_of", "url", "email", "customer"] {
            define(&admin, "customer", &format!("my_{kind}"), kind).await;
        }
        define(&admin, "customer", "my_date_before", "boolean").await;
        let broker = customer(&admin, "Broker", json!({})).await;
        customer(&admin, "Alpha", json!({
            "my_text": "Rampe 3", "my_integer": -5, "my_decimal": "9.5", "my_money": {"amount": "100", "currency": "EUR"},
            "my_boolean": true, "my_date": "2026-03-01", "my_instant": "2026-03-01T10:00:00Z", "my_one_of": "low",
            "my_many_of": ["low", "high"], "my_url": "example.org", "my_email": "a@example.org", "my_customer": broker,
        })).await;
        customer(&admin, "Beta", json!({
            "my_text": "Rampe 4", "my_integer": 12, "my_decimal": "10.25", "my_money": {"amount": "99.50", "currency": "CHF"},
            "my_boolean": false, "my_date": "2026-04-01", "my_instant": "2026-04-01T10:00:00Z", "my_one_of": "top",
            "my_many_of": ["high"], "my_date_before": true,
        })).await;
        for (query, expected) in [
            (vec![("my_text", "Rampe 3")], vec!["Alpha"]),
            (vec![("my_text", "Rampe 3"), ("my_text", "Rampe 4")], vec!["Alpha", "Beta"]),
            (vec![("my_text", "rampe")], vec![]),
            (vec![("my_integer", "12")], vec!["Beta"]),
            (vec![("my_integer_min", "-5")], vec!["Alpha", "Beta"]),
            (vec![("my_integer_max", "11")], vec!["Alpha"]),
            (vec![("my_decimal", "9.50")], vec!["Alpha"]),
            (vec![("my_decimal_min", "9.6"), ("my_decimal_max", "100")], vec!["Beta"]),
            (vec![("my_money", "100.00 EUR")], vec!["Alpha"]),
            (vec![("my_money_min", "99")], vec!["Alpha", "Beta"]),
            (vec![("my_money_min", "99"), ("my_money_currency", "CHF")], vec!["Beta"]),
            (vec![("my_boolean", "false")], vec!["Beta"]),
            (vec![("my_date_after", "2026-03-02")], vec!["Beta"]),
            (vec![("my_date_before", "true")], vec!["Beta"]),
            (vec![("my_instant_after", "2026-03-01T11:00:00+01:00"), ("my_instant_before", "2026-04-01T10:00:00Z")], vec!["Alpha"]),
            (vec![("my_one_of", "low")], vec!["Alpha"]),
            (vec![("my_many_of", "high")], vec!["Alpha", "Beta"]),
            (vec![("my_many_of", "low"), ("my_one_of", "top")], vec![]),
            (vec![("my_url", "https://example.org")], vec!["Alpha"]),
            (vec![("my_email", "a@EXAMPLE.org")], vec!["Alpha"]),
            (vec![("my_customer", broker.as_str())], vec!["Alpha"]),
        ] {
            let query: Vec<(String, &str)> = query.iter().map(|(name, value)| (format!("custom_fields.{name}"), *value)).collect();
            let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (name.as_str(), *value)).collect();
            let reply = admin.get("/v1/customers").query(&query).send().await.expect(200);
            assert_eq!(names(&reply), expected, "{query:?}");
            let counted = admin.get("/v1/customers").query(&query).query(&[("count", "exact"), ("limit", "1")]).send().await;
            assert_eq!(counted["total"], expected.len(), "{query:?}");
        }
    }

    async fn what_cannot_be_asked_is_refused(app: TestApp) {
        let admin = app.admin().await;
        define(&admin, "customer", "ramp", "text").await;
        define(&admin, "customer", "notes", "long_text").await;
        define(&admin, "customer", "seats", "integer").await;
        for (name, value, code) in [
            ("custom_fields.rampe", "3", "unknown_parameter"),
            ("custom_fields.", "3", "unknown_parameter"),
            ("custom_fields.notes", "x", "not_for_type"),
            ("custom_fields.ramp_min", "3", "not_for_type"),
            ("custom_fields.seats_after", "2026-01-01", "not_for_type"),
            ("custom_fields.seats", "many", "type"),
            ("custom_fields.seats_min", "many", "decimal"),
            ("sort", "custom_fields.notes", "sort"),
            ("sort", "custom_fields.rampe", "sort"),
            ("sort", "display_name,custom_fields.ramp", "sort"),
        ] {
            let refused = admin.get("/v1/customers").query(&[(name, value)]).send().await.expect(400);
            assert_eq!(refused.faults().get(name), Some(&code), "{refused}");
        }
        let twice = [("custom_fields.seats_min", "1"), ("custom_fields.seats_min", "2")];
        let refused = admin.get("/v1/customers").query(&twice).send().await.expect(400);
        assert_eq!(refused.faults().get("custom_fields.seats_min"), Some(&"repeated_parameter"));
        let twice = [("sort", "custom_fields.ramp"), ("sort", "custom_fields.seats")];
        let refused = admin.get("/v1/customers").query(&twice).send().await.expect(400);
        assert_eq!(refused.faults().get("sort"), Some(&"repeated_parameter"));
        let near = admin.speaking("de").get("/v1/customers").query(&[("custom_fields.rampe", "3")]).send().await.expect(400);
        assert_eq!(near["errors"][0]["params"]["suggestion"], "custom_fields.ramp");
        admin.get("/v1/tags").query(&[("custom_fields.ramp", "3")]).send().await.expect(400);
        admin.get("/v1/custom-field-definitions").query(&[("custom_fields.ramp", "3")]).send().await.expect(400);
    }

    async fn lists_are_sorted_and_paged_by_a_value(app: TestApp) {
        let admin = app.admin().await;
        define(&admin, "customer", "seats", "integer").await;
        define(&admin, "customer", "level", "one_of").await;
        for (name, seats, level) in [
            ("A", Some(100), Some("top")), ("B", Some(-20), None), ("C", None, Some("low")), ("D", Some(9), Some("high")),
            ("E", None, None), ("F", Some(9), Some("low")), ("G", None, Some("high")),
        ] {
            customer(&admin, name, json!({"seats": seats, "level": level})).await;
            app.advance(1);
        }
        assert_eq!(walked(&admin, "custom_fields.seats").await.concat(), "BDFACEG");
        assert_eq!(walked(&admin, "-custom_fields.seats").await.concat(), "AFDBGEC");
        assert_eq!(walked(&admin, "custom_fields.level").await.concat(), "CFDGABE", "as the options stand");
        let query = [("sort", "custom_fields.seats"), ("custom_fields.level", "low"), ("count", "exact")];
        let reply = admin.get("/v1/customers").query(&query).send().await.expect(200);
        assert_eq!((names(&reply), &reply["total"]), (vec!["F", "C"], &json!(2)));

        let found = admin.get("/v1/custom-field-definitions").query(&[("key", "level")]).send().await.expect(200);
        let mut definition = found.items()[0].clone();
        definition["options"].as_array_mut().expect("options").reverse();
        let path = format!("/v1/custom-field-definitions/{}", definition["id"].as_str().expect("an id"));
        admin.patch(&path, "*", json!({"options": definition["options"]})).send().await.expect(200);
        assert_eq!(walked(&admin, "custom_fields.level").await.concat(), "ADGCFBE", "in their new order");
    }

    async fn the_past_is_not_asked_by_them(app: TestApp) {
        let admin = app.admin().await;
        define(&admin, "task", "rank", "integer").await;
        let list = format!("/v1/customers/{}/tasks", customer(&admin, "A", json!({})).await);
        let then = ("as_of", "2026-11-22T09:00:00Z");
        for (name, value) in [("custom_fields.rank", "1"), ("sort", "custom_fields.rank")] {
            let refused = admin.get(&list).query(&[(name, value), then]).send().await.expect(400);
            assert_eq!(refused.faults().get(name), Some(&"present_only"), "{refused}");
        }
    }

    async fn changed_and_cleared_values_are_found_as_they_are_now(app: TestApp) {
        let admin = app.admin().await;
        define(&admin, "customer", "ramp", "text").await;
        let id = customer(&admin, "A", json!({"ramp": "1"})).await;
        let at = format!("/v1/customers/{id}");
        let found = async |ramp: &str| {
            let reply = admin.get("/v1/customers").query(&[("custom_fields.ramp", ramp)]).send().await.expect(200);
            reply.items().len()
        };
        assert_eq!((found("1").await, found("2").await), (1, 0));
        admin.patch(&at, "*", json!({"custom_fields": {"ramp": "2"}})).send().await.expect(200);
        assert_eq!((found("1").await, found("2").await), (0, 1));
        admin.patch(&at, "*", json!({"custom_fields": {"ramp": null}})).send().await.expect(200);
        assert_eq!((found("1").await, found("2").await), (0, 0));
    }

    async fn every_kind_of_record_is_found_by_them(app: TestApp) {
        let admin = app.admin().await;
        let of = format!("/v1/customers/{}", customer(&admin, "A", json!({})).await);
        for kind in KINDS.iter().filter(|kind| kind.one != "custom_field_definition") {
            define(&admin, kind.one, "rank", "integer").await;
            let mut ids = Vec::new();
            for rank in [3, 1, 2] {
                let mut body = kind.body(&admin, &of).await;
                body["custom_fields"] = json!({"rank": rank});
                ids.push(admin.post(&kind.creation(&of), body).send().await.expect(201).id());
            }
            let mut lists = vec![format!("/v1/{}", kind.segment())];
            if !kind.catalogue {
                lists.push(format!("{of}/{}", kind.segment()));
            }
            for list in lists {
                let query = [("custom_fields.rank_min", "2"), ("sort", "-custom_fields.rank")];
                let reply = admin.get(&list).query(&query).send().await.expect(200);
                let found: Vec<&str> = reply.items().iter().filter_map(|item| item["id"].as_str()).collect();
                assert_eq!(found, [ids[0].as_str(), ids[2].as_str()], "{list}");
            }
        }
    }
}
