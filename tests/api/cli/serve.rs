//! The service as a process: starting, being asked, ending.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::{Ended, PASSWORD, Site};
use crate::support::postgres;

/// A running service.
pub struct Service {
    child: Child,
    pub port: String,
    log: BufReader<std::process::ChildStderr>,
}

impl Service {
    /// Waits until it listens.
    pub fn start(site: &Site) -> Self {
        Self::start_with(site, &["serve"])
    }

    pub fn start_with(site: &Site, arguments: &[&str]) -> Self {
        let mut child = site
            .command(arguments)
            .env("KH_HTTP__PORT", "0")
            .env("KH_TELEMETRY__LOG_FORMAT", "json")
            .env("KH_ADMIN__EMAIL", "admin@example.org")
            .env("KH_ADMIN__PASSWORD", PASSWORD)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let port = loop {
            let mut line = String::new();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "the service ended: {:?}", child.wait());
            let entry: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}"));
            if let Some(address) = entry["address"].as_str() {
                break address.rsplit(':').next().unwrap().to_owned();
            }
        };
        Self { child, port, log }
    }

    /// What it printed before it listened, up to the end of the call to paste.
    pub fn welcome(&mut self) -> String {
        let mut lines = BufReader::new(self.child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut welcome = String::new();
        while !welcome.ends_with("limit=3'\n") {
            welcome.push_str(&lines.next().expect("the welcome ends with a call"));
            welcome.push('\n');
        }
        welcome
    }

    /// The first line it printed.
    pub fn greeting(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        line
    }

    /// Sends a signal and answers the exit code.
    pub fn stop(mut self, signal: &str) -> Option<i32> {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        // Read to the end: a full pipe would keep the service from ending.
        std::io::copy(&mut self.log, &mut std::io::sink()).unwrap();
        self.child.wait().unwrap().code()
    }
}

#[test]
fn serving_without_anybody_to_sign_in_is_refused() {
    let site = Site::new();
    site.run_with(&["serve"], "KH_HTTP__PORT", "0").failed_saying(&[
        "no user yet",
        "KH_ADMIN__EMAIL",
        "KH_ADMIN__PASSWORD",
        "--demo",
    ]);
}

#[test]
fn the_service_is_healthy_while_it_runs_and_ends_with_zero() {
    let site = Site::new();
    for signal in ["-TERM", "-INT"] {
        let mut service = Service::start(&site);
        let port = service.port.clone();
        assert_eq!(service.greeting(), format!("Swagger UI: http://127.0.0.1:{port}/swagger-ui/\n"));
        assert_eq!(site.run_with(&["healthcheck"], "KH_HTTP__PORT", &port).ok(), "ready\n");
        let mut on_all = site.command(&["healthcheck"]);
        on_all.env("KH_HTTP__PORT", &port).env("KH_HTTP__HOST", "0.0.0.0");
        Ended::from(on_all.output().unwrap()).ok();
        site.run_with(&["serve"], "KH_HTTP__PORT", &port).failed_saying(&[
            "cannot start",
            &format!("127.0.0.1:{port} is in use already"),
            "KH_HTTP__PORT",
        ]);
        assert_eq!(service.stop(signal), Some(0), "{signal}");
        site.run_with(&["healthcheck"], "KH_HTTP__PORT", &port).failed_saying(&["no answer", &port]);
    }
    site.run_with(&["healthcheck"], "KH_HTTP__PORT", "0").failed_saying(&["KH_HTTP__PORT"]);
}

#[test]
fn a_database_server_that_cannot_be_used_is_said_in_one_sentence() {
    let site = Site::new();
    let mut cases = vec![
        ("postgres://kh:geheim@127.0.0.1:1/kh".to_owned(), "does not answer"),
        ("postgres://kh:geheim@no-such-host.invalid/kh".to_owned(), "the name of the database server is unknown"),
    ];
    if let Some(server) = postgres::server() {
        cases.push((server.url("no_such_database"), "has no database of this name"));
        let mut stranger = reqwest::Url::parse(&server.url("postgres")).unwrap();
        stranger.set_username("nobody_of_this_name").unwrap();
        cases.push((stranger.into(), "does not let this user in"));
    }
    for (url, said) in cases {
        for command in [&["serve"][..], &["user", "list"], &["migrate"]] {
            let mut command = site.command(command);
            command.env("KH_DATABASE__URL", &url).env("KH_DATABASE__ACQUIRE_TIMEOUT_SECONDS", "1");
            let ended = Ended::from(command.output().unwrap());
            let told = ended.err.lines().filter(|line| line.starts_with("error: ")).count();
            assert_eq!(told, 1, "{ended:?}");
            for inside in ["geheim", "Connection Error", "pool", "sqlx", "SqlxError", "FATAL"] {
                assert!(!ended.err.contains(inside), "{inside}: {ended:?}");
            }
            ended.failed_saying(&[said, "KH_DATABASE__URL"]);
        }
    }
}
