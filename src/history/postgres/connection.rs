//! One connection to PostgreSQL. Requests on it follow one another without waiting for answers.

use std::error::Error as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hashlink::LruCache;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, Statement, Value};
use tokio::runtime;
use tokio_postgres::error::{DbError, Severity, SqlState};
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::options::Options;
use crate::entities::cells::Cells;

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
    /// How long an answer is waited for. The server has a limit of its own, but may be out of reach.
    patience: Duration,
    /// The server was silent for too long.
    retired: AtomicBool,
    statements: Mutex<LruCache<String, tokio_postgres::Statement>>,
    /// Answers that are waited for.
    awaited: AtomicUsize,
    /// When the last answer came, or the first question of those waiting was asked.
    moved: Mutex<Instant>,
}

/// Why there is no answer.
pub(super) enum Failure {
    /// In the words of the server or the driver.
    Told(tokio_postgres::Error),
    /// None came in time.
    Silence,
    /// The question was not asked: no column holds such a value.
    Unbindable(String),
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
            patience: options.patience,
            retired: AtomicBool::new(false),
            statements: Mutex::new(LruCache::new(STATEMENTS)),
            awaited: AtomicUsize::new(0),
            moved: Mutex::new(Instant::now()),
        })
    }

    /// The runtime at which its answers arrive.
    pub(super) fn home(&self) -> runtime::Id {
        self.home
    }

    /// Whether its answers arrive at the runtime that asks now.
    pub(super) fn is_at_home(&self) -> bool {
        self.home == runtime::Handle::current().id()
    }

    /// Whether it should be asked anything more.
    pub(super) fn is_usable(&self) -> bool {
        !self.client.is_closed() && !self.retired.load(Ordering::Acquire) && self.opened.elapsed() < LIFETIME
    }

    /// How many answers are waited for.
    pub(super) fn awaited(&self) -> usize {
        self.awaited.load(Ordering::Acquire)
    }

    /// Whether the server has been busy with one answer for long.
    pub(super) fn is_stalled(&self) -> bool {
        self.awaited() > 0 && lock(&self.moved).elapsed() > STALLED
    }

    async fn answer<T>(&self, question: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, Failure> {
        match tokio::time::timeout(self.patience, question).await {
            Ok(answer) => answer.map_err(Failure::Told),
            Err(_) => {
                self.retired.store(true, Ordering::Release);
                Err(Failure::Silence)
            }
        }
    }

    /// Asks the server whether it is there.
    pub(super) async fn ping(&self) -> Result<(), Failure> {
        self.answer(self.client.check_connection()).await
    }

    /// Runs a text without values.
    pub(super) async fn run(&self, sql: &str) -> Result<(), Failure> {
        self.answer(self.client.batch_execute(sql)).await
    }

    /// The prepared form of a statement, all of whose values can be sent.
    pub(super) async fn prepared(&self, statement: &Statement) -> Result<tokio_postgres::Statement, Failure> {
        let types: Vec<Type> = values(statement).map(type_of).collect::<Result<_, _>>().map_err(Failure::Unbindable)?;
        if let Some(known) = lock(&self.statements).get(&statement.sql) {
            return Ok(known.clone());
        }
        let prepared = self.answer(self.client.prepare_typed(&statement.sql, &types)).await?;
        lock(&self.statements).insert(statement.sql.clone(), prepared.clone());
        Ok(prepared)
    }

    /// Runs a query that may share the connection with others.
    pub(super) async fn rows(self: &Arc<Self>, statement: &Statement) -> Result<Vec<Row>, DbErr> {
        let waiting = Waiting::new(Arc::clone(self));
        let rows = self.asked(statement).await;
        waiting.answered();
        rows.map_err(failed)
    }

    async fn asked(&self, statement: &Statement) -> Result<Vec<Row>, Failure> {
        let prepared = self.prepared(statement).await?;
        match self.query(&prepared, statement).await {
            Err(Failure::Told(error)) if is_outdated(&error) => {
                let prepared = self.prepared(statement).await?;
                self.query(&prepared, statement).await
            }
            answer => answer,
        }
    }

    pub(super) async fn query(
        &self,
        prepared: &tokio_postgres::Statement,
        statement: &Statement,
    ) -> Result<Vec<Row>, Failure> {
        let values: Vec<Bound> = values(statement).map(Bound).collect();
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
        let rows = self.answer(self.client.query(prepared, &values)).await;
        self.forget_outdated(statement, &rows);
        rows
    }

    pub(super) async fn execute(
        &self,
        prepared: &tokio_postgres::Statement,
        statement: &Statement,
    ) -> Result<u64, Failure> {
        let values: Vec<Bound> = values(statement).map(Bound).collect();
        let changed = self.answer(self.client.execute_raw(prepared, values)).await;
        self.forget_outdated(statement, &changed);
        changed
    }

    fn forget_outdated<T>(&self, statement: &Statement, answer: &Result<T, Failure>) {
        if let Err(Failure::Told(error)) = answer
            && is_outdated(error)
        {
            lock(&self.statements).remove(&statement.sql);
        }
    }
}

