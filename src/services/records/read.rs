//! Reading records: one by its id, and lists of them.

use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select};
use uuid::Uuid;

use super::{Kind, Table};
use crate::domain::actor::Actor;
use crate::domain::past::Past;
use crate::entities::cells::Reads;
use crate::entities::customer;
use crate::entities::record::Record;
use crate::error::{Code, Error, Result};
use crate::history::context::Context;
use crate::history::past;
use crate::schemas::change::{ChangesQuery, RecordChange};
use crate::schemas::page::{Found, PageRequest};
use crate::schemas::query::{CustomQuery, CustomerFilter, PastQuery, must_suit_the_past};
use crate::schemas::record::{Fields, Filter, Reply};
use crate::services::{custom_fields, customers, field_history, links, order, pages};

/// Reads one record, as it is or as it was.
pub async fn read<K: Kind>(cx: &Context, id: Uuid, past: Option<Past>) -> Result<Reply<K::Fields>> {
    let this = visible::<K>(&cx.actor).filter(K::Row::COMMON.id.eq(id));
    let found = past::one(&cx.store.rows, past, this).await?;
    Reply::new(found.ok_or_else(|| Error::new(Code::NotFound))?.common())
}

/// One page of a customer's records, as they are or as they were.
pub async fn of_customer<K: Kind>(
    cx: &Context,
    customer_id: Uuid,
    filter: &Filter<K::Fields, PastQuery>,
    custom: &CustomQuery,
    page: &PageRequest,
) -> Result<Found<Reply<K::Fields>>> {
    let past = filter.customers.past()?;
    if past.is_some() {
        must_suit_the_past(custom.names().chain(filter.known.names()))?;
    }
    // What is overdue, say, was so on a day of then.
    let then = past.map(|past| cx.at(past.as_of.min(cx.clock.now())));
    let select = rows_of_customer::<K>(cx, customer_id, past);
    let found = find::<K, _>(then.as_ref().unwrap_or(cx), select, past.is_some(), filter, custom, page);
    customers::of_visible(cx, customer_id, found).await
}

/// All rows of a customer's records, as they are or as they were; that the caller may know of the customer is asked apart.
pub fn rows_of_customer<K: Kind>(cx: &Context, customer_id: Uuid, past: Option<Past>) -> Select<Table<K>> {
    let these = <Table<K>>::find().filter(K::Row::COMMON.customer_id.eq(customer_id));
    past::of(past, these, cx.store.rows.backend())
}

/// One page of the records of every customer the caller may know of.
pub async fn of_all<K: Kind>(
    cx: &Context,
    filter: &Filter<K::Fields, CustomerFilter>,
    custom: &CustomQuery,
    page: &PageRequest,
) -> Result<Found<Reply<K::Fields>>> {
    let mut select = visible::<K>(&cx.actor);
    if !filter.customers.customer_id.is_empty() {
        select = select.filter(K::Row::COMMON.customer_id.is_in(filter.customers.customer_id.iter().copied()));
    }
    find::<K, _>(cx, select, false, filter, custom, page).await
}

async fn find<K: Kind, C>(
    cx: &Context,
    select: Select<Table<K>>,
    of_the_past: bool,
    filter: &Filter<K::Fields, C>,
    custom: &CustomQuery,
    page: &PageRequest,
) -> Result<Found<Reply<K::Fields>>> {
    let columns = K::Row::COMMON;
    let common = &filter.common;
    let all = pages::common(cx, (common, &filter.known), K::words().one, columns);
    let order = order::by(common.sort.as_deref(), K::Fields::DEFAULT_SORT, K::SORTS, columns.id);
    let asked = custom_fields::asked(cx, K::words().one, columns.id, custom).await?;
    let linked = K::linked_with(cx, &filter.own);
    let linked = links::condition::<K>(&linked, of_the_past, cx.store.rows.backend());
    let select = select.filter(all).filter(K::condition(cx, &filter.own)).filter(linked);
    let reply = |row: K::Row| Reply::new(row.common());
    let found = custom_fields::find(cx, select, columns.id, (asked, &order), page, reply).await?;
    let Found { items, next, previous, total } = found;
    Ok(Found { items: items.into_iter().collect::<Result<_>>()?, next, previous, total })
}

/// Those of the customers the actor may know of; of a catalogue all.
pub(super) fn visible<K: Kind>(actor: &Actor) -> Select<Table<K>> {
    let visible = customer::visible_to(actor);
    let select = <Table<K>>::find();
    if visible.is_empty() || K::Fields::CATALOGUE {
        return select;
    }
    let ids = Query::select().column(customer::Column::Id).from(customer::Entity).cond_where(visible).to_owned();
    select.filter(K::Row::COMMON.customer_id.in_subquery(ids))
}

/// One page of the changes of a record.
pub async fn changes<K: Kind>(
    cx: &Context,
    id: Uuid,
    query: &ChangesQuery,
    page: &PageRequest,
) -> Result<Found<RecordChange>> {
    let this = visible::<K>(&cx.actor).filter(K::Row::COMMON.id.eq(id));
    field_history::of::<K::Row>(cx, id, this, query, page).await
}
