//! `kundenhistorie demo`: invented data.

use std::path::Path;

use clap::Args;
use indicatif::ProgressBar;
use secrecy::ExposeSecret;

use super::database;
use super::failure::{Failure, Result};
use super::terminal::{print, progress, table};
use crate::auth::authority::Authority;
use crate::config::Config;
use crate::demo::logins::{self, Login};
use crate::domain::permission::Role;
use crate::error::Code;
use crate::history::context::Context;
use crate::schemas::auth::Password;
use crate::schemas::user::CreateUser;
use crate::services::users;

/// Fill an empty database with invented customers, without serving.
///
/// 600 German companies and persons with five years of history, every second one with every kind of record, the same on
/// every machine, and one login for each role. Data that is there already, of an earlier version as well, is reused, an
/// interrupted start continued. A database with customers of another origin is refused. `serve --demo` does the same and
/// then serves.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kundenhistorie demo
  KH_DATABASE__URL=sqlite:///tmp/demo.db KH_DATA__FOLDER=/tmp/demo kundenhistorie demo")]
pub(super) struct Demo {}

impl Demo {
    pub(super) async fn run(self, config: &Config) -> Result {
        let (cx, _) = database::open_migrated(config).await?;
        let authority = Authority::new(config).map_err(Failure::new)?;
        let logins = prepare(&cx, &authority, config).await?;
        database::close(cx).await?;
        print(overview(&logins, &config.data.folder))
    }
}

/// Makes sure that data and logins are there.
pub(super) async fn prepare(cx: &Context, authority: &Authority, config: &Config) -> Result<Vec<Login>> {
    crate::demo::refuse_foreign_data(cx).await.map_err(explain)?;
    let given = config.admin.email.as_deref().zip(config.admin.password.as_ref().map(|it| it.expose_secret()));
    let logins =
        logins::ensure(cx, authority, &config.data.folder, given).await.map_err(|error| match error.code() {
            Code::ValidationFailed => Failure::from(error).advise("choose another KH_ADMIN__PASSWORD"),
            _ => Failure::from(error),
        })?;
    configured_administrator(cx, authority, config).await?;
    let managing = [Role::Manager, Role::Agent];
    let owners: Vec<_> = logins.iter().filter(|it| managing.contains(&it.role)).map(|it| it.user.id).collect();
    let mut bar: Option<ProgressBar> = None;
    let loaded = crate::demo::load(cx, config, &owners, |now| {
        bar.get_or_insert_with(|| progress(now.total, "inventing customers")).set_position(now.done);
    });
    loaded.await.map_err(explain)?;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    Ok(logins)
}

fn explain(error: crate::error::Error) -> Failure {
    match error.code() {
        Code::InUse => Failure::new("the database holds customers that are not invented; the two must not mix")
            .advise("start without --demo, or give the demo a database of its own (KH_DATABASE__URL, KH_DATA__FOLDER)"),
        _ => Failure::from(error).during("loading the demo data"),
    }
}

/// The administrator of the settings, who would otherwise be created in an empty database only.
async fn configured_administrator(cx: &Context, authority: &Authority, config: &Config) -> Result {
    let (Some(email), Some(password)) = (&config.admin.email, &config.admin.password) else { return Ok(()) };
    match users::read_by_email(cx, email).await {
        Ok(_) => return Ok(()),
        Err(error) if error.code() == Code::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let input = CreateUser {
        email: email.clone(),
        display_name: "Administrator".to_owned(),
        role: Role::Admin,
        visibility: None,
        language: None,
        password: Some(Password::from(password.expose_secret())),
    };
    users::create(cx, authority, input).await?;
    Ok(())
}

/// The logins, as people copy them.
pub(super) fn overview(logins: &[Login], folder: &Path) -> String {
    let rows: Vec<_> = logins.iter().map(|it| [it.role.to_string(), it.email.clone(), it.password.clone()]).collect();
    format!("Demo logins (kept in {}):\n\n{}", logins::file_in(folder).display(), table(&rows))
}
