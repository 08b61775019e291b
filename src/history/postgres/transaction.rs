//! A Change's own transaction on PostgreSQL.
//!
//! BEGIN goes out together with the first statement, and COMMIT together with the last ones: neither costs a round trip.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use sea_orm::{DbErr, Statement};
use tokio::sync::oneshot;
use tokio_postgres::Row;

use super::connection::{Connection, Failure, failed, is_refusal};
use super::{Lent, Pool};
use crate::entities::cells::TakesRows;
use crate::error::{OUTCOME_UNKNOWN, WRITER_STOPPED};
use crate::history::writer::{CHANGE_ENDED, CHANGE_FAILED};

/// Statements on their way at the same time. Up to thirty are polled, and so sent, in their order by `join_all`.
const ON_THEIR_WAY: usize = 16;

/// The right to write, until it is committed or dropped.
pub(in crate::history) struct Transaction {
    lent: Option<Lent>,
    begun: AtomicBool,
    /// A statement failed or was cut off: nothing more may happen but the rollback.
    poisoned: AtomicBool,
}

impl Transaction {
    /// Waits for a connection.
    pub(in crate::history) async fn begin(pool: &Pool) -> Result<Self, DbErr> {
        let lent = pool.lend().await?;
        Ok(Self { lent: Some(lent), begun: AtomicBool::new(false), poisoned: AtomicBool::new(false) })
    }

    /// Runs a statement and counts the rows it changed.
    pub(in crate::history) async fn execute(&self, statement: &Statement) -> Result<u64, DbErr> {
        let connection = self.connection()?;
        let mut watch = self.watch();
        let prepared = connection.prepared(statement).await.map_err(failed)?;
        let (begun, changed) = tokio::join!(biased; self.begun(connection), connection.execute(&prepared, statement));
        begun.map_err(unbegun)?;
        let changed = changed.map_err(failed)?;
        watch.ended_well = true;
        Ok(changed)
    }

    /// Runs a query.
    pub(in crate::history) async fn fill(&self, statement: &Statement, rows: &mut dyn TakesRows) -> Result<(), DbErr> {
        let connection = self.connection()?;
        let mut watch = self.watch();
        let prepared = connection.prepared(statement).await.map_err(failed)?;
        let (begun, found) = tokio::join!(biased; self.begun(connection), connection.query(&prepared, statement));
        begun.map_err(unbegun)?;
        take(&found.map_err(failed)?, rows)?;
        watch.ended_well = true;
        Ok(())
    }

    /// Runs two queries one behind the other without waiting for the first in between.
    pub(in crate::history) async fn both(
        &self,
        (first, firsts): (&Statement, &mut dyn TakesRows),
        (second, seconds): (&Statement, &mut dyn TakesRows),
    ) -> Result<(), DbErr> {
        let connection = self.connection()?;
        let mut watch = self.watch();
        // Both are known before either is sent: what they lock is locked in their order.
        let one = connection.prepared(first).await.map_err(failed)?;
        let other = connection.prepared(second).await.map_err(failed)?;
        let (begun, one, other) = tokio::join!(
            biased;
            self.begun(connection),
            connection.query(&one, first),
            connection.query(&other, second),
        );
        begun.map_err(unbegun)?;
        take(&one.map_err(failed)?, firsts)?;
        take(&other.map_err(failed)?, seconds)?;
        watch.ended_well = true;
        Ok(())
    }

    /// Sends BEGIN unless it was sent before.
    async fn begun(&self, connection: &Connection) -> Result<(), Failure> {
        match self.begun.swap(true, Ordering::AcqRel) {
            true => Ok(()),
            false => connection.run("BEGIN").await,
        }
    }

    fn connection(&self) -> Result<&Connection, DbErr> {
        if self.poisoned.load(Ordering::Acquire) {
            return Err(DbErr::Custom(CHANGE_FAILED.to_owned()));
        }
        self.lent.as_ref().map(|lent| &*lent.connection).ok_or_else(|| DbErr::Custom(CHANGE_ENDED.to_owned()))
    }

