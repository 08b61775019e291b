//! Addresses of customers, one by one.

use actix_web::{delete, get, patch, post};
use uuid::Uuid;

use crate::error::Result;
use crate::history::outcome::Outcome;
use crate::schemas::customer::{Address, AddressInput, AddressList, UpdateAddress};
use crate::services::customers;
use crate::web::can::{Can, CustomersRead, CustomersWrite};
use crate::web::etag::{IfMatch, IfMatchHeader, OptionalIfMatch, OptionalIfMatchHeader};
use crate::web::listing::{NoParameters, Query};
use crate::web::reply::Read;
use crate::web::valid::{Path, Valid, ValidPatch};

/// List a customer's addresses
///
/// The ETag is the customer's: a change of an address is a change of the customer.
#[utoipa::path(
    tag = "customers", operation_id = "list_addresses", params(("customer_id" = Uuid, Path, description = "The customer")),
    responses((status = 200, description = "All addresses", body = AddressList))
)]
#[get("/v1/customers/{customer_id}/addresses")]
pub async fn list(cx: Can<CustomersRead>, id: Path<Uuid>, _query: Query<NoParameters>) -> Result<Read<AddressList>> {
    let (list, etag) = customers::addresses(&cx, id.0).await?;
    Ok(Read::tagged(list, etag))
}

/// Add an address
///
/// Checked and normalised like within the customer.
#[utoipa::path(
    tag = "customers", operation_id = "create_address",
    params(("customer_id" = Uuid, Path, description = "The customer"), OptionalIfMatchHeader),
    request_body = AddressInput,
    responses((status = 201, description = "The new entry", body = Address))
)]
#[post("/v1/customers/{customer_id}/addresses")]
pub async fn create(
    cx: Can<CustomersWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    expected: OptionalIfMatch,
    input: Valid<AddressInput>,
) -> Result<Outcome<Address>> {
    customers::add_item::<Address>(&cx, id.0, expected.0, input.0).await
}

/// Read an address
///
/// The ETag is the customer's.
#[utoipa::path(
    tag = "customers", operation_id = "get_address",
    params(("customer_id" = Uuid, Path, description = "The customer"), ("address_id" = Uuid, Path, description = "The entry")),
    responses((status = 200, description = "The entry", body = Address))
)]
#[get("/v1/customers/{customer_id}/addresses/{address_id}")]
pub async fn read(
    cx: Can<CustomersRead>,
    ids: Path<(Uuid, Uuid)>,
    _query: Query<NoParameters>,
) -> Result<Read<Address>> {
    let (entry, etag) = customers::read_item::<Address>(&cx, ids.0.0, ids.0.1).await?;
    Ok(Read::tagged(entry, etag))
}

/// Change an address
///
/// A merge patch; the version in If-Match is the customer's.
#[utoipa::path(
    tag = "customers", operation_id = "update_address",
    params(
        ("customer_id" = Uuid, Path, description = "The customer"),
        ("address_id" = Uuid, Path, description = "The entry"),
        IfMatchHeader
    ),
    request_body(content = UpdateAddress, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The entry as it is now", body = Address))
)]
#[patch("/v1/customers/{customer_id}/addresses/{address_id}")]
pub async fn update(
    cx: Can<CustomersWrite>,
    ids: Path<(Uuid, Uuid)>,
    _query: Query<NoParameters>,
    expected: IfMatch,
    patch: ValidPatch<UpdateAddress>,
) -> Result<Outcome<Address>> {
    customers::update_item::<Address>(&cx, ids.0.0, ids.0.1, expected.0, patch.0).await
}

/// Remove an address
///
/// What it was stays in the history of the customer.
#[utoipa::path(
    tag = "customers", operation_id = "delete_address",
    params(
        ("customer_id" = Uuid, Path, description = "The customer"),
        ("address_id" = Uuid, Path, description = "The entry"),
        IfMatchHeader
    ),
    responses((status = 204, description = "Removed"))
)]
#[delete("/v1/customers/{customer_id}/addresses/{address_id}")]
pub async fn delete(
    cx: Can<CustomersWrite>,
    ids: Path<(Uuid, Uuid)>,
    _query: Query<NoParameters>,
    expected: IfMatch,
) -> Result<Outcome<()>> {
    customers::remove_item::<Address>(&cx, ids.0.0, ids.0.1, expected.0).await
}
