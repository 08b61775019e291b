//! Lists of links.

use sea_orm::sea_query::IntoCondition;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use super::{ends, kind_of};
use crate::domain::date;
use crate::domain::past::Past;
use crate::domain::period::Period;
use crate::domain::relationship::{RelationshipDirection, RelationshipKind};
use crate::entities::cells::Reads;
use crate::entities::relationship::{Column, Entity, Model, SUBJECT, during, visible_to};
use crate::error::{Error, Result};
use crate::history::context::Context;
use crate::history::past;
use crate::schemas::change::{ChangesQuery, RecordChange};
use crate::schemas::page::{Found, PageRequest};
use crate::schemas::query::{Both, CustomQuery, must_suit_the_past};
use crate::schemas::relationship::{
    CustomerRelationship, CustomerRelationshipQuery, Relationship, RelationshipFilter, RelationshipQuery,
};
use crate::services::{custom_fields, customers, external_ids, field_history, order, pages};

const SORTS: &[(&str, Column)] = &[
    ("type", Column::Kind),
    ("valid_from", Column::ValidFrom),
    ("valid_to", Column::ValidTo),
    ("created_at", Column::CreatedAt),
    ("updated_at", Column::UpdatedAt),
];

/// One page of a customer's links, as seen from that end, as they are or as they were.
pub async fn of_customer(
    cx: &Context,
    customer_id: Uuid,
    Both(past, Both(Both(which, known), filter)): &CustomerRelationshipQuery,
    custom: &CustomQuery,
    page: &PageRequest,
) -> Result<Found<CustomerRelationship>> {
    let past = past.past()?;
    if past.is_some() {
        must_suit_the_past(custom.names().chain(known.names()))?;
    }
    let end = |own: Column, other: Column| {
        let all = Condition::all().add(own.eq(customer_id));
        let others = which.other_customer_id.iter().copied();
        if which.other_customer_id.is_empty() { all } else { all.add(other.is_in(others)) }
    };
    let known = external_ids::asked(SUBJECT, Column::Id, known);
    let mut ends = Condition::any();
    if which.direction != Some(RelationshipDirection::Incoming) {
        ends = ends.add(end(Column::FromId, Column::ToId));
    }
    if which.direction != Some(RelationshipDirection::Outgoing) {
        ends = ends.add(end(Column::ToId, Column::FromId));
    }
    let seen = |row, relationship| seen_from(customer_id, row, relationship);
    let these = as_known(cx, past, ends).filter(known);
    customers::of_visible(cx, customer_id, find(cx, these, past, (filter, custom), page, seen)).await
}

/// The people at a company who matter on a day: contact persons, and whoever has a buying role. The primary contact comes
/// first, those with a buying role before the others, who was entered last before who was earlier.
pub async fn key_persons(
    cx: &Context,
    customer_id: Uuid,
    past: Option<Past>,
    day: &str,
    limit: u64,
) -> Result<Vec<CustomerRelationship>> {
    let employed = Column::Kind.eq(RelationshipKind::EmployeeOf.as_str());
    let matters = Condition::any()
        .add(Column::Kind.eq(RelationshipKind::ContactPersonOf.as_str()))
        .add(Condition::all().add(employed).add(Column::BuyingRole.is_not_null()));
    let filter = RelationshipFilter { current_on: Some(day.to_owned()), ..RelationshipFilter::default() };
    let rows = as_known(cx, past, Column::ToId.eq(customer_id))
        .filter(condition(&filter)?)
        .filter(matters)
        .order_by_desc(Column::IsPrimary)
        .order_by_asc(Column::BuyingRole.is_null())
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(limit);
    let rows = cx.store.rows.all(rows).await?;
    shown(cx, past, rows, |row, relationship| seen_from(customer_id, row, relationship)).await
}

