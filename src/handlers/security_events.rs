//! What was noted besides the changes.

use actix_web::get;

use crate::error::Result;
use crate::schemas::security_event::{SecurityEventPage, SecurityEventQuery};
use crate::services::security_events;
use crate::web::can::{Can, SecurityEventsRead};
use crate::web::listing::{Listing, PageReply, Paging};

/// List security events
///
/// Sign-ins, refusals and reads of sensitive data, newest first; each day is a chain of hashes.
#[utoipa::path(
    tag = "security", operation_id = "list_security_events", params(SecurityEventQuery, Paging),
    responses((status = 200, description = "A page of security events", body = SecurityEventPage))
)]
#[get("/v1/security-events")]
pub async fn list(
    cx: Can<SecurityEventsRead>,
    listing: Listing<SecurityEventQuery>,
) -> Result<PageReply<SecurityEventPage>> {
    let found = security_events::list(&cx, &listing.filter, &listing.page).await?;
    listing.reply(found)
}