    fn watch(&self) -> Watch<'_> {
        Watch { poisoned: &self.poisoned, ended_well: false }
    }

    /// Writes the last statements and waits until everything is on disk. Whoever is cancelled while waiting has
    /// committed all the same.
    pub(in crate::history) async fn commit(mut self, statements: Vec<Statement>) -> Result<(), DbErr> {
        self.connection()?;
        let Some(lent) = self.lent.take() else { return Ok(()) };
        let begun = *self.begun.get_mut();
        if !begun && statements.is_empty() {
            lent.give_back();
            return Ok(());
        }
        let (acknowledge, acknowledged) = oneshot::channel();
        tokio::spawn(async move {
            let result = finish(lent, begun, &statements).await;
            // A caller that has gone away is no failure: the work is done either way.
            drop(acknowledge.send(result));
        });
        acknowledged.await.unwrap_or_else(|_| Err(DbErr::Custom(WRITER_STOPPED.to_owned())))
    }
}

/// Shows rows to whoever takes them in.
pub(in crate::history) fn take(found: &[Row], rows: &mut dyn TakesRows) -> Result<(), DbErr> {
    found.iter().try_for_each(|row| rows.take(row))
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(lent) = self.lent.take() else { return };
        if !*self.begun.get_mut() {
            lent.give_back();
        } else if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(roll_back(lent));
        }
    }
}

async fn roll_back(lent: Lent) {
    match lent.connection.run("ROLLBACK").await {
        Ok(()) => lent.give_back(),
        Err(failure) => {
            // The server rolls back by itself what a closed connection has left.
            lent.close();
            tracing::warn!(error = %failed(failure), "rollback failed");
        }
    }
}

async fn finish(lent: Lent, begun: bool, statements: &[Statement]) -> Result<(), DbErr> {
    match send(&lent.connection, begun, statements).await {
        Ok(()) => {
            lent.give_back();
            Ok(())
        }
        Err(Unsent::Refused(error)) => {
            // The COMMIT has become a rollback.
            lent.give_back();
            Err(error)
        }
        Err(Unsent::Open(error)) => {
            roll_back(lent).await;
            Err(error)
        }
    }
}

/// How a commit has failed.
enum Unsent {
    /// The transaction has ended.
    Refused(DbErr),
    /// It has not, or nobody knows.
    Open(DbErr),
}

async fn send(connection: &Connection, mut begun: bool, statements: &[Statement]) -> Result<(), Unsent> {
    let mut prepared = Vec::with_capacity(statements.len());
    for statement in statements {
        let ready = connection.prepared(statement).await.map_err(|failure| Unsent::Open(failed(failure)))?;
        prepared.push((ready, statement));
    }
    let mut rest = prepared.as_slice();
    loop {
        let (now, later) = rest.split_at(rest.len().min(ON_THEIR_WAY));
        let is_last = later.is_empty();
        let begin = async { if begun { Ok(()) } else { connection.run("BEGIN").await } };
        let work = join_all(now.iter().map(|(prepared, statement)| connection.execute(prepared, statement)));
        let commit = async { if is_last { connection.run("COMMIT").await } else { Ok(()) } };
        // Polled, and so sent, in this order.
        let (begin, work, commit) = tokio::join!(biased; begin, work, commit);
        begin.map_err(|failure| Unsent::Open(unbegun(failure)))?;
        let mut results = work.into_iter().map(|result| result.map(drop)).chain([commit]);
        // The first one to fail is the reason; what comes after it fails because of it.
        if let Some(failure) = results.find_map(Result::err) {
            return Err(match (is_last, is_refusal(&failure)) {
                (true, true) => Unsent::Refused(failed(failure)),
                (true, false) => Unsent::Open(DbErr::Custom(format!("{OUTCOME_UNKNOWN}: {}", failed(failure)))),
                // Without the COMMIT nothing can have happened.
                (false, _) => Unsent::Open(failed(failure)),
            });
        }
        if is_last {
            return Ok(());
        }
        begun = true;
        rest = later;
    }
}

/// BEGIN has failed, and what was sent behind it may have been carried out by itself.
fn unbegun(failure: Failure) -> DbErr {
    DbErr::Custom(format!("{OUTCOME_UNKNOWN}: {}", failed(failure)))
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
