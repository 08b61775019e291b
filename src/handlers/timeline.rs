//! The timeline.

use actix_web::{get, post};
use uuid::Uuid;

use crate::error::Result;
use crate::history::outcome::Outcome;
use crate::schemas::checkpoint::TimelineProof;
use crate::schemas::timeline::{
    AppendEvent, CorrectEvent, CustomerTimelineQuery, TimelineEvent, TimelinePage, TimelineQuery, TimelineVerification,
};
use crate::services::{checkpoints, timeline};
use crate::web::can::{Can, TimelineAppend, TimelineCorrect, TimelineRead, TimelineVerify};
use crate::web::listing::{Listing, NoParameters, PageReply, Paging, Query};
use crate::web::reply::Read;
use crate::web::valid::{Path, Valid};

/// Read a customer's timeline
///
/// Everything that happened, newest first unless another order is asked for, by when it happened; what was entered
/// late stands where it belongs.
#[utoipa::path(
    tag = "timeline", operation_id = "list_customer_timeline",
    params(("customer_id" = Uuid, Path, description = "The customer"), CustomerTimelineQuery, Paging),
    responses((status = 200, description = "A page of the timeline", body = TimelinePage))
)]
#[get("/v1/customers/{customer_id}/timeline")]
pub async fn list_of_customer(
    cx: Can<TimelineRead>,
    customer_id: Path<Uuid>,
    listing: Listing<CustomerTimelineQuery>,
) -> Result<PageReply<TimelinePage>> {
    let found = timeline::of_customer(&cx, customer_id.0, &listing.filter, &listing.page).await?;
    listing.reply(found)
}

/// Append an event of an own kind
///
/// The payload is checked against the event type's schema. The same `source.reference` of the same system again
/// answers 200 with the first event.
#[utoipa::path(
    tag = "timeline", operation_id = "append_event",
    params(("customer_id" = Uuid, Path, description = "The customer")),
    request_body = AppendEvent,
    responses(
        (status = 201, description = "The new event", body = TimelineEvent),
        (status = 200, description = "The event that was appended under this reference before", body = TimelineEvent)
    )
)]
#[post("/v1/customers/{customer_id}/timeline")]
pub async fn append(
    cx: Can<TimelineAppend>,
    customer_id: Path<Uuid>,
    _query: Query<NoParameters>,
    input: Valid<AppendEvent>,
) -> Result<Outcome<TimelineEvent>> {
    timeline::append(&cx, customer_id.0, input.0).await
}

/// Read all timelines
///
/// The events of every customer the caller may see, with the same filters.
#[utoipa::path(
    tag = "timeline", operation_id = "list_timeline", params(TimelineQuery, Paging),
    responses((status = 200, description = "A page of all timelines", body = TimelinePage))
)]
#[get("/v1/timeline")]
pub async fn list(cx: Can<TimelineRead>, listing: Listing<TimelineQuery>) -> Result<PageReply<TimelinePage>> {
    let found = timeline::of_all(&cx, &listing.filter, &listing.page).await?;
    listing.reply(found)
}

/// Verify a customer's timeline
///
/// Recomputes the chain of hashes and names the first break.
#[utoipa::path(
    tag = "timeline", operation_id = "verify_timeline",
    params(("customer_id" = Uuid, Path, description = "The customer")),
    responses((status = 200, description = "What was found", body = TimelineVerification))
)]
#[get("/v1/customers/{customer_id}/timeline/verification")]
pub async fn verify(
    cx: Can<TimelineVerify>,
    customer_id: Path<Uuid>,
    _query: Query<NoParameters>,
) -> Result<Read<TimelineVerification>> {
    Ok(Read::plain(timeline::verify(&cx, customer_id.0).await?))
}

/// Prove an event
///
/// What it takes to show to anybody, with nothing but the public key of checkpoints, that this event was recorded as it
/// is: the event, the headers of those that follow it up to the end of the timeline a checkpoint has covered, the way
/// from there to the root of the tree, and the newest checkpoint, which has signed that root. `not_provable` if no
/// checkpoint covers the event yet, or if more than 1,000 entries lie between it and that end. The formats are described
/// in docs/verification.md.
#[utoipa::path(
    tag = "checkpoints", operation_id = "get_event_proof",
    params(
        ("customer_id" = Uuid, Path, description = "The customer"),
        ("event_id" = Uuid, Path, description = "The event")
    ),
    responses((status = 200, description = "The proof", body = TimelineProof))
)]
#[get("/v1/customers/{customer_id}/timeline/{event_id}/proof")]
pub async fn prove(
    cx: Can<TimelineVerify>,
    ids: Path<(Uuid, Uuid)>,
    _query: Query<NoParameters>,
) -> Result<Read<TimelineProof>> {
    Ok(Read::plain(checkpoints::prove(&cx, ids.0.0, ids.0.1).await?))
}

/// Read an event
///
/// Corrected ones are found as well and name their successor.
#[utoipa::path(
    tag = "timeline", operation_id = "get_event",
    params(
        ("customer_id" = Uuid, Path, description = "The customer"),
        ("event_id" = Uuid, Path, description = "The event")
    ),
    responses((status = 200, description = "The event", body = TimelineEvent))
)]
#[get("/v1/customers/{customer_id}/timeline/{event_id}")]
pub async fn read(
    cx: Can<TimelineRead>,
    ids: Path<(Uuid, Uuid)>,
    _query: Query<NoParameters>,
) -> Result<Read<TimelineEvent>> {
    let event = timeline::read(&cx, ids.0.0, ids.0.1).await?;
    let etag = event.etag();
    Ok(Read::tagged(event, etag))
}

/// Correct an event
///
/// Nothing is edited: a new event takes the place of the wrong one. An event about an interaction is corrected by
/// changing the interaction in the same step.
#[utoipa::path(
    tag = "timeline", operation_id = "correct_event",
    params(
        ("customer_id" = Uuid, Path, description = "The customer"),
        ("event_id" = Uuid, Path, description = "The event")
    ),
    request_body = CorrectEvent,
    responses((status = 201, description = "The event that takes its place", body = TimelineEvent))
)]
#[post("/v1/customers/{customer_id}/timeline/{event_id}/corrections")]
pub async fn correct(
    cx: Can<TimelineCorrect>,
    ids: Path<(Uuid, Uuid)>,
    _query: Query<NoParameters>,
    input: Valid<CorrectEvent>,
) -> Result<Outcome<TimelineEvent>> {
    timeline::correct(&cx, ids.0.0, ids.0.1, input.0).await
}
