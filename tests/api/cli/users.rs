//! Users from the command line.

use std::io::Write;
use std::process::Stdio;

use super::{Ended, Site};

#[test]
fn users_are_added_listed_and_disabled() {
    let site = Site::new();
    assert!(site.add_user("Anna@Example.org", "admin").ok().contains("anna@example.org (admin)"));
    site.add_user("anna@example.org", "agent")
        .failed_saying(&["there is a user \"anna@example.org\" already", "user list"]);
    site.add_user("no address", "agent").failed_saying(&["email", "no address"]);
    let invited = ["user", "add", "--email", "ben@example.org", "--name", "Ben", "--role", "read_only"];
    assert!(site.run(&invited).ok().contains("kh_pr_"));

    let listed = site.run(&["user", "list"]).ok();
    assert!(listed.contains("Änne Öztürk") && listed.contains("has no password yet"), "{listed}");
    assert!(!listed.contains("argon2"), "{listed}");

    site.run(&["user", "disable", "anna@example.org"]).failed_saying(&["last active administrator"]);
    site.run(&["user", "disable", "nobody@example.org"]).failed_saying(&["no user", "user list"]);
    assert_eq!(site.run(&["user", "disable", "BEN@example.org"]).ok(), "disabled ben@example.org\n");
    assert_eq!(site.run(&["user", "disable", "ben@example.org"]).ok(), "was disabled already: ben@example.org\n");
    let listed = site.run(&["user", "list"]).ok();
    assert!(listed.lines().any(|line| line.starts_with("ben@") && line.contains("disabled since")), "{listed}");
    site.run(&["verify"]).ok();
}

#[test]
fn a_user_is_checked_like_a_request() {
    let site = Site::new();
    let blank = ["user", "add", "--email", "a@example.org", "--name", " ", "--role", "admin"];
    site.run(&blank).failed_saying(&["display_name"]);
    assert!(!site.path("data").exists());
}

#[test]
fn a_password_comes_through_a_pipe_and_keeps_the_rules() {
    let site = Site::new();
    let arguments = ["user", "add", "--email", "a@example.org", "--name", "A", "--role", "admin", "--password-stdin"];
    site.run(&arguments).failed_saying(&["standard input holds no password"]);
    let mut child =
        site.command(&arguments).stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "kurz").unwrap();
    let ended = Ended::from(child.wait_with_output().unwrap());
    assert!(!ended.err.contains("kurz"), "{ended:?}");
    ended.failed_saying(&["password", "12"]);
}
