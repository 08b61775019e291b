//! Checkpoints and what they prove, on the wire.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::checkpoint::Checkpoint;
use crate::domain::instant::Instant;
use crate::entities::timeline_event::Model;
use crate::page_of;

page_of! {
    /// A page of checkpoints.
    CheckpointPage of Checkpoint
}

/// Proves to anybody that an event was recorded as it is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TimelineProof {
    /// The event that is proved.
    pub event_id: Uuid,
    /// What the timeline belongs to.
    #[schema(max_length = 60, pattern = "^[a-z_]+$", example = "customer")]
    pub root_type: String,
    /// Which one.
    pub root_id: Uuid,
    /// What the event says, byte for byte as it was digested: JSON (RFC 8785). Null where it was erased.
    #[schema(required = true, max_length = 16000000, pattern = r"^[^\x00]*$")]
    pub content: Option<String>,
    /// The random bytes that were digested before it, hexadecimal.
    #[schema(required = true, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    pub salt: Option<String>,
    /// The hash of the event before it, hexadecimal.
    #[schema(max_length = 64, pattern = "^[0-9a-f]{64}$")]
    pub previous_hash: String,
    /// The event first, then those that follow it, up to the end of the timeline that was covered.
    #[schema(min_items = 1, max_items = 1000)]
    pub events: Vec<ProofEvent>,
    /// Where that end stands in the tree: 0, 1, 2 …
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 12)]
    pub leaf_index: i64,
    /// The hashes beside the way from there to the root, hexadecimal, the nearest first (RFC 6962, section 2.1.1).
    #[schema(max_items = 64)]
    pub audit_path: Vec<ProofHash>,
    /// The newest checkpoint, which has signed the root.
    pub checkpoint: Checkpoint,
}

/// A SHA-256 value, hexadecimal.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(max_length = 64, pattern = "^[0-9a-f]{64}$")]
pub struct ProofHash(pub String);

/// The header of an event: all that its hash is made of, besides the hash before.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProofEvent {
    /// 1, 2, 3 … within the timeline.
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 3)]
    pub sequence: i64,
    /// Place in the order of all events.
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 90412)]
    pub position: i64,
    /// Identifier.
    pub id: Uuid,
    /// `<thing>.<past participle>`.
    #[schema(max_length = 100, pattern = r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$", example = "call.logged")]
    pub kind: String,
    /// Group of kinds.
    #[schema(max_length = 60, pattern = "^[a-z_]+$", example = "communication")]
    pub category: String,
    /// When it happened.
    pub occurred_at: Instant,
    /// When we learned it.
    pub recorded_at: Instant,
    /// What kind of being acted.
    #[schema(max_length = 60, pattern = "^[a-z_]+$", example = "user")]
    pub actor_type: String,
    /// Who.
    #[schema(required = true)]
    pub actor_id: Option<Uuid>,
    /// The system it comes from.
    #[schema(max_length = 60, pattern = "^[A-Za-z0-9._-]+$", example = "api")]
    pub source_system: String,
    /// The request that caused it.
    #[schema(required = true, max_length = 200, pattern = r"^[^\x00]*$")]
    pub request_id: Option<String>,
    /// Which way it went.
    #[schema(required = true, max_length = 60, pattern = "^[a-z_]+$", example = "inbound")]
    pub direction: Option<String>,
    /// What it went through.
    #[schema(required = true, max_length = 60, pattern = "^[a-z0-9_]+$", example = "phone")]
    pub channel: Option<String>,
    /// Kind of record it is about.
    #[schema(max_length = 60, pattern = "^[a-z_]+$", example = "interaction")]
    pub subject_type: String,
    /// Which one.
    pub subject_id: Uuid,
    /// The event it corrects.
    #[schema(required = true)]
    pub supersedes: Option<Uuid>,
    /// SHA-256 of salt and content, hexadecimal.
    #[schema(max_length = 64, pattern = "^[0-9a-f]{64}$")]
    pub content_digest: String,
}

impl From<Model> for ProofEvent {
    fn from(row: Model) -> Self {
        Self {
            sequence: row.sequence,
            position: row.position,
            id: row.id,
            kind: row.kind,
            category: row.category,
            occurred_at: row.occurred_at,
            recorded_at: row.recorded_at,
            actor_type: row.actor_type,
            actor_id: row.actor_id,
            source_system: row.source_system,
            request_id: row.request_id,
            direction: row.direction,
            channel: row.channel,
            subject_type: row.subject_type,
            subject_id: row.subject_id,
            supersedes: row.supersedes,
            content_digest: hex::encode(row.content_digest),
        }
    }
}
