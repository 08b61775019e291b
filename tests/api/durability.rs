//! The binary, killed and stopped in the middle of its work: what it has acknowledged is there.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::join_all;
use kundenhistorie::config::Config;
use kundenhistorie::entities::customer;
use kundenhistorie::history::store::Store;
use reqwest::Url;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::both;
use crate::support::chains::{count, holds_together};
use crate::support::database::TestDatabase;

const EMAIL: &str = "admin@example.org";
const PASSWORD: &str = "zwölf Boxkämpfer jagen Viktor";
const WRITERS: usize = 16;

/// The service as a process.
struct Service {
    child: Child,
    base: Url,
    http: reqwest::Client,
}

/// A write, and what it was answered with; nothing if it was not.
struct Write {
    key: String,
    answer: Option<Vec<u8>>,
}

impl Service {
    /// Starts it and waits until it listens.
    fn start(database: &TestDatabase) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kundenhistorie"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("KH_")) {
            command.env_remove(name);
        }
        command
            .arg("serve")
            .current_dir(database.folder())
            .env("KH_HTTP__PORT", "0")
            .env("KH_DATABASE__URL", database.url())
            .env("KH_DATA__FOLDER", database.folder())
            .env("KH_TELEMETRY__LOG_FORMAT", "json")
            .env("KH_RATE_LIMIT__ENABLED", "false")
            .env("KH_ADMIN__EMAIL", EMAIL)
            .env("KH_ADMIN__PASSWORD", PASSWORD)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the service starts");
        let mut log = BufReader::new(child.stderr.take().expect("its log"));
        let address = loop {
            let mut line = String::new();
            assert_ne!(log.read_line(&mut line).expect("a line"), 0, "it has ended: {:?}", child.wait());
            let entry: Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(address) = entry["address"].as_str() {
                break address.to_owned();
            }
        };
        // A full pipe would hold the service up.
        std::thread::spawn(move || drop(log.read_to_end(&mut Vec::new())));
        let base = Url::parse(&format!("http://{address}")).expect("an address");
        // The product chooses in its own process; here nobody else has.
        let _chosen = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().expect("a client");
        Self { child, base, http }
    }

    async fn sign_in(&self) -> String {
        let body = json!({ "email": EMAIL, "password": PASSWORD });
        let url = self.base.join("/v1/auth/login").expect("an address");
        let reply = self.http.post(url).json(&body).send().await.expect("an answer");
        let reply: Value = reply.json().await.expect("JSON");
        reply["access_token"].as_str().expect("a token").to_owned()
    }

    /// Creates the one customer of a key: status, body and whether it was answered before.
    async fn create(&self, token: &str, key: &str) -> reqwest::Result<(u16, Vec<u8>, bool)> {
        let body = json!({ "kind": "person", "person": { "family_name": key } });
        let url = self.base.join("/v1/customers").expect("an address");
        let request = self.http.post(url).bearer_auth(token).header("idempotency-key", key).json(&body);
        let reply = request.send().await?;
        let (status, replayed) = (reply.status().as_u16(), reply.headers().contains_key("idempotent-replayed"));
        Ok((status, reply.bytes().await?.to_vec(), replayed))
    }

    /// Writers that go on until nobody answers any more. Each answer is counted.
    async fn load(&self, token: &str, name: &str, answered: &watch::Sender<usize>) -> Vec<Write> {
        let writes = Mutex::new(Vec::new());
        let writer = async |writer: usize| {
            for number in 0.. {
                let key = format!("{name}-{writer}-{number}");
                let answer = match self.create(token, &key).await {
                    Ok((status, body, _)) => {
                        assert_eq!(status, 201, "{}", String::from_utf8_lossy(&body));
                        Some(body)
                    }
                    Err(_) => None,
                };
                let goes_on = answer.is_some();
                writes.lock().unwrap().push(Write { key, answer });
                if !goes_on {
                    return;
                }
                answered.send_modify(|count| *count += 1);
            }
        };
        join_all((0..WRITERS).map(writer)).await;
        writes.into_inner().unwrap()
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().expect("a signal");
        assert!(sent.success());
    }

    /// Loads it with writers, and sends a signal as soon as so many were answered.
    async fn load_until(&self, token: &str, name: &str, answers: usize, signal: &str) -> Vec<Write> {
        let (answered, mut answers_seen) = watch::channel(0);
        let stop = async {
            answers_seen.wait_for(|count| *count >= answers).await.expect("answers");
            self.signal(signal);
        };
        tokio::join!(self.load(token, name, &answered), stop).0
    }
}

impl Drop for Service {
    /// A failed test leaves no process behind.
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

async fn store(database: &TestDatabase) -> Store {
    let config = Config::for_tests(database.url(), database.folder()).expect("settings");
    Store::open(&config.database).await.expect("the database")
}

both! {
    async fn what_was_acknowledged_survives_being_killed(database: TestDatabase) {
        let mut service = Service::start(&database);
        let token = service.sign_in().await;
        let (mut customers, mut unanswered) = (0, 0);
        for round in 0..5_usize {
            let writes = service.load_until(&token, &format!("kill-{round}"), 10 + 37 * round, "-KILL").await;
            drop(service);
            service = Service::start(&database);
            for write in &writes {
                let (status, body, replayed) = service.create(&token, &write.key).await.expect("an answer");
                assert_eq!(status, 201, "{}", String::from_utf8_lossy(&body));
                match &write.answer {
                    Some(answer) => assert_eq!((&body, replayed), (answer, true), "{} is lost", write.key),
                    // It may have been written or not; from now on it is.
                    None => unanswered += 1,
                }
                let again = service.create(&token, &write.key).await.expect("an answer");
                assert_eq!(again, (201, body, true), "{}", write.key);
            }
            customers += writes.len();
            let store = store(&database).await;
            assert_eq!(count(&store, "customers").await, i64::try_from(customers).expect("few"), "round {round}");
            holds_together(&store).await;
            store.close().await.expect("it closes");
        }
        assert!(unanswered > 0, "nobody was ever cut off: the test tests nothing");
    }

    async fn what_was_accepted_is_answered_before_it_ends(database: TestDatabase) {
        for round in 0..3_usize {
            let mut service = Service::start(&database);
            let token = service.sign_in().await;
            let before = count(&store(&database).await, "customers").await;
            let writes = service.load_until(&token, &format!("stop-{round}"), 10 + 30 * round, "-TERM").await;
            let status = service.child.wait().expect("its end");
            assert_eq!(status.code(), Some(0), "{status}");

            let store = store(&database).await;
            let answered = writes.iter().filter(|write| write.answer.is_some()).count();
            let written = count(&store, "customers").await - before;
            assert_eq!(written, i64::try_from(answered).expect("few"), "something was written and not answered");
            for write in writes.iter().filter_map(|write| write.answer.as_ref()) {
                let answer: Value = serde_json::from_slice(write).expect("JSON");
                let id: uuid::Uuid = answer["id"].as_str().expect("an id").parse().expect("an id");
                let row = customer::Entity::find_by_id(id).one(&store.read).await.expect("a read");
                assert!(row.is_some(), "{id} was acknowledged");
            }
            holds_together(&store).await;
            store.close().await.expect("it closes");
        }
    }
}
