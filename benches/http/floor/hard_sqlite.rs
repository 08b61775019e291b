//! The hard floor on SQLite: rusqlite on threads that read, and one that writes, as many waiting writes to a COMMIT as
//! the service takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use kundenhistorie::config::DatabaseConfig;
use rusqlite::{Connection, params_from_iter, types};
use sea_orm::Value;
use secrecy::ExposeSecret;
use tokio::sync::oneshot;

use super::columns::{FromRow, Head};
use super::sql;
use super::{Driver, NewEntry};
use crate::Result;

type Read = Box<dyn FnOnce(&Connection) + Send>;
type Write = (NewEntry, oneshot::Sender<Result<()>>);

/// The threads.
#[derive(Clone)]
pub struct Threads {
    readers: Arc<[Sender<Read>]>,
    next: Arc<AtomicUsize>,
    writer: Sender<Write>,
}

impl Threads {
    /// As many readers as the service has.
    pub fn open(settings: &DatabaseConfig) -> Result<Self> {
        let readers = (0..settings.reader_connections).map(|_| {
            let connection = connect(settings)?;
            let (sender, jobs) = channel::<Read>();
            thread::spawn(move || jobs.into_iter().for_each(|job| job(&connection)));
            Ok(sender)
        });
        let readers = readers.collect::<Result<_>>()?;
        let (writer, jobs) = channel();
        let (connection, group) = (connect(settings)?, settings.group_commit_max);
        thread::spawn(move || write(connection, &jobs, group));
        Ok(Self { readers, next: Arc::default(), writer })
    }
}

fn connect(settings: &DatabaseConfig) -> Result<Connection> {
    let connection = Connection::open(settings.url.expose_secret().trim_start_matches("sqlite://"))?;
    connection.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {}; PRAGMA cache_size = -{}; PRAGMA mmap_size = {}; \
         PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON",
        settings.sqlite_synchronous.as_str(),
        settings.sqlite_cache_kib,
        u64::from(settings.sqlite_mmap_mib) << 20,
    ))?;
    Ok(connection)
}

impl Driver for Threads {
    const SQLITE: bool = true;

    async fn rows<T: FromRow>(&self, sql: &'static str, values: Vec<Value>) -> Result<Vec<T>> {
        let (answer, answered) = oneshot::channel();
        let job: Read = Box::new(move |connection| {
            // Whoever asked may have left.
            drop(answer.send(rows(connection, sql, values)));
        });
        let next = self.next.fetch_add(1, Ordering::Relaxed) % self.readers.len();
        self.readers[next].send(job).map_err(|_| "a reader has ended")?;
        answered.await?
    }

    async fn log(&self, entry: NewEntry) -> Result<()> {
        let (answer, answered) = oneshot::channel();
        self.writer.send((entry, answer)).map_err(|_| "the writer has ended")?;
        answered.await?
    }
}

fn rows<T: FromRow>(connection: &Connection, sql: &'static str, values: Vec<Value>) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(values.into_iter().map(value)))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(T::from_row(row)?);
    }
    Ok(found)
}

fn write(connection: Connection, jobs: &Receiver<Write>, group: usize) {
    while let Ok(first) = jobs.recv() {
        let mut done = Vec::new();
        let result = write_group(&connection, first, jobs, group, &mut done);
        let failed = result.err().map(|error| error.to_string());
        for answer in done {
            drop(answer.send(failed.clone().map_or(Ok(()), |error| Err(error.into()))));
        }
    }
}

fn write_group(
    connection: &Connection,
    first: Write,
    jobs: &Receiver<Write>,
    group: usize,
    done: &mut Vec<oneshot::Sender<Result<()>>>,
) -> Result<()> {
    let transaction = rusqlite::Transaction::new_unchecked(connection, rusqlite::TransactionBehavior::Immediate)?;
    let mut next = Some(first);
    while let Some((entry, answer)) = next.take() {
        done.push(answer);
        let mut head = transaction.prepare_cached(sql::HEAD_SQLITE)?;
        let id = value(entry.customer_id.into());
        let head = head.query_row([id], |row| Ok(Head::from_row(row)))?;
        for (statement, values) in sql::WRITES.iter().zip(sql::write_values(entry, head?)?) {
            transaction.prepare_cached(statement)?.execute(params_from_iter(values.into_iter().map(value)))?;
        }
        if done.len() < group {
            next = jobs.try_recv().ok();
        }
    }
    Ok(transaction.commit()?)
}

/// A value as rusqlite binds it.
pub fn value(value: Value) -> types::Value {
    match value {
        Value::Uuid(Some(id)) => types::Value::Blob(id.as_bytes().to_vec()),
        Value::String(Some(text)) => types::Value::Text(text),
        Value::BigInt(Some(number)) => types::Value::Integer(number),
        Value::Bytes(Some(bytes)) => types::Value::Blob(bytes),
        Value::Bool(Some(flag)) => types::Value::Integer(flag.into()),
        _ => types::Value::Null,
    }
}
