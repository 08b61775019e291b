//! Events of own kinds.

use serde_json::Value;
use uuid::Uuid;

use super::sealed;
use crate::domain::event_kind::{Category, is_reserved, latest_occurrence};
use crate::domain::fault::{Fault, FaultCode};
use crate::entities::cells::Reads;
use crate::entities::{customer, event_type, timeline_event};
use crate::error::{Error, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::entry::{Entry, Root, Source, Subject};
use crate::history::outcome::Outcome;
use crate::history::timeline;
use crate::schemas::timeline::{AppendEvent, TimelineEvent};
use crate::services::{customers, event_types};

/// What an event of an own kind is about.
pub(super) const SUBJECT: &str = "customer";

/// Appends an event of an own kind. The same reference of the same system again answers with the first one.
pub async fn append(cx: &Context, customer_id: Uuid, input: AppendEvent) -> Result<Outcome<TimelineEvent>> {
    customers::must_be_visible(cx, customer_id).await?;
    // Judged before the turn to write: others need not wait for it.
    let kind = known_kind(&cx.store.rows, &input.kind).await?;
    let payload = Value::Object(input.payload.clone());
    event_types::check_payload(&kind, &payload)?;
    if input.occurred_at.is_some_and(|occurred_at| occurred_at > latest_occurrence(cx.clock.now())) {
        return Err(Error::invalid_at("/occurred_at", FaultCode::InTheFuture));
    }
    let change = Change::begin(cx).await?;
    let customer = customers::lock_for_event_in(&change, customer_id).await?;
    if let Some(first) = find_by_reference(&change, customer_id, &input).await? {
        let superseded = timeline::superseded(&change, [first.id], None).await?;
        let successor = superseded.get(&first.id).copied();
        let event = TimelineEvent::new(first, successor, cx.language);
        let outcome = Outcome::ok(&event, Some(event.etag()))?;
        return change.commit(outcome).await;
    }
    customers::not_archived(&customer)?;
    let id = change.record(entry(&kind, customer_id, payload, input)?);
    let event = TimelineEvent::new(sealed(&change, id).await?, None, cx.language);
    let outcome = Outcome::created(&event, event.location(), Some(event.etag()))?;
    change.commit(outcome).await
}

/// Appends an event of an own kind within a larger change; a reference that was sent already is refused at its commit.
pub async fn append_in(change: &Change, customer_id: Uuid, input: AppendEvent) -> Result<Uuid> {
    let kind = known_kind(change, &input.kind).await?;
    let payload = Value::Object(input.payload.clone());
    event_types::check_payload(&kind, &payload)?;
    let customer = customers::lock_in(change, customer_id).await?;
    customers::not_archived(&customer)?;
    Ok(change.record(entry(&kind, customer_id, payload, input)?))
}

async fn known_kind(reader: &impl Reads, name: &str) -> Result<event_type::Model> {
    let refused = |code| Err(Error::invalid_at("/kind", Fault::of_value(code, name)));
    if is_reserved(name) {
        return refused(FaultCode::ReservedKind);
    }
    match event_types::find_by_name(reader, name).await? {
        Some(kind) if kind.archived_at.is_none() => Ok(kind),
        _ => refused(FaultCode::UnknownKind),
    }
}

/// The event a system already sent under this reference. The customer is locked: nobody appends it meanwhile.
async fn find_by_reference(
    change: &Change,
    customer_id: Uuid,
    input: &AppendEvent,
) -> Result<Option<timeline_event::Model>> {
    let source = input.source.as_ref();
    let Some((system, reference)) = source.and_then(|source| Some((&source.system, source.reference.as_ref()?))) else {
        return Ok(None);
    };
    match timeline::by_reference(change, system, reference).await? {
        Some(event) if event.root_id != customer_id || event.subject_type != SUBJECT => {
            Err(reference_taken(change, &event).await?)
        }
        found => Ok(found),
    }
}

/// A system sent this reference for something else: what that was, if the caller may see it.
pub(in crate::services) async fn reference_taken(change: &Change, event: &timeline_event::Model) -> Result<Error> {
    let is_visible = change.exists(customer::Entity::find_visible(event.root_id, &change.cx().actor)).await?;
    let record = if event.subject_type == SUBJECT { event.id } else { event.subject_id };
    Ok(Error::already_exists(["/source/reference"], is_visible.then_some(record)))
}

fn entry(kind: &event_type::Model, customer_id: Uuid, payload: Value, input: AppendEvent) -> Result<Entry> {
    let category = Category::parse(&kind.category).ok_or_else(|| Error::internal("an unknown category"))?;
    let subject = Subject { kind: SUBJECT, id: customer_id };
    let title = event_types::title(kind, &payload);
    let mut entry = Entry::new(Root::customer(customer_id), subject, &kind.name, category, title);
    entry.payload = payload;
    entry.occurred_at = input.occurred_at;
    entry.summary = input.summary;
    entry.direction = input.direction.map(|direction| direction.as_str().to_owned());
    entry.channel = input.channel;
    entry.amount = input.amount;
    if let Some(source) = input.source {
        entry.source = Source { system: source.system, reference: source.reference };
    }
    Ok(entry)
}
