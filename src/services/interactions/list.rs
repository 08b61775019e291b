//! Lists of interactions.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Select};
use uuid::Uuid;

use super::{SUBJECT, participants};
use crate::entities::cells::Reads;
use crate::entities::interaction::{COMMON, Column, Entity, Model, visible_to};
use crate::error::Result;
use crate::history::context::Context;
use crate::history::{past, timeline};
use crate::schemas::change::{ChangesQuery, RecordChange};
use crate::schemas::interaction::{AllInteractionsQuery, CustomerInteractionsQuery, Interaction, InteractionFilter};
use crate::schemas::page::{Found, PageRequest};
use crate::schemas::query::{CustomQuery, must_suit_the_past};
use crate::schemas::record::{Exactly, Filter, Listed};
use crate::services::{custom_fields, customers, field_history, order, pages};

const SORTS: &[(&str, Column)] =
    &[("occurred_at", Column::OccurredAt), ("created_at", Column::CreatedAt), ("updated_at", Column::UpdatedAt)];

/// One page of a customer's interactions, as they are or as they were.
pub async fn of_customer(
    cx: &Context,
    customer_id: Uuid,
    query: &CustomerInteractionsQuery,
    custom: &CustomQuery,
    page: &PageRequest,
) -> Result<Found<Interaction>> {
    let past = query.customers.past()?;
    if past.is_some() {
        must_suit_the_past(custom.names().chain(query.known.names()))?;
    }
    let these = Entity::find().filter(Column::CustomerId.eq(customer_id));
    let select = past::of(past, these, cx.store.rows.backend());
    customers::of_visible(cx, customer_id, find(cx, select, past.is_some(), query, custom, page)).await
}

/// One page of the interactions of every customer the caller may know of.
pub async fn of_all(
    cx: &Context,
    query: &AllInteractionsQuery,
    custom: &CustomQuery,
    page: &PageRequest,
) -> Result<Found<Interaction>> {
    let mut seen = visible_to(&cx.actor);
    if !query.customers.customer_id.is_empty() {
        seen = seen.add(Column::CustomerId.is_in(query.customers.customer_id.iter().copied()));
    }
    find(cx, Entity::find().filter(seen), false, query, custom, page).await
}

async fn find<C>(
    cx: &Context,
    select: Select<Entity>,
    of_the_past: bool,
    query: &Filter<InteractionFilter, C>,
    custom: &CustomQuery,
    page: &PageRequest,
) -> Result<Found<Interaction>> {
    let order = order::by(query.common.sort.as_deref(), InteractionFilter::DEFAULT_SORT, SORTS, Column::Id);
    let select = select.filter(pages::common(cx, (&query.common, &query.known), SUBJECT, COMMON));
    let asked = custom_fields::asked(cx, SUBJECT, Column::Id, custom).await?;
    let select = select.filter(condition(cx, &query.own, of_the_past));
    custom_fields::find(cx, select, Column::Id, (asked, &order), page, Interaction::from).await
}

fn condition(cx: &Context, query: &InteractionFilter, of_the_past: bool) -> Condition {
    let mut all = Condition::all();
    if !query.kind.is_empty() {
        all = all.add(Column::Kind.is_in(query.kind.iter().map(|kind| kind.as_str())));
    }
    for (column, words) in [(Column::Channel, &query.channel), (Column::Outcome, &query.outcome)] {
        if !words.is_empty() {
            all = all.add(column.is_in(words.iter().map(|word| word.0.as_str())));
        }
    }
    if !query.thread_id.is_empty() {
        all = all.add(Column::ThreadId.is_in(Exactly::texts(&query.thread_id)));
    }
    if !query.participant_id.is_empty() {
        let who: Vec<Uuid> = query.participant_id.iter().map(|it| it.id(cx.actor.id())).collect();
        let asked = (of_the_past, cx.store.rows.backend());
        all = all.add(participants::links().condition::<Entity>(&who, COMMON, asked));
    }
    all.add_option(query.q.as_deref().map(|q| timeline::tells_in(Column::EventId, q)))
        .add_option(query.initiative.map(|initiative| Column::Initiative.eq(initiative.as_str())))
        .add_option(query.direction.map(|direction| Column::Direction.eq(direction.as_str())))
        .add_option(query.occurred_from.map(|from| Column::OccurredAt.gte(from)))
        .add_option(query.occurred_to.map(|to| Column::OccurredAt.lt(to)))
}

/// One page of the changes of one.
pub async fn changes(cx: &Context, id: Uuid, query: &ChangesQuery, page: &PageRequest) -> Result<Found<RecordChange>> {
    field_history::of::<Model>(cx, id, Entity::find_visible(id, &cx.actor), query, page).await
}
