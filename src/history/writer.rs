//! Who may write, and when a write is on disk.
//!
//! SQLite has one writer. Changes that wait at the same time share one synced COMMIT: a single task
//! owns the connection, opens a transaction, hands it to one Change after another and commits when
//! nobody waits any more. Each Change runs inside a savepoint of its own, so it fails alone;
//! its `commit` returns after the shared COMMIT. On PostgreSQL every Change has a transaction of its
//! own, and the server groups the syncs.
//!
//! Savepoints are plain text. The one of the next Change is opened in the text that ends the one before, because each
//! separate statement costs a hop to the driver's thread; in front of a Change's own statement it would spoil the count
//! of changed rows, since SQLite answers a SAVEPOINT with the count of whatever ran before it. sea-orm and the driver count nested
//! transactions by depth, not by object: strictly one Change holds the turn, and only the task here
//! begins, releases and rolls back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot, watch};

use super::flush;
use crate::error::{Code, Error, Result};

/// Changes that may wait for their turn before callers are turned away.
const WAITING_MAX: usize = 1024;
/// A group is closed after this time, however many still wait.
const GROUP_TIME: Duration = Duration::from_millis(50);
/// A Change that holds its turn longer than this is named in the log: everybody else waits for it.
const LONG_TURN: Duration = Duration::from_millis(250);

const SAVEPOINT: &str = "SAVEPOINT change";
const NEXT: &str = "RELEASE change;SAVEPOINT change";
/// The savepoint stays, for the next Change.
const UNDO: &str = "ROLLBACK TO change";

/// The way to a turn at writing.
#[derive(Clone)]
pub(super) enum Writer {
    Grouped {
        queue: mpsc::Sender<oneshot::Sender<Turn>>,
        wait: Duration,
        /// The one the coordinator has now: it opens another one when a group has failed.
        connection: watch::Receiver<DatabaseConnection>,
    },
    Pooled(DatabaseConnection),
}

/// What a Change gives back when it ends.
enum Return {
    Keep(DatabaseTransaction, Statement, oneshot::Sender<Result<(), DbErr>>),
    /// And whether there may be something to undo.
    Discard(DatabaseTransaction, bool),
}

/// The right to write, until it is committed or dropped.
pub(super) struct Turn {
    transaction: Option<DatabaseTransaction>,
    /// SQLite: the way home. PostgreSQL: the transaction is the Turn's own.
    home: Option<oneshot::Sender<Return>>,
    /// Something may have been written.
    dirty: AtomicBool,
    /// A statement failed or was cut off: nothing more may happen but the rollback. PostgreSQL acts so by itself.
    poisoned: AtomicBool,
}

