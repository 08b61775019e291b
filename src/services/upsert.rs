//! Writing a record by the id another system has for it: made where there is none, changed where there is one. One way
//! for every kind of record.

use uuid::Uuid;

use super::{external_ids, stale};
use crate::domain::version::{Expected, Preconditions};
use crate::error::{Code, Error, Result};
use crate::history::change::{Change, Recorded};
use crate::history::context::Context;
use crate::history::outcome::Outcome;
use crate::schemas::Checked;
use crate::schemas::patch::Patch;
use crate::schemas::upsert::Upsert;

/// A kind of record that other systems know by ids of their own.
pub trait Upserted: Recorded {
    /// What `external_ids` calls it.
    const RESOURCE: &'static str;
    /// What a new one is made from.
    type Create: utoipa::ToSchema + serde::de::DeserializeOwned + Checked + 'static;
    /// What may change in one.
    type Update: utoipa::ToSchema + 'static;
    /// What callers read.
    type Reply: From<Self> + serde::Serialize;

    /// Makes one.
    fn create_in(change: &Change, input: Self::Create) -> impl Future<Output = Result<Self>>;

    /// Locks the one with this id; 404 if the caller may not know of it.
    fn lock_in(change: &Change, id: Uuid) -> impl Future<Output = Result<Self>>;

    /// Changes one.
    fn patch_in(change: &Change, before: Self, patch: &Patch<Self::Update>) -> impl Future<Output = Result<Self>>;

    /// Address and entity tag of what callers read.
    fn place(reply: &Self::Reply) -> (String, String);
}

/// How often a race for the same external id is entered again.
const ATTEMPTS: usize = 3;

/// Makes or changes the record with an external id.
pub async fn upsert<R: Upserted>(
    cx: &Context,
    document: &Upsert<R::Create>,
    conditions: &Preconditions,
) -> Result<Outcome<R::Reply>> {
    let mut attempts = 1;
    loop {
        let change = Change::begin(cx).await?;
        if let Some(id) = external_ids::find_in(&change, R::RESOURCE, document.id()).await? {
            let before = R::lock_in(&change, id).await.map_err(taken_by_another)?;
            // Somebody may have given the id to another record before this one was locked.
            if external_ids::find_in(&change, R::RESOURCE, document.id()).await? == Some(id) {
                return change_one(change, before, document, conditions).await;
            }
            if attempts == ATTEMPTS {
                return Err(Error::new(Code::Conflict));
            }
            attempts += 1;
            continue;
        }
        match make_one::<R>(change, document, conditions.expected.as_ref()).await {
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
    change: Change,
    document: &Upsert<R::Create>,
    expected: Option<&Expected>,
) -> Result<Outcome<R::Reply>> {
    if expected.is_some() {
        return Err(Error::new(Code::RecordMissing));
    }
    let reply = R::Reply::from(R::create_in(&change, document.creation()?).await?);
    let (location, etag) = R::place(&reply);
    change.commit(Outcome::created(&reply, location, Some(etag))?).await
}

async fn change_one<R: Upserted>(
    change: Change,
    before: R,
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
    let changed = R::patch_in(&change, before, &document.patch()?).await;
    let reply = R::Reply::from(changed.map_err(|error| match error.code() {
        Code::Archived => error.with_existing(id),
        _ => error,
    })?);
    let (_, etag) = R::place(&reply);
    change.commit(Outcome::ok(&reply, Some(etag))?).await
}

/// The id belongs to a record the caller may not know of: they learn no more than that it is taken.
fn taken_by_another(error: Error) -> Error {
    match error.code() {
        Code::NotFound => Error::already_exists(["/external_ids"], None),
        _ => error,
    }
}
