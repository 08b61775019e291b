//! Interactions on the wire.

mod query;

pub use query::*;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::custom_field::CustomFields;
use super::timeline::{Direction, EventSource, SourceInput};
use super::{Checked, ExternalId, RawJson, patch, samples};
use crate::domain::actor::ActorReference;
use crate::domain::instant::Instant;
use crate::entities::custom_field_value;
use crate::page_of;

/// What an interaction was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InteractionKind {
    /// An e-mail.
    Email,
    /// A telephone or video call.
    Call,
    /// A meeting.
    Meeting,
    /// A note.
    Note,
    /// A chat.
    Chat,
    /// A letter.
    Letter,
    /// A visit.
    Visit,
    /// A post or message in a social network.
    SocialPost,
}

impl InteractionKind {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::Email, Self::Call, Self::Meeting, Self::Note, Self::Chat, Self::Letter, Self::Visit, Self::SocialPost];

    /// The word on the wire and in the database, and the first part of its events' kinds.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Call => "call",
            Self::Meeting => "meeting",
            Self::Note => "note",
            Self::Chat => "chat",
            Self::Letter => "letter",
            Self::Visit => "visit",
            Self::SocialPost => "social_post",
        }
    }

    /// Reads the word from the database.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }
}

/// Whether we answered or came forward by ourselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Initiative {
    /// We answered to something.
    Reactive,
    /// We came forward by ourselves.
    Proactive,
}

impl Initiative {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reactive => "reactive",
            Self::Proactive => "proactive",
        }
    }
}

/// Somebody who took part; at least one of the other fields besides `role` says who.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Participant {
    /// A customer.
    pub customer_id: Option<Uuid>,
    /// A user.
    pub user_id: Option<Uuid>,
    /// A name, for somebody who is neither.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$", example = "Änne Öztürk")]
    pub name: Option<String>,
    /// Their e-mail address.
    #[schema(format = "email", max_length = 320, example = "aenne.oeztuerk@example.org")]
    pub email: Option<String>,
    /// Their phone number.
    #[schema(format = "phone", max_length = 60, example = "+491711234567")]
    pub phone: Option<String>,
    /// What part they had.
    #[schema(min_length = 1, max_length = 60, pattern = r"^[^\x00]*$", example = "caller")]
    pub role: Option<String>,
}

/// A new interaction.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(samples::create_call, samples::create_email))]
pub struct CreateInteraction {
    /// What it was; fixed once and for all.
    pub kind: InteractionKind,
    /// Which way it went.
    pub direction: Option<Direction>,
    /// What it went through, one word.
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9_]+$", example = "phone")]
    pub channel: Option<String>,
    /// Whether we came forward by ourselves.
    pub initiative: Option<Initiative>,
    /// What it was about.
    #[schema(max_length = 500, pattern = r"^[^\x00]*$", example = "Rückfrage Lieferung")]
    pub subject: Option<String>,
    /// What was said or written.
    #[schema(max_length = 100_000, pattern = r"^[^\x00]*$", example = "Fragt nach dem Termin für Auftrag 4711.")]
    pub body: Option<String>,
    /// When it began; now unless it is given. At most a day ahead.
    pub occurred_at: Option<Instant>,
    /// When it ended; not before it began.
    pub ended_at: Option<Instant>,
    /// What came of it, one word.
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9_]+$", example = "resolved")]
    pub outcome: Option<String>,
    /// What belongs together, such as the mails of one conversation.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$", example = "lieferung-4711")]
    pub thread_id: Option<String>,
    /// Who took part.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub participants: Vec<Participant>,
    /// Ids in other systems, one interaction per system and id.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub external_ids: Vec<ExternalId>,
    /// Fields the business defines itself.
    #[serde(default)]
    pub custom_fields: CustomFields,
    /// Where it was first recorded; fixed once and for all. The same reference again answers with the
    /// interaction that was logged first.
    pub source: Option<SourceInput>,
    /// The user in charge.
    pub owner_id: Option<Uuid>,
}

impl Checked for CreateInteraction {}

/// What changes in an interaction. Absent means unchanged, null means empty.
#[derive(Debug, Clone)]
pub struct UpdateInteraction;

impl utoipa::PartialSchema for UpdateInteraction {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        patch::schema_of::<CreateInteraction>(
            &["kind", "source"],
            "What changes in an interaction. Absent means unchanged, null means empty.",
            samples::update_interaction(),
        )
    }
}

