//! What every caller can rely on, whatever the operation: methods, bodies, headers.

use std::collections::{BTreeMap, BTreeSet};

use kundenhistorie::config::Config;
use kundenhistorie::openapi;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::client::Client;
use crate::support::database::TestDatabase;
use crate::support::samples::{address, customer, named, person};
use crate::support::{both, history};

const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"];
const ORIGIN: &str = "https://crm.example.org";

fn method(name: &str) -> Method {
    name.parse().expect("a method")
}

/// Every address of the document, with an id in the place of each parameter.
fn paths() -> Vec<(String, Vec<String>)> {
    let document = openapi::document();
    let paths = document["paths"].as_object().expect("paths").clone();
    let filled = |path: &str| {
        let parts = path.split('/').map(|part| match part.starts_with('{') {
            true if part == "{code}" => "not_found".to_owned(),
            true => Uuid::now_v7().to_string(),
            false => part.to_owned(),
        });
        parts.collect::<Vec<_>>().join("/")
    };
    let methods = |item: &Value| -> Vec<String> {
        item.as_object().into_iter().flatten().map(|(name, _)| name.to_ascii_uppercase()).collect()
    };
    paths.iter().map(|(path, item)| (filled(path), methods(item))).collect()
}

/// A request as it goes over the wire, by a client that leaves the answer as it is.
async fn raw(app: &TestApp, request: Method, path: &str, headers: &[(&str, &str)]) -> (u16, HeaderMap, Vec<u8>) {
    let http = reqwest::Client::builder().no_gzip().no_zstd().build().expect("a client");
    let mut request = http.request(request, app.base().join(path).expect("an address"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let reply = request.send().await.expect("an answer");
    (reply.status().as_u16(), reply.headers().clone(), reply.bytes().await.expect("a body").to_vec())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn allowing(config: &mut Config) {
    config.http.cors_allowed_origins = vec![ORIGIN.to_owned()];
}

both! {
    async fn each_address_knows_its_methods_and_no_other(app: TestApp) {
        let admin = app.admin().await;
        for (path, documented) in paths() {
            for name in METHODS {
                let known = documented.iter().any(|known| known == name || known == "GET" && name == "HEAD");
                if known {
                    continue;
                }
                // The client compares Allow with the document.
                for client in [&admin, &app.anonymous()] {
                    let reply = client.call(method(name), &path).send().await;
                    let expected = if name == "OPTIONS" { 204 } else { 405 };
                    assert_eq!(reply.status, expected, "{name} {path}\n{reply}");
                }
            }
        }
    }

    async fn head_tells_what_get_would(app: TestApp) {
        let agent = app.agent().await;
        let created = customer(&agent, person()).await;
        for path in [address(&created).as_str(), "/v1/customers", "/health/live", "/openapi.json", "/v1/customers/x", "/v1/nowhere"] {
            let headers = [("authorization", format!("Bearer {}", agent.token().expect("a token")))];
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let (status, of_head, body) = raw(&app, Method::HEAD, path, &headers).await;
            assert!(body.is_empty());
            let (expected, of_get, _) = raw(&app, Method::GET, path, &headers).await;
            assert_eq!(status, expected, "{path}");
            for name in ["etag", "content-type", "cache-control", "vary"] {
                assert_eq!(text(&of_head, name), text(&of_get, name), "{name} of {path}");
            }
        }
    }

    async fn what_is_nowhere_is_a_problem_like_any_other(app: TestApp) {
        let agent = app.agent().await;
        for path in [
            "/v1", "/v1/", "/v1/nowhere", "/v1/customers/", "/v1/customers/x/y/z", "/V1/customers", "/v1//customers", "/v2/customers",
            "/.env", "/swagger-ui/nowhere.js", "/metrics/x", "/problems", "/%00", "/ä",
        ] {
            for client in [&agent, &app.anonymous()] {
                let reply = client.get(path).send().await.expect(404);
                assert_eq!(reply.code(), "unknown_route", "{path}");
            }
        }
        for code in ["nonsense", "orders"] {
            assert_eq!(agent.get(&format!("/problems/{code}")).send().await.expect(404).code(), "not_found", "{code}");
        }
    }

    async fn an_address_is_the_same_however_its_letters_are_written(app: TestApp) {
        let agent = app.agent().await;
        let made = address(&customer(&agent, person()).await);
        let bearer = format!("Bearer {}", agent.token().expect("a token"));
        for path in ["/v1/%74ags", "/v1/task%2Dtemplates", &format!("{made}/contact%2dpoints"), &made.replace("cust", "%63ust")] {
            assert_eq!(raw(&app, Method::GET, path, &[("authorization", &bearer)]).await.0, 200, "{path}");
            assert_eq!(raw(&app, Method::PUT, path, &[("authorization", &bearer)]).await.0, 405, "{path}");
        }
    }

    async fn ids_that_are_none_are_unreadable(app: TestApp) {
        let agent = app.agent().await;
        for id in ["x", "1", "019a", "%20", "%00", "null", "019a0000-0000-7000-8000-00000000000g"] {
            let reply = agent.get(&format!("/v1/customers/{id}")).send().await.expect(400);
            assert_eq!((reply.code(), reply.faults()), ("invalid_request", BTreeMap::from([("customer_id", "uuid")])), "{id}");
        }
    }

    async fn bodies_that_cannot_be_read_are_told_apart(app: TestApp) {
        let agent = app.agent().await;
        let deep = format!("{{\"kind\": {}1{}}}", "[".repeat(40), "]".repeat(40));
        let deepest = "[".repeat(100_000);
        let large = format!("{{\"kind\": \"person\", \"tier\": \"{}\"}}", "x".repeat(app.config.http.max_body_bytes));
        let json = "application/json";
        let cases: Vec<(&str, &[u8], u16, &str)> = vec![
            (json, b"", 400, "malformed_body"),
            (json, b"{", 400, "malformed_body"),
            (json, b"{\"kind\": \"person\"} x", 400, "malformed_body"),
            (json, b"{'kind': 'person'}", 400, "malformed_body"),
            (json, b"{\"kind\": \"person\",}", 400, "malformed_body"),
            (json, b"{\"kind\": NaN}", 400, "malformed_body"),
            (json, b"{\"kind\": 1e999}", 400, "malformed_body"),
            (json, b"{\"kind\": \"person\", \"kind\": \"company\"}", 400, "malformed_body"),
            (json, b"{\"kind\": \"person\", \"person\": {\"given_name\": \"a\", \"given_name\": \"b\"}}", 400, "malformed_body"),
            (json, b"{\"kind\": \"\\ud800\"}", 400, "malformed_body"),
            (json, b"{\"kind\": \"\xff\"}", 400, "malformed_body"),
            (json, b"\xef\xbb\xbf{\"kind\": \"person\"}", 400, "malformed_body"),
            (json, b"{\"kind\": \"person\x01\"}", 400, "malformed_body"),
            (json, deep.as_bytes(), 400, "malformed_body"),
            (json, deepest.as_bytes(), 400, "malformed_body"),
            (json, large.as_bytes(), 413, "payload_too_large"),
            (json, b"[]", 422, "validation_failed"),
            (json, b"null", 422, "validation_failed"),
            (json, b"\"person\"", 422, "validation_failed"),
            ("text/plain", b"{\"kind\": \"person\"}", 415, "unsupported_media_type"),
            ("application/x-www-form-urlencoded", b"kind=person", 415, "unsupported_media_type"),
            ("application/merge-patch+json", b"{\"kind\": \"person\"}", 415, "unsupported_media_type"),
            ("application/jsonx", b"{\"kind\": \"person\"}", 415, "unsupported_media_type"),
            ("", b"{\"kind\": \"person\"}", 415, "unsupported_media_type"),
        ];
        for key in [None, Some("k")] {
            for (index, (media_type, body, status, code)) in cases.iter().enumerate() {
                let send = async |client: &Client| {
                    let call = client.call(Method::POST, "/v1/customers").body(media_type, *body);
                    match key {
                        Some(key) => call.idempotency_key(&format!("{key}{index}")).send().await,
                        None => call.send().await,
                    }
                };
                let reply = send(&agent).await;
                let shown = String::from_utf8_lossy(&body[..body.len().min(80)]);
                assert_eq!((reply.status, reply.code()), (*status, *code), "{media_type}: {shown}\n{reply}");
                if key.is_none() {
                    let german = send(&agent.speaking("de")).await;
                    assert_ne!(reply["title"], german["title"]);
                    assert_ne!(reply["detail"], german["detail"], "{shown}");
                }
            }
        }
        for media_type in ["application/json; charset=utf-8", "Application/JSON"] {
            agent.call(Method::POST, "/v1/customers").body(media_type, "{\"kind\": \"person\", \"display_name\": \"x\"}").send().await.expect(201);
        }
        let created = customer(&agent, person()).await;
        for (media_type, status) in [("application/json", 200), ("application/merge-patch+json", 200), ("application/json-patch+json", 415), ("text/json", 415)] {
            let call = agent.call(Method::PATCH, &address(&created)).header("if-match", "*").body(media_type, "{}");
            call.send().await.expect(status);
        }
    }

    async fn a_request_has_a_name_everywhere(app: TestApp) {
        let agent = app.agent().await;
        let long = "x".repeat(64);
        for id in ["abc", "A-b_c.1", long.as_str()] {
            let reply = agent.get("/v1/me").header("x-request-id", id).send().await;
            assert_eq!(reply.header("x-request-id"), Some(id));
        }
        let mut made = BTreeSet::new();
        for id in ["", "a b", "ä", "x\"", &"x".repeat(65)] {
            let reply = agent.get("/v1/nowhere").header("x-request-id", id).send().await;
            let given = reply.header("x-request-id").expect("a request id").to_owned();
            assert!(given.parse::<Uuid>().is_ok_and(|given| given.get_version_num() == 7), "{given}");
            assert_eq!(reply["request_id"], given);
            made.insert(given);
        }
        assert_eq!(made.len(), 5);
        let created = agent.post("/v1/customers", person()).header("x-request-id", "from-me").send().await.expect(201);
        let (event, _) = history::newest(&app, &created.id()).await;
        assert_eq!(event.request_id.as_deref(), Some("from-me"));
    }

    async fn answers_are_kept_by_nobody_without_asking(app: TestApp) {
        let agent = app.agent().await;
        let created = customer(&agent, person()).await;
        for (reply, cache) in [
            (agent.get(&address(&created)).send().await, "private, no-cache"),
            (agent.get("/v1/customers").send().await, "private, no-cache"),
            (agent.get("/v1/nowhere").send().await, "no-store"),
            (app.anonymous().get("/v1/me").send().await, "no-store"),
        ] {
            assert_eq!(reply.header("cache-control"), Some(cache), "{reply}");
            let vary = reply.header("vary").unwrap_or_default().to_ascii_lowercase();
            for name in ["authorization", "accept-language", "accept-encoding"] {
                assert!(vary.contains(name), "{vary}");
            }
        }
    }

    async fn what_is_known_is_not_sent_again(app: TestApp) {
        let agent = app.agent().await;
        let created = customer(&agent, person()).await;
        let path = address(&created);
        for known in ["\"1\"", "W/\"1\"", "\"x\", \"1\"", "*", "\"1\",\"2\""] {
            let reply = agent.get(&path).header("if-none-match", known).send().await.expect(304);
            assert_eq!((reply.bytes.len(), reply.etag().as_str()), (0, "\"1\""), "{known}");
            assert!(reply.header("vary").is_some() && reply.header("cache-control").is_some());
        }
        for unknown in ["\"2\"", "", "x", "1"] {
            agent.get(&path).header("if-none-match", unknown).send().await.expect(200);
        }
        agent.patch(&path, "\"1\"", json!({"tier": "x"})).send().await.expect(200);
        agent.get(&path).header("if-none-match", "\"1\"").send().await.expect(200);
    }

    async fn pages_of_allowed_origins_may_read_answers(database: TestDatabase) {
        let app = TestApp::start_with(database, allowing).await;
        let agent = app.agent().await;
        let stranger = app.anonymous();
        let ask = |origin: &'static str, method: &'static str, headers: &'static str| {
            let call = stranger.call(Method::OPTIONS, "/v1/customers").header("origin", origin);
            let call = call.header("access-control-request-method", method).header("access-control-request-headers", headers);
            async move { call.send().await }
        };
        for (method, headers) in [
            ("GET", "authorization,accept-language"), ("POST", "content-type, idempotency-key, authorization"),
            ("PATCH", "if-match"), ("DELETE", "if-match, x-request-id, traceparent"), ("GET", "if-none-match"),
        ] {
            let reply = ask(ORIGIN, method, headers).await.expect(200);
            assert_eq!(reply.header("access-control-allow-origin"), Some(ORIGIN));
            assert!(reply.header("access-control-allow-methods").unwrap_or_default().contains(method));
            assert!(reply.header("access-control-max-age").is_some());
        }
        for (origin, asked, headers, refused) in [
            ("https://evil.example.org", "GET", "authorization", "Origin"), ("null", "GET", "accept", "Origin"),
            (ORIGIN, "TRACE", "authorization", "Access-Control-Request-Method"), (ORIGIN, "GET", "accept, x-evil", "Access-Control-Request-Headers"),
        ] {
            let request = [("origin", origin), ("access-control-request-method", asked), ("access-control-request-headers", headers)];
            let (status, headers, body) = raw(&app, Method::OPTIONS, "/v1/customers", &request).await;
            let problem: Value = serde_json::from_slice(&body).expect("a problem");
            assert_eq!((status, &problem["code"], headers.get("access-control-allow-origin")), (400, &json!("cross_origin_refused"), None));
            assert_eq!((&problem["errors"][0]["header"], &problem["errors"][1]), (&json!(refused), &Value::Null), "{origin} {asked}");
        }
        let reply = agent.get("/v1/customers").header("origin", ORIGIN).send().await.expect(200);
        assert_eq!(reply.header("access-control-allow-origin"), Some(ORIGIN));
        let exposed = reply.header("access-control-expose-headers").unwrap_or_default().to_ascii_lowercase();
        for name in ["etag", "location", "link", "ratelimit", "ratelimit-policy", "retry-after", "x-request-id", "idempotent-replayed"] {
            assert!(exposed.split(',').any(|exposed| exposed.trim() == name), "{name} in {exposed}");
        }
        // Failures and repetitions are readable for the page as well; a foreign page gets nothing.
        let create = || agent.post("/v1/customers", json!({"kind": "x"})).idempotency_key("k").header("origin", ORIGIN).send();
        for reply in [
            agent.get("/v1/nowhere").header("origin", ORIGIN).send().await,
            agent.get("/v1/customers/x").header("origin", ORIGIN).send().await,
            create().await.expect(422),
            create().await.expect(422),
        ] {
            assert_eq!(reply.header("access-control-allow-origin"), Some(ORIGIN), "{reply}");
        }
        let foreign = agent.get("/v1/customers").header("origin", "https://evil.example.org").send().await;
        assert!(foreign.header("access-control-allow-origin").is_none());
    }

    async fn no_origin_is_allowed_unless_it_is_listed(app: TestApp) {
        let request = [("origin", ORIGIN), ("access-control-request-method", "GET")];
        let (_, headers, _) = raw(&app, Method::OPTIONS, "/v1/customers", &request).await;
        assert!(headers.get("access-control-allow-origin").is_none());
    }

    async fn answers_are_compressed_as_the_caller_likes(app: TestApp) {
        let agent = app.agent().await;
        let created = customer(&agent, person()).await;
        let bearer = format!("Bearer {}", agent.token().expect("a token"));
        let plain = agent.get(&address(&created)).send().await.bytes;
        for (accepted, expected) in [
            ("", ""), ("identity", ""), ("gzip", "gzip"), ("zstd", "zstd"), ("gzip;q=0.5, zstd;q=0.9", "zstd"), ("gzip;q=0", ""),
            ("br", ""), ("*", "?"), ("gzip, identity;q=0", "gzip"), ("nonsense;;q=x", ""),
        ] {
            let headers = [("authorization", bearer.as_str()), ("accept-encoding", accepted)];
            let (status, headers, body) = raw(&app, Method::GET, &address(&created), &headers).await;
            assert_eq!(status, 200, "{accepted}");
            let encoding = text(&headers, "content-encoding");
            assert!(encoding == expected || expected == "?", "{accepted}: {encoding}");
            if encoding.is_empty() {
                assert_eq!(body, plain, "{accepted}");
            } else {
                assert!(body.len() < plain.len());
                assert_eq!(text(&headers, "etag"), "\"1\"");
            }
        }
        for accepted in ["identity;q=0, *;q=0", "identity;q=0", "*;q=0"] {
            let reply = agent.get(&address(&created)).header("accept-encoding", accepted).send().await;
            assert!(matches!((reply.status, accepted), (406, _)), "{accepted}\n{reply}");
            assert_eq!(reply.code(), "not_acceptable");
        }
    }

    async fn callers_are_told_their_limit(database: TestDatabase) {
        let limited = |config: &mut Config| {
            config.rate_limit.enabled = true;
            config.rate_limit.burst = 5;
            config.rate_limit.requests_per_minute = 6;
        };
        let app = TestApp::start_with(database, limited).await;
        let (agent, other) = (app.agent().await, app.read_only().await);
        for left in (0..5).rev() {
            let reply = agent.get("/v1/me").send().await.expect(200);
            assert_eq!(reply.header("ratelimit-policy"), Some("\"default\";q=5;w=50"));
            let limit = reply.header("ratelimit").unwrap_or_default();
            assert!(limit.starts_with(&format!("\"default\";r={left};t=")), "{limit}");
        }
        let refused = agent.speaking("de").get("/v1/me").send().await.expect(429);
        assert_eq!((refused.code(), &refused["title"]), ("rate_limited", &json!("Zu viele Anfragen")));
        let seconds: u64 = refused.header("retry-after").and_then(|text| text.parse().ok()).expect("seconds");
        assert!((1..=10).contains(&seconds), "{seconds}");
        assert!(refused.header("ratelimit").unwrap_or_default().starts_with("\"default\";r=0;t="));
        agent.get("/v1/customers").send().await.expect(429);
        // Others, and who watches the service, are not held up.
        other.get("/v1/me").send().await.expect(200);
        for path in ["/health/live", "/health/ready"] {
            let reply = agent.get(path).send().await.expect(200);
            assert!(reply.header("ratelimit").is_none());
        }
        for login in ["/v1/auth/login", "/v1/auth/%6Cogin"] {
            let (_, headers, _) = raw(&app, Method::POST, login, &[]).await;
            assert!(text(&headers, "ratelimit-policy").starts_with("\"login\""), "{login}: {headers:?}");
        }
        // Refused requests are not remembered under a key.
        let keyed = || agent.post("/v1/customers", named("a", "b")).idempotency_key("k").send();
        assert_eq!((keyed().await.status, keyed().await.header("idempotent-replayed")), (429, None));
    }
}
