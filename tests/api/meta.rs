//! What there is, and what values are called.

use kundenhistorie::domain::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::Reply;
use crate::support::kinds::KINDS;

const AT: &str = "/v1/meta/labels/task_status/open";

fn named<'a>(all: &'a Value, name: &str) -> &'a Value {
    let mut found = all.as_array().into_iter().flatten().filter(|one| one["name"] == name || one["value"] == name);
    found.next().unwrap_or(&Value::Null)
}

fn open(labels: &Reply) -> &Value {
    named(&named(&labels["enums"], "task_status")["values"], "open")
}

both! {
    async fn every_resource_is_described(app: TestApp) {
        let admin = app.admin().await;
        let meta = admin.get("/v1/meta").send().await.expect(200);
        let customer = named(&meta["resources"], "customer");
        assert_eq!((&customer["path"], &customer["label"]["de"]), (&json!("/v1/customers"), &json!("Kunde")));
        let field = |name: &str| named(&customer["fields"], name).clone();
        let stage = field("lifecycle_stage");
        assert_eq!((&stage["type"], &stage["enum"]), (&json!("string"), &json!("lifecycle_stage")));
        assert_eq!((&stage["writable"], &stage["required"]), (&json!(true), &json!(false)));
        assert_eq!((&field("kind")["required"], &field("version")["writable"]), (&json!(true), &json!(false)));
        assert_eq!((&field("tier")["nullable"], &field("addresses")["schema"]), (&json!(true), &json!("Address")));
        assert!(customer["sorts"].as_array().is_some_and(|sorts| sorts.contains(&json!("last_interaction_at"))));
        assert!(customer["filters"].as_array().is_some_and(|filters| filters.contains(&json!("city"))));
        for kind in KINDS {
            let described = named(&meta["resources"], kind.one);
            assert_eq!(described["path"], format!("/v1/{}", kind.segment()), "{}", kind.one);
        }
        let stages = named(&meta["enums"], "lifecycle_stage");
        assert_eq!(stages["values"][1], "lead");
        let same = admin.get("/v1/meta").header("if-none-match", meta.etag());
        same.send().await.expect(304);

        let body = json!({"resource": "customer", "key": "ramp", "type": "text", "label": {"en": "Ramp", "de": "Rampe"}});
        let made = admin.post("/v1/custom-field-definitions", body).send().await.expect(201);
        let with = admin.get("/v1/meta").header("if-none-match", meta.etag()).send().await.expect(200);
        assert_eq!(named(&with["resources"], "customer")["custom_fields"], json!([made.body]));
        admin.delete(&format!("/v1/custom-field-definitions/{}", made.id()), "*").send().await.expect(204);
        let without = admin.get("/v1/meta").send().await.expect(200);
        assert_eq!(without.body, meta.body);
    }

    async fn values_can_be_called_otherwise(app: TestApp) {
        let admin = app.admin().await;
        let before = admin.get("/v1/meta/labels").send().await.expect(200);
        assert_eq!(open(&before), &json!({"value": "open", "label": {"en": "Open", "de": "Offen"}, "custom": false}));
        let label = json!({"en": "To be done", "de": "Zu erledigen"});
        let made = admin.call(Method::PUT, AT).json(label.clone()).send().await.expect(200);
        assert_eq!((&made["label"], &made["custom"], &made["version"]), (&label, &json!(true), &json!(1)));
        assert_eq!(made["built_in"], json!({"en": "Open", "de": "Offen"}));
        assert_eq!(admin.call(Method::PUT, AT).json(label.clone()).send().await.expect(200)["version"], 1, "no change");
        let after = admin.get("/v1/meta/labels").header("if-none-match", before.etag()).send().await.expect(200);
        assert_eq!((&open(&after)["label"], &open(&after)["custom"]), (&label, &json!(true)));
        admin.get("/v1/meta/labels").header("if-none-match", after.etag()).send().await.expect(304);

        let other = json!({"en": "Waiting", "de": "Wartet"});
        let stale = admin.call(Method::PUT, AT).header("if-match", "\"0\"").json(other.clone()).send().await.expect(412);
        assert_eq!(stale.code(), "version_conflict");
        let changed = admin.call(Method::PUT, AT).header("if-match", made.etag()).json(other).send().await.expect(200);
        admin.call(Method::DELETE, AT).send().await.expect(428);
        admin.delete(AT, &changed.etag()).send().await.expect(204);
        let reset = admin.get(AT).send().await.expect(200);
        assert_eq!((&reset["label"]["de"], &reset["custom"], &reset["version"]), (&json!("Offen"), &json!(false), &json!(3)));
        assert_eq!(admin.get("/v1/meta/labels").send().await.expect(200).body, before.body);
        assert_eq!(admin.call(Method::PUT, AT).json(label).send().await.expect(200)["version"], 4);
    }

    async fn only_known_values_are_called_otherwise_by_those_who_may(app: TestApp) {
        let admin = app.admin().await;
        let label = json!({"en": "To be done", "de": "Zu erledigen"});
        for path in ["/v1/meta/labels/task_status/opened", "/v1/meta/labels/colour/open"] {
            admin.get(path).send().await.expect(404);
            admin.call(Method::PUT, path).json(label.clone()).send().await.expect(404);
            admin.delete(path, "*").send().await.expect(404);
        }
        admin.delete(AT, "*").send().await.expect(204);
        let blank = admin.call(Method::PUT, AT).json(json!({"en": "  ", "de": "x"})).send().await.expect(422);
        assert_eq!(blank.faults().get("/en"), Some(&"pattern"));
        let agent = app.as_role(Role::Agent).await;
        agent.get("/v1/meta").send().await.expect(200);
        agent.get("/v1/meta/labels").send().await.expect(200);
        agent.call(Method::PUT, AT).json(label).send().await.expect(403);
    }
}
