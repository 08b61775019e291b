//! Lists and records that are answered are read past sea-orm: from the same queries, but column by column.
//!
//! On SQLite by threads that own their connections and take whatever query comes next: a hop to the driver's thread
//! for every step of a query, and a look-up by name for every column, cost a multiple of the query itself. On
//! PostgreSQL through the pool everything else uses.

use std::thread;

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
    Threads(Sender<Job>),
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
        Ok(Self(Way::Threads(sender)))
    }

    /// The pool of a PostgreSQL connection.
    pub(super) fn pool(connection: &DatabaseConnection) -> Self {
        Self(Way::Pool(connection.get_postgres_connection_pool().clone()))
    }
}

impl Reads for Reader {
    async fn rows<R: FromCells>(&self, statement: Statement) -> Result<Vec<R>, DbErr> {
        match &self.0 {
            Way::Threads(jobs) => {
                let (answer, answered) = oneshot::channel();
                let job: Job = Box::new(move |connection| {
                    // Whoever asked may have left meanwhile.
                    if !answer.is_closed() {
                        drop(answer.send(sqlite::rows(connection, &statement)));
                    }
                });
                jobs.try_send(job).map_err(|error| {
                    DbErr::ConnectionAcquire(match error {
                        TrySendError::Full(_) => ConnAcquireErr::Timeout,
                        TrySendError::Disconnected(_) => ConnAcquireErr::ConnectionClosed,
                    })
                })?;
                answered.await.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))?
            }
            Way::Pool(pool) => {
                let values = statement.values.into_iter().flat_map(|values| values.0);
                let query = values.fold(sqlx::query(sqlx::AssertSqlSafe(statement.sql)), bind);
                let rows = query.fetch_all(pool).await.map_err(failed_pool)?;
                rows.iter().map(R::from_cells).collect()
            }
        }
    }

    fn backend(&self) -> DbBackend {
        match self.0 {
            Way::Threads(_) => DbBackend::Sqlite,
            Way::Pool(_) => DbBackend::Postgres,
        }
    }
}

fn bind(query: Query<'static, Postgres, PgArguments>, value: Value) -> Query<'static, Postgres, PgArguments> {
    match value {
        Value::String(text) => query.bind(text),
        Value::Uuid(id) => query.bind(id),
        Value::Bytes(bytes) => query.bind(bytes),
        Value::BigInt(number) => query.bind(number),
        Value::Int(number) => query.bind(number),
        Value::BigUnsigned(number) => query.bind(number.and_then(|number| i64::try_from(number).ok())),
        Value::Bool(flag) => query.bind(flag),
        other => {
            // The database refuses a query that lacks a value; no condition of ours has one of these.
            tracing::error!("no column holds {other:?}");
            query
        }
    }
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