/// A link as one of its ends sees it.
fn seen_from(customer_id: Uuid, row: Model, relationship: Relationship) -> Result<CustomerRelationship> {
    let outgoing = row.from_id == customer_id;
    let direction = if outgoing { RelationshipDirection::Outgoing } else { RelationshipDirection::Incoming };
    let other = if outgoing { relationship.to.clone() } else { relationship.from.clone() };
    Ok(CustomerRelationship { direction, words: kind_of(&row)?.words(direction).into(), other, relationship })
}

/// One page of the links between customers the caller may know of.
pub async fn of_all(
    cx: &Context,
    Both(Both(which, known), filter): &RelationshipQuery,
    custom: &CustomQuery,
    page: &PageRequest,
) -> Result<Found<Relationship>> {
    let mut ends = external_ids::asked(SUBJECT, Column::Id, known);
    if !which.customer_id.is_empty() {
        let of = |column: Column| column.is_in(which.customer_id.iter().copied());
        ends = ends.add(Condition::any().add(of(Column::FromId)).add(of(Column::ToId)));
    }
    find(cx, as_known(cx, None, ends), None, (filter, custom), page, |_, relationship| Ok(relationship)).await
}

async fn find<T>(
    cx: &Context,
    these: Select<Entity>,
    past: Option<Past>,
    (filter, custom): (&RelationshipFilter, &CustomQuery),
    page: &PageRequest,
    item: impl Fn(Model, Relationship) -> Result<T>,
) -> Result<Found<T>> {
    let asked = custom_fields::asked(cx, SUBJECT, Column::Id, custom).await?;
    let order = order::by(filter.sort.as_deref(), "-created_at", SORTS, Column::Id);
    let select = these.filter(condition(filter)?);
    let found = custom_fields::find(cx, select, Column::Id, (asked, &order), page, |row| row).await?;
    let Found { items: rows, next, previous, total } = found;
    Ok(Found { items: shown(cx, past, rows, item).await?, next, previous, total })
}

/// The links whose ends a condition is about, of those the caller may know of. On which days they held is told by
/// themselves, not by when they were entered.
fn as_known(cx: &Context, past: Option<Past>, ends: impl IntoCondition) -> Select<Entity> {
    let these = Entity::find().filter(visible_to(&cx.actor)).filter(ends);
    past::of(past.map(Past::known), these, cx.store.rows.backend())
}

/// Links with their ends, called as at the time.
async fn shown<T>(
    cx: &Context,
    past: Option<Past>,
    rows: Vec<Model>,
    item: impl Fn(Model, Relationship) -> Result<T>,
) -> Result<Vec<T>> {
    let ids = rows.iter().flat_map(|row| [row.from_id, row.to_id]);
    let known = ends::of(&cx.store.rows, past.map(Past::known), ids).await?;
    let items = rows.into_iter().map(|row| {
        let ends = known.of_link(&row)?;
        item(row.clone(), Relationship::new(row, ends.from, ends.to))
    });
    items.collect()
}

fn condition(filter: &RelationshipFilter) -> Result<Condition> {
    let mut all = pages::archived(filter.archived, Column::ArchivedAt);
    if !filter.kind.is_empty() {
        all = all.add(Column::Kind.is_in(filter.kind.iter().map(|kind| kind.as_str())));
    }
    if !filter.buying_role.is_empty() {
        all = all.add(Column::BuyingRole.is_in(filter.buying_role.iter().map(|role| role.as_str())));
    }
    all = all.add_option(filter.primary.map(|primary| Column::IsPrimary.eq(primary)));
    if let Some(day) = &filter.current_on {
        let day = date::parse(day).map_err(|fault| Error::bad_parameter("current_on", fault))?;
        all = all.add(during(Period::day(day)));
    }
    Ok(all)
}

/// One page of the changes of one.
pub async fn changes(cx: &Context, id: Uuid, query: &ChangesQuery, page: &PageRequest) -> Result<Found<RecordChange>> {
    field_history::of::<Model>(cx, id, Entity::find_visible(id, &cx.actor), query, page).await
}
