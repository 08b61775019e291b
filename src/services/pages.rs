//! One page of a list, with or without what is archived, and what every list of records can be asked for.

use sea_orm::{ColumnTrait, Condition, EntityTrait, Select};

use super::external_ids;
use crate::domain::past::Past;
use crate::entities::cells::{Reads, Row};
use crate::entities::keyset::{self, By};
use crate::entities::record::Columns;
use crate::error::{Code, Error, Result};
use crate::history::context::Context;
use crate::schemas::ArchivedFilter;
use crate::schemas::page::{Found, PageRequest};
use crate::schemas::query::ExternalIdFilter;
use crate::schemas::record::CommonFilter;

/// Which rows a list shows, archived or not.
pub fn archived(filter: Option<ArchivedFilter>, archived_at: impl ColumnTrait) -> Condition {
    let all = Condition::all();
    match filter.unwrap_or_default() {
        ArchivedFilter::Exclude => all.add(archived_at.is_null()),
        ArchivedFilter::Only => all.add(archived_at.is_not_null()),
        ArchivedFilter::Include => all,
    }
}

/// What the filters of every list of records ask for. `resource` is what external ids call the records.
pub fn common<C: ColumnTrait>(
    cx: &Context,
    (filter, known): (&CommonFilter, &ExternalIdFilter),
    resource: &str,
    columns: Columns<C>,
) -> Condition {
    let mut all = archived(filter.archived, columns.archived_at);
    if !filter.owner_id.is_empty() {
        all = all.add(columns.owner_id.is_in(filter.owner_id.iter().map(|owner| owner.id(cx.actor.id()))));
    }
    all.add(external_ids::asked(resource, columns.id, known))
        .add_option(filter.created_after.map(|at| columns.created_at.gte(at)))
        .add_option(filter.created_before.map(|at| columns.created_at.lt(at)))
        .add_option(filter.updated_after.map(|at| columns.updated_at.gte(at)))
        .add_option(filter.updated_before.map(|at| columns.updated_at.lt(at)))
}

/// Of rows that never change, those that tell of what had happened at a moment and was known then.
pub fn of_past<C: ColumnTrait>(past: Option<Past>, happened_at: C, recorded_at: C) -> Condition {
    let Some(Past { as_of, known_at }) = past else { return Condition::all() };
    Condition::all().add(happened_at.lte(as_of)).add(recorded_at.lte(known_at))
}

/// Reads a page, and counts all entries if that was asked.
pub async fn find<E, T>(
    cx: &Context,
    select: Select<E>,
    order: &[By<E::Column>],
    page: &PageRequest,
    item: impl FnMut(E::Model) -> T,
) -> Result<Found<T>>
where
    E: EntityTrait,
    E::Model: Row,
{
    let total = if page.count { Some(cx.store.rows.count(select.clone()).await?) } else { None };
    let rows = keyset::page(select, order, page.mark.as_ref(), page.limit, &cx.store.rows).await?;
    Ok(Found::from_rows(rows.ok_or_else(|| Error::new(Code::InvalidCursor))?, total, item))
}
