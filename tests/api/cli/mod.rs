//! The binary as an operator uses it: what it prints, what it leaves behind, and how it ends.

mod backup;
mod demo;
mod serve;
mod users;
mod verify;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

const PASSWORD: &str = "zwölf Boxkämpfer jagen Viktor";

/// A folder of its own with a database, and the binary working in it.
struct Site {
    folder: TempDir,
}

/// How a command ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Site {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command that sees none of the settings of the machine it is tested on.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kundenhistorie"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KH_") {
                command.env_remove(name);
            }
        }
        command
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        Ended::from(self.command(arguments).output().unwrap())
    }

    fn run_with(&self, arguments: &[&str], name: &str, value: impl AsRef<std::ffi::OsStr>) -> Ended {
        Ended::from(self.command(arguments).env(name, value).output().unwrap())
    }

    fn add_user(&self, email: &str, role: &str) -> Ended {
        let arguments = ["user", "add", "--email", email, "--name", "Änne Öztürk", "--role", role, "--password-stdin"];
        let mut child = self
            .command(&arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
        Ended::from(child.wait_with_output().unwrap())
    }

    /// The database file itself, as somebody with access to the disk has it.
    fn database(&self) -> Connection {
        Connection::open(self.path("data/kundenhistorie.db")).unwrap()
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    #[track_caller]
    fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// Ended with 1 and an explanation that has these parts.
    #[track_caller]
    fn failed_saying(self, parts: &[&str]) {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert!(self.err.contains("error: "), "{self:?}");
        for part in parts {
            assert!(self.err.contains(part), "{part:?} is not said: {self:?}");
        }
    }
}

#[test]
fn every_command_explains_itself() {
    let site = Site::new();
    for command in [
        &["serve"][..],
        &["migrate"],
        &["openapi"],
        &["verify"],
        &["user"],
        &["user", "add"],
        &["user", "list"],
        &["user", "disable"],
        &["demo"],
        &["backup"],
        &["config"],
        &["healthcheck"],
    ] {
        let help = site.run(&[command, &["--help"]].concat()).ok();
        assert!(help.contains("Usage: kundenhistorie") && help.contains("--config <FILE>"), "{command:?}: {help}");
        assert!(command == ["user"] || help.contains("Example"), "{command:?} has no example: {help}");
    }
    let listed = site.run(&["--help"]).ok();
    for command in ["serve", "migrate", "openapi", "verify", "user", "demo", "backup", "config", "healthcheck"] {
        assert!(
            listed.lines().any(|line| line.trim_start().starts_with(&format!("{command} "))),
            "{command}: {listed}"
        );
    }
    assert_eq!(site.run(&["--version"]).ok().trim(), concat!("kundenhistorie ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_command_line_nobody_understands_ends_with_two() {
    let site = Site::new();
    for arguments in [&[][..], &["server"], &["serve", "--port", "1"], &["backup"], &["user", "add", "--email", "x"]] {
        let ended = site.run(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}: {ended:?}");
        assert!(ended.err.contains("Usage:"), "{arguments:?}: {ended:?}");
    }
    let role = ["user", "add", "--email", "a@example.org", "--name", "A", "--role", "chief"];
    let ended = site.run(&role);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("read_only"), "{ended:?}");
}

#[test]
fn wrong_settings_stop_every_command_with_their_names() {
    let site = Site::new();
    for command in [&["serve"][..], &["migrate"], &["verify"], &["config"], &["healthcheck"]] {
        site.run_with(command, "KH_HTTP__PORT", "eighty").failed_saying(&["http.port", "KH_HTTP__PORT"]);
        site.run_with(command, "KH_HTTP__PROT", "80").failed_saying(&["http.prot", "http.port"]);
    }
    std::fs::write(site.path("my.toml"), "[http]\nprot = 80\n").unwrap();
    site.run(&["--config", "my.toml", "config"]).failed_saying(&["http.prot", "my.toml"]);
    site.run(&["config", "--config", "none.toml"]).failed_saying(&["none.toml"]);
    assert!(!site.path("data").exists(), "nothing is created before the settings are known to be right");
}

#[test]
fn settings_are_shown_with_their_origin_and_without_secrets() {
    let site = Site::new();
    std::fs::write(site.path("my.toml"), "[http]\nport = 9000\n").unwrap();
    let mut command = site.command(&["config", "--config", "my.toml"]);
    command.env("KH_DATABASE__URL", "postgres://kh:geheim@db/kh");
    command.env("KH_ADMIN__EMAIL", "a@example.org").env("KH_ADMIN__PASSWORD", PASSWORD);
    let shown = Ended::from(command.output().unwrap()).ok();
    let line = |name: &str| {
        let line = shown.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {shown}"));
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("http.port"), "http.port 9000 file my.toml");
    assert_eq!(line("http.host"), "http.host \"127.0.0.1\" default");
    assert_eq!(line("database.url"), "database.url \"postgres://kh:***@db/kh\" KH_DATABASE__URL");
    assert!(!shown.contains("geheim") && !shown.contains(PASSWORD), "{shown}");
    let manual = site.run(&["config", "--manual"]).ok();
    std::fs::write(site.path("manual.toml"), &manual).unwrap();
    site.run(&["--config", "manual.toml", "config"]).ok();
}

#[test]
fn the_document_is_printed_without_settings_or_database() {
    let site = Site::new();
    let document = site.run_with(&["openapi"], "KH_HTTP__PORT", "eighty").ok();
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["openapi"].as_str().map(|version| version.starts_with("3.1")), Some(true));
    assert!(document["paths"]["/v1/customers"].is_object());
    assert!(!site.path("data").exists());
}

#[test]
fn migrating_twice_changes_nothing() {
    let site = Site::new();
    assert!(site.run(&["migrate"]).ok().contains("applied m0001_timeline"));
    assert_eq!(site.run(&["migrate"]).ok(), "The database is up to date.\n");
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let site = Site::new();
    site.run(&["migrate"]).ok();
    site.database().execute("INSERT INTO seaql_migrations VALUES ('m9999_future', 0)", []).unwrap();
    for command in [&["migrate"][..], &["verify"], &["user", "list"]] {
        site.run(command).failed_saying(&["newer version", "what to do:"]);
    }
}

#[test]
fn commands_that_read_do_not_create_a_database() {
    let site = Site::new();
    for command in [&["verify"][..], &["user", "list"], &["user", "disable", "a@example.org"], &["backup", "copy.db"]] {
        site.run(command).failed_saying(&["there is no database at", "what to do:"]);
    }
    assert!(!site.path("data").exists() && !site.path("copy.db").exists());
}
