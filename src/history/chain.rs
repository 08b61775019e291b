//! What makes the history tamper-evident: digests, links, and the check of both.
//!
//! `content_digest = SHA-256(tag ‖ salt ‖ RFC 8785 JSON of the content)` and
//! `hash = SHA-256(tag ‖ previous hash ‖ length-prefixed header ‖ content_digest)`. The header holds
//! nothing personal, so content and salt can be erased while the chain still verifies.

use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::instant::Instant;
use crate::entities::timeline_event::Model as Event;
use crate::entities::words;

const CONTENT_TAG: &[u8] = b"kundenhistorie/content/v1";
const EVENT_TAG: &[u8] = b"kundenhistorie/event/v1";
const GENESIS_TAG: &[u8] = b"kundenhistorie/genesis/v1";

/// A SHA-256 value.
pub type Hash = [u8; 32];

/// The hash before the first event: bound to the root, so that chains cannot change places.
pub fn genesis(root_type: &str, root_id: Uuid) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(GENESIS_TAG);
    Field::Text(root_type).feed(&mut hasher);
    Field::Bytes(root_id.as_bytes()).feed(&mut hasher);
    hasher.finalize().into()
}

/// Members in alphabetical order: the serialised form is the canonical one without sorting.
#[derive(Serialize)]
struct Content<'a> {
    actor_name: &'a str,
    amount: Option<String>,
    currency: Option<&'a str>,
    payload: &'a RawValue,
    source_reference: Option<&'a str>,
    /// Left out where there is none, as events without a state were written before there were any.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
    summary: Option<&'a str>,
    title_de: &'a str,
    title_en: &'a str,
}

/// Everything in an event that may be personal, as the digest sees it: RFC 8785 JSON. Fails only if the payload is none.
pub fn content(event: &Event) -> Result<String, serde_json::Error> {
    let content = Content {
        actor_name: &event.actor_name,
        amount: event.amount.map(|amount| amount.to_string()),
        currency: event.currency.as_deref(),
        payload: serde_json::from_str(&event.payload)?,
        source_reference: event.source_reference.as_deref(),
        state: event.state.as_deref(),
        summary: event.summary.as_deref(),
        title_de: &event.title_de,
        title_en: &event.title_en,
    };
    serde_json::to_string(&content)
}

/// Digest of [`content`] and its salt.
pub fn content_digest(event: &Event) -> Result<Hash, serde_json::Error> {
    let mut hasher = Sha256::new();
    hasher.update(CONTENT_TAG);
    hasher.update(&event.salt);
    hasher.update(content(event)?);
    Ok(hasher.finalize().into())
}

/// Hash of an event whose content digest and previous hash are set.
pub fn event_hash(event: &Event) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(EVENT_TAG);
    hasher.update(&event.previous_hash);
    let header = [
        Field::Text(&event.root_type),
        Field::Bytes(event.root_id.as_bytes()),
        Field::Number(event.sequence),
        Field::Number(event.position),
        Field::Bytes(event.id.as_bytes()),
        Field::Text(&event.kind),
        Field::Text(&event.category),
        Field::Number(event.occurred_at.micros()),
        Field::Number(event.recorded_at.micros()),
        Field::Text(&event.actor_type),
        Field::Maybe(event.actor_id.as_ref().map(|id| &id.as_bytes()[..])),
        Field::Text(&event.source_system),
        Field::Maybe(event.request_id.as_deref().map(str::as_bytes)),
        Field::Maybe(event.direction.as_deref().map(str::as_bytes)),
        Field::Maybe(event.channel.as_deref().map(str::as_bytes)),
        Field::Text(&event.subject_type),
        Field::Bytes(event.subject_id.as_bytes()),
        Field::Maybe(event.supersedes.as_ref().map(|id| &id.as_bytes()[..])),
        Field::Bytes(&event.content_digest),
    ];
    for field in header {
        field.feed(&mut hasher);
    }
    hasher.finalize().into()
}

/// What the text filter looks through; derived, and therefore checked rather than hashed.
pub fn search_text(event: &Event) -> String {
    let text = [&event.title_en, &event.title_de, event.summary.as_deref().unwrap_or_default()].join(" ");
    words::kept([&text])
}

