//! Signing in, staying signed in, signing out.

use actix_web::http::header;
use actix_web::{Responder, get, post, web};

use crate::domain::client::Client;
use crate::error::{Error, Result};
use crate::history::outcome::Outcome;
use crate::schemas::auth::{JsonWebKeySet, LoginRequest, PasswordResetRequest, RefreshRequest, TokenPair};
use crate::services::{sessions, users};
use crate::web::can::{Anonymous, Can, SignedIn};
use crate::web::listing::{NoParameters, Query};
use crate::web::reply::{Read, Secret};
use crate::web::state::State;
use crate::web::valid::Valid;

/// Sign in
///
/// Opens a session. An unknown address and a wrong password are answered alike; after some failures each
/// further attempt has to wait (`login_throttled`), and no account is ever locked for good.
#[utoipa::path(
    tag = "authentication", operation_id = "log_in", security(()), request_body = LoginRequest,
    responses((status = 200, description = "The tokens of the new session", body = TokenPair))
)]
#[post("/v1/auth/login")]
pub async fn login(
    cx: Anonymous,
    _query: Query<NoParameters>,
    state: web::Data<State>,
    client: Client,
    input: Valid<LoginRequest>,
) -> Result<Secret<TokenPair>> {
    sessions::login(&cx.0, &state.authority, input.0, &client).await.map(Secret)
}

/// Stay signed in
///
/// Exchanges a refresh token for the next pair. Each counts once: a token that comes again after a few
/// seconds was copied, and ends its session.
#[utoipa::path(
    tag = "authentication", operation_id = "refresh_tokens", security(()), request_body = RefreshRequest,
    responses((status = 200, description = "The next tokens of the session", body = TokenPair))
)]
#[post("/v1/auth/refresh")]
pub async fn refresh(
    cx: Anonymous,
    _query: Query<NoParameters>,
    state: web::Data<State>,
    client: Client,
    input: Valid<RefreshRequest>,
) -> Result<Secret<TokenPair>> {
    sessions::refresh(&cx.0, &state.authority, input.0, &client).await.map(Secret)
}

/// Sign out
///
/// Ends the session of this request; its tokens do not count any more.
#[utoipa::path(
    tag = "authentication", operation_id = "log_out",
    responses((status = 204, description = "Signed out"))
)]
#[post("/v1/auth/logout")]
pub async fn logout(
    cx: Can<SignedIn>,
    _query: Query<NoParameters>,
    state: web::Data<State>,
    client: Client,
) -> Result<Outcome<()>> {
    sessions::logout(&cx, &state.authority, &client).await
}

/// Set a new password with a one-time token
///
/// The token comes from an administrator. All sessions of the user end.
#[utoipa::path(
    tag = "authentication", operation_id = "reset_password", security(()), request_body = PasswordResetRequest,
    responses((status = 204, description = "The password is set"))
)]
#[post("/v1/auth/password-reset")]
pub async fn reset_password(
    cx: Anonymous,
    _query: Query<NoParameters>,
    state: web::Data<State>,
    client: Client,
    input: Valid<PasswordResetRequest>,
) -> Result<Outcome<()>> {
    users::reset_password(&cx.0, &state.authority, input.0, &client).await
}

/// Public keys
///
/// With these anybody can verify an access token (RFC 7517, RFC 8037).
#[utoipa::path(
    tag = "operations", operation_id = "get_jwks", security(()),
    responses((status = 200, description = "The keys", body = JsonWebKeySet))
)]
#[get("/.well-known/jwks.json")]
pub async fn jwks(_query: Query<NoParameters>, state: web::Data<State>) -> Result<impl Responder> {
    let keys: JsonWebKeySet = serde_json::from_value(state.authority.jwks()).map_err(Error::internal)?;
    Ok(Read::plain(keys).customize().insert_header((header::CACHE_CONTROL, "public, max-age=300")))
}