impl Writer {
    /// SQLite. A Change waits at most `wait` for its turn.
    pub(super) fn grouped(
        connection: DatabaseConnection,
        reopen: ConnectOptions,
        group_max: usize,
        wait: Duration,
    ) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING_MAX);
        let (present, connection) = watch::channel(connection);
        tokio::spawn(Coordinator { connection: present, reopen, waiting, group_max }.run());
        Self::Grouped { queue, wait, connection }
    }

    pub(super) fn pooled(pool: DatabaseConnection) -> Self {
        Self::Pooled(pool)
    }

    /// The connection that writes at present.
    pub(super) fn connection(&self) -> DatabaseConnection {
        match self {
            Self::Pooled(pool) => pool.clone(),
            Self::Grouped { connection, .. } => connection.borrow().clone(),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that opens transactions")]
    pub(super) async fn turn(&self) -> Result<Turn> {
        match self {
            Self::Pooled(pool) => {
                let pool = pool.clone();
                // In a task of its own, because it must not be cut off: the driver would put a connection back into
                // the pool whose transaction is open. A turn nobody takes any more is rolled back.
                let begun = tokio::spawn(async move { pool.begin().await.map(|begun| Turn::new(begun, None)) });
                Ok(begun.await.map_err(Error::internal)??)
            }
            Self::Grouped { queue, wait, .. } => {
                let refused = |code: Code| Error::new(code).retry_after(1);
                let (sender, receiver) = oneshot::channel();
                queue.try_send(sender).map_err(|error| match error {
                    TrySendError::Full(_) => refused(Code::Overloaded),
                    TrySendError::Closed(_) => refused(Code::DatabaseUnavailable),
                })?;
                match tokio::time::timeout(*wait, receiver).await {
                    Ok(Ok(turn)) => Ok(turn),
                    Ok(Err(_)) => Err(refused(Code::DatabaseUnavailable)),
                    Err(_) => Err(refused(Code::Overloaded)),
                }
            }
        }
    }

    pub(super) async fn close(self) -> Result<(), DbErr> {
        match self {
            Self::Pooled(pool) => pool.close().await,
            // The task ends, and closes its connection, when the last sender is gone.
            Self::Grouped { .. } => Ok(()),
        }
    }
}

impl Turn {
    fn new(transaction: DatabaseTransaction, home: Option<oneshot::Sender<Return>>) -> Self {
        Self { transaction: Some(transaction), home, dirty: AtomicBool::new(false), poisoned: AtomicBool::new(false) }
    }

    fn open(&self) -> Result<&DatabaseTransaction, DbErr> {
        if self.poisoned.load(Ordering::Acquire) {
            return Err(DbErr::Custom("an earlier statement of this change failed".to_owned()));
        }
        self.transaction.as_ref().ok_or_else(|| DbErr::Custom("this change has ended".to_owned()))
    }

    /// Marks the turn as dirty before it writes for the first time.
    fn noted(&self, statement: Statement) -> Statement {
        if !statement.sql.starts_with("SELECT") {
            self.dirty.store(true, Ordering::Release);
        }
        statement
    }

    /// Poisons the turn unless the statement ends well. One that is cut off may have run in part.
    async fn watched<T>(&self, statement: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        let mut watch = Watch { poisoned: &self.poisoned, ended_well: false };
        let result = statement.await;
        watch.ended_well = result.is_ok();
        result
    }

    /// Whether there may be something to undo. A read that fails can have ended SQLite's whole transaction (memory,
    /// input and output): only the attempt shows it.
    fn is_to_be_undone(&self) -> bool {
        self.dirty.load(Ordering::Acquire) || self.poisoned.load(Ordering::Acquire)
    }

    /// Writes the last statements and waits until everything is on disk. Whoever is cancelled while
    /// waiting has committed all the same.
    pub(super) async fn commit(mut self, statements: Vec<Statement>) -> Result<(), DbErr> {
        self.open()?;
        let Some(transaction) = self.transaction.take() else { return Ok(()) };
        let (acknowledge, acknowledged) = oneshot::channel();
        match self.home.take() {
            Some(home) => {
                let last = sqlite_batch(statements);
                if let Err(Return::Keep(transaction, ..) | Return::Discard(transaction, _)) =
                    home.send(Return::Keep(transaction, last, acknowledge))
                {
                    // Only a coordinator that has died cannot be reached; nothing is committed then.
                    discard(transaction);
                }
            }
            None => {
                tokio::spawn(async move {
                    let result = flush::commit_postgres(transaction, statements).await;
                    // A caller that has gone away is no failure: the work is done either way.
                    drop(acknowledge.send(result));
                });
            }
        }
        acknowledged.await.unwrap_or_else(|_| Err(DbErr::Custom("the writer has stopped".to_owned())))
    }
}

/// Sets the mark when it is dropped, unless all went well before.
struct Watch<'a> {
    poisoned: &'a AtomicBool,
    ended_well: bool,
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if !self.ended_well {
            self.poisoned.store(true, Ordering::Release);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // sea-orm's transaction must not be dropped while its connection is busy: it always travels home.
        let Some(transaction) = self.transaction.take() else { return };
        match self.home.take() {
            Some(home) => {
                if let Err(Return::Discard(transaction, _) | Return::Keep(transaction, ..)) =
                    home.send(Return::Discard(transaction, self.is_to_be_undone()))
                {
                    discard(transaction);
                }
            }
            None => discard(transaction),
        }
    }
}

fn discard(transaction: DatabaseTransaction) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(async move {
            if let Err(error) = transaction.rollback().await {
                tracing::warn!(%error, "rollback failed");
            }
        });
    }
}

/// One text of all statements: one hop to the driver's thread instead of one for each.
fn sqlite_batch(statements: Vec<Statement>) -> Statement {
    let mut sql = String::new();
    let mut values = Vec::new();
    for statement in statements {
        sql.push_str(&statement.sql);
        sql.push(';');
        values.extend(statement.values.into_iter().flat_map(|values| values.0));
    }
    sql.push_str(NEXT);
    Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
}

