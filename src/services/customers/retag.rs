//! A tag gets another name, or another tag takes its place: told on the timeline of every carrier.

use std::collections::BTreeSet;

use sea_orm::EntityTrait;
use sea_orm::QuerySelect;
use uuid::Uuid;

use super::index::Index;
use super::{entry, tag_ids};
use crate::entities::cells::Reads;
use crate::entities::{customer, tag};
use crate::error::{Error, Result};
use crate::history::change::Change;
use crate::schemas::customer::TagName;
use crate::services::{sentences, tags};

/// Puts `new` where customers carry `old`; takes it off where there is no new one. A customer that
/// carries both keeps one.
pub(in crate::services) async fn replace_tag_in(
    change: &Change,
    old: &tag::Model,
    new: Option<&tag::Model>,
    chunk: u64,
) -> Result<()> {
    let mut last = Uuid::nil();
    loop {
        let ids = tags::carriers_in(change, old.id, last, chunk).await?;
        let Some(end) = ids.last() else { return Ok(()) };
        last = *end;
        for id in ids {
            let found = change.one(customer::Entity::find_by_id(id).lock_exclusive()).await?;
            if let Some(before) = found {
                replace_on(change, before, old, new).await?;
            }
        }
    }
}

async fn replace_on(
    change: &Change,
    before: customer::Model,
    old: &tag::Model,
    new: Option<&tag::Model>,
) -> Result<()> {
    let names: Vec<TagName> = serde_json::from_str(&before.tags).map_err(Error::internal)?;
    let mut kept: Vec<TagName> = Vec::with_capacity(names.len());
    for name in names {
        let name = match new {
            Some(new) if name.0 == old.name => TagName(new.name.clone()),
            None if name.0 == old.name => continue,
            _ => name,
        };
        if !kept.contains(&name) {
            kept.push(name);
        }
    }
    let mut after = before.clone();
    after.tags = serde_json::to_string(&kept).map_err(Error::internal)?;
    change
        .update(&before, after, |changes| entry(&before, "customer.updated", sentences::customer_updated(changes)))
        .await?;
    let carried = tag_ids(change, before.id).await?;
    let mut carries: BTreeSet<Uuid> = carried.clone();
    carries.remove(&old.id);
    carries.extend(new.map(|new| new.id));
    Index::only_tags(carries).replace(&Index::only_tags(carried), before.id, change);
    Ok(())
}
