//! Group commit: how Changes write to SQLite, which has one writer.
//!
//! One thread owns the connection. It opens a transaction, hands the connection to one waiting Change after another,
//! and commits when nobody waits any more: all of them share one synced COMMIT. Each Change runs inside a savepoint of
//! its own, so it fails alone, and its `commit` returns after the shared COMMIT. A Change's statements run where the
//! Change runs; the sync, and the wait for other processes, happen on the thread here.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use sea_orm::{DbErr, Statement};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::sqlite;
use super::writer::{CHANGE_ENDED, CHANGE_FAILED};
use crate::config::DatabaseConfig;
use crate::entities::cells::TakesRows;
use crate::error::{Code, Error, OUTCOME_UNKNOWN, Result, SHARED_COMMIT_FAILED, WRITER_STOPPED};

/// Changes that may wait for their turn before callers are turned away.
const WAITING_MAX: usize = 1024;
/// A group is closed after this time, however many still wait.
const GROUP_TIME: Duration = Duration::from_millis(50);
/// A Change that holds its turn longer than this is named in the log: everybody else waits for it.
const LONG_TURN: Duration = Duration::from_millis(250);

/// The way to the writer.
#[derive(Clone)]
pub(super) struct Queue {
    requests: mpsc::Sender<Request>,
    wait: Duration,
    busy: Arc<AtomicBool>,
}

enum Request {
    Turn(oneshot::Sender<Held>),
    Maintain(String, oneshot::Sender<Result<(), DbErr>>),
    Close(oneshot::Sender<()>),
}

impl Queue {
    /// Opens the file, which exists. The thread ends when nobody can ask any more.
    pub(super) fn open(settings: &DatabaseConfig) -> Result<Self, DbErr> {
        let connection = sqlite::open(settings, false)?;
        let (requests, waiting) = mpsc::channel(WAITING_MAX);
        let busy = Arc::default();
        let writer =
            Writer { settings: settings.clone(), connection: Some(connection), waiting, busy: Arc::clone(&busy) };
        let started = thread::Builder::new().name("writer".to_owned()).spawn(move || writer.run());
        started.map_err(|error| DbErr::Custom(error.to_string()))?;
        Ok(Self { requests, wait: Duration::from_secs(settings.acquire_timeout_seconds), busy })
    }

    /// Whether anything is being written at this moment.
    pub(super) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed)
    }

    /// Waits for a turn at writing.
    pub(super) async fn turn(&self) -> Result<Held> {
        let (sender, receiver) = oneshot::channel();
        self.ask(Request::Turn(sender))?;
        match tokio::time::timeout(self.wait, receiver).await {
            Ok(Ok(held)) => Ok(held),
            Ok(Err(_)) => Err(refused(Code::DatabaseUnavailable)),
            Err(_) => Err(refused(Code::Overloaded)),
        }
    }

    /// Runs statements beside all Changes, on the connection that writes.
    pub(super) async fn maintain(&self, sql: &str) -> Result<()> {
        let (done, result) = oneshot::channel();
        self.ask(Request::Maintain(sql.to_owned(), done))?;
        Ok(result.await.map_err(|_| refused(Code::DatabaseUnavailable))??)
    }

    /// Finishes what waits and brings the file up to date, so that it is whole by itself. Nobody can write afterwards.
    pub(super) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        // Where there is no thread any more there is nothing to close.
        if self.requests.send(Request::Close(done)).await.is_ok() {
            drop(closed.await);
        }
    }

    fn ask(&self, request: Request) -> Result<()> {
        self.requests.try_send(request).map_err(|error| match error {
            TrySendError::Full(_) => refused(Code::Overloaded),
            TrySendError::Closed(_) => refused(Code::DatabaseUnavailable),
        })
    }
}

fn refused(code: Code) -> Error {
    Error::new(code).retry_after(1)
}

/// What a Change gives back when it ends.
enum Return {
    Keep(Connection, Vec<Statement>, oneshot::Sender<Result<(), DbErr>>),
    Discard(Connection),
}

/// The connection, inside the savepoint of one Change.
pub(super) struct Held {
    /// There until the end. The lock is never waited for: a Change does one thing at a time.
    connection: Mutex<Option<Connection>>,
    home: Option<oneshot::Sender<Return>>,
    /// A statement failed: nothing more may happen but the end. PostgreSQL acts so by itself.
    poisoned: AtomicBool,
}

