//! What checking a timeline finds.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::instant::Instant;

/// The last link of a chain.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChainHead {
    /// Sequence of the last event in order.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 3)]
    pub sequence: i64,
    /// Its hash, hexadecimal.
    #[schema(max_length = 64, pattern = "^[0-9a-f]{64}$")]
    pub hash: String,
}

/// The newest checkpoint a timeline is covered by.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TimelineCheckpoint {
    /// Its number.
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 17)]
    pub number: i64,
    /// Sequence of the last entry it covers.
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 3)]
    pub sequence: i64,
    /// When it was signed.
    pub created_at: Instant,
}

/// The first thing wrong with a timeline.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TimelineFinding {
    /// Where.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 2)]
    pub sequence: i64,
    /// What: missing, inserted, reordered, header_changed, content_changed, head_changed, rewritten, unreadable; more may follow.
    #[schema(max_length = 60, pattern = "^[a-z_]+$", example = "content_changed")]
    pub kind: String,
    /// What that means, in the language of the answer.
    #[schema(max_length = 300, pattern = r"^[^\x00]*$", example = "The content of entry 2 was changed.")]
    pub detail: String,
}

/// Whether a timeline is what was written.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TimelineVerification {
    /// Nothing is wrong.
    pub verified: bool,
    /// Entries found in order.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 3)]
    pub events: i64,
    /// Those of them whose content was compared with its digest.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 3)]
    pub content_checked: i64,
    /// Those of them whose content was erased.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 0)]
    pub erased: i64,
    /// The last entry found in order.
    pub head: ChainHead,
    /// The newest signed checkpoint that covers this timeline; null until there is one.
    #[schema(required = true)]
    pub checkpoint: Option<TimelineCheckpoint>,
    /// The first thing wrong.
    #[schema(required = true)]
    pub finding: Option<TimelineFinding>,
}
