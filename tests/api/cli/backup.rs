//! Copies that are whole, and never in the place of something else.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;

use super::Site;

#[test]
fn a_backup_is_consistent_while_others_write() {
    let site = Site::new();
    site.add_user("anna@example.org", "admin").ok();
    let stop = AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| write_pairs(&site.path("data/kundenhistorie.db"), &stop));
        for copy in ["one.db", "two.db"] {
            assert!(site.run(&["backup", copy]).ok().contains("integrity checked"));
            let copied = Connection::open(site.path(copy)).unwrap();
            let value = |name: &str| -> i64 {
                let found = copied.query_row("SELECT value FROM counters WHERE name = ?", [name], |row| row.get(0));
                found.unwrap_or_default()
            };
            assert_eq!(value("left"), value("right"));
            let url = format!("sqlite://{}", site.path(copy).display());
            site.run_with(&["verify"], "KH_DATABASE__URL", url).ok();
        }
        stop.store(true, Ordering::Relaxed);
    });
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(site.path("one.db")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "personal data must not be readable for others");
    }
}

/// Two counters that are equal at every moment another connection can see.
fn write_pairs(path: &Path, stop: &AtomicBool) {
    let mut database = Connection::open(path).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    while !stop.load(Ordering::Relaxed) {
        let transaction = database.transaction().unwrap();
        for name in ["left", "right"] {
            let count = "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1";
            transaction.execute(count, [name]).unwrap();
        }
        transaction.commit().unwrap();
    }
}

#[test]
fn a_backup_overwrites_nothing() {
    let site = Site::new();
    site.run(&["migrate"]).ok();
    std::fs::write(site.path("mine.txt"), "precious").unwrap();
    site.run(&["backup", "mine.txt"]).failed_saying(&["mine.txt exists already"]);
    assert_eq!(std::fs::read_to_string(site.path("mine.txt")).unwrap(), "precious");
    site.run(&["backup", "no/such/folder/copy.db"]).failed_saying(&["no/such/folder/copy.db"]);
}

#[test]
fn a_backup_of_postgresql_is_explained_and_not_claimed() {
    let site = Site::new();
    let url = "postgres://kh:geheim@db.example/kh";
    let ended = site.run_with(&["backup", "copy.dump"], "KH_DATABASE__URL", url);
    assert!(!ended.err.contains("geheim"), "{ended:?}");
    ended.failed_saying(&["nothing was written", "pg_dump --format=custom", "'postgres://kh@db.example/kh'"]);
    assert!(!site.path("copy.dump").exists());
}
