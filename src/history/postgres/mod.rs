//! Connections to PostgreSQL on which requests follow one another without waiting for answers, beside those of sea-orm.
//!
//! A connection is driven by a task of the runtime that opened it, and every worker of the service is a runtime of its
//! own: whoever asks is given a connection of their own runtime if there is one, because no other thread has to be woken
//! for its answers then. Reads of what is committed share a few connections. A Change has one to itself.

mod connection;
mod options;
mod transaction;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sea_orm::{ConnAcquireErr, DbErr, Statement};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use connection::{Connection, lock};
use options::Options;

pub(super) use options::APPLICATION_NAME;
pub(super) use transaction::Transaction;

use super::store::Connections;
use crate::config::DatabaseConfig;
use crate::entities::cells::FromCells;

/// Reading connections of one runtime: while one of them is busy, the other one takes the next question.
const READERS_AT_HOME: usize = 2;
/// Connections of sea-orm at most, for everything that is neither a Change nor a read for an answer.
pub(super) const OTHERS: u32 = 2;
/// A connection nobody has used for so long is asked whether it still works.
const ASK_AFTER: Duration = Duration::from_secs(5);
/// A connection nobody has used for so long is closed.
const IDLE_MAX: Duration = Duration::from_secs(600);

/// Connections to one database.
#[derive(Clone)]
pub(super) struct Pool(Arc<Inner>);

struct Inner {
    options: Options,
    wait: Duration,
    readers: Mutex<Vec<Arc<Connection>>>,
    readers_max: usize,
    /// Held while a reading connection is opened.
    opening: tokio::sync::Mutex<()>,
    idle: Mutex<Vec<Idle>>,
    /// One for each connection that may be lent.
    permits: Arc<Semaphore>,
    lent_max: u32,
}

struct Idle {
    connection: Connection,
    since: Instant,
}

impl Pool {
    /// Connections as the settings name them. None is opened before it is needed.
    pub(super) fn new(settings: &DatabaseConfig) -> Result<Self, DbErr> {
        let own = settings.max_connections.saturating_sub(OTHERS).max(2);
        let readers = settings.reader_connections.min(own / 2);
        let lent_max = own - readers;
        Ok(Self(Arc::new(Inner {
            options: Options::new(settings)?,
            wait: Duration::from_secs(settings.acquire_timeout_seconds),
            readers: Mutex::default(),
            readers_max: usize::try_from(readers).unwrap_or(usize::MAX),
            opening: tokio::sync::Mutex::default(),
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(usize::try_from(lent_max).unwrap_or(Semaphore::MAX_PERMITS))),
            lent_max,
        })))
    }

    /// Reads what is committed.
    pub(super) async fn rows<R: FromCells>(&self, statement: &Statement) -> Result<Vec<R>, DbErr> {
        match self.reader().await? {
            Some(reader) => reader.rows(statement).await,
            None => {
                let lent = self.lend().await?;
                let rows = lent.connection().rows(statement).await;
                lent.give_back();
                rows
            }
        }
    }

    /// A connection for a question that may share it; none while all are kept busy by long ones.
    async fn reader(&self) -> Result<Option<Arc<Connection>>, DbErr> {
        let (best, may_open) = self.best_reader();
        if best.as_ref().is_some_and(|best| best.awaited() == 0) || !may_open {
            return Ok(best);
        }
        // One at a time, so that a crowd at the start does not open one for each.
        let _opening = match best {
            Some(best) => match self.0.opening.try_lock() {
                Ok(opening) => opening,
                Err(_) => return Ok(Some(best)),
            },
            None => self.0.opening.lock().await,
        };
        let (best, may_open) = self.best_reader();
        if best.is_some() && !may_open {
            return Ok(best);
        }
        let opened = Arc::new(Connection::open(&self.0.options).await?);
        lock(&self.0.readers).push(Arc::clone(&opened));
        Ok(Some(opened))
    }

    /// The reading connection that is best asked next, and whether a further one may be opened instead.
    fn best_reader(&self) -> (Option<Arc<Connection>>, bool) {
        let mut readers = lock(&self.0.readers);
        readers.retain(|reader| reader.is_usable());
        let at_home = readers.iter().filter(|reader| reader.is_at_home()).count();
        let may_open = at_home < READERS_AT_HOME && readers.len() < self.0.readers_max;
        let ready = readers.iter().filter(|reader| !reader.is_stalled() && (reader.is_at_home() || !may_open));
        let best = ready.min_by_key(|reader| (!reader.is_at_home(), reader.awaited()));
        (best.cloned(), may_open)
    }

    /// A connection for one alone. Waits for one as long as the settings say.
    async fn lend(&self) -> Result<Lent, DbErr> {
        let permit = tokio::time::timeout(self.0.wait, Arc::clone(&self.0.permits).acquire_owned()).await;
        let permit = permit.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
        let permit = permit.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))?;
        while let Some(idle) = self.idle() {
            let is_there = idle.since.elapsed() < ASK_AFTER || idle.connection.ping().await.is_ok();
            if is_there {
                return Ok(Lent { connection: idle.connection, pool: self.clone(), _permit: permit });
            }
        }
        let connection = Connection::open(&self.0.options).await?;
        Ok(Lent { connection, pool: self.clone(), _permit: permit })
    }

    /// An idle connection: of this runtime, or any if no further one may be opened.
    fn idle(&self) -> Option<Idle> {
        let mut idle = lock(&self.0.idle);
        idle.retain(|idle| idle.connection.is_usable() && idle.since.elapsed() < IDLE_MAX);
        // The caller's own permit is taken already.
        let may_open = idle.len() <= self.0.permits.available_permits();
        // The one used last is the one most likely to be warm.
        let at_home = idle.iter().rposition(|idle| idle.connection.is_at_home());
        match at_home {
            Some(at) => Some(idle.remove(at)),
            None if may_open => None,
            None => idle.pop(),
        }
    }

    /// Connections that read.
    pub(super) fn readers(&self) -> Connections {
        let readers = lock(&self.0.readers);
        let used = readers.iter().filter(|reader| reader.awaited() > 0).count();
        Connections { open: count(readers.len()), used: count(used) }
    }

    /// Connections that are lent to one alone.
    pub(super) fn writers(&self) -> Connections {
        let idle = count(lock(&self.0.idle).len());
        let used = self.0.lent_max.saturating_sub(count(self.0.permits.available_permits()));
        Connections { open: idle + used, used }
    }

    /// Runs a text on a connection of its own.
    pub(super) async fn run(&self, sql: &str) -> Result<(), DbErr> {
        let lent = self.lend().await?;
        lent.connection().run(sql).await.map_err(connection::failed)?;
        lent.give_back();
        Ok(())
    }

    /// Waits until nothing is lent, and closes everything.
    pub(super) async fn close(&self) {
        let all = self.0.permits.acquire_many(self.0.lent_max).await;
        self.0.permits.close();
        drop(all);
        lock(&self.0.idle).clear();
        lock(&self.0.readers).clear();
    }
}

fn count(connections: usize) -> u32 {
    u32::try_from(connections).unwrap_or(u32::MAX)
}

/// A connection for one alone. It is closed when it is dropped instead of given back: nobody knows what it is doing.
struct Lent {
    connection: Connection,
    pool: Pool,
    _permit: OwnedSemaphorePermit,
}

impl Lent {
    fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Gives it to whoever comes next. No transaction is open.
    fn give_back(self) {
        let Self { connection, pool, _permit } = self;
        lock(&pool.0.idle).push(Idle { connection, since: Instant::now() });
    }
}
