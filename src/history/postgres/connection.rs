//! One connection to PostgreSQL. Requests on it follow one another without waiting for answers.

use std::error::Error as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hashlink::LruCache;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, Statement, Value};
use tokio::runtime;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::options::Options;
use crate::entities::cells::{Cells, FromCells};

/// Prepared statements a connection keeps.
const STATEMENTS: usize = 256;
/// How long a connection lives: the server keeps memory for whatever it has once seen.
const LIFETIME: Duration = Duration::from_secs(30 * 60);
/// A question that takes longer than this keeps others from being asked on the same connection.
const STALLED: Duration = Duration::from_millis(50);

/// A connection, driven by a task of the runtime that opened it.
pub(super) struct Connection {
    client: Client,
    home: runtime::Id,
    opened: Instant,
    statements: Mutex<LruCache<String, tokio_postgres::Statement>>,
    /// Answers that are waited for.
    awaited: AtomicUsize,
    /// When the last answer came, or the first question of those waiting was asked.
    moved: Mutex<Instant>,
}

impl Connection {
    pub(super) async fn open(options: &Options) -> Result<Self, DbErr> {
        let (client, connection) = options.server.connect(options.tls.clone()).await.map_err(unopened)?;
        // Whoever waits for an answer is told how the connection ended.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Self {
            client,
            home: runtime::Handle::current().id(),
            opened: Instant::now(),
            statements: Mutex::new(LruCache::new(STATEMENTS)),
            awaited: AtomicUsize::new(0),
            moved: Mutex::new(Instant::now()),
        })
    }

    /// Whether its answers arrive at the runtime that asks now.
    pub(super) fn is_at_home(&self) -> bool {
        self.home == runtime::Handle::current().id()
    }

    /// Whether it should be asked anything more.
    pub(super) fn is_usable(&self) -> bool {
        !self.client.is_closed() && self.opened.elapsed() < LIFETIME
    }

    /// How many answers are waited for.
    pub(super) fn awaited(&self) -> usize {
        self.awaited.load(Ordering::Acquire)
    }

    /// Whether the server has been busy with one answer for long.
    pub(super) fn is_stalled(&self) -> bool {
        self.awaited() > 0 && lock(&self.moved).elapsed() > STALLED
    }

    /// Asks the server whether it is there.
    pub(super) async fn ping(&self) -> Result<(), DbErr> {
        self.client.check_connection().await.map_err(failed)
    }

    /// Runs a text without values.
    pub(super) async fn run(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        self.client.batch_execute(sql).await
    }

    /// The prepared form of a statement.
    pub(super) async fn prepared(
        &self,
        statement: &Statement,
    ) -> Result<tokio_postgres::Statement, tokio_postgres::Error> {
        if let Some(known) = lock(&self.statements).get(&statement.sql) {
            return Ok(known.clone());
        }
        let types: Vec<Type> = values(statement).map(type_of).collect();
        let prepared = self.client.prepare_typed(&statement.sql, &types).await?;
        lock(&self.statements).insert(statement.sql.clone(), prepared.clone());
        Ok(prepared)
    }

    /// Runs a query that may share the connection with others.
    pub(super) async fn rows<R: FromCells>(&self, statement: &Statement) -> Result<Vec<R>, DbErr> {
        let _waiting = Waiting::new(self);
        let prepared = self.prepared(statement).await.map_err(failed)?;
        decoded(&self.query(&prepared, statement).await.map_err(failed)?)
    }

    pub(super) async fn query(
        &self,
        prepared: &tokio_postgres::Statement,
        statement: &Statement,
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        let values: Vec<Bound> = values(statement).map(Bound).collect();
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
        self.client.query(prepared, &values).await
    }

    pub(super) async fn execute(
        &self,
        prepared: &tokio_postgres::Statement,
        statement: &Statement,
    ) -> Result<u64, tokio_postgres::Error> {
        self.client.execute_raw(prepared, values(statement).map(Bound).collect::<Vec<_>>()).await
    }
}

/// Counts an answer as waited for.
struct Waiting<'a>(&'a Connection);

impl<'a> Waiting<'a> {
    fn new(connection: &'a Connection) -> Self {
        if connection.awaited.fetch_add(1, Ordering::AcqRel) == 0 {
            *lock(&connection.moved) = Instant::now();
        }
        Self(connection)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        *lock(&self.0.moved) = Instant::now();
        self.0.awaited.fetch_sub(1, Ordering::AcqRel);
    }
}

fn values(statement: &Statement) -> impl Iterator<Item = &Value> {
    statement.values.iter().flat_map(|values| &values.0)
}

/// Reads rows.
pub(super) fn decoded<R: FromCells>(rows: &[Row]) -> Result<Vec<R>, DbErr> {
    rows.iter().map(R::from_cells).collect()
}

