//! The list of customers: every filter combinable, sorted, by keyset.

use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::index::{RESOURCE, city_key};
use super::search::with_words;
use super::word;
use crate::domain::country;
use crate::domain::search;
use crate::entities::customer::{Column, Entity, Model, visible_to};
use crate::entities::{customer_place, customer_tag, tag};
use crate::error::{Error, Result};
use crate::history::context::Context;
use crate::schemas::change::{ChangesQuery, RecordChange};
use crate::schemas::customer::{Customer, CustomerQuery, CustomersQuery};
use crate::schemas::page::{Found, PageRequest};
use crate::schemas::query::{Both, CustomQuery};
use crate::services::prefix::begins_with;
use crate::services::{custom_fields, external_ids, field_history, order, pages, tags};

const SORTS: &[(&str, Column)] = &[
    ("display_name", Column::SortKey),
    ("customer_number", Column::CustomerNumber),
    ("created_at", Column::CreatedAt),
    ("updated_at", Column::UpdatedAt),
    ("last_interaction_at", Column::LastInteractionAt),
];

/// One page of the customers the caller may know of.
pub async fn list(
    cx: &Context,
    Both(query, known): &CustomersQuery,
    custom: &CustomQuery,
    page: &PageRequest,
) -> Result<Found<Customer>> {
    let asked = custom_fields::asked(cx, RESOURCE, Column::Id, custom).await?;
    let known = external_ids::asked(RESOURCE, Column::Id, known);
    let select = Entity::find().filter(visible_to(&cx.actor)).filter(known).filter(condition(cx, query).await?);
    let order = order::by(query.sort.as_deref(), "display_name", SORTS, Column::Id);
    custom_fields::find(cx, select, Column::Id, (asked, &order), page, Customer::from).await
}

async fn condition(cx: &Context, query: &CustomerQuery) -> Result<Condition> {
    let mut all = pages::archived(query.archived, Column::ArchivedAt);
    if let Some(kind) = &query.kind {
        all = all.add(Column::Kind.eq(word(kind)?));
    }
    if !query.lifecycle_stage.is_empty() {
        let stages = query.lifecycle_stage.iter().map(word).collect::<Result<Vec<_>>>()?;
        all = all.add(Column::LifecycleStage.is_in(stages));
    }
    if !query.category.is_empty() {
        let categories = query.category.iter().map(word).collect::<Result<Vec<_>>>()?;
        all = all.add(Column::Category.is_in(categories));
    }
    if !query.owner_id.is_empty() {
        all = all.add(Column::OwnerId.is_in(query.owner_id.iter().map(|owner| owner.id(cx.actor.id()))));
    }
    if !query.tag.is_empty() {
        let keys = query.tag.iter().map(|tag| tags::name_key(&tag.0));
        let ids = Query::select()
            .column(tag::Column::Id)
            .from(tag::Entity)
            .and_where(tag::Column::NameKey.is_in(keys))
            .and_where(tag::Column::ArchivedAt.is_null())
            .to_owned();
        let carriers = Query::select()
            .column(customer_tag::Column::CustomerId)
            .from(customer_tag::Entity)
            .and_where(customer_tag::Column::TagId.in_subquery(ids))
            .to_owned();
        all = all.add(Column::Id.in_subquery(carriers));
    }
    if let Some(place) = places(query)? {
        all = all.add(Column::Id.in_subquery(place));
    }
    for (column, after, before) in [
        (Column::CreatedAt, query.created_after, query.created_before),
        (Column::UpdatedAt, query.updated_after, query.updated_before),
        (Column::LastInteractionAt, query.last_interaction_after, query.last_interaction_before),
    ] {
        if let Some(after) = after {
            all = all.add(column.gte(after));
        }
        if let Some(before) = before {
            all = all.add(column.lt(before));
        }
    }
    if let Some(q) = &query.q {
        all = all.add(match search::query_words(q).as_slice() {
            // Nothing but signs: there is no word that could occur.
            [] => Condition::all().add(Expr::cust("1 = 0")),
            words => with_words(cx, words).await?,
        });
    }
    Ok(all)
}

/// One address must fit all that is asked of a place.
fn places(query: &CustomerQuery) -> Result<Option<SelectStatement>> {
    use customer_place::{Column, Entity};
    let mut fits = Condition::all();
    if let Some(city) = &query.city {
        fits = fits.add(Column::CityKey.eq(city_key(city)));
    }
    if let Some(prefix) = &query.postal_code {
        fits = fits.add(begins_with(Column::PostalCode, prefix));
    }
    if let Some(code) = &query.country {
        let code = country::normalize(code).map_err(|fault| Error::bad_parameter("country", fault))?;
        fits = fits.add(Column::Country.eq(code));
    }
    if fits.is_empty() {
        return Ok(None);
    }
    Ok(Some(Query::select().column(Column::CustomerId).from(Entity).cond_where(fits).to_owned()))
}

/// One page of the changes of one.
pub async fn changes(cx: &Context, id: Uuid, query: &ChangesQuery, page: &PageRequest) -> Result<Found<RecordChange>> {
    field_history::of::<Model>(cx, id, Entity::find_visible(id, &cx.actor), query, page).await
}
