//! Customers.

use actix_web::{delete, get, patch, post, put};
use uuid::Uuid;

use crate::error::Result;
use crate::history::outcome::Outcome;
use crate::schemas::change::{ChangesQuery, RecordChangePage};
use crate::schemas::customer::{CreateCustomer, Customer, CustomerPage, CustomersQuery, UpdateCustomer};
use crate::schemas::query::PastQuery;
use crate::services::customers;
use crate::web::can::{Can, CustomersRead, CustomersWrite};
use crate::web::etag::{Conditions, IfMatch, IfMatchHeader, IfNoneMatchHeader, OptionalIfMatchHeader};
use crate::web::listing::{CustomListing, Listing, NoParameters, PageReply, Paging, Query};
use crate::web::reply::Read;
use crate::web::valid::{ByExternalId, ExternalIdPath, Path, Valid, ValidPatch, ValidUpsert};

/// List customers
///
/// Every filter can be combined with every other; archived customers are left out unless they are asked for. Custom fields
/// can be asked for as well: `custom_fields.<key>=`, with `_min` and `_max` for numbers, `_after` and `_before` for times,
/// `_currency` for amounts, and `sort=custom_fields.<key>`.
#[utoipa::path(
    tag = "customers", operation_id = "list_customers", params(CustomersQuery, Paging),
    responses((status = 200, description = "A page of customers", body = CustomerPage))
)]
#[get("/v1/customers")]
pub async fn list(cx: Can<CustomersRead>, listing: CustomListing<CustomersQuery>) -> Result<PageReply<CustomerPage>> {
    let found = customers::list(&cx, &listing.filter, &listing.custom, &listing.page).await?;
    listing.reply(found)
}

/// Create a customer
///
/// Values are brought into one form (E.164, ISO codes); every fault names its field.
#[utoipa::path(
    tag = "customers", operation_id = "create_customer", request_body = CreateCustomer,
    responses((status = 201, description = "The new customer", body = Customer))
)]
#[post("/v1/customers")]
pub async fn create(
    cx: Can<CustomersWrite>,
    _query: Query<NoParameters>,
    input: Valid<CreateCustomer>,
) -> Result<Outcome<Customer>> {
    customers::create(&cx, input.0).await
}

/// Read a customer
///
/// The ETag is the version; it also moves when values that follow from other records do.
#[utoipa::path(
    tag = "customers", operation_id = "get_customer",
    params(("customer_id" = Uuid, Path, description = "The customer"), PastQuery),
    responses((status = 200, description = "The customer", body = Customer))
)]
#[get("/v1/customers/{customer_id}")]
pub async fn read(cx: Can<CustomersRead>, id: Path<Uuid>, query: Query<PastQuery>) -> Result<Read<Customer>> {
    let customer = customers::read(&cx, id.0, query.0.past()?).await?;
    let etag = customer.etag();
    Ok(Read::tagged(customer, etag))
}

/// Read a customer by an external id
///
/// An archived one is found as well. The id may hold any letters, percent-encoded.
#[utoipa::path(
    tag = "customers", operation_id = "get_customer_by_external_id", params(ExternalIdPath),
    responses((status = 200, description = "The customer", body = Customer))
)]
#[get("/v1/customers-by-external-id/{system}/{external_id}")]
pub async fn read_by_external_id(
    cx: Can<CustomersRead>,
    id: ByExternalId,
    _query: Query<NoParameters>,
) -> Result<Read<Customer>> {
    let customer = customers::read_by_external_id(&cx, &id.0).await?;
    let etag = customer.etag();
    Ok(Read::tagged(customer, etag))
}

/// Create or change a customer by an external id
///
/// Makes the customer if no one has this external id (201); otherwise changes the one who has it as a merge patch does:
/// what is left out stays, null empties, lists are replaced (200). Sending the same again changes nothing. The
/// external id of the address need not be repeated in the body, and must not be contradicted there. An archived
/// customer keeps the id and is refused (`archived`) until restored.
#[utoipa::path(
    tag = "customers", operation_id = "upsert_customer",
    params(ExternalIdPath, OptionalIfMatchHeader, IfNoneMatchHeader), request_body = CreateCustomer,
    responses(
        (status = 200, description = "The customer as it is now", body = Customer),
        (status = 201, description = "The new customer", body = Customer)
    )
)]
#[put("/v1/customers-by-external-id/{system}/{external_id}")]
pub async fn upsert(
    cx: Can<CustomersWrite>,
    _query: Query<NoParameters>,
    conditions: Conditions,
    document: ValidUpsert<CreateCustomer>,
) -> Result<Outcome<Customer>> {
    customers::upsert(&cx, &document.0, &conditions.0).await
}

/// Change a customer
///
/// A merge patch: absent means unchanged, null means empty. What was read may be sent back. A patch that
/// changes nothing leaves no event.
#[utoipa::path(
    tag = "customers", operation_id = "update_customer",
    params(("customer_id" = Uuid, Path, description = "The customer"), IfMatchHeader),
    request_body(content = UpdateCustomer, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The customer as it is now", body = Customer))
)]
#[patch("/v1/customers/{customer_id}")]
pub async fn update(
    cx: Can<CustomersWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    expected: IfMatch,
    patch: ValidPatch<UpdateCustomer>,
) -> Result<Outcome<Customer>> {
    customers::update(&cx, id.0, expected.0, patch.0).await
}

/// Archive a customer
///
/// Hidden from lists and restorable; the history stays. Erasing personal data is another operation.
#[utoipa::path(
    tag = "customers", operation_id = "archive_customer",
    params(("customer_id" = Uuid, Path, description = "The customer"), IfMatchHeader),
    responses((status = 204, description = "Archived"))
)]
#[delete("/v1/customers/{customer_id}")]
pub async fn archive(
    cx: Can<CustomersWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    expected: IfMatch,
) -> Result<Outcome<()>> {
    customers::archive(&cx, id.0, expected.0).await
}

/// Restore a customer
///
/// Brings an archived customer back.
#[utoipa::path(
    tag = "customers", operation_id = "restore_customer", params(("customer_id" = Uuid, Path, description = "The customer")),
    responses((status = 200, description = "The customer as it is now", body = Customer))
)]
#[post("/v1/customers/{customer_id}/restoration")]
pub async fn restore(
    cx: Can<CustomersWrite>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
) -> Result<Outcome<Customer>> {
    customers::restore(&cx, id.0).await
}

/// List the changes of a customer
///
/// Which fields changed, from what to what, when, by whom and from where; the newest first.
#[utoipa::path(
    tag = "customers", operation_id = "list_customer_changes",
    params(("customer_id" = Uuid, Path, description = "The customer"), ChangesQuery, Paging),
    responses((status = 200, description = "A page of changes", body = RecordChangePage))
)]
#[get("/v1/customers/{customer_id}/changes")]
pub async fn changes(
    cx: Can<CustomersRead>,
    id: Path<Uuid>,
    listing: Listing<ChangesQuery>,
) -> Result<PageReply<RecordChangePage>> {
    let found = customers::changes(&cx, id.0, &listing.filter, &listing.page).await?;
    listing.reply(found)
}
