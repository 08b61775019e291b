//! What two records cannot both have: the refusal says where it stands and who has it, if the caller may see them.

use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::Reply;
use crate::support::samples::{address, customer, named, own_id, tag, with};

/// The places of a refusal, and the record it names.
fn told(reply: &Reply) -> (Vec<&str>, Option<&str>) {
    assert_eq!((reply.status, reply.code()), (409, "already_exists"), "{reply}");
    assert!(reply.faults().values().all(|code| *code == "taken"), "{reply}");
    (reply.faults().into_keys().collect(), reply["existing_id"].as_str())
}

both! {
    async fn a_customer_is_told_which_number_and_which_external_id(app: TestApp) {
        let agent = app.agent().await;
        let body = |number: &str, ids: Value| with(named("Anna", "Huber"), json!({"customer_number": number, "external_ids": ids}));
        let id = |system: &str, id: &str| json!({"system": system, "id": id});
        let first = customer(&agent, body("A-1", json!([id("erp", "1"), id("webshop", "1")]))).await;
        let first_id = first.id();
        let create = async |number: &str, ids: Value| agent.post("/v1/customers", body(number, ids)).send().await;
        assert_eq!(told(&create("A-1", json!([])).await), (vec!["/customer_number"], Some(first_id.as_str())));
        let ids = json!([id("erp", "2"), id("webshop", "1"), id("erp", "1")]);
        assert_eq!(told(&create("A-2", ids).await), (vec!["/external_ids/1", "/external_ids/2"], Some(first_id.as_str())));
        let reply = create("A-1", json!([id("erp", "1")])).await;
        assert_eq!(told(&reply), (vec!["/customer_number", "/external_ids/0"], Some(first_id.as_str())));
        assert_eq!(reply["detail"], "Another record already has this customer_number, external_ids.");

        let second = customer(&agent, body("A-2", json!([id("erp", "2")]))).await;
        let patch = json!({"external_ids": [id("erp", "2"), id("erp", "1")], "customer_number": "A-1"});
        let reply = agent.patch(&address(&second), "*", patch).send().await;
        assert_eq!(told(&reply), (vec!["/customer_number", "/external_ids/1"], Some(first_id.as_str())));
        let same = json!({"external_ids": [id("erp", "2")], "customer_number": "A-2"});
        agent.patch(&address(&second), "*", same).send().await.expect(200);
        // What was given up is free.
        agent.patch(&address(&first), "*", json!({"external_ids": [], "customer_number": "A-3"})).send().await.expect(200);
        agent.patch(&address(&second), "*", json!({"external_ids": [id("erp", "1")], "customer_number": "A-1"})).send().await.expect(200);
    }

    async fn whom_one_may_not_see_one_is_not_told(app: TestApp) {
        let (agent, own) = (app.agent().await, app.user(Role::Agent, Visibility::Own).await);
        let body = json!({"customer_number": "A-1", "external_ids": [{"system": "erp", "id": "1"}], "owner_id": own_id(&agent).await});
        let foreign = customer(&agent, with(named("Anna", "Huber"), body.clone())).await;
        let reply = own.post("/v1/customers", with(named("Eva", "Huber"), with(body, json!({"owner_id": null})))).send().await;
        assert_eq!(told(&reply), (vec!["/customer_number", "/external_ids/0"], None));
        let call = json!({"kind": "call", "external_ids": [{"system": "pbx", "id": "1"}], "source": {"system": "pbx", "reference": "r"}});
        agent.post(&format!("{}/interactions", address(&foreign)), call.clone()).send().await.expect(201);
        let mine = customer(&own, named("Eva", "Weber")).await;
        let path = format!("{}/interactions", address(&mine));
        assert_eq!(told(&own.post(&path, call.clone()).send().await), (vec!["/source/reference"], None));
        assert_eq!(told(&own.post(&path, with(call, json!({"source": null}))).send().await), (vec!["/external_ids/0"], None));
    }

    async fn every_other_record_is_told_as_well(app: TestApp) {
        let admin = app.admin().await;
        let customers = [customer(&admin, named("Anna", "Huber")).await, customer(&admin, named("Eva", "Huber")).await];
        let [one, other] = customers.each_ref().map(|customer| format!("{}/interactions", address(customer)));
        let call = json!({"kind": "call", "external_ids": [{"system": "pbx", "id": "1"}], "source": {"system": "pbx", "reference": "r"}});
        let logged = admin.post(&one, call.clone()).send().await.expect(201).id();
        assert_eq!(told(&admin.post(&other, call.clone()).send().await), (vec!["/source/reference"], Some(logged.as_str())));
        let without = with(call, json!({"source": null}));
        assert_eq!(told(&admin.post(&one, without).send().await), (vec!["/external_ids/0"], Some(logged.as_str())));

        let kind = json!({
            "name": "machine.serviced", "category": "support", "labels": {"en": "Machine", "de": "Maschine"},
            "payload_schema": {"type": "object"},
        });
        let made = admin.post("/v1/event-types", kind.clone()).send().await.expect(201).id();
        assert_eq!(told(&admin.post("/v1/event-types", kind).send().await), (vec!["/name"], Some(made.as_str())));
        let [one, other] = customers.each_ref().map(|customer| format!("{}/timeline", address(customer)));
        let event = json!({"kind": "machine.serviced", "source": {"system": "erp", "reference": "1"}});
        let appended = admin.post(&one, event.clone()).send().await.expect(201).id();
        assert_eq!(told(&admin.post(&other, event).send().await), (vec!["/source/reference"], Some(appended.as_str())));

        let [first, second] = [tag(&admin, "neubau").await.id(), tag(&admin, "altbau").await.id()];
        assert_eq!(told(&admin.post("/v1/tags", json!({"name": "Neubau"})).send().await), (vec!["/name"], Some(first.as_str())));
        let reply = admin.patch(&format!("/v1/tags/{second}"), "*", json!({"name": "neubau"})).send().await;
        assert_eq!(told(&reply), (vec!["/name"], Some(first.as_str())));

        let user = |email: &str| json!({"email": email, "display_name": "Neu", "role": "agent"});
        let first = admin.post("/v1/users", user("a@example.org")).send().await.expect(201).id();
        let second = admin.post("/v1/users", user("b@example.org")).send().await.expect(201).id();
        assert_eq!(told(&admin.post("/v1/users", user("A@Example.org")).send().await), (vec!["/email"], Some(first.as_str())));
        let reply = admin.patch(&format!("/v1/users/{second}"), "*", json!({"email": "a@example.org"})).send().await;
        assert_eq!(told(&reply), (vec!["/email"], Some(first.as_str())));
    }
}
