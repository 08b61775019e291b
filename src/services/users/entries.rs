//! What the history tells of a user.

use crate::domain::changes::FieldChange;
use crate::domain::event_kind::Category;
use crate::domain::language::Sentence;
use crate::entities::user::Model;
use crate::history::entry::{Entry, Root, Subject};
use crate::services::sentences::{changed, sentence};

fn entry(user: &Model, kind: &str, title: Sentence) -> Entry {
    Entry::new(Root::user(user.id), Subject { kind: "user", id: user.id }, kind, Category::MasterData, title)
}

fn titled(user: &Model, kind: &str, en: &str, de: &str) -> Entry {
    let name = &user.display_name;
    entry(user, kind, sentence(format!("{en}: {name}"), format!("{de}: {name}")))
}

/// A user was created.
pub(super) fn created(user: &Model) -> Entry {
    titled(user, "user.created", "User created", "Benutzer angelegt")
}

/// A user may not sign in any more.
pub(super) fn disabled(user: &Model) -> Entry {
    titled(user, "user.disabled", "User disabled", "Benutzer gesperrt")
}

/// A user may sign in again.
pub(super) fn enabled(user: &Model) -> Entry {
    titled(user, "user.enabled", "User enabled", "Benutzer freigegeben")
}

/// A user has another password.
pub(super) fn password_changed(user: &Model) -> Entry {
    titled(user, "user.password_changed", "Password changed", "Passwort geändert")
}

/// Somebody may set a new password with a one-time token.
pub(super) fn password_reset_issued(user: &Model) -> Entry {
    let (en, de) = ("One-time token for a new password issued", "Einmal-Token für ein neues Passwort ausgestellt");
    titled(user, "user.password_reset_issued", en, de)
}

/// Fields of a user changed: each is named, with its new value.
pub(super) fn updated(user: &Model, changes: &[FieldChange]) -> Entry {
    entry(user, "user.updated", changed(changes, |_| None))
}
