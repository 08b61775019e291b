//! Contact points of customers, one by one.

use actix_web::{delete, get, patch, post};
use uuid::Uuid;

use crate::error::Result;
use crate::history::outcome::Outcome;
use crate::schemas::customer::{ContactPoint, ContactPointInput, ContactPointList, UpdateContactPoint};
use crate::services::customers;
use crate::web::can::{Can, CustomersRead, CustomersWrite};
use crate::web::etag::{IfMatch, IfMatchHeader, OptionalIfMatch, OptionalIfMatchHeader};
use crate::web::listing::{NoParameters, Query};
use crate::web::reply::Read;
use crate::web::valid::{Path, Valid, ValidPatch};

/// List a customer's contact points
///
/// The ETag is the customer's: a change of a contact point is a change of the customer.
#[utoipa::path(
    tag = "customers", operation_id = "list_contact_points", params(("customer_id" = Uuid, Path, description = "The customer")),
    responses((status = 200, description = "All contact points", body = ContactPointList))
)]
#[get("/v1/customers/{customer_id}/contact-points")]
pub async fn list(
    cx: Can<CustomersRead>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
) -> Result<Read<ContactPointList>> {
    let (list, etag) = customers::contact_points(&cx, id.0).await?;
    Ok(Read::tagged(list, etag))
}

/// Add a contact point
///
/// Checked and normalised like within the customer.
#[utoipa::path(
    tag = "customers", operation_id = "create_contact_point",
    params(("customer_id" = Uuid, Path, description = "The customer"), OptionalIfMatchHeader),
    request_body = ContactPointInput,
    responses((status = 201, description = "The new entry", body = ContactPoint))
)]
#[post("/v1/customers/{customer_id}/contact-points")]
pub async fn create(
    cx: Can<CustomersWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    expected: OptionalIfMatch,
    input: Valid<ContactPointInput>,
) -> Result<Outcome<ContactPoint>> {
    customers::add_item::<ContactPoint>(&cx, id.0, expected.0, input.0).await
}

/// Read a contact point
///
/// The ETag is the customer's.
#[utoipa::path(
    tag = "customers", operation_id = "get_contact_point",
    params(("customer_id" = Uuid, Path, description = "The customer"), ("contact_point_id" = Uuid, Path, description = "The entry")),
    responses((status = 200, description = "The entry", body = ContactPoint))
)]
#[get("/v1/customers/{customer_id}/contact-points/{contact_point_id}")]
pub async fn read(
    cx: Can<CustomersRead>,
    ids: Path<(Uuid, Uuid)>,
    _query: Query<NoParameters>,
) -> Result<Read<ContactPoint>> {
    let (entry, etag) = customers::read_item::<ContactPoint>(&cx, ids.0.0, ids.0.1).await?;
    Ok(Read::tagged(entry, etag))
}

/// Change a contact point
///
/// A merge patch; the version in If-Match is the customer's.
#[utoipa::path(
    tag = "customers", operation_id = "update_contact_point",
    params(
        ("customer_id" = Uuid, Path, description = "The customer"),
        ("contact_point_id" = Uuid, Path, description = "The entry"),
        IfMatchHeader
    ),
    request_body(content = UpdateContactPoint, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The entry as it is now", body = ContactPoint))
)]
#[patch("/v1/customers/{customer_id}/contact-points/{contact_point_id}")]
pub async fn update(
    cx: Can<CustomersWrite>,
    ids: Path<(Uuid, Uuid)>,
    _query: Query<NoParameters>,
    expected: IfMatch,
    patch: ValidPatch<UpdateContactPoint>,
) -> Result<Outcome<ContactPoint>> {
    customers::update_item::<ContactPoint>(&cx, ids.0.0, ids.0.1, expected.0, patch.0).await
}

/// Remove a contact point
///
/// What it was stays in the history of the customer.
#[utoipa::path(
    tag = "customers", operation_id = "delete_contact_point",
    params(
        ("customer_id" = Uuid, Path, description = "The customer"),
        ("contact_point_id" = Uuid, Path, description = "The entry"),
        IfMatchHeader
    ),
    responses((status = 204, description = "Removed"))
)]
#[delete("/v1/customers/{customer_id}/contact-points/{contact_point_id}")]
pub async fn delete(
    cx: Can<CustomersWrite>,
    ids: Path<(Uuid, Uuid)>,
    _query: Query<NoParameters>,
    expected: IfMatch,
) -> Result<Outcome<()>> {
    customers::remove_item::<ContactPoint>(&cx, ids.0.0, ids.0.1, expected.0).await
}
