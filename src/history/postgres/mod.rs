//! Connections to PostgreSQL on which requests follow one another without waiting for answers, beside those of sea-orm.
//!
//! A connection is driven by a task of the runtime that opened it, and every worker of the service is a runtime of its
//! own: whoever asks is given a connection of their own runtime if there is one, because no other thread has to be woken
//! for its answers then. Reads of what is committed share a few connections. A Change has one to itself.

mod connection;
mod lending;
mod options;
mod transaction;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sea_orm::{ConnAcquireErr, DbErr, Statement};
use tokio::runtime;
use tokio_postgres::Row;

use connection::{Connection, lock};
use lending::{Lendable, Lending, Permit};
use options::Options;

pub(super) use options::APPLICATION_NAME;
pub(super) use transaction::{Transaction, take};

use super::store::Connections;
use crate::config::DatabaseConfig;

/// Reading connections of one runtime: while one of them is busy, the other one takes the next question.
const READERS_AT_HOME: usize = 2;
/// Connections of sea-orm at most, for everything that is neither a Change nor a read for an answer.
pub(super) const OTHERS: u32 = 4;
/// A connection nobody has used for so long is asked whether it still works.
const ASK_AFTER: Duration = Duration::from_secs(5);

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
    /// Those that are lent to one alone.
    lending: Arc<Lending<Connection>>,
}

impl Lendable for Connection {
    type Home = runtime::Id;

    fn home(&self) -> runtime::Id {
        self.home()
    }

    fn is_usable(&self) -> bool {
        self.is_usable()
    }
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
            lending: Arc::new(Lending::new(usize::try_from(lent_max).unwrap_or(usize::MAX))),
        })))
    }

    /// Reads what is committed.
    pub(super) async fn rows(&self, statement: &Statement) -> Result<Vec<Row>, DbErr> {
        if let Some(reader) = self.in_time(self.reader()).await? {
            return reader.rows(statement).await;
        }
        let lent = self.lend().await?;
        let rows = lent.connection.rows(statement).await;
        lent.give_back();
        rows
    }

    /// What is waited for no longer than the settings say.
    async fn in_time<T>(&self, opening: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        let opened = tokio::time::timeout(self.0.wait, opening).await;
        opened.unwrap_or(Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)))
    }

    /// A connection for a question that may share it; none if the question should have one for itself, because all are
    /// kept busy by long ones.
    async fn reader(&self) -> Result<Option<Arc<Connection>>, DbErr> {
        let choice = self.best_reader();
        if choice.is_good() {
            return Ok(self.or_stalled(choice.best));
        }
        // One at a time, so that a crowd at the start does not open one for each.
        let _opening = match choice.best {
            Some(best) => match self.0.opening.try_lock() {
                Ok(opening) => opening,
                Err(_) => return Ok(Some(best)),
            },
            None => self.0.opening.lock().await,
        };
        let choice = self.best_reader();
        if choice.is_good() {
            return Ok(self.or_stalled(choice.best));
        }
        match Connection::open(&self.0.options).await {
            Ok(opened) => {
                let opened = Arc::new(opened);
                lock(&self.0.readers).push(Arc::clone(&opened));
                Ok(Some(opened))
            }
            // Where there is one already, that one will do.
            Err(error) => choice.best.or_else(|| self.least_asked(|_| true)).map(Some).ok_or(error),
        }
    }

    /// The reading connection that is best asked next.
    fn best_reader(&self) -> Choice {
        let may_open = {
            let mut readers = lock(&self.0.readers);
            readers.retain(|reader| reader.is_usable());
            let at_home = readers.iter().filter(|reader| reader.is_at_home()).count();
            at_home < READERS_AT_HOME && readers.len() < self.0.readers_max
        };
        let best = self.least_asked(|reader| !reader.is_stalled() && (reader.is_at_home() || !may_open));
        Choice { best, may_open }
    }

    fn least_asked(&self, fits: impl Fn(&Connection) -> bool) -> Option<Arc<Connection>> {
        let readers = lock(&self.0.readers);
        let fitting = readers.iter().filter(|reader| fits(reader));
        fitting.min_by_key(|reader| (!reader.is_at_home(), reader.awaited())).cloned()
    }

    /// Long questions leave half of the other connections to those who write: then one that is stalled has to do.
    fn or_stalled(&self, best: Option<Arc<Connection>>) -> Option<Arc<Connection>> {
        if best.is_some() || self.0.lending.has_plenty() { best } else { self.least_asked(|_| true) }
    }

    /// A connection for one alone. Waits for one as long as the settings say.
    async fn lend(&self) -> Result<Lent, DbErr> {
        let here = runtime::Handle::current().id();
        self.in_time(async {
            let permit = self.0.lending.permit(here).await;
            let mut permit = permit.ok_or(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))?;
            let mut idle = permit.idle.take();
            while let Some(found) = idle {
                if found.since.elapsed() < ASK_AFTER || found.item.ping().await.is_ok() {
                    return Ok(Lent { connection: found.item, permit: Some(permit) });
                }
                idle = self.0.lending.another(here);
            }
            let connection = Arc::new(Connection::open(&self.0.options).await?);
            Ok(Lent { connection, permit: Some(permit) })
        })
        .await
    }

    /// Connections that read.
    pub(super) fn readers(&self) -> Connections {
        let readers = lock(&self.0.readers);
        let used = readers.iter().filter(|reader| reader.awaited() > 0).count();
        Connections { open: count(readers.len()), used: count(used) }
    }

    /// Connections that are lent to one alone.
    pub(super) fn writers(&self) -> Connections {
        let (idle, lent) = self.0.lending.counts();
        Connections { open: count(idle + lent), used: count(lent) }
    }

    /// Runs a text on a connection of its own.
    pub(super) async fn run(&self, sql: &str) -> Result<(), DbErr> {
        let lent = self.lend().await?;
        let done = lent.connection.run(sql).await;
        lent.give_back();
        done.map_err(connection::failed)
    }

    /// Waits until nothing is lent, and closes everything. Whoever takes longer than an answer may take is cut off.
    pub(super) async fn close(&self) {
        if tokio::time::timeout(self.0.options.patience, self.0.lending.close()).await.is_err() {
            tracing::warn!("connections to the database are closed in the middle of their work");
        }
        self.0.lending.clear();
        lock(&self.0.readers).clear();
    }
}