impl Held {
    /// Runs a query.
    pub(super) fn fill(&self, statement: &Statement, rows: &mut dyn TakesRows) -> Result<(), DbErr> {
        self.run(|connection| sqlite::fill(connection, statement, rows))
    }

    /// Runs a statement and counts the rows it changed.
    pub(super) fn execute(&self, statement: &Statement) -> Result<u64, DbErr> {
        self.run(|connection| sqlite::execute(connection, statement))
    }

    fn run<T>(&self, work: impl FnOnce(&Connection) -> Result<T, DbErr>) -> Result<T, DbErr> {
        if self.poisoned.load(Ordering::Acquire) {
            return Err(DbErr::Custom(CHANGE_FAILED.to_owned()));
        }
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = connection.as_ref().ok_or_else(|| DbErr::Custom(CHANGE_ENDED.to_owned()))?;
        let result = work(connection);
        self.poisoned.store(result.is_err(), Ordering::Release);
        result
    }

    /// Writes the last statements and waits until everything is on disk. Whoever is cancelled while waiting has
    /// committed all the same.
    pub(super) async fn commit(mut self, statements: Vec<Statement>) -> Result<(), DbErr> {
        self.run(|_| Ok(()))?;
        let (acknowledge, acknowledged) = oneshot::channel();
        if let Some((connection, home)) = self.leave() {
            // Only a writer that has died cannot be reached; nothing is committed then.
            drop(home.send(Return::Keep(connection, statements, acknowledge)));
        }
        acknowledged.await.unwrap_or_else(|_| Err(DbErr::Custom(WRITER_STOPPED.to_owned())))
    }

    fn leave(&mut self) -> Option<(Connection, oneshot::Sender<Return>)> {
        let connection = self.connection.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        connection.zip(self.home.take())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some((connection, home)) = self.leave() {
            drop(home.send(Return::Discard(connection)));
        }
    }
}

/// What a Change is told: its own failure before the shared one, unless it collided with what was never committed.
fn told(own: Result<(), DbErr>, shared: &Result<(), DbErr>) -> Result<(), DbErr> {
    match own {
        Err(error) if shared.is_ok() || !sqlite::is_collision(&error) => Err(error),
        _ => shared.clone(),
    }
}

/// The owner of the connection.
struct Writer {
    settings: DatabaseConfig,
    /// Missing while a Change has it, and after it was lost.
    connection: Option<Connection>,
    waiting: mpsc::Receiver<Request>,
    /// For whoever watches.
    busy: Arc<AtomicBool>,
}

/// Who waits for the shared COMMIT, and how each one's own statements have ended. Whoever failed waits as well: the
/// failure may rest on what an earlier Change of the group has written, and that is true only after the COMMIT.
type Acknowledgements = Vec<(oneshot::Sender<Result<(), DbErr>>, Result<(), DbErr>)>;

impl Writer {
    fn run(mut self) {
        let mut closed = None;
        while closed.is_none()
            && let Some(request) = self.waiting.blocking_recv()
        {
            self.busy.store(true, Ordering::Relaxed);
            closed = self.serve(request);
            self.busy.store(false, Ordering::Relaxed);
        }
        // Whoever comes too late is told at once.
        self.waiting.close();
        while self.waiting.try_recv().is_ok() {}
        match self.merge_log() {
            Ok(true) => {}
            Ok(false) => tracing::warn!("somebody still reads: the log of the database is merged at the next start"),
            Err(error) => tracing::warn!(%error, "the log of the database is merged at the next start"),
        }
        drop(self);
        if let Some(closed) = closed {
            // Whoever asked may have left.
            closed.send(()).ok();
        }
    }

    /// Serves a request. The answer is whom to tell that the writer has closed.
    fn serve(&mut self, request: Request) -> Option<oneshot::Sender<()>> {
        match request {
            Request::Close(done) => return Some(done),
            // Whoever asked may have left.
            Request::Maintain(sql, done) => drop(done.send(self.maintain(&sql))),
            Request::Turn(waiter) => {
                let mut acknowledgements = Vec::new();
                let mut rest = None;
                let result = self.group(waiter, &mut acknowledgements, &mut rest);
                if let Err(error) = &result {
                    tracing::error!(%error, changes = acknowledgements.len(), "a group of changes was not committed");
                    self.recover();
                }
                let shared = result.map_err(|error| DbErr::Custom(format!("{SHARED_COMMIT_FAILED}: {error}")));
                for (acknowledge, own) in acknowledgements {
                    drop(acknowledge.send(told(own, &shared)));
                }
                if let Some(request) = rest {
                    return self.serve(request);
                }
            }
        }
        None
    }