#[async_trait::async_trait]
impl ConnectionTrait for Turn {
    fn get_database_backend(&self) -> DbBackend {
        if self.home.is_some() { DbBackend::Sqlite } else { DbBackend::Postgres }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<sea_orm::ExecResult, DbErr> {
        let transaction = self.open()?;
        self.watched(transaction.execute_raw(self.noted(statement))).await
    }

    async fn execute_unprepared(&self, _sql: &str) -> Result<sea_orm::ExecResult, DbErr> {
        Err(DbErr::Custom("a change runs prepared statements only".to_owned()))
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<sea_orm::QueryResult>, DbErr> {
        let transaction = self.open()?;
        self.watched(transaction.query_one_raw(self.noted(statement))).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<sea_orm::QueryResult>, DbErr> {
        let transaction = self.open()?;
        self.watched(transaction.query_all_raw(self.noted(statement))).await
    }
}

/// The owner of SQLite's writing connection.
struct Coordinator {
    connection: watch::Sender<DatabaseConnection>,
    reopen: ConnectOptions,
    waiting: mpsc::Receiver<oneshot::Sender<Turn>>,
    group_max: usize,
}

/// Who waits for the shared COMMIT, and how each one's own statements have ended. Whoever failed waits as well: the
/// failure may rest on what an earlier Change of the group has written, and that is true only after the COMMIT.
type Acknowledgements = Vec<(oneshot::Sender<Result<(), DbErr>>, Result<(), DbErr>)>;

impl Coordinator {
    async fn run(mut self) {
        while let Some(first) = self.waiting.recv().await {
            let mut acknowledgements = Vec::new();
            let result = self.group(first, &mut acknowledgements).await;
            if let Err(error) = &result {
                tracing::error!(%error, changes = acknowledgements.len(), "a group of changes was not committed");
                self.reconnect().await;
            }
            let shared = result.map_err(|error| DbErr::Custom(format!("the shared commit failed: {error}")));
            for (acknowledge, own) in acknowledgements {
                drop(acknowledge.send(own.and_then(|()| shared.clone())));
            }
        }
        let connection = self.present();
        if let Err(error) = connection.close().await {
            tracing::warn!(%error, "closing the writer failed");
        }
    }

    fn present(&self) -> DatabaseConnection {
        self.connection.borrow().clone()
    }

    /// Runs waiting Changes one after another inside one transaction and commits it.
    #[expect(clippy::disallowed_methods, reason = "the one place that opens transactions")]
    async fn group(
        &mut self,
        first: oneshot::Sender<Turn>,
        acknowledgements: &mut Acknowledgements,
    ) -> Result<(), DbErr> {
        let immediate = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let mut transaction = self.present().begin_with_options(immediate).await?;
        transaction.execute_unprepared(SAVEPOINT).await?;
        let opened = Instant::now();
        let mut next = Some(first);
        while let Some(waiter) = next.take() {
            if !waiter.is_closed() {
                transaction = one_turn(transaction, waiter, acknowledgements).await?;
            }
            if acknowledgements.len() < self.group_max && opened.elapsed() < GROUP_TIME {
                next = self.waiting.try_recv().ok();
            }
        }
        transaction.commit().await
    }

    /// After a failed COMMIT or RELEASE the driver's count of open transactions can be wrong;
    /// a new connection cannot.
    async fn reconnect(&self) {
        match Database::connect(self.reopen.clone()).await {
            Ok(fresh) => {
                let old = self.connection.send_replace(fresh);
                if let Err(error) = old.close().await {
                    tracing::warn!(%error, "closing the failed writer failed");
                }
            }
            Err(error) => tracing::error!(%error, "the writer cannot be reopened"),
        }
    }
}

/// Gives one Change the turn and ends it: released and to be acknowledged, or undone.
async fn one_turn(
    transaction: DatabaseTransaction,
    waiter: oneshot::Sender<Turn>,
    acknowledgements: &mut Acknowledgements,
) -> Result<DatabaseTransaction, DbErr> {
    let started = Instant::now();
    let (home, returned) = oneshot::channel();
    // If the caller has left, dropping the unsent Turn sends it home: one path only.
    drop(waiter.send(Turn::new(transaction, Some(home))));
    let returned = returned.await.map_err(|_| DbErr::Custom("a change was lost".to_owned()))?;
    if started.elapsed() > LONG_TURN {
        tracing::warn!(milliseconds = started.elapsed().as_millis(), "a change held the writer for long");
    }
    match returned {
        Return::Keep(transaction, last, acknowledge) => {
            let own = transaction.execute_raw(last).await.map(|_| ());
            acknowledgements.push((acknowledge, own.clone()));
            if let Err(error) = own {
                // Where there is nothing left to undo, this error has ended the whole transaction.
                undo(&transaction).await.map_err(|_| error)?;
            }
            Ok(transaction)
        }
        Return::Discard(transaction, true) => {
            undo(&transaction).await?;
            Ok(transaction)
        }
        Return::Discard(transaction, false) => Ok(transaction),
    }
}

/// Fails if SQLite has ended the whole transaction: then there is no savepoint either.
async fn undo(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    transaction.execute_unprepared(UNDO).await.map(|_| ())
}
