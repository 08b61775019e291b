//! What a use case tells the history.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::domain::changes::FieldChange;
use crate::domain::event_kind::Category;
use crate::domain::instant::Instant;
use crate::domain::language::Sentence;
use crate::domain::money::Money;

/// The record whose chain an event belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Root {
    /// Which one. First, so that roots sort by it and locks are always taken in one order.
    pub id: Uuid,
    /// `customer`, `user`, `tag`, `event_type`.
    pub kind: &'static str,
}

impl Root {
    /// A customer's timeline.
    pub fn customer(id: Uuid) -> Self {
        Self { id, kind: "customer" }
    }

    /// The history of a user.
    pub fn user(id: Uuid) -> Self {
        Self { id, kind: "user" }
    }
}

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// Kind of record.
    pub kind: &'static str,
    /// Which one.
    pub id: Uuid,
}

/// Where an event comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The system, `api` unless the caller says otherwise.
    pub system: String,
    /// The event's own id there; one system never has two events with the same one.
    pub reference: Option<String>,
}

impl Default for Source {
    fn default() -> Self {
        Self { system: "api".to_owned(), reference: None }
    }
}

/// An event to be written.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its identifier, where a row has to name the event before it is written; a new one otherwise.
    pub id: Option<Uuid>,
    /// Whose chain.
    pub root: Root,
    /// What it is about.
    pub subject: Subject,
    /// `<thing>.<past participle>`.
    pub kind: String,
    /// Group of kinds.
    pub category: Category,
    /// The sentence people read.
    pub title: Sentence,
    /// When it happened; now, unless it is a late entry.
    pub occurred_at: Option<Instant>,
    /// A short text.
    pub summary: Option<String>,
    /// `inbound` or `outbound`.
    pub direction: Option<String>,
    /// Phone, e-mail …
    pub channel: Option<String>,
    /// Money involved.
    pub amount: Option<Money>,
    /// Facts by kind.
    pub payload: Value,
    /// Where it comes from.
    pub source: Source,
    /// The event this one corrects.
    pub supersedes: Option<Uuid>,
    /// The record as this event left it, set by the Change that writes both.
    pub(super) state: Option<Map<String, Value>>,
}

impl Entry {
    /// An event with nothing but the necessary.
    pub fn new(root: Root, subject: Subject, kind: impl Into<String>, category: Category, title: Sentence) -> Self {
        Self {
            id: None,
            root,
            subject,
            kind: kind.into(),
            category,
            title,
            occurred_at: None,
            summary: None,
            direction: None,
            channel: None,
            amount: None,
            payload: json!({}),
            source: Source::default(),
            supersedes: None,
            state: None,
        }
    }

    /// Sets the facts.
    #[must_use]
    pub fn with_payload(mut self, payload: Value) -> Self {
        self.payload = payload;
        self
    }

    /// Adds which fields changed, from what to what, and which version of the record that made.
    #[must_use]
    pub fn with_changes(mut self, changes: &[FieldChange], version: i64) -> Self {
        if let Value::Object(payload) = &mut self.payload {
            payload.insert("changes".to_owned(), json!(changes));
            payload.insert("version".to_owned(), json!(version));
        }
        self
    }
}
