//! Sessions: a sign-in begins one, its tokens are renewed in it, and ending it ends them at once.

mod follow;
mod login;
mod refresh;

pub(super) use self::follow::note_user;
pub use self::follow::{follow_revocations, look_back, prune};
pub use self::login::login;
pub use self::refresh::refresh;

use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, EntityTrait, Iterable, ModelTrait, QueryFilter, QueryOrder};
use serde_json::json;
use uuid::Uuid;

use super::{order, pages};
use crate::auth::authority::Authority;
use crate::auth::refresh::OpaqueToken;
use crate::auth::tokens::Subject;
use crate::domain::client::Client;
use crate::domain::instant::Instant;
use crate::entities::cells::{Locks, Reads};
use crate::entities::{refresh_token, session, user};
use crate::error::{Code, Error, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::outcome::Outcome;
use crate::history::security::SecurityEntry;
use crate::schemas::auth::{TokenPair, TokenType};
use crate::schemas::page::{Found, PageRequest};
use crate::schemas::session::Session;

const SORTS: &[(&str, session::Column)] = &[("created_at", session::Column::CreatedAt)];

/// One page of the caller's open sessions, newest first.
pub async fn list(cx: &Context, page: &PageRequest) -> Result<Found<Session>> {
    let select = session::Entity::find_open(cx.actor.id(), cx.clock.now());
    let order = order::by(None, "-created_at", SORTS, session::Column::Id);
    pages::find(cx, select, &order, page, |row| Session::seen_from(row, cx.actor.session_id)).await
}

/// Ends one of the caller's sessions.
pub async fn revoke(cx: &Context, authority: &Authority, session_id: Uuid, client: &Client) -> Result<Outcome<()>> {
    let change = Change::begin(cx).await?;
    let open = change
        .one(
            session::Entity::find_open(cx.actor.id(), change.now())
                .filter(session::Column::Id.eq(session_id))
                .lock_for_change(),
        )
        .await?;
    let open = open.ok_or_else(|| Error::new(Code::NotFound))?;
    end_in(&change, &[open.id]);
    change.note_security(revoked(&open, "ended_by_user", client)).await?;
    let outcome = change.commit(Outcome::nothing()).await?;
    authority.end_session(open.id, cx.clock.now());
    Ok(outcome)
}

/// Ends the session of the request.
pub async fn logout(cx: &Context, authority: &Authority, client: &Client) -> Result<Outcome<()>> {
    let session_id = cx.actor.session_id.ok_or_else(|| Error::new(Code::Unauthenticated))?;
    let change = Change::begin(cx).await?;
    let open = change
        .one(
            session::Entity::find_open(cx.actor.id(), change.now())
                .filter(session::Column::Id.eq(session_id))
                .lock_for_change(),
        )
        .await?;
    // Whoever ended it meanwhile has done what was asked for.
    if let Some(open) = open {
        end_in(&change, &[open.id]);
        change.note_security(revoked(&open, "signed_out", client)).await?;
    }
    let outcome = change.commit(Outcome::nothing()).await?;
    authority.end_session(session_id, cx.clock.now());
    Ok(outcome)
}

/// Ends the open sessions of a user, all but one if that is given, within a Change. Answers which; their
/// tokens are to be shut out after the commit.
pub(super) async fn end_all_in(change: &Change, user_id: Uuid, except: Option<Uuid>) -> Result<Vec<Uuid>> {
    let open = change
        .all(
            session::Entity::find_open(user_id, change.now())
                .filter(session::Column::Id.ne(except.unwrap_or_default()))
                .order_by_asc(session::Column::Id)
                .lock_for_change(),
        )
        .await?;
    let ids: Vec<Uuid> = open.into_iter().map(|row| row.id).collect();
    if !ids.is_empty() {
        end_in(change, &ids);
    }
    Ok(ids)
}

fn end_in(change: &Change, ids: &[Uuid]) {
    let update = Query::update()
        .table(session::Entity)
        .value(session::Column::RevokedAt, change.now())
        .and_where(session::Column::Id.is_in(ids.iter().copied()))
        .to_owned();
    change.defer(update);
}

fn revoked(row: &session::Model, reason: &str, client: &Client) -> SecurityEntry {
    SecurityEntry::succeeded("session.revoked")
        .about("session", row.id)
        .from(client)
        .with_detail(json!({ "reason": reason }))
}

/// The tokens of a session, before the access token is signed.
struct Renewal {
    subject: Subject,
    refresh_token: String,
}

/// Stores a new refresh token for a session, within a Change.
fn renew_in(change: &Change, user: &user::Model, session_id: Uuid, expires_at: Instant) -> Renewal {
    let (refresh_token, digest) = OpaqueToken::Refresh.generate();
    let row = refresh_token::Model {
        digest: digest.to_vec(),
        session_id,
        created_at: change.now(),
        expires_at,
        used_at: None,
    };
    change.defer(insert::<refresh_token::Entity>(&row));
    let subject = Subject {
        user_id: user.id,
        session_id,
        role: user.role(),
        visibility: user.visibility(),
        display_name: user.display_name.clone(),
    };
    Renewal { subject, refresh_token }
}

impl Renewal {
    /// Signs the access token: after the commit, because signing is work and others wait.
    fn pair(self, authority: &Authority, now: Instant) -> Result<TokenPair> {
        Ok(TokenPair {
            token_type: TokenType::Bearer,
            access_token: authority.issue(self.subject, now)?,
            expires_in: authority.access_token_seconds(),
            refresh_token: self.refresh_token,
            refresh_expires_in: authority.refresh_token_seconds(),
        })
    }
}

/// The statement that stores a row which is no record.
fn insert<E: EntityTrait>(row: &E::Model) -> sea_orm::sea_query::InsertStatement
where
    E::Model: ModelTrait<Entity = E>,
{
    let columns: Vec<E::Column> = E::Column::iter().collect();
    let values: Vec<_> = columns.iter().map(|column| Expr::value(row.get(*column))).collect();
    Query::insert().into_table(E::default()).columns(columns).values_panic(values).to_owned()
}
