//! Comments of tickets.

use actix_web::{get, post};
use uuid::Uuid;

use crate::error::Result;
use crate::history::outcome::Outcome;
use crate::schemas::query::{Both, PastQuery};
use crate::schemas::ticket::{CreateTicketComment, TicketComment, TicketCommentPage, TicketCommentQuery};
use crate::services::tickets;
use crate::web::can::{Can, SupportRead, SupportWrite};
use crate::web::listing::{Listing, NoParameters, PageReply, Paging, Query};
use crate::web::reply::Read;
use crate::web::valid::{Path, Valid};

/// List a ticket's comments
///
/// In the order they were written unless another order is asked for.
#[utoipa::path(
    tag = "tickets", operation_id = "list_ticket_comments",
    params(("ticket_id" = Uuid, Path, description = "The ticket"), TicketCommentQuery, PastQuery, Paging),
    responses((status = 200, description = "A page of comments", body = TicketCommentPage))
)]
#[get("/v1/tickets/{ticket_id}/comments")]
pub async fn list(
    cx: Can<SupportRead>,
    ticket_id: Path<Uuid>,
    listing: Listing<Both<TicketCommentQuery, PastQuery>>,
) -> Result<PageReply<TicketCommentPage>> {
    let found = tickets::comments(&cx, ticket_id.0, &listing.filter, &listing.page).await?;
    listing.reply(found)
}

/// Comment on a ticket
///
/// Public or internal, of the customer or ours. A public comment of ours is an answer: the first one ends the time to the
/// first answer, and a `new` ticket is `open` then. A public comment of the customer resumes a ticket that waits for them.
/// It appears on the customer's timeline (`ticket.commented`) and stays as it is: what was wrong is put right by another
/// one. The same `source.reference` of the same system again answers 200 with the comment that was made first.
#[utoipa::path(
    tag = "tickets", operation_id = "create_ticket_comment",
    params(("ticket_id" = Uuid, Path, description = "The ticket")),
    request_body = CreateTicketComment,
    responses(
        (status = 201, description = "The new comment", body = TicketComment),
        (status = 200, description = "The comment that was made under this reference before", body = TicketComment)
    )
)]
#[post("/v1/tickets/{ticket_id}/comments")]
pub async fn create(
    cx: Can<SupportWrite>,
    ticket_id: Path<Uuid>,
    _query: Query<NoParameters>,
    input: Valid<CreateTicketComment>,
) -> Result<Outcome<TicketComment>> {
    tickets::comment(&cx, ticket_id.0, input.0).await
}

/// Read a ticket's comment
///
/// Comments never change.
#[utoipa::path(
    tag = "tickets", operation_id = "get_ticket_comment",
    params(
        ("ticket_id" = Uuid, Path, description = "The ticket"), ("comment_id" = Uuid, Path, description = "The comment")
    ),
    responses((status = 200, description = "The comment", body = TicketComment))
)]
#[get("/v1/tickets/{ticket_id}/comments/{comment_id}")]
pub async fn read(
    cx: Can<SupportRead>,
    path: Path<(Uuid, Uuid)>,
    _query: Query<NoParameters>,
) -> Result<Read<TicketComment>> {
    let (ticket_id, id) = path.0;
    Ok(Read::tagged(tickets::read_comment(&cx, ticket_id, id).await?, TicketComment::ETAG))
}
