//! Users: who signs in, with which rights. Changes of rights take effect at once.

mod access;
mod entries;
mod passwords;

pub use self::access::{deactivate, reactivate};
pub use self::passwords::{change_password, issue_password_reset, reset_password};

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;
use uuid::Uuid;

use super::{field_history, order, pages, sessions, stale};
use crate::auth::authority::Authority;
use crate::domain::actor::Visibility;
use crate::domain::email;
use crate::domain::instant::Instant;
use crate::domain::permission::Role;
use crate::domain::sort_key::sort_key;
use crate::domain::version::Expected;
use crate::entities::cells::{Locks, Reads};
use crate::entities::user;
use crate::error::{Code, Error, Result};
use crate::history::change::{Change, Recorded};
use crate::history::context::Context;
use crate::history::outcome::Outcome;
use crate::schemas::auth::Password;
use crate::schemas::change::{ChangesQuery, RecordChange};
use crate::schemas::page::{Found, PageRequest};
use crate::schemas::patch::Patch;
use crate::schemas::user::{CreateUser, Me, UpdateUser, User, UserQuery};

const SORTS: &[(&str, user::Column)] = &[
    ("display_name", user::Column::SortKey),
    ("email", user::Column::Email),
    ("created_at", user::Column::CreatedAt),
    ("updated_at", user::Column::UpdatedAt),
];

/// The name of the first administrator, until they choose another.
const FIRST_ADMINISTRATOR: &str = "Administrator";

/// One page of users.
pub async fn list(cx: &Context, query: &UserQuery, page: &PageRequest) -> Result<Found<User>> {
    let mut all = Condition::all();
    if !query.role.is_empty() {
        all = all.add(user::Column::Role.is_in(query.role.iter().map(|role| role.as_str())));
    }
    all = match query.disabled {
        None => all,
        Some(true) => all.add(user::Column::DisabledAt.is_not_null()),
        Some(false) => all.add(user::Column::DisabledAt.is_null()),
    };
    let select = user::Entity::find().filter(all);
    let order = order::by(query.sort.as_deref(), "display_name", SORTS, user::Column::Id);
    pages::find(cx, select, &order, page, User::from).await
}

/// Reads one user.
pub async fn read(cx: &Context, id: Uuid) -> Result<User> {
    let found = cx.store.rows.one(user::Entity::find_by_id(id)).await?;
    found.map(User::from).ok_or_else(|| Error::new(Code::NotFound))
}

/// Reads the user who signs in with an address.
pub async fn read_by_email(cx: &Context, address: &str) -> Result<User> {
    let found = user::Entity::find_by_email(&email::key(address.trim())).one(&cx.store.read).await?;
    found.map(User::from).ok_or_else(|| Error::new(Code::NotFound))
}

/// The caller.
pub async fn me(cx: &Context) -> Result<Me> {
    let unauthenticated = || Error::new(Code::Unauthenticated);
    let session_id = cx.actor.session_id.ok_or_else(unauthenticated)?;
    let found = cx.store.rows.one(user::Entity::find_by_id(cx.actor.id())).await?;
    found.map(|row| Me::of(row, session_id)).ok_or_else(unauthenticated)
}

/// Creates a user.
pub async fn create(cx: &Context, authority: &Authority, input: CreateUser) -> Result<Outcome<User>> {
    let address = address(&input.email)?;
    let password_hash = match &input.password {
        Some(password) => Some(passwords::hash_new(authority, password, &address, "/password").await?),
        None => None,
    };
    let change = Change::begin(cx).await?;
    is_free(&change, &address).await?;
    let actor = change.actor_json()?;
    let row = user::Model {
        id: change.new_id(),
        email: address,
        sort_key: sort_key(&input.display_name),
        display_name: input.display_name,
        role: input.role.as_str().to_owned(),
        visibility: input.visibility.unwrap_or(Visibility::All).as_str().to_owned(),
        language: input.language.unwrap_or(cx.language).tag().to_owned(),
        password_changed_at: password_hash.is_some().then_some(change.now()),
        password_hash,
        disabled_at: None,
        last_login_at: None,
        rights_changed_at: change.now(),
        version: 1,
        created_at: change.now(),
        created_by: actor.clone(),
        updated_at: change.now(),
        updated_by: actor,
    };
    let payload = json!({ "fields": row.fields(), "version": 1 });
    change.create(&row, entries::created(&row).with_payload(payload)).await?;
    let user = User::from(row);
    let outcome = Outcome::created(&user, user.location(), Some(user.etag()))?;
    change.commit(outcome).await
}

