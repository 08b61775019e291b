//! Users.

use actix_web::{delete, get, patch, post, web};
use uuid::Uuid;

use crate::domain::client::Client;
use crate::error::Result;
use crate::history::outcome::Outcome;
use crate::schemas::change::{ChangesQuery, RecordChangePage};
use crate::schemas::user::{CreateUser, PasswordReset, UpdateUser, User, UserPage, UserQuery};
use crate::services::users;
use crate::web::can::{Can, UsersRead, UsersWrite};
use crate::web::etag::{IfMatch, IfMatchHeader};
use crate::web::listing::{Listing, NoParameters, PageReply, Paging, Query};
use crate::web::reply::{Read, Secret};
use crate::web::state::State;
use crate::web::valid::{Path, Valid, ValidPatch};

/// List users
///
/// By name unless another order is asked for.
#[utoipa::path(
    tag = "users", operation_id = "list_users", params(UserQuery, Paging),
    responses((status = 200, description = "A page of users", body = UserPage))
)]
#[get("/v1/users")]
pub async fn list(cx: Can<UsersRead>, listing: Listing<UserQuery>) -> Result<PageReply<UserPage>> {
    let found = users::list(&cx, &listing.filter, &listing.page).await?;
    listing.reply(found)
}

/// Create a user
///
/// Without a password the user sets it with a one-time token.
#[utoipa::path(
    tag = "users", operation_id = "create_user", request_body = CreateUser,
    responses((status = 201, description = "The new user", body = User))
)]
#[post("/v1/users")]
pub async fn create(
    cx: Can<UsersWrite>,
    _query: Query<NoParameters>,
    state: web::Data<State>,
    input: Valid<CreateUser>,
) -> Result<Outcome<User>> {
    users::create(&cx, &state.authority, input.0).await
}

/// Read a user
///
/// Disabled ones are found as well.
#[utoipa::path(
    tag = "users", operation_id = "get_user", params(("user_id" = Uuid, Path, description = "The user")),
    responses((status = 200, description = "The user", body = User))
)]
#[get("/v1/users/{user_id}")]
pub async fn read(cx: Can<UsersRead>, id: Path<Uuid>, _query: Query<NoParameters>) -> Result<Read<User>> {
    let user = users::read(&cx, id.0).await?;
    let etag = user.etag();
    Ok(Read::tagged(user, etag))
}

/// Change a user
///
/// Other rights take effect at once, for sessions that are open as well. The last active administrator stays
/// one (`last_administrator`).
#[utoipa::path(
    tag = "users", operation_id = "update_user",
    params(("user_id" = Uuid, Path, description = "The user"), IfMatchHeader),
    request_body(content = UpdateUser, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The user as they are now", body = User))
)]
#[patch("/v1/users/{user_id}")]
pub async fn update(
    cx: Can<UsersWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    expected: IfMatch,
    state: web::Data<State>,
    patch: ValidPatch<UpdateUser>,
) -> Result<Outcome<User>> {
    users::update(&cx, &state.authority, id.0, expected.0, patch.0).await
}

/// Disable a user
///
/// At once: no sign-in, and all sessions end. Doing it again changes nothing. The last active administrator
/// cannot be disabled (`last_administrator`).
#[utoipa::path(
    tag = "users", operation_id = "deactivate_user", params(("user_id" = Uuid, Path, description = "The user")),
    responses((status = 200, description = "The user as they are now", body = User))
)]
#[post("/v1/users/{user_id}/deactivation")]
pub async fn deactivate(
    cx: Can<UsersWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    state: web::Data<State>,
    client: Client,
) -> Result<Outcome<User>> {
    users::deactivate(&cx, &state.authority, id.0, &client).await
}

/// Enable a user
///
/// They may sign in again; sessions that were ended stay ended. Doing it again changes nothing.
#[utoipa::path(
    tag = "users", operation_id = "reactivate_user", params(("user_id" = Uuid, Path, description = "The user")),
    responses((status = 200, description = "The user as they are now", body = User))
)]
#[delete("/v1/users/{user_id}/deactivation")]
pub async fn reactivate(
    cx: Can<UsersWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    state: web::Data<State>,
) -> Result<Outcome<User>> {
    users::reactivate(&cx, &state.authority, id.0).await
}

/// Issue a one-time token for a new password
///
/// It is shown once and kept nowhere: a repetition, with or without an Idempotency-Key, makes a new one, and
/// only the newest counts. The password so far stays valid until the token is used.
#[utoipa::path(
    tag = "users", operation_id = "issue_password_reset", params(("user_id" = Uuid, Path, description = "The user")),
    responses((status = 200, description = "The token", body = PasswordReset))
)]
#[post("/v1/users/{user_id}/password-reset")]
pub async fn issue_password_reset(
    cx: Can<UsersWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    state: web::Data<State>,
) -> Result<Secret<PasswordReset>> {
    users::issue_password_reset(&cx, &state.authority, id.0).await.map(Secret)
}

/// List the changes of an user
///
/// Which fields changed, from what to what, when, by whom and from where; the newest first.
#[utoipa::path(
    tag = "users", operation_id = "list_user_changes",
    params(("user_id" = Uuid, Path, description = "The user"), ChangesQuery, Paging),
    responses((status = 200, description = "A page of changes", body = RecordChangePage))
)]
#[get("/v1/users/{user_id}/changes")]
pub async fn changes(
    cx: Can<UsersRead>,
    id: Path<Uuid>,
    listing: Listing<ChangesQuery>,
) -> Result<PageReply<RecordChangePage>> {
    let found = users::changes(&cx, id.0, &listing.filter, &listing.page).await?;
    listing.reply(found)
}
