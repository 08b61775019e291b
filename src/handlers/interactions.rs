//! Interactions.

use actix_web::{delete, get, patch, post, put};
use uuid::Uuid;

use crate::error::Result;
use crate::history::outcome::Outcome;
use crate::schemas::change::{ChangesQuery, RecordChangePage};
use crate::schemas::interaction::{
    AllInteractionsQuery, CreateInteraction, CustomerInteractionsQuery, Interaction, InteractionPage, UpdateInteraction,
};
use crate::schemas::query::PastQuery;
use crate::services::interactions;
use crate::web::can::{Can, InteractionsRead, InteractionsWrite};
use crate::web::etag::{Conditions, IfMatch, IfMatchHeader, IfNoneMatchHeader, OptionalIfMatchHeader};
use crate::web::listing::{CustomListing, Listing, NoParameters, PageReply, Paging, Query};
use crate::web::reply::Read;
use crate::web::valid::{CustomerAndExternalId, ExternalIdPath, Path, Valid, ValidPatch, ValidUpsert};

/// List a customer's interactions
///
/// Newest first unless another order is asked for, by when they happened and not by when they were entered. Custom fields
/// can be asked for as well: `custom_fields.<key>=`, with `_min` and `_max` for numbers, `_after` and `_before` for times,
/// `_currency` for amounts, and `sort=custom_fields.<key>`.
#[utoipa::path(
    tag = "interactions", operation_id = "list_customer_interactions",
    params(("customer_id" = Uuid, Path, description = "The customer"), CustomerInteractionsQuery, Paging),
    responses((status = 200, description = "A page of interactions", body = InteractionPage))
)]
#[get("/v1/customers/{customer_id}/interactions")]
pub async fn list_of_customer(
    cx: Can<InteractionsRead>,
    customer_id: Path<Uuid>,
    listing: CustomListing<CustomerInteractionsQuery>,
) -> Result<PageReply<InteractionPage>> {
    let found = interactions::of_customer(&cx, customer_id.0, &listing.filter, &listing.custom, &listing.page).await?;
    listing.reply(found)
}

/// Log an interaction
///
/// It appears on the customer's timeline at the time it happened. The same `source.reference` of the same system
/// again answers 200 with the interaction that was logged first.
#[utoipa::path(
    tag = "interactions", operation_id = "create_interaction",
    params(("customer_id" = Uuid, Path, description = "The customer")),
    request_body = CreateInteraction,
    responses(
        (status = 201, description = "The new interaction", body = Interaction),
        (status = 200, description = "The interaction that was logged under this reference before", body = Interaction)
    )
)]
#[post("/v1/customers/{customer_id}/interactions")]
pub async fn create(
    cx: Can<InteractionsWrite>,
    customer_id: Path<Uuid>,
    _query: Query<NoParameters>,
    input: Valid<CreateInteraction>,
) -> Result<Outcome<Interaction>> {
    interactions::create(&cx, customer_id.0, input.0).await
}

/// Create or change an interaction by an external id
///
/// Logs the interaction if none has this external id (201); otherwise changes the one that has it as a merge patch does
/// (200). Sending the same again changes nothing. The external id of the address need not be repeated in the body, and must
/// not be contradicted there. An archived one keeps the id and is refused (`archived`) until restored.
#[utoipa::path(
    tag = "interactions", operation_id = "upsert_interaction",
    params(
        ("customer_id" = Uuid, Path, description = "The customer"), ExternalIdPath, OptionalIfMatchHeader,
        IfNoneMatchHeader
    ),
    request_body = CreateInteraction,
    responses(
        (status = 200, description = "The interaction as it is now", body = Interaction),
        (status = 201, description = "The new interaction", body = Interaction)
    )
)]
#[put("/v1/customers/{customer_id}/interactions-by-external-id/{system}/{external_id}")]
pub async fn upsert(
    cx: Can<InteractionsWrite>,
    path: CustomerAndExternalId,
    _query: Query<NoParameters>,
    conditions: Conditions,
    document: ValidUpsert<CreateInteraction>,
) -> Result<Outcome<Interaction>> {
    interactions::upsert(&cx, path.0.0, &document.0, &conditions.0).await
}