/// Changes a user. Somebody must stay able to administer.
pub async fn update(
    cx: &Context,
    authority: &Authority,
    id: Uuid,
    expected: Expected,
    patch: Patch<UpdateUser>,
) -> Result<Outcome<User>> {
    let change = Change::begin(cx).await?;
    let administrators = access::lock_administrators_in(&change).await?;
    let before = lock_in(&change, id).await?;
    stale::check(&change, id, &expected, before.version).await?;
    let mut after = patched(&before, &patch)?;
    if after.email != before.email {
        is_free(&change, &after.email).await?;
    }
    let rights = |row: &user::Model| (row.role.clone(), row.visibility.clone(), row.display_name.clone());
    if rights(&after) != rights(&before) {
        after.rights_changed_at = later(change.now(), Some(before.rights_changed_at));
    }
    access::keep_an_administrator(&administrators, &after)?;
    let written = change.update(&before, after, |changes| entries::updated(&before, changes)).await?;
    let user = User::from(written.clone());
    let outcome = change.commit(Outcome::ok(&user, Some(user.etag()))?).await?;
    sessions::note_user(authority, &written, cx.clock.now());
    Ok(outcome)
}

fn patched(before: &user::Model, patch: &Patch<UpdateUser>) -> Result<user::Model> {
    let current = User::from(before.clone());
    let writable = serde_json::to_value(UpdateUser::from(&current)).map_err(Error::internal)?;
    let current = serde_json::to_value(current).map_err(Error::internal)?;
    let merged: UpdateUser =
        serde_json::from_value(patch.apply(&current, writable)?).map_err(|error| Error::unfitting("", error))?;
    let mut after = before.clone();
    after.email = address(&merged.email)?;
    after.sort_key = sort_key(&merged.display_name);
    after.display_name = merged.display_name;
    after.role = merged.role.as_str().to_owned();
    after.visibility = merged.visibility.as_str().to_owned();
    after.language = merged.language.tag().to_owned();
    Ok(after)
}

/// Creates the first administrator, if there is no user at all. Answers whether it did.
pub async fn ensure_first_administrator(
    cx: &Context,
    authority: &Authority,
    address: &str,
    password: &str,
) -> Result<bool> {
    if user::Entity::find().limit(1).one(&cx.store.read).await?.is_some() {
        return Ok(false);
    }
    let input = CreateUser {
        email: address.to_owned(),
        display_name: FIRST_ADMINISTRATOR.to_owned(),
        role: Role::Admin,
        visibility: None,
        language: None,
        password: Some(Password::from(password)),
    };
    match create(cx, authority, input).await {
        Ok(_) => Ok(true),
        // Another instance started at the same time.
        Err(error) if error.code() == Code::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// An address to sign in with, as it is stored.
fn address(typed: &str) -> Result<String> {
    let address = email::normalize(typed).map_err(|fault| Error::invalid_at("/email", fault))?;
    Ok(email::key(&address))
}

/// Refuses an address another user signs in with.
async fn is_free(change: &Change, address: &str) -> Result<()> {
    match change.one(user::Entity::find_by_email(address)).await? {
        Some(other) => Err(Error::already_exists(["/email"], Some(other.id))),
        None => Ok(()),
    }
}

async fn lock_in(change: &Change, id: Uuid) -> Result<user::Model> {
    let found = change.one(user::Entity::find_by_id(id).lock_for_change()).await?;
    found.ok_or_else(|| Error::new(Code::NotFound))
}

/// Now, but later than `before`: what tells two changes apart must not depend on a clock that moves on.
fn later(now: Instant, before: Option<Instant>) -> Instant {
    before.map_or(now, |before| now.max(Instant::from_micros(before.micros() + 1)))
}

/// One page of the changes of one.
pub async fn changes(cx: &Context, id: Uuid, query: &ChangesQuery, page: &PageRequest) -> Result<Found<RecordChange>> {
    field_history::of::<user::Model>(cx, id, user::Entity::find_by_id(id), query, page).await
}
