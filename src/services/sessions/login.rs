//! Signing in by password.

use sea_orm::EntityTrait;
use serde_json::json;

use super::{Renewal, insert, renew_in};
use crate::auth::authority::Authority;
use crate::domain::client::Client;
use crate::domain::email;
use crate::entities::cells::{Locks, Reads};
use crate::entities::{session, user};
use crate::error::{Code, Error, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::security::{self, SecurityEntry};
use crate::schemas::auth::{LoginRequest, TokenPair};

/// Sign-ins by outcome.
const LOGINS: &str = "logins_total";

/// Opens a session for whoever knows the password.
///
/// An unknown address, a disabled user and a wrong password are answered alike and cost the same, so that
/// the answer does not tell who is a user. Too many failures: 429, before anything is compared.
pub async fn login(cx: &Context, authority: &Authority, input: LoginRequest, client: &Client) -> Result<TokenPair> {
    let account = account(&input.email);
    let attempt = match authority.attempt(&account, client.address, cx.clock.now()) {
        Ok(attempt) => attempt,
        Err(error) => {
            count("throttled");
            note_throttled(cx, &account, client).await;
            return Err(error);
        }
    };
    let found = user::Entity::find_by_email(&account).one(&cx.store.read).await?;
    let hash = found.as_ref().filter(|user| user.disabled_at.is_none()).and_then(|user| user.password_hash.as_deref());
    let fits = authority.verify_password(input.password.expose(), hash).await?;
    let Some(user) = found.as_ref().filter(|_| fits) else {
        attempt.failed();
        count("refused");
        security::note(cx, refusal(found.as_ref(), reason(found.as_ref()), client)).await?;
        return Err(Error::new(Code::InvalidCredentials));
    };
    attempt.succeeded();
    let rehashed = rehash(authority, user, input.password.expose()).await;
    let Some(renewal) = open(cx, authority, user, rehashed, client).await? else {
        count("refused");
        return Err(Error::new(Code::InvalidCredentials));
    };
    count("succeeded");
    renewal.pair(authority, cx.clock.now())
}

/// What people type as their address, as it is stored.
fn account(typed: &str) -> String {
    email::normalize(typed).map_or_else(|_| email::key(typed.trim()), |address| email::key(&address))
}

fn count(outcome: &'static str) {
    metrics::counter!(LOGINS, "outcome" => outcome).increment(1);
}

/// Notes an attempt that came too soon: one entry for each answer, and how many of those a network gets is limited. The
/// refusal stands even if it cannot be noted.
async fn note_throttled(cx: &Context, account: &str, client: &Client) {
    let note = async {
        let found = user::Entity::find_by_email(account).one(&cx.store.read).await?;
        security::note(cx, refusal(found.as_ref(), "throttled", client)).await
    };
    if let Err(error) = note.await {
        tracing::warn!(%error, "a sign-in that came too soon could not be noted");
    }
}

/// Why a password was not accepted.
fn reason(user: Option<&user::Model>) -> &'static str {
    match user {
        None => "unknown_account",
        Some(user) if user.disabled_at.is_some() => "disabled",
        Some(user) if user.password_hash.is_none() => "no_password",
        Some(_) => "wrong_password",
    }
}

/// What somebody typed who is no user stays unsaid: it may be a password in the wrong field.
fn refusal(user: Option<&user::Model>, reason: &str, client: &Client) -> SecurityEntry {
    let entry = SecurityEntry::refused("login.refused").from(client).with_detail(json!({ "reason": reason }));
    match user {
        Some(user) => entry.about("user", user.id),
        None => entry,
    }
}

/// The password hashed again, if its hash costs less than today's. Too much to do is no reason to refuse
/// a sign-in: there will be another one.
async fn rehash(authority: &Authority, user: &user::Model, password: &str) -> Option<String> {
    let outdated = user.password_hash.as_deref().is_some_and(|hash| authority.needs_rehash(hash));
    if outdated { authority.hash_password(password).await.ok() } else { None }
}

/// Opens the session, unless the user was disabled or got another password while this one was compared.
async fn open(
    cx: &Context,
    authority: &Authority,
    compared: &user::Model,
    rehashed: Option<String>,
    client: &Client,
) -> Result<Option<Renewal>> {
    let change = Change::begin(cx).await?;
    let before = change.one(user::Entity::find_by_id(compared.id).lock_for_change()).await?;
    let before = before.ok_or_else(|| Error::internal("a user has vanished"))?;
    if before.disabled_at.is_some() || before.password_hash != compared.password_hash {
        change.note_security(refusal(Some(&before), reason(Some(&before)), client)).await?;
        change.commit_unanswered().await?;
        return Ok(None);
    }
    let mut after = before.clone();
    after.last_login_at = Some(change.now());
    after.password_hash = rehashed.or(after.password_hash);
    change.overwrite(&before, &after).await?;

    let expires_at = change.now().plus_seconds(authority.refresh_token_seconds());
    let session = session::Model {
        id: change.new_id(),
        user_id: after.id,
        user_agent: client.user_agent.clone(),
        created_at: change.now(),
        last_used_at: change.now(),
        expires_at,
        revoked_at: None,
    };
    // Not deferred: the refresh token refers to it.
    change.execute(insert::<session::Entity>(&session)).await?;
    let renewal = renew_in(&change, &after, session.id, expires_at);
    let opened = SecurityEntry::succeeded("session.opened").by(after.reference()).about("session", session.id);
    change.note_security(opened.from(client)).await?;
    change.commit_unanswered().await?;
    Ok(Some(renewal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_an_address_are_one_account() {
        for typed in [" Anna.Huber@Example.ORG ", "anna.huber@example.org", "ANNA.HUBER@EXAMPLE.ORG"] {
            assert_eq!(account(typed), "anna.huber@example.org");
        }
        assert_eq!(account(" Not An Address "), "not an address");
    }
}
