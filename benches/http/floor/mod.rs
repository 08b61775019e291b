//! The floors: actix with the service's settings, answering the same bytes from hand-written statements, without
//! authentication or anything else around it. Each runs in a process of its own.

mod columns;
mod hard_postgres;
mod hard_sqlite;
mod http;
mod sql;
mod sqlx;
mod summary;

use std::future::{Future, ready};

use kundenhistorie::config::Config;
use kundenhistorie::entities::{interaction, timeline_event};
use sea_orm::Value;
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::Result;
use columns::FromRow;

pub use hard_postgres::connect as connect_postgres;
pub use hard_sqlite::value as rusqlite_value;

/// Which floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// A fixed answer: what the load tool can do.
    Static,
    /// sqlx with the service's pools.
    Driver,
    /// rusqlite on reader threads; tokio-postgres with pipelining.
    Hard,
}

/// An interaction and its event; sequence, position and hashes of the event are the database's business.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// Whose.
    pub customer_id: Uuid,
    /// The row.
    pub interaction: interaction::Model,
    /// Its event.
    pub event: timeline_event::Model,
}

/// A way to a database.
pub trait Driver: 'static {
    /// Whether it is one to SQLite.
    const SQLITE: bool;

    /// Runs a query.
    fn rows<T: FromRow>(&self, sql: &'static str, values: Vec<Value>) -> impl Future<Output = Result<Vec<T>>>;

    /// Writes an interaction, its event, the head of the chain and the customer's last contact: on disk when it returns.
    fn log(&self, entry: NewEntry) -> impl Future<Output = Result<()>>;
}

/// Serves until the process is ended. The settings are those of the service.
pub async fn run(kind: Kind) -> Result<()> {
    let config = Config::load(None)?;
    let url = config.database.url.expose_secret().to_owned();
    let sqlite = url.starts_with("sqlite:");
    match kind {
        Kind::Static => http::serve_fixed(&config).await,
        Kind::Driver if sqlite => {
            let driver = sqlx::SqliteDriver::open(&config.database).await?;
            http::serve(&config, move || ready(Ok(driver.clone()))).await
        }
        Kind::Driver => {
            let driver = sqlx::PostgresDriver::open(&config.database).await?;
            http::serve(&config, move || ready(Ok(driver.clone()))).await
        }
        Kind::Hard if sqlite => {
            let driver = hard_sqlite::Threads::open(&config.database)?;
            http::serve(&config, move || ready(Ok(driver.clone()))).await
        }
        Kind::Hard => {
            let settings = config.database.clone();
            http::serve(&config, move || hard_postgres::Pipelines::open(settings.clone())).await
        }
    }
}
