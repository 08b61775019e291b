//! A row that takes the place of another one.

use kundenhistorie::entities::security_event;
use kundenhistorie::entities::timeline_event::Column;
use kundenhistorie::history::security::{self, SecurityEntry};
use sea_orm::{Iden, Iterable};

use super::Intruder;
use crate::support::app::TestApp;
use crate::support::chains::row_counts;
use crate::support::database::Backend;
use crate::support::run;

/// SQLite removes the rows a REPLACE collides with and asks no trigger of DELETE about it.
#[test]
fn the_database_itself_refuses_to_replace() {
    run(Backend::Sqlite, async |app: TestApp| {
        let cx = app.system();
        security::note(&cx, SecurityEntry::succeeded("session.opened")).await.expect("an entry");
        let intruder = Intruder::enter(app).await;
        let counts = row_counts(intruder.app.store()).await;
        let (events, entries) = ("timeline_events", "security_events");
        // A row that is new but for one key, and collides by that one alone.
        let (fresh, key) = ("randomblob(16)", "source_system, source_reference");
        let columns = |table: &str, but: &[(&'static str, &'static str)]| {
            let names: Vec<String> = if table == events {
                Column::iter().map(|column| column.to_string()).collect()
            } else {
                security_event::Column::iter().map(|column| column.to_string()).collect()
            };
            let values = names.iter().map(|name| {
                but.iter().find(|(changed, _)| changed == name).map_or(name.clone(), |(_, value)| (*value).to_owned())
            });
            format!("({}) SELECT {} FROM {table}", names.join(", "), values.collect::<Vec<_>>().join(", "))
        };
        let (root, id, position) = (("root_id", fresh), ("id", fresh), ("position", "position + 1000"));
        let (supersedes, source) = (("supersedes", "NULL"), ("source_reference", "NULL"));
        for (table, collides_by, row) in [
            (events, "everything", columns(events, &[])),
            (events, "id", columns(events, &[root, position, supersedes, source])),
            (events, "root_id, sequence", columns(events, &[id, position, supersedes, source])),
            (events, "position", columns(events, &[root, id, supersedes, source])),
            (events, "supersedes", columns(events, &[root, id, position, source])),
            (events, key, columns(events, &[root, id, position, supersedes])),
            (entries, "everything", columns(entries, &[])),
            (entries, "id", columns(entries, &[("day", "'2000-01-01'")])),
            (entries, "day, sequence", columns(entries, &[id])),
        ] {
            for verb in ["INSERT OR REPLACE", "REPLACE"] {
                let refused = intruder.run(&format!("{verb} INTO {table} {row}")).await.expect_err(collides_by);
                assert!(refused.to_string().contains("append-only"), "{collides_by}: {refused}");
            }
        }
        // Rows of a table without rowids have no other key to collide by.
        let by_rowid = "INSERT OR REPLACE INTO security_events (rowid, id) VALUES (1, x'00')";
        let refused = intruder.run(by_rowid).await.expect_err("there is no such column");
        assert!(refused.to_string().contains("rowid"), "{refused}");
        assert_eq!(row_counts(intruder.app.store()).await, counts);
        intruder.nothing_is_found().await;
    });
}
