//! Requests that are repeated under one key.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::client::{Client, Reply};
use crate::support::samples::{address, customer, named, person};
use crate::support::{both, history};

async fn count(client: &Client) -> Value {
    client.get("/v1/customers").query(&[("count", "exact"), ("archived", "include")]).send().await.expect(200)["total"]
        .clone()
}

both! {
    async fn a_repetition_has_one_effect_and_one_answer(app: TestApp) {
        let agent = app.agent().await;
        let create = |body: Value| agent.post("/v1/customers", body).idempotency_key("order 66").send();
        let wrong = create(named("Anna", "Huber")).await;
        assert_eq!(wrong.expect(400).faults(), BTreeMap::from([("Idempotency-Key", "pattern")]));
        let create = |body: Value| agent.post("/v1/customers", body).idempotency_key("order-66").send();
        let first = create(named("Anna", "Huber")).await.expect(201);
        assert!(first.header("idempotent-replayed").is_none());
        app.advance(600);
        let again = create(named("Anna", "Huber")).await.expect(201);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!((&again.bytes, again.etag(), again.header("location")), (&first.bytes, first.etag(), first.header("location")));
        assert_eq!(count(&agent).await, 1);

        let other = create(named("Anna", "Meier")).await.expect(422);
        assert_eq!(other.code(), "idempotency_key_reused");
        let elsewhere = agent.post(&format!("{}/addresses", address(&first)), json!({"type": "private"})).idempotency_key("order-66");
        assert_eq!(elsewhere.send().await.expect(422).code(), "idempotency_key_reused");
        // The first answer is still the answer.
        assert_eq!(create(named("Anna", "Huber")).await.expect(201).bytes, first.bytes);
        // Keys of different callers are different keys.
        let admin = app.admin().await;
        let theirs = admin.post("/v1/customers", named("Bea", "Bauer")).idempotency_key("order-66").send().await.expect(201);
        assert!(theirs.header("idempotent-replayed").is_none());
        // A token that is none is no caller, and leaves nothing behind.
        let nobody = app.anonymous().with_token("x").post("/v1/customers", named("a", "b")).idempotency_key("k").send().await;
        nobody.expect(401);

        let (path, patch) = (address(&first), json!({"tier": "gold"}));
        let change = |etag: &'static str| agent.patch(&path, etag, patch.clone()).idempotency_key("patch-1").send();
        let changed = change("\"1\"").await.expect(200);
        agent.patch(&path, "\"2\"", json!({"tier": "silver"})).send().await.expect(200);
        let again = change("\"1\"").await.expect(200);
        assert_eq!((&again.bytes, again.etag(), again.header("idempotent-replayed")), (&changed.bytes, changed.etag(), Some("true")));
        assert_eq!(change("\"3\"").await.expect(422).code(), "idempotency_key_reused");
        assert_eq!(agent.get(&path).send().await.expect(200)["tier"], "silver");

        let token = agent.token().map(str::to_owned).expect("a token");
        let restarted = app.restart().await;
        let agent = restarted.anonymous().with_token(token);
        let again = agent.patch(&path, "\"1\"", patch.clone()).idempotency_key("patch-1").send().await;
        assert!(matches!(again.status, 200 | 401), "{again}");
    }

    async fn keys_that_are_none_are_refused(app: TestApp) {
        let agent = app.agent().await;
        for key in ["", " ", "ä", "a b", &"x".repeat(256)] {
            let reply = agent.post("/v1/customers", named("a", "b")).idempotency_key(key).send().await.expect(400);
            assert_eq!(reply.faults(), BTreeMap::from([("Idempotency-Key", "pattern")]), "{key}");
        }
        agent.post("/v1/customers", named("a", "b")).idempotency_key(&"x".repeat(255)).send().await.expect(201);
        assert_eq!(count(&agent).await, 1);
    }

    async fn a_used_key_hides_no_wrong_method_and_no_missing_precondition(app: TestApp) {
        let admin = app.admin().await;
        let created = admin.post("/v1/customers", named("Anna", "Huber")).idempotency_key("k").send().await.expect(201);
        let path = address(&created);
        let unknown = admin.call(Method::PATCH, &format!("{path}/addresses")).json(json!({})).idempotency_key("k");
        assert_eq!(unknown.send().await.expect(405).code(), "method_not_allowed");
        let nowhere = admin.post("/v1/nowhere", json!({})).idempotency_key("k");
        assert_eq!(nowhere.send().await.expect(404).code(), "unknown_route");
        let change = || admin.call(Method::PATCH, &path).json(json!({"tier": "gold"})).idempotency_key("change");
        for key in ["k", "change"] {
            let blind = admin.call(Method::PATCH, &path).json(json!({"tier": "gold"})).idempotency_key(key);
            assert_eq!(blind.send().await.expect(428).code(), "precondition_required");
        }
        // What was forgotten is sent after all, under the same key.
        change().header("if-match", "*").send().await.expect(200);
        change().send().await.expect(428);
    }

    async fn refusals_are_remembered_as_well(app: TestApp) {
        let (agent, reader) = (app.agent().await, app.read_only().await);
        let with_id = json!({"kind": "person", "display_name": "Jemand", "external_ids": [{"system": "erp", "id": "1"}]});
        let first = customer(&agent, with_id.clone()).await;
        let german = agent.speaking("de");
        let second = || german.post("/v1/customers", with_id.clone()).idempotency_key("second").send();
        let refused = second().await.expect(409);
        agent.patch(&address(&first), "*", json!({"external_ids": []})).send().await.expect(200);
        let again = second().await.expect(409);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        for member in ["type", "title", "status", "detail", "instance", "code"] {
            assert_eq!(again[member], refused[member], "{member}");
        }
        assert_eq!(again.header("content-language"), Some("de"));
        let invalid = || agent.post("/v1/customers", json!({"kind": "x"})).idempotency_key("invalid").send();
        let refused = invalid().await.expect(422);
        let again = invalid().await.expect(422);
        assert_eq!((again.faults(), again.header("idempotent-replayed")), (refused.faults(), Some("true")));
        let forbidden = || reader.post("/v1/customers", named("a", "b")).idempotency_key("forbidden").send();
        forbidden().await.expect(403);
        assert_eq!(forbidden().await.expect(403).header("idempotent-replayed"), Some("true"));
        assert_eq!(count(&agent).await, 1);
    }

    async fn a_hundred_at_once_have_one_effect(app: TestApp) {
        let agent = app.agent().await;
        // With a number of its own, a second effect would collide; without one, it would show.
        for (round, number) in [json!("D-1"), Value::Null].into_iter().enumerate() {
            let body = json!({"kind": "person", "display_name": "Jemand", "customer_number": number, "tags": [format!("neu {round}")]});
            let key = format!("key-{round}");
            let create = || agent.post("/v1/customers", body.clone()).idempotency_key(&key).send();
            let replies: Vec<Reply> = futures_util::future::join_all((0..100).map(|_| create())).await;
            is_one_effect(&replies, 201);
            assert_eq!(count(&agent).await, round + 1);
            let last = create().await.expect(201);
            assert_eq!(last.header("idempotent-replayed"), Some("true"));
        }
        let created = customer(&agent, person()).await;
        let path = address(&created);
        let change = || agent.patch(&path, "\"1\"", json!({"tier": "gold"})).idempotency_key("patch").send();
        let replies: Vec<Reply> = futures_util::future::join_all((0..100).map(|_| change())).await;
        is_one_effect(&replies, 200);
        assert_eq!(history::kinds(&app, &created.id()).await, ["customer.created", "customer.updated"]);
    }
}

/// Everybody is told the same, or to come back.
fn is_one_effect(replies: &[Reply], status: u16) {
    let mut done = replies.iter().filter(|reply| reply.status == status);
    let first = done.next().expect("one effect");
    assert!(done.all(|reply| reply.bytes == first.bytes && reply.etag() == first.etag()));
    for reply in replies.iter().filter(|reply| reply.status != status) {
        assert_eq!((reply.status, reply.code()), (409, "idempotency_in_progress"), "{reply}");
        assert!(reply.header("retry-after").is_some());
    }
    let original =
        replies.iter().filter(|reply| reply.status == status && reply.header("idempotent-replayed").is_none());
    assert_eq!(original.count(), 1, "only one of them is no repetition");
}
