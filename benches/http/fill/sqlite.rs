//! Prepared inserts in one transaction, indexes and triggers made afterwards.

use std::path::Path;

use rusqlite::{Connection, params_from_iter};
use sea_orm::Value;

use super::Sink;
use crate::Result;
use crate::floor::rusqlite_value;

/// An SQLite file that is being filled.
pub struct SqliteSink {
    connection: Connection,
    taken: Vec<String>,
}

impl SqliteSink {
    /// Opens a migrated file and takes its indexes away, and the triggers that read them.
    pub fn open(file: &Path) -> Result<Self> {
        let connection = Connection::open(file)?;
        connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA foreign_keys = OFF")?;
        let mut query =
            connection.prepare("SELECT type, name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY type")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let found: Vec<(String, String, String)> = rows.collect::<std::result::Result<_, _>>()?;
        drop(query);
        for (kind, name, _) in &found {
            connection.execute_batch(&format!("DROP {kind} {name}"))?;
        }
        Ok(Self { connection, taken: found.into_iter().map(|(.., sql)| sql).collect() })
    }

    /// Makes both again and leaves the file as the service would.
    pub fn finish(self) -> Result<()> {
        for sql in &self.taken {
            self.connection.execute_batch(sql)?;
        }
        self.connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_checkpoint(TRUNCATE)")?;
        self.connection.close().map_err(|(_, error)| error.into())
    }
}

impl Sink for SqliteSink {
    const CUSTOMER_BY_CUSTOMER: bool = true;

    async fn table(&mut self, table: &str, columns: &str, rows: impl Iterator<Item = Vec<Value>>) -> Result<()> {
        let transaction = self.connection.transaction()?;
        let marks = vec!["?"; columns.split(',').count()].join(", ");
        let mut insert = transaction.prepare(&format!("INSERT INTO {table} ({columns}) VALUES ({marks})"))?;
        for row in rows {
            insert.execute(params_from_iter(row.into_iter().map(rusqlite_value)))?;
        }
        drop(insert);
        Ok(transaction.commit()?)
    }
}
