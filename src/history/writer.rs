//! Who may write, and when a write is on disk.
//!
//! On SQLite Changes take turns on one connection and share synced COMMITs ([`super::group`]). On PostgreSQL every
//! Change has a transaction of its own, and the server groups the syncs. A Change sees no difference.

use sea_orm::{DbBackend, DbErr, Statement};

use super::group::{Held, Queue};
use super::postgres::{Pool, Transaction};
use super::store::Connections;
use crate::entities::cells::{Filling, Reads, TakesRows};
use crate::error::Result;

/// Why a statement is not run any more, on both databases.
pub(super) const CHANGE_FAILED: &str = "an earlier statement of this change failed";
/// As [`CHANGE_FAILED`].
pub(super) const CHANGE_ENDED: &str = "this change has ended";

/// The way to a turn at writing.
#[derive(Clone)]
pub(super) enum Writer {
    Grouped(Queue),
    Own(Pool),
}

/// The right to write, until it is committed or dropped.
pub(super) enum Turn {
    Sqlite(Held),
    Postgres(Transaction),
}

impl Writer {
    pub(super) async fn turn(&self) -> Result<Turn> {
        match self {
            Self::Grouped(queue) => Ok(Turn::Sqlite(queue.turn().await?)),
            Self::Own(pool) => Ok(Turn::Postgres(Transaction::begin(pool).await?)),
        }
    }

    /// How many connections there are.
    pub(super) fn connections(&self) -> Connections {
        match self {
            Self::Grouped(queue) => Connections { open: 1, used: u32::from(queue.is_busy()) },
            Self::Own(pool) => pool.writers(),
        }
    }

    /// Finishes what waits. Nobody can write afterwards.
    pub(super) async fn close(&self) -> Result<(), DbErr> {
        match self {
            Self::Grouped(queue) => {
                queue.close().await;
                Ok(())
            }
            Self::Own(pool) => {
                pool.close().await;
                Ok(())
            }
        }
    }

    /// Runs statements beside all Changes, on the connection that writes.
    pub(super) async fn maintain(&self, sql: &str) -> Result<()> {
        match self {
            Self::Grouped(queue) => queue.maintain(sql).await,
            Self::Own(pool) => Ok(pool.run(sql).await?),
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
            Self::Postgres(transaction) => transaction.execute(&statement).await,
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
    fn fill(&self, statement: Statement, mut rows: Box<dyn TakesRows>) -> Filling<'_> {
        Box::pin(async move {
            match self {
                Self::Sqlite(held) => {
                    tokio::task::coop::consume_budget().await;
                    held.fill(&statement, &mut *rows)?;
                }
                Self::Postgres(transaction) => transaction.fill(&statement, &mut *rows).await?,
            }
            Ok(rows)
        })
    }

    fn backend(&self) -> DbBackend {
        match self {
            Self::Sqlite(_) => DbBackend::Sqlite,
            Self::Postgres(_) => DbBackend::Postgres,
        }
    }
}
