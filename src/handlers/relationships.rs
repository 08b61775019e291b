//! Relationships between customers.

use actix_web::{delete, get, patch, post};
use uuid::Uuid;

use crate::error::Result;
use crate::history::outcome::Outcome;
use crate::schemas::change::{ChangesQuery, RecordChangePage};
use crate::schemas::query::{Both, PastQuery};
use crate::schemas::relationship::{
    CompanyTree, CreateRelationship, CustomerRelationshipPage, CustomerRelationshipQuery, EndRelationship, Household,
    OnDayQuery, Relationship, RelationshipPage, RelationshipQuery, UpdateRelationship,
};
use crate::services::relationships;
use crate::web::can::{Can, RelationshipsRead, RelationshipsWrite};
use crate::web::etag::{IfMatch, IfMatchHeader, OptionalIfMatch, OptionalIfMatchHeader};
use crate::web::listing::{CustomListing, Listing, NoParameters, PageReply, Paging, Query};
use crate::web::reply::Read;
use crate::web::valid::{Path, Valid, ValidPatch};

/// List a customer's relationships
///
/// From whichever end: each says what the customer is to the other one. Those to customers the caller may not see are
/// left out. Custom fields can be asked for as well: `custom_fields.<key>=`, with `_min` and `_max` for numbers, `_after`
/// and `_before` for times, `_currency` for amounts, and `sort=custom_fields.<key>`.
#[utoipa::path(
    tag = "relationships", operation_id = "list_customer_relationships",
    params(("customer_id" = Uuid, Path, description = "The customer"), CustomerRelationshipQuery, Paging),
    responses((status = 200, description = "A page of relationships", body = CustomerRelationshipPage))
)]
#[get("/v1/customers/{customer_id}/relationships")]
pub async fn list_of_customer(
    cx: Can<RelationshipsRead>,
    customer_id: Path<Uuid>,
    listing: CustomListing<CustomerRelationshipQuery>,
) -> Result<PageReply<CustomerRelationshipPage>> {
    let found = relationships::of_customer(&cx, customer_id.0, &listing.filter, &listing.custom, &listing.page).await?;
    listing.reply(found)
}

/// Read a company's tree
///
/// The companies above it up to the top, and all below the top, level by level, on one day. Companies the caller may not
/// see are left out with everything below them.
#[utoipa::path(
    tag = "relationships", operation_id = "get_company_tree",
    params(("customer_id" = Uuid, Path, description = "The customer"), OnDayQuery, PastQuery),
    responses((status = 200, description = "The tree", body = CompanyTree))
)]
#[get("/v1/customers/{customer_id}/company-tree")]
pub async fn company_tree(
    cx: Can<RelationshipsRead>,
    customer_id: Path<Uuid>,
    query: Query<Both<OnDayQuery, PastQuery>>,
) -> Result<Read<CompanyTree>> {
    Ok(Read::plain(relationships::company_tree(&cx, customer_id.0, &query.0).await?))
}

/// Read a person's household
///
/// Everybody who is linked by `household_member_of` on one day, whoever it is named after.
#[utoipa::path(
    tag = "relationships", operation_id = "get_household",
    params(("customer_id" = Uuid, Path, description = "The customer"), OnDayQuery, PastQuery),
    responses((status = 200, description = "The household", body = Household))
)]
#[get("/v1/customers/{customer_id}/household")]
pub async fn household(
    cx: Can<RelationshipsRead>,
    customer_id: Path<Uuid>,
    query: Query<Both<OnDayQuery, PastQuery>>,
) -> Result<Read<Household>> {
    Ok(Read::plain(relationships::household(&cx, customer_id.0, &query.0).await?))
}

/// List relationships
///
/// Those of which the caller may see both ends. Custom fields can be asked for as well: `custom_fields.<key>=`, with `_min`
/// and `_max` for numbers, `_after` and `_before` for times, `_currency` for amounts, and `sort=custom_fields.<key>`.
#[utoipa::path(
    tag = "relationships", operation_id = "list_relationships", params(RelationshipQuery, Paging),
    responses((status = 200, description = "A page of relationships", body = RelationshipPage))
)]
#[get("/v1/relationships")]
pub async fn list(
    cx: Can<RelationshipsRead>,
    listing: CustomListing<RelationshipQuery>,
) -> Result<PageReply<RelationshipPage>> {
    let found = relationships::of_all(&cx, &listing.filter, &listing.custom, &listing.page).await?;
    listing.reply(found)
}

