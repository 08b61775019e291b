//! The timeline on the wire.

mod input;
mod query;
mod verification;

pub use input::*;
pub use query::*;
pub use verification::*;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Facts, RawJson};
use crate::domain::actor::ActorReference;
use crate::domain::currency::Currency;
use crate::domain::event_kind::Category;
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::domain::money::Money;
use crate::entities::timeline_event::Model;
use crate::page_of;

/// Which way something went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To us.
    Inbound,
    /// From us.
    Outbound,
    /// Among ourselves.
    Internal,
}

impl Direction {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::Internal => "internal",
        }
    }
}

/// One word, such as a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9_]+$", example = "phone")]
pub struct ChannelName(pub String);

/// Kind of an event: `<thing>.<past participle>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(max_length = 100, pattern = r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$", example = "call.logged")]
pub struct EventKind(pub String);

/// Name of a system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(min_length = 1, max_length = 60, pattern = "^[A-Za-z0-9._-]+$", example = "erp")]
pub struct SystemName(pub String);

/// Where an event comes from.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EventSource {
    /// The system; `api` for what was entered here.
    #[schema(max_length = 60, pattern = "^[A-Za-z0-9._-]+$", example = "api")]
    pub system: String,
    /// Its own id there.
    #[schema(required = true, max_length = 200, pattern = r"^[^\x00]*$", example = "SV-2026-118")]
    pub reference: Option<String>,
}

/// What an event is about.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EventSubject {
    /// Kind of record.
    #[serde(rename = "type")]
    #[schema(max_length = 60, pattern = "^[a-z_]+$", example = "interaction")]
    pub kind: String,
    /// Which one.
    pub id: Uuid,
}

/// The place of an event in its chain of hashes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EventIntegrity {
    /// Hash of the event before, hexadecimal.
    #[schema(max_length = 64, pattern = "^[0-9a-f]{64}$")]
    pub previous_hash: String,
    /// SHA-256 of salt and content, hexadecimal.
    #[schema(max_length = 64, pattern = "^[0-9a-f]{64}$")]
    pub content_digest: String,
    /// Hash of this event, hexadecimal.
    #[schema(max_length = 64, pattern = "^[0-9a-f]{64}$")]
    pub hash: String,
}

/// An entry of the timeline.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TimelineEvent {
    /// Identifier.
    pub id: Uuid,
    /// Whose timeline.
    pub customer_id: Uuid,
    /// 1, 2, 3 … within the timeline, without gaps, in the order of recording.
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 3)]
    pub sequence: i64,
    /// Place in the order of all events.
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 90412)]
    pub position: i64,
    /// `<thing>.<past participle>`.
    #[schema(max_length = 100, pattern = r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$", example = "call.logged")]
    pub kind: String,
    /// Group of kinds.
    #[schema(value_type = Category)]
    pub category: String,
    /// When it happened.
    pub occurred_at: Instant,
    /// When we learned it.
    pub recorded_at: Instant,
    /// A sentence in the language of the answer.
    #[schema(max_length = 300, pattern = r"^[^\x00]*$", example = "Inbound call: Rückfrage Lieferung")]
    pub title: String,
    /// A short text.
    #[schema(
        required = true,
        max_length = 2000,
        pattern = r"^[^\x00]*$",
        example = "Fragt nach dem Termin für Auftrag 4711."
    )]
    pub summary: Option<String>,
    /// Which way it went.
    #[schema(required = true, value_type = Option<Direction>)]
    pub direction: Option<String>,
    /// What it went through.
    #[schema(required = true, max_length = 60, pattern = "^[a-z0-9_]+$", example = "phone")]
    pub channel: Option<String>,
    /// Money involved.
    #[schema(required = true)]
    pub amount: Option<Money>,
    /// Who caused it.
    pub actor: ActorReference,
    /// Where it comes from.
    pub source: EventSource,
    /// What it is about.
    pub subject: EventSubject,
    /// Facts by kind.
    #[schema(value_type = Facts)]
    pub payload: RawJson,
    /// The event this one corrects.
    #[schema(required = true)]
    pub supersedes: Option<Uuid>,
    /// The event that corrects this one.
    #[schema(required = true)]
    pub superseded_by: Option<Uuid>,
    /// Its place in the chain of hashes.
    pub integrity: EventIntegrity,
    /// The language of the title; only in the ETag.
    #[serde(skip)]
    #[schema(ignore)]
    pub language: Language,
}

impl TimelineEvent {
    /// A stored event as one caller reads it.
    pub fn new(row: Model, superseded_by: Option<Uuid>, language: Language) -> Self {
        let actor = row.actor();
        let currency = row.currency.as_deref().and_then(|code| Currency::parse(code).ok());
        Self {
            id: row.id,
            customer_id: row.root_id,
            sequence: row.sequence,
            position: row.position,
            kind: row.kind,
            category: row.category,
            occurred_at: row.occurred_at,
            recorded_at: row.recorded_at,
            title: match language {
                Language::En => row.title_en,
                Language::De => row.title_de,
            },
            summary: row.summary,
            direction: row.direction,
            channel: row.channel,
            amount: row.amount.zip(currency).map(|(amount, currency)| Money::from_scaled(amount, currency)),
            actor,
            source: EventSource { system: row.source_system, reference: row.source_reference },
            subject: EventSubject { kind: row.subject_type, id: row.subject_id },
            payload: RawJson::stored(row.payload),
            supersedes: row.supersedes,
            superseded_by,
            integrity: EventIntegrity {
                previous_hash: hex::encode(row.previous_hash),
                content_digest: hex::encode(row.content_digest),
                hash: hex::encode(row.hash),
            },
            language,
        }
    }

    /// The entity tag, without quotes: an event never changes, but its title has two languages and it may be
    /// corrected by another one.
    pub fn etag(&self) -> String {
        let corrected = if self.superseded_by.is_some() { ".superseded" } else { "" };
        format!("{}.{}{corrected}", &self.integrity.hash.get(..32).unwrap_or_default(), self.language)
    }

    /// Where it is found.
    pub fn location(&self) -> String {
        format!("/v1/customers/{}/timeline/{}", self.customer_id, self.id)
    }
}

page_of! {
    /// A page of a timeline.
    TimelinePage of TimelineEvent
}
