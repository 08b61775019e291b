//! The steps the invented histories consist of.

use serde_json::Value;

use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::schemas::customer::CreateCustomer;
use crate::schemas::interaction::InteractionKind;

/// Something that happens to one customer.
#[derive(Debug, Clone)]
pub struct Scene {
    /// When it is entered.
    pub at: Instant,
    /// Number of the customer among the invented ones.
    pub customer: usize,
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
    /// The record is put away.
    Archive,
    /// People talk with each other.
    Talk(Talk),
    /// An event of a kind of one's own.
    Own(Own),
    /// An event turns out to have been entered wrongly.
    Correct(Own),
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
