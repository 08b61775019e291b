//! Opening the database for a command.

use std::path::PathBuf;
use std::sync::Arc;

use migration::{Migrator, MigratorTrait};
use sea_orm::DbErr;
use secrecy::ExposeSecret;

use super::failure::{Failure, Result};
use crate::config::Config;
use crate::domain::clock::Clock;
use crate::history::context::Context;
use crate::history::store::Store;

/// Opens a database, creating it where needed, and brings its schema up to date. Answers the names of the steps that
/// were missing as well.
pub async fn open_migrated(config: &Config) -> Result<(Context, Vec<String>)> {
    let store = Store::open(&config.database).await?;
    let pending = pending(&store).await?;
    let migrated = Migrator::up(store.migrator(), None).await;
    migrated.map_err(|error| Failure::from(error).during("migrating the database"))?;
    Ok((context(config, store), pending))
}

/// Opens a database that exists and has the schema of this version.
pub async fn open(config: &Config) -> Result<Context> {
    if let Some(path) = sqlite_file(config).filter(|path| !path.exists()) {
        return Err(Failure::new(format!("there is no database at {}", path.display()))
            .advise("check database.url (KH_DATABASE__URL), or create the database with `kundenhistorie migrate`"));
    }
    let store = Store::open(&config.database).await?;
    if !pending(&store).await?.is_empty() {
        return Err(Failure::new("the database does not have the schema of this version")
            .advise("make a backup, then run `kundenhistorie migrate`"));
    }
    Ok(context(config, store))
}

fn context(config: &Config, store: Store) -> Context {
    Context::system(store, Clock::system(), Arc::new(config.support.service_levels()))
}

/// Ends the work on a database; SQLite then folds its write-ahead log into the file.
pub async fn close(cx: Context) -> Result {
    Ok(cx.store.close().await?)
}

async fn pending(store: &Store) -> Result<Vec<String>> {
    match Migrator::get_pending_migrations(store.migrator()).await {
        Ok(steps) => Ok(steps.iter().map(|step| step.name().to_owned()).collect()),
        // The library's word for steps in the database that it does not know.
        Err(DbErr::Custom(reason)) if reason.contains("missing") => {
            Err(Failure::new("the database was made by a newer version of this program")
                .advise("use that version, or restore a backup made before it"))
        }
        Err(error) => Err(error.into()),
    }
}

/// The file of an SQLite database; none for PostgreSQL.
pub fn sqlite_file(config: &Config) -> Option<PathBuf> {
    let path = config.database.url.expose_secret().strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    Some(PathBuf::from(path.split('?').next().unwrap_or(path)))
}
