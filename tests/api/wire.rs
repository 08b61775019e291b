//! Callers who are slow, long-winded or speak no HTTP, as bytes on a connection of their own.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use kundenhistorie::config::Config;
use kundenhistorie::entities::idempotency_record;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::chains::count;
use crate::support::database::{Backend, TestDatabase};
use crate::support::run;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// An answer as it came.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    /// The problem document.
    fn problem(&self) -> Value {
        assert!(self.head.contains("content-type: application/problem+json"), "{}", self.head);
        let problem: Value = serde_json::from_slice(&self.body).expect("JSON");
        assert_eq!(problem["status"], self.status);
        for header in ["x-request-id", "x-content-type-options", "cache-control"] {
            assert!(self.head.contains(&format!("\r\n{header}: ")), "{header}\n{}", self.head);
        }
        problem
    }

    /// The words of the framework: it answers by itself what is no request yet.
    fn is_bare(&self) {
        assert_eq!((self.body.len(), self.head.contains("\r\nserver: ")), (0, false), "{}", self.head);
    }
}

/// Sends bytes, waits for the answer and leaves.
async fn say(address: SocketAddr, words: &[u8]) -> Answer {
    let answered = async {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        // Whoever was answered already need not listen to the rest.
        drop(stream.write_all(words).await);
        let mut seen = Vec::new();
        loop {
            let end = seen.windows(4).position(|window| window == b"\r\n\r\n");
            if let Some(end) = end {
                let head = String::from_utf8(seen[..end + 2].to_vec()).expect("a head").to_ascii_lowercase();
                let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
                let length: usize = length.map_or(0, |length| length.parse().expect("a length"));
                if seen.len() >= end + 4 + length {
                    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
                    return Answer { status, head, body: seen[end + 4..].to_vec() };
                }
            }
            let mut bytes = [0; 8192];
            let read = stream.read(&mut bytes).await.unwrap_or_default();
            assert!(read > 0, "no answer, only {:?}", String::from_utf8_lossy(&seen));
            seen.extend(&bytes[..read]);
        }
    };
    tokio::time::timeout(PATIENCE, answered).await.expect("an answer")
}

fn hasty(config: &mut Config) {
    config.http.request_timeout_seconds = 1;
}

/// The head of a request that makes a tag, up to its last two headers.
fn head(token: &str, headers: &str) -> String {
    format!(
        "POST /v1/tags HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\n{headers}\r\n\r\n"
    )
}

#[test]
fn nobody_is_waited_for_without_end() {
    run(Backend::Sqlite, async |database: TestDatabase| {
        let app = TestApp::start_with(database, hasty).await;
        let admin = app.admin().await;
        let token = admin.token().expect("a token");
        let begun = Instant::now();

        let head_unfinished = say(app.address(), b"GET /v1/me HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await;
        assert_eq!(head_unfinished.status, 408);
        head_unfinished.is_bare();

        for headers in ["Content-Length: 100", "Content-Length: 100\r\nIdempotency-Key: slow"] {
            let words = format!("{}{{\"name\":", head(token, headers));
            let answer = say(app.address(), words.as_bytes()).await;
            assert_eq!((answer.status, answer.problem()["code"].as_str()), (408, Some("request_timeout")), "{headers}");
        }
        let words = format!("{}6\r\n{{\"name\r\n", head(token, "Transfer-Encoding: chunked"));
        let answer = say(app.address(), words.as_bytes()).await;
        assert_eq!((answer.status, answer.problem()["code"].as_str()), (408, Some("request_timeout")));
        assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());

        // Nothing is kept under the key of a request that never came to its end.
        let again = admin.post("/v1/tags", json!({"name": "neubau"})).idempotency_key("slow").send().await;
        again.expect(201);
    });
}

