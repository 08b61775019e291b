//! Customers: create, read, change, archive, restore.

mod by_external_id;
pub(super) mod index;
mod items;
mod list;
mod lock;
mod normalize;
mod quality;
mod retag;
mod row;
mod search;
mod unique;

use std::collections::{BTreeSet, HashSet};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

pub use by_external_id::{read_by_external_id, upsert};
pub use items::*;
pub use list::{changes, list};
pub(crate) use lock::{lock_for_event_in, lock_in};
pub(super) use retag::replace_tag_in;

use self::index::Index;
use self::normalize::{Normalized, normalize};
pub(super) use self::row::word;
use self::row::{blank, filled};
use super::custom_fields::{self, Definitions, Demand, Settled, Target};
use super::{numbers, sentences, stale, tags};
use crate::domain::actor::Visibility;
use crate::domain::event_kind::Category;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::past::Past;
use crate::domain::permission::Permission;
use crate::domain::version::Expected;
use crate::entities::cells::Reads;
use crate::entities::{customer, customer_tag, user};
use crate::error::{Code, Error, FieldError, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::entry::{Entry, Root, Subject};
use crate::history::outcome::Outcome;
use crate::history::past;
use crate::schemas::customer::{CreateCustomer, Customer, UpdateCustomer};
use crate::schemas::page::Found;
use crate::schemas::patch::{self, Patch};

const SUBJECT: &str = "customer";
/// Counter and first letter of the numbers we give: "K" as in Kunde.
const NUMBERS: (&str, &str) = ("customer_number", "K");

/// Creates a customer.
pub async fn create(cx: &Context, input: CreateCustomer) -> Result<Outcome<Customer>> {
    // Checked before the turn to write is taken: others need not wait for it.
    let state = normalize(input, &HashSet::new(), || cx.clock.new_id()).map_err(Error::invalid)?;
    let change = Change::begin(cx).await?;
    let row = insert_in(&change, state).await?;
    let customer = Customer::from(row);
    let outcome = Outcome::created(&customer, customer.location(), Some(customer.etag()))?;
    change.commit(outcome).await
}

/// Creates a customer within a larger change.
pub async fn create_in(change: &Change, input: CreateCustomer) -> Result<customer::Model> {
    let state = normalize(input, &HashSet::new(), || change.new_id()).map_err(Error::invalid)?;
    insert_in(change, state).await
}

async fn insert_in(change: &Change, mut state: Normalized) -> Result<customer::Model> {
    let actor = &change.cx().actor;
    if actor.visibility == Visibility::Own && state.fields.owner_id.is_none() {
        // Who sees only what they own would otherwise lose sight of it at once.
        state.fields.owner_id = actor.reference.id;
    }
    references_exist(change, &state, None).await?;
    unique::check(change, &state.fields, None).await?;
    may_restrict(change, false, state.fields.restricted.unwrap_or(false))?;
    let (number, definitions) = tokio::join!(number(change, &state.fields), custom_fields::of(change, SUBJECT));
    let (number, definitions) = (number?, definitions?);
    let tags = tags::find_or_create_in(change, &state.fields.tags, &BTreeSet::new()).await?;
    let mut blank = blank(change, number)?;
    let target = Target { id: blank.id, before: None, demand: Demand::Complete };
    let own_fields = own_fields(change, &definitions, target, &mut state).await?;
    blank.custom_fields.clone_from(&own_fields.json);
    let row = filled(blank, &state, &tags)?;
    own_fields.write(change, row.id);
    index_of(&row, &state, &tags).replace(&Index::default(), row.id, change);
    let entry = entry(&row, "customer.created", sentences::customer_created(&row.display_name));
    change.create(&row, entry.with_payload(created_payload(&row))).await?;
    Ok(row)
}

async fn number(change: &Change, fields: &CreateCustomer) -> Result<String> {
    match &fields.customer_number {
        Some(given) => Ok(given.clone()),
        None => {
            let (counter, prefix) = NUMBERS;
            numbers::next_free::<customer::Entity>(change, counter, prefix, customer::Column::CustomerNumber).await
        }
    }
}

/// Reads one customer, as it is or as it was.
pub async fn read(cx: &Context, id: Uuid, past: Option<Past>) -> Result<Customer> {
    let Some(past) = past else { return Ok(find(cx, id).await?.into()) };
    let this = customer::Entity::find_visible(id, &cx.actor);
    let row = past::customer(&cx.store.rows, &past, this).await?;
    Ok(row.ok_or_else(|| Error::new(Code::NotFound))?.into())
}

/// Reads the customer with a number.
pub async fn read_by_number(cx: &Context, number: &str) -> Result<Customer> {
    let by_number = customer::Entity::find().filter(customer::Column::CustomerNumber.eq(number));
    let found: Option<customer::Model> = cx.store.rows.one(by_number.filter(customer::visible_to(&cx.actor))).await?;
    found.map(Customer::from).ok_or_else(|| Error::new(Code::NotFound))
}

/// One customer's row, if the caller may know of it.
pub(super) async fn find(cx: &Context, id: Uuid) -> Result<customer::Model> {
    let found = cx.store.rows.one(customer::Entity::find_visible(id, &cx.actor)).await?;
    found.ok_or_else(|| Error::new(Code::NotFound))
}

/// Refuses customers the caller may not know of, without reading them.
pub(super) async fn must_be_visible(cx: &Context, id: Uuid) -> Result<()> {
    let visible = cx.store.rows.exists(customer::Entity::find_visible(id, &cx.actor)).await?;
    if visible { Ok(()) } else { Err(Error::new(Code::NotFound)) }
}

/// Reads a list of what belongs to one customer. 404 if the caller may not know of them.
pub(super) async fn of_visible<T>(
    cx: &Context,
    id: Uuid,
    list: impl Future<Output = Result<Found<T>>>,
) -> Result<Found<T>> {
    if !customer::visible_to(&cx.actor).is_empty() {
        must_be_visible(cx, id).await?;
        return list.await;
    }
    // Whoever sees every customer need not be asked about this one, and what belongs to a customer proves that they
    // exist: a query less for each page.
    let found = list.await?;
    if found.items.is_empty() {
        must_be_visible(cx, id).await?;
    }
    Ok(found)
}

/// Changes a customer.
pub async fn update(
    cx: &Context,
    id: Uuid,
    expected: Expected,
    patch: Patch<UpdateCustomer>,
) -> Result<Outcome<Customer>> {
    let change = Change::begin(cx).await?;
    let before = lock_in(&change, id).await?;
    stale::check(&change, id, &expected, before.version).await?;
    let after = patch_in(&change, before, &patch).await?;
    answer(change, after).await
}

async fn patch_in(change: &Change, before: customer::Model, patch: &Patch<UpdateCustomer>) -> Result<customer::Model> {
    let current = serde_json::to_value(Customer::from(before.clone())).map_err(Error::internal)?;
    let merged = patch.apply(&current, writable(&before)?)?;
    update_in(change, before, read_fields(merged)?, Demand::Complete).await
}

/// Replaces the writable fields of a customer within a larger change.
pub(super) async fn update_in(
    change: &Change,
    before: customer::Model,
    fields: CreateCustomer,
    demand: Demand,
) -> Result<customer::Model> {
    not_archived(&before)?;
    let mut state = normalize(fields, &entry_ids(&before)?, || change.new_id()).map_err(Error::invalid)?;
    recognise(&mut state.contact_points, &before.contact_points, |point| &mut point.id)?;
    recognise(&mut state.addresses, &before.addresses, |address| &mut address.id)?;
    references_exist(change, &state, Some(before.id)).await?;
    unique::check(change, &state.fields, Some(&before)).await?;
    let (old_tags, definitions) = tokio::join!(tag_ids(change, before.id), custom_fields::of(change, SUBJECT));
    let (old_tags, definitions) = (old_tags?, definitions?);
    let tags = tags::find_or_create_in(change, &state.fields.tags, &old_tags).await?;
    let target = Target { id: before.id, before: Some(&before.custom_fields), demand };
    let own_fields = own_fields(change, &definitions, target, &mut state).await?;
    let mut blank = before.clone();
    blank.custom_fields.clone_from(&own_fields.json);
    if let Some(number) = &state.fields.customer_number {
        blank.customer_number = number.clone();
    }
    let after = filled(blank, &state, &tags)?;
    may_restrict(change, before.restricted, after.restricted)?;
    let written = change
        .update(&before, after.clone(), |changes| {
            let title = sentences::changed(changes, |field| definitions.label_of(field));
            entry(&after, "customer.updated", title)
        })
        .await?;
    own_fields.write(change, before.id);
    if written.version != before.version {
        index_of(&written, &state, &tags).replace(&Index::stored(&before, old_tags), before.id, change);
    }
    Ok(written)
}

/// Merges a patch (RFC 7396) of the writable fields into a customer within a larger change.
pub async fn merge_in(change: &Change, id: Uuid, patch: Value) -> Result<customer::Model> {
    let before = lock_in(change, id).await?;
    let mut fields = writable(&before)?;
    patch::merge(&mut fields, patch);
    update_in(change, before, read_fields(fields)?, Demand::AsItIs).await
}

/// The values of the fields the business has defined, taken out of what was written.
async fn own_fields(
    change: &Change,
    definitions: &Definitions,
    target: Target<'_>,
    state: &mut Normalized,
) -> Result<Settled> {
    let sent = std::mem::take(&mut state.fields.custom_fields);
    let visible = |id| customer::Entity::find_visible(id, &change.cx().actor);
    custom_fields::settle(change, definitions, target, sent, visible).await
}

/// Archives a customer: hidden from lists, restorable, its history stays.
pub async fn archive(cx: &Context, id: Uuid, expected: Expected) -> Result<Outcome<()>> {
    let change = Change::begin(cx).await?;
    let before = lock_in(&change, id).await?;
    stale::check(&change, id, &expected, before.version).await?;
    archive_in(&change, before).await?;
    change.commit(Outcome::nothing()).await
}

/// Archives a customer within a larger change.
pub async fn archive_in(change: &Change, before: customer::Model) -> Result<customer::Model> {
    not_archived(&before)?;
    let mut after = before.clone();
    after.archived_at = Some(change.now());
    let title = sentences::customer_archived(&before.display_name);
    change.update(&before, after, |_| entry(&before, "customer.archived", title)).await
}

/// Brings an archived customer back.
pub async fn restore(cx: &Context, id: Uuid) -> Result<Outcome<Customer>> {
    let change = Change::begin(cx).await?;
    let before = lock_in(&change, id).await?;
    if before.archived_at.is_none() {
        return Err(Error::new(Code::NotArchived));
    }
    let mut after = before.clone();
    after.archived_at = None;
    let title = sentences::customer_restored(&before.display_name);
    let after = change.update(&before, after, |_| entry(&before, "customer.restored", title)).await?;
    answer(change, after).await
}

async fn answer(change: Change, row: customer::Model) -> Result<Outcome<Customer>> {
    let customer = Customer::from(row);
    let outcome = Outcome::ok(&customer, Some(customer.etag()))?;
    change.commit(outcome).await
}

pub(super) fn not_archived(row: &customer::Model) -> Result<()> {
    if row.archived_at.is_some() { Err(Error::new(Code::Archived)) } else { Ok(()) }
}

fn entry(row: &customer::Model, kind: &str, title: crate::domain::language::Sentence) -> Entry {
    let subject = Subject { kind: SUBJECT, id: row.id };
    Entry::new(Root::customer(row.id), subject, kind, Category::MasterData, title)
}

/// What was known of the customer at the beginning; the later changes build on it.
fn created_payload(row: &customer::Model) -> Value {
    use crate::history::change::Recorded;
    let mut fields = row.fields();
    if let Value::Object(members) = &mut fields {
        members.retain(|_, value| !matches!(value, Value::Null) && value != &serde_json::json!([]));
    }
    serde_json::json!({ "fields": fields, "version": row.version })
}

/// The writable fields of a stored customer.
fn writable(row: &customer::Model) -> Result<Value> {
    let current = serde_json::to_value(Customer::from(row.clone())).map_err(Error::internal)?;
    let Value::Object(mut fields) = current else { return Err(Error::internal("a customer is an object")) };
    const READ_ONLY: [&str; 12] = [
        "id",
        "first_contact_at",
        "last_interaction_at",
        "data_quality",
        "version",
        "created_at",
        "created_by",
        "updated_at",
        "updated_by",
        "archived_at",
        "display_name",
        "derived_version",
    ];
    fields.retain(|name, value| !READ_ONLY.contains(&name.as_str()) && !value.is_null());
    if let Some(name) = &row.chosen_name {
        fields.insert("display_name".to_owned(), Value::String(name.clone()));
    }
    if let Some(Value::Array(points)) = fields.get_mut("contact_points") {
        for point in points.iter_mut().filter_map(Value::as_object_mut) {
            point.remove("normalized");
        }
    }
    Ok(Value::Object(fields))
}

fn read_fields(fields: Value) -> Result<CreateCustomer> {
    serde_json::from_value(fields).map_err(|error| Error::unfitting("", error))
}

fn entry_ids(row: &customer::Model) -> Result<HashSet<Uuid>> {
    let mut ids = HashSet::new();
    for text in [&row.contact_points, &row.addresses] {
        let entries: Vec<Value> = serde_json::from_str(text).map_err(Error::internal)?;
        ids.extend(entries.iter().filter_map(|entry| entry.get("id")?.as_str()?.parse::<Uuid>().ok()));
    }
    Ok(ids)
}

/// Entries sent without their id that say what a stored one says are that one: sending a list again changes nothing.
fn recognise<T: DeserializeOwned + PartialEq + Clone>(
    entries: &mut [T],
    stored: &str,
    id: impl Fn(&mut T) -> &mut Uuid,
) -> Result<()> {
    let mut left: Vec<T> = serde_json::from_str(stored).map_err(Error::internal)?;
    let named: Vec<Uuid> = entries.iter_mut().map(|entry| *id(entry)).collect();
    left.retain_mut(|entry| !named.contains(id(entry)));
    for entry in entries {
        let says_the_same = |known: &T| {
            let mut known = known.clone();
            *id(&mut known) = *id(&mut entry.clone());
            known == *entry
        };
        if let Some(place) = left.iter().position(says_the_same) {
            *id(entry) = *id(&mut left.remove(place));
        }
    }
    Ok(())
}

async fn tag_ids(change: &Change, customer_id: Uuid) -> Result<BTreeSet<Uuid>> {
    let rows =
        change.all(customer_tag::Entity::find().filter(customer_tag::Column::CustomerId.eq(customer_id))).await?;
    Ok(rows.into_iter().map(|row| row.tag_id).collect())
}

/// Only data protection restricts the processing of data (GDPR, article 18), and lifts that again.
fn may_restrict(change: &Change, before: bool, after: bool) -> Result<()> {
    let permission = Permission::CustomersRestrict;
    if before == after || change.cx().actor.permissions.contains(permission) {
        return Ok(());
    }
    Err(Error::insufficient_scope(permission))
}

async fn references_exist(change: &Change, state: &Normalized, own_id: Option<Uuid>) -> Result<()> {
    let fields = &state.fields;
    let mut faults = Vec::new();
    let mut missing = |pointer: &str, kind: &str| {
        faults.push(FieldError::at_pointer(pointer, Fault::new(FaultCode::Reference).with("type", kind)));
    };
    if let Some(owner) = fields.owner_id
        && !change.exists(user::Entity::find_by_id(owner)).await?
    {
        missing("/owner_id", "user");
    }
    let employer = fields.person.as_ref().and_then(|person| person.employer.as_ref()?.customer_id);
    for (pointer, customer) in [("/referred_by", fields.referred_by), ("/person/employer/customer_id", employer)] {
        let Some(id) = customer else { continue };
        let found = change.exists(customer::Entity::find_visible(id, &change.cx().actor)).await?;
        if !found || Some(id) == own_id {
            missing(pointer, "customer");
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
}

fn index_of(row: &customer::Model, state: &Normalized, tags: &[(Uuid, String)]) -> Index {
    Index::of(row, state, tags.iter().map(|(id, _)| *id).collect())
}
