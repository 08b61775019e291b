//! A row of the one log.

use sea_orm::entity::prelude::*;

use crate::domain::actor::{ActorReference, ActorType};
use crate::domain::instant::Instant;

/// One event as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "timeline_events")]
pub struct Model {
    /// The record whose chain this event is part of.
    #[sea_orm(primary_key, auto_increment = false)]
    pub root_id: Uuid,
    /// When it happened.
    #[sea_orm(primary_key, auto_increment = false)]
    pub occurred_at: Instant,
    /// 1, 2, 3 … within the root, no gap.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
    /// Identifier, UUIDv7.
    pub id: Uuid,
    /// Place in the order of all events.
    pub position: i64,
    /// What the root is: `customer`, `user`, `tag`, `event_type`.
    pub root_type: String,
    /// `<thing>.<past participle>`.
    pub kind: String,
    /// Group of kinds.
    pub category: String,
    /// When we learned it.
    pub recorded_at: Instant,
    /// What kind of being acted.
    pub actor_type: String,
    /// Who acted.
    pub actor_id: Option<Uuid>,
    /// The actor's name at the time.
    pub actor_name: String,
    /// Where the event comes from.
    pub source_system: String,
    /// The event's own id over there.
    pub source_reference: Option<String>,
    /// The request that caused it.
    pub request_id: Option<String>,
    /// Inbound or outbound.
    pub direction: Option<String>,
    /// Phone, e-mail …
    pub channel: Option<String>,
    /// The sentence in English.
    pub title_en: String,
    /// The sentence in German.
    pub title_de: String,
    /// A short text.
    pub summary: Option<String>,
    /// Money, in ten-thousandths of the currency's unit.
    pub amount: Option<i64>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// Facts by kind: canonical JSON (RFC 8785).
    pub payload: String,
    /// What the event is about.
    pub subject_type: String,
    /// Which one.
    pub subject_id: Uuid,
    /// The event this one corrects.
    pub supersedes: Option<Uuid>,
    /// The row of the record it is about as it left it, JSON; not read with pages.
    pub state: Option<String>,
    /// Folded words of the titles and the summary, for the text filter.
    pub search_text: String,
    /// 32 random bytes that keep the digest from being guessed.
    pub salt: Vec<u8>,
    /// SHA-256 of salt and content.
    pub content_digest: Vec<u8>,
    /// Hash of the event before.
    pub previous_hash: Vec<u8>,
    /// SHA-256 of everything that is not content, the previous hash and the content's digest.
    pub hash: Vec<u8>,
}

crate::cells! {
    Model {
        root_id, occurred_at, sequence, id, position, root_type, kind, category, recorded_at, actor_type, actor_id,
        actor_name, source_system, source_reference, request_id, direction, channel, title_en, title_de, summary,
        amount, currency, payload, subject_type, subject_id, supersedes, search_text, salt, content_digest,
        previous_hash, hash,
    }
    unread { state }
}

/// Events point at records by id and type, without foreign keys: they outlive them.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Who caused it, called as at the time.
    pub fn actor(&self) -> ActorReference {
        ActorReference {
            kind: ActorType::parse(&self.actor_type).unwrap_or(ActorType::System),
            id: self.actor_id,
            display_name: self.actor_name.clone(),
        }
    }
}
