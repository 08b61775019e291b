//! The steps the invented histories consist of.

use serde_json::Value;

use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::schemas::customer::CreateCustomer;
use crate::schemas::interaction::InteractionKind;

/// Something that happens.
#[derive(Debug, Clone)]
pub struct Scene {
    /// When it is entered.
    pub at: Instant,
    /// Number of the customer among the invented ones; nobody's in a catalogue.
    pub customer: Option<usize>,
    /// What happens.
    pub step: Step,
}

/// What can happen.
#[derive(Debug, Clone)]
pub enum Step {
    /// The customer becomes known.
    Enter(Box<CreateCustomer>),
    /// Master data change: a merge patch (RFC 7396) of the writable fields.
    Change(Value),
    /// The customer is put away.
    Archive,
    /// People talk with each other.
    Talk(Talk),
    /// A record is made.
    Make(Make),
    /// Something becomes of a record.
    Act(Act),
    /// An event of a kind of one's own.
    Own(Own),
    /// An event turns out to have been entered wrongly.
    Correct(Own),
}

/// A new record, in the words of the interface. A text `@name` in its body stands for the id of what has this name.
#[derive(Debug, Clone)]
pub struct Make {
    /// Its kind: `order`.
    pub kind: &'static str,
    /// How other scenes name it; its own id in the invented source system.
    pub name: String,
    /// What is sent.
    pub body: Value,
}

/// What becomes of a record, in the words of the interface.
#[derive(Debug, Clone)]
pub struct Act {
    /// The kind of the record: `order`.
    pub kind: &'static str,
    /// What is done with it: `confirm`.
    pub verb: &'static str,
    /// Which one.
    pub name: String,
    /// What is sent; as in [`Make`].
    pub body: Value,
}

/// An interaction.
#[derive(Debug, Clone)]
pub struct Talk {
    /// E-mail, call …
    pub way: InteractionKind,
    /// Whether the customer began; nobody does in a note.
    pub inbound: Option<bool>,
    /// What it was about.
    pub subject: String,
    /// What was said.
    pub body: String,
    /// When it took place.
    pub occurred_at: Instant,
    /// How long it took.
    pub minutes: Option<i64>,
    /// Its own id in the invented source system.
    pub reference: String,
}

/// An event of a kind of one's own.
#[derive(Debug, Clone)]
pub struct Own {
    /// One of [`super::kinds::KINDS`].
    pub kind: &'static str,
    /// Facts, as the kind's schema wants them.
    pub payload: Value,
    /// Money involved.
    pub amount: Option<Money>,
    /// When it happened.
    pub occurred_at: Instant,
    /// Its own id in the invented source system; a correction names the one of the event it corrects.
    pub reference: String,
}
