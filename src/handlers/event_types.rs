//! Own kinds of events.

use actix_web::{delete, get, patch, post};
use uuid::Uuid;

use crate::error::Result;
use crate::history::outcome::Outcome;
use crate::schemas::change::{ChangesQuery, RecordChangePage};
use crate::schemas::event_type::{CreateEventType, EventType, EventTypePage, EventTypeQuery, UpdateEventType};
use crate::services::event_types;
use crate::web::can::{Can, EventTypesRead, EventTypesWrite};
use crate::web::etag::{IfMatch, IfMatchHeader};
use crate::web::listing::{Listing, NoParameters, PageReply, Paging, Query};
use crate::web::reply::Read;
use crate::web::valid::{Path, Valid, ValidPatch};

/// List event types
///
/// Those that were registered; built-in kinds are not listed.
#[utoipa::path(
    tag = "event_types", operation_id = "list_event_types", params(EventTypeQuery, Paging),
    responses((status = 200, description = "A page of event types", body = EventTypePage))
)]
#[get("/v1/event-types")]
pub async fn list(cx: Can<EventTypesRead>, listing: Listing<EventTypeQuery>) -> Result<PageReply<EventTypePage>> {
    let found = event_types::list(&cx, &listing.filter, &listing.page).await?;
    listing.reply(found)
}

/// Register an event type
///
/// With titles in both languages and a JSON Schema (draft 2020-12) of the payload.
#[utoipa::path(
    tag = "event_types", operation_id = "create_event_type", request_body = CreateEventType,
    responses((status = 201, description = "The new event type", body = EventType))
)]
#[post("/v1/event-types")]
pub async fn create(
    cx: Can<EventTypesWrite>,
    _query: Query<NoParameters>,
    input: Valid<CreateEventType>,
) -> Result<Outcome<EventType>> {
    event_types::create(&cx, input.0).await
}

/// Read an event type
///
/// Archived ones are found as well.
#[utoipa::path(
    tag = "event_types", operation_id = "get_event_type",
    params(("event_type_id" = Uuid, Path, description = "The event type")),
    responses((status = 200, description = "The event type", body = EventType))
)]
#[get("/v1/event-types/{event_type_id}")]
pub async fn read(cx: Can<EventTypesRead>, id: Path<Uuid>, _query: Query<NoParameters>) -> Result<Read<EventType>> {
    let made = event_types::read(&cx, id.0).await?;
    let etag = made.version.to_string();
    Ok(Read::tagged(made, etag))
}

/// Change an event type
///
/// Events that were written keep their titles and payloads; later ones follow the new labels and schema.
#[utoipa::path(
    tag = "event_types", operation_id = "update_event_type",
    params(("event_type_id" = Uuid, Path, description = "The event type"), IfMatchHeader),
    request_body(content = UpdateEventType, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The event type as it is now", body = EventType))
)]
#[patch("/v1/event-types/{event_type_id}")]
pub async fn update(
    cx: Can<EventTypesWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    expected: IfMatch,
    patch: ValidPatch<UpdateEventType>,
) -> Result<Outcome<EventType>> {
    event_types::update(&cx, id.0, expected.0, patch.0).await
}

/// Archive an event type
///
/// Nothing more can be appended; what was written stays and can be corrected.
#[utoipa::path(
    tag = "event_types", operation_id = "archive_event_type",
    params(("event_type_id" = Uuid, Path, description = "The event type"), IfMatchHeader),
    responses((status = 204, description = "Archived"))
)]
#[delete("/v1/event-types/{event_type_id}")]
pub async fn archive(
    cx: Can<EventTypesWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    expected: IfMatch,
) -> Result<Outcome<()>> {
    event_types::archive(&cx, id.0, expected.0).await
}

/// Restore an event type
///
/// Events of this kind can be appended again.
#[utoipa::path(
    tag = "event_types", operation_id = "restore_event_type",
    params(("event_type_id" = Uuid, Path, description = "The event type")),
    responses((status = 200, description = "The event type as it is now", body = EventType))
)]
#[post("/v1/event-types/{event_type_id}/restoration")]
pub async fn restore(
    cx: Can<EventTypesWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
) -> Result<Outcome<EventType>> {
    event_types::restore(&cx, id.0).await
}

/// List the changes of an event type
///
/// Which fields changed, from what to what, when, by whom and from where; the newest first.
#[utoipa::path(
    tag = "event_types", operation_id = "list_event_type_changes",
    params(("event_type_id" = Uuid, Path, description = "The event type"), ChangesQuery, Paging),
    responses((status = 200, description = "A page of changes", body = RecordChangePage))
)]
#[get("/v1/event-types/{event_type_id}/changes")]
pub async fn changes(
    cx: Can<EventTypesRead>,
    id: Path<Uuid>,
    listing: Listing<ChangesQuery>,
) -> Result<PageReply<RecordChangePage>> {
    let found = event_types::changes(&cx, id.0, &listing.filter, &listing.page).await?;
    listing.reply(found)
}
