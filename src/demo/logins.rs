//! Somebody of each role to sign in as, with passwords made at the first start.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::auth::authority::Authority;
use crate::domain::client::Client;
use crate::domain::email;
use crate::domain::language::Language;
use crate::domain::permission::Role;
use crate::error::{Code, Error, Result};
use crate::history::context::Context;
use crate::schemas::auth::{Password, PasswordResetRequest};
use crate::schemas::user::{CreateUser, User};
use crate::services::users;

/// File inside the data folder, readable for its owner only.
const FILE: &str = "demo-logins.txt";
/// Letters and digits nobody mistakes for one another.
const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// What the file says instead of a password that is not ours to keep.
const CONFIGURED: &str = "(KH_ADMIN__PASSWORD)";

/// Somebody to sign in as.
#[derive(Clone)]
pub struct Login {
    /// What they may do.
    pub role: Role,
    /// Address to sign in with.
    pub email: String,
    /// The password this program made; they may have changed it since. "(KH_ADMIN__PASSWORD)" where the settings gave
    /// another one.
    pub password: String,
    /// Who they are.
    pub user: User,
}

impl Login {
    /// Whether the password can be shown.
    pub fn is_ours(&self) -> bool {
        self.password != CONFIGURED
    }
}

/// A login as it will be.
struct Chosen {
    role: Role,
    email: String,
    /// To sign in with; none where the user has one that is kept nowhere.
    password: Option<String>,
    /// What the file says.
    shown: String,
    user: Option<User>,
}

/// The logins, in the order of roles. Users that are missing are created; passwords that are not in the file any more
/// are replaced. `given` is the address and the password of an administrator who is configured: a login that has this
/// address is made with that password.
///
/// # Errors
/// A given password that may not be one: nothing is made then.
pub async fn ensure(
    cx: &Context,
    authority: &Authority,
    folder: &Path,
    given: Option<(&str, &str)>,
) -> Result<Vec<Login>> {
    let file = folder.join(FILE);
    let kept = read(&file).map_err(Error::internal)?;
    let mut chosen = Vec::with_capacity(Role::ALL.len());
    for role in Role::ALL {
        let email = format!("{}@example.org", role.as_str().replace('_', "-"));
        let given = given.filter(|(address, _)| email::key(address.trim()) == email).map(|(_, password)| password);
        chosen.push(choose(cx, authority, *role, email, &kept, given).await?);
    }
    // First the file: a password nobody knows would be of no use.
    if chosen.iter().any(|login| kept.get(&login.email) != Some(&login.shown)) {
        write(&file, &chosen).map_err(Error::internal)?;
    }
    let mut logins = Vec::with_capacity(chosen.len());
    for Chosen { role, email, password, shown, user } in chosen {
        let user = match (user, password) {
            (Some(user), Some(password)) if kept.get(&email) != Some(&shown) => {
                set_password(cx, authority, &user, &password).await?;
                user
            }
            (Some(user), _) => user,
            (None, password) => {
                let password = password.ok_or_else(|| Error::internal("a new login has a password"))?;
                users::create(cx, authority, new_user(role, &email, &password)).await?;
                users::read_by_email(cx, &email).await?
            }
        };
        logins.push(Login { role, email, password: shown, user });
    }
    Ok(logins)
}

async fn choose(
    cx: &Context,
    authority: &Authority,
    role: Role,
    email: String,
    kept: &HashMap<String, String>,
    given: Option<&str>,
) -> Result<Chosen> {
    let user = match users::read_by_email(cx, &email).await {
        Ok(user) => Some(user),
        Err(error) if error.code() == Code::NotFound => None,
        Err(error) => return Err(error),
    };
    let (password, shown) = match (kept.get(&email), given) {
        (Some(kept), None) if kept != CONFIGURED => (Some(kept.clone()), kept.clone()),
        (Some(kept), _) if kept != CONFIGURED && user.is_some() => (Some(kept.clone()), kept.clone()),
        (Some(_), _) if user.is_some() => (None, CONFIGURED.to_owned()),
        (_, Some(given)) => {
            authority.check_new_password(given, &email).map_err(|fault| Error::invalid_at("/password", fault))?;
            (Some(given.to_owned()), CONFIGURED.to_owned())
        }
        (_, None) => {
            let made = new_password();
            (Some(made.clone()), made)
        }
    };
    Ok(Chosen { role, email, password, shown, user })
}

/// Where the passwords are kept.
pub fn file_in(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

fn new_user(role: Role, email: &str, password: &str) -> CreateUser {
    let name = match role {
        Role::Admin => "Ada Lüders",
        Role::Manager => "Jonas Brandt",
        Role::Agent => "Şirin Yıldız",
        Role::ReadOnly => "Grete Möller",
        Role::Integration => "Webshop",
        Role::Privacy => "Dr. Käthe Voß",
        Role::Auditor => "Ernst Prüfer",
    };
    CreateUser {
        email: email.to_owned(),
        display_name: name.to_owned(),
        role,
        visibility: None,
        language: Some(Language::De),
        password: Some(Password::from(password)),
    }
}

async fn set_password(cx: &Context, authority: &Authority, user: &User, password: &str) -> Result<()> {
    let reset = users::issue_password_reset(cx, authority, user.id).await?;
    let request = json!({ "token": reset.token, "new_password": password });
    let request: PasswordResetRequest = serde_json::from_value(request).map_err(Error::internal)?;
    users::reset_password(cx, authority, request, &Client::default()).await.map(|_| ())
}

/// Four groups of five, about 99 bits.
fn new_password() -> String {
    let group = || (0..5).map(|_| char::from(ALPHABET[rand::random_range(0..ALPHABET.len())])).collect::<String>();
    [group(), group(), group(), group()].join("-")
}

fn read(file: &Path) -> io::Result<HashMap<String, String>> {
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(HashMap::new()),
        text => text?,
    };
    let lines =
        text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(char::is_whitespace));
    Ok(lines.map(|(email, password)| (email.to_owned(), password.trim().to_owned())).collect())
}

/// Whole or not at all, and never readable for others.
fn write(file: &Path, logins: &[Chosen]) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let draft = file.with_extension("new");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut draft_file = options.open(&draft)?;
    writeln!(draft_file, "# Logins of the demo, made at its first start. Remove this file and new ones are made.")?;
    for Chosen { email, shown, .. } in logins {
        writeln!(draft_file, "{email} {shown}")?;
    }
    draft_file.sync_all()?;
    fs::rename(&draft, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_survive_the_file_which_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let file = file_in(folder.path());
        let password = new_password();
        let (role, email) = (Role::Admin, "admin@example.org".to_owned());
        write(&file, &[Chosen { role, email, password: None, shown: password.clone(), user: None }]).unwrap();
        assert_eq!(read(&file).unwrap()["admin@example.org"], password);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn passwords_differ() {
        assert_ne!(new_password(), new_password());
        assert_eq!(new_password().len(), 23);
    }
}
