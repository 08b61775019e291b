//! Staying signed in: each refresh token is exchanged once for the next (RFC 9700, section 4.14.2).
//!
//! A token that comes a second time was copied, or its answer was lost. Within a grace of seconds it is taken
//! for a lost answer, or for two tabs of one browser, and renewed again. Later it ends the session, for the
//! thief and the owner alike: nobody can tell which of the two is asking.

use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, EntityTrait, QuerySelect};

use super::{end_in, renew_in};
use crate::auth::authority::Authority;
use crate::auth::refresh::OpaqueToken;
use crate::domain::client::Client;
use crate::domain::instant::Instant;
use crate::entities::cells::{Locks, Reads};
use crate::entities::{refresh_token, session, user};
use crate::error::{Code, Error, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::security::SecurityEntry;
use crate::schemas::auth::{RefreshRequest, TokenPair};

/// What a refresh token that we know is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worth {
    /// Used for the first time, or again within the grace.
    Renewable,
    /// Used again later.
    Copied,
    /// Too old, or its session has ended.
    Nothing,
}

fn worth(token: &refresh_token::Model, session: &session::Model, now: Instant, grace_seconds: i64) -> Worth {
    if !session.is_open(now) || token.expires_at <= now {
        return Worth::Nothing;
    }
    match token.used_at {
        Some(used_at) if used_at.plus_seconds(grace_seconds) < now => Worth::Copied,
        _ => Worth::Renewable,
    }
}

/// Exchanges a refresh token for the next pair.
pub async fn refresh(cx: &Context, authority: &Authority, input: RefreshRequest, client: &Client) -> Result<TokenPair> {
    let refused = || Error::new(Code::InvalidRefreshToken);
    let digest = OpaqueToken::Refresh.digest(input.refresh_token.expose()).ok_or_else(refused)?;
    // Whose it is never changes, and can be read before the turn to write; guesses do not take turns.
    let token = find_token(digest.to_vec()).one(&cx.store.read).await?.ok_or_else(refused)?;
    let session = session::Entity::find_by_id(token.session_id).one(&cx.store.read).await?.ok_or_else(refused)?;

    let change = Change::begin(cx).await?;
    // User before session, as everywhere: two Changes never wait for each other. Both are held, so that a user
    // who is disabled or a session that ends at this moment gets no token that says otherwise.
    let user = change.one(user::Entity::find_by_id(session.user_id).lock_shared()).await?;
    let session = change.one(session::Entity::find_by_id(session.id).lock_for_change()).await?;
    let token = change.one(find_token(token.digest)).await?;
    let (Some(user), Some(session), Some(token)) = (user, session, token) else { return Err(refused()) };
    let grace = i64::try_from(authority.settings().refresh_grace_seconds).unwrap_or_default();
    match worth(&token, &session, change.now(), grace) {
        Worth::Renewable if user.disabled_at.is_none() => {}
        Worth::Copied => {
            end_copied(change, authority, &user, &session, client).await?;
            return Err(refused());
        }
        _ => return Err(refused()),
    }

    let expires_at = change.now().plus_seconds(authority.refresh_token_seconds());
    if token.used_at.is_none() {
        change.defer(
            Query::update()
                .table(refresh_token::Entity)
                .value(refresh_token::Column::UsedAt, change.now())
                .and_where(refresh_token::Column::Digest.eq(token.digest))
                .to_owned(),
        );
    }
    change.defer(
        Query::update()
            .table(session::Entity)
            .value(session::Column::LastUsedAt, change.now())
            .value(session::Column::ExpiresAt, expires_at)
            .and_where(session::Column::Id.eq(session.id))
            .to_owned(),
    );
    let renewal = renew_in(&change, &user, session.id, expires_at);
    change.commit_unanswered().await?;
    renewal.pair(authority, cx.clock.now())
}

fn find_token(digest: Vec<u8>) -> sea_orm::Select<refresh_token::Entity> {
    refresh_token::Entity::find_by_id(digest)
}

/// Ends a session whose refresh token was used by two.
async fn end_copied(
    change: Change,
    authority: &Authority,
    user: &user::Model,
    session: &session::Model,
    client: &Client,
) -> Result<()> {
    let now = change.now();
    end_in(&change, &[session.id]);
    let reused = SecurityEntry::refused("refresh_token.reused").by(user.reference()).about("session", session.id);
    change.note_security(reused.from(client)).await?;
    change.commit_unanswered().await?;
    authority.end_session(session.id, now);
    Ok(())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn now() -> Instant {
        Instant::from_micros(1_795_000_000_000_000)
    }

    fn session() -> session::Model {
        session::Model {
            id: Uuid::from_u128(1),
            user_id: Uuid::from_u128(2),
            user_agent: None,
            created_at: now().plus_seconds(-3600),
            last_used_at: now().plus_seconds(-900),
            expires_at: now().plus_seconds(3600),
            revoked_at: None,
        }
    }

    fn token(used_seconds_ago: Option<i64>) -> refresh_token::Model {
        refresh_token::Model {
            digest: vec![0; 32],
            session_id: Uuid::from_u128(1),
            created_at: now().plus_seconds(-900),
            expires_at: now().plus_seconds(3600),
            used_at: used_seconds_ago.map(|ago| now().plus_seconds(-ago)),
        }
    }

    #[test]
    fn a_token_counts_once_and_again_within_the_grace() {
        for (used_seconds_ago, expected) in [
            (None, Worth::Renewable),
            (Some(0), Worth::Renewable),
            (Some(10), Worth::Renewable),
            (Some(11), Worth::Copied),
            (Some(800), Worth::Copied),
        ] {
            assert_eq!(worth(&token(used_seconds_ago), &session(), now(), 10), expected, "{used_seconds_ago:?}");
        }
        assert_eq!(worth(&token(Some(1)), &session(), now(), 0), Worth::Copied, "no grace at all");
    }

    #[test]
    fn nothing_counts_in_a_session_that_has_ended() {
        let revoked = session::Model { revoked_at: Some(now()), ..session() };
        let expired = session::Model { expires_at: now(), ..session() };
        for ended in [revoked, expired] {
            assert_eq!(worth(&token(None), &ended, now(), 10), Worth::Nothing);
            assert_eq!(worth(&token(Some(800)), &ended, now(), 10), Worth::Nothing, "it cannot end twice");
        }
        let old = refresh_token::Model { expires_at: now(), ..token(None) };
        assert_eq!(worth(&old, &session(), now(), 10), Worth::Nothing);
    }
}
