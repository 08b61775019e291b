//! Connections to an SQLite file on which statements run where they are asked for, beside those of sea-orm.

use std::fmt::Display;
use std::fs::File;
use std::str::FromStr;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql, params_from_iter};
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::{DbErr, RuntimeErr, Statement, Value};
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::config::DatabaseConfig;
use crate::entities::cells::{Cells, TakesRows};

/// Prepared statements a connection keeps.
pub(super) const STATEMENTS: usize = 256;
/// How long to wait for a file somebody else has locked.
pub(super) const BUSY: Duration = Duration::from_secs(10);

/// Makes the file the settings name, and its folder, where they are missing. The file is readable for its owner only:
/// SQLite gives the files beside it the same rights.
pub(super) fn create(settings: &DatabaseConfig) -> Result<(), DbErr> {
    let options = SqliteConnectOptions::from_str(settings.url.expose_secret()).map_err(unopened)?;
    let path = options.get_filename();
    let failed = |error| DbErr::Custom(format!("cannot create {}: {error}", path.display()));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut options = File::options();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(failed)
}

/// Opens the file the settings name, which exists.
pub(super) fn open(settings: &DatabaseConfig, read_only: bool) -> Result<Connection, DbErr> {
    let options = SqliteConnectOptions::from_str(settings.url.expose_secret()).map_err(unopened)?;
    let access = match read_only {
        true => OpenFlags::SQLITE_OPEN_READ_ONLY,
        false => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(options.get_filename(), flags).map_err(unopened)?;
    set(&connection, settings, read_only).map_err(unopened)?;
    Ok(connection)
}

fn set(connection: &Connection, settings: &DatabaseConfig, read_only: bool) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    if !read_only {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", settings.sqlite_synchronous.as_str())?;
        connection.pragma_update(None, "foreign_keys", true)?;
    }
    connection.pragma_update(None, "cache_size", -i64::from(settings.sqlite_cache_kib))?;
    connection.pragma_update(None, "mmap_size", i64::from(settings.sqlite_mmap_mib) << 20)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

/// Runs a query.
pub(super) fn fill(connection: &Connection, statement: &Statement, rows: &mut dyn TakesRows) -> Result<(), DbErr> {
    let mut prepared = connection.prepare_cached(&statement.sql).map_err(failed)?;
    let mut found = prepared.query(params_from_iter(values(statement).map(Bound))).map_err(failed)?;
    while let Some(row) = found.next().map_err(failed)? {
        rows.take(row)?;
    }
    Ok(())
}

/// Runs a statement that answers with the number of rows it changed.
pub(super) fn execute(connection: &Connection, statement: &Statement) -> Result<u64, DbErr> {
    let mut prepared = connection.prepare_cached(&statement.sql).map_err(failed)?;
    let changed = prepared.execute(params_from_iter(values(statement).map(Bound))).map_err(failed)?;
    Ok(u64::try_from(changed).unwrap_or(u64::MAX))
}

fn values(statement: &Statement) -> impl Iterator<Item = &Value> {
    statement.values.iter().flat_map(|values| &values.0)
}

/// A value as rusqlite binds it.
struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::String(Some(text)) => ValueRef::Text(text.as_bytes()),
            Value::Uuid(Some(id)) => ValueRef::Blob(id.as_bytes()),
            Value::Bytes(Some(bytes)) => ValueRef::Blob(bytes),
            Value::BigInt(Some(number)) => ValueRef::Integer(*number),
            Value::Int(Some(number)) => ValueRef::Integer(i64::from(*number)),
            Value::BigUnsigned(Some(number)) => match i64::try_from(*number) {
                Ok(number) => ValueRef::Integer(number),
                Err(error) => return Err(rusqlite::Error::ToSqlConversionFailure(error.into())),
            },
            Value::Bool(Some(flag)) => ValueRef::Integer(i64::from(*flag)),
            Value::String(None)
            | Value::Uuid(None)
            | Value::Bytes(None)
            | Value::BigInt(None)
            | Value::Int(None)
            | Value::BigUnsigned(None)
            | Value::Bool(None) => ValueRef::Null,
            other => {
                return Err(rusqlite::Error::ToSqlConversionFailure(
                    format!("no column holds {:?}", other.array_type()).into(),
                ));
            }
        }))
    }
}

impl Cells for rusqlite::Row<'_> {
    fn text(&self, at: usize) -> Result<Option<&str>, DbErr> {
        self.get_ref(at).map_err(failed)?.as_str_or_null().map_err(unreadable)
    }

    fn number(&self, at: usize) -> Result<Option<i64>, DbErr> {
        self.get_ref(at).map_err(failed)?.as_i64_or_null().map_err(unreadable)
    }

    fn flag(&self, at: usize) -> Result<Option<bool>, DbErr> {
        Ok(self.number(at)?.map(|number| number != 0))
    }

    fn bytes(&self, at: usize) -> Result<Option<&[u8]>, DbErr> {
        self.get_ref(at).map_err(failed)?.as_blob_or_null().map_err(unreadable)
    }

    fn id(&self, at: usize) -> Result<Option<Uuid>, DbErr> {
        self.bytes(at)?.map(Uuid::from_slice).transpose().map_err(unreadable)
    }
}

/// A statement that failed, in SQLite's words: [`crate::error`] reads them.
pub(super) fn failed(error: rusqlite::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::Internal(error.to_string()))
}

/// Whether a statement failed because of a row that is there already, or is not.
pub(super) fn is_collision(error: &DbErr) -> bool {
    let text = error.to_string();
    ["UNIQUE constraint failed", "FOREIGN KEY constraint failed", "is append-only"]
        .iter()
        .any(|part| text.contains(part))
}

/// Whether a statement failed because the disk did not do its work.
pub(super) fn is_disk_failure(error: &DbErr) -> bool {
    error.to_string().contains("disk I/O error")
}

fn unreadable(error: impl Display) -> DbErr {
    DbErr::Type(error.to_string())
}

fn unopened(error: impl Display) -> DbErr {
    DbErr::Conn(RuntimeErr::Internal(error.to_string()))
}
