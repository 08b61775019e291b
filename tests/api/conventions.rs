//! What holds for every operation alike, shown on one of them.

use kundenhistorie::domain::permission::Role;
use reqwest::Method;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::database::{Backend, TestDatabase};

both! {
    async fn failures_speak_the_language_asked_for(app: TestApp) {
        let stranger = app.anonymous();
        let english = stranger.get("/v1/me").send().await.expect(401);
        let german = stranger.get("/v1/me").language("de-AT, en;q=0.5").send().await.expect(401);
        assert_eq!((english["title"].as_str(), german["title"].as_str()), (Some("Sign in first"), Some("Anmeldung erforderlich")));
        assert_eq!((english.code(), german.header("content-language")), (german.code(), Some("de")));
    }

    async fn every_fault_of_an_input_is_named_with_its_place(app: TestApp) {
        let body = json!({"name": "", "colour": "#1f77b4", "description": 7});
        let reply = app.admin().await.post("/v1/tags", body).send().await.expect(422);
        let faults: Vec<_> = reply.faults().into_iter().collect();
        assert_eq!(faults, [("/colour", "unknown_field"), ("/description", "type"), ("/name", "too_short")]);
        assert!(reply["errors"].to_string().contains("Did you mean 'color'?"), "{reply}");
    }

    async fn who_may_only_look_changes_nothing(app: TestApp) {
        let reply = app.read_only().await.post("/v1/tags", json!({"name": "neubau"})).send().await.expect(403);
        assert_eq!(reply["scope"], "tags:write");
        assert!(app.read_only().await.get("/v1/tags").send().await.expect(200).items().is_empty());
    }

    async fn the_same_key_creates_once(app: TestApp) {
        let admin = app.admin().await;
        let post = |name: &str| admin.post("/v1/tags", json!({"name": name})).idempotency_key("5f0c");
        let first = post("neubau").send().await.expect(201);
        let again = post("neubau").send().await.expect(201);
        assert_eq!((first.bytes, again.header("idempotent-replayed")), (again.bytes.clone(), Some("true")));
        assert_eq!(post("altbau").send().await.expect(422).code(), "idempotency_key_reused");
        let all = admin.get("/v1/tags").query(&[("count", "exact"), ("limit", "1")]).send().await.expect(200);
        assert_eq!(all["total"], 1);
    }

    async fn a_token_ends_with_its_time(app: TestApp) {
        let agent = app.agent().await;
        agent.get("/v1/me").send().await.expect(200);
        app.advance(app.config.auth.access_token_seconds.try_into().expect("seconds"));
        app.advance(60);
        assert_eq!(agent.get("/v1/me").send().await.expect(401)["reason"], "the access token has expired");
    }

    async fn unknown_addresses_and_methods_are_told_apart(app: TestApp) {
        let stranger = app.anonymous();
        assert_eq!(stranger.get("/v1/nowhere").send().await.expect(404).code(), "unknown_route");
        let refused = stranger.call(Method::PUT, "/v1/tags").send().await.expect(405);
        assert_eq!(refused.code(), "method_not_allowed");
        stranger.call(Method::OPTIONS, "/v1/tags").send().await.expect(204);
        app.admin().await.call(Method::HEAD, "/v1/tags").send().await.expect(200);
    }

    async fn a_packed_body_under_a_key_is_unpacked_once(app: TestApp) {
        // {"name":"gepackt"}
        let packed = hex::decode("1f8b0800000000000203ab56ca4bcc4d55b2524a4f2d484cce2e51aa050088c4237112000000").unwrap();
        let admin = app.admin().await;
        for replayed in [None, Some("true")] {
            let call = admin.call(Method::POST, "/v1/tags").body("application/json", packed.clone());
            let reply = call.header("Content-Encoding", "gzip").idempotency_key("packed-1").send().await.expect(201);
            assert_eq!((reply.at("/name"), reply.header("Idempotent-Replayed")), (&json!("gepackt"), replayed));
        }
    }

    async fn only_data_protection_restricts_a_customer(app: TestApp) {
        let restricted = json!({"kind": "person", "person": {"family_name": "Still"}, "restricted": true});
        let (agent, privacy) = (app.agent().await, app.as_role(Role::Privacy).await);
        let refused = agent.post("/v1/customers", restricted.clone()).send().await.expect(403);
        assert_eq!((refused.code(), refused.at("/scope")), ("insufficient_scope", &json!("customers:restrict")));
        let made = privacy.post("/v1/customers", restricted).send().await.expect(201);
        let path = format!("/v1/customers/{}", made.id());
        agent.patch(&path, "*", json!({"restricted": false})).send().await.expect(403);
        agent.patch(&path, "*", json!({"category": "B", "restricted": true})).send().await.expect(200);
        privacy.patch(&path, "*", json!({"restricted": false})).send().await.expect(200);
    }

    async fn callers_are_limited_if_that_is_wanted(database: TestDatabase) {
        let limited = |config: &mut kundenhistorie::config::Config| {
            config.rate_limit.enabled = true;
            config.rate_limit.requests_per_minute = 1;
            config.rate_limit.burst = 2;
        };
        let app = TestApp::start_with(database, limited).await;
        let agent = app.agent().await;
        for _ in 0..2 {
            agent.get("/v1/me").send().await.expect(200);
        }
        // Whoever waits for a minute may ask once more: however slow the machine is, the next is refused at last.
        let mut refused = agent.get("/v1/me").send().await;
        while refused.status == 200 {
            refused = agent.get("/v1/me").send().await;
        }
        assert_eq!(refused.expect(429).code(), "rate_limited");
    }

    async fn the_first_start_makes_the_tables(database: TestDatabase) {
        let empty = TestDatabase::empty(database.backend());
        let app = TestApp::start(empty).await;
        app.admin().await.get("/v1/customers").send().await.expect(200);
        let is_file = app.database().folder().join("kundenhistorie.db").exists();
        assert_eq!(is_file, app.database().backend() == Backend::Sqlite);
    }
}
