//! Proofs of events: what the service answers convinces somebody who shares no code with it, and nothing else does.

use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use kundenhistorie::history::change::Change;
use kundenhistorie::history::entry::Root;
use reqwest::Method;
use serde_json::{Value, json};
use verifier::{PublicKey, check_proof, check_series};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::chains::entry;
use crate::support::client::Client;

struct Scene {
    app: TestApp,
    admin: Client,
    keys: Vec<PublicKey>,
}

impl Scene {
    async fn set(app: TestApp) -> Self {
        let admin = app.admin().await;
        let keys = app.anonymous().get("/v1/checkpoints/keys").send().await.expect(200);
        let key = PublicKey::parse(keys["keys"][0]["x"].as_str().expect("a key")).expect("a key");
        assert_eq!(keys["keys"][0]["kid"], key.id());
        Self { app, admin, keys: vec![key] }
    }

    async fn customer(&self) -> String {
        let body = json!({"kind": "person", "person": {"given_name": "Änne", "family_name": "Öztürk"}});
        self.admin.post("/v1/customers", body).send().await.expect(201).id()
    }

    async fn rename(&self, customer: &str, times: usize) {
        for number in 0..times {
            let path = format!("/v1/customers/{customer}");
            self.admin.patch(&path, "*", json!({"tags": [format!("tag {number}")]})).send().await.expect(200);
        }
    }

    async fn sign(&self) -> Value {
        self.admin.call(Method::POST, "/v1/checkpoints").send().await.expect(200).body
    }

    /// The events of a customer, oldest first.
    async fn events(&self, customer: &str) -> Vec<String> {
        let path = format!("/v1/customers/{customer}/timeline?view=full&limit=200");
        let page = self.admin.get(&path).send().await.expect(200);
        let mut events = page["items"].as_array().expect("events").clone();
        events.sort_by_key(|event| event["sequence"].as_i64());
        events.iter().map(|event| event["id"].as_str().expect("an id").to_owned()).collect()
    }

    async fn proof(&self, customer: &str, event: &str) -> Value {
        let path = format!("/v1/customers/{customer}/timeline/{event}/proof");
        self.admin.get(&path).send().await.expect(200).body
    }
}

both! {
    async fn every_covered_event_is_proven_to_an_outsider(app: TestApp) {
        let scene = Scene::set(app).await;
        let customers = [scene.customer().await, scene.customer().await, scene.customer().await];
        let first = scene.sign().await;
        scene.rename(&customers[0], 3).await;
        let second = scene.sign().await;
        let series = format!("{first}\n{second}\n");
        assert_eq!(check_series(&series, &scene.keys).expect("they hold").len(), 2);
        check_series(&format!("{second}\n{first}\n"), &scene.keys).expect_err("not in order");

        for customer in &customers {
            for (index, event) in scene.events(customer).await.iter().enumerate() {
                let proof = scene.proof(customer, event).await;
                assert_eq!(proof["checkpoint"], second);
                let proven = check_proof(&proof.to_string(), &scene.keys).expect("it is proven");
                assert_eq!(&proven.event_id, event);
                assert_eq!(proven.kind, if index == 0 { "customer.created" } else { "customer.updated" });
                let content: Value = serde_json::from_str(&proven.content.expect("content")).expect("JSON");
                assert!(content["title_de"].as_str().is_some_and(|title| !title.is_empty()), "{content}");
            }
        }
        let verification = format!("/v1/customers/{}/timeline/verification", customers[0]);
        let covered = scene.admin.get(&verification).send().await.expect(200);
        assert_eq!(covered["checkpoint"], json!({"number": 2, "sequence": 4, "created_at": second["created_at"]}));
    }

    async fn no_altered_proof_convinces(app: TestApp) {
        let scene = Scene::set(app).await;
        let customer = scene.customer().await;
        scene.rename(&customer, 2).await;
        scene.customer().await;
        scene.sign().await;
        let event = &scene.events(&customer).await[0];
        let proof = scene.proof(&customer, event).await;
        check_proof(&proof.to_string(), &scene.keys).expect("it is proven");
        let stranger = PublicKey::parse("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").expect("a key");
        check_proof(&proof.to_string(), &[stranger]).expect_err("of a stranger");

        let mut tried = 0;
        for place in places(&proof, String::new()) {
            let mut altered = proof.clone();
            let value = altered.pointer_mut(&place).expect("a place");
            *value = match &*value {
                Value::Number(number) => json!(number.as_i64().expect("a whole number") + 1),
                Value::String(text) => json!(other(text)),
                Value::Null => json!("x"),
                _ => continue,
            };
            tried += 1;
            assert!(check_proof(&altered.to_string(), &scene.keys).is_err(), "{place}");
        }
        assert!(tried > 60, "{tried}");
        for (list, at) in [("events", 0), ("events", 1), ("audit_path", 0)] {
            let mut shorter = proof.clone();
            shorter[list].as_array_mut().expect("a list").remove(at);
            check_proof(&shorter.to_string(), &scene.keys).expect_err("shorter");
        }
    }

    async fn what_cannot_be_proven_says_why(app: TestApp) {
        let scene = Scene::set(app).await;
        let customer = scene.customer().await;
        let event = scene.events(&customer).await.remove(0);
        let path = format!("/v1/customers/{customer}/timeline/{event}/proof");
        let reply = scene.admin.get(&path).send().await;
        assert_eq!((reply.status, reply.code()), (404, "not_provable"));

        let change = Change::begin(&scene.app.system()).await.expect("a change");
        let root = Root { id: customer.parse().expect("an id"), kind: "customer" };
        for _ in 0..1_000 {
            change.record(entry(root, "and on"));
        }
        change.commit_unanswered().await.expect("a commit");
        scene.sign().await;
        let reply = scene.admin.get(&path).send().await;
        assert_eq!((reply.status, reply.code()), (404, "not_provable"));
        assert!(reply["detail"].as_str().expect("a detail").contains("1,000"), "{reply}");
        // The second one is near enough.
        let second = scene.admin.get(&format!("/v1/customers/{customer}/timeline?view=full&limit=200&sort=occurred_at"));
        let page = second.send().await.expect(200);
        let near = page["items"].as_array().expect("events").iter().find(|event| event["sequence"] == 2);
        let near = near.expect("the second event")["id"].as_str().expect("an id").to_owned();
        check_proof(&scene.proof(&customer, &near).await.to_string(), &scene.keys).expect("it is proven");

        let stranger = scene.app.user(Role::Admin, Visibility::Own).await;
        assert_eq!(stranger.get(&path).send().await.expect(404).code(), "not_found");
    }
}

/// Every place of a document that holds a value.
fn places(value: &Value, at: String) -> Vec<String> {
    match value {
        Value::Object(members) => {
            members.iter().flat_map(|(name, value)| places(value, format!("{at}/{name}"))).collect()
        }
        Value::Array(values) => {
            values.iter().enumerate().flat_map(|(index, value)| places(value, format!("{at}/{index}"))).collect()
        }
        _ => vec![at],
    }
}

/// Another text of the same form, as near as can be.
fn other(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let Some(at) = bytes.iter().rposition(|byte| byte.is_ascii_alphanumeric() && *byte != b'Z') else {
        return format!("{text}x");
    };
    bytes[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
    String::from_utf8(bytes).expect("text")
}
