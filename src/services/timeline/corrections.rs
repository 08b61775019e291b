//! Corrections: nothing is edited, a new entry takes the place of the wrong one.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{append, sealed};
use crate::domain::currency::Currency;
use crate::domain::event_kind::{Category, is_reserved, latest_occurrence};
use crate::domain::fault::FaultCode;
use crate::domain::money::Money;
use crate::domain::payload::CORRECTION_REASON;
use crate::entities::cells::Reads;
use crate::entities::{event_type, timeline_event};
use crate::error::{Code, Error, FieldError, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::entry::{Entry, Root, Subject};
use crate::history::outcome::Outcome;
use crate::history::timeline;
use crate::schemas::timeline::{CorrectEvent, TimelineEvent};
use crate::services::{customers, event_types, interactions};

/// Corrects one entry. An entry about an interaction is corrected by changing the interaction.
pub async fn correct(
    cx: &Context,
    customer_id: Uuid,
    event_id: Uuid,
    input: CorrectEvent,
) -> Result<Outcome<TimelineEvent>> {
    let change = Change::begin(cx).await?;
    let id = correct_in(&change, customer_id, event_id, input).await?;
    let event = TimelineEvent::new(sealed(&change, id).await?, None, cx.language);
    let outcome = Outcome::created(&event, event.location(), Some(event.etag()))?;
    change.commit(outcome).await
}

/// Corrects one entry within a larger change. Answers the id of the entry that takes its place.
pub async fn correct_in(change: &Change, customer_id: Uuid, event_id: Uuid, input: CorrectEvent) -> Result<Uuid> {
    let customer = customers::lock_in(change, customer_id).await?;
    let event = timeline::event(change, &change.cx().actor, customer_id, event_id).await?;
    let superseded = timeline::superseded(change, [event.id], None).await?;
    if let Some(successor) = superseded.get(&event_id) {
        return Err(Error::new(Code::AlreadySuperseded).with_member("superseded_by", successor.to_string()));
    }
    if event.subject_type == interactions::SUBJECT {
        only_what_interactions_have(&input)?;
        let correction =
            interactions::Correction { reason: input.reason, occurred_at: input.occurred_at, body: input.summary };
        return interactions::correct_in(change, &customer, &event, correction).await;
    }
    let kind = own_kind(change, &event).await?;
    customers::not_archived(&customer)?;
    Ok(change.record(corrected(&kind, &event, input, change)?))
}

fn only_what_interactions_have(input: &CorrectEvent) -> Result<()> {
    let refused = [("/payload", input.payload.is_some()), ("/amount", input.amount.is_some())];
    let faults: Vec<_> = refused
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(pointer, _)| FieldError::at_pointer(pointer, FaultCode::NotApplicable))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
}

/// The own kind of an event; what the service itself tells of changes of a record is not to be corrected.
async fn own_kind(reader: &impl Reads, event: &timeline_event::Model) -> Result<event_type::Model> {
    let kind = if is_reserved(&event.kind) { None } else { event_types::find_by_name(reader, &event.kind).await? };
    kind.ok_or_else(|| Error::new(Code::NotCorrectable))
}

/// The entry that takes the place of another one of an own kind.
fn corrected(
    kind: &event_type::Model,
    event: &timeline_event::Model,
    input: CorrectEvent,
    change: &Change,
) -> Result<Entry> {
    if input.occurred_at.is_some_and(|occurred_at| occurred_at > latest_occurrence(change.now())) {
        return Err(Error::invalid_at("/occurred_at", FaultCode::InTheFuture));
    }
    let before = facts(event)?;
    let payload = input.payload.unwrap_or_else(|| before.clone());
    let mut payload = Value::Object(payload);
    event_types::check_payload(kind, &payload)?;
    let category = Category::parse(&kind.category).ok_or_else(|| Error::internal("an unknown category"))?;
    let title = event_types::title(kind, &payload);
    let subject = Subject { kind: append::SUBJECT, id: event.subject_id };
    let mut entry = Entry::new(Root::customer(event.root_id), subject, &event.kind, category, title);
    entry.occurred_at = Some(input.occurred_at.unwrap_or(event.occurred_at));
    entry.summary = input.summary.unwrap_or_else(|| event.summary.clone());
    entry.amount = input.amount.unwrap_or_else(|| amount(event));
    entry.direction.clone_from(&event.direction);
    entry.channel.clone_from(&event.channel);
    entry.supersedes = Some(event.id);
    let same = entry.occurred_at == Some(event.occurred_at)
        && entry.summary == event.summary
        && entry.amount == amount(event)
        && payload == Value::Object(before);
    if same {
        return Err(Error::invalid_at("", FaultCode::NothingChanged));
    }
    if let Value::Object(members) = &mut payload {
        members.insert(CORRECTION_REASON.to_owned(), json!(input.reason));
    }
    Ok(entry.with_payload(payload))
}

/// The payload as it was sent, without the reason of an earlier correction.
fn facts(event: &timeline_event::Model) -> Result<Map<String, Value>> {
    let mut payload: Map<String, Value> = serde_json::from_str(&event.payload).map_err(Error::internal)?;
    payload.remove(CORRECTION_REASON);
    Ok(payload)
}

fn amount(event: &timeline_event::Model) -> Option<Money> {
    let currency = Currency::parse(event.currency.as_deref()?).ok()?;
    Some(Money::from_scaled(event.amount?, currency))
}
