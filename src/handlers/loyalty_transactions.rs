//! Points of loyalty memberships.

use actix_web::{get, post};
use uuid::Uuid;

use crate::error::Result;
use crate::history::outcome::Outcome;
use crate::schemas::loyalty::{
    AllLoyaltyTransactionsQuery, CreateLoyaltyTransaction, LoyaltyTransaction, LoyaltyTransactionPage,
    MembershipTransactionsQuery,
};
use crate::services::loyalty;
use crate::web::can::{Can, MarketingRead, MarketingWrite};
use crate::web::listing::{CustomListing, NoParameters, PageReply, Paging, Query};
use crate::web::reply::Read;
use crate::web::valid::{Path, Valid};

/// List a membership's transactions
///
/// The latest first unless another order is asked for. Custom fields can be asked for as well: `custom_fields.<key>=`, with
/// `_min` and `_max` for numbers, `_after` and `_before` for times, `_currency` for amounts, and
/// `sort=custom_fields.<key>`.
#[utoipa::path(
    tag = "loyalty_memberships", operation_id = "list_loyalty_membership_transactions",
    params(
        ("loyalty_membership_id" = Uuid, Path, description = "The loyalty membership"), MembershipTransactionsQuery, Paging
    ),
    responses((status = 200, description = "A page of transactions", body = LoyaltyTransactionPage))
)]
#[get("/v1/loyalty-memberships/{loyalty_membership_id}/transactions")]
pub async fn list_of_membership(
    cx: Can<MarketingRead>,
    membership_id: Path<Uuid>,
    listing: CustomListing<MembershipTransactionsQuery>,
) -> Result<PageReply<LoyaltyTransactionPage>> {
    let found = loyalty::of_membership(&cx, membership_id.0, &listing.filter, &listing.custom, &listing.page).await?;
    listing.reply(found)
}

/// Book points
///
/// Earned, redeemed, expired or adjusted. The balance is never less than nothing: more than is there is refused with what
/// is there (422 `too_large`). Points are earned and redeemed while the membership is active (409 `wrong_state`); what is
/// left may expire or be adjusted at any time. A transaction stays as it is; what was wrong is put right by an adjustment.
/// The same `source.reference` of the same system again answers 200 with the transaction that was made first.
#[utoipa::path(
    tag = "loyalty_memberships", operation_id = "create_loyalty_transaction",
    params(("loyalty_membership_id" = Uuid, Path, description = "The loyalty membership")),
    request_body = CreateLoyaltyTransaction,
    responses(
        (status = 201, description = "The new transaction", body = LoyaltyTransaction),
        (status = 200, description = "The transaction that was made under this reference before", body = LoyaltyTransaction)
    )
)]
#[post("/v1/loyalty-memberships/{loyalty_membership_id}/transactions")]
pub async fn create(
    cx: Can<MarketingWrite>,
    membership_id: Path<Uuid>,
    _query: Query<NoParameters>,
    input: Valid<CreateLoyaltyTransaction>,
) -> Result<Outcome<LoyaltyTransaction>> {
    loyalty::book(&cx, membership_id.0, input.0).await
}

/// List loyalty transactions
///
/// Those of every customer the caller may see. Custom fields can be asked for as well: `custom_fields.<key>=`, with `_min`
/// and `_max` for numbers, `_after` and `_before` for times, `_currency` for amounts, and `sort=custom_fields.<key>`.
#[utoipa::path(
    tag = "loyalty_memberships", operation_id = "list_loyalty_transactions", params(AllLoyaltyTransactionsQuery, Paging),
    responses((status = 200, description = "A page of transactions", body = LoyaltyTransactionPage))
)]
#[get("/v1/loyalty-transactions")]
pub async fn list(
    cx: Can<MarketingRead>,
    listing: CustomListing<AllLoyaltyTransactionsQuery>,
) -> Result<PageReply<LoyaltyTransactionPage>> {
    let found = loyalty::of_all(&cx, &listing.filter, &listing.custom, &listing.page).await?;
    listing.reply(found)
}

/// Read a loyalty transaction
///
/// Transactions never change.
#[utoipa::path(
    tag = "loyalty_memberships", operation_id = "get_loyalty_transaction",
    params(
        ("loyalty_membership_id" = Uuid, Path, description = "The loyalty membership"),
        ("loyalty_transaction_id" = Uuid, Path, description = "The transaction")
    ),
    responses((status = 200, description = "The transaction", body = LoyaltyTransaction))
)]
#[get("/v1/loyalty-memberships/{loyalty_membership_id}/transactions/{loyalty_transaction_id}")]
pub async fn read(
    cx: Can<MarketingRead>,
    ids: Path<(Uuid, Uuid)>,
    _query: Query<NoParameters>,
) -> Result<Read<LoyaltyTransaction>> {
    let (membership_id, id) = ids.0;
    Ok(Read::tagged(loyalty::read(&cx, membership_id, id).await?, LoyaltyTransaction::ETAG))
}
