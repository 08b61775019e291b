//! Lists of interactions.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Select};
use uuid::Uuid;

use crate::entities::cells::Reads;
use crate::entities::interaction::{Column, Entity, Model, visible_to};
use crate::error::Result;
use crate::history::context::Context;
use crate::history::past;
use crate::schemas::change::{ChangesQuery, RecordChange};
use crate::schemas::interaction::{AllInteractionsQuery, CustomerInteractionsQuery, Interaction, InteractionQuery};
use crate::schemas::page::{Found, PageRequest};
use crate::schemas::query::Both;
use crate::services::{customers, field_history, order, pages};

const SORTS: &[(&str, Column)] = &[("occurred_at", Column::OccurredAt), ("created_at", Column::CreatedAt)];

/// One page of a customer's interactions, as they are or as they were.
pub async fn of_customer(
    cx: &Context,
    customer_id: Uuid,
    Both(past, query): &CustomerInteractionsQuery,
    page: &PageRequest,
) -> Result<Found<Interaction>> {
    let these = Entity::find().filter(Column::CustomerId.eq(customer_id));
    let select = past::of(past.past()?, these, cx.store.rows.backend());
    customers::of_visible(cx, customer_id, find(cx, select, query, page)).await
}

/// One page of the interactions of every customer the caller may know of.
pub async fn of_all(
    cx: &Context,
    Both(customers, query): &AllInteractionsQuery,
    page: &PageRequest,
) -> Result<Found<Interaction>> {
    let mut seen = visible_to(&cx.actor);
    if !customers.customer_id.is_empty() {
        seen = seen.add(Column::CustomerId.is_in(customers.customer_id.iter().copied()));
    }
    find(cx, Entity::find().filter(seen), query, page).await
}

async fn find(
    cx: &Context,
    select: Select<Entity>,
    query: &InteractionQuery,
    page: &PageRequest,
) -> Result<Found<Interaction>> {
    let order = order::by(query.sort.as_deref(), "-occurred_at", SORTS, Column::Id);
    pages::find(cx, select.filter(condition(cx, query)), &order, page, Interaction::from).await
}

fn condition(cx: &Context, query: &InteractionQuery) -> Condition {
    let mut all = pages::archived(query.archived, Column::ArchivedAt);
    if !query.kind.is_empty() {
        all = all.add(Column::Kind.is_in(query.kind.iter().map(|kind| kind.as_str())));
    }
    for (column, words) in [(Column::Channel, &query.channel), (Column::Outcome, &query.outcome)] {
        if !words.is_empty() {
            all = all.add(column.is_in(words.iter().map(|word| word.0.as_str())));
        }
    }
    if !query.owner_id.is_empty() {
        all = all.add(Column::OwnerId.is_in(query.owner_id.iter().map(|owner| owner.id(cx.actor.id()))));
    }
    all.add_option(query.direction.map(|direction| Column::Direction.eq(direction.as_str())))
        .add_option(query.occurred_from.map(|from| Column::OccurredAt.gte(from)))
        .add_option(query.occurred_to.map(|to| Column::OccurredAt.lt(to)))
}

/// One page of the changes of one.
pub async fn changes(cx: &Context, id: Uuid, query: &ChangesQuery, page: &PageRequest) -> Result<Found<RecordChange>> {
    field_history::of::<Model>(cx, id, Entity::find_visible(id, &cx.actor), query, page).await
}