    /// The connection, opened anew where it was lost.
    fn connection(&mut self) -> Result<&Connection, DbErr> {
        if self.connection.is_none() {
            self.connection = Some(sqlite::open(&self.settings, false)?);
        }
        self.connection.as_ref().ok_or_else(|| DbErr::Custom("the connection is lost".to_owned()))
    }

    /// Whether all of the write-ahead log is in the file now.
    fn merge_log(&mut self) -> Result<bool, DbErr> {
        let merged = self.connection()?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get::<_, i64>(0));
        merged.map(|busy| busy == 0).map_err(sqlite::failed)
    }

    fn maintain(&mut self, sql: &str) -> Result<(), DbErr> {
        self.connection()?.execute_batch(sql).map_err(sqlite::failed)
    }

    /// Runs waiting Changes one after another inside one transaction and commits it. `rest` is a request that came
    /// meanwhile and is none of the group's.
    fn group(
        &mut self,
        first: oneshot::Sender<Held>,
        acknowledgements: &mut Acknowledgements,
        rest: &mut Option<Request>,
    ) -> Result<(), DbErr> {
        run(self.connection()?, "BEGIN IMMEDIATE")?;
        let opened = Instant::now();
        let mut next = Some(first);
        while let Some(waiter) = next.take() {
            if !waiter.is_closed() {
                self.one_turn(waiter, acknowledgements)?;
            }
            if acknowledgements.len() < self.settings.group_commit_max && opened.elapsed() < GROUP_TIME {
                next = match self.waiting.try_recv() {
                    Ok(Request::Turn(waiter)) => Some(waiter),
                    Ok(other) => {
                        *rest = Some(other);
                        None
                    }
                    Err(_) => None,
                };
            }
        }
        // The marks of a commit may be in the log already when the disk fails: only the next start can tell.
        run(self.connection()?, "COMMIT").map_err(|error| match sqlite::is_disk_failure(&error) {
            true => DbErr::Custom(format!("{OUTCOME_UNKNOWN}: {error}")),
            false => error,
        })
    }

    /// Gives one Change the connection and ends its savepoint: released and to be acknowledged, or undone.
    fn one_turn(
        &mut self,
        waiter: oneshot::Sender<Held>,
        acknowledgements: &mut Acknowledgements,
    ) -> Result<(), DbErr> {
        run(self.connection()?, "SAVEPOINT change")?;
        let started = Instant::now();
        let (home, returned) = oneshot::channel();
        let held =
            Held { connection: Mutex::new(self.connection.take()), home: Some(home), poisoned: AtomicBool::new(false) };
        // If the caller has left, dropping what could not be sent brings it home: one path only.
        drop(waiter.send(held));
        let returned = returned.blocking_recv().map_err(|_| DbErr::Custom("a change was lost".to_owned()))?;
        if started.elapsed() > LONG_TURN {
            tracing::warn!(milliseconds = started.elapsed().as_millis(), "a change held the writer for long");
        }
        let (connection, end) = match returned {
            Return::Discard(connection) => (connection, "ROLLBACK TO change"),
            Return::Keep(connection, statements, acknowledge) => {
                let last = statements.iter().try_for_each(|each| sqlite::execute(&connection, each).map(drop));
                let failed = last.is_err();
                acknowledgements.push((acknowledge, last));
                (connection, if failed { "ROLLBACK TO change" } else { "RELEASE change" })
            }
        };
        let connection = self.connection.insert(connection);
        if connection.is_autocommit() {
            return Err(DbErr::Custom("the database has ended the whole transaction".to_owned()));
        }
        run(connection, end)?;
        if end.starts_with("ROLLBACK") { run(connection, "RELEASE change") } else { Ok(()) }
    }

    /// After a group that failed: no transaction is open, on a connection that may be another one.
    fn recover(&mut self) {
        let is_usable = self
            .connection
            .as_ref()
            .is_some_and(|connection| connection.is_autocommit() || run(connection, "ROLLBACK").is_ok());
        if !is_usable {
            self.connection = None;
        }
    }
}

fn run(connection: &Connection, sql: &str) -> Result<(), DbErr> {
    let run = || connection.prepare_cached(sql)?.execute(());
    run().map(drop).map_err(sqlite::failed)
}
