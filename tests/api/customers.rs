//! Customers: created, read, archived, found by other systems, seen by whom.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::client::Reply;
use crate::support::samples::{address, company, customer, named, own_id, person, with};
use crate::support::{both, history};

/// The members that tell one request from another.
fn without_identity(problem: &Value) -> Value {
    let mut problem = problem.clone();
    for member in ["instance", "request_id"] {
        problem.as_object_mut().expect("a problem").remove(member);
    }
    problem
}

/// Faults in the order of their places.
fn faults<const N: usize>(expected: [(&'static str, &'static str); N]) -> BTreeMap<&'static str, &'static str> {
    expected.into()
}

both! {
    async fn a_person_is_created_as_in_the_examples(app: TestApp) {
        let agent = app.agent().await;
        let reply = customer(&agent, person()).await;
        let id = reply.id();
        assert_eq!(reply.header("location"), Some(format!("/v1/customers/{id}").as_str()));
        assert_eq!(reply.etag(), "\"1\"");
        let expected = [
            ("/customer_number", json!("K-000001")),
            ("/kind", json!("person")),
            ("/display_name", json!("Dr. Änne Öztürk")),
            ("/person/birth_date", json!("1984-02-29")),
            ("/person/job_title", Value::Null),
            ("/person/interests", json!([{"kind": "hobby", "name": "Segeln"}])),
            ("/company", Value::Null),
            ("/contact_points/0/value", json!("0171 1234567")),
            ("/contact_points/0/normalized", json!("+491711234567")),
            ("/contact_points/0/primary", json!(true)),
            ("/contact_points/0/label", Value::Null),
            ("/contact_points/0/verified_at", Value::Null),
            ("/contact_points/0/status", json!("active")),
            ("/contact_points/1/normalized", json!("aenne.oeztuerk@example.org")),
            ("/contact_points/1/primary", json!(false)),
            ("/addresses/0/lines", json!(["Deichstraße 9"])),
            ("/addresses/0/geo", Value::Null),
            ("/lifecycle_stage", json!("lead")),
            ("/category", Value::Null),
            ("/tags", json!(["neubau"])),
            ("/custom_fields", json!({})),
            ("/external_ids", json!([{"system": "webshop", "id": "10023"}])),
            ("/first_contact_at", Value::Null),
            ("/restricted", json!(false)),
            ("/version", json!(1)),
            ("/created_at", json!("2026-11-22T08:00:00.000000Z")),
            ("/created_by/type", json!("user")),
            ("/created_by/id", json!(own_id(&agent).await)),
            ("/archived_at", Value::Null),
        ];
        for (pointer, value) in expected {
            assert_eq!(reply.at(pointer), &value, "{pointer}\n{reply}");
        }
        let read = agent.get(&address(&reply)).send().await.expect(200);
        assert_eq!(read.body, reply.body);
        assert_eq!(read.etag(), "\"1\"");
        assert_eq!(history::kinds(&app, &id).await, ["customer.created"]);
    }

    async fn a_company_is_created_as_in_the_examples(app: TestApp) {
        let agent = app.agent().await;
        let reply = customer(&agent, company()).await;
        assert_eq!(reply["display_name"], "Müller & Söhne GmbH & Co. KG");
        assert_eq!(reply["person"], Value::Null);
        assert_eq!(reply["company"], company()["company"]);
        assert_eq!(reply["lifecycle_stage"], "lead");
    }

    async fn nothing_but_kind_and_name_is_needed(app: TestApp) {
        let agent = app.agent().await;
        let person = customer(&agent, json!({"kind": "person", "display_name": "Jemand"})).await;
        assert_eq!(person["display_name"], "Jemand");
        assert_eq!(person.at("/person/given_name"), &Value::Null);
        assert_eq!(person["company"], Value::Null);
        let company = customer(&agent, json!({"kind": "company", "display_name": "Jemand", "company": null, "tier": null})).await;
        assert_eq!(company.at("/company/competitors"), &json!([]));
        assert_eq!(company["person"], Value::Null);
    }

    async fn an_archived_customer_is_hidden_and_can_come_back(app: TestApp) {
        let agent = app.agent().await;
        let created = customer(&agent, person()).await;
        let (path, id) = (address(&created), created.id());
        let list = || async { agent.get("/v1/customers").send().await.expect(200).items().len() };
        let restore = || async { agent.post(&format!("{path}/restoration"), json!({})).send().await };
        assert_eq!(restore().await.expect(409).code(), "not_archived");
        agent.delete(&path, "\"1\"").send().await.expect(204);
        assert_eq!(list().await, 0);
        let archived = agent.get(&path).send().await.expect(200);
        assert_eq!(archived["archived_at"], "2026-11-22T08:00:00.000000Z");
        assert_eq!(archived.etag(), "\"2\"");
        let point = format!("{path}/contact-points/{}", created.at("/contact_points/0/id").as_str().expect("an id"));
        let refused = [
            agent.patch(&path, "\"2\"", json!({"tier": "gold"})).send().await,
            agent.delete(&path, "\"2\"").send().await,
            agent.post(&format!("{path}/contact-points"), json!({"type": "email", "value": "x@example.org"})).send().await,
            agent.post(&format!("{path}/addresses"), json!({"type": "private"})).send().await,
            agent.patch(&point, "\"2\"", json!({"label": "x"})).send().await,
            agent.delete(&point, "\"2\"").send().await,
        ];
        for reply in refused {
            assert_eq!(reply.expect(409).code(), "archived");
        }
        for (archived, count) in [("only", 1), ("include", 1), ("exclude", 0)] {
            let reply = agent.get("/v1/customers").query(&[("archived", archived)]).send().await.expect(200);
            assert_eq!(reply.items().len(), count, "{archived}");
        }
        let restored = restore().await.expect(200);
        assert_eq!((restored["archived_at"].clone(), restored.etag()), (Value::Null, "\"3\"".to_owned()));
        assert_eq!(list().await, 1);
        assert_eq!(history::kinds(&app, &id).await, ["customer.created", "customer.archived", "customer.restored"]);
    }

    async fn an_external_id_belongs_to_one_customer(app: TestApp) {
        let agent = app.agent().await;
        let with_id = |system: &str, id: &str| json!({"kind": "person", "display_name": "Jemand", "external_ids": [{"system": system, "id": id}]});
        let first = customer(&agent, with_id("webshop", "1")).await;
        let taken = agent.speaking("de").post("/v1/customers", with_id("webshop", "1")).send().await.expect(409);
        assert_eq!(taken.code(), "already_exists");
        let second = customer(&agent, with_id("erp", "1")).await;
        let two = json!({"external_ids": [{"system": "erp", "id": "1"}, {"system": "webshop", "id": "1"}]});
        agent.patch(&address(&second), "\"1\"", two.clone()).send().await.expect(409);
        agent.patch(&address(&first), "\"1\"", json!({"external_ids": []})).send().await.expect(200);
        agent.patch(&address(&second), "\"1\"", two).send().await.expect(200);
        // Reordering is no collision with oneself.
        let turned = json!({"external_ids": [{"system": "webshop", "id": "1"}, {"system": "erp", "id": "1"}]});
        agent.patch(&address(&second), "\"2\"", turned).send().await.expect(200);
        let replies = join_all((0..20).map(|_| agent.post("/v1/customers", with_id("webshop", "2")).send())).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
        assert!(replies.iter().all(|reply| matches!(reply.status, 201 | 409)));
    }

    async fn assigned_numbers_have_no_gap(app: TestApp) {
        let agent = app.agent().await;
        customer(&agent, json!({"kind": "person", "display_name": "Jemand", "customer_number": "K-000007"})).await;
        let taken = agent.post("/v1/customers", json!({"kind": "person", "display_name": "Jemand", "customer_number": "K-000007"})).send().await.expect(409);
        assert_eq!(taken.code(), "already_exists");
        let create = |number: usize| {
            let agent = &agent;
            // Every third one fails, early or late.
            let body = match number % 6 {
                2 => json!({"kind": "person", "display_name": "Jemand", "language": "?"}),
                5 => json!({"kind": "person", "display_name": "Jemand", "customer_number": "K-000007", "tags": ["t"]}),
                _ => json!({"kind": "person", "display_name": "Jemand", "tags": [format!("tag {}", number % 2)]}),
            };
            async move { agent.post("/v1/customers", body).send().await }
        };
        let replies = join_all((0..45).map(create)).await;
        let mut numbers: Vec<&str> =
            replies.iter().filter(|reply| reply.status == 201).filter_map(|reply| reply["customer_number"].as_str()).collect();
        numbers.sort_unstable();
        let expected: Vec<String> = (1..=31).filter(|number| *number != 7).map(|number| format!("K-{number:06}")).collect();
        assert_eq!(numbers, expected);
        let customer = customer(&agent, json!({"kind": "person", "display_name": "Jemand"})).await;
        assert_eq!(customer["customer_number"], "K-000032");
        let renamed = agent.patch(&address(&customer), "\"1\"", json!({"customer_number": "ERP 1"})).send().await.expect(200);
        assert_eq!(renamed["customer_number"], "ERP 1");
        let kept = agent.patch(&address(&customer), "\"2\"", json!({"customer_number": null})).send().await.expect(200);
        assert_eq!(kept["customer_number"], "ERP 1");
        assert_eq!(agent.patch(&address(&customer), "*", json!({"customer_number": "K-000001"})).send().await.expect(409).code(), "already_exists");
    }

    async fn what_one_may_not_see_is_not_there(app: TestApp) {
        let own = app.user(Role::Agent, Visibility::Own).await;
        let agent = app.agent().await;
        let mine = customer(&own, named("Anna", "Huber")).await;
        assert_eq!(mine["owner_id"], json!(own_id(&own).await), "who sees only what they own, owns what they create");
        own.get(&address(&mine)).send().await.expect(200);
        let foreign = customer(&agent, with(person(), json!({"owner_id": own_id(&agent).await}))).await;
        let (there, nowhere) = (address(&foreign), format!("/v1/customers/{}", Uuid::now_v7()));
        let point = foreign.at("/contact_points/0/id").as_str().expect("an id").to_owned();
        for below in ["", "/contact-points", "/addresses", &format!("/contact-points/{point}")] {
            let replies = [
                own.get(&format!("{there}{below}")).send().await.expect(404),
                own.get(&format!("{nowhere}{below}")).send().await.expect(404),
            ];
            assert_eq!(without_identity(&replies[0].body), without_identity(&replies[1].body));
        }
        for path in [&there, &nowhere] {
            own.patch(path, "\"1\"", json!({"tier": "x"})).send().await.expect(404);
            own.patch(path, "\"9\"", json!({"tier": "x"})).send().await.expect(404);
            own.delete(path, "\"1\"").send().await.expect(404);
            own.post(&format!("{path}/restoration"), json!({})).send().await.expect(404);
            own.post(&format!("{path}/addresses"), json!({"type": "private"})).send().await.expect(404);
        }
        let list = own.get("/v1/customers").query(&[("count", "exact")]).send().await.expect(200);
        assert_eq!((list.items().len(), &list["total"]), (1, &json!(1)));
        let refers = own.post("/v1/customers", json!({"kind": "person", "display_name": "Jemand", "referred_by": foreign.id()})).send().await.expect(422);
        assert_eq!(refers.faults(), faults([("/referred_by", "reference")]));
        // Given away is gone.
        own.patch(&address(&mine), "*", json!({"owner_id": own_id(&agent).await})).send().await.expect(200);
        own.get(&address(&mine)).send().await.expect(404);
    }

    async fn who_may_only_look_changes_nothing(app: TestApp) {
        let created = customer(&app.agent().await, person()).await;
        let reader = app.read_only().await;
        reader.get(&address(&created)).send().await.expect(200);
        let refused = reader.post("/v1/customers", person()).send().await.expect(403);
        assert_eq!((refused.code(), &refused["scope"]), ("insufficient_scope", &json!("customers:write")));
        reader.patch(&address(&created), "*", json!({"tier": "x"})).send().await.expect(403);
        reader.delete(&address(&created), "*").send().await.expect(403);
    }

    async fn customers_are_recorded_one_by_one(app: TestApp) {
        let agent = app.agent().await;
        let replies = join_all((0..30).map(|number| {
            let body = with(named("Anna", &format!("Huber {number}")), json!({"tags": ["gemeinsam"]}));
            let agent = &agent;
            async move { agent.post("/v1/customers", body).send().await.expect(201) }
        })).await;
        let ids: BTreeSet<String> = replies.iter().map(Reply::id).collect();
        assert_eq!(ids.len(), 30);
        let tags = agent.get("/v1/tags").send().await.expect(200);
        assert_eq!(tags.items().len(), 1, "customers created at the same time share one new tag");
    }
}