#[test]
fn nobody_sends_more_than_is_read() {
    run(Backend::Sqlite, async |app: TestApp| {
        let admin = app.admin().await;
        let token = admin.token().expect("a token");
        let limit = app.config.http.max_body_bytes;
        for key in ["", "\r\nIdempotency-Key: large"] {
            // What is announced need not be sent.
            let announced = head(token, &format!("Content-Length: {}{key}", limit + 1));
            let size = limit + 1;
            let sent =
                format!("{}{size:x}\r\n{}", head(token, &format!("Transfer-Encoding: chunked{key}")), "x".repeat(size));
            for words in [announced, sent] {
                let answer = say(app.address(), words.as_bytes()).await;
                let problem = answer.problem();
                assert_eq!((answer.status, problem["code"].as_str()), (413, Some("payload_too_large")));
                assert!(
                    problem["detail"].as_str().is_some_and(|detail| detail.contains(&limit.to_string())),
                    "{problem}"
                );
            }
        }

        // The client compares with the document, which promises that no address in an answer is longer than 33,000.
        for length in [8_000, 32_000, 33_000, 60_000] {
            for path in
                [format!("/v1/customers/{}", "x".repeat(length)), format!("/v1/customers?q={}", "x".repeat(length))]
            {
                let reply = admin.get(&path).send().await;
                if length > 32_768 {
                    assert_eq!((reply.status, reply.code()), (414, "uri_too_long"), "{length}");
                } else {
                    reply.expect(400);
                }
            }
        }
        let long = format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "x".repeat(70_000));
        let answer = say(app.address(), long.as_bytes()).await;
        assert_eq!(answer.status, 400);
        answer.is_bare();

        let many = "X-Many: x\r\n".repeat(200);
        let large = format!("X-Large: {}\r\n", "x".repeat(200_000));
        for headers in [many, large] {
            let words = format!("GET /v1/me HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
            let answer = say(app.address(), words.as_bytes()).await;
            assert_eq!(answer.status, 431);
            answer.is_bare();
        }
        for nonsense in [
            "BREW\r\n\r\n",
            "GET /v1/me HTTP/9.9\r\n\r\n",
            "GET /v1/me HTTP/1.1\r\nHost localhost\r\n\r\n",
            "\0\0\0\0\r\n\r\n",
        ] {
            let answer = say(app.address(), nonsense.as_bytes()).await;
            assert_eq!(answer.status, 400, "{nonsense:?}");
            answer.is_bare();
        }
        admin.get("/v1/me").send().await.expect(200);
    });
}

both! {
    async fn answers_are_forgotten_when_their_time_has_come(app: TestApp) {
        let hours = i64::from(app.config.idempotency.keep_hours);
        let tag = |name: &str| json!({"name": name});
        app.admin().await.post("/v1/tags", tag("neubau")).idempotency_key("first").send().await.expect(201);
        app.advance(3_600);
        app.admin().await.post("/v1/tags", tag("altbau")).idempotency_key("second").send().await.expect(401);
        let admin = app.user(kundenhistorie::domain::permission::Role::Admin, kundenhistorie::domain::actor::Visibility::All).await;
        admin.post("/v1/tags", tag("altbau")).idempotency_key("second").send().await.expect(201);
        assert_eq!(count(app.store(), "idempotency_records").await, 2);

        // A start looks for what has outlived its purpose.
        app.advance((hours - 1) * 3_600 + 1);
        let app = app.restart().await;
        let begun = Instant::now();
        while count(app.store(), "idempotency_records").await > 1 {
            assert!(begun.elapsed() < PATIENCE, "an answer is kept for ever");
        }
        let left = idempotency_record::Entity::find().all(&app.store().read).await.expect("the records");
        let left: Vec<&str> = left.iter().map(|record| record.key.as_str()).collect();
        assert_eq!(left, ["second"], "the other one has an hour left");
    }

    /// The body may hold a password: whoever has the database alone must not be able to try guesses against it.
    async fn what_was_asked_is_not_kept_in_a_way_that_can_be_guessed(app: TestApp) {
        let admin = app.admin().await;
        let token = admin.token().expect("a token").to_owned();
        let body = json!({"name": "neubau"});
        admin.post("/v1/tags", body.clone()).idempotency_key("k").send().await.expect(201);
        let records = idempotency_record::Entity::find().all(&app.store().read).await.expect("the records");
        let parts = [&b"POST"[..], b"/v1/tags", b"", body.to_string().as_bytes()].join(&0);
        assert_ne!(records[0].fingerprint, Sha256::digest(&parts).to_vec());
        assert_eq!(records[0].fingerprint.len(), 32);

        let app = app.restart().await;
        let admin = app.anonymous().with_token(token);
        let again = admin.post("/v1/tags", body).idempotency_key("k").send().await.expect(201);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        let other = admin.post("/v1/tags", json!({"name": "altbau"})).idempotency_key("k").send().await;
        assert_eq!(other.expect(422).code(), "idempotency_key_reused");
    }
}
