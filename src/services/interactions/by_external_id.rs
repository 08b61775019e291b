//! Interactions by the ids other systems have for them, as a mailbox has for its messages.

use sea_orm::EntityTrait;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{SUBJECT, create_in, fields, find_by_reference, not_archived, patch_in};
use crate::domain::version::Preconditions;
use crate::entities::cells::{Locks, Reads};
use crate::entities::{customer, interaction};
use crate::error::{Code, Error, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::outcome::Outcome;
use crate::schemas::interaction::{CreateInteraction, Interaction, UpdateInteraction};
use crate::schemas::patch::Patch;
use crate::schemas::upsert::Upsert;
use crate::services::custom_fields::{self, Demand};
use crate::services::customers;
use crate::services::upsert::{self, Upserted};

/// Logs the interaction another system knows under an id, or changes the one that is there.
pub async fn upsert(
    cx: &Context,
    customer_id: Uuid,
    document: &Upsert<CreateInteraction>,
    conditions: &Preconditions,
) -> Result<Outcome<Interaction>> {
    upsert::upsert(&Interactions { customer_id }, cx, document, conditions).await
}

/// The interactions of a customer.
struct Interactions {
    customer_id: Uuid,
}

impl Upserted for Interactions {
    const RESOURCE: &'static str = SUBJECT;
    type Row = interaction::Model;
    type Beside = customer::Model;
    type Create = CreateInteraction;
    type Update = UpdateInteraction;
    type Reply = Interaction;

    async fn create_in(&self, change: &Change, input: CreateInteraction) -> Result<interaction::Model> {
        let customer = customers::lock_in(change, self.customer_id).await?;
        let definitions = custom_fields::of(change, SUBJECT).await?;
        let input = fields::normalize(input, change.now())?;
        if let Some(first) = find_by_reference(change, self.customer_id, input.source.as_ref()).await? {
            return Err(upsert::sent_without_id(first.id));
        }
        create_in(change, &customer, input, (&definitions, Demand::Complete)).await
    }

    async fn lock_in(&self, change: &Change, id: Uuid) -> Result<(customer::Model, interaction::Model)> {
        let customer = customers::lock_in(change, self.customer_id).await?;
        let found = change.one(interaction::Entity::find_visible(id, &change.cx().actor)).await?;
        let found = found.ok_or_else(|| upsert::taken(None))?;
        if found.customer_id != self.customer_id {
            return Err(upsert::taken(Some(id)));
        }
        let locked = change.one(interaction::Entity::find_by_id(id).lock_for_change()).await?;
        Ok((customer, locked.ok_or_else(|| Error::new(Code::NotFound))?))
    }

    fn is_archived(row: &interaction::Model) -> bool {
        row.archived_at.is_some()
    }

    fn fixed(document: &Upsert<CreateInteraction>) -> Result<Map<String, Value>> {
        let CreateInteraction { source, occurred_at, .. } = document.fields()?;
        let mut fixed = Map::from_iter([upsert::fixed_source(source.as_ref())]);
        // A new one without a time happened when it was logged, and stays there.
        if occurred_at.is_none() {
            fixed.insert("occurred_at".to_owned(), Value::Null);
        }
        Ok(fixed)
    }

    async fn patch_in(
        &self,
        change: &Change,
        (customer, before): (customer::Model, interaction::Model),
        patch: &Patch<UpdateInteraction>,
    ) -> Result<interaction::Model> {
        not_archived(&customer, &before)?;
        patch_in(change, &customer, &before, patch, &*custom_fields::of(change, SUBJECT).await?).await
    }

    fn reply(row: interaction::Model) -> Result<Interaction> {
        Ok(row.into())
    }

    fn place(reply: &Interaction) -> (String, String) {
        (reply.location(), reply.etag())
    }
}
