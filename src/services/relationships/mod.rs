//! Relationships between customers: create, read, change, end, archive, restore. Each step is told on the timelines of
//! both customers, each from its own point of view.
//!
//! Locks are taken in one order by everybody: that of all trees of companies where one changes, then the customers by
//! their ids, then the link.

pub(super) mod circle;
mod ends;
mod entries;
mod list;
mod primary;
mod rules;
mod tree;

use sea_orm::EntityTrait;
use serde_json::{Map, Value, json};
use uuid::Uuid;

pub use list::{changes, key_persons, of_all, of_customer};
pub use tree::{company_tree, household};

use self::ends::Ends;
use super::custom_fields::{self, Definitions, Demand, Settled, Target};
use super::references::sent_before;
use super::{external_ids, stale};
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::past::Past;
use crate::domain::period::Period;
use crate::domain::relationship::RelationshipKind;
use crate::domain::version::Expected;
use crate::entities::cells::{Locks, Reads};
use crate::entities::relationship::{Entity, Model, SUBJECT};
use crate::entities::{custom_field_value, timeline_event};
use crate::error::{Code, Error, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::entry::Source;
use crate::history::outcome::Outcome;
use crate::history::past;
use crate::schemas::patch::Patch;
use crate::schemas::relationship::{CreateRelationship, EndRelationship, Relationship, UpdateRelationship};
use crate::schemas::timeline::SourceInput;
use crate::schemas::{Checked, ExternalId};

/// Makes a link. The same reference of the same system again answers with the one that was made first.
pub async fn create(cx: &Context, input: CreateRelationship) -> Result<Outcome<Relationship>> {
    let change = Change::begin(cx).await?;
    let ends = ends::lock_in(&change, input.kind, input.from_customer_id, input.to_customer_id);
    let (ends, definitions) = tokio::join!(ends, custom_fields::of(&change, SUBJECT));
    let (ends, definitions) = (ends?.both().map_err(Error::invalid)?, definitions?);
    if let Some(first) = find_by_reference(&change, &ends, input.source.as_ref()).await? {
        return answer(change, first, ends).await;
    }
    let row = link_in(&change, &ends, input, (&definitions, Demand::Complete)).await?;
    let relationship = Relationship::new(row, ends.from, ends.to);
    let outcome = Outcome::created(&relationship, relationship.location(), Some(relationship.etag()))?;
    change.commit(outcome).await
}

/// Makes a link within a larger change.
pub async fn create_in(change: &Change, input: CreateRelationship) -> Result<Model> {
    let ends = ends::lock_in(change, input.kind, input.from_customer_id, input.to_customer_id).await?;
    let definitions = custom_fields::of(change, SUBJECT).await?;
    link_in(change, &ends.both().map_err(Error::invalid)?, input, (&definitions, Demand::AsItIs)).await
}

async fn link_in(
    change: &Change,
    ends: &Ends,
    mut input: CreateRelationship,
    custom: (&Definitions, Demand),
) -> Result<Model> {
    ends.must_fit(input.kind)?;
    ends.not_archived()?;
    let ids = external_ids::distinct(&input.external_ids)?;
    rules::ids_are_free(change, &input.external_ids, None).await?;
    let (kind, period) = (input.kind, input.period()?);
    let source = input.source.clone();
    let mut blank = blank(change, &input)?;
    let own_fields = own_fields(change, custom, (blank.id, None), &mut input).await?;
    blank.custom_fields = own_fields.kept();
    let mut row = filled(blank, input)?;
    if let Some(source) = source {
        row.source_system = source.system;
        row.source_reference = source.reference;
    }
    rules::hold(change, kind, &row, period).await?;
    let [mut first, mut second] = entries::of(kind, &row, ends, "created", Map::new());
    // One reference names one event; the other end tells of the same link without it.
    first.source = Source { system: row.source_system.clone(), reference: row.source_reference.clone() };
    second.source.system.clone_from(&row.source_system);
    change.create(&row, first).await?;
    change.record(second);
    external_ids::replace(change, SUBJECT, row.id, &external_ids::Pairs::new(), &ids);
    own_fields.write(change, row.id);
    primary::move_to(change, &row, period).await?;
    Ok(row)
}

/// Reads one link.
pub async fn read(cx: &Context, id: Uuid, past: Option<Past>) -> Result<Relationship> {
    let rows = &cx.store.rows;
    // On which days it held is told by itself, not by when it was entered.
    let past = past.map(Past::known);
    let row = past::one(rows, past, Entity::find_visible(id, &cx.actor)).await?;
    let row = row.ok_or_else(|| Error::new(Code::NotFound))?;
    let ends = ends::of(rows, past, [row.from_id, row.to_id]).await?.of_link(&row)?;
    Ok(Relationship::new(row, ends.from, ends.to))
}

/// Changes what a link says.
pub async fn update(
    cx: &Context,
    id: Uuid,
    expected: Expected,
    patch: Patch<UpdateRelationship>,
) -> Result<Outcome<Relationship>> {
    let change = Change::begin(cx).await?;
    let (locked, definitions) = tokio::join!(lock_in(&change, id), custom_fields::of(&change, SUBJECT));
    let ((kind, before, ends), definitions) = (locked?, definitions?);
    stale::check(&change, id, &expected, before.version).await?;
    not_archived(&before)?;
    let shown = Relationship::new(before.clone(), ends.from.clone(), ends.to.clone());
    let current = serde_json::to_value(shown).map_err(Error::internal)?;
    let merged = patch.apply(&current, writable(&before)?)?;
    let mut input: CreateRelationship = serde_json::from_value(merged).map_err(|error| Error::unfitting("", error))?;
    input.check()?;
    let ids = external_ids::distinct(&input.external_ids)?;
    rules::ids_are_free(&change, &input.external_ids, Some(id)).await?;
    let period = input.period()?;
    let had = Some(custom_field_value::kept(before.custom_fields.as_ref()));
    let own_fields = own_fields(&change, (&definitions, Demand::Complete), (id, had), &mut input).await?;
    let mut after = filled(before.clone(), input)?;
    after.custom_fields = own_fields.kept();
    if after.valid_to.is_none() {
        after.ended_at = None;
        after.end_reason = None;
    }
    if period != period_of(&before)? {
        rules::hold(&change, kind, &after, period).await?;
    }
    let after = write(&change, kind, &before, after, &ends, "updated", Map::new()).await?;
    let old: Vec<ExternalId> = serde_json::from_str(&before.external_ids).map_err(Error::internal)?;
    external_ids::replace(&change, SUBJECT, id, &external_ids::pairs(&old), &ids);
    own_fields.write(&change, id);
    primary::move_to(&change, &after, period).await?;
    answer(change, after, ends).await
}

/// Ends a link: it holds up to a day, and is known to have held.
pub async fn end(
    cx: &Context,
    id: Uuid,
    expected: Option<Expected>,
    input: EndRelationship,
) -> Result<Outcome<Relationship>> {
    let change = Change::begin(cx).await?;
    let (kind, before, ends) = lock_in(&change, id).await?;
    if let Some(expected) = expected {
        stale::check(&change, id, &expected, before.version).await?;
    }
    let after = close_in(&change, (kind, &before, &ends), input).await?;
    answer(change, after, ends).await
}

/// Ends a link within a larger change.
pub async fn end_in(change: &Change, id: Uuid, input: EndRelationship) -> Result<Model> {
    let (kind, before, ends) = lock_in(change, id).await?;
    close_in(change, (kind, &before, &ends), input).await
}

async fn close_in(
    change: &Change,
    (kind, before, ends): (RelationshipKind, &Model, &Ends),
    input: EndRelationship,
) -> Result<Model> {
    not_archived(before)?;
    if before.ended_at.is_some() {
        let possible: [&str; 0] = [];
        let error = Error::new(Code::WrongState).with("state", "ended").with("possible", "-");
        return Err(error.with_member("state", "ended").with_member("possible", possible.as_slice()));
    }
    let mut after = before.clone();
    after.valid_to = Some(input.ended_on.clone());
    after.ended_at = Some(change.now());
    after.end_reason.clone_from(&input.reason);
    let period = period_of(&after)?;
    if period.is_empty() {
        return Err(Error::invalid_at("/ended_on", Fault::new(FaultCode::Before).with("other", "valid_from")));
    }
    // It may last longer than was planned.
    rules::hold(change, kind, &after, period).await?;
    let facts = json!({ "ended_on": input.ended_on, "reason": input.reason });
    let after = write(change, kind, before, after, ends, "ended", members(facts)).await?;
    primary::move_to(change, &after, period).await?;
    Ok(after)
}

/// Archives a link: hidden from lists, restorable.
pub async fn archive(cx: &Context, id: Uuid, expected: Expected) -> Result<Outcome<()>> {
    let change = Change::begin(cx).await?;
    let (kind, before, ends) = lock_in(&change, id).await?;
    stale::check(&change, id, &expected, before.version).await?;
    not_archived(&before)?;
    let mut after = before.clone();
    after.archived_at = Some(change.now());
    write(&change, kind, &before, after, &ends, "archived", Map::new()).await?;
    change.commit(Outcome::nothing()).await
}

/// Brings an archived link back, if it still fits.
pub async fn restore(cx: &Context, id: Uuid) -> Result<Outcome<Relationship>> {
    let change = Change::begin(cx).await?;
    let (kind, before, ends) = lock_in(&change, id).await?;
    ends.not_archived()?;
    if before.archived_at.is_none() {
        return Err(Error::new(Code::NotArchived));
    }
    let mut after = before.clone();
    after.archived_at = None;
    let period = period_of(&after)?;
    rules::hold(&change, kind, &after, period).await?;
    after.is_primary = after.is_primary && primary::others(&change, &after, period).await?.is_empty();
    let after = write(&change, kind, &before, after, &ends, "restored", Map::new()).await?;
    answer(change, after, ends).await
}

/// The values of the fields the business has defined, taken out of what was written.
async fn own_fields(
    change: &Change,
    (definitions, demand): (&Definitions, Demand),
    (id, before): (Uuid, Option<&str>),
    input: &mut CreateRelationship,
) -> Result<Settled> {
    let sent = std::mem::take(&mut input.custom_fields);
    let visible = |id| Entity::find_visible(id, &change.cx().actor);
    custom_fields::settle(change, definitions, Target { id, before, demand }, sent, visible).await
}

/// Writes what differs, and tells it at both ends.
async fn write(
    change: &Change,
    kind: RelationshipKind,
    before: &Model,
    after: Model,
    ends: &Ends,
    happened: &str,
    facts: Map<String, Value>,
) -> Result<Model> {
    let [first, second] = entries::of(kind, &after, ends, happened, facts);
    let written = change.update(before, after, |changes| {
        change.record(second.with_changes(changes, before.version + 1));
        first
    });
    written.await
}

/// A link the caller may know of and its ends, all locked.
async fn lock_in(change: &Change, id: Uuid) -> Result<(RelationshipKind, Model, Ends)> {
    let found = change.one(Entity::find_visible(id, &change.cx().actor)).await?;
    let found = found.ok_or_else(|| Error::new(Code::NotFound))?;
    let kind = kind_of(&found)?;
    let ends = ends::lock_in(change, kind, found.from_id, found.to_id).await?;
    let ends = ends.both().map_err(|_| Error::new(Code::NotFound))?;
    let locked = change.one(Entity::find_by_id(id).lock_for_change()).await?;
    Ok((kind, locked.ok_or_else(|| Error::new(Code::NotFound))?, ends))
}

/// The link a system already sent under this reference. Its ends are locked: nobody makes it meanwhile.
async fn find_by_reference(change: &Change, ends: &Ends, source: Option<&SourceInput>) -> Result<Option<Model>> {
    let of_first = |event: &timeline_event::Model| event.root_id == ends.from.id;
    let Some(id) = sent_before(change, source, SUBJECT, of_first).await? else { return Ok(None) };
    match change.one(Entity::find_by_id(id)).await? {
        Some(row) if row.to_id == ends.to.id => Ok(Some(row)),
        _ => Err(Error::already_exists(["/source/reference"], None)),
    }
}

fn kind_of(row: &Model) -> Result<RelationshipKind> {
    RelationshipKind::parse(&row.kind).ok_or_else(|| Error::internal("an unknown type of relationship"))
}

/// When a stored link holds.
fn period_of(row: &Model) -> Result<Period> {
    let period = Period::parse(row.valid_from.as_deref(), row.valid_to.as_deref());
    period.map_err(|_| Error::internal("an unreadable day of a relationship"))
}

fn not_archived(row: &Model) -> Result<()> {
    if row.archived_at.is_some() { Err(Error::new(Code::Archived)) } else { Ok(()) }
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn blank(change: &Change, input: &CreateRelationship) -> Result<Model> {
    let actor = change.actor_json()?;
    Ok(Model {
        id: change.new_id(),
        kind: input.kind.as_str().to_owned(),
        from_id: input.from_customer_id,
        to_id: input.to_customer_id,
        role: None,
        buying_role: None,
        is_primary: false,
        valid_from: None,
        valid_to: None,
        note: None,
        ended_at: None,
        end_reason: None,
        external_ids: String::new(),
        custom_fields: None,
        source_system: Source::default().system,
        source_reference: None,
        version: 1,
        created_at: change.now(),
        created_by: actor.clone(),
        updated_at: change.now(),
        updated_by: actor,
        archived_at: None,
    })
}

/// A row with the fields of an input; type, ends and source are fixed.
fn filled(mut row: Model, input: CreateRelationship) -> Result<Model> {
    // Taken apart completely: a field that is added and not stored does not compile.
    let CreateRelationship {
        kind: _,
        from_customer_id: _,
        to_customer_id: _,
        role,
        buying_role,
        primary,
        valid_from,
        valid_to,
        note,
        external_ids,
        custom_fields: _,
        source: _,
    } = input;
    row.role = role;
    row.buying_role = buying_role.map(|role| role.as_str().to_owned());
    row.is_primary = primary;
    row.valid_from = valid_from;
    row.valid_to = valid_to;
    row.note = note;
    row.external_ids = serde_json::to_string(&external_ids).map_err(Error::internal)?;
    Ok(row)
}

/// The writable fields of a stored link, with those that are fixed.
fn writable(row: &Model) -> Result<Value> {
    let ids: Value = serde_json::from_str(&row.external_ids).map_err(Error::internal)?;
    let own: Value =
        serde_json::from_str(custom_field_value::kept(row.custom_fields.as_ref())).map_err(Error::internal)?;
    let mut fields = members(json!({
        "type": row.kind,
        "from_customer_id": row.from_id,
        "to_customer_id": row.to_id,
        "role": row.role,
        "buying_role": row.buying_role,
        "primary": row.is_primary,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
        "note": row.note,
        "external_ids": ids,
        "custom_fields": own,
    }));
    fields.retain(|_, value| !value.is_null());
    Ok(Value::Object(fields))
}

async fn answer(change: Change, row: Model, ends: Ends) -> Result<Outcome<Relationship>> {
    let relationship = Relationship::new(row, ends.from, ends.to);
    let outcome = Outcome::ok(&relationship, Some(relationship.etag()))?;
    change.commit(outcome).await
}
