//! Lists and records that are answered are read past sea-orm: from the same queries, but column by column.
//!
//! On SQLite by threads that own their connections and take whatever query comes next: a hop to the driver's thread
//! for every step of a query, and a look-up by name for every column, cost a multiple of the query itself. On
//! PostgreSQL through the pool everything else uses.

use std::fmt::Display;
use std::str::FromStr;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql, params_from_iter};
use sea_orm::sqlx::postgres::{PgArguments, PgPool, PgRow, Postgres};
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::sqlx::{self, Row, query::Query};
use sea_orm::{ConnAcquireErr, DatabaseConnection, DbBackend, DbErr, EntityTrait, QuerySelect, QueryTrait, Select};
use sea_orm::{RuntimeErr, Statement, Value};
use secrecy::ExposeSecret;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::config::DatabaseConfig;
use crate::entities::cells::{Cells, FromCells, Reads};

/// Queries that may wait for a thread before callers are turned away.
const WAITING_MAX: usize = 1024;
/// Prepared statements a connection keeps.
const STATEMENTS: usize = 256;
/// How long a reader waits for the file, which is locked for moments only.
const BUSY: Duration = Duration::from_secs(10);

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
            let connection = open(settings).map_err(unopened)?;
            let jobs: Receiver<Job> = jobs.clone();
            let thread = thread::Builder::new().name(format!("reader-{number}"));
            thread.spawn(move || jobs.into_iter().for_each(|job| job(&connection))).map_err(unopened)?;
        }
        Ok(Self(Way::Threads(sender)))
    }

    /// The pool of a PostgreSQL connection.
    pub(super) fn pool(connection: &DatabaseConnection) -> Self {
        Self(Way::Pool(connection.get_postgres_connection_pool().clone()))
    }

    /// The first row of a query, if there is one.
    pub async fn one<E>(&self, select: Select<E>) -> Result<Option<E::Model>, DbErr>
    where
        E: EntityTrait,
        E::Model: FromCells,
    {
        self.one_as(select).await
    }

    /// As [`Self::one`], of the columns somebody needs.
    pub async fn one_as<R: FromCells>(&self, select: Select<impl EntityTrait>) -> Result<Option<R>, DbErr> {
        let select = select.select_only().expr(R::columns()).limit(1);
        Ok(self.rows(select.build(self.backend())).await?.into_iter().next())
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
                        drop(answer.send(rows_of_sqlite(connection, statement)));
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

fn open(settings: &DatabaseConfig) -> Result<Connection, Box<dyn std::error::Error>> {
    let file = SqliteConnectOptions::from_str(settings.url.expose_secret())?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(file.get_filename(), flags)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "cache_size", -i64::from(settings.sqlite_cache_kib))?;
    connection.pragma_update(None, "mmap_size", i64::from(settings.sqlite_mmap_mib) << 20)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

fn rows_of_sqlite<R: FromCells>(connection: &Connection, statement: Statement) -> Result<Vec<R>, DbErr> {
    let values = statement.values.map(|values| values.0).unwrap_or_default();
    let mut prepared = connection.prepare_cached(&statement.sql).map_err(failed)?;
    let mut rows = prepared.query(params_from_iter(values.iter().map(Bound))).map_err(failed)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        found.push(R::from_cells(row)?);
    }
    Ok(found)
}

/// A value as rusqlite binds it.
struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::String(Some(text)) => ValueRef::Text(text.as_bytes()),
            Value::Uuid(Some(id)) => ValueRef::Blob(id.as_bytes()),
            Value::Bytes(Some(bytes)) => ValueRef::Blob(bytes),
            Value::BigInt(Some(number)) => ValueRef::Integer(*number),
            Value::Int(Some(number)) => ValueRef::Integer(i64::from(*number)),
            Value::BigUnsigned(Some(number)) => match i64::try_from(*number) {
                Ok(number) => ValueRef::Integer(number),
                Err(error) => return Err(rusqlite::Error::ToSqlConversionFailure(error.into())),
            },
            Value::Bool(Some(flag)) => ValueRef::Integer(i64::from(*flag)),
            null if *null == null.as_null() => ValueRef::Null,
            other => return Err(rusqlite::Error::ToSqlConversionFailure(unbound(other).into())),
        }))
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
            tracing::error!("{}", unbound(&other));
            query
        }
    }
}

fn unbound(value: &Value) -> String {
    format!("no condition holds a value like {value:?}")
}

impl Cells for rusqlite::Row<'_> {
    fn text(&self, at: usize) -> Result<Option<&str>, DbErr> {
        self.get_ref(at).map_err(failed)?.as_str_or_null().map_err(failed)
    }

    fn number(&self, at: usize) -> Result<Option<i64>, DbErr> {
        self.get_ref(at).map_err(failed)?.as_i64_or_null().map_err(failed)
    }

    fn flag(&self, at: usize) -> Result<Option<bool>, DbErr> {
        Ok(self.number(at)?.map(|number| number != 0))
    }

    fn bytes(&self, at: usize) -> Result<Option<&[u8]>, DbErr> {
        self.get_ref(at).map_err(failed)?.as_blob_or_null().map_err(failed)
    }

    fn id(&self, at: usize) -> Result<Option<Uuid>, DbErr> {
        self.bytes(at)?.map(Uuid::from_slice).transpose().map_err(failed)
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

fn failed(error: impl Display) -> DbErr {
    DbErr::Query(RuntimeErr::Internal(error.to_string()))
}

fn failed_pool(error: sqlx::Error) -> DbErr {
    match error {
        sqlx::Error::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
        sqlx::Error::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
        other => DbErr::Query(RuntimeErr::SqlxError(other.into())),
    }
}

fn unopened(error: impl Display) -> DbErr {
    DbErr::Conn(RuntimeErr::Internal(error.to_string()))
}
