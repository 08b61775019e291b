//! Customers' rows inside a change, locked until its end.

use uuid::Uuid;

use crate::entities::cells::{Locks, Reads};
use crate::entities::customer;
use crate::error::{Code, Error, Result};
use crate::history::change::Change;
use crate::history::entry::Root;

/// One of them; 404 if the caller may not know of it.
pub(crate) async fn lock_in(change: &Change, id: Uuid) -> Result<customer::Model> {
    let found = change.one(customer::Entity::find_visible(id, &change.cx().actor).lock_for_change()).await?;
    found.ok_or_else(|| Error::new(Code::NotFound))
}

/// As [`lock_in`], for a change that adds one event to the customer's history and nothing to others.
pub(crate) async fn lock_for_event_in(change: &Change, id: Uuid) -> Result<customer::Model> {
    let this = customer::Entity::find_visible(id, &change.cx().actor);
    change.lock_root(this, Root::customer(id)).await?.ok_or_else(|| Error::new(Code::NotFound))
}