impl ToSchema for UpdateInteraction {
    fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>)>) {
        CreateInteraction::schemas(schemas);
    }
}

/// An interaction.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Interaction {
    /// Identifier.
    pub id: Uuid,
    /// Whose history it belongs to.
    pub customer_id: Uuid,
    /// What it was.
    #[schema(value_type = InteractionKind)]
    pub kind: String,
    /// Which way it went.
    #[schema(value_type = Option<Direction>)]
    pub direction: Option<String>,
    /// What it went through.
    #[schema(max_length = 60, pattern = "^[a-z0-9_]+$", example = "phone")]
    pub channel: Option<String>,
    /// Whether we came forward by ourselves.
    #[schema(value_type = Option<Initiative>)]
    pub initiative: Option<String>,
    /// What it was about.
    #[schema(max_length = 500, pattern = r"^[^\x00]*$", example = "Rückfrage Lieferung")]
    pub subject: Option<String>,
    /// What was said or written.
    #[schema(max_length = 100_000, pattern = r"^[^\x00]*$", example = "Fragt nach dem Termin für Auftrag 4711.")]
    pub body: Option<String>,
    /// When it began.
    pub occurred_at: Instant,
    /// When we learned of it.
    pub recorded_at: Instant,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// How long it took; null without an end.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 360)]
    pub duration_seconds: Option<i64>,
    /// What came of it.
    #[schema(max_length = 60, pattern = "^[a-z0-9_]+$", example = "resolved")]
    pub outcome: Option<String>,
    /// What belongs together.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "lieferung-4711")]
    pub thread_id: Option<String>,
    /// Who took part.
    #[schema(value_type = Vec<Participant>, max_items = 100)]
    pub participants: RawJson,
    /// Ids in other systems.
    #[schema(value_type = Vec<ExternalId>, max_items = 20)]
    pub external_ids: RawJson,
    /// Fields the business defines itself.
    #[schema(value_type = CustomFields)]
    pub custom_fields: RawJson,
    /// Where it was first recorded.
    pub source: EventSource,
    /// The user in charge.
    pub owner_id: Option<Uuid>,
    /// The event that shows its present state on the timeline.
    pub event_id: Uuid,
    /// Counts changes; the ETag.
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 1)]
    pub version: i64,
    /// When it was recorded.
    pub created_at: Instant,
    /// By whom.
    #[schema(value_type = ActorReference)]
    pub created_by: RawJson,
    /// When it was last changed.
    pub updated_at: Instant,
    /// By whom.
    #[schema(value_type = ActorReference)]
    pub updated_by: RawJson,
    /// When it was archived; null if it is not.
    pub archived_at: Option<Instant>,
}

impl Interaction {
    /// The entity tag, without quotes.
    pub fn etag(&self) -> String {
        self.version.to_string()
    }

    /// Where it is found.
    pub fn location(&self) -> String {
        format!("/v1/interactions/{}", self.id)
    }
}

impl From<crate::entities::interaction::Model> for Interaction {
    fn from(row: crate::entities::interaction::Model) -> Self {
        Self {
            id: row.id,
            customer_id: row.customer_id,
            duration_seconds: duration_seconds(row.occurred_at, row.ended_at),
            kind: row.kind,
            direction: row.direction,
            channel: row.channel,
            initiative: row.initiative,
            subject: row.subject,
            body: row.body,
            occurred_at: row.occurred_at,
            recorded_at: row.created_at,
            ended_at: row.ended_at,
            outcome: row.outcome,
            thread_id: row.thread_id,
            participants: RawJson::stored(row.participants),
            external_ids: RawJson::stored(row.external_ids),
            custom_fields: RawJson::stored(custom_field_value::kept(row.custom_fields.as_ref()).to_owned()),
            source: EventSource { system: row.source_system, reference: row.source_reference },
            owner_id: row.owner_id,
            event_id: row.event_id,
            version: row.version,
            created_at: row.created_at,
            created_by: RawJson::stored(row.created_by),
            updated_at: row.updated_at,
            updated_by: RawJson::stored(row.updated_by),
            archived_at: row.archived_at,
        }
    }
}

/// Whole seconds from the beginning to the end.
pub fn duration_seconds(begin: Instant, end: Option<Instant>) -> Option<i64> {
    end.map(|end| (end.micros() - begin.micros()) / 1_000_000)
}

page_of! {
    /// A page of interactions.
    InteractionPage of Interaction
}
