//! Setting passwords. Hashing takes its time: always before a Change is begun.

use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, EntityTrait, Iterable, ModelTrait};
use serde_json::json;
use uuid::Uuid;

use super::{entries, later, lock_in};
use crate::auth::authority::Authority;
use crate::auth::refresh::OpaqueToken;
use crate::domain::actor::Actor;
use crate::domain::client::Client;
use crate::domain::fault::FaultCode;
use crate::entities::{password_reset, user};
use crate::error::{Code, Error, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::entry::Entry;
use crate::history::outcome::Outcome;
use crate::history::security::{self, SecurityEntry};
use crate::schemas::auth::{ChangePassword, Password, PasswordResetRequest};
use crate::schemas::user::PasswordReset;
use crate::services::sessions;

/// Sets the caller's password, if they know the one so far, and ends all their other sessions.
/// Guessing here is slowed like guessing at the sign-in.
pub async fn change_password(
    cx: &Context,
    authority: &Authority,
    input: ChangePassword,
    client: &Client,
) -> Result<Outcome<()>> {
    let compared = user::Entity::find_by_id(cx.actor.id()).one(&cx.store.read).await?;
    let compared = compared.ok_or_else(|| Error::new(Code::Unauthenticated))?;
    let attempt = authority.attempt(&compared.email, client.address, cx.clock.now())?;
    let hash = compared.password_hash.as_deref();
    if !authority.verify_password(input.current_password.expose(), hash).await? {
        attempt.failed();
        let refused = SecurityEntry::refused("password.refused").about("user", compared.id).from(client);
        security::note(cx, refused).await?;
        return Err(Error::invalid_at("/current_password", FaultCode::WrongPassword));
    }
    attempt.succeeded();
    let hash = hash_new(authority, &input.new_password, &compared.email, "/new_password").await?;

    let change = Change::begin(cx).await?;
    let before = lock_in(&change, compared.id).await?;
    if before.password_hash != compared.password_hash {
        return Err(Error::new(Code::Conflict));
    }
    let ended = set_in(&change, &before, hash, entries::password_changed(&before), cx.actor.session_id).await?;
    let changed = SecurityEntry::succeeded("password.changed").about("user", before.id).from(client);
    change.note_security(changed.with_detail(json!({ "sessions_ended": ended.len() }))).await?;
    let outcome = change.commit(Outcome::nothing()).await?;
    shut_out(cx, authority, ended);
    Ok(outcome)
}

/// Makes a one-time token with which a user sets a new password. Earlier ones do not count any more.
///
/// The answer is a secret and therefore never stored: a repetition with the same Idempotency-Key makes a
/// new token.
pub async fn issue_password_reset(cx: &Context, authority: &Authority, id: Uuid) -> Result<PasswordReset> {
    let (token, digest) = OpaqueToken::PasswordReset.generate();
    let change = Change::begin(cx).await?;
    let user = lock_in(&change, id).await?;
    let lifetime = i64::try_from(authority.settings().password_reset_seconds).unwrap_or_default();
    let row = password_reset::Model {
        digest: digest.to_vec(),
        user_id: user.id,
        expires_at: change.now().plus_seconds(lifetime),
    };
    change.execute(forget_resets(id)).await?;
    change.execute(insert(&row)).await?;
    change.record(entries::password_reset_issued(&user).with_payload(json!({ "expires_at": row.expires_at })));
    change.commit_unanswered().await?;
    Ok(PasswordReset { token, expires_at: row.expires_at })
}

/// Sets a password with a one-time token, and ends all sessions of the user.
pub async fn reset_password(
    cx: &Context,
    authority: &Authority,
    input: PasswordResetRequest,
    client: &Client,
) -> Result<Outcome<()>> {
    let unknown = || Error::invalid_at("/token", FaultCode::OneTimeToken);
    let digest = OpaqueToken::PasswordReset.digest(input.token.expose()).ok_or_else(unknown)?;
    let reset = password_reset::Entity::find_by_id(digest.to_vec()).one(&cx.store.read).await?;
    let reset = reset.filter(|reset| reset.expires_at > cx.clock.now()).ok_or_else(unknown)?;
    let user = user::Entity::find_by_id(reset.user_id).one(&cx.store.read).await?;
    let user = user.filter(|user| user.disabled_at.is_none()).ok_or_else(unknown)?;
    let hash = hash_new(authority, &input.new_password, &user.email, "/new_password").await?;

    // Whoever holds the token is, to us, the user.
    let actor = Actor::without_session(user.reference());
    let change = Change::begin(&Context { actor, idempotency: None, ..cx.clone() }).await?;
    let before = lock_in(&change, user.id).await?;
    let mut redeem = Query::delete();
    redeem
        .from_table(password_reset::Entity)
        .and_where(password_reset::Column::Digest.eq(reset.digest))
        .and_where(password_reset::Column::ExpiresAt.gt(change.now()));
    if before.disabled_at.is_some() || change.execute(redeem).await? != 1 {
        return Err(unknown());
    }
    let ended = set_in(&change, &before, hash, entries::password_changed(&before), None).await?;
    let done = SecurityEntry::succeeded("password.reset").about("user", before.id).from(client);
    change.note_security(done.with_detail(json!({ "sessions_ended": ended.len() }))).await?;
    let outcome = change.commit(Outcome::nothing()).await?;
    shut_out(cx, authority, ended);
    Ok(outcome)
}

/// The hash of a new password, if the rules allow it.
pub(super) async fn hash_new(authority: &Authority, password: &Password, email: &str, pointer: &str) -> Result<String> {
    authority.check_new_password(password.expose(), email).map_err(|fault| Error::invalid_at(pointer, fault))?;
    authority.hash_password(password.expose()).await
}

/// Writes a new password and ends the user's sessions, all but one if that is given. Answers the ended ones.
async fn set_in(
    change: &Change,
    before: &user::Model,
    hash: String,
    entry: Entry,
    except: Option<Uuid>,
) -> Result<Vec<Uuid>> {
    let mut after = before.clone();
    after.password_hash = Some(hash);
    after.password_changed_at = Some(later(change.now(), before.password_changed_at));
    change.update(before, after, |_| entry).await?;
    forget_resets_in(change, before.id);
    sessions::end_all_in(change, before.id, except).await
}

/// Takes all one-time tokens of a user back, within a Change.
pub(super) fn forget_resets_in(change: &Change, user_id: Uuid) {
    change.defer(forget_resets(user_id));
}

fn forget_resets(user_id: Uuid) -> sea_orm::sea_query::DeleteStatement {
    let mut delete = Query::delete();
    delete.from_table(password_reset::Entity).and_where(password_reset::Column::UserId.eq(user_id));
    delete
}

fn shut_out(cx: &Context, authority: &Authority, ended: Vec<Uuid>) {
    for session_id in ended {
        authority.end_session(session_id, cx.clock.now());
    }
}

fn insert(row: &password_reset::Model) -> sea_orm::sea_query::InsertStatement {
    let mut insert = Query::insert();
    insert
        .into_table(password_reset::Entity)
        .columns(password_reset::Column::iter())
        .values_panic(password_reset::Column::iter().map(|column| Expr::value(row.get(column))));
    insert
}
