//! Writing a record by the id another system has for it: made where there is none, changed where there is one. One way
//! for every kind of record.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{external_ids, stale};
use crate::domain::version::{Expected, Preconditions};
use crate::error::{Code, Error, Result};
use crate::history::change::{Change, Recorded};
use crate::history::context::Context;
use crate::history::outcome::Outcome;
use crate::schemas::Checked;
use crate::schemas::patch::Patch;
use crate::schemas::timeline::SourceInput;
use crate::schemas::upsert::Upsert;

/// The records of a kind that other systems know by ids of their own: all of them, or those of one customer.
pub trait Upserted: Sync {
    /// What `external_ids` calls one.
    const RESOURCE: &'static str;
    /// The row of one.
    type Row: Recorded;
    /// What is locked with it.
    type Beside;
    /// What a new one is made from.
    type Create: utoipa::ToSchema + serde::de::DeserializeOwned + Checked + 'static;
    /// What may change in one.
    type Update: utoipa::ToSchema + 'static;
    /// What callers read.
    type Reply: serde::Serialize;

    /// Makes one.
    fn create_in(&self, change: &Change, input: Self::Create) -> impl Future<Output = Result<Self::Row>>;

    /// Locks the one with this id; [`taken`] if it is none of these, or the caller may not know of it.
    fn lock_in(&self, change: &Change, id: Uuid) -> impl Future<Output = Result<(Self::Beside, Self::Row)>>;

    /// Whether this one is archived itself, whatever it belongs to.
    fn is_archived(row: &Self::Row) -> bool;

    /// Those of the fields that are fixed once and for all, in their one form.
    fn fixed(_document: &Upsert<Self::Create>) -> Result<Map<String, Value>> {
        Ok(Map::new())
    }

    /// Changes one.
    fn patch_in(
        &self,
        change: &Change,
        before: (Self::Beside, Self::Row),
        patch: &Patch<Self::Update>,
    ) -> impl Future<Output = Result<Self::Row>>;

    /// What callers read of one.
    fn reply(row: Self::Row) -> Result<Self::Reply>;

    /// Address and entity tag of what callers read.
    fn place(reply: &Self::Reply) -> (String, String);
}

/// How often a race for the same external id is entered again.
const ATTEMPTS: usize = 3;

/// Makes or changes the record with an external id.
pub async fn upsert<R: Upserted>(
    records: &R,
    cx: &Context,
    document: &Upsert<R::Create>,
    conditions: &Preconditions,
) -> Result<Outcome<R::Reply>> {
    let mut attempts = 1;
    loop {
        let change = Change::begin(cx).await?;
        if let Some(id) = external_ids::find_in(&change, R::RESOURCE, document.id()).await? {
            let before = records.lock_in(&change, id).await?;
            // Somebody may have given the id to another record before this one was locked.
            if external_ids::find_in(&change, R::RESOURCE, document.id()).await? == Some(id) {
                return change_one(records, change, before, document, conditions).await;
            }
            if attempts == ATTEMPTS {
                return Err(Error::new(Code::Conflict));
            }
            attempts += 1;
            continue;
        }
        match make_one(records, change, document, conditions.expected.as_ref()).await {
            // Somebody else was faster: theirs is the record now.
            Err(error)
                if error.code() == Code::AlreadyExists
                    && attempts < ATTEMPTS
                    && external_ids::is_taken(cx, R::RESOURCE, document.id()).await? =>
            {
                attempts += 1;
            }
            result => return result,
        }
    }
}

async fn make_one<R: Upserted>(
    records: &R,
    change: Change,
    document: &Upsert<R::Create>,
    expected: Option<&Expected>,
) -> Result<Outcome<R::Reply>> {
    if expected.is_some() {
        return Err(Error::new(Code::RecordMissing));
    }
    let reply = R::reply(records.create_in(&change, document.creation()?).await?)?;
    let (location, etag) = R::place(&reply);
    change.commit(Outcome::created(&reply, location, Some(etag))?).await
}

async fn change_one<R: Upserted>(
    records: &R,
    change: Change,
    (beside, before): (R::Beside, R::Row),
    document: &Upsert<R::Create>,
    conditions: &Preconditions,
) -> Result<Outcome<R::Reply>> {
    let id = before.id();
    if let Some(expected) = &conditions.expected {
        stale::check(&change, id, expected, before.version()).await?;
    }
    if conditions.excluded.as_ref().is_some_and(|excluded| excluded.matches(before.version())) {
        return Err(Error::new(Code::RecordExists).with_existing(id));
    }
    let archived = R::is_archived(&before);
    let changed = records.patch_in(&change, (beside, before), &document.patch(R::fixed(document)?)?).await;
    let reply = R::reply(changed.map_err(|error| match error.code() {
        Code::Archived if archived => error.with_existing(id),
        _ => error,
    })?)?;
    let (_, etag) = R::place(&reply);
    change.commit(Outcome::ok(&reply, Some(etag))?).await
}

/// A record was made under this reference, but has no such id, or another one: which of both is meant is not for us to say.
pub fn sent_without_id(existing: Uuid) -> Error {
    Error::already_exists(["/source/reference"], Some(existing))
}

/// Where a record came from, which is fixed for every kind, in its one form.
pub fn fixed_source(source: Option<&SourceInput>) -> (String, Value) {
    ("source".to_owned(), json!(source))
}

/// The id belongs to another record. If the caller may not know of that one, they learn no more than that it is taken.
pub fn taken(existing: Option<Uuid>) -> Error {
    Error::already_exists(["/external_ids"], existing)
}
