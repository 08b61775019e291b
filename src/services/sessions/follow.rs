//! What other instances have decided about sessions and users, and forgetting what is over.

use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::auth::authority::Authority;
use crate::auth::revocations::UserState;
use crate::domain::instant::Instant;
use crate::entities::{password_reset, refresh_token, session, user};
use crate::error::Result;
use crate::history::change::Change;
use crate::history::context::Context;

/// A row carries the time its Change began and appears when that is committed, on a server whose clock may
/// differ: each look goes back this far behind the last one. What is seen twice has no second effect.
const OVERLAP_SECONDS: i64 = 60;

/// Ended sessions are kept this long, for whoever looks into an incident.
const KEPT_SECONDS: i64 = 30 * 24 * 3600;

/// Where the first look at a start begins: before that, every access token has expired.
pub fn look_back(cx: &Context, authority: &Authority) -> Instant {
    cx.clock.now().plus_seconds(-authority.access_token_seconds() - OVERLAP_SECONDS)
}

/// Learns which sessions were ended and which users changed at or after `since`, so that their access tokens
/// are judged accordingly. Answers where the next look begins.
///
/// Called once before the first request is answered (see [`look_back`]), then every half second.
pub async fn follow_revocations(cx: &Context, authority: &Authority, since: Instant) -> Result<Instant> {
    let now = cx.clock.now();
    let changed = user::Entity::find().filter(user::Column::RightsChangedAt.gte(since)).all(&cx.store.read).await?;
    for user in changed {
        note_user(authority, &user, now);
    }
    let ended: Vec<Uuid> = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(session::Column::RevokedAt.gte(since))
        .into_tuple()
        .all(&cx.store.read)
        .await?;
    for session_id in ended {
        authority.end_session(session_id, now);
    }
    authority.prune(now);
    Ok(now.plus_seconds(-OVERLAP_SECONDS))
}

/// From now on the access tokens of a user count for what the user is now.
pub(in crate::services) fn note_user(authority: &Authority, user: &user::Model, now: Instant) {
    let state = UserState {
        role: user.role(),
        visibility: user.visibility(),
        display_name: user.display_name.clone(),
        disabled: user.disabled_at.is_some(),
        changed_at: user.rights_changed_at.micros(),
    };
    authority.note_user(user.id, state, now);
}

/// Removes refresh tokens and one-time tokens that have expired, and sessions that are long over.
pub async fn prune(cx: &Context) -> Result<()> {
    let change = Change::begin(cx).await?;
    let now = change.now();
    let over = now.plus_seconds(-KEPT_SECONDS);
    let tokens = Query::delete()
        .from_table(refresh_token::Entity)
        .and_where(refresh_token::Column::ExpiresAt.lte(now))
        .to_owned();
    let resets = Query::delete()
        .from_table(password_reset::Entity)
        .and_where(password_reset::Column::ExpiresAt.lte(now))
        .to_owned();
    // A session ends no earlier than its last token, so nothing refers to it any more.
    let sessions =
        Query::delete().from_table(session::Entity).and_where(session::Column::ExpiresAt.lte(over)).to_owned();
    for statement in [tokens, resets, sessions] {
        change.execute(statement).await?;
    }
    change.commit_unanswered().await
}