/// List interactions
///
/// Those of every customer the caller may see. Custom fields can be asked for as well: `custom_fields.<key>=`, with `_min`
/// and `_max` for numbers, `_after` and `_before` for times, `_currency` for amounts, and `sort=custom_fields.<key>`.
#[utoipa::path(
    tag = "interactions", operation_id = "list_interactions", params(AllInteractionsQuery, Paging),
    responses((status = 200, description = "A page of interactions", body = InteractionPage))
)]
#[get("/v1/interactions")]
pub async fn list(
    cx: Can<InteractionsRead>,
    listing: CustomListing<AllInteractionsQuery>,
) -> Result<PageReply<InteractionPage>> {
    let found = interactions::of_all(&cx, &listing.filter, &listing.custom, &listing.page).await?;
    listing.reply(found)
}

/// Read an interaction
///
/// Archived ones are found as well.
#[utoipa::path(
    tag = "interactions", operation_id = "get_interaction",
    params(("interaction_id" = Uuid, Path, description = "The interaction"), PastQuery),
    responses((status = 200, description = "The interaction", body = Interaction))
)]
#[get("/v1/interactions/{interaction_id}")]
pub async fn read(cx: Can<InteractionsRead>, id: Path<Uuid>, query: Query<PastQuery>) -> Result<Read<Interaction>> {
    let interaction = interactions::read(&cx, id.0, query.0.past()?).await?;
    let etag = interaction.etag();
    Ok(Read::tagged(interaction, etag))
}

/// Change an interaction
///
/// A merge patch. The timeline shows the changed interaction once; `view=full` shows what was there before.
#[utoipa::path(
    tag = "interactions", operation_id = "update_interaction",
    params(("interaction_id" = Uuid, Path, description = "The interaction"), IfMatchHeader),
    request_body(content = UpdateInteraction, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The interaction as it is now", body = Interaction))
)]
#[patch("/v1/interactions/{interaction_id}")]
pub async fn update(
    cx: Can<InteractionsWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    expected: IfMatch,
    patch: ValidPatch<UpdateInteraction>,
) -> Result<Outcome<Interaction>> {
    interactions::update(&cx, id.0, expected.0, patch.0).await
}

/// Archive an interaction
///
/// Hidden from lists and restorable; the timeline tells that it was archived.
#[utoipa::path(
    tag = "interactions", operation_id = "archive_interaction",
    params(("interaction_id" = Uuid, Path, description = "The interaction"), IfMatchHeader),
    responses((status = 204, description = "Archived"))
)]
#[delete("/v1/interactions/{interaction_id}")]
pub async fn archive(
    cx: Can<InteractionsWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    expected: IfMatch,
) -> Result<Outcome<()>> {
    interactions::archive(&cx, id.0, expected.0).await
}

/// Restore an interaction
///
/// It returns to its place on the timeline.
#[utoipa::path(
    tag = "interactions", operation_id = "restore_interaction",
    params(("interaction_id" = Uuid, Path, description = "The interaction")),
    responses((status = 200, description = "The interaction as it is now", body = Interaction))
)]
#[post("/v1/interactions/{interaction_id}/restoration")]
pub async fn restore(
    cx: Can<InteractionsWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
) -> Result<Outcome<Interaction>> {
    interactions::restore(&cx, id.0).await
}

/// List the changes of an interaction
///
/// Which fields changed, from what to what, when, by whom and from where; the newest first.
#[utoipa::path(
    tag = "interactions", operation_id = "list_interaction_changes",
    params(("interaction_id" = Uuid, Path, description = "The interaction"), ChangesQuery, Paging),
    responses((status = 200, description = "A page of changes", body = RecordChangePage))
)]
#[get("/v1/interactions/{interaction_id}/changes")]
pub async fn changes(
    cx: Can<InteractionsRead>,
    id: Path<Uuid>,
    listing: Listing<ChangesQuery>,
) -> Result<PageReply<RecordChangePage>> {
    let found = interactions::changes(&cx, id.0, &listing.filter, &listing.page).await?;
    listing.reply(found)
}
