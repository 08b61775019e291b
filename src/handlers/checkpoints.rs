//! Signed statements about the history.

use actix_web::http::header;
use actix_web::{Responder, get, post, web};

use crate::domain::checkpoint::Checkpoint;
use crate::error::{Code, Error, Result};
use crate::history::outcome::Outcome;
use crate::schemas::auth::JsonWebKeySet;
use crate::schemas::checkpoint::CheckpointPage;
use crate::services::checkpoints::{self, Notary};
use crate::web::can::{Can, CheckpointsRead, CheckpointsWrite};
use crate::web::listing::{Listing, NoParameters, PageReply, Paging, Query};
use crate::web::reply::Read;
use crate::web::state::State;
use crate::web::valid::Path;

/// List checkpoints
///
/// Newest first. Each is linked to the one before, and its tree holds all leaves of that one.
#[utoipa::path(
    tag = "checkpoints", operation_id = "list_checkpoints", params(Paging),
    responses((status = 200, description = "A page of checkpoints", body = CheckpointPage))
)]
#[get("/v1/checkpoints")]
pub async fn list(cx: Can<CheckpointsRead>, listing: Listing<NoParameters>) -> Result<PageReply<CheckpointPage>> {
    let found = checkpoints::list(&cx, &listing.page).await?;
    listing.reply(found)
}

/// Sign a checkpoint now
///
/// Besides those that are made by themselves. Covers everything that was written before and answers the newest
/// checkpoint; nothing is signed if nothing has happened since that one.
#[utoipa::path(
    tag = "checkpoints", operation_id = "sign_checkpoint",
    responses((status = 200, description = "The newest checkpoint", body = Checkpoint))
)]
#[post("/v1/checkpoints")]
pub async fn sign(
    cx: Can<CheckpointsWrite>,
    _query: Query<NoParameters>,
    state: web::Data<State>,
) -> Result<Outcome<Checkpoint>> {
    checkpoints::make(&cx, Notary { key: &state.checkpoint_key, settings: &state.config.checkpoints }).await
}

/// Keys of checkpoints
///
/// With these anybody can verify a checkpoint (RFC 7517, RFC 8037). Not those of access tokens.
#[utoipa::path(
    tag = "checkpoints", operation_id = "get_checkpoint_keys", security(()),
    responses((status = 200, description = "The keys", body = JsonWebKeySet))
)]
#[get("/v1/checkpoints/keys")]
pub async fn keys(_query: Query<NoParameters>, state: web::Data<State>) -> Result<impl Responder> {
    let keys: JsonWebKeySet = serde_json::from_value(state.checkpoint_key.jwks()).map_err(Error::internal)?;
    Ok(Read::plain(keys).customize().insert_header((header::CACHE_CONTROL, "public, max-age=300")))
}

/// Read a checkpoint
///
/// By its number.
#[utoipa::path(
    tag = "checkpoints", operation_id = "get_checkpoint",
    params(("number" = i64, Path, description = "Its number", minimum = 1, maximum = 9007199254740991i64, example = 1)),
    responses((status = 200, description = "The checkpoint", body = Checkpoint))
)]
#[get("/v1/checkpoints/{number}")]
pub async fn read(
    cx: Can<CheckpointsRead>,
    number: Path<String>,
    _query: Query<NoParameters>,
) -> Result<Read<Checkpoint>> {
    let checkpoint = checkpoints::read(&cx, number.0.parse().map_err(|_| Error::new(Code::NotFound))?).await?;
    let etag = checkpoint.number.to_string();
    Ok(Read::tagged(checkpoint, etag))
}
