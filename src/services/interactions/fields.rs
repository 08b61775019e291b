//! From what a caller sent to what is stored: values in their one form, references that exist.

use serde_json::Value;

use crate::domain::event_kind::latest_occurrence;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::{email, phone};
use crate::entities::interaction;
use crate::error::{Error, FieldError, Result};
use crate::history::change::Change;
use crate::schemas::interaction::{CreateInteraction, Interaction, InteractionKind, Participant};
use crate::services::external_ids;
use crate::services::references::References;

/// Numbers without a country code are German ones.
const HOME_COUNTRY: &str = "DE";

/// Brings values into their one form and refuses what does not fit together.
pub fn normalize(mut input: CreateInteraction, now: Instant) -> Result<CreateInteraction> {
    let mut faults = Vec::new();
    let mut add = |pointer: String, fault: Fault| faults.push(FieldError::at_pointer(pointer, fault));
    let occurred_at = *input.occurred_at.get_or_insert(now);
    for (pointer, instant) in [("/occurred_at", Some(occurred_at)), ("/ended_at", input.ended_at)] {
        if instant.is_some_and(|instant| instant > latest_occurrence(now)) {
            add(pointer.to_owned(), FaultCode::InTheFuture.into());
        }
    }
    if input.ended_at.is_some_and(|ended_at| ended_at < occurred_at) {
        add("/ended_at".to_owned(), Fault::new(FaultCode::Before).with("other", "occurred_at"));
    }
    let blank = |text: &Option<String>| text.as_deref().is_none_or(|text| text.trim().is_empty());
    if input.kind == InteractionKind::Note && blank(&input.subject) && blank(&input.body) {
        add("/body".to_owned(), FaultCode::ContentRequired.into());
    }
    for (index, participant) in input.participants.iter_mut().enumerate() {
        for (member, fault) in normalize_participant(participant) {
            add(format!("/participants/{index}{member}"), fault);
        }
    }
    if faults.is_empty() { Ok(input) } else { Err(Error::invalid(faults)) }
}

fn normalize_participant(participant: &mut Participant) -> Vec<(&'static str, Fault)> {
    let mut faults = Vec::new();
    let Participant { customer_id, user_id, name, email: address, phone: number, role: _ } = participant;
    let nobody = customer_id.is_none() && user_id.is_none() && name.is_none() && address.is_none() && number.is_none();
    if nobody {
        faults.push(("", FaultCode::Required.into()));
    }
    for (member, value, normalize) in [
        ("/email", address, email::normalize as fn(&str) -> Result<String, Fault>),
        ("/phone", number, |text: &str| phone::normalize(text, HOME_COUNTRY)),
    ] {
        match value.as_deref().map(normalize) {
            Some(Ok(normal)) => *value = Some(normal),
            Some(Err(fault)) => faults.push((member, fault)),
            None => {}
        }
    }
    faults
}

/// Refuses users that do not exist and customers the caller may not know of.
pub async fn references_exist(change: &Change, input: &CreateInteraction) -> Result<()> {
    let mut references = References::new();
    references.user("/owner_id", input.owner_id);
    for (index, participant) in input.participants.iter().enumerate() {
        references.user(format!("/participants/{index}/user_id"), participant.user_id);
        references.customer(format!("/participants/{index}/customer_id"), participant.customer_id);
    }
    references.exist(change).await
}

/// A row with the fields of an input that is in its one form.
pub fn filled(mut row: interaction::Model, input: CreateInteraction) -> Result<interaction::Model> {
    // Taken apart completely: a field that is added and not stored does not compile.
    let CreateInteraction {
        kind,
        direction,
        channel,
        initiative,
        subject,
        body,
        occurred_at,
        ended_at,
        outcome,
        thread_id,
        participants,
        external_ids,
        custom_fields: _,
        source: _,
        owner_id,
    } = input;
    external_ids::distinct(&external_ids)?;
    kind.as_str().clone_into(&mut row.kind);
    row.direction = direction.map(|direction| direction.as_str().to_owned());
    row.channel = channel;
    row.initiative = initiative.map(|initiative| initiative.as_str().to_owned());
    row.subject = subject;
    row.body = body;
    row.occurred_at = occurred_at.unwrap_or(row.occurred_at);
    row.ended_at = ended_at;
    row.outcome = outcome;
    row.thread_id = thread_id;
    row.participants = serde_json::to_string(&participants).map_err(Error::internal)?;
    row.external_ids = serde_json::to_string(&external_ids).map_err(Error::internal)?;
    row.owner_id = owner_id;
    Ok(row)
}

/// The writable fields of a stored interaction.
pub fn writable(row: &interaction::Model) -> Result<Value> {
    const READ_ONLY: [&str; 12] = [
        "id",
        "customer_id",
        "recorded_at",
        "duration_seconds",
        "event_id",
        "version",
        "created_at",
        "created_by",
        "updated_at",
        "updated_by",
        "archived_at",
        "source",
    ];
    let current = serde_json::to_value(Interaction::from(row.clone())).map_err(Error::internal)?;
    let Value::Object(mut fields) = current else { return Err(Error::internal("an interaction is an object")) };
    fields.retain(|name, value| !READ_ONLY.contains(&name.as_str()) && !value.is_null());
    Ok(Value::Object(fields))
}
