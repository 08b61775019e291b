//! Who may sign in, and who must stay able to.

use serde_json::json;
use uuid::Uuid;

use super::{entries, later, lock_in, passwords};
use crate::auth::authority::Authority;
use crate::domain::client::Client;
use crate::domain::permission::Role;
use crate::entities::cells::{Locks, Reads};
use crate::entities::user;
use crate::error::{Code, Error, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::outcome::Outcome;
use crate::history::security::SecurityEntry;
use crate::schemas::user::User;
use crate::services::sessions;

/// Shuts a user out: no sign-in, no session, no one-time token any more. Doing it again changes nothing.
pub async fn deactivate(cx: &Context, authority: &Authority, id: Uuid, client: &Client) -> Result<Outcome<User>> {
    let change = Change::begin(cx).await?;
    let administrators = lock_administrators_in(&change).await?;
    let before = lock_in(&change, id).await?;
    let mut after = before.clone();
    let mut ended = Vec::new();
    if before.disabled_at.is_none() {
        after.disabled_at = Some(change.now());
        after.rights_changed_at = later(change.now(), Some(before.rights_changed_at));
        keep_an_administrator(&administrators, &after)?;
        ended = sessions::end_all_in(&change, id, None).await?;
        passwords::forget_resets_in(&change, id);
    }
    let written = change.update(&before, after, |_| entries::disabled(&before)).await?;
    if !ended.is_empty() {
        let revoked = SecurityEntry::succeeded("session.revoked").about("user", id).from(client);
        change
            .note_security(revoked.with_detail(json!({ "reason": "user_disabled", "sessions": ended.len() })))
            .await?;
    }
    let user = User::from(written.clone());
    let outcome = change.commit(Outcome::ok(&user, Some(user.etag()))?).await?;
    let now = cx.clock.now();
    sessions::note_user(authority, &written, now);
    for session_id in ended {
        authority.end_session(session_id, now);
    }
    Ok(outcome)
}

/// Lets a user sign in again; their sessions stay ended. Doing it again changes nothing.
pub async fn reactivate(cx: &Context, authority: &Authority, id: Uuid) -> Result<Outcome<User>> {
    let change = Change::begin(cx).await?;
    let before = lock_in(&change, id).await?;
    let mut after = before.clone();
    after.disabled_at = None;
    after.rights_changed_at = later(change.now(), Some(before.rights_changed_at));
    let written = change.update(&before, after, |_| entries::enabled(&before)).await?;
    let user = User::from(written.clone());
    let outcome = change.commit(Outcome::ok(&user, Some(user.etag()))?).await?;
    sessions::note_user(authority, &written, cx.clock.now());
    Ok(outcome)
}

/// Everybody who can administer now. Their rows stay locked until the end of the Change, always first and in
/// the order of ids: two who take each other's rights away at the same time do it one after the other.
pub(super) async fn lock_administrators_in(change: &Change) -> Result<Vec<user::Model>> {
    Ok(change.all(user::Entity::find_active_administrators().lock_for_change()).await?)
}

/// Refuses a change after which nobody could administer.
pub(super) fn keep_an_administrator(administrators: &[user::Model], after: &user::Model) -> Result<()> {
    let stays = after.role() == Role::Admin && after.disabled_at.is_none();
    let is_the_last = administrators.iter().all(|other| other.id == after.id);
    let was_one = administrators.iter().any(|other| other.id == after.id);
    if was_one && is_the_last && !stays { Err(Error::new(Code::LastAdministrator)) } else { Ok(()) }
}