/// A value as tokio-postgres binds it.
#[derive(Debug)]
struct Bound<'a>(&'a Value);

type Encoded = Result<IsNull, Box<dyn std::error::Error + Sync + Send>>;

impl ToSql for Bound<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Encoded {
        match self.0 {
            Value::String(Some(text)) => text.as_str().to_sql(kind, out),
            Value::Uuid(Some(id)) => id.to_sql(kind, out),
            Value::Bytes(Some(bytes)) => bytes.as_slice().to_sql(kind, out),
            Value::BigInt(Some(number)) => number.to_sql(kind, out),
            Value::Int(Some(number)) => i64::from(*number).to_sql(kind, out),
            Value::BigUnsigned(Some(number)) => i64::try_from(*number)?.to_sql(kind, out),
            Value::Bool(Some(flag)) => flag.to_sql(kind, out),
            Value::String(None)
            | Value::Uuid(None)
            | Value::Bytes(None)
            | Value::BigInt(None)
            | Value::Int(None)
            | Value::BigUnsigned(None)
            | Value::Bool(None) => Ok(IsNull::Yes),
            other => Err(format!("no column holds {:?}", other.array_type()).into()),
        }
    }

    fn accepts(_kind: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// What the server is told a value is; left alone, it would take the value of `SELECT $1` for a text.
fn type_of(value: &Value) -> Type {
    match value {
        Value::String(_) => Type::TEXT,
        Value::Uuid(_) => Type::UUID,
        Value::Bytes(_) => Type::BYTEA,
        Value::Bool(_) => Type::BOOL,
        _ => Type::INT8,
    }
}

impl Cells for Row {
    fn text(&self, at: usize) -> Result<Option<&str>, DbErr> {
        self.try_get(at).map_err(unreadable)
    }

    fn number(&self, at: usize) -> Result<Option<i64>, DbErr> {
        self.try_get(at).map_err(unreadable)
    }

    fn flag(&self, at: usize) -> Result<Option<bool>, DbErr> {
        self.try_get(at).map_err(unreadable)
    }

    fn bytes(&self, at: usize) -> Result<Option<&[u8]>, DbErr> {
        self.try_get(at).map_err(unreadable)
    }

    fn id(&self, at: usize) -> Result<Option<Uuid>, DbErr> {
        self.try_get(at).map_err(unreadable)
    }
}

/// A statement that failed, in the words [`crate::error`] reads; the server's own may be in any language, and its
/// details repeat values.
pub(super) fn failed(error: tokio_postgres::Error) -> DbErr {
    let Some(told) = error.as_db_error() else {
        let is_broken = error.is_closed() || error.source().is_some_and(|source| source.is::<std::io::Error>());
        let text = RuntimeErr::Internal(error.to_string());
        return if is_broken { DbErr::Conn(text) } else { DbErr::Exec(text) };
    };
    let constraint = told.constraint().unwrap_or_default();
    let text = match told.code() {
        &SqlState::UNIQUE_VIOLATION => format!("UNIQUE constraint failed: {constraint}"),
        &SqlState::FOREIGN_KEY_VIOLATION => format!("FOREIGN KEY constraint failed: {constraint}"),
        &SqlState::QUERY_CANCELED => "statement timeout".to_owned(),
        &SqlState::T_R_DEADLOCK_DETECTED => "deadlock detected".to_owned(),
        &SqlState::T_R_SERIALIZATION_FAILURE => "could not serialize".to_owned(),
        &SqlState::DISK_FULL => "disk_full".to_owned(),
        code if ends_connection(code) => return DbErr::Conn(RuntimeErr::Internal(told.message().to_owned())),
        code => format!("{} {} {constraint}", code.code(), told.message()),
    };
    DbErr::Exec(RuntimeErr::Internal(text))
}

/// Whether the server itself says that something was not carried out. A connection that breaks says nothing; neither
/// does the server's word that it ends the connection, which may come when all is done.
pub(super) fn is_refusal(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|told| !ends_connection(told.code()))
}

/// Classes 08 (the connection) and 57P (an operator intervenes) of SQLSTATE.
fn ends_connection(code: &SqlState) -> bool {
    code.code().starts_with("08") || code.code().starts_with("57P")
}

fn unopened(error: tokio_postgres::Error) -> DbErr {
    match error.code() {
        Some(&SqlState::TOO_MANY_CONNECTIONS) => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
        _ => DbErr::Conn(RuntimeErr::Internal(error.to_string())),
    }
}

fn unreadable(error: tokio_postgres::Error) -> DbErr {
    DbErr::Type(error.to_string())
}

/// What is kept is whole at any time.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
