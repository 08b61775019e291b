//! Tags.

use actix_web::{delete, get, patch, post};
use uuid::Uuid;

use crate::error::Result;
use crate::history::outcome::Outcome;
use crate::schemas::change::{ChangesQuery, RecordChangePage};
use crate::schemas::tag::{CreateTag, MergeTag, Tag, TagPage, TagQuery, UpdateTag};
use crate::services::tags;
use crate::web::can::{Can, TagsRead, TagsWrite};
use crate::web::etag::{IfMatch, IfMatchHeader};
use crate::web::listing::{Listing, NoParameters, PageReply, Paging, Query};
use crate::web::reply::Read;
use crate::web::valid::{Path, Valid, ValidPatch};

/// List tags
///
/// By name unless another order is asked for.
#[utoipa::path(
    tag = "tags", operation_id = "list_tags", params(TagQuery, Paging),
    responses((status = 200, description = "A page of tags", body = TagPage))
)]
#[get("/v1/tags")]
pub async fn list(cx: Can<TagsRead>, listing: Listing<TagQuery>) -> Result<PageReply<TagPage>> {
    let found = tags::list(&cx, &listing.filter, &listing.page).await?;
    listing.reply(found)
}

/// Create a tag
///
/// Names that differ only in case or accents are the same tag.
#[utoipa::path(
    tag = "tags", operation_id = "create_tag", request_body = CreateTag,
    responses((status = 201, description = "The new tag", body = Tag))
)]
#[post("/v1/tags")]
pub async fn create(cx: Can<TagsWrite>, _query: Query<NoParameters>, input: Valid<CreateTag>) -> Result<Outcome<Tag>> {
    tags::create(&cx, input.0).await
}

/// Read a tag
///
/// Archived ones are found as well.
#[utoipa::path(
    tag = "tags", operation_id = "get_tag", params(("tag_id" = Uuid, Path, description = "The tag")),
    responses((status = 200, description = "The tag", body = Tag))
)]
#[get("/v1/tags/{tag_id}")]
pub async fn read(cx: Can<TagsRead>, id: Path<Uuid>, _query: Query<NoParameters>) -> Result<Read<Tag>> {
    let tag = tags::read(&cx, id.0).await?;
    let etag = tag.version.to_string();
    Ok(Read::tagged(tag, etag))
}

/// Change a tag
///
/// A new name appears on every customer that carries the tag, each with an event of its own.
#[utoipa::path(
    tag = "tags", operation_id = "update_tag", params(("tag_id" = Uuid, Path, description = "The tag"), IfMatchHeader),
    request_body(content = UpdateTag, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The tag as it is now", body = Tag))
)]
#[patch("/v1/tags/{tag_id}")]
pub async fn update(
    cx: Can<TagsWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    expected: IfMatch,
    patch: ValidPatch<UpdateTag>,
) -> Result<Outcome<Tag>> {
    tags::update(&cx, id.0, expected.0, patch.0).await
}

/// Merge a tag into another
///
/// The other tag takes its place on every customer; this one is archived.
#[utoipa::path(
    tag = "tags", operation_id = "merge_tag", params(("tag_id" = Uuid, Path, description = "The tag"), IfMatchHeader),
    request_body = MergeTag,
    responses((status = 200, description = "The tag that stays", body = Tag))
)]
#[post("/v1/tags/{tag_id}/merge")]
pub async fn merge(
    cx: Can<TagsWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    expected: IfMatch,
    input: Valid<MergeTag>,
) -> Result<Outcome<Tag>> {
    tags::merge(&cx, id.0, expected.0, input.0).await
}

/// Archive a tag
///
/// Only a tag that no customer carries.
#[utoipa::path(
    tag = "tags", operation_id = "archive_tag", params(("tag_id" = Uuid, Path, description = "The tag"), IfMatchHeader),
    responses((status = 204, description = "Archived"))
)]
#[delete("/v1/tags/{tag_id}")]
pub async fn archive(
    cx: Can<TagsWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    expected: IfMatch,
) -> Result<Outcome<()>> {
    tags::archive(&cx, id.0, expected.0).await
}

/// Restore a tag
///
/// Unless its name was given to another one meanwhile.
#[utoipa::path(
    tag = "tags", operation_id = "restore_tag", params(("tag_id" = Uuid, Path, description = "The tag")),
    responses((status = 200, description = "The tag as it is now", body = Tag))
)]
#[post("/v1/tags/{tag_id}/restoration")]
pub async fn restore(cx: Can<TagsWrite>, id: Path<Uuid>, _query: Query<NoParameters>) -> Result<Outcome<Tag>> {
    tags::restore(&cx, id.0).await
}

/// List the changes of a tag
///
/// Which fields changed, from what to what, when, by whom and from where; the newest first.
#[utoipa::path(
    tag = "tags", operation_id = "list_tag_changes",
    params(("tag_id" = Uuid, Path, description = "The tag"), ChangesQuery, Paging),
    responses((status = 200, description = "A page of changes", body = RecordChangePage))
)]
#[get("/v1/tags/{tag_id}/changes")]
pub async fn changes(
    cx: Can<TagsRead>,
    id: Path<Uuid>,
    listing: Listing<ChangesQuery>,
) -> Result<PageReply<RecordChangePage>> {
    let found = tags::changes(&cx, id.0, &listing.filter, &listing.page).await?;
    listing.reply(found)
}
