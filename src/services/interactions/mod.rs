//! Interactions: log, read, change, archive, restore. Each step is an entry of the customer's timeline that takes
//! the place of the one before, so that the corrected view shows an interaction once and as it is.

mod by_external_id;
mod contact_times;
mod fields;
mod list;
pub(super) mod participants;
mod sentences;

use sea_orm::EntityTrait;
use serde_json::{Map, Value, json};
use uuid::Uuid;

pub use by_external_id::upsert;
pub use list::{changes, of_all, of_customer};

use super::custom_fields::{self, Definitions, Demand, Settled, Target};
use super::references::sent_before;
use super::{customers, external_ids, stale};
use crate::domain::event_kind::Category;
use crate::domain::fault::FaultCode;
use crate::domain::instant::Instant;
use crate::domain::past::Past;
use crate::domain::payload::CORRECTION_REASON;
use crate::domain::version::Expected;
use crate::entities::cells::{Locks, Reads};
use crate::entities::{custom_field_value, customer, interaction, timeline_event};
use crate::error::{Code, Error, Location, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::entry::{Entry, Root, Source, Subject};
use crate::history::outcome::Outcome;
use crate::history::past;
use crate::schemas::ExternalId;
use crate::schemas::interaction::{
    CreateInteraction, Interaction, InteractionKind, UpdateInteraction, duration_seconds,
};
use crate::schemas::patch::Patch;
use crate::schemas::timeline::SourceInput;
use crate::services::sentences::cut;

/// What events and external ids call an interaction.
pub(super) const SUBJECT: &str = "interaction";
/// How much of the body the timeline shows, in characters.
const SUMMARY_MAX: usize = 280;

/// Logs an interaction. The same reference of the same system again answers with the one that was logged first.
pub async fn create(cx: &Context, customer_id: Uuid, input: CreateInteraction) -> Result<Outcome<Interaction>> {
    let change = Change::begin(cx).await?;
    let locked = customers::lock_for_event_in(&change, customer_id);
    // Asked for together: it costs no round trip.
    let (customer, definitions) = tokio::join!(locked, custom_fields::of(&change, SUBJECT));
    let (customer, definitions) = (customer?, definitions?);
    let input = fields::normalize(input, change.now())?;
    if let Some(first) = find_by_reference(&change, customer_id, input.source.as_ref()).await? {
        let interaction = Interaction::from(first);
        let outcome = Outcome::ok(&interaction, Some(interaction.etag()))?;
        return change.commit(outcome).await;
    }
    let interaction = Interaction::from(create_in(&change, &customer, input, (&definitions, Demand::Complete)).await?);
    let outcome = Outcome::created(&interaction, interaction.location(), Some(interaction.etag()))?;
    change.commit(outcome).await
}

/// Logs an interaction within a larger change; a reference that was sent already is refused at its commit.
pub async fn log_in(change: &Change, customer_id: Uuid, input: CreateInteraction) -> Result<interaction::Model> {
    let customer = customers::lock_in(change, customer_id).await?;
    let definitions = custom_fields::of(change, SUBJECT).await?;
    create_in(change, &customer, fields::normalize(input, change.now())?, (&definitions, Demand::AsItIs)).await
}

async fn create_in(
    change: &Change,
    customer: &customer::Model,
    mut input: CreateInteraction,
    custom: (&Definitions, Demand),
) -> Result<interaction::Model> {
    customers::not_archived(customer)?;
    fields::references_exist(change, &input).await?;
    ids_are_free(change, &input, None).await?;
    let ids = external_ids::pairs(&input.external_ids);
    let mut blank = blank(change, customer.id, input.source.as_ref())?;
    let own_fields = own_fields(change, custom, (blank.id, None), &mut input).await?;
    blank.custom_fields = own_fields.kept();
    let row = fields::filled(blank, input)?;
    let mut entry = entry(&row, "logged")?.with_payload(payload(&row));
    entry.source = Source { system: row.source_system.clone(), reference: row.source_reference.clone() };
    change.create_at_commit(&row, entry)?;
    external_ids::replace(change, SUBJECT, row.id, &external_ids::Pairs::new(), &ids);
    own_fields.write(change, row.id);
    participants::follow(change, None, &row)?;
    contact_times::follow(change, customer, row.event_id, None, Some(row.occurred_at)).await?;
    Ok(row)
}

/// The values of the fields the business has defined, taken out of what was written.
async fn own_fields(
    change: &Change,
    (definitions, demand): (&Definitions, Demand),
    (id, before): (Uuid, Option<&str>),
    input: &mut CreateInteraction,
) -> Result<Settled> {
    let sent = std::mem::take(&mut input.custom_fields);
    let visible = |id| interaction::Entity::find_visible(id, &change.cx().actor);
    custom_fields::settle(change, definitions, Target { id, before, demand }, sent, visible).await
}

/// Refuses external ids another interaction has.
async fn ids_are_free(change: &Change, input: &CreateInteraction, own: Option<Uuid>) -> Result<()> {
    let visible = |id| interaction::Entity::find_visible(id, &change.cx().actor);
    external_ids::must_be_free(change, SUBJECT, own, &input.external_ids, visible).await
}

/// The interaction a system already sent under this reference. The customer is locked: nobody logs it meanwhile.
async fn find_by_reference(
    change: &Change,
    customer_id: Uuid,
    source: Option<&SourceInput>,
) -> Result<Option<interaction::Model>> {
    let of_customer = |event: &timeline_event::Model| event.root_id == customer_id;
    let Some(id) = sent_before(change, source, SUBJECT, of_customer).await? else { return Ok(None) };
    Ok(change.one(interaction::Entity::find_by_id(id)).await?)
}

/// Reads one interaction, as it is or as it was.
pub async fn read(cx: &Context, id: Uuid, past: Option<Past>) -> Result<Interaction> {
    let this = interaction::Entity::find_visible(id, &cx.actor);
    let found = past::one(&cx.store.rows, past, this).await?;
    found.map(Interaction::from).ok_or_else(|| Error::new(Code::NotFound))
}

/// Changes an interaction. Its entry in the timeline is replaced by one that tells the new state and what changed.
pub async fn update(
    cx: &Context,
    id: Uuid,
    expected: Expected,
    patch: Patch<UpdateInteraction>,
) -> Result<Outcome<Interaction>> {
    let change = Change::begin(cx).await?;
    let (locked, definitions) = tokio::join!(lock_in(&change, id), custom_fields::of(&change, SUBJECT));
    let ((customer, before), definitions) = (locked?, definitions?);
    stale::check(&change, id, &expected, before.version).await?;
    not_archived(&customer, &before)?;
    let after = patch_in(&change, &customer, &before, &patch, &definitions).await?;
    answer(change, after).await
}

async fn patch_in(
    change: &Change,
    customer: &customer::Model,
    before: &interaction::Model,
    patch: &Patch<UpdateInteraction>,
    definitions: &Definitions,
) -> Result<interaction::Model> {
    let current = serde_json::to_value(Interaction::from(before.clone())).map_err(Error::internal)?;
    let merged = patch.apply(&current, fields::writable(before)?)?;
    if merged.get("occurred_at").is_none() {
        return Err(Error::invalid_at("/occurred_at", FaultCode::NotNullable));
    }
    let input: CreateInteraction = serde_json::from_value(merged).map_err(|error| Error::unfitting("", error))?;
    replace_in(change, customer, before, input, (definitions, Demand::Complete), Map::new()).await
}

/// Replaces the writable fields within a larger change; `facts` go into the payload of the event.
async fn replace_in(
    change: &Change,
    customer: &customer::Model,
    before: &interaction::Model,
    input: CreateInteraction,
    custom: (&Definitions, Demand),
    facts: Map<String, Value>,
) -> Result<interaction::Model> {
    let mut input = fields::normalize(input, change.now())?;
    fields::references_exist(change, &input).await?;
    ids_are_free(change, &input, Some(before.id)).await?;
    let ids = external_ids::pairs(&input.external_ids);
    let record = (before.id, Some(custom_field_value::kept(before.custom_fields.as_ref())));
    let own_fields = own_fields(change, custom, record, &mut input).await?;
    let mut after = fields::filled(before.clone(), input)?;
    after.custom_fields = own_fields.kept();
    after.event_id = change.new_id();
    let mut payload = payload(&after);
    if let Value::Object(members) = &mut payload {
        members.extend(facts);
    }
    let entry = succeeding(before, entry(&after, "logged")?.with_payload(payload));
    let after = change.update(before, after, |_| entry).await?;
    let old: Vec<ExternalId> = serde_json::from_str(&before.external_ids).map_err(Error::internal)?;
    external_ids::replace(change, SUBJECT, before.id, &external_ids::pairs(&old), &ids);
    own_fields.write(change, before.id);
    participants::follow(change, Some(before), &after)?;
    contact_times::follow(change, customer, after.event_id, Some(before.occurred_at), Some(after.occurred_at)).await?;
    Ok(after)
}

/// What a correction of an interaction's entry says.
pub(super) struct Correction {
    /// Why.
    pub(super) reason: String,
    /// When it really happened.
    pub(super) occurred_at: Option<Instant>,
    /// The body, if it changes.
    pub(super) body: Option<Option<String>>,
}

/// Corrects the entry of an interaction: the interaction itself changes.
pub(super) async fn correct_in(
    change: &Change,
    customer: &customer::Model,
    event: &timeline_event::Model,
    correction: Correction,
) -> Result<Uuid> {
    let row = change.one(interaction::Entity::find_by_id(event.subject_id).lock_for_change());
    let (before, definitions) = tokio::join!(row, custom_fields::of(change, SUBJECT));
    let (before, definitions) = (before?, definitions?);
    let before = before.ok_or_else(|| Error::new(Code::NotFound))?;
    not_archived(customer, &before)?;
    let merged = fields::writable(&before)?;
    let mut input: CreateInteraction = serde_json::from_value(merged).map_err(Error::internal)?;
    if let Some(occurred_at) = correction.occurred_at {
        // What took a while takes as long as before.
        let moved = occurred_at.micros() - before.occurred_at.micros();
        input.ended_at = before.ended_at.map(|ended_at| Instant::from_micros(ended_at.micros().saturating_add(moved)));
        input.occurred_at = Some(occurred_at);
    }
    if let Some(body) = correction.body {
        input.body = body;
    }
    let facts = Map::from_iter([(CORRECTION_REASON.to_owned(), json!(correction.reason))]);
    let after = replace_in(change, customer, &before, input, (&definitions, Demand::AsItIs), facts)
        .await
        .map_err(as_corrected)?;
    if after.version == before.version {
        return Err(Error::invalid_at("", FaultCode::NothingChanged));
    }
    Ok(after.event_id)
}

/// A correction calls the body its summary.
fn as_corrected(error: Error) -> Error {
    if error.code() != Code::ValidationFailed {
        return error;
    }
    let body = Location::Pointer("/body".to_owned());
    let faults = error.faults().iter().cloned().map(|mut fault| {
        if fault.location == body {
            fault.location = Location::Pointer("/summary".to_owned());
        }
        fault
    });
    Error::invalid(faults.collect())
}

/// Archives an interaction: hidden from lists, restorable. The timeline shows that it was archived, and no longer
/// what it said.
pub async fn archive(cx: &Context, id: Uuid, expected: Expected) -> Result<Outcome<()>> {
    let change = Change::begin(cx).await?;
    let (customer, before) = lock_in(&change, id).await?;
    stale::check(&change, id, &expected, before.version).await?;
    not_archived(&customer, &before)?;
    let mut after = before.clone();
    after.archived_at = Some(change.now());
    after.event_id = change.new_id();
    let mut entry = succeeding(&before, entry(&after, "archived")?);
    entry.title = sentences::archived(&entry.title);
    entry.summary = None;
    entry.occurred_at = None;
    let after = change.update(&before, after, |_| entry).await?;
    contact_times::follow(&change, &customer, after.event_id, Some(before.occurred_at), None).await?;
    change.commit(Outcome::nothing()).await
}

/// Brings an archived interaction back to its place in the timeline.
pub async fn restore(cx: &Context, id: Uuid) -> Result<Outcome<Interaction>> {
    let change = Change::begin(cx).await?;
    let (customer, before) = lock_in(&change, id).await?;
    customers::not_archived(&customer)?;
    if before.archived_at.is_none() {
        return Err(Error::new(Code::NotArchived));
    }
    let mut after = before.clone();
    after.archived_at = None;
    after.event_id = change.new_id();
    let entry = succeeding(&before, entry(&after, "restored")?.with_payload(payload(&after)));
    let after = change.update(&before, after, |_| entry).await?;
    contact_times::follow(&change, &customer, after.event_id, None, Some(after.occurred_at)).await?;
    answer(change, after).await
}

/// The customer and the interaction, locked in this order everywhere.
async fn lock_in(change: &Change, id: Uuid) -> Result<(customer::Model, interaction::Model)> {
    let found = change.one(interaction::Entity::find_visible(id, &change.cx().actor)).await?;
    let found = found.ok_or_else(|| Error::new(Code::NotFound))?;
    let customer = customers::lock_in(change, found.customer_id).await?;
    let locked = change.one(interaction::Entity::find_by_id(id).lock_for_change()).await?;
    Ok((customer, locked.ok_or_else(|| Error::new(Code::NotFound))?))
}

fn not_archived(customer: &customer::Model, row: &interaction::Model) -> Result<()> {
    customers::not_archived(customer)?;
    if row.archived_at.is_some() { Err(Error::new(Code::Archived)) } else { Ok(()) }
}

async fn answer(change: Change, row: interaction::Model) -> Result<Outcome<Interaction>> {
    let interaction = Interaction::from(row);
    let outcome = Outcome::ok(&interaction, Some(interaction.etag()))?;
    change.commit(outcome).await
}

/// `<kind>.<what happened>`, at the time of the interaction.
fn entry(row: &interaction::Model, happened: &str) -> Result<Entry> {
    let kind = InteractionKind::parse(&row.kind).ok_or_else(|| Error::internal("an unknown kind of interaction"))?;
    let title = sentences::logged(kind, row.direction.as_deref(), row.subject.as_deref());
    let subject = Subject { kind: SUBJECT, id: row.id };
    let kind = format!("{}.{happened}", kind.as_str());
    let mut entry = Entry::new(Root::customer(row.customer_id), subject, kind, Category::Communication, title);
    entry.id = Some(row.event_id);
    entry.occurred_at = Some(row.occurred_at);
    entry.summary = row.body.as_deref().filter(|body| !body.trim().is_empty()).map(|body| cut(body, SUMMARY_MAX));
    entry.direction.clone_from(&row.direction);
    entry.channel.clone_from(&row.channel);
    Ok(entry)
}

/// The entry that takes the place of the one before.
fn succeeding(before: &interaction::Model, mut entry: Entry) -> Entry {
    entry.supersedes = Some(before.event_id);
    entry
}

fn payload(row: &interaction::Model) -> Value {
    let participants: Value = serde_json::from_str(&row.participants).unwrap_or_default();
    let mut payload = json!({
        "duration_seconds": duration_seconds(row.occurred_at, row.ended_at),
        "outcome": row.outcome,
        "participants": participants,
        "initiative": row.initiative,
        "thread_id": row.thread_id,
        "version": row.version,
    });
    if let Some(values) = &row.custom_fields {
        payload["custom_fields"] = serde_json::from_str(values).unwrap_or_default();
    }
    payload
}

fn blank(change: &Change, customer_id: Uuid, source: Option<&SourceInput>) -> Result<interaction::Model> {
    let actor = change.actor_json()?;
    let now = change.now();
    let reference = source.and_then(|source| source.reference.clone());
    Ok(interaction::Model {
        id: change.new_id(),
        customer_id,
        kind: String::new(),
        direction: None,
        channel: None,
        initiative: None,
        subject: None,
        body: None,
        occurred_at: now,
        ended_at: None,
        outcome: None,
        thread_id: None,
        participants: String::new(),
        external_ids: String::new(),
        custom_fields: None,
        source_system: source.map_or_else(|| Source::default().system, |source| source.system.clone()),
        source_reference: reference,
        owner_id: None,
        event_id: change.new_id(),
        version: 1,
        created_at: now,
        created_by: actor.clone(),
        updated_at: now,
        updated_by: actor,
        archived_at: None,
    })
}
