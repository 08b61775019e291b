//! Connections to PostgreSQL when callers leave, the server refuses, or the schema changes under them.

use std::time::Duration;

use futures_util::future::join_all;
use kundenhistorie::entities::cells::Reads;
use kundenhistorie::history::change::Change;
use kundenhistorie::history::store::Store;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement, Value};

use crate::support::app::TestApp;
use crate::support::database::Backend;
use crate::support::run;

/// Longer than anything here takes; only what hangs meets it.
const PATIENCE: Duration = Duration::from_secs(30);

fn sql(text: &str) -> Statement {
    Statement::from_string(DbBackend::Postgres, text)
}

async fn read(store: &Store, text: &str) -> Result<Vec<(i64,)>, DbErr> {
    store.rows.rows::<(i64,)>(sql(text)).await
}

async fn outside(app: &TestApp) -> DatabaseConnection {
    Database::connect(app.database().url()).await.expect("the database")
}

/// Takes the lock that [`BLOCKED`] waits for. It is given back with the connection.
async fn lock(app: &TestApp) -> DatabaseConnection {
    let holder = outside(app).await;
    holder.execute_unprepared("SELECT pg_advisory_lock(4711)").await.expect("the lock");
    holder
}

const BLOCKED: &str = "SELECT 1::bigint FROM pg_advisory_xact_lock(4711)";

/// Begins to read and leaves before there is an answer.
async fn leave(store: &Store) {
    let asked = tokio::time::timeout(Duration::from_millis(100), read(store, BLOCKED)).await;
    assert!(asked.is_err(), "it is blocked");
}

#[test]
fn who_left_in_the_middle_of_a_read_holds_nobody_up() {
    run(Backend::Postgres, async |app: TestApp| {
        let store = app.store();
        read(store, "SELECT 1::bigint").await.expect("a number");
        let holder = lock(&app).await;
        for _ in 0..4 {
            leave(store).await;
        }
        assert!(store.connections().iter().map(|(_, counts)| counts.used).sum::<u32>() >= 4, "they count as busy");
        let innocent = tokio::time::timeout(PATIENCE, read(store, "SELECT 1::bigint")).await;
        innocent.expect("it does not wait behind them").expect("a number");
        holder.close().await.expect("it closes");
    });
}

#[test]
fn reads_nobody_waits_for_keep_within_the_number_of_connections() {
    run(Backend::Postgres, async |app: TestApp| {
        let store = app.store();
        let holder = lock(&app).await;
        join_all((0..40).map(|_| leave(store))).await;
        join_all((0..40).map(|_| leave(store))).await;
        let behind = outside(&app).await;
        let count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
            AND application_name = 'kundenhistorie'";
        let row = behind.query_one_raw(sql(count)).await.expect("a count").expect("one row");
        let connections: i64 = row.try_get_by_index(0).expect("a number");
        assert!(connections <= i64::from(app.config.database.max_connections), "{connections}");
        let change = tokio::time::timeout(PATIENCE, Change::begin(&app.system())).await;
        change.expect("half of them is kept for changes").expect("a turn");
        for connection in [holder, behind] {
            connection.close().await.expect("it closes");
        }
    });
}

#[test]
fn a_value_no_column_holds_is_refused_before_anything_is_sent() {
    run(Backend::Postgres, async |app: TestApp| {
        let cx = app.system();
        let put = |name: &str, value: Value| {
            let mut insert = Query::insert();
            insert.into_table("counters").columns(["name", "value"]);
            insert.values_panic([Expr::value(name), Expr::value(value)]).to_owned()
        };
        let change = Change::begin(&cx).await.expect("a turn");
        change.defer(put("fitting-1", Value::from(1_i64)));
        change.defer(put("unfitting", Value::from(u64::MAX)));
        change.defer(put("fitting-2", Value::from(1_i64)));
        change.commit_unanswered().await.expect_err("a number is too large");
        let stored = read(&cx.store, "SELECT count(*) FROM counters WHERE name LIKE '%fitting%'").await;
        assert_eq!(stored.expect("a count"), [(0,)], "part of a change was committed");
    });
}

#[test]
fn where_no_further_connection_is_to_be_had_the_one_at_hand_serves_all() {
    run(Backend::Postgres, async |app: TestApp| {
        let store = Store::open(&app.config.database).await.expect("the database");
        read(&store, "SELECT 1::bigint").await.expect("a number");
        let mut url = reqwest::Url::parse(app.database().url()).expect("an address");
        let name = url.path().trim_start_matches('/').to_owned();
        url.set_path("postgres");
        let outside = Database::connect(url.as_str()).await.expect("the server");
        let door = |is_open: bool| format!("ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS {is_open}");
        outside.execute_unprepared(&door(false)).await.expect("it is closed");
        let read = join_all((0..4).map(|_| read(&store, "SELECT 1::bigint"))).await;
        outside.execute_unprepared(&door(true)).await.expect("it is open");
        assert!(read.iter().all(Result::is_ok), "{read:?}");
    });
}

#[test]
fn a_prepared_statement_that_has_become_useless_is_prepared_anew() {
    run(Backend::Postgres, async |app: TestApp| {
        let store = app.store();
        let names = || store.rows.rows::<(String, i64)>(sql("SELECT name, 1::bigint FROM tags LIMIT 1"));
        names().await.expect("no rows");
        let behind = outside(&app).await;
        behind.execute_unprepared("ALTER TABLE tags ALTER COLUMN name TYPE varchar(500)").await.expect("another type");
        behind.close().await.expect("it closes");
        names().await.expect("no rows");

        read(store, "SELECT 7::bigint").await.expect("a number");
        store.rows.rows::<(i64,)>(sql("DEALLOCATE ALL")).await.expect("they are gone");
        assert_eq!(read(store, "SELECT 7::bigint").await.expect("a number"), [(7,)]);
    });
}
