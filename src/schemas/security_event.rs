//! Security events on the wire.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{Facts, RawJson};
use crate::domain::actor::{ActorReference, ActorType};
use crate::domain::instant::Instant;
use crate::entities::security_event::Model;
use crate::page_of;

/// Something that is no change of a record but must be known: a sign-in, a refusal, a sensitive read.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SecurityEvent {
    /// Identifier.
    pub id: Uuid,
    /// What happened: `<thing>.<past participle>`. New kinds may be added.
    #[schema(max_length = 60, pattern = r"^[a-z_]+\.[a-z_]+$", example = "session.opened")]
    pub kind: String,
    /// Whether it was let through.
    pub outcome: SecurityOutcome,
    /// When.
    pub occurred_at: Instant,
    /// Who did it; without id and name where nobody was recognised.
    pub actor: ActorReference,
    /// The record concerned.
    #[schema(required = true)]
    pub subject: Option<SecuritySubject>,
    /// Network address of the caller.
    #[schema(required = true, max_length = 45, pattern = "^[0-9A-Fa-f.:]+$", example = "192.0.2.7")]
    pub address: Option<String>,
    /// The request, as the log knows it.
    #[schema(
        required = true,
        max_length = 64,
        pattern = "^[A-Za-z0-9._-]+$",
        example = "019a0000-0000-7000-8000-000000000001"
    )]
    pub request_id: Option<String>,
    /// Facts by kind.
    #[schema(value_type = Facts)]
    pub detail: RawJson,
    /// Its place in the chain of its day.
    pub integrity: SecurityIntegrity,
}

/// Whether something was let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecurityOutcome {
    /// Let through.
    Succeeded,
    /// Turned away.
    Refused,
}

impl SecurityOutcome {
    /// The word in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Refused => "refused",
        }
    }
}

/// The record a security event is about.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SecuritySubject {
    /// Kind of record.
    #[serde(rename = "type")]
    #[schema(max_length = 40, pattern = "^[a-z_]+$", example = "user")]
    pub kind: String,
    /// Which one.
    pub id: Uuid,
}

/// The links of a chain: one chain a day, so that no entry can be changed or removed unnoticed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SecurityIntegrity {
    /// The day in UTC.
    #[schema(format = "date", max_length = 10, example = "2026-11-20")]
    pub day: String,
    /// 1, 2, 3 … within the day.
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 1)]
    pub sequence: i64,
    /// Hash of the entry before.
    #[schema(
        max_length = 64,
        pattern = "^[0-9a-f]{64}$",
        example = "9c1d000000000000000000000000000000000000000000000000000000000000"
    )]
    pub previous_hash: String,
    /// SHA-256 over the entry and the hash before.
    #[schema(
        max_length = 64,
        pattern = "^[0-9a-f]{64}$",
        example = "e0f2000000000000000000000000000000000000000000000000000000000000"
    )]
    pub hash: String,
}

impl From<Model> for SecurityEvent {
    fn from(row: Model) -> Self {
        let succeeded = row.outcome == SecurityOutcome::Succeeded.as_str();
        Self {
            id: row.id,
            kind: row.kind,
            outcome: if succeeded { SecurityOutcome::Succeeded } else { SecurityOutcome::Refused },
            occurred_at: row.occurred_at,
            actor: ActorReference {
                kind: ActorType::parse(&row.actor_type).unwrap_or(ActorType::System),
                id: row.actor_id,
                display_name: row.actor_name,
            },
            subject: row.subject_type.zip(row.subject_id).map(|(kind, id)| SecuritySubject { kind, id }),
            address: row.address,
            request_id: row.request_id,
            detail: RawJson::stored(row.detail),
            integrity: SecurityIntegrity {
                day: row.day,
                sequence: row.sequence,
                previous_hash: hex::encode(row.previous_hash),
                hash: hex::encode(row.hash),
            },
        }
    }
}

page_of! {
    /// A page of security events.
    SecurityEventPage of SecurityEvent
}

/// A kind of security event.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[schema(max_length = 60, pattern = r"^[a-z_]+\.[a-z_]+$", example = "login.refused")]
pub struct SecurityEventKind(pub String);

/// Which security events. Repeated parameters mean "or", different ones "and".
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct SecurityEventQuery {
    /// What happened: `session.opened`, `session.revoked`, `login.refused`, `refresh_token.reused`,
    /// `password.changed`, `password.reset`, `password.refused`, `access.refused` …
    #[param(inline, max_items = 20)]
    pub kind: Vec<SecurityEventKind>,
    /// Whether it was let through.
    #[param(inline, nullable = false)]
    pub outcome: Option<SecurityOutcome>,
    /// Who did it.
    #[param(max_items = 50)]
    pub actor_id: Vec<Uuid>,
    /// The record concerned: for a refused sign-in, the user somebody wanted to be.
    #[param(max_items = 50)]
    pub subject_id: Vec<Uuid>,
    /// At or after.
    #[param(inline, nullable = false)]
    pub occurred_from: Option<Instant>,
    /// Before.
    #[param(inline, nullable = false)]
    pub occurred_to: Option<Instant>,
    /// Order: newest first, unless it is given.
    #[param(max_length = 20, pattern = "^-?occurred_at$", nullable = false, example = "-occurred_at")]
    pub sort: Option<String>,
}
