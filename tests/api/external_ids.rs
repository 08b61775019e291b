//! Customers by the ids other systems have for them: found, made, kept in step.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::client::{Call, Client, Reply};
use crate::support::gate::Gate;
use crate::support::samples::{address, company, customer, named, own_id, person, with};
use crate::support::{both, history};

const ERP: &str = "/v1/customers-by-external-id/erp/4711";

fn put<'a>(client: &'a Client, path: &str, body: Value) -> Call<'a> {
    client.call(Method::PUT, path).json(body)
}

fn known_as(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(system, id)| json!({"system": system, "id": id})).collect()
}

both! {
    async fn an_id_that_was_given_up_meanwhile_is_of_a_new_record(app: TestApp) {
        let system = app.as_role(Role::Integration).await;
        let first = put(&system, ERP, named("Anna", "Huber")).send().await.expect(201);
        let gate = Gate::before(&app, &first.id()).await;
        let give_up = system.patch(&address(&first), "*", json!({"external_ids": []}));
        let [given_up, made] = gate.pass(give_up, put(&system, ERP, named("Eva", "Lorenz"))).await;
        given_up.expect(200);
        assert_ne!(made.expect(201).id(), first.id());
        assert_eq!(system.get(&address(&first)).send().await.expect(200)["display_name"], "Anna Huber");
    }

    async fn an_upsert_makes_what_is_not_there_and_changes_what_is(app: TestApp) {
        let system = app.as_role(Role::Integration).await;
        let body = with(person(), json!({"external_ids": [{"system": "webshop", "id": "10023"}]}));
        let made = put(&system, ERP, body.clone()).send().await.expect(201);
        assert_eq!(made["external_ids"], known_as(&[("webshop", "10023"), ("erp", "4711")]));
        assert_eq!((made.header("location"), made.etag()), (Some(address(&made).as_str()), "\"1\"".to_owned()));

        // The whole document once more changes nothing, not even the ids of the entries in its lists.
        let again = put(&system, ERP, body).send().await.expect(200);
        assert_eq!((&again.body, again.etag()), (&made.body, "\"1\"".to_owned()));
        assert_eq!(history::kinds(&app, &made.id()).await, ["customer.created"]);

        let patch = json!({"kind": "person", "category": "A", "person": {"occupation": null}, "tags": ["altbau"]});
        let changed = put(&system, ERP, patch.clone()).send().await.expect(200);
        assert_eq!((changed.id(), changed.etag()), (made.id(), "\"2\"".to_owned()));
        assert_eq!((&changed["category"], &changed["tags"]), (&json!("A"), &json!(["altbau"])));
        assert_eq!((changed.at("/person/occupation"), changed.at("/person/family_name")), (&Value::Null, &json!("Öztürk")));
        assert_eq!(changed["contact_points"], made["contact_points"], "what is left out stays");
        assert_eq!(changed["external_ids"], made["external_ids"]);
        assert_eq!(put(&system, ERP, patch).send().await.expect(200).etag(), "\"2\"");
        assert_eq!(history::kinds(&app, &made.id()).await, ["customer.created", "customer.updated"]);

        let read = system.get(ERP).send().await.expect(200);
        assert_eq!((&read.body, read.etag()), (&changed.body, "\"2\"".to_owned()));
        system.get(ERP).header("if-none-match", "\"2\"").send().await.expect(304);
        system.get("/v1/customers-by-external-id/erp/4712").send().await.expect(404);
        system.get("/v1/customers-by-external-id/webshop/4711").send().await.expect(404);
    }

    async fn a_company_sent_twice_is_unchanged(app: TestApp) {
        let agent = app.agent().await;
        let body = with(company(), json!({
            "contact_points": [
                {"type": "phone", "value": "040 1234567", "verified_at": "2026-01-01T01:00:00+01:00"},
                {"type": "phone", "value": "040 1234567", "verified_at": "2026-01-01T01:00:00+01:00"},
            ],
            "addresses": [{"type": "business", "lines": ["Werftstraße 1"], "city": "Hamburg", "country": "de"}],
        }));
        let made = put(&agent, ERP, body.clone()).send().await.expect(201);
        let again = put(&agent, ERP, body).send().await.expect(200);
        assert_eq!(again.body, made.body);
    }

    async fn the_address_must_not_be_contradicted(app: TestApp) {
        let agent = app.agent().await;
        let sent = |ids: Value| with(named("Anna", "Huber"), json!({"external_ids": ids}));
        let other = put(&agent, ERP, sent(known_as(&[("webshop", "1"), ("erp", "4712")]))).send().await.expect(422);
        assert_eq!(other.faults(), BTreeMap::from([("/external_ids/1/id", "other_external_id")]));
        let made = put(&agent, ERP, sent(known_as(&[("erp", "4711"), ("erp", "4712")]))).send().await.expect(201);
        let same = put(&agent, "/v1/customers-by-external-id/erp/4712", named("Anna", "Huber")).send().await.expect(200);
        assert_eq!((same.id(), same.etag()), (made.id(), "\"1\"".to_owned()));
        let kind = put(&agent, ERP, company()).send().await.expect(422);
        assert_eq!(kind.faults()["/kind"], "read_only");
        let unknown = put(&agent, ERP, json!({"kind": "person", "id": made.id(), "nmae": "x"})).send().await.expect(422);
        assert_eq!(unknown.faults(), BTreeMap::from([("/id", "unknown_field"), ("/nmae", "unknown_field")]));
        for (path, place, code) in [
            ("/v1/customers-by-external-id/e%20p/1", "system", "pattern"),
            ("/v1/customers-by-external-id/erp/%00", "external_id", "invalid_character"),
            (&format!("/v1/customers-by-external-id/erp/{}", "x".repeat(201)), "external_id", "too_long"),
        ] {
            for reply in [agent.get(path).send().await, put(&agent, path, named("a", "b")).send().await] {
                assert_eq!(reply.expect(400).faults(), BTreeMap::from([(place, code)]), "{path}");
            }
        }
    }

    async fn any_letters_can_stand_in_an_id(app: TestApp) {
        let agent = app.agent().await;
        for (path, id) in [("A%2F1", "A/1"), ("%C3%84%20%25", "Ä %"), ("a+b", "a+b"), ("contact-points", "contact-points")] {
            let path = format!("/v1/customers-by-external-id/contact-points/{path}");
            let made = put(&agent, &path, named("Anna", id)).send().await.expect(201);
            assert_eq!(made["external_ids"], known_as(&[("contact-points", id)]));
            assert_eq!(agent.get(&path).send().await.expect(200).id(), made.id());
        }
    }

    async fn conditions_of_an_upsert_are_kept(app: TestApp) {
        let agent = app.agent().await;
        let body = || named("Anna", "Huber");
        for expected in ["*", "\"1\""] {
            let missing = put(&agent, ERP, body()).header("if-match", expected).send().await.expect(412);
            assert_eq!(missing.code(), "record_missing");
        }
        let made = put(&agent, ERP, body()).header("if-none-match", "*").send().await.expect(201);
        let there = put(&agent, ERP, body()).header("if-none-match", "*").send().await.expect(412);
        assert_eq!((there.code(), &there["existing_id"]), ("record_exists", &json!(made.id())));
        let german = put(&agent, ERP, body()).header("if-none-match", "*").language("de").send().await.expect(412);
        assert_ne!(german["detail"], there["detail"]);
        let change = |tier: &str| put(&agent, ERP, json!({"kind": "person", "tier": tier}));
        change("gold").header("if-match", "\"1\"").send().await.expect(200);
        let stale = change("silver").header("if-match", "\"1\"").send().await.expect(412);
        assert_eq!((stale.code(), &stale["current_version"]), ("version_conflict", &json!(2)));
        change("silver").header("if-match", "*").send().await.expect(200);
        change("bronze").header("if-match", "gold").send().await.expect(412);
        for excluded in ["\"3\"", "\"1\", W/\"3\"", "gold", "3", ""] {
            let there = change("bronze").header("if-none-match", excluded).send().await.expect(412);
            assert_eq!(there.code(), "record_exists", "{excluded}");
        }
        let changed = change("bronze").header("if-none-match", "\"2\", \"gold\"").send().await.expect(200);
        assert_eq!(changed["tier"], "bronze");
    }

    async fn an_archived_customer_keeps_the_id(app: TestApp) {
        let agent = app.agent().await;
        let made = put(&agent, ERP, named("Anna", "Huber")).send().await.expect(201);
        agent.delete(&address(&made), "\"1\"").send().await.expect(204);
        let refused = put(&agent, ERP, named("Anna", "Huber")).send().await.expect(409);
        assert_eq!((refused.code(), &refused["existing_id"]), ("archived", &json!(made.id())));
        let there = put(&agent, ERP, named("Anna", "Huber")).header("if-none-match", "*").send().await.expect(412);
        assert_eq!(there.code(), "record_exists");
        assert_eq!(agent.get(ERP).send().await.expect(200)["archived_at"], "2026-11-22T08:00:00.000000Z");
        agent.post(&format!("{}/restoration", address(&made)), json!({})).send().await.expect(200);
        put(&agent, ERP, named("Anna", "Weber")).send().await.expect(200);
    }

    async fn what_one_may_not_see_is_taken_and_no_more(app: TestApp) {
        let own = app.user(Role::Agent, Visibility::Own).await;
        let body = with(named("Anna", "Huber"), json!({"owner_id": own_id(&app.agent().await).await}));
        put(&app.agent().await, ERP, body).send().await.expect(201);
        own.get(ERP).send().await.expect(404);
        let taken = put(&own, ERP, named("Anna", "Huber")).send().await.expect(409);
        assert_eq!((taken.code(), &taken["existing_id"]), ("already_exists", &Value::Null));
        let list = own.get("/v1/customers").query(&[("external_system", "erp")]).send().await.expect(200);
        assert!(list.items().is_empty());
        let mine = put(&own, "/v1/customers-by-external-id/erp/1", named("Eva", "Huber")).send().await.expect(201);
        assert_eq!(mine["owner_id"], json!(own_id(&own).await));
        app.read_only().await.call(Method::PUT, ERP).json(named("a", "b")).send().await.expect(403);
    }

    async fn one_external_id_is_one_customer_whoever_is_first(app: TestApp) {
        let agent = app.agent().await;
        let calls = (0..50).map(|number| put(&agent, ERP, with(named("Anna", "Huber"), json!({"tags": [format!("t{}", number % 3)]}))).send());
        let replies = join_all(calls).await;
        let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!((statuses.iter().filter(|status| **status == 201).count(), statuses[0], statuses[49]), (1, 200, 201));
        let ids: BTreeSet<String> = replies.iter().map(Reply::id).collect();
        assert_eq!(ids.len(), 1);
        let all = agent.get("/v1/customers").query(&[("count", "exact")]).send().await.expect(200);
        assert_eq!(all["total"], 1);
        assert_eq!(customer(&agent, named("Eva", "Huber")).await["customer_number"], "K-000002", "no number is lost");
        // Create only: one makes it, the others are told.
        let path = "/v1/customers-by-external-id/erp/1";
        let calls = (0..20).map(|_| put(&agent, path, named("Eva", "Weber")).header("if-none-match", "*").send());
        let mut statuses: Vec<u16> = join_all(calls).await.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!((statuses[0], &statuses[1..]), (201, &[412; 19][..]));
    }

    async fn customers_are_listed_by_external_id(app: TestApp) {
        let agent = app.agent().await;
        let make = async |name: &str, ids: &[(&str, &str)]| {
            customer(&agent, with(named(name, "X"), json!({"external_ids": known_as(ids)}))).await
        };
        make("Anna", &[("erp", "1"), ("webshop", "7")]).await;
        make("Berta", &[("erp", "2")]).await;
        make("Carla", &[("webshop", "1")]).await;
        make("Dora", &[]).await;
        let list = async |query: &[(&str, &str)]| {
            let reply = agent.get("/v1/customers").query(query).send().await.expect(200);
            reply.items().iter().map(|it| it["person"]["given_name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(list(&[("external_system", "erp")]).await, ["Anna", "Berta"]);
        assert_eq!(list(&[("external_system", "webshop"), ("sort", "-display_name")]).await, ["Carla", "Anna"]);
        assert_eq!(list(&[("external_system", "erp"), ("external_id", "1")]).await, ["Anna"]);
        assert_eq!(list(&[("external_system", "erp"), ("external_id", "7")]).await, [""; 0]);
        assert_eq!(list(&[("external_system", "ERP")]).await, [""; 0]);
        assert_eq!(list(&[("external_id", "1")]).await, ["Anna", "Carla"]);
        assert_eq!(list(&[("external_id", "8")]).await, [""; 0]);
    }

    async fn records_are_listed_by_external_id(app: TestApp) {
        let agent = app.agent().await;
        let home = format!("/v1/customers/{}", customer(&agent, named("Anna", "X")).await.id());
        let make = async |subject: &str, ids: &[(&str, &str)]| {
            let ticket = json!({"subject": subject, "external_ids": known_as(ids)});
            agent.post(&format!("{home}/tickets"), ticket).send().await.expect(201);
        };
        make("Kein Strom", &[("desk", "T-1"), ("erp", "9")]).await;
        make("Kein Licht", &[("desk", "T-2")]).await;
        make("Kein Ton", &[]).await;
        // The same id, but of another kind of record.
        agent.post(&format!("{home}/tasks"), json!({"subject": "Anrufen", "external_ids": known_as(&[("desk", "T-1")])})).send().await.expect(201);
        for list in ["/v1/tickets".to_owned(), format!("{home}/tickets")] {
            let found = async |query: &[(&str, &str)]| {
                let reply = agent.get(&list).query(query).query(&[("sort", "created_at")]).send().await.expect(200);
                reply.items().iter().map(|it| it["subject"].as_str().expect("a subject").to_owned()).collect::<Vec<_>>()
            };
            assert_eq!(found(&[("external_system", "desk"), ("external_id", "T-1")]).await, ["Kein Strom"], "{list}");
            assert_eq!(found(&[("external_system", "desk")]).await, ["Kein Strom", "Kein Licht"]);
            assert_eq!(found(&[("external_id", "9")]).await, ["Kein Strom"]);
            assert_eq!(found(&[("external_id", "T-3")]).await, [""; 0]);
        }
        let past = agent.get(&format!("{home}/tickets?external_id=9&as_of={}", app.clock.now())).send().await.expect(400);
        assert_eq!(past.faults().get("external_id"), Some(&"present_only"));
    }
}
