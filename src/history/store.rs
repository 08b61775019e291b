//! The ways to the database: readers of rows, sea-orm's pool for everything else that reads, and the writer.

use std::time::Duration;

use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbBackend, DbErr, Statement, sqlx};
use secrecy::ExposeSecret;

use super::group::Queue;
use super::postgres;
use super::reader::Reader;
use super::sqlite;
use super::writer::Writer;
use crate::config;
use crate::entities::cells::Reads;
use crate::error::{Error, Result};

/// Connections to SQLite at most that read what is no part of an answer.
const OTHER_READERS: u32 = 2;
/// How long the connection that migrates stays open.
const MIGRATOR_IDLE: Duration = Duration::from_secs(10);

/// Connections of one kind.
#[derive(Debug, Clone, Copy)]
pub struct Connections {
    /// Those that are open.
    pub open: u32,
    /// Those of them that are busy.
    pub used: u32,
}

/// A database, opened for reading and for writing.
#[derive(Clone)]
pub struct Store {
    /// Reads see committed state only.
    pub read: DatabaseConnection,
    /// Lists, and records that are answered as they are stored.
    pub rows: Reader,
    pub(super) writer: Writer,
    migrator: DatabaseConnection,
}

impl Store {
    /// Opens the database the settings name. The file of an SQLite database is created if it is missing.
    pub async fn open(settings: &config::DatabaseConfig) -> Result<Self, DbErr> {
        if settings.url.expose_secret().starts_with("sqlite:") {
            Self::open_sqlite(settings).await
        } else {
            Self::open_postgres(settings).await
        }
    }

    async fn open_sqlite(settings: &config::DatabaseConfig) -> Result<Self, DbErr> {
        sqlite::create(settings)?;
        let writer = Writer::Grouped(Queue::open(settings)?);
        let read = Database::connect(sqlite_options(settings, OTHER_READERS, true)).await?;
        let mut options = sqlite_options(settings, 1, false);
        // Opened for the moment something is migrated.
        options.min_connections(0).connect_lazy(true).idle_timeout(MIGRATOR_IDLE);
        Ok(Self { rows: Reader::threads(settings)?, read, migrator: Database::connect(options).await?, writer })
    }

    async fn open_postgres(settings: &config::DatabaseConfig) -> Result<Self, DbErr> {
        let mut options = common_options(settings, postgres::OTHERS);
        options
            .statement_timeout(Duration::from_secs(settings.statement_timeout_seconds))
            .set_application_name(postgres::APPLICATION_NAME);
        let read = Database::connect(options).await?;
        let pool = postgres::Pool::new(settings)?;
        // What these connections want, such as a password, may differ from what the others found by themselves.
        pool.run("SELECT 1").await?;
        Ok(Self { rows: Reader::shared(pool.clone()), migrator: read.clone(), read, writer: Writer::Own(pool) })
    }

    /// Which of the two databases this is.
    pub fn backend(&self) -> DbBackend {
        self.read.get_database_backend()
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        let statement = Statement::from_string(self.backend(), "SELECT CAST(1 AS bigint)");
        self.rows.rows::<(i64,)>(statement).await.map(drop).map_err(Error::from)
    }

    /// How many connections there are, by what they are for: `reader` for answers, `writer` for Changes, and `other`.
    pub fn connections(&self) -> [(&'static str, Connections); 3] {
        let (open, idle) = match self.backend() {
            DbBackend::Postgres => counts(self.read.get_postgres_connection_pool()),
            _ => counts(self.read.get_sqlite_connection_pool()),
        };
        let other = Connections { open, used: open.saturating_sub(idle) };
        [("reader", self.rows.connections()), ("writer", self.writer.connections()), ("other", other)]
    }

    /// The connection that may change the schema.
    pub fn migrator(&self) -> &DatabaseConnection {
        &self.migrator
    }

    /// Runs statements that change no record, such as `PRAGMA optimize`, on the connection that writes.
    pub async fn maintain(&self, sql: &str) -> Result<()> {
        self.writer.maintain(sql).await
    }

    /// Closes all connections; open Changes are finished first by the caller.
    pub async fn close(self) -> Result<(), DbErr> {
        self.migrator.close().await?;
        self.read.close().await?;
        self.writer.close().await
    }
}

fn counts<DB: sqlx::Database>(pool: &sqlx::Pool<DB>) -> (u32, u32) {
    (pool.size(), u32::try_from(pool.num_idle()).unwrap_or(u32::MAX))
}

fn common_options(settings: &config::DatabaseConfig, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(settings.url.expose_secret());
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(settings.acquire_timeout_seconds))
        // A ping per acquired connection is a round trip per request; asking idle ones is enough.
        .test_before_acquire_if_idle_for(Duration::from_secs(5))
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    options
}

fn sqlite_options(settings: &config::DatabaseConfig, connections: u32, read_only: bool) -> ConnectOptions {
    let mut options = common_options(settings, connections);
    options.idle_timeout(None::<Duration>).max_lifetime(None::<Duration>);
    let synchronous = settings.sqlite_synchronous.as_str();
    let cache = format!("-{}", settings.sqlite_cache_kib);
    let mapped = (u64::from(settings.sqlite_mmap_mib) * 1024 * 1024).to_string();
    options.map_sqlx_sqlite_opts(move |options| {
        let options = options
            .create_if_missing(true)
            .statement_cache_capacity(sqlite::STATEMENTS)
            .busy_timeout(sqlite::BUSY)
            .foreign_keys(true)
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", synchronous)
            .pragma("cache_size", cache.clone())
            .pragma("mmap_size", mapped.clone());
        if read_only { options.pragma("query_only", "ON") } else { options }
    });
    options
}

#[cfg(test)]
mod tests {
    use migration::{Migrator, MigratorTrait};
    use sea_orm::sea_query::{Expr, ExprTrait, Query};

    use super::*;
    use crate::domain::clock::Clock;
    use crate::history::change::Change;
    use crate::history::context::Context;

    #[tokio::test]
    async fn the_first_write_of_a_change_counts_its_own_rows_only() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db", folder.path().display());
        let settings = crate::config::Config::for_tests(&url, folder.path()).unwrap();
        let store = Store::open(&settings.database).await.unwrap();
        Migrator::up(store.migrator(), None).await.unwrap();
        let cx = Context::system(store, Clock::system(), settings.support.service_levels().into());
        let change = Change::begin(&cx).await.unwrap();
        for counter in ["a", "b", "c"] {
            change.next_number(counter).await.unwrap();
        }
        change.execute(Query::update().table("counters").value("value", 7).to_owned()).await.unwrap();
        change.commit_unanswered().await.unwrap();

        let change = Change::begin(&cx).await.unwrap();
        let one = Query::update().table("counters").value("value", 8).and_where(Expr::col("name").eq("a")).to_owned();
        assert_eq!(change.execute(one).await.unwrap(), 1);
        change.commit_unanswered().await.unwrap();

        let change = Change::begin(&cx).await.unwrap();
        let none = Query::update().table("counters").value("value", 8).and_where(Expr::col("name").eq("z")).to_owned();
        assert_eq!(change.execute(none).await.unwrap(), 0);
        change.commit_unanswered().await.unwrap();
    }
}
