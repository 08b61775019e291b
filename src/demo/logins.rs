//! Somebody of each role to sign in as, with passwords made at the first start.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::auth::authority::Authority;
use crate::domain::client::Client;
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

/// Somebody to sign in as.
#[derive(Clone)]
pub struct Login {
    /// What they may do.
    pub role: Role,
    /// Address to sign in with.
    pub email: String,
    /// The password this program made; they may have changed it since.
    pub password: String,
    /// Who they are.
    pub user: User,
}

/// The logins, in the order of roles. Users that are missing are created; passwords that are not in the file any more
/// are replaced.
pub async fn ensure(cx: &Context, authority: &Authority, folder: &Path) -> Result<Vec<Login>> {
    let file = folder.join(FILE);
    let kept = read(&file).map_err(Error::internal)?;
    let chosen: Vec<(Role, String, String)> = Role::ALL
        .iter()
        .map(|role| {
            let email = format!("{}@example.org", role.as_str().replace('_', "-"));
            let password = kept.get(&email).cloned().unwrap_or_else(new_password);
            (*role, email, password)
        })
        .collect();
    // First the file: a password nobody knows would be of no use.
    if chosen.iter().any(|(_, email, _)| !kept.contains_key(email)) {
        write(&file, &chosen).map_err(Error::internal)?;
    }
    let mut logins = Vec::with_capacity(chosen.len());
    for (role, email, password) in chosen {
        let is_new = !kept.contains_key(&email);
        let user = match users::read_by_email(cx, &email).await {
            Ok(user) => {
                if is_new {
                    set_password(cx, authority, &user, &password).await?;
                }
                user
            }
            Err(error) if error.code() == Code::NotFound => {
                users::create(cx, authority, new_user(role, &email, &password)).await?;
                users::read_by_email(cx, &email).await?
            }
            Err(error) => return Err(error),
        };
        logins.push(Login { role, email, password, user });
    }
    Ok(logins)
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
fn write(file: &Path, logins: &[(Role, String, String)]) -> io::Result<()> {
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
    for (_, email, password) in logins {
        writeln!(draft_file, "{email} {password}")?;
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
        write(&file, &[(Role::Admin, "admin@example.org".to_owned(), password.clone())]).unwrap();
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