/// Create a relationship
///
/// It appears on the timelines of both customers. The same link at the same time is refused with the one there is
/// (`existing_id`). The same `source.reference` of the same system again answers 200 with the relationship that was made
/// first.
#[utoipa::path(
    tag = "relationships", operation_id = "create_relationship", request_body = CreateRelationship,
    responses(
        (status = 201, description = "The new relationship", body = Relationship),
        (status = 200, description = "The relationship that was made under this reference before", body = Relationship)
    )
)]
#[post("/v1/relationships")]
pub async fn create(
    cx: Can<RelationshipsWrite>,
    _query: Query<NoParameters>,
    input: Valid<CreateRelationship>,
) -> Result<Outcome<Relationship>> {
    relationships::create(&cx, input.0).await
}

/// Read a relationship
///
/// Archived ones are found as well.
#[utoipa::path(
    tag = "relationships", operation_id = "get_relationship",
    params(("relationship_id" = Uuid, Path, description = "The relationship"), PastQuery),
    responses((status = 200, description = "The relationship", body = Relationship))
)]
#[get("/v1/relationships/{relationship_id}")]
pub async fn read(cx: Can<RelationshipsRead>, id: Path<Uuid>, query: Query<PastQuery>) -> Result<Read<Relationship>> {
    let relationship = relationships::read(&cx, id.0, query.0.past()?).await?;
    let etag = relationship.etag();
    Ok(Read::tagged(relationship, etag))
}

/// Change a relationship
///
/// A merge patch. Type and customers are fixed. Taking `valid_to` away takes back that it ended.
#[utoipa::path(
    tag = "relationships", operation_id = "update_relationship",
    params(("relationship_id" = Uuid, Path, description = "The relationship"), IfMatchHeader),
    request_body(content = UpdateRelationship, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The relationship as it is now", body = Relationship))
)]
#[patch("/v1/relationships/{relationship_id}")]
pub async fn update(
    cx: Can<RelationshipsWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    expected: IfMatch,
    patch: ValidPatch<UpdateRelationship>,
) -> Result<Outcome<Relationship>> {
    relationships::update(&cx, id.0, expected.0, patch.0).await
}

/// Archive a relationship
///
/// For what was entered by mistake: hidden from lists and trees, restorable. What is over is ended instead.
#[utoipa::path(
    tag = "relationships", operation_id = "archive_relationship",
    params(("relationship_id" = Uuid, Path, description = "The relationship"), IfMatchHeader),
    responses((status = 204, description = "Archived"))
)]
#[delete("/v1/relationships/{relationship_id}")]
pub async fn archive(
    cx: Can<RelationshipsWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    expected: IfMatch,
) -> Result<Outcome<()>> {
    relationships::archive(&cx, id.0, expected.0).await
}

/// Restore a relationship
///
/// It is shown in lists and trees again, if it still fits. The mark of the primary contact stays with whoever has it.
#[utoipa::path(
    tag = "relationships", operation_id = "restore_relationship",
    params(("relationship_id" = Uuid, Path, description = "The relationship")),
    responses((status = 200, description = "The relationship as it is now", body = Relationship))
)]
#[post("/v1/relationships/{relationship_id}/restoration")]
pub async fn restore(
    cx: Can<RelationshipsWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
) -> Result<Outcome<Relationship>> {
    relationships::restore(&cx, id.0).await
}

/// End a relationship
///
/// It keeps its history and is found on the days it held. Possible once.
#[utoipa::path(
    tag = "relationships", operation_id = "end_relationship",
    params(("relationship_id" = Uuid, Path, description = "The relationship"), OptionalIfMatchHeader),
    request_body = EndRelationship,
    responses((status = 200, description = "The relationship as it is now", body = Relationship))
)]
#[post("/v1/relationships/{relationship_id}/ending")]
pub async fn end(
    cx: Can<RelationshipsWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    expected: OptionalIfMatch,
    input: Valid<EndRelationship>,
) -> Result<Outcome<Relationship>> {
    relationships::end(&cx, id.0, expected.0, input.0).await
}

/// List the changes of a relationship
///
/// Which fields changed, from what to what, when, by whom and from where; the newest first.
#[utoipa::path(
    tag = "relationships", operation_id = "list_relationship_changes",
    params(("relationship_id" = Uuid, Path, description = "The relationship"), ChangesQuery, Paging),
    responses((status = 200, description = "A page of changes", body = RecordChangePage))
)]
#[get("/v1/relationships/{relationship_id}/changes")]
pub async fn changes(
    cx: Can<RelationshipsRead>,
    id: Path<Uuid>,
    listing: Listing<ChangesQuery>,
) -> Result<PageReply<RecordChangePage>> {
    let found = relationships::changes(&cx, id.0, &listing.filter, &listing.page).await?;
    listing.reply(found)
}
