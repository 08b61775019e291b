//! `kundenhistorie migrate`: the schema of the database.

use clap::Args;

use super::database;
use super::failure::Result;
use super::terminal::print;
use crate::config::Config;

/// Bring the database to the schema of this version.
///
/// Creates what is missing and changes nothing that is up to date: it may be called as often as one likes. `serve`
/// does the same at its start; use this command where several instances start at the same time, or to keep the
/// schema in the hands of an operator. Make a backup before going to a new version.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kundenhistorie migrate
  KH_DATABASE__URL=postgres://kh@localhost/kundenhistorie kundenhistorie migrate")]
pub(super) struct Migrate {}

impl Migrate {
    pub(super) async fn run(self, config: &Config) -> Result {
        let (cx, applied) = database::open_migrated(config).await?;
        database::close(cx).await?;
        if applied.is_empty() {
            return print("The database is up to date.");
        }
        for name in &applied {
            print(format_args!("applied {name}"))?;
        }
        print(format_args!("The database is up to date, {} steps applied.", applied.len()))
    }
}
