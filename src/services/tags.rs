//! Tags: a small vocabulary. Customers carry the names, so a rename or a merge is a change of each
//! carrier, told on its timeline.

use std::collections::{BTreeSet, HashMap};

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use super::prefix::begins_with;
use super::{customers, field_history, order, pages, sentences, stale};
use crate::domain::event_kind::Category;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::folding::{Umlauts, fold};
use crate::domain::version::Expected;
use crate::entities::cells::{Locks, Reads};
use crate::entities::{customer_tag, tag};
use crate::error::{Code, Error, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::entry::{Entry, Root, Subject};
use crate::history::outcome::Outcome;
use crate::schemas::change::{ChangesQuery, RecordChange};
use crate::schemas::customer::TagName;
use crate::schemas::page::{Found, PageRequest};
use crate::schemas::patch::Patch;
use crate::schemas::tag::{CreateTag, MergeTag, Tag, TagQuery, UpdateTag};

const SUBJECT: &str = "tag";
/// What is made one after another: two customers with the same new tag, created at the same time, share it instead of
/// colliding.
const NEW_TAGS: &str = "tags";

const SORTS: &[(&str, tag::Column)] = &[("name", tag::Column::NameKey), ("created_at", tag::Column::CreatedAt)];

/// Names that differ only in case or accents are one tag.
pub fn name_key(name: &str) -> String {
    fold(name, Umlauts::Spelled).trim().to_owned()
}

/// One page of tags.
pub async fn list(cx: &Context, query: &TagQuery, page: &PageRequest) -> Result<Found<Tag>> {
    let mut all = pages::archived(query.archived, tag::Column::ArchivedAt);
    if let Some(q) = &query.q {
        let key = name_key(q);
        // Nothing but blanks is the beginning of no name.
        all = if key.is_empty() {
            all.add(Expr::cust("1 = 0"))
        } else {
            all.add(begins_with(tag::Column::NameKey, &key))
        };
    }
    let select = tag::Entity::find().filter(all);
    let order = order::by(query.sort.as_deref(), "name", SORTS, tag::Column::Id);
    pages::find(cx, select, &order, page, Tag::from).await
}

/// Reads one tag.
pub async fn read(cx: &Context, id: Uuid) -> Result<Tag> {
    let found = cx.store.rows.one(tag::Entity::find_by_id(id)).await?;
    found.map(Tag::from).ok_or_else(|| Error::new(Code::NotFound))
}

/// Creates a tag.
pub async fn create(cx: &Context, input: CreateTag) -> Result<Outcome<Tag>> {
    let change = Change::begin(cx).await?;
    change.one_after_another(NEW_TAGS).await?;
    if let Some(other) = find_by_key(&change, &input.name).await? {
        return Err(Error::already_exists(["/name"], Some(other.id)));
    }
    let tag = Tag::from(create_in(&change, input).await?);
    let outcome = Outcome::created(&tag, format!("/v1/tags/{}", tag.id), Some(tag.version.to_string()))?;
    change.commit(outcome).await
}

async fn create_in(change: &Change, input: CreateTag) -> Result<tag::Model> {
    let key = name_key(&input.name);
    if key.is_empty() {
        return Err(Error::invalid_at("/name", FaultCode::Blank));
    }
    let actor = change.actor_json()?;
    let row = tag::Model {
        id: change.new_id(),
        name: input.name,
        name_key: key,
        description: input.description,
        color: input.color,
        version: 1,
        created_at: change.now(),
        created_by: actor.clone(),
        updated_at: change.now(),
        updated_by: actor,
        archived_at: None,
    };
    let title = sentences::sentence(format!("Tag created: {}", row.name), format!("Schlagwort angelegt: {}", row.name));
    let payload = serde_json::json!({ "fields": { "name": row.name }, "version": 1 });
    change.create(&row, entry(&row, "tag.created", title).with_payload(payload)).await?;
    Ok(row)
}

/// Ids and names of tags by name, in the given order; those that do not exist are created. `carried` are those that a
/// customer who is locked carries already.
pub async fn find_or_create_in(
    change: &Change,
    names: &[TagName],
    carried: &BTreeSet<Uuid>,
) -> Result<Vec<(Uuid, String)>> {
    let keys: Vec<String> = names.iter().map(|name| name_key(&name.0)).collect();
    let mut seen = BTreeSet::new();
    for (index, key) in keys.iter().enumerate() {
        if key.is_empty() {
            return Err(Error::invalid_at(format!("/tags/{index}"), FaultCode::Blank));
        }
        if !seen.insert(key) {
            return Err(Error::invalid_at(format!("/tags/{index}"), FaultCode::Duplicate));
        }
    }
    let mut known = carried_in(change, &keys, carried).await?;
    known.extend(kept_in(change, &lacking(&keys, &known)).await?);
    let new = lacking(&keys, &known);
    if !new.is_empty() {
        change.one_after_another(NEW_TAGS).await?;
        known.extend(kept_in(change, &new).await?);
    }
    let mut tags: Vec<(Uuid, String)> = Vec::with_capacity(names.len());
    for (name, key) in names.iter().zip(&keys) {
        let found = match known.iter().find(|tag| tag.name_key == *key) {
            Some(tag) => tag.clone(),
            None => create_in(change, CreateTag { name: name.0.clone(), description: None, color: None }).await?,
        };
        tags.push((found.id, found.name));
    }
    Ok(tags)
}

/// Keys that none of the tags has.
fn lacking<'a>(keys: &'a [String], known: &[tag::Model]) -> Vec<&'a String> {
    keys.iter().filter(|key| known.iter().all(|tag| tag.name_key != **key)).collect()
}

