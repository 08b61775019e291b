//! Who can own records.

use actix_web::get;

use crate::error::Result;
use crate::schemas::owner::{OwnerPage, OwnerQuery};
use crate::services::owners;
use crate::web::can::{Can, OwnersRead};
use crate::web::listing::{Listing, PageReply, Paging};

/// List who can own records
///
/// Every user by name: for choosing an `owner_id`, and for showing whose records they are. Addresses are left to those
/// who may read users. Records keep owners who have been disabled since.
#[utoipa::path(
    tag = "users", operation_id = "list_owners", params(OwnerQuery, Paging),
    responses((status = 200, description = "A page of users who can own records", body = OwnerPage))
)]
#[get("/v1/owners")]
pub async fn list(cx: Can<OwnersRead>, listing: Listing<OwnerQuery>) -> Result<PageReply<OwnerPage>> {
    let found = owners::list(&cx, &listing.filter, &listing.page).await?;
    listing.reply(found)
}
