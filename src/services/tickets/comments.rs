//! What is said about tickets. Each comment is an event of its ticket.

use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Tickets, clock};
use crate::domain::instant::Instant;
use crate::entities::cells::Reads;
use crate::entities::ticket::Model as Ticket;
use crate::entities::ticket_comment::{Column, Entity, Model};
use crate::error::{Code, Error, Result};
use crate::history::beside::{self, Beside, Telling};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::entry::Source;
use crate::history::outcome::Outcome;
use crate::schemas::page::{Found, PageRequest};
use crate::schemas::query::{Both, PastQuery};
use crate::schemas::ticket::{
    AuthorSide, CreateTicketComment, TicketComment, TicketCommentQuery, TicketCommentVisibility, TicketStatus,
};
use crate::services::moments::happened;
use crate::services::records::{self, State};
use crate::services::sentences::sentence;
use crate::services::{order, pages};

const SORTS: &[(&str, Column)] = &[("written_at", Column::WrittenAt), ("created_at", Column::CreatedAt)];

/// One page of the comments of a ticket.
pub async fn comments(
    cx: &Context,
    ticket_id: Uuid,
    Both(query, past): &Both<TicketCommentQuery, PastQuery>,
    page: &PageRequest,
) -> Result<Found<TicketComment>> {
    let past = past.past()?;
    records::read::<Tickets>(cx, ticket_id, past).await?;
    let mut all = pages::of_past(past, Column::WrittenAt, Column::CreatedAt).add(Column::TicketId.eq(ticket_id));
    if !query.visibility.is_empty() {
        all = all.add(Column::Visibility.is_in(query.visibility.iter().map(|each| each.as_str())));
    }
    if !query.author_side.is_empty() {
        all = all.add(Column::AuthorSide.is_in(query.author_side.iter().map(|each| each.as_str())));
    }
    let order = order::by(query.sort.as_deref(), "written_at", SORTS, Column::Id);
    pages::find(cx, Entity::find().filter(all), &order, page, TicketComment::from).await
}

/// Reads one comment.
pub async fn read_comment(cx: &Context, ticket_id: Uuid, id: Uuid) -> Result<TicketComment> {
    records::read::<Tickets>(cx, ticket_id, None).await?;
    let this = Entity::find_by_id(id).filter(Column::TicketId.eq(ticket_id));
    cx.store.rows.one(this).await?.map(TicketComment::from).ok_or_else(|| Error::new(Code::NotFound))
}

/// Says something about a ticket. The same reference of the same system again answers with what was said first.
pub async fn comment(cx: &Context, ticket_id: Uuid, input: CreateTicketComment) -> Result<Outcome<TicketComment>> {
    let change = Change::begin(cx).await?;
    let (customer, before) = records::lock_in::<Tickets>(&change, ticket_id).await?;
    if let Some(first) = find_by_reference(&change, ticket_id, &input).await? {
        let outcome = Outcome::ok(&TicketComment::from(first), Some(TicketComment::ETAG.to_owned()))?;
        return change.commit(outcome).await;
    }
    records::not_archived(customer.as_ref(), &before)?;
    let comment = comment_in(&change, &before, &input).await?;
    let outcome = Outcome::created(&comment, comment.location(), Some(TicketComment::ETAG.to_owned()))?;
    change.commit(outcome).await
}

/// Says something about a ticket that is locked, within a larger change.
pub async fn comment_in(change: &Change, before: &Ticket, input: &CreateTicketComment) -> Result<TicketComment> {
    let mut state = State::<Tickets>::of(before)?;
    let opened = state.fields.opened_at.map(|at| ("opened_at", at));
    let written_at = happened("/written_at", input.written_at, opened, change.now())?;
    let row = row(change, before, input, written_at)?;
    take_note(change, &mut state, input, written_at);
    insert(change, &row);
    let comment = TicketComment::from(row);
    let told = match (input.author_side, input.visibility) {
        (AuthorSide::Customer, _) => sentence("commented by the customer", "vom Kunden kommentiert"),
        (AuthorSide::Us, TicketCommentVisibility::Public) => sentence("commented", "kommentiert"),
        (AuthorSide::Us, TicketCommentVisibility::Internal) => sentence("commented internally", "intern kommentiert"),
    };
    let facts = Map::from_iter([("comment".to_owned(), json!(comment))]);
    records::lead_in::<Tickets>(change, before, &state, ("commented", told), facts).await?;
    Ok(comment)
}