/// The reading connection that is best asked next, and whether a further one may be opened instead.
struct Choice {
    best: Option<Arc<Connection>>,
    may_open: bool,
}

impl Choice {
    /// Whether opening another one would gain nothing, or is not possible.
    fn is_good(&self) -> bool {
        !self.may_open || self.best.as_ref().is_some_and(|best| best.awaited() == 0)
    }
}

fn count(connections: usize) -> u32 {
    u32::try_from(connections).unwrap_or(u32::MAX)
}

/// A connection for one alone, with no transaction open.
struct Lent {
    connection: Arc<Connection>,
    /// There until it is given back.
    permit: Option<Permit<Connection>>,
}

impl Lent {
    /// Gives it to whoever comes next.
    fn give_back(mut self) {
        if let Some(permit) = self.permit.take() {
            permit.give_back(Arc::clone(&self.connection));
        }
    }

    /// Ends the connection: nobody knows what it is doing.
    fn close(mut self) {
        self.permit = None;
    }
}

impl Drop for Lent {
    /// Whoever had it has left in the middle of a question: it counts as lent until that is answered.
    fn drop(&mut self) {
        let Some(permit) = self.permit.take() else { return };
        let Ok(runtime) = runtime::Handle::try_current() else { return };
        let connection = Arc::clone(&self.connection);
        // The task must not own a `Lent`: a runtime that ends drops it at once, and that would be for ever.
        runtime.spawn(async move {
            if connection.ping().await.is_ok() {
                permit.give_back(connection);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    fn pool(port: u16) -> Pool {
        let address = format!("postgres://a:b@127.0.0.1:{port}/c?sslmode=disable");
        let config = crate::config::Config::for_tests(&address, std::path::Path::new("unused")).unwrap();
        let mut settings = config.database;
        settings.acquire_timeout_seconds = 1;
        Pool::new(&settings).unwrap()
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_is_not_waited_for_for_ever() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let pool = pool(listener.local_addr().unwrap().port());
        let statement = Statement::from_string(sea_orm::DbBackend::Postgres, "SELECT 1::bigint");
        let (read, run) = tokio::join!(pool.rows(&statement), pool.run("SELECT 1"));
        assert!(matches!(read, Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))), "{read:?}");
        assert!(matches!(run, Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))), "{run:?}");
    }

    #[tokio::test]
    async fn why_a_connection_cannot_be_opened_is_told() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let pool = pool(listener.local_addr().unwrap().port());
        drop(listener);
        let told = pool.run("SELECT 1").await.unwrap_err().to_string();
        assert!(told.contains("refused"), "{told}");
    }
}
