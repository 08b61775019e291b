//! Ids of records in other systems: one record per system and id.

use std::collections::{BTreeSet, HashSet};

use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, Select};
use uuid::Uuid;

use crate::domain::fault::FaultCode;
use crate::entities::cells::Reads;
use crate::entities::external_id::{Column, Entity};
use crate::error::{Error, FieldError, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::following::{self, Following, Form, Row};
use crate::schemas::ExternalId;
use crate::schemas::query::ExternalIdFilter;

/// System and id, each pair once.
pub type Pairs = BTreeSet<(String, String)>;

/// The pairs of a list.
pub fn pairs(ids: &[ExternalId]) -> Pairs {
    ids.iter().map(|it| (it.system.clone(), it.id.clone())).collect()
}

/// The pairs of a list in which none occurs twice.
pub fn distinct(ids: &[ExternalId]) -> Result<Pairs> {
    let mut seen = Pairs::new();
    let mut faults = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        if !seen.insert((id.system.clone(), id.id.clone())) {
            faults.push(FieldError::at_pointer(format!("/external_ids/{index}"), FaultCode::Duplicate));
        }
    }
    if faults.is_empty() { Ok(seen) } else { Err(Error::invalid(faults)) }
}

/// Of records whose identifier a column is those that are known as somebody asks, if they do.
pub fn asked<C: ColumnTrait>(resource: &str, id: C, filter: &ExternalIdFilter) -> Condition {
    let ExternalIdFilter { external_system, external_id } = filter;
    match (external_system.as_deref(), external_id.as_deref()) {
        (None, None) => Condition::all(),
        (system, known) => Condition::all().add(id.in_subquery(records(resource, system, known))),
    }
}

/// The records a system knows, or any system does: all of them, or those known under an id.
pub fn records(resource: &str, system: Option<&str>, id: Option<&str>) -> SelectStatement {
    let mut select = Query::select();
    select.column(Column::RecordId).from(Entity).and_where(Column::Resource.eq(resource));
    if let Some(system) = system {
        select.and_where(Column::System.eq(system));
    }
    if let Some(id) = id {
        select.and_where(Column::ExternalId.eq(id));
    }
    select
}

fn holder(resource: &str, id: &ExternalId) -> Select<Entity> {
    let key = (resource.to_owned(), id.system.clone(), id.id.clone());
    Entity::find_by_id(key).select_only().column(Column::RecordId)
}

/// The record that has an external id, within a change.
pub async fn find_in(change: &Change, resource: &str, id: &ExternalId) -> Result<Option<Uuid>> {
    let found: Vec<(Uuid,)> = change.tuples(holder(resource, id)).await?;
    Ok(found.first().map(|(id,)| *id))
}

/// Whether a record that is on disk has an external id.
pub async fn is_taken(cx: &Context, resource: &str, id: &ExternalId) -> Result<bool> {
    Ok(cx.store.rows.exists(holder(resource, id)).await?)
}

/// Which of the ids a record is to have belong to others: the place of each, and the record that has it.
pub async fn taken(
    change: &Change,
    resource: &str,
    own: Option<Uuid>,
    ids: &[ExternalId],
) -> Result<Vec<(String, Uuid)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let any = ids.iter().fold(Condition::any(), |any, it| {
        any.add(Condition::all().add(Column::System.eq(&it.system)).add(Column::ExternalId.eq(&it.id)))
    });
    let found = change.all(Entity::find().filter(Column::Resource.eq(resource)).filter(any)).await?;
    let holder = |id: &ExternalId| {
        let row = found.iter().find(|row| row.system == id.system && row.external_id == id.id)?;
        (Some(row.record_id) != own).then_some(row.record_id)
    };
    let taken = ids.iter().enumerate().filter_map(|(index, id)| Some((format!("/external_ids/{index}"), holder(id)?)));
    Ok(taken.collect())
}

/// Refuses ids that belong to other records, naming the first of those if the caller may see it: `visible` finds it then.
pub async fn must_be_free<E: EntityTrait>(
    change: &Change,
    resource: &str,
    own: Option<Uuid>,
    ids: &[ExternalId],
    visible: impl FnOnce(Uuid) -> Select<E>,
) -> Result<()> {
    let taken = taken(change, resource, own, ids).await?;
    let Some((_, holder)) = taken.first() else { return Ok(()) };
    let visible = change.exists(visible(*holder)).await?.then_some(*holder);
    Err(Error::already_exists(taken.into_iter().map(|(pointer, _)| pointer), visible))
}

/// The table that records of a kind are found in by their ids in other systems.
pub fn following(resource: &str) -> Following {
    let columns = [
        (Column::Resource, Form::Text),
        (Column::System, Form::Text),
        (Column::ExternalId, Form::Text),
        (Column::RecordId, Form::Id),
    ];
    Following::new(Entity, columns, 3).only([Column::Resource.eq(resource)])
}

/// The rows a record with these ids has there; `None` if they cannot be read.
pub fn rows(resource: &str, record_id: Uuid, ids: &str) -> Option<HashSet<Row>> {
    let ids: Vec<ExternalId> = serde_json::from_str(ids).ok()?;
    let row = |it: ExternalId| vec![resource.into(), it.system.into(), it.id.into(), following::id(record_id)];
    Some(ids.into_iter().map(row).collect())
}

/// Writes what differs between the ids a record had and those it has. Ids another record has are refused by the
/// database at the commit.
pub fn replace(change: &Change, resource: &str, id: Uuid, before: &Pairs, after: &Pairs) {
    for (system, external_id) in before.difference(after) {
        let this = Condition::all()
            .add(Column::Resource.eq(resource))
            .add(Column::System.eq(system.clone()))
            .add(Column::ExternalId.eq(external_id.clone()));
        change.defer(Query::delete().from_table(Entity).cond_where(this).to_owned());
    }
    for (system, external_id) in after.difference(before) {
        let mut insert = Query::insert();
        insert
            .into_table(Entity)
            .columns([Column::Resource, Column::System, Column::ExternalId, Column::RecordId])
            .values_panic([
                Expr::value(resource),
                Expr::value(system.clone()),
                Expr::value(external_id.clone()),
                Expr::value(id),
            ]);
        change.defer(insert);
    }
}