/// The tags among the carried ones with these keys. They need no lock of their own: whoever gives one of them another name
/// changes the customer as well, and waits for its lock.
async fn carried_in(change: &Change, keys: &[String], carried: &BTreeSet<Uuid>) -> Result<Vec<tag::Model>> {
    if keys.is_empty() || carried.is_empty() {
        return Ok(Vec::new());
    }
    let carried = tag::Column::Id.is_in(carried.iter().copied());
    Ok(change.all(in_use(keys).filter(carried)).await?)
}

/// The tags with these keys. They keep their names until the commit, so that whoever gives one of them another name finds
/// its new carrier.
async fn kept_in(change: &Change, keys: &[&String]) -> Result<Vec<tag::Model>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    Ok(change.all(in_use(keys.iter().copied()).order_by_asc(tag::Column::Id).lock_shared()).await?)
}

fn in_use<'a>(keys: impl IntoIterator<Item = &'a String>) -> Select<tag::Entity> {
    tag::Entity::find().filter(tag::Column::NameKey.is_in(keys)).filter(tag::Column::ArchivedAt.is_null())
}

/// Changes a tag. A new name appears on every customer that carries it.
pub async fn update(cx: &Context, id: Uuid, expected: Expected, patch: Patch<UpdateTag>) -> Result<Outcome<Tag>> {
    let change = Change::begin(cx).await?;
    let before = lock_in(&change, id).await?;
    stale::check(&change, id, &expected, before.version).await?;
    not_archived(&before)?;
    let current = serde_json::to_value(Tag::from(before.clone())).map_err(Error::internal)?;
    let writable = serde_json::json!({
        "name": before.name, "description": before.description, "color": before.color,
    });
    let merged: CreateTag =
        serde_json::from_value(patch.apply(&current, writable)?).map_err(|error| Error::unfitting("/name", error))?;
    let mut after = before.clone();
    after.name_key = name_key(&merged.name);
    after.name = merged.name;
    after.description = merged.description;
    after.color = merged.color;
    if after.name_key.is_empty() {
        return Err(Error::invalid_at("/name", FaultCode::Blank));
    }
    if let Some(other) = find_by_key(&change, &after.name).await?
        && other.id != id
    {
        return Err(Error::already_exists(["/name"], Some(other.id)));
    }
    let title =
        sentences::sentence(format!("Tag changed: {}", after.name), format!("Schlagwort geändert: {}", after.name));
    // Carriers first: whoever holds one of them may already wait for the new name, which is ours from the update on.
    if after.name != before.name {
        customers::replace_tag_in(&change, &before, &after).await?;
    }
    let written = change.update(&before, after, |_| entry(&before, "tag.updated", title)).await?;
    let tag = Tag::from(written);
    let outcome = Outcome::ok(&tag, Some(tag.version.to_string()))?;
    change.commit(outcome).await
}

/// Puts another tag in the place of this one on every customer, and archives this one.
pub async fn merge(cx: &Context, id: Uuid, expected: Expected, input: MergeTag) -> Result<Outcome<Tag>> {
    let change = Change::begin(cx).await?;
    // In the order of their ids, so that one of two merges crosswise waits for the other. The target is shared: it keeps its
    // name and stays in use, and whoever gives it to a customer, locked for that, does not wait for us, who wait for them.
    let (before, target) = if input.into < id {
        let target = shared_in(&change, input.into).await?;
        (lock_in(&change, id).await?, target)
    } else {
        let before = lock_in(&change, id).await?;
        (before, shared_in(&change, input.into).await?)
    };
    stale::check(&change, id, &expected, before.version).await?;
    not_archived(&before)?;
    let target = target.filter(|target| target.archived_at.is_none() && target.id != id);
    let missing = || Error::invalid_at("/into", Fault::new(FaultCode::Reference).with("type", SUBJECT));
    let target = target.ok_or_else(missing)?;
    customers::replace_tag_in(&change, &before, &target).await?;
    let mut after = before.clone();
    after.archived_at = Some(change.now());
    let title = sentences::sentence(
        format!("Tag {} merged into {}", before.name, target.name),
        format!("Schlagwort {} mit {} zusammengeführt", before.name, target.name),
    );
    let payload = serde_json::json!({ "merged_into": { "id": target.id, "name": target.name } });
    change.update(&before, after, |_| entry(&before, "tag.merged", title).with_payload(payload)).await?;
    let tag = Tag::from(target);
    let outcome = Outcome::ok(&tag, Some(tag.version.to_string()))?;
    change.commit(outcome).await
}

