//! The signed-in user.

use actix_web::{get, post, web};

use crate::domain::client::Client;
use crate::error::Result;
use crate::history::outcome::Outcome;
use crate::schemas::auth::ChangePassword;
use crate::schemas::user::Me;
use crate::services::users;
use crate::web::can::{Can, SignedIn};
use crate::web::listing::{NoParameters, Query};
use crate::web::reply::Read;
use crate::web::state::State;
use crate::web::valid::Valid;

/// Who am I?
///
/// The signed-in user, and what they may do.
#[utoipa::path(
    tag = "me", operation_id = "get_me",
    responses((status = 200, description = "The signed-in user", body = Me))
)]
#[get("/v1/me")]
pub async fn read(cx: Can<SignedIn>, _query: Query<NoParameters>) -> Result<Read<Me>> {
    users::me(&cx).await.map(Read::plain)
}

/// Change my password
///
/// All other sessions end. A wrong current password counts like a failed sign-in.
#[utoipa::path(
    tag = "me", operation_id = "change_password", request_body = ChangePassword,
    responses((status = 204, description = "The password is changed"))
)]
#[post("/v1/me/password")]
pub async fn change_password(
    cx: Can<SignedIn>,
    _query: Query<NoParameters>,
    state: web::Data<State>,
    client: Client,
    input: Valid<ChangePassword>,
) -> Result<Outcome<()>> {
    users::change_password(&cx, &state.authority, input.0, &client).await
}
