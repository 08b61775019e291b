//! Contact points and addresses one by one. They are part of the customer: each change of one is a
//! change of the customer, with its version and its event.

use serde_json::Value;
use uuid::Uuid;

use super::{Demand, find, lock_in, stale, update_in, writable};
use crate::domain::version::Expected;
use crate::entities::customer;
use crate::error::{Code, Error, FieldError, Location, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::outcome::Outcome;
use crate::schemas::customer::{
    Address, AddressInput, AddressList, ContactPoint, ContactPointInput, ContactPointList, CreateCustomer, Customer,
};
use crate::schemas::patch::{self, Patch};
use crate::schemas::shape;

/// A list inside the customer whose entries have addresses of their own.
pub trait Item: serde::de::DeserializeOwned + serde::Serialize {
    /// What callers send.
    type Input: utoipa::ToSchema + serde::de::DeserializeOwned + serde::Serialize + 'static;
    /// What a PATCH may hold.
    type Update: utoipa::ToSchema + 'static;
    /// The member of the customer.
    const MEMBER: &'static str;
    /// The part of the address.
    const PATH: &'static str;

    /// The identifier.
    fn id(&self) -> Uuid;

    /// The stored list.
    fn stored(row: &customer::Model) -> &str;
}

impl Item for ContactPoint {
    type Input = ContactPointInput;
    type Update = crate::schemas::customer::UpdateContactPoint;
    const MEMBER: &'static str = "contact_points";
    const PATH: &'static str = "contact-points";

    fn id(&self) -> Uuid {
        self.id
    }

    fn stored(row: &customer::Model) -> &str {
        &row.contact_points
    }
}

impl Item for Address {
    type Input = AddressInput;
    type Update = crate::schemas::customer::UpdateAddress;
    const MEMBER: &'static str = "addresses";
    const PATH: &'static str = "addresses";

    fn id(&self) -> Uuid {
        self.id
    }

    fn stored(row: &customer::Model) -> &str {
        &row.addresses
    }
}

/// All contact points of a customer, and the customer's entity tag.
pub async fn contact_points(cx: &Context, id: Uuid) -> Result<(ContactPointList, String)> {
    let row = find(cx, id).await?;
    Ok((ContactPointList { items: entries(&row)? }, Customer::from(row).etag()))
}

/// All addresses of a customer, and the customer's entity tag.
pub async fn addresses(cx: &Context, id: Uuid) -> Result<(AddressList, String)> {
    let row = find(cx, id).await?;
    Ok((AddressList { items: entries(&row)? }, Customer::from(row).etag()))
}

fn entries<I: Item>(row: &customer::Model) -> Result<Vec<I>> {
    serde_json::from_str(I::stored(row)).map_err(Error::internal)
}

/// One entry, and the customer's entity tag.
pub async fn read_item<I: Item>(cx: &Context, id: Uuid, item_id: Uuid) -> Result<(I, String)> {
    let row = find(cx, id).await?;
    Ok((find_entry(&row, item_id)?, Customer::from(row).etag()))
}

fn find_entry<I: Item>(row: &customer::Model, item_id: Uuid) -> Result<I> {
    let found = entries::<I>(row)?.into_iter().find(|item| item.id() == item_id);
    found.ok_or_else(|| Error::new(Code::NotFound))
}

/// Adds an entry. The version, if one is expected, is the customer's.
pub async fn add_item<I: Item>(
    cx: &Context,
    id: Uuid,
    expected: Option<Expected>,
    mut input: I::Input,
) -> Result<Outcome<I>> {
    let change = Change::begin(cx).await?;
    let before = lock_in(&change, id).await?;
    if let Some(expected) = expected {
        stale::check(&change, id, &expected, before.version).await?;
    }
    let known: Vec<Uuid> = entries::<I>(&before)?.iter().map(Item::id).collect();
    let fields = edit::<I>(&before, |list| {
        // An id is given by the server; a sent one could only collide.
        let mut entry = serde_json::to_value(&mut input).unwrap_or_default();
        if let Value::Object(members) = &mut entry {
            members.remove("id");
        }
        list.push(entry);
    })?;
    let after = update_with_item::<I>(&change, before, fields).await?;
    let added = entries::<I>(&after)?.into_iter().find(|item| !known.contains(&item.id()));
    let added = added.ok_or_else(|| Error::internal("the added entry is gone"))?;
    let location = format!("/v1/customers/{id}/{}/{}", I::PATH, added.id());
    let etag = Customer::from(after).etag();
    change.commit(Outcome::created(&added, location, Some(etag))?).await
}

/// Changes an entry. The version is the customer's.
pub async fn update_item<I: Item>(
    cx: &Context,
    id: Uuid,
    item_id: Uuid,
    expected: Expected,
    patch: Patch<I::Update>,
) -> Result<Outcome<I>> {
    let change = Change::begin(cx).await?;
    let before = lock_in(&change, id).await?;
    let current = serde_json::to_value(find_entry::<I>(&before, item_id)?).map_err(Error::internal)?;
    stale::check(&change, id, &expected, before.version).await?;
    let mut own = current.clone();
    if let Value::Object(members) = &mut own {
        members.remove("normalized");
    }
    let merged = patch.apply(&current, own)?;
    let fields = edit::<I>(&before, |list| {
        for entry in list.iter_mut().filter(|entry| is(entry, item_id)) {
            entry.clone_from(&merged);
        }
    })?;
    let after = update_with_item::<I>(&change, before, fields).await?;
    let changed = find_entry::<I>(&after, item_id)?;
    let etag = Customer::from(after).etag();
    change.commit(Outcome::ok(&changed, Some(etag))?).await
}

/// Removes an entry; what it was stays in the history.
pub async fn remove_item<I: Item>(cx: &Context, id: Uuid, item_id: Uuid, expected: Expected) -> Result<Outcome<()>> {
    let change = Change::begin(cx).await?;
    let before = lock_in(&change, id).await?;
    find_entry::<I>(&before, item_id)?;
    stale::check(&change, id, &expected, before.version).await?;
    let fields = edit::<I>(&before, |list| list.retain(|entry| !is(entry, item_id)))?;
    update_with_item::<I>(&change, before, fields).await.map_err(|error| match error.code() {
        // It stands for the name of somebody who has none.
        Code::ValidationFailed => Error::new(Code::InUse),
        _ => error,
    })?;
    change.commit(Outcome::nothing()).await
}

/// Callers of an entry's address sent the entry alone: its faults lie where the caller put them.
async fn update_with_item<I: Item>(
    change: &Change,
    before: customer::Model,
    fields: CreateCustomer,
) -> Result<customer::Model> {
    update_in(change, before, fields, Demand::AsItIs).await.map_err(within_item::<I>)
}

fn within_item<I: Item>(error: Error) -> Error {
    if error.code() != Code::ValidationFailed {
        return error;
    }
    let within = |fault: &FieldError| match &fault.location {
        Location::Pointer(place) => match place.strip_prefix('/').and_then(|place| place.strip_prefix(I::MEMBER)) {
            Some(rest) => {
                // Behind the list's name stands the entry's index.
                let member = rest.trim_start_matches('/').find('/').map_or("", |at| &rest[at + 1..]);
                FieldError::at_pointer(member, fault.fault.clone())
            }
            None => fault.clone(),
        },
        _ => fault.clone(),
    };
    Error::invalid(error.faults().iter().map(within).collect())
}

fn is(entry: &Value, id: Uuid) -> bool {
    entry.get("id").and_then(Value::as_str).is_some_and(|text| text == id.to_string())
}

/// The customer's writable fields with one list edited.
fn edit<I: Item>(row: &customer::Model, edit: impl FnOnce(&mut Vec<Value>)) -> Result<CreateCustomer> {
    let mut fields = writable(row)?;
    match fields.get_mut(I::MEMBER) {
        Some(Value::Array(list)) => edit(list),
        _ => {
            let mut list = Vec::new();
            edit(&mut list);
            patch::merge(&mut fields, serde_json::json!({ I::MEMBER: list }));
        }
    }
    // The entry fits its schema; the list it is part of may have become too long.
    shape::of_body::<CreateCustomer>()?.must_fit(&fields).map_err(within_item::<I>)?;
    super::read_fields(fields)
}
