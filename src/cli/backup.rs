//! `kundenhistorie backup`: a copy of the database.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use clap::Args;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use secrecy::ExposeSecret;

use super::database;
use super::failure::{Failure, Result};
use super::terminal::print;
use crate::config::{Config, DocumentStorage};

/// Write a consistent copy of the database to a new file.
///
/// SQLite only: the copy shows the database as it was at one moment, even while the service goes on writing, and is
/// checked before the command ends. An existing file is never overwritten. For PostgreSQL the command explains how to
/// use pg_dump and ends with 1. The signing keys lie beside the database in the data folder, and
/// so does the content of documents unless it is configured otherwise; copy them as well, the documents after the database.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kundenhistorie backup /var/backups/kundenhistorie-2026-11-20.db

To restore: stop the service, put the copy in the place of the database file, remove the files beside it that end in
-wal and -shm, start the service, and run `kundenhistorie verify`.")]
pub(super) struct Backup {
    /// The file to write; it must not exist yet.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Backup {
    pub(super) async fn run(self, config: &Config) -> Result {
        let Some(source) = database::sqlite_file(config) else { return Err(explain_pg_dump(config, &self.file)) };
        if !source.exists() {
            return Err(Failure::new(format!("there is no database at {}", source.display()))
                .advise("check database.url (KH_DATABASE__URL)"));
        }
        create_empty(&self.file)?;
        let copied = copy(config, &self.file).await;
        if copied.is_err() {
            // Half a copy is worse than none; that it could not be removed changes nothing about the failure.
            let _removed = fs::remove_file(&self.file);
        }
        let bytes = copied?;
        print(format_args!(
            "Backup written to {} ({bytes} bytes), integrity checked.\nNot in it: the signing keys in {}, the content of documents{}.",
            self.file.display(),
            config.data.folder.join("keys").display(),
            match config.documents.storage {
                DocumentStorage::Folder => format!(" in {}", config.documents_folder().display()),
                DocumentStorage::S3 => " in its bucket".to_owned(),
            }
        ))
    }
}

/// Takes the name, so that nothing is overwritten whoever else writes, and lets nobody else read it.
fn create_empty(path: &Path) -> Result {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(Failure::new(format!("{} exists already", path.display())).advise("choose another name"))
        }
        Err(error) => Err(Failure::from(error).during(format!("cannot write {}", path.display()))),
    }
}

/// Copies, checks and syncs. Answers the size in bytes.
async fn copy(config: &Config, target: &Path) -> Result<u64> {
    let source = connect(config.database.url.expose_secret(), false).await?;
    let path = target.to_str().ok_or_else(|| Failure::new("the name of the file is not valid UTF-8"))?;
    // Reads in one transaction of its own: writers go on, the copy shows one moment.
    let vacuum = Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [path.into()]);
    source.execute_raw(vacuum).await?;
    source.close().await?;
    check(path).await?;
    let file = File::open(target)?;
    file.sync_all()?;
    Ok(file.metadata()?.len())
}

/// A connection of its own, outside of the pools of the service.
async fn connect(url: &str, read_only: bool) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(move |sqlite| sqlite.create_if_missing(false).read_only(read_only));
    Ok(Database::connect(options).await?)
}

async fn check(path: &str) -> Result {
    let copy = connect(&format!("sqlite://{path}"), true).await?;
    let verdict = first_text(&copy, "PRAGMA integrity_check").await?;
    copy.close().await?;
    if verdict == "ok" { Ok(()) } else { Err(Failure::new(format!("the copy is damaged: {verdict}"))) }
}

async fn first_text(connection: &DatabaseConnection, sql: &str) -> Result<String> {
    let row = connection.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default())
}

fn explain_pg_dump(config: &Config, file: &Path) -> Failure {
    let shown = config.effective().iter().find(|setting| setting.name == "database.url");
    let address = shown.map_or("", |setting| setting.value.trim_matches('"')).replace(":***@", "@");
    Failure::new("nothing was written: PostgreSQL is backed up with its own tool").advise(format!(
        "pg_dump --format=custom --no-owner --file='{}' '{address}'\n\
         (consistent while the service writes; the password comes from PGPASSWORD or ~/.pgpass)",
        file.display()
    ))
}
