//! Reads of what is committed, by position of the columns ([`crate::entities::cells`]).
//!
//! On SQLite by threads that own their connections and take whatever query comes next; a query waits for one of them as
//! long as it would for a connection. On PostgreSQL on connections many share ([`super::postgres`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use rusqlite::Connection;
use sea_orm::{ConnAcquireErr, DbBackend, DbErr, Statement};
use tokio::sync::oneshot;

use super::postgres::{Pool, take};
use super::sqlite;
use super::store::Connections;
use crate::config::DatabaseConfig;
use crate::entities::cells::{Filling, Reads, TakesRows};

/// Queries that may wait for a thread before callers are turned away.
const WAITING_MAX: usize = 1024;

/// A query that waits for a thread.
struct Job {
    statement: Statement,
    rows: Box<dyn TakesRows>,
    /// Set by whoever is first: the thread that begins, or the caller who has waited for too long.
    begun: Arc<AtomicBool>,
    answer: oneshot::Sender<Result<Box<dyn TakesRows>, DbErr>>,
}

impl Job {
    fn run(mut self, connection: &Connection) {
        // Whoever asked may have left meanwhile, or waited for too long.
        if !self.answer.is_closed() && !self.begun.swap(true, Ordering::AcqRel) {
            let filled = sqlite::fill(connection, &self.statement, &mut *self.rows);
            drop(self.answer.send(filled.map(|()| self.rows)));
        }
    }
}

/// Reads what is answered.
#[derive(Clone)]
pub struct Reader(Way);

#[derive(Clone)]
enum Way {
    Threads { jobs: Sender<Job>, wait: Duration, threads: Threads },
    Shared(Pool),
}

/// How many threads there are, and how many of them read at this moment.
#[derive(Clone)]
struct Threads {
    all: u32,
    busy: Arc<AtomicU32>,
}

impl Reader {
    /// Threads that read an SQLite file, which exists. They end when nobody can ask them any more.
    pub(super) fn threads(settings: &DatabaseConfig) -> Result<Self, DbErr> {
        let (sender, jobs) = bounded(WAITING_MAX);
        let threads = Threads { all: settings.reader_connections, busy: Arc::default() };
        for number in 0..settings.reader_connections {
            let connection = sqlite::open(settings, true)?;
            let (jobs, busy): (Receiver<Job>, _) = (jobs.clone(), Arc::clone(&threads.busy));
            let read = move || {
                for job in jobs {
                    busy.fetch_add(1, Ordering::Relaxed);
                    job.run(&connection);
                    busy.fetch_sub(1, Ordering::Relaxed);
                }
            };
            let thread = thread::Builder::new().name(format!("reader-{number}"));
            thread.spawn(read).map_err(|error| DbErr::Custom(error.to_string()))?;
        }
        let wait = Duration::from_secs(settings.acquire_timeout_seconds);
        Ok(Self(Way::Threads { jobs: sender, wait, threads }))
    }

    /// The reading connections of PostgreSQL.
    pub(super) fn shared(pool: Pool) -> Self {
        Self(Way::Shared(pool))
    }

    /// How many connections there are.
    pub(super) fn connections(&self) -> Connections {
        match &self.0 {
            Way::Threads { threads, .. } => {
                Connections { open: threads.all, used: threads.busy.load(Ordering::Relaxed) }
            }
            Way::Shared(pool) => pool.readers(),
        }
    }
}

impl Reads for Reader {
    fn fill(&self, statement: Statement, mut rows: Box<dyn TakesRows>) -> Filling<'_> {
        Box::pin(async move {
            match &self.0 {
                Way::Threads { jobs, wait, .. } => {
                    let (answer, answered) = oneshot::channel();
                    let begun = Arc::new(AtomicBool::new(false));
                    let job = Job { statement, rows, begun: Arc::clone(&begun), answer };
                    jobs.try_send(job).map_err(|error| {
                        DbErr::ConnectionAcquire(match error {
                            TrySendError::Full(_) => ConnAcquireErr::Timeout,
                            TrySendError::Disconnected(_) => ConnAcquireErr::ConnectionClosed,
                        })
                    })?;
                    in_time(*wait, &begun, answered).await
                }
                Way::Shared(pool) => {
                    take(&pool.rows(&statement).await?, &mut *rows)?;
                    Ok(rows)
                }
            }
        })
    }

    fn backend(&self) -> DbBackend {
        match self.0 {
            Way::Threads { .. } => DbBackend::Sqlite,
            Way::Shared(_) => DbBackend::Postgres,
        }
    }
}

/// What a thread answers; a query that nobody has begun by then is given up.
async fn in_time<T>(
    wait: Duration,
    begun: &AtomicBool,
    mut answered: oneshot::Receiver<Result<T, DbErr>>,
) -> Result<T, DbErr> {
    let answer = match tokio::time::timeout(wait, &mut answered).await {
        Err(_) if !begun.swap(true, Ordering::AcqRel) => {
            return Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout));
        }
        // It is being read: what was begun is waited for.
        Err(_) => answered.await,
        Ok(answer) => answer,
    };
    answer.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_query_waits_for_a_thread_so_long_and_is_not_run_afterwards() {
        let (jobs, waiting) = bounded(1);
        let threads = Threads { all: 1, busy: Arc::default() };
        let reader = Reader(Way::Threads { jobs, wait: Duration::from_millis(1), threads });
        let query = || Statement::from_string(DbBackend::Sqlite, "INSERT INTO seen VALUES (1)");
        let told = reader.rows::<(i64,)>(query()).await;
        assert!(matches!(told, Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))), "{told:?}");
        let full = reader.rows::<(i64,)>(query()).await;
        assert!(matches!(full, Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))), "{full:?}");

        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE seen (it INTEGER)").unwrap();
        let left: Job = waiting.try_recv().unwrap();
        left.run(&connection);
        assert_eq!(connection.query_row("SELECT count(*) FROM seen", (), |row| row.get(0)), Ok(0));
        assert!(waiting.try_recv().is_err());
    }
}
