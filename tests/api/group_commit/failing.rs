//! The databases fail, each in its own way: everybody concerned is told, nothing is left open, and it goes on.

use std::time::Instant;

use futures_util::future::join_all;
use kundenhistorie::entities::cells::Reads;
use kundenhistorie::error::Code;
use kundenhistorie::history::change::Change;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use serde_json::json;

use super::{PATIENCE, cut_after, exists, is_whole, write};
use crate::support::app::TestApp;
use crate::support::chains::{count, create_tag, holds_together};
use crate::support::database::Backend;
use crate::support::run;

#[test]
fn a_shared_commit_that_fails_is_told_to_all_who_shared_it() {
    run(Backend::Sqlite, async |app: TestApp| {
        let cx = app.system();
        let behind = Database::connect(app.database().url()).await.expect("the database");
        let trigger = "CREATE TRIGGER fatal BEFORE INSERT ON tags WHEN NEW.name LIKE 'fatal%' \
            BEGIN SELECT RAISE(ROLLBACK, 'the whole transaction is gone'); END";
        behind.execute_unprepared(trigger).await.expect("a trigger");

        let mut hit = 0;
        for round in 0..20 {
            // While somebody holds the turn the others queue up: they will share a commit.
            let holding = Change::begin(&cx).await.expect("a turn");
            create_tag(&holding, &format!("first-{round}")).await.expect("a row");
            let before: Vec<String> = (0..4).map(|number| format!("before-{round}-{number}")).collect();
            let after: Vec<String> = (0..4).map(|number| format!("after-{round}-{number}")).collect();
            let fatal = format!("fatal-{round}");
            let (first, results, fatal_result, rest) = tokio::join!(
                biased_last(holding.commit_unanswered()),
                join_all(before.iter().map(|name| write(&cx, name))),
                write(&cx, &fatal),
                join_all(after.iter().map(|name| write(&cx, name))),
            );
            fatal_result.expect_err("it has failed itself");
            assert!(!is_whole(&cx.store, &fatal).await);
            let first_name = format!("first-{round}");
            let shared = before.iter().chain([&first_name]).zip(results.into_iter().chain([first]));
            for (name, result) in shared {
                assert_eq!(is_whole(&cx.store, name).await, result.is_ok(), "{name}: {result:?}");
                if let Err(error) = result {
                    assert_eq!((error.code(), error.retry_after_seconds()), (Code::DatabaseUnavailable, Some(1)));
                    hit += 1;
                }
            }
            for (name, result) in after.iter().zip(rest) {
                result.expect("the next group is written");
                assert!(is_whole(&cx.store, name).await);
            }
        }
        assert!(hit > 0, "no innocent change was ever hit: the test tests nothing");
        holds_together(&cx.store).await;
    });
}

/// Begins only when everybody else has been polled once.
async fn biased_last<T>(future: impl Future<Output = T>) -> T {
    tokio::task::yield_now().await;
    future.await
}

#[test]
fn a_full_disk_is_told_and_survived() {
    run(Backend::Sqlite, async |app: TestApp| {
        let admin = app.admin().await;
        let customer = |number: usize| {
            let needs = "x".repeat(200);
            json!({ "kind": "person", "person": { "family_name": format!("Voll {number}") }, "needs": [needs] })
        };
        let first = admin.post("/v1/customers", customer(0)).send().await.expect(201);
        let store = app.store();
        let pages: Vec<(i64,)> =
            store.rows.rows(Statement::from_string(DbBackend::Sqlite, "PRAGMA page_count")).await.expect("a read");

        let (mut written, mut refused, mut replies) = (Vec::new(), 0, 0);
        let limit = format!("PRAGMA max_page_count = {}", pages[0].0 + 8);
        store.maintain(&limit).await.expect("the disk is small");
        while refused == 0 {
            for reply in join_all((0..16).map(|number| admin.post("/v1/customers", customer(number)).send())).await {
                replies += 1;
                match reply.status {
                    201 => written.push(reply.id()),
                    507 => {
                        assert_eq!(reply.code(), "storage_full");
                        refused += 1;
                    }
                    // It shared the commit of one that did not fit.
                    _ => assert_eq!(reply.expect(503).code(), "database_unavailable"),
                }
            }
            assert!(replies < 5_000, "the disk is never full");
        }
        admin.get(&format!("/v1/customers/{}", first.id())).send().await.expect(200);
        store.maintain("PRAGMA max_page_count = 1000000").await.expect("the disk is large");
        written.push(admin.post("/v1/customers", customer(1)).send().await.expect(201).id());
        for id in &written {
            admin.get(&format!("/v1/customers/{id}")).send().await.expect(200);
        }
        let written = i64::try_from(written.len()).expect("few");
        assert_eq!(count(app.store(), "customers").await, 1 + written);
        holds_together(app.store()).await;
    });
}

