//! `kundenhistorie user`: users from the operator's machine.

use std::io::{BufRead, IsTerminal};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::database;
use super::failure::{Failure, Result};
use super::terminal::{print, table};
use crate::auth::authority::Authority;
use crate::config::Config;
use crate::domain::client::Client;
use crate::domain::permission::Role;
use crate::error::Code;
use crate::schemas::page::PageRequest;
use crate::schemas::shape;
use crate::schemas::user::{CreateUser, User as Account, UserQuery};
use crate::services::users;

/// Users a page of the list is read with.
const PAGE: u64 = 200;

/// Add, list and disable users.
///
/// The same rules and the same history as through the API: each change is recorded as made by the service itself.
#[derive(Debug, Subcommand)]
pub(super) enum User {
    Add(Add),
    List(List),
    Disable(Disable),
}

/// Add a user.
///
/// With --password-stdin the first line of standard input becomes the password. Without it a one-time token is
/// printed, with which the user chooses a password.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kundenhistorie user add --email anna.huber@example.org --name 'Anna Huber' --role manager
  pass show kundenhistorie/anna | kundenhistorie user add --email anna.huber@example.org --name 'Anna Huber' \\
    --role admin --password-stdin

Roles: admin (everything, users included), manager (all records and the vocabulary), agent (daily work with
customers), read_only, integration (another system), privacy (data protection), auditor (history and security events).")]
pub(super) struct Add {
    /// Address to sign in with.
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    /// The name people read.
    #[arg(long)]
    name: String,
    /// What the user may do: admin, manager, agent, read_only, integration, privacy or auditor.
    #[arg(long, value_parser = role)]
    role: Role,
    /// Read the password from standard input.
    #[arg(long)]
    password_stdin: bool,
}

/// List all users.
///
/// One line per user: address, name, role, and whether they may sign in.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  kundenhistorie user list")]
pub(super) struct List {}

/// Shut a user out: no sign-in any more, and every session ends.
///
/// What the user did stays in the history under their name. The last active administrator cannot be disabled. Through
/// the API (POST /v1/users/…) an administrator can let the user in again.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  kundenhistorie user disable anna.huber@example.org")]
pub(super) struct Disable {
    /// Address the user signs in with.
    #[arg(value_name = "EMAIL")]
    email: String,
}

impl User {
    pub(super) async fn run(self, config: &Config) -> Result {
        match self {
            Self::Add(command) => command.run(config).await,
            Self::List(_) => list(config).await,
            Self::Disable(command) => command.run(config).await,
        }
    }
}

fn role(name: &str) -> std::result::Result<Role, String> {
    let known = || Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
    name.parse().map_err(|_| format!("expected one of {}", known()))
}

impl Add {
    async fn run(self, config: &Config) -> Result {
        let mut fields = json!({ "email": self.email, "display_name": self.name, "role": self.role });
        if self.password_stdin {
            fields["password"] = read_password()?.into();
        }
        let input = read_input(fields)?;
        let has_password = input.password.is_some();
        let (cx, _) = database::open_migrated(config).await?;
        let authority = authority(config)?;
        users::create(&cx, &authority, input).await.map_err(|error| match error.code() {
            Code::AlreadyExists => Failure::new(format!("there is a user {:?} already", self.email))
                .advise("`kundenhistorie user list` shows all of them"),
            _ => error.into(),
        })?;
        let user = users::read_by_email(&cx, &self.email).await?;
        print(format_args!("added {} ({})", user.email, user.role))?;
        if !has_password {
            let reset = users::issue_password_reset(&cx, &authority, user.id).await?;
            print(format_args!(
                "one-time token, valid until {}: {}\nHand it over by a safe way. The password is set with \
                 POST /v1/auth/password-reset {{\"token\": …, \"new_password\": …}}.",
                reset.expires_at, reset.token
            ))?;
        }
        database::close(cx).await
    }
}

/// The input with the same checks as a request body.
fn read_input(fields: Value) -> Result<CreateUser> {
    shape::of_body::<CreateUser>()?.must_fit(&fields)?;
    serde_json::from_value(fields).map_err(Failure::new)
}

impl Disable {
    async fn run(self, config: &Config) -> Result {
        let cx = database::open(config).await?;
        let user = users::read_by_email(&cx, &self.email).await.map_err(|error| match error.code() {
            Code::NotFound => Failure::new(format!("there is no user {:?}", self.email))
                .advise("`kundenhistorie user list` shows all of them"),
            _ => error.into(),
        })?;
        if user.disabled_at.is_none() {
            users::deactivate(&cx, &authority(config)?, user.id, &Client::default()).await?;
        }
        database::close(cx).await?;
        let done = if user.disabled_at.is_none() { "disabled" } else { "was disabled already:" };
        print(format_args!("{done} {}", user.email))
    }
}

async fn list(config: &Config) -> Result {
    let cx = database::open(config).await?;
    let mut rows = vec![["EMAIL", "NAME", "ROLE", "STATE"].map(str::to_owned)];
    let mut page = PageRequest::first(PAGE);
    loop {
        let found = users::list(&cx, &UserQuery::default(), &page).await?;
        rows.extend(found.items.iter().map(row));
        page.mark = found.next;
        if page.mark.is_none() {
            break;
        }
    }
    database::close(cx).await?;
    print(table(&rows))
}

fn row(user: &Account) -> [String; 4] {
    let state = match (user.disabled_at, user.password_changed_at) {
        (Some(at), _) => format!("disabled since {at}"),
        (None, None) => "has no password yet".to_owned(),
        (None, Some(_)) => "active".to_owned(),
    };
    [user.email.clone(), user.display_name.clone(), user.role.to_string(), state]
}

fn authority(config: &Config) -> Result<Authority> {
    Authority::new(config).map_err(Failure::new)
}

fn read_password() -> Result<String> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Err(Failure::new("--password-stdin does not ask for a password, for it would be seen on the screen")
            .advise("send it through a pipe, or leave the option out for a one-time token"));
    }
    let mut line = String::new();
    stdin.lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(Failure::new("standard input holds no password").advise("send it as the first line"));
    }
    Ok(password.to_owned())
}
