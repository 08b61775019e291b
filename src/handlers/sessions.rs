//! The sessions of the signed-in user.

use actix_web::{delete, get, web};
use uuid::Uuid;

use crate::domain::client::Client;
use crate::error::Result;
use crate::history::outcome::Outcome;
use crate::schemas::session::SessionPage;
use crate::services::sessions;
use crate::web::can::{Can, SignedIn};
use crate::web::listing::{Listing, NoParameters, PageReply, Paging, Query};
use crate::web::state::State;
use crate::web::valid::Path;

/// List my sessions
///
/// Where the signed-in user is signed in, newest first.
#[utoipa::path(
    tag = "me", operation_id = "list_sessions", params(Paging),
    responses((status = 200, description = "A page of sessions", body = SessionPage))
)]
#[get("/v1/me/sessions")]
pub async fn list(cx: Can<SignedIn>, listing: Listing<NoParameters>) -> Result<PageReply<SessionPage>> {
    let found = sessions::list(&cx, &listing.page).await?;
    listing.reply(found)
}

/// End one of my sessions
///
/// Its tokens do not count any more.
#[utoipa::path(
    tag = "me", operation_id = "revoke_session", params(("session_id" = Uuid, Path, description = "The session")),
    responses((status = 204, description = "Ended"))
)]
#[delete("/v1/me/sessions/{session_id}")]
pub async fn revoke(
    cx: Can<SignedIn>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    state: web::Data<State>,
    client: Client,
) -> Result<Outcome<()>> {
    sessions::revoke(&cx, &state.authority, id.0, &client).await
}