/// Whether a prepared statement has become useless: the schema has changed, or somebody has removed it.
fn is_outdated(error: &tokio_postgres::Error) -> bool {
    error
        .code()
        .is_some_and(|code| *code == SqlState::FEATURE_NOT_SUPPORTED || *code == SqlState::INVALID_SQL_STATEMENT_NAME)
}

/// Counts an answer as waited for until it is there, also if nobody waits for it any more.
struct Waiting(Option<Arc<Connection>>);

impl Waiting {
    fn new(connection: Arc<Connection>) -> Self {
        if connection.awaited() == 0 {
            *lock(&connection.moved) = Instant::now();
        }
        connection.awaited.fetch_add(1, Ordering::AcqRel);
        Self(Some(connection))
    }

    fn answered(mut self) {
        if let Some(connection) = self.0.take() {
            arrived(&connection);
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some(connection) = self.0.take() else { return };
        let Ok(runtime) = runtime::Handle::try_current() else { return arrived(&connection) };
        // Whoever asked has left, but the server is busy all the same. Answers come in order: when this one is there,
        // so is the other.
        runtime.spawn(async move {
            drop(connection.ping().await);
            arrived(&connection);
        });
    }
}

fn arrived(connection: &Connection) {
    *lock(&connection.moved) = Instant::now();
    connection.awaited.fetch_sub(1, Ordering::AcqRel);
}

fn values(statement: &Statement) -> impl Iterator<Item = &Value> {
    statement.values.iter().flat_map(|values| &values.0)
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

/// What the server is told a value is; left alone, it would take the value of `SELECT $1` for a text. The error names
/// what no column holds.
fn type_of(value: &Value) -> Result<Type, String> {
    match value {
        Value::String(_) => Ok(Type::TEXT),
        Value::Uuid(_) => Ok(Type::UUID),
        Value::Bytes(_) => Ok(Type::BYTEA),
        Value::Bool(_) => Ok(Type::BOOL),
        Value::BigUnsigned(Some(number)) if i64::try_from(*number).is_err() => {
            Err("a number beyond 63 bits".to_owned())
        }
        Value::BigInt(_) | Value::Int(_) | Value::BigUnsigned(_) => Ok(Type::INT8),
        other => Err(format!("no column holds {:?}", other.array_type())),
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
pub(super) fn failed(failure: Failure) -> DbErr {
    let error = match failure {
        Failure::Told(error) => error,
        Failure::Silence => return DbErr::Conn(RuntimeErr::Internal("the server is silent".to_owned())),
        Failure::Unbindable(reason) => return DbErr::Type(reason),
    };
    let Some(told) = error.as_db_error() else {
        let is_broken = error.is_closed() || error.source().is_some_and(|source| source.is::<std::io::Error>());
        let text = RuntimeErr::Internal(with_source(&error));
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
        code if ends_connection(code) => return DbErr::Conn(RuntimeErr::Internal(words(told))),
        _ => format!("{} {constraint}", words(told)),
    };
    DbErr::Exec(RuntimeErr::Internal(text))
}

/// Whether the server itself says that something was not carried out. A connection that breaks says nothing; neither
/// does the server's word that it ends the connection, which may come when all is done.
pub(super) fn is_refusal(failure: &Failure) -> bool {
    match failure {
        Failure::Told(error) => error
            .as_db_error()
            .is_some_and(|told| told.parsed_severity() == Some(Severity::Error) && !ends_connection(told.code())),
        Failure::Silence | Failure::Unbindable(_) => false,
    }
}

/// Classes 08 (the connection) and 57P (an operator intervenes) of SQLSTATE.
fn ends_connection(code: &SqlState) -> bool {
    code.code().starts_with("08") || code.code().starts_with("57P")
}

fn unopened(error: tokio_postgres::Error) -> DbErr {
    match error.as_db_error() {
        Some(told) if *told.code() == SqlState::TOO_MANY_CONNECTIONS => {
            DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)
        }
        Some(told) => DbErr::Conn(RuntimeErr::Internal(words(told))),
        None => DbErr::Conn(RuntimeErr::Internal(with_source(&error))),
    }
}

/// What the server says, without the details: they repeat values.
fn words(told: &DbError) -> String {
    format!("{} {}", told.code().code(), told.message())
}

fn with_source(error: &tokio_postgres::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

fn unreadable(error: tokio_postgres::Error) -> DbErr {
    DbErr::Type(error.to_string())
}

/// What is kept is whole at any time.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