/// What a comment means for its ticket.
fn take_note(change: &Change, state: &mut State<Tickets>, input: &CreateTicketComment, at: Instant) {
    let levels = &change.cx().service_levels;
    state.facts.comment_count += 1;
    state.facts.last_comment_at = Some(at);
    let status = state.facts.status;
    match (input.author_side, input.visibility) {
        (AuthorSide::Us, TicketCommentVisibility::Internal) => {}
        (AuthorSide::Us, TicketCommentVisibility::Public) => {
            clock::answered(state, levels, at);
            if status == TicketStatus::New {
                state.facts.status = TicketStatus::Open;
                state.facts.last_step_at = state.facts.last_step_at.max(at);
            }
        }
        // What the customer wrote before we began to wait is not what we wait for.
        (AuthorSide::Customer, _) if status == TicketStatus::Pending && at >= state.facts.last_step_at => {
            state.facts.status = TicketStatus::Open;
            state.facts.last_step_at = at;
            clock::go_on(state, levels, at);
        }
        (AuthorSide::Customer, _) => {}
    }
}

/// The comment a system already sent under this reference. The ticket is locked: nobody makes it meanwhile.
async fn find_by_reference(change: &Change, ticket_id: Uuid, input: &CreateTicketComment) -> Result<Option<Model>> {
    let Some((system, reference)) = input.source.as_ref().and_then(|it| Some((&it.system, it.reference.as_ref()?)))
    else {
        return Ok(None);
    };
    let same = Condition::all().add(Column::SourceSystem.eq(system)).add(Column::SourceReference.eq(reference));
    match change.one(Entity::find().filter(same)).await? {
        Some(other) if other.ticket_id != ticket_id => Err(Error::already_exists(["/source/reference"], None)),
        found => Ok(found),
    }
}

fn row(change: &Change, ticket: &Ticket, input: &CreateTicketComment, written_at: Instant) -> Result<Model> {
    let customer_id = ticket.customer_id.ok_or_else(|| Error::internal("a ticket without a customer"))?;
    let source = input.source.clone();
    let source = source.map(|it| Source { system: it.system, reference: it.reference }).unwrap_or_default();
    Ok(Model {
        id: change.new_id(),
        ticket_id: ticket.id,
        customer_id,
        text: input.text.clone(),
        visibility: input.visibility.as_str().to_owned(),
        author_side: input.author_side.as_str().to_owned(),
        author_name: input.author_name.clone(),
        written_at,
        source_system: source.system,
        source_reference: source.reference,
        created_at: change.now(),
        created_by: change.actor_json()?,
    })
}

fn insert(change: &Change, row: &Model) {
    let mut insert = Query::insert();
    insert
        .into_table(Entity)
        .columns([
            Column::Id,
            Column::TicketId,
            Column::CustomerId,
            Column::Text,
            Column::Visibility,
            Column::AuthorSide,
            Column::AuthorName,
            Column::WrittenAt,
            Column::SourceSystem,
            Column::SourceReference,
            Column::CreatedAt,
            Column::CreatedBy,
        ])
        .values_panic([
            Expr::value(row.id),
            Expr::value(row.ticket_id),
            Expr::value(row.customer_id),
            Expr::value(row.text.clone()),
            Expr::value(row.visibility.clone()),
            Expr::value(row.author_side.clone()),
            Expr::value(row.author_name.clone()),
            Expr::value(row.written_at),
            Expr::value(row.source_system.clone()),
            Expr::value(row.source_reference.clone()),
            Expr::value(row.created_at),
            Expr::value(row.created_by.clone()),
        ]);
    change.defer(insert);
}

impl Beside for Model {
    const KINDS: &'static [&'static str] = &["ticket.commented"];
    const KEY: &'static [&'static str] = &["id"];
    const RECORD: Column = Column::TicketId;

    fn keyed(told: &Value) -> Option<Condition> {
        beside::id_told(told).map(|id| Condition::all().add(Column::Id.eq(id)))
    }

    fn id(&self) -> Uuid {
        self.id
    }

    fn says(self) -> Result<Value> {
        serde_json::to_value(TicketComment::from(self)).map_err(Error::internal)
    }

    fn told(event: &Telling) -> Option<Value> {
        event.payload.get("comment").cloned()
    }
}