/// Archives a tag that nobody carries.
pub async fn archive(cx: &Context, id: Uuid, expected: Expected) -> Result<Outcome<()>> {
    let change = Change::begin(cx).await?;
    let before = lock_in(&change, id).await?;
    stale::check(&change, id, &expected, before.version).await?;
    not_archived(&before)?;
    let carriers = change.count(customer_tag::Entity::find().filter(customer_tag::Column::TagId.eq(id))).await?;
    if carriers > 0 {
        return Err(Error::new(Code::InUse).with_member("customers", carriers));
    }
    let mut after = before.clone();
    after.archived_at = Some(change.now());
    let title = sentences::sentence(
        format!("Tag archived: {}", before.name),
        format!("Schlagwort archiviert: {}", before.name),
    );
    change.update(&before, after, |_| entry(&before, "tag.archived", title)).await?;
    change.commit(Outcome::nothing()).await
}

/// Brings an archived tag back, unless its name was taken meanwhile.
pub async fn restore(cx: &Context, id: Uuid) -> Result<Outcome<Tag>> {
    let change = Change::begin(cx).await?;
    let before = lock_in(&change, id).await?;
    if before.archived_at.is_none() {
        return Err(Error::new(Code::NotArchived));
    }
    if let Some(other) = find_by_key(&change, &before.name).await? {
        return Err(Error::already_exists(["/name"], Some(other.id)));
    }
    let mut after = before.clone();
    after.archived_at = None;
    let title = sentences::sentence(
        format!("Tag restored: {}", before.name),
        format!("Schlagwort wiederhergestellt: {}", before.name),
    );
    let after = change.update(&before, after, |_| entry(&before, "tag.restored", title)).await?;
    let tag = Tag::from(after);
    let outcome = Outcome::ok(&tag, Some(tag.version.to_string()))?;
    change.commit(outcome).await
}

async fn lock_in(change: &Change, id: Uuid) -> Result<tag::Model> {
    let found = change.one(tag::Entity::find_by_id(id).lock_for_change()).await?;
    found.ok_or_else(|| Error::new(Code::NotFound))
}

async fn shared_in(change: &Change, id: Uuid) -> Result<Option<tag::Model>> {
    Ok(change.one(tag::Entity::find_by_id(id).lock_shared()).await?)
}

/// The tags in use with these names, by name.
pub async fn named(reader: &impl Reads, names: BTreeSet<String>) -> Result<HashMap<String, Uuid>> {
    use tag::{Column, Entity};
    let named = Entity::find().filter(Column::Name.is_in(names)).filter(Column::ArchivedAt.is_null());
    let named: Vec<(String, Uuid)> = reader.tuples(named.select_only().columns([Column::Name, Column::Id])).await?;
    Ok(named.into_iter().collect())
}

async fn find_by_key(change: &Change, name: &str) -> Result<Option<tag::Model>> {
    let found = change
        .one(
            tag::Entity::find()
                .filter(tag::Column::NameKey.eq(name_key(name)))
                .filter(tag::Column::ArchivedAt.is_null()),
        )
        .await?;
    Ok(found)
}

/// Ids of the next customers that carry a tag, in the order of ids.
pub(super) async fn carriers_in(change: &Change, tag_id: Uuid, after: Uuid, limit: u64) -> Result<Vec<Uuid>> {
    let rows = change
        .all(
            customer_tag::Entity::find()
                .filter(customer_tag::Column::TagId.eq(tag_id))
                .filter(customer_tag::Column::CustomerId.gt(after))
                .order_by_asc(customer_tag::Column::CustomerId)
                .limit(limit),
        )
        .await?;
    Ok(rows.into_iter().map(|row| row.customer_id).collect())
}

fn not_archived(row: &tag::Model) -> Result<()> {
    if row.archived_at.is_some() { Err(Error::new(Code::Archived)) } else { Ok(()) }
}

fn entry(row: &tag::Model, kind: &str, title: crate::domain::language::Sentence) -> Entry {
    let root = Root { id: row.id, kind: SUBJECT };
    Entry::new(root, Subject { kind: SUBJECT, id: row.id }, kind, Category::MasterData, title)
}

/// One page of the changes of one.
pub async fn changes(cx: &Context, id: Uuid, query: &ChangesQuery, page: &PageRequest) -> Result<Found<RecordChange>> {
    field_history::of::<tag::Model>(cx, id, tag::Entity::find_by_id(id), query, page).await
}
