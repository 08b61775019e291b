//! What must hold between links.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use super::{SUBJECT, period_of};
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::period::Period;
use crate::domain::relationship::{LEVELS_MAX, RelationshipKind};
use crate::entities::cells::Reads;
use crate::entities::relationship::{Column, Entity, Model, during};
use crate::error::{Error, Result};
use crate::history::change::Change;
use crate::schemas::ExternalId;
use crate::services::external_ids;

/// Ids in one query; far below what a statement may have in either database.
const CHUNK: usize = 1000;

/// Refuses external ids another link has.
pub async fn ids_are_free(change: &Change, ids: &[ExternalId], own: Option<Uuid>) -> Result<()> {
    let visible = |id| Entity::find_visible(id, &change.cx().actor);
    external_ids::must_be_free(change, SUBJECT, own, ids, visible).await
}

/// Refuses a link that does not go together with those there are. Its ends are locked, and all trees if it is part of
/// one.
pub async fn hold(change: &Change, kind: RelationshipKind, row: &Model, period: Period) -> Result<()> {
    is_new(change, kind, row, period).await?;
    if kind == RelationshipKind::SubsidiaryOf {
        has_one_parent(change, row, period).await?;
        fits_into_tree(change, row, period).await?;
    }
    Ok(())
}

/// Other links of a type that hold on a day of a period.
fn others(row: &Model, period: Period) -> Select<Entity> {
    Entity::find()
        .filter(Column::Kind.eq(&row.kind))
        .filter(Column::ArchivedAt.is_null())
        .filter(Column::Id.ne(row.id))
        .filter(during(period))
        .order_by_asc(Column::Id)
}

async fn is_new(change: &Change, kind: RelationshipKind, row: &Model, period: Period) -> Result<()> {
    let between = |from: Uuid, to: Uuid| Condition::all().add(Column::FromId.eq(from)).add(Column::ToId.eq(to));
    let mut same = Condition::any().add(between(row.from_id, row.to_id));
    if kind.facts().mutual {
        same = same.add(between(row.to_id, row.from_id));
    }
    match change.one(others(row, period).filter(same).limit(1)).await? {
        Some(first) => Err(Error::already_exists(["/from_customer_id", "/to_customer_id"], Some(first.id))),
        None => Ok(()),
    }
}

async fn has_one_parent(change: &Change, row: &Model, period: Period) -> Result<()> {
    let parent = others(row, period).filter(Column::FromId.eq(row.from_id)).limit(1);
    let Some(first) = change.one(parent).await? else { return Ok(()) };
    let error = Error::invalid_at("/to_customer_id", FaultCode::OneParent);
    let visible = change.exists(Entity::find_visible(first.id, &change.cx().actor)).await?;
    Err(if visible { error.with_existing(first.id) } else { error })
}

/// Follows the links of the companies from one of them on, as far as they hold at the same time as the new one.
async fn fits_into_tree(change: &Change, row: &Model, period: Period) -> Result<()> {
    let (above, met) = follow(change, row, Way::Up, period).await?;
    if met {
        return Err(Error::invalid_at("/to_customer_id", FaultCode::Circle));
    }
    let (below, _) = follow(change, row, Way::Down, period).await?;
    if above + below > LEVELS_MAX {
        let fault = Fault::new(FaultCode::TooDeep).with("limit", LEVELS_MAX.to_string());
        return Err(Error::invalid_at("/to_customer_id", fault));
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Up,
    Down,
}

impl Way {
    /// The column of the end that is known, and the ends of a link in the order they are passed.
    fn near(self) -> Column {
        if self == Self::Up { Column::FromId } else { Column::ToId }
    }

    fn ends(self, link: &Model) -> (Uuid, Uuid) {
        if self == Self::Up { (link.from_id, link.to_id) } else { (link.to_id, link.from_id) }
    }
}

/// How many levels there are from an end of a link on, that end included, and whether the way leads to the other end.
/// One query for each level of up to [`CHUNK`] companies.
async fn follow(change: &Change, row: &Model, way: Way, period: Period) -> Result<(usize, bool)> {
    let (other, start) = way.ends(row);
    let mut level = HashMap::from([(start, vec![period])]);
    let mut levels = 0;
    // One more than there can be is enough to refuse.
    while !level.is_empty() && levels <= LEVELS_MAX {
        if level.contains_key(&other) {
            return Ok((levels, true));
        }
        levels += 1;
        let mut next: HashMap<Uuid, Vec<Period>> = HashMap::new();
        let ids: Vec<Uuid> = level.keys().copied().collect();
        for chunk in ids.chunks(CHUNK) {
            let links = others(row, period).filter(way.near().is_in(chunk.iter().copied()));
            for link in change.all(links).await? {
                let (near, far) = way.ends(&link);
                let held = period_of(&link)?;
                let common = level.get(&near).into_iter().flatten().filter_map(|before| before.intersection(held));
                let common: Vec<Period> = common.collect();
                if !common.is_empty() {
                    next.entry(far).or_default().extend(common);
                }
            }
        }
        level = next;
    }
    Ok((levels, false))
}
