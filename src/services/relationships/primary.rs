//! The primary contact of a company: one at a time.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::{ends, kind_of, members, write};
use crate::domain::date;
use crate::domain::period::Period;
use crate::entities::cells::{Locks, Reads};
use crate::entities::relationship::{Column, Entity, Model, during};
use crate::error::{Error, Result};
use crate::history::change::Change;

/// The other links that mark somebody as the primary contact of the same company today, if a link that holds in a period
/// does so. Whoever was it once keeps that mark. The company is locked, and nobody changes such a link without that.
pub async fn others(change: &Change, row: &Model, period: Period) -> Result<Vec<Model>> {
    let today = date::parse(&change.now().day()).map_err(|_| Error::internal("a day that is none"))?;
    let today = Period::day(today);
    if !row.is_primary || period.intersection(today).is_none() {
        return Ok(Vec::new());
    }
    let of_company = Entity::find()
        .filter(Column::ToId.eq(row.to_id))
        .filter(Column::Kind.eq(&row.kind))
        .filter(Column::IsPrimary.eq(true))
        .filter(Column::ArchivedAt.is_null())
        .filter(Column::Id.ne(row.id))
        .filter(during(today));
    Ok(change.all(of_company.order_by_asc(Column::Id).lock_for_change()).await?)
}

/// Takes the mark from whoever had it, if this link has it now. Told on their timelines as well.
pub async fn move_to(change: &Change, row: &Model, period: Period) -> Result<()> {
    let others = others(change, row, period).await?;
    if others.is_empty() {
        return Ok(());
    }
    let known = ends::of(change, None, others.iter().flat_map(|other| [other.from_id, other.to_id])).await?;
    for before in others {
        let ends = known.of_link(&before)?;
        let mut after = before.clone();
        after.is_primary = false;
        let facts = members(json!({ "primary_moved_to": row.id }));
        write(change, kind_of(&before)?, &before, after, &ends, "updated", facts).await?;
    }
    Ok(())
}
