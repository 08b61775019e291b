//! The driver floor: hand-written statements on the driver sea-orm uses, with the service's pools.

use std::str::FromStr;
use std::time::Duration;

use kundenhistorie::config::DatabaseConfig;
use sea_orm::Value;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use sea_orm::sqlx::{Connection, query};
use secrecy::ExposeSecret;

use super::columns::{FromRow, Head};
use super::sql;
use super::{Driver, NewEntry};
use crate::Result;

/// A query with its values bound, for either database.
macro_rules! bound {
    ($sql:expr, $values:expr) => {
        $values.into_iter().fold(query($sql), |query, value| match value {
            Value::Uuid(id) => query.bind(id),
            Value::String(text) => query.bind(text),
            Value::BigInt(number) => query.bind(number),
            Value::Bytes(bytes) => query.bind(bytes),
            Value::Bool(flag) => query.bind(flag),
            other => unreachable!("no column holds {other:?}"),
        })
    };
}

/// SQLite: one writer, a pool of readers.
#[derive(Clone)]
pub struct SqliteDriver {
    read: SqlitePool,
    write: SqlitePool,
}

impl SqliteDriver {
    /// With the service's settings.
    pub async fn open(settings: &DatabaseConfig) -> Result<Self> {
        let options = SqliteConnectOptions::from_str(settings.url.expose_secret())?
            .statement_cache_capacity(256)
            .busy_timeout(Duration::from_secs(10))
            .foreign_keys(true)
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", settings.sqlite_synchronous.as_str())
            .pragma("cache_size", format!("-{}", settings.sqlite_cache_kib))
            .pragma("mmap_size", (u64::from(settings.sqlite_mmap_mib) << 20).to_string());
        let pool = |connections| {
            let pool = SqlitePoolOptions::new().max_connections(connections).test_before_acquire(false);
            pool.idle_timeout(None).max_lifetime(None)
        };
        let write = pool(1).connect_with(options.clone()).await?;
        let read = pool(settings.reader_connections).connect_with(options.pragma("query_only", "ON")).await?;
        Ok(Self { read, write })
    }
}

impl Driver for SqliteDriver {
    const SQLITE: bool = true;

    async fn rows<T: FromRow>(&self, sql: &'static str, values: Vec<Value>) -> Result<Vec<T>> {
        let rows = bound!(sql, values).fetch_all(&self.read).await?;
        rows.iter().map(T::from_row).collect()
    }

    async fn log(&self, entry: NewEntry) -> Result<()> {
        let mut connection = self.write.acquire().await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let row = query(sql::HEAD_SQLITE).bind(entry.customer_id).fetch_one(&mut *transaction).await?;
        let values = sql::write_values(entry, Head::from_row(&row)?)?;
        for (statement, values) in sql::WRITES.iter().zip(values) {
            bound!(*statement, values).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }
}

/// PostgreSQL: one pool.
#[derive(Clone)]
pub struct PostgresDriver(PgPool);

impl PostgresDriver {
    /// With the service's settings.
    pub async fn open(settings: &DatabaseConfig) -> Result<Self> {
        let options = PgConnectOptions::from_str(settings.url.expose_secret())?;
        let pool = PgPoolOptions::new().max_connections(settings.max_connections).test_before_acquire(false);
        Ok(Self(pool.connect_with(options).await?))
    }
}

impl Driver for PostgresDriver {
    const SQLITE: bool = false;

    async fn rows<T: FromRow>(&self, sql: &'static str, values: Vec<Value>) -> Result<Vec<T>> {
        let rows = bound!(sql, values).fetch_all(&self.0).await?;
        rows.iter().map(T::from_row).collect()
    }

    async fn log(&self, entry: NewEntry) -> Result<()> {
        let mut transaction = self.0.begin().await?;
        let row = query(sql::HEAD_POSTGRES).bind(entry.customer_id).fetch_one(&mut *transaction).await?;
        let values = sql::write_values(entry, Head::from_row(&row)?)?;
        bound!(*sql::WRITE_AT_ONCE, values.into_iter().flatten()).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }
}
