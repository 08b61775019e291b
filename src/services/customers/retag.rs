//! A tag gets another name, or another tag takes its place: told on the timeline of every carrier.

use std::collections::{BTreeSet, HashMap};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::entry;
use super::index::Index;
use crate::entities::cells::{Locks, Reads};
use crate::entities::{customer, customer_tag, tag};
use crate::error::{Error, Result};
use crate::history::change::Change;
use crate::schemas::customer::TagName;
use crate::services::{sentences, tags};

/// Carriers changed at a time.
const CHUNK: u64 = 500;

/// Puts `new` where customers carry `old`. A customer that carries both keeps one.
pub(in crate::services) async fn replace_tag_in(change: &Change, old: &tag::Model, new: &tag::Model) -> Result<()> {
    let mut last = Uuid::nil();
    loop {
        let ids = tags::carriers_in(change, old.id, last, CHUNK).await?;
        let Some(end) = ids.last() else { return Ok(()) };
        last = *end;
        let carriers = customer::Entity::find().filter(customer::Column::Id.is_in(ids.iter().copied()));
        let locked = change.all(carriers.order_by_asc(customer::Column::Id).lock_for_change()).await?;
        // Read behind the locks: somebody may have taken the tag off meanwhile.
        let mut carried: HashMap<Uuid, BTreeSet<Uuid>> = HashMap::new();
        let links = customer_tag::Entity::find().filter(customer_tag::Column::CustomerId.is_in(ids));
        for link in change.all(links).await? {
            carried.entry(link.customer_id).or_default().insert(link.tag_id);
        }
        for before in locked {
            let carried = carried.remove(&before.id).unwrap_or_default();
            if carried.contains(&old.id) {
                replace_on(change, before, carried, old, new).await?;
            }
        }
    }
}

async fn replace_on(
    change: &Change,
    before: customer::Model,
    carried: BTreeSet<Uuid>,
    old: &tag::Model,
    new: &tag::Model,
) -> Result<()> {
    let names: Vec<TagName> = serde_json::from_str(&before.tags).map_err(Error::internal)?;
    let mut kept: Vec<TagName> = Vec::with_capacity(names.len());
    for name in names {
        let name = if name.0 == old.name { TagName(new.name.clone()) } else { name };
        if !kept.contains(&name) {
            kept.push(name);
        }
    }
    let mut after = before.clone();
    after.tags = serde_json::to_string(&kept).map_err(Error::internal)?;
    change
        .update(&before, after, |changes| entry(&before, "customer.updated", sentences::changed(changes, |_| None)))
        .await?;
    let mut carries = carried.clone();
    carries.remove(&old.id);
    carries.insert(new.id);
    Index::only_tags(carries).replace(&Index::only_tags(carried), before.id, change);
    Ok(())
}
