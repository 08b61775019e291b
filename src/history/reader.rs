//! Reads of what is committed, by position of the columns ([`crate::entities::cells`]).
//!
//! On SQLite by threads that own their connections and take whatever query comes next; a query waits for one of them as
//! long as it would for a connection. On PostgreSQL through the pool everything else uses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use rusqlite::Connection;
use sea_orm::sqlx::postgres::{PgArguments, PgPool, PgRow, Postgres};
use sea_orm::sqlx::query::Query;
use sea_orm::sqlx::{self, Row};
use sea_orm::{ConnAcquireErr, DatabaseConnection, DbBackend, DbErr, RuntimeErr, Statement, Value};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::sqlite;
use crate::config::DatabaseConfig;
use crate::entities::cells::{Cells, FromCells, Reads};

/// Queries that may wait for a thread before callers are turned away.
const WAITING_MAX: usize = 1024;

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// Reads what is answered.
#[derive(Clone)]
pub struct Reader(Way);

#[derive(Clone)]
enum Way {
    Threads { jobs: Sender<Job>, wait: Duration },
    Pool(PgPool),
}

impl Reader {
    /// Threads that read an SQLite file, which exists. They end when nobody can ask them any more.
    pub(super) fn threads(settings: &DatabaseConfig) -> Result<Self, DbErr> {
        let (sender, jobs) = bounded(WAITING_MAX);
        for number in 0..settings.reader_connections {
            let connection = sqlite::open(settings, true)?;
            let jobs: Receiver<Job> = jobs.clone();
            let thread = thread::Builder::new().name(format!("reader-{number}"));
            thread
                .spawn(move || jobs.into_iter().for_each(|job| job(&connection)))
                .map_err(|error| DbErr::Custom(error.to_string()))?;
        }
        Ok(Self(Way::Threads { jobs: sender, wait: Duration::from_secs(settings.acquire_timeout_seconds) }))
    }

    /// The pool of a PostgreSQL connection.
    pub(super) fn pool(connection: &DatabaseConnection) -> Self {
        Self(Way::Pool(connection.get_postgres_connection_pool().clone()))
    }
}

impl Reads for Reader {
    async fn rows<R: FromCells>(&self, statement: Statement) -> Result<Vec<R>, DbErr> {
        match &self.0 {
            Way::Threads { jobs, wait } => {
                let (answer, mut answered) = oneshot::channel();
                let begun = Arc::new(AtomicBool::new(false));
                let mine = Arc::clone(&begun);
                let job: Job = Box::new(move |connection| {
                    // Whoever asked may have left meanwhile, or waited for too long.
                    if !answer.is_closed() && !mine.swap(true, Ordering::AcqRel) {
                        drop(answer.send(sqlite::rows(connection, &statement)));
                    }
                });
                jobs.try_send(job).map_err(|error| {
                    DbErr::ConnectionAcquire(match error {
                        TrySendError::Full(_) => ConnAcquireErr::Timeout,
                        TrySendError::Disconnected(_) => ConnAcquireErr::ConnectionClosed,
                    })
                })?;
                let answer = match tokio::time::timeout(*wait, &mut answered).await {
                    Err(_) if !begun.swap(true, Ordering::AcqRel) => {
                        return Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout));
                    }
                    // It is being read: what was begun is waited for.
                    Err(_) => answered.await,
                    Ok(answer) => answer,
                };
                answer.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))?
            }
            Way::Pool(pool) => {
                let mut values = statement.values.into_iter().flat_map(|values| values.0);
                let query = values.try_fold(sqlx::query(sqlx::AssertSqlSafe(statement.sql)), bind)?;
                let rows = query.fetch_all(pool).await.map_err(failed_pool)?;
                rows.iter().map(R::from_cells).collect()
            }
        }
    }

    fn backend(&self) -> DbBackend {
        match self.0 {
            Way::Threads { .. } => DbBackend::Sqlite,
            Way::Pool(_) => DbBackend::Postgres,
        }
    }
}

type Prepared = Query<'static, Postgres, PgArguments>;

fn bind(query: Prepared, value: Value) -> Result<Prepared, DbErr> {
    Ok(match value {
        Value::String(text) => query.bind(text),
        Value::Uuid(id) => query.bind(id),
        Value::Bytes(bytes) => query.bind(bytes),
        Value::BigInt(number) => query.bind(number),
        Value::Int(number) => query.bind(number),
        Value::BigUnsigned(number) => query.bind(number.and_then(|number| i64::try_from(number).ok())),
        Value::Bool(flag) => query.bind(flag),
        other => return Err(DbErr::Type(format!("no column holds {:?}", other.array_type()))),
    })
}

impl Cells for PgRow {
    fn text(&self, at: usize) -> Result<Option<&str>, DbErr> {
        self.try_get(at).map_err(failed_pool)
    }

    fn number(&self, at: usize) -> Result<Option<i64>, DbErr> {
        self.try_get(at).map_err(failed_pool)
    }

    fn flag(&self, at: usize) -> Result<Option<bool>, DbErr> {
        self.try_get(at).map_err(failed_pool)
    }

    fn bytes(&self, at: usize) -> Result<Option<&[u8]>, DbErr> {
        self.try_get(at).map_err(failed_pool)
    }

    fn id(&self, at: usize) -> Result<Option<Uuid>, DbErr> {
        self.try_get(at).map_err(failed_pool)
    }
}

fn failed_pool(error: sqlx::Error) -> DbErr {
    match error {
        sqlx::Error::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
        sqlx::Error::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
        other => DbErr::Query(RuntimeErr::SqlxError(other.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_query_waits_for_a_thread_so_long_and_is_not_run_afterwards() {
        let (jobs, waiting) = bounded(1);
        let reader = Reader(Way::Threads { jobs, wait: Duration::from_millis(1) });
        let query = || Statement::from_string(DbBackend::Sqlite, "INSERT INTO seen VALUES (1)");
        let told = reader.rows::<(i64,)>(query()).await;
        assert!(matches!(told, Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))), "{told:?}");
        let full = reader.rows::<(i64,)>(query()).await;
        assert!(matches!(full, Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))), "{full:?}");

        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE seen (it INTEGER)").unwrap();
        let left: Job = waiting.try_recv().unwrap();
        left(&connection);
        assert_eq!(connection.query_row("SELECT count(*) FROM seen", (), |row| row.get(0)), Ok(0));
        assert!(waiting.try_recv().is_err());
    }
}
