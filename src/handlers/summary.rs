//! Everything about one customer.

use actix_web::get;
use uuid::Uuid;

use crate::error::Result;
use crate::schemas::query::PastQuery;
use crate::schemas::summary::CustomerSummary;
use crate::services::summary;
use crate::web::can::{Can, CustomersRead};
use crate::web::listing::Query;
use crate::web::reply::Read;
use crate::web::valid::Path;

/// Read everything about a customer
///
/// Who it is, what is open and when it is due, what was ordered, last and next contact, key persons, consents that hold
/// and the newest entries of the timeline, in one request. What the caller may not read is null. The ETag stands for all
/// of it.
#[utoipa::path(
    tag = "customers", operation_id = "get_customer_summary",
    params(("customer_id" = Uuid, Path, description = "The customer"), PastQuery),
    responses((status = 200, description = "The summary", body = CustomerSummary))
)]
#[get("/v1/customers/{customer_id}/summary")]
pub async fn read(
    cx: Can<CustomersRead>,
    customer_id: Path<Uuid>,
    query: Query<PastQuery>,
) -> Result<Read<CustomerSummary>> {
    Read::digested(summary::read(&cx, customer_id.0, query.0.past()?).await?)
}
