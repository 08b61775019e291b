//! Who may write, and when a write is on disk.
//!
//! On SQLite Changes take turns on one connection and share synced COMMITs ([`super::group`]). On PostgreSQL every
//! Change has a transaction of its own, and the server groups the syncs. A Change sees no difference.

use std::sync::atomic::{AtomicBool, Ordering};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, Statement, TransactionTrait,
};
use tokio::sync::oneshot;

use super::flush;
use super::group::{Held, Queue};
use crate::entities::cells::{FromCells, Reads};
use crate::error::{Error, Result, WRITER_STOPPED};

/// Why a statement is not run any more, on both databases.
pub(super) const CHANGE_FAILED: &str = "an earlier statement of this change failed";
/// As [`CHANGE_FAILED`].
pub(super) const CHANGE_ENDED: &str = "this change has ended";

/// The way to a turn at writing.
#[derive(Clone)]
pub(super) enum Writer {
    Grouped(Queue),
    Pooled(DatabaseConnection),
}

/// The right to write, until it is committed or dropped.
pub(super) enum Turn {
    Sqlite(Held),
    Postgres(Transaction),
}

impl Writer {
    #[expect(clippy::disallowed_methods, reason = "the one place that opens transactions")]
    pub(super) async fn turn(&self) -> Result<Turn> {
        match self {
            Self::Grouped(queue) => Ok(Turn::Sqlite(queue.turn().await?)),
            Self::Pooled(pool) => {
                let pool = pool.clone();
                // In a task of its own, because it must not be cut off: the driver would put a connection back into
                // the pool whose transaction is open. A turn nobody takes any more is rolled back.
                let begun = tokio::spawn(async move { pool.begin().await.map(Transaction::new) });
                Ok(Turn::Postgres(begun.await.map_err(Error::internal)??))
            }
        }
    }

    /// Finishes what waits. Nobody can write afterwards.
    pub(super) async fn close(&self) -> Result<(), DbErr> {
        match self {
            Self::Grouped(queue) => {
                queue.close().await;
                Ok(())
            }
            Self::Pooled(pool) => pool.clone().close().await,
        }
    }

    /// Runs statements beside all Changes, on the connection that writes.
    pub(super) async fn maintain(&self, sql: &str) -> Result<()> {
        match self {
            Self::Grouped(queue) => queue.maintain(sql).await,
            Self::Pooled(pool) => Ok(pool.execute_unprepared(sql).await.map(drop)?),
        }
    }
}

impl Turn {
    /// Runs a statement and counts the rows it changed.
    pub(super) async fn execute(&self, statement: Statement) -> Result<u64, DbErr> {
        match self {
            Self::Sqlite(held) => {
                // Nothing is waited for here: a Change of many statements would keep its thread from everybody else.
                tokio::task::coop::consume_budget().await;
                held.execute(&statement)
            }
            Self::Postgres(transaction) => transaction.execute(statement).await,
        }
    }

    /// Writes the last statements and waits until everything is on disk. Whoever is cancelled while waiting has
    /// committed all the same.
    pub(super) async fn commit(self, statements: Vec<Statement>) -> Result<(), DbErr> {
        match self {
            Self::Sqlite(held) => held.commit(statements).await,
            Self::Postgres(transaction) => transaction.commit(statements).await,
        }
    }
}

impl Reads for Turn {
    async fn rows<R: FromCells>(&self, statement: Statement) -> Result<Vec<R>, DbErr> {
        match self {
            Self::Sqlite(held) => {
                tokio::task::coop::consume_budget().await;
                held.rows(&statement)
            }
            Self::Postgres(transaction) => transaction.rows(statement).await,
        }
    }

    fn backend(&self) -> DbBackend {
        match self {
            Self::Sqlite(_) => DbBackend::Sqlite,
            Self::Postgres(_) => DbBackend::Postgres,
        }
    }
}

/// A Change's own transaction on PostgreSQL.
pub(super) struct Transaction {
    open: Option<DatabaseTransaction>,
    /// A statement failed or was cut off: nothing more may happen but the rollback.
    poisoned: AtomicBool,
}

impl Transaction {
    fn new(open: DatabaseTransaction) -> Self {
        Self { open: Some(open), poisoned: AtomicBool::new(false) }
    }

    fn open(&self) -> Result<&DatabaseTransaction, DbErr> {
        if self.poisoned.load(Ordering::Acquire) {
            return Err(DbErr::Custom(CHANGE_FAILED.to_owned()));
        }
        self.open.as_ref().ok_or_else(|| DbErr::Custom(CHANGE_ENDED.to_owned()))
    }

    async fn execute(&self, statement: Statement) -> Result<u64, DbErr> {
        let done = self.watched(self.open()?.execute_raw(statement)).await?;
        Ok(done.rows_affected())
    }

    async fn rows<R: FromCells>(&self, statement: Statement) -> Result<Vec<R>, DbErr> {
        let rows = self.watched(self.open()?.query_all_raw(statement)).await?;
        let rows = rows.iter().map(|row| match row.try_as_pg_row() {
            Some(row) => R::from_cells(row),
            None => Err(DbErr::Custom("a row of another database".to_owned())),
        });
        rows.collect()
    }

    /// Poisons the transaction unless the statement ends well. One that is cut off may have run in part.
    async fn watched<T>(&self, statement: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        let mut watch = Watch { poisoned: &self.poisoned, ended_well: false };
        let result = statement.await;
        watch.ended_well = result.is_ok();
        result
    }

    async fn commit(mut self, statements: Vec<Statement>) -> Result<(), DbErr> {
        self.open()?;
        let Some(transaction) = self.open.take() else { return Ok(()) };
        let (acknowledge, acknowledged) = oneshot::channel();
        tokio::spawn(async move {
            let result = flush::commit_postgres(transaction, statements).await;
            // A caller that has gone away is no failure: the work is done either way.
            drop(acknowledge.send(result));
        });
        acknowledged.await.unwrap_or_else(|_| Err(DbErr::Custom(WRITER_STOPPED.to_owned())))
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        // sea-orm's transaction must not be dropped while its connection is busy: it is rolled back in a task.
        let Some(transaction) = self.open.take() else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = transaction.rollback().await {
                    tracing::warn!(%error, "rollback failed");
                }
            });
        }
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
