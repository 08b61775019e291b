//! Contact points and addresses by addresses of their own.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::client::{Client, Reply};
use crate::support::samples::{address, customer, named, person, with};
use crate::support::{both, history};

/// Both kinds of entries: where they live, an entry, a change of it, and a member that shows the change.
fn kinds() -> [(&'static str, &'static str, Value, Value, &'static str); 2] {
    [
        (
            "contact-points",
            "contact_points",
            json!({"type": "phone", "value": "040 1234567", "label": "Zentrale"}),
            json!({"label": "Durchwahl"}),
            "/label",
        ),
        (
            "addresses",
            "addresses",
            json!({"type": "billing", "lines": ["Werftstraße 1"], "postal_code": "D-20457", "city": "Hamburg", "country": "de"}),
            json!({"city": "Altona"}),
            "/city",
        ),
    ]
}

/// Where a new entry was put.
fn location(reply: &Reply) -> String {
    reply.header("location").expect("a Location").to_owned()
}

async fn refused(agent: &Client, path: &str, body: Value) -> BTreeMap<String, String> {
    let reply = agent.post(path, body).send().await.expect(422);
    reply.faults().into_iter().map(|(place, code)| (place.to_owned(), code.to_owned())).collect()
}

both! {
    async fn an_entry_lives_as_long_as_it_is_wanted(app: TestApp) {
        let agent = app.agent().await;
        for (below, member, entry, change, shown) in kinds() {
            let owner = customer(&agent, named("Anna", "Huber")).await;
            let list = format!("{}/{below}", address(&owner));
            assert_eq!(agent.get(&list).send().await.expect(200).items(), [] as [Value; 0]);

            let added = agent.post(&list, entry.clone()).send().await.expect(201);
            assert_eq!(location(&added), format!("{list}/{}", added.id()));
            assert_eq!(added.etag(), "\"2\"", "the version is the customer's");
            let read = agent.get(&location(&added)).send().await.expect(200);
            assert_eq!((&read.body, read.etag()), (&added.body, added.etag()));
            let of_customer = agent.get(&address(&owner)).send().await.expect(200);
            assert_eq!(of_customer[member], json!([added.body]));

            let changed = agent.patch(&location(&added), "\"2\"", change.clone()).send().await.expect(200);
            assert_eq!((changed.at(shown), changed.etag().as_str()), (&change[&shown[1..]], "\"3\""));
            let same = agent.patch(&location(&added), "\"3\"", changed.body.clone()).send().await.expect(200);
            assert_eq!((&same.body, same.etag().as_str()), (&changed.body, "\"3\""));

            let second = agent.post(&list, entry.clone()).send().await.expect(201);
            let listed = agent.get(&list).send().await.expect(200);
            assert_eq!(listed.items(), [changed.body.clone(), second.body.clone()]);
            assert_eq!(listed.etag(), "\"4\"");
            agent.delete(&location(&added), "\"4\"").send().await.expect(204);
            agent.get(&location(&added)).send().await.expect(404);
            agent.delete(&location(&added), "*").send().await.expect(404);
            assert_eq!(agent.get(&list).send().await.expect(200).items(), [second.body]);

            let expected = ["customer.created", "customer.updated", "customer.updated", "customer.updated", "customer.updated"];
            assert_eq!(history::kinds(&app, &owner.id()).await, expected);
            let (_, payload) = history::newest(&app, &owner.id()).await;
            assert_eq!(payload["changes"][0]["field"], member);
        }
    }

    async fn an_entry_is_changed_under_the_customers_version(app: TestApp) {
        let agent = app.agent().await;
        for (below, _, entry, change, _) in kinds() {
            let owner = customer(&agent, named("Anna", "Huber")).await;
            let added = agent.post(&format!("{}/{below}", address(&owner)), entry).send().await.expect(201);
            let path = location(&added);
            agent.call(reqwest::Method::PATCH, &path).json(change.clone()).send().await.expect(428);
            agent.call(reqwest::Method::DELETE, &path).send().await.expect(428);
            let stale = agent.patch(&path, "\"1\"", change.clone()).send().await.expect(412);
            assert_eq!(stale["current_version"], 2);
            assert_eq!(stale["differences"].as_array().map(Vec::len), Some(1), "{stale}");
            agent.delete(&path, "\"1\"").send().await.expect(412);
            agent.patch(&path, "*", change).send().await.expect(200);
            let known = agent.get(&path).header("if-none-match", "\"3\"").send().await.expect(304);
            assert!(known.bytes.is_empty());
        }
    }

    async fn who_adds_may_say_which_version_was_read(app: TestApp) {
        let agent = app.agent().await;
        let path = address(&customer(&agent, named("Anna", "Huber")).await);
        for (below, body) in [
            ("contact-points", json!({"type": "email", "value": "a@example.org"})),
            ("addresses", json!({"type": "private", "city": "Hamburg"})),
        ] {
            let version = agent.get(&path).send().await.expect(200).etag();
            let add = |expected: &str| agent.post(&format!("{path}/{below}"), body.clone()).header("if-match", expected);
            let stale = add("\"9\"").send().await.expect(412);
            assert_eq!(stale.code(), "version_conflict");
            // No tag we ever gave: it is refused, and never taken for none.
            assert_eq!(add("7").send().await.expect(412).code(), "version_conflict");
            assert_eq!(agent.get(&path).send().await.expect(200).etag(), version);
            let added = add(&version).send().await.expect(201);
            assert_ne!(added.etag(), version);
            add(&version).send().await.expect(412);
            add("*").send().await.expect(201);
        }
    }

    async fn faults_lie_where_the_caller_put_them(app: TestApp) {
        let agent = app.agent().await;
        let owner = customer(&agent, with(person(), json!({"contact_points": [
            {"type": "phone", "value": "040 1234567", "primary": true}, {"type": "phone", "value": "040 7654321"},
        ]}))).await;
        let points = format!("{}/contact-points", address(&owner));
        let places = format!("{}/addresses", address(&owner));
        for (path, body, pointer, code) in [
            (&points, json!({"type": "phone", "value": "4711"}), "/value", "phone"),
            (&points, json!({"type": "phone", "value": "040 1111111", "primary": true}), "/primary", "one_primary"),
            (&points, json!({"type": "phone"}), "/value", "required"),
            (&points, json!({"type": "phone", "value": "040 1234567", "normalized": "+49"}), "/normalized", "unknown_field"),
            (&places, json!({"type": "private", "country": "DE", "postal_code": "1"}), "/postal_code", "postal_code"),
            (&places, json!({"type": "private", "country": "XX"}), "/country", "country"),
            (&places, json!({"type": "private", "valid_from": "2026-01-02", "valid_to": "2026-01-01"}), "/valid_to", "before"),
            (&places, json!({"type": "private", "lines": ["x", 1]}), "/lines/1", "type"),
        ] {
            assert_eq!(refused(&agent, path, body.clone()).await, BTreeMap::from([(pointer.to_owned(), code.to_owned())]), "{body}");
        }
        let second = format!("{points}/{}", owner.at("/contact_points/1/id").as_str().expect("an id"));
        for (body, pointer, code) in [
            (json!({"value": "4711"}), "/value", "phone"),
            (json!({"primary": true}), "/primary", "one_primary"),
            (json!({"value": null}), "/value", "not_nullable"),
            (json!({"type": null}), "/type", "not_nullable"),
            (json!({"valeu": "x"}), "/valeu", "unknown_field"),
            (json!({"normalized": "+491"}), "/normalized", "read_only"),
            (json!({"id": Uuid::now_v7()}), "/id", "read_only"),
        ] {
            let reply = agent.patch(&second, "\"1\"", body.clone()).send().await.expect(422);
            assert_eq!(reply.faults(), BTreeMap::from([(pointer, code)]), "{body}\n{reply}");
        }
        let first = format!("{points}/{}", owner.at("/contact_points/0/id").as_str().expect("an id"));
        let cleared = agent.patch(&first, "\"1\"", json!({"primary": null, "status": null})).send().await.expect(200);
        assert_eq!((&cleared["primary"], &cleared["status"]), (&json!(false), &json!("active")));
    }

    async fn a_list_has_its_limit(app: TestApp) {
        let agent = app.agent().await;
        let points: Vec<Value> = (0..50).map(|number| json!({"type": "email", "value": format!("a{number}@example.org")})).collect();
        let owner = customer(&agent, json!({"kind": "person", "display_name": "Jemand", "contact_points": points})).await;
        let path = format!("{}/contact-points", address(&owner));
        let fault = refused(&agent, &path, json!({"type": "email", "value": "b@example.org"})).await;
        assert_eq!(fault, BTreeMap::from([(String::new(), "too_many_items".to_owned())]));
    }

    async fn entries_of_others_are_not_there(app: TestApp) {
        let agent = app.agent().await;
        let (one, other) = (customer(&agent, person()).await, customer(&agent, named("Bea", "Bauer")).await);
        let point = one.at("/contact_points/0/id").as_str().expect("an id");
        let place = one.at("/addresses/0/id").as_str().expect("an id");
        for path in [
            format!("{}/contact-points/{point}", address(&other)),
            format!("{}/contact-points/{place}", address(&one)),
            format!("{}/addresses/{point}", address(&one)),
            format!("{}/addresses/{}", address(&one), Uuid::now_v7()),
        ] {
            agent.get(&path).send().await.expect(404);
            agent.patch(&path, "*", json!({})).send().await.expect(404);
            agent.delete(&path, "*").send().await.expect(404);
        }
        let wrong = agent.get(&format!("{}/contact-points/abc", address(&one))).send().await.expect(400);
        assert_eq!(wrong.faults(), BTreeMap::from([("contact_point_id", "uuid")]));
    }

    async fn nothing_is_lost_when_many_add_at_once(app: TestApp) {
        let agent = app.agent().await;
        let owner = customer(&agent, named("Anna", "Huber")).await;
        let path = format!("{}/contact-points", address(&owner));
        let replies = join_all((0..20).map(|number| {
            let entry = json!({"type": "email", "value": format!("a{number}@example.org")});
            agent.post(&path, entry).send()
        })).await;
        assert!(replies.iter().all(|reply| reply.status == 201));
        let listed = agent.get(&path).send().await.expect(200);
        assert_eq!((listed.items().len(), listed.etag().as_str()), (20, "\"21\""));
    }

    async fn an_entry_is_found_and_no_longer_found(app: TestApp) {
        let agent = app.agent().await;
        let owner = customer(&agent, named("Anna", "Huber")).await;
        let found = async |name: &str, value: &str| {
            agent.get("/v1/customers").query(&[(name, value)]).send().await.expect(200).items().len()
        };
        let list = format!("{}/addresses", address(&owner));
        let place = agent.post(&list, json!({"type": "private", "city": "Köln", "postal_code": "50667", "country": "DE"})).send().await.expect(201);
        for (name, value, before) in [("city", "koeln", 1), ("postal_code", "506", 1), ("country", "de", 1), ("q", "Köl", 1), ("city", "Bonn", 0)] {
            assert_eq!(found(name, value).await, before, "{name}={value}");
        }
        agent.patch(&location(&place), "*", json!({"city": "Bonn", "postal_code": null})).send().await.expect(200);
        for (name, value, after) in [("city", "koeln", 0), ("postal_code", "506", 0), ("country", "DE", 1), ("q", "Köl", 0), ("city", "Bonn", 1)] {
            assert_eq!(found(name, value).await, after, "{name}={value}");
        }
    }
}