/// One length-prefixed part of the header. Absent and empty are different.
enum Field<'a> {
    Text(&'a str),
    Bytes(&'a [u8]),
    Number(i64),
    Maybe(Option<&'a [u8]>),
}

impl Field<'_> {
    fn feed(&self, hasher: &mut Sha256) {
        match self {
            Self::Text(text) => Self::Bytes(text.as_bytes()).feed(hasher),
            Self::Bytes(bytes) => {
                hasher.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
                hasher.update(bytes);
            }
            Self::Number(number) => hasher.update(number.to_be_bytes()),
            Self::Maybe(None) => hasher.update([0]),
            Self::Maybe(Some(bytes)) => {
                hasher.update([1]);
                Self::Bytes(bytes).feed(hasher);
            }
        }
    }
}

/// The first thing wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The sequence at which the chain breaks.
    pub sequence: i64,
    /// How.
    pub kind: FindingKind,
}

/// How a chain can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingKind {
    /// An event that must be there is not.
    Missing,
    /// There are more events than the chain knows.
    Inserted,
    /// An event does not follow the one before it.
    Reordered,
    /// The header of an event was changed.
    HeaderChanged,
    /// The content of an event was changed.
    ContentChanged,
    /// The recorded end of the chain does not fit its last event.
    HeadChanged,
    /// The chain is whole, but an event is another one than a checkpoint has covered.
    Rewritten,
    /// A stored value cannot even be read.
    Unreadable,
}

impl FindingKind {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Inserted => "inserted",
            Self::Reordered => "reordered",
            Self::HeaderChanged => "header_changed",
            Self::ContentChanged => "content_changed",
            Self::HeadChanged => "head_changed",
            Self::Rewritten => "rewritten",
            Self::Unreadable => "unreadable",
        }
    }
}

/// Walks one chain from its beginning.
pub struct Checker {
    previous: Hash,
    sequence: i64,
    newest_at: Option<Instant>,
}

impl Checker {
    /// Before the first event of a root.
    pub fn new(root_type: &str, root_id: Uuid) -> Self {
        Self { previous: genesis(root_type, root_id), sequence: 0, newest_at: None }
    }

    /// The last sequence seen to be in order.
    pub fn sequence(&self) -> i64 {
        self.sequence
    }

    /// The hash of the last event seen to be in order.
    pub fn hash(&self) -> &Hash {
        &self.previous
    }

    /// When the newest of them happened.
    pub fn newest_at(&self) -> Option<Instant> {
        self.newest_at
    }

    /// Checks the next event in order of sequence.
    pub fn next(&mut self, event: &Event) -> Result<(), Finding> {
        let expected = self.sequence + 1;
        let found = |kind| Err(Finding { sequence: expected, kind });
        if event.sequence > expected {
            return found(FindingKind::Missing);
        }
        if event.sequence < expected {
            return Err(Finding { sequence: event.sequence, kind: FindingKind::Inserted });
        }
        if event.previous_hash != self.previous {
            return found(FindingKind::Reordered);
        }
        let hash = event_hash(event);
        if event.hash != hash {
            return found(FindingKind::HeaderChanged);
        }
        if !content_is_intact(event) {
            return found(FindingKind::ContentChanged);
        }
        self.previous = hash;
        self.sequence = expected;
        self.newest_at = self.newest_at.max(Some(event.occurred_at));
        Ok(())
    }

    /// Checks the recorded end of the chain: a cut tail or an appended row.
    pub fn end(&self, head_sequence: i64, head_hash: &[u8]) -> Result<(), Finding> {
        let at = |sequence, kind| Err(Finding { sequence, kind });
        match head_sequence.cmp(&self.sequence) {
            std::cmp::Ordering::Greater => at(self.sequence + 1, FindingKind::Missing),
            std::cmp::Ordering::Less => at(head_sequence + 1, FindingKind::Inserted),
            std::cmp::Ordering::Equal if head_hash != self.previous => at(self.sequence, FindingKind::HeadChanged),
            std::cmp::Ordering::Equal => Ok(()),
        }
    }
}

/// The digest fits, and what is stored is byte for byte what was digested: the payload in canonical
/// form, the search text as derived.
fn content_is_intact(event: &Event) -> bool {
    let canonical = || {
        let value: serde_json::Value = serde_json::from_str(&event.payload).ok()?;
        serde_json_canonicalizer::to_string(&value).ok()
    };
    event.salt.len() == 32
        && content_digest(event).is_ok_and(|digest| event.content_digest == digest)
        && canonical().is_some_and(|payload| payload == event.payload)
        && search_text(event) == event.search_text
}
