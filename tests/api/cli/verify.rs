//! What somebody with access to the disk changes is found.

use std::process::Command;

use super::Site;
use super::serve::Service;

#[test]
fn verify_finds_a_single_changed_byte() {
    let site = Site::new();
    site.add_user("anna@example.org", "admin").ok();
    site.add_user("ben@example.org", "agent").ok();
    assert_eq!(site.run(&["verify"]).ok(), "ok: 2 chains with 2 events are what was written, 2 records say the same\n");

    let database = site.database();
    database.execute("UPDATE timeline_events SET title_de = 'x'", []).unwrap_err();
    database.execute_batch("DROP TRIGGER timeline_events_no_update").unwrap();
    let root: Vec<u8> =
        database.query_row("SELECT root_id FROM timeline_events LIMIT 1", [], |row| row.get(0)).unwrap();
    let changed = "UPDATE timeline_events SET title_de = substr(title_de, 2) || '!' WHERE root_id = ?";
    assert_eq!(database.execute(changed, [&root]).unwrap(), 1);

    let ended = site.run(&["verify"]);
    let id = uuid::Uuid::from_slice(&root).unwrap();
    assert_eq!(ended.out, format!("broken: user {id} at sequence 1: content_changed\n"));
    ended.failed_saying(&["1 of 2 chains broken", "what to do:"]);
}

#[test]
fn verify_finds_a_chain_whose_end_was_removed() {
    let site = Site::new();
    site.add_user("anna@example.org", "admin").ok();
    assert_eq!(site.database().execute("DELETE FROM timeline_heads", []).unwrap(), 1);
    let ended = site.run(&["verify"]);
    assert!(ended.out.contains("its recorded end is missing"), "{ended:?}");
    assert_eq!(ended.code, Some(1));
}

#[test]
fn verify_names_a_customer_that_does_not_exist() {
    let site = Site::new();
    site.run(&["migrate"]).ok();
    site.run(&["verify", "--customer", "K-000001"]).failed_saying(&["no customer", "K-000001"]);
}

#[test]
fn verify_finds_a_changed_or_removed_security_event() {
    let site = Site::new();
    let service = Service::start(&site);
    let login = format!("http://127.0.0.1:{}/v1/auth/login", service.port);
    let credentials = r#"{"email":"nobody@example.org","password":"guessed"}"#;
    let refused = ["-s", "-H", "Content-Type: application/json", "-d", credentials, &login, &login, &login];
    assert!(Command::new("curl").args(refused).output().unwrap().status.success());
    service.stop("-TERM");
    let whole = site.run(&["verify"]).ok();
    assert!(whole.starts_with("ok: 2 chains with 4 events"), "{whole}");

    let database = site.database();
    database.execute_batch("DROP TRIGGER security_events_no_update; DROP TRIGGER security_events_no_delete").unwrap();
    database.execute("UPDATE security_events SET outcome = 'succeeded' WHERE sequence = 2", []).unwrap();
    let ended = site.run(&["verify"]);
    assert!(
        ended.out.starts_with("broken: security events of ") && ended.out.ends_with(" at sequence 2\n"),
        "{ended:?}"
    );
    assert_eq!(ended.code, Some(1));

    database.execute("UPDATE security_events SET outcome = 'refused' WHERE sequence = 2", []).unwrap();
    site.run(&["verify"]).ok();
    database.execute("DELETE FROM security_events WHERE sequence = 3", []).unwrap();
    let ended = site.run(&["verify"]);
    assert!(ended.out.ends_with(" at sequence 3\n"), "{ended:?}");
    database.execute("UPDATE security_heads SET sequence = 1", []).unwrap();
    assert_eq!(site.run(&["verify"]).code, Some(1));
}

/// In a file anybody may write what no type allows.
#[test]
fn verify_finds_rows_that_cannot_be_read() {
    let site = Site::new();
    site.add_user("anna@example.org", "admin").ok();
    let service = Service::start(&site);
    let login = format!("http://127.0.0.1:{}/v1/auth/login", service.port);
    let credentials = r#"{"email":"nobody@example.org","password":"guessed"}"#;
    let refused = ["-s", "-H", "Content-Type: application/json", "-d", credentials, &login, &login, &login];
    assert!(Command::new("curl").args(refused).output().unwrap().status.success());
    service.stop("-TERM");

    let whole = std::fs::read(site.path("data/kundenhistorie.db")).unwrap();
    let unreadable = "CAST(x'ff' AS TEXT)";
    for (table, changed, sequence) in [
        ("security_events", format!("actor_name = {unreadable}"), 2),
        ("security_events", "id = x'00'".to_owned(), 2),
        ("security_events", format!("kind = {unreadable}, detail = {unreadable}"), 3),
        ("security_events", format!("day = {unreadable}"), 2),
        ("timeline_events", format!("payload = {unreadable}"), 1),
        ("timeline_events", "payload = 'no JSON'".to_owned(), 1),
        ("timeline_events", format!("actor_type = {unreadable}"), 1),
        ("timeline_events", "id = x'00'".to_owned(), 1),
        ("timeline_events", "root_id = x'00'".to_owned(), 1),
    ] {
        let database = site.database();
        database.execute_batch(&format!("DROP TRIGGER {table}_no_update")).unwrap();
        let change = format!("UPDATE {table} SET {changed} WHERE sequence = {sequence}");
        assert!(database.execute(&change, []).unwrap() > 0, "{change}");
        database.close().unwrap();

        let ended = site.run(&["verify"]);
        assert_eq!(ended.code, Some(1), "{change}: {ended:?}");
        let place = format!("at sequence {sequence}");
        assert!(ended.out.starts_with("broken: ") && ended.out.contains(&place), "{change}: {ended:?}");
        assert!(ended.err.contains("chains broken"), "{change}: {ended:?}");
        for name in ["kundenhistorie.db-wal", "kundenhistorie.db-shm"] {
            drop(std::fs::remove_file(site.path("data").join(name)));
        }
        std::fs::write(site.path("data/kundenhistorie.db"), &whole).unwrap();
    }
    site.run(&["verify"]).ok();
}
