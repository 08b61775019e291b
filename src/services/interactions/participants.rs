//! Who took part in interactions, as far as they are customers or users: lists are filtered by them.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::entities::interaction::Model;
use crate::entities::interaction_participant::{Column, Entity};
use crate::error::{Error, Result};
use crate::history::change::Change;
use crate::schemas::interaction::Participant;
use crate::services::links::Links;

/// Where they stand: among the participants themselves, and in rows of their own.
pub fn links() -> Links {
    Links::of(Entity, (Column::InteractionId, Column::ParticipantId), (None, &["customer_id", "user_id"]))
}

/// The customers and users who took part.
pub fn of(row: &Model) -> Result<BTreeSet<Uuid>> {
    let all: Vec<Participant> = serde_json::from_str(&row.participants).map_err(Error::internal)?;
    Ok(all.into_iter().flat_map(|one| [one.customer_id, one.user_id]).flatten().collect())
}

/// Brings the rows of an interaction in line with those who took part.
pub fn follow(change: &Change, before: Option<&Model>, after: &Model) -> Result<()> {
    let before = before.map(of).transpose()?.unwrap_or_default();
    links().replace(change, after.id, &before, &of(after)?);
    Ok(())
}
