//! The way of a customer.

use actix_web::get;
use uuid::Uuid;

use crate::error::Result;
use crate::schemas::journey::CustomerJourney;
use crate::services::journey;
use crate::web::can::{Can, CustomersRead};
use crate::web::listing::{NoParameters, Query};
use crate::web::reply::Read;
use crate::web::valid::Path;

/// Read the way of a customer
///
/// The stages of the lifecycle with entry, exit and duration, the first contact, the first purchase, and how far sets of
/// tasks (an onboarding) have come. The ETag stands for all of it.
#[utoipa::path(
    tag = "customers", operation_id = "get_customer_journey",
    params(("customer_id" = Uuid, Path, description = "The customer")),
    responses((status = 200, description = "The way", body = CustomerJourney))
)]
#[get("/v1/customers/{customer_id}/journey")]
pub async fn read(
    cx: Can<CustomersRead>,
    customer_id: Path<Uuid>,
    _query: Query<NoParameters>,
) -> Result<Read<CustomerJourney>> {
    Read::digested(journey::read(&cx, customer_id.0).await?)
}