#[test]
fn whoever_leaves_at_the_door_leaves_no_transaction_open() {
    run(Backend::Postgres, async |app: TestApp| {
        let cx = app.system();
        // Connections that are there already: the first thing that has to be waited for goes out with BEGIN.
        let begun = join_all((0..4).map(|_| Change::begin(&cx))).await;
        drop(begun);
        let outside = Database::connect(app.database().url()).await.expect("the database");
        let open = "SELECT count(*) FROM pg_stat_activity \
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL";
        let left = Instant::now();
        for polls in 1..4 {
            let begin = async |name: String| {
                let change = Change::begin(&cx).await?;
                create_tag(&change, &name).await.map(|_| change)
            };
            let names = (0..4).map(|number| format!("tag {number}"));
            let cut = join_all(names.map(|name| cut_after(polls, begin(name)))).await;
            assert!(polls > 1 || cut.iter().any(Option::is_none), "nobody was cut off");
            drop(cut);
            loop {
                let statement = Statement::from_string(DbBackend::Postgres, open);
                let row = outside.query_one_raw(statement).await.expect("a count").expect("one row");
                if row.try_get_by_index::<i64>(0).expect("a number") == 0 {
                    break;
                }
                assert!(left.elapsed() < PATIENCE, "a transaction stays open that nobody holds");
            }
        }
        outside.close().await.expect("it closes");
    });
}

/// The connection that asks, or all there are, that one last.
const OWN_LINE: &str = "SELECT pg_backend_pid() AS pid";
const ALL_LINES: &str =
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() ORDER BY pid = pg_backend_pid()";

/// Makes PostgreSQL end connections in the middle of what writes a tag of this name.
async fn cut(lines: &str, app: &TestApp, name: &str, when: &str) {
    let behind = Database::connect(app.database().url()).await.expect("the database");
    let function = format!(
        "CREATE FUNCTION cut_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ \
            BEGIN PERFORM pg_terminate_backend(pid) FROM ({lines}) AS line; RETURN NULL; END $$"
    );
    behind.execute_unprepared(&function).await.expect("a function");
    let (constraint, deferred) =
        if when == "at the commit" { ("CONSTRAINT", "DEFERRABLE INITIALLY DEFERRED") } else { ("", "") };
    let trigger = format!(
        "CREATE {constraint} TRIGGER cut_{name} AFTER INSERT ON tags {deferred} \
            FOR EACH ROW WHEN (NEW.name = '{name}') EXECUTE FUNCTION cut_{name}()"
    );
    behind.execute_unprepared(&trigger).await.expect("a trigger");
    behind.close().await.expect("it closes");
}

#[test]
fn an_outcome_nobody_knows_is_not_called_none() {
    run(Backend::Postgres, async |app: TestApp| {
        let admin = app.admin().await;
        cut(OWN_LINE, &app, "early", "at the statement").await;
        cut(OWN_LINE, &app, "late", "at the commit").await;
        let early = admin.post("/v1/tags", json!({"name": "early"})).send().await.expect(503);
        assert_eq!(early.code(), "database_unavailable", "nothing was committed, and that is known");

        let create = || admin.post("/v1/tags", json!({"name": "late"})).idempotency_key("late-1").send();
        let lost = create().await.expect(503);
        assert_eq!((lost.code(), lost.header("retry-after")), ("outcome_unknown", Some("1")));
        assert!(lost["detail"].as_str().expect("a sentence").contains("Idempotency-Key"), "{lost}");
        let german = admin.speaking("de").post("/v1/tags", json!({"name": "late"})).send().await.expect(503);
        assert!(german["detail"].as_str().expect("a sentence").contains("Idempotency-Key"), "{german}");

        let behind = Database::connect(app.database().url()).await.expect("the database");
        behind.execute_unprepared("DROP TRIGGER cut_late ON tags").await.expect("the line holds again");
        behind.close().await.expect("it closes");
        create().await.expect(201);
        assert!(exists(app.store(), "late").await);
        assert!(!exists(app.store(), "early").await);
        holds_together(app.store()).await;
    });
}

#[test]
fn an_outcome_stays_unknown_while_the_database_is_gone() {
    run(Backend::Postgres, async |app: TestApp| {
        let admin = app.admin().await;
        // Whatever a request needs is connected.
        admin.post("/v1/tags", json!({"name": "early"})).idempotency_key("early-1").send().await.expect(201);
        cut(ALL_LINES, &app, "late", "at the commit").await;
        let mut url = reqwest::Url::parse(app.database().url()).expect("an address");
        let name = url.path().trim_start_matches('/').to_owned();
        url.set_path("postgres");
        let outside = Database::connect(url.as_str()).await.expect("the server");
        let open = async |is_open: bool| {
            let door = format!("ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS {is_open}");
            outside.execute_unprepared(&door).await.expect("a door");
        };
        open(false).await;
        // Looking for the answer under the key fails as well: that must not be told as if nothing had happened.
        let create = || admin.post("/v1/tags", json!({"name": "late"})).idempotency_key("late-1").send();
        let lost = create().await.expect(503);
        open(true).await;
        assert_eq!(lost.code(), "outcome_unknown", "{lost}");
    });
}

#[test]
fn the_schema_can_be_asked_for_after_the_writer_was_opened_anew() {
    run(Backend::Sqlite, async |app: TestApp| {
        let behind = Database::connect(app.database().url()).await.expect("the database");
        let trigger = "CREATE TRIGGER fatal BEFORE INSERT ON tags WHEN NEW.name = 'fatal' \
            BEGIN SELECT RAISE(ROLLBACK, 'the whole transaction is gone'); END";
        behind.execute_unprepared(trigger).await.expect("a trigger");
        write(&app.system(), "fatal").await.expect_err("its group fails");
        write(&app.system(), "next").await.expect("the writer is there again");
        let pending = Migrator::get_pending_migrations(app.store().migrator()).await;
        assert_eq!(pending.expect("the connection is open").len(), 0);
    });
}
