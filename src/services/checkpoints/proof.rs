//! Proving an event to whoever holds nothing but a public key.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use crate::domain::language::Phrase;
use crate::domain::merkle;
use crate::entities::cells::Reads;
use crate::entities::timeline_event::{Column, Entity};
use crate::error::{Code, Error, Result};
use crate::history::chain;
use crate::history::checkpoints as log;
use crate::history::context::Context;
use crate::history::timeline;
use crate::schemas::checkpoint::{ProofEvent, ProofHash, TimelineProof};
use crate::services::customers;

/// Events a proof holds at most.
const EVENTS_MAX: i64 = 1_000;

const NOT_COVERED: Phrase = Phrase {
    en: "no checkpoint covers this entry yet. Wait for the next one, or make one with POST /v1/checkpoints.",
    de: "noch erfasst kein Prüfpunkt diesen Eintrag. Bitte den nächsten abwarten oder mit POST /v1/checkpoints einen setzen.",
};
const TOO_FAR: Phrase = Phrase {
    en: "more than 1,000 entries lie between this one and the first that a checkpoint covers by itself. Prove a later entry, \
         or check the whole timeline with `kundenhistorie verify --checkpoint`.",
    de: "zwischen diesem Eintrag und dem ersten, den ein Prüfpunkt unmittelbar erfasst, liegen mehr als 1.000. Bitte einen \
         späteren Eintrag beweisen oder mit `kundenhistorie verify --checkpoint` die ganze Historie prüfen.",
};

/// The proof of an event of a customer's timeline.
pub async fn prove(cx: &Context, customer_id: Uuid, event_id: Uuid) -> Result<TimelineProof> {
    customers::must_be_visible(cx, customer_id).await?;
    let refused = |why: Phrase| Error::new(Code::NotProvable).because(why);
    let sequence = timeline::event(&cx.store.rows, &cx.actor, customer_id, event_id).await?.sequence;
    let leaf = log::leaf_covering(&cx.store.rows, customer_id, sequence).await?;
    let leaf = leaf.ok_or_else(|| refused(NOT_COVERED))?;
    if leaf.sequence - sequence >= EVENTS_MAX {
        return Err(refused(TOO_FAR));
    }
    // Read after the leaf, so that it covers it.
    let newest = log::newest(&cx.store.rows).await?.ok_or_else(|| refused(NOT_COVERED))?;
    let places = merkle::needed(leaf.place, newest.tree_size);
    let nodes = log::nodes(&cx.store.rows, &places).await?;
    let path = merkle::audit_path(leaf.place, newest.tree_size, |place| nodes.get(&place).copied());
    let path = path.ok_or_else(|| Error::internal("the tree under the checkpoints is incomplete"))?;

    let range = Column::Sequence.between(sequence, leaf.sequence);
    let events = Entity::find().filter(Column::RootId.eq(customer_id)).filter(range).order_by_asc(Column::Sequence);
    let events = cx.store.rows.all(events).await?;
    // With its state, which pages do without.
    let first = Entity::find().filter(Column::Id.eq(event_id)).one(&cx.store.read).await?;
    let first = first.ok_or_else(|| Error::new(Code::NotFound))?;
    Ok(TimelineProof {
        event_id,
        root_type: first.root_type.clone(),
        root_id: first.root_id,
        content: Some(chain::content(&first).map_err(Error::internal)?),
        salt: Some(hex::encode(&first.salt)),
        previous_hash: hex::encode(&first.previous_hash),
        events: events.into_iter().map(ProofEvent::from).collect(),
        leaf_index: leaf.place,
        audit_path: path.iter().map(|hash| ProofHash(hex::encode(hash))).collect(),
        checkpoint: newest.into(),
    })
}
