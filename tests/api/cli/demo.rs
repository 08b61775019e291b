//! The invented customers.

use std::process::Command;

use serde_json::Value;

use super::serve::Service;
use super::{Ended, Site};
use crate::support::demo::rules;

/// The password of an administrator who is configured.
const GIVEN: &str = "Müllers \"Kuh\" ist's";

#[test]
fn the_demo_is_loaded_once_verifies_and_serves_the_call_it_prints() {
    let site = Site::new();
    let with_administrator = |password: &str| {
        let mut command = site.command(&["demo"]);
        command.env("KH_ADMIN__EMAIL", "Admin@example.org").env("KH_ADMIN__PASSWORD", password);
        Ended::from(command.output().unwrap())
    };
    with_administrator("admin-admin-2026").failed_saying(&["password", "KH_ADMIN__PASSWORD"]);
    let first = with_administrator(GIVEN).ok();
    assert!(first.contains("(KH_ADMIN__PASSWORD)") && !first.contains(GIVEN), "{first}");
    let kept = std::fs::read_to_string(site.path("data").join("demo-logins.txt")).unwrap();
    assert!(kept.contains("manager@example.org ") && !kept.contains(GIVEN), "{kept}");
    let again = site.run(&["demo"]).ok();
    assert_eq!(first, again, "a second start reuses data and passwords");
    for role in ["admin", "manager", "agent", "read-only", "integration", "privacy", "auditor"] {
        assert!(first.contains(&format!("{role}@example.org")), "{role}: {first}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for file in ["demo-logins.txt", "kundenhistorie.db"] {
            let mode = std::fs::metadata(site.path("data").join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }
    let database = site.database();
    let number = |sql: &str| -> i64 { database.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(number("SELECT count(*) FROM customers WHERE kind = 'person'"), 300);
    assert_eq!(number("SELECT count(*) FROM customers WHERE kind = 'company'"), 300);
    assert!(number("SELECT count(*) FROM timeline_events") >= 40_000);
    for rule in rules() {
        let number = number(&rule.sql);
        assert!((rule.least..=rule.most).contains(&number), "{}: {number}", rule.counts);
    }
    assert!(number("SELECT count(*) FROM timeline_events WHERE supersedes IS NOT NULL") > 50);
    assert_eq!(number("SELECT count(DISTINCT kind) FROM interactions"), 8);
    assert_eq!(number("SELECT count(*) FROM customers WHERE last_interaction_at IS NULL"), 0);
    assert!(site.run(&["verify"]).ok().starts_with("ok: "));

    let mut service = Service::start_with(&site, &["serve", "--demo"]);
    let welcome = service.welcome();
    assert!(welcome.contains("/swagger-ui/") && welcome.contains(first.trim()), "{welcome}");
    let call = &welcome[welcome.find("curl").unwrap()..];
    let called = Ended::from(Command::new("bash").args(["-c", call]).output().unwrap()).ok();
    let customers: Value = serde_json::from_str(&called).unwrap_or_else(|_| panic!("{call} answered {called}"));
    assert_eq!(customers["items"].as_array().map(Vec::len), Some(3));
    assert_eq!(service.stop("-TERM"), Some(0));

    let changed = "UPDATE timeline_events SET amount = amount + 1 WHERE amount IS NOT NULL AND root_id = \
        (SELECT id FROM customers WHERE customer_number = (SELECT min(customer_number) FROM customers \
         WHERE lifecycle_stage = 'customer'))";
    database.execute_batch("DROP TRIGGER timeline_events_no_update").unwrap();
    assert!(database.execute(changed, []).unwrap() > 0);
    let ended = site.run(&["verify"]);
    let place = ended.out.clone();
    assert!(place.starts_with("broken: customer ") && place.ends_with(": content_changed\n"), "{place}");
    ended.failed_saying(&["1 of "]);
    let customer_number = place.split(['(', ')']).nth(1).unwrap();
    assert_eq!(site.run(&["verify", "--customer", customer_number]).out, place);

    // Without the mark of the demo these could be anybody's customers.
    assert_eq!(database.execute("DELETE FROM counters WHERE name LIKE 'demo_days%'", []).unwrap(), 1);
    site.run(&["demo"]).failed_saying(&["must not mix", "KH_DATABASE__URL"]);

    // The mark of an earlier version, which told other histories: they stay what they are.
    database.execute("INSERT INTO counters (name, value) VALUES ('demo_days', 700)", []).unwrap();
    site.run(&["demo"]).ok();
    assert_eq!(number("SELECT count(*) FROM customers"), 600);
}
