//! Tickets on the wire.

mod comment;
mod steps;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

pub use comment::{
    AuthorSide, CreateTicketComment, TicketComment, TicketCommentPage, TicketCommentQuery, TicketCommentVisibility,
};
pub use steps::{EscalateTicket, ReopenTicket, ResolveTicket, TicketStep};

use super::Checked;
use super::owner::OwnerFilter;
use super::record::{Exactly, Fields, Words};
use super::timeline::ChannelName;
use crate::domain::instant::Instant;
use crate::domain::priority::Priority;

/// How far a ticket has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TicketStatus {
    /// Nobody has taken it yet.
    New,
    /// It is being worked on.
    Open,
    /// We wait for the customer: the clock of the resolution stands still.
    Pending,
    /// We wait for somebody else: the clock goes on.
    OnHold,
    /// We have told a resolution; the customer may still object.
    Resolved,
    /// It is over.
    Closed,
}

impl TicketStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Open => "open",
            Self::Pending => "pending",
            Self::OnHold => "on_hold",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
        }
    }
}

/// What a customer needs our help with.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "subject": "Säge läuft nicht an", "description": "Seit heute früh bleibt der Motor stehen.", "channel": "phone",
    "category": "Reparatur", "priority": "high", "incident": true, "serial_number": "TK-200-00471",
}))]
pub struct TicketFields {
    /// Readable number, unique: the one another system gave it, or the next one. Fixed once and for all.
    #[schema(min_length = 1, max_length = 60, pattern = r"^[^\s\x00]+( [^\s\x00]+)*$", example = "T-000001")]
    pub number: Option<String>,
    /// What it is about.
    #[schema(
        min_length = 1,
        max_length = 300,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Säge läuft nicht an"
    )]
    pub subject: String,
    /// What the customer says.
    #[schema(max_length = 100_000, pattern = r"^[^\x00]*$", example = "Seit heute früh bleibt der Motor stehen.")]
    pub description: Option<String>,
    /// What it came through.
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9_]+$", example = "phone")]
    pub channel: Option<String>,
    /// What kind of matter it is, in words of one's own.
    #[schema(min_length = 1, max_length = 120, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Reparatur")]
    pub category: Option<String>,
    /// How urgent it is; `normal` unless it is given. It decides by when we owe an answer and a resolution.
    #[serde(default)]
    pub priority: Priority,
    /// Whether something that worked does not work any more.
    #[serde(default)]
    #[schema(example = true)]
    pub incident: bool,
    /// Who works on it.
    pub assignee_id: Option<Uuid>,
    /// The product it is about.
    pub product_id: Option<Uuid>,
    /// Which of them: the serial number of what the customer owns.
    #[schema(min_length = 1, max_length = 120, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "TK-200-00471")]
    pub serial_number: Option<String>,
    /// The customer's order it is about.
    pub order_id: Option<Uuid>,
    /// When the customer came to us; when it was recorded unless it is given. From 1995 on. Fixed once and for all.
    pub opened_at: Option<Instant>,
}

impl Checked for TicketFields {}

/// What the service knows of a ticket. Minutes are working minutes.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TicketFacts {
    /// How far it has come.
    pub status: TicketStatus,
    /// To which level it was escalated, by somebody or because it was overdue.
    #[schema(minimum = 0, maximum = 3, format = "int64", example = 0)]
    pub escalation_level: i64,
    /// By when our first answer was due.
    pub first_response_due_at: Option<Instant>,
    /// When we first answered: a move, a public comment, or the resolution.
    pub first_response_at: Option<Instant>,
    /// How long that took.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 42)]
    pub first_response_minutes: Option<i64>,
    /// Whether it came too late, or is overdue; null until then.
    #[schema(example = false)]
    pub first_response_breached: Option<bool>,
    /// By when the resolution is due, or was; null while we wait for the customer.
    pub resolution_due_at: Option<Instant>,
    /// When it was resolved.
    pub resolved_at: Option<Instant>,
    /// How.
    #[schema(max_length = 20_000, pattern = r"^[^\x00]*$", example = "Kondensator getauscht")]
    pub resolution: Option<String>,
    /// How long that took, without the time we waited for the customer and the time it was resolved in between.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 310)]
    pub resolution_minutes: Option<i64>,
    /// Whether it came too late, or is overdue; null until then.
    #[schema(example = false)]
    pub resolution_breached: Option<bool>,
    /// Whether it was resolved with at most one answer before, never escalated and never reopened; null until it is
    /// resolved.
    #[schema(example = true)]
    pub resolved_on_first_contact: Option<bool>,
    /// When it was closed.
    pub closed_at: Option<Instant>,
    /// How often it was reopened.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 0)]
    pub reopen_count: i64,
    /// How often we answered: moves and public comments.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 1)]
    pub answer_count: i64,
    /// How many comments it has.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 3)]
    pub comment_count: i64,
    /// When the comment that was recorded last was written.
    pub last_comment_at: Option<Instant>,
    /// Since when the clock of the resolution stands still.
    pub clock_stopped_at: Option<Instant>,
    /// For how many working seconds it has stood still before.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 0)]
    pub clock_stopped_seconds: i64,
    /// When its last step was made; the next one cannot come before.
    pub last_step_at: Instant,
}

/// Which tickets.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct TicketFilter {
    /// Words that must all occur in number or subject, in any order, each as the beginning of a word. Umlauts may be
    /// written either way. Signs without any word find nothing.
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$", nullable = false, example = "kein strom")]
    pub q: Option<String>,
    /// How far they have come.
    #[param(inline, max_items = 6)]
    pub status: Vec<TicketStatus>,
    /// How urgent they are.
    #[param(inline, max_items = 4)]
    pub priority: Vec<Priority>,
    /// Of these categories.
    #[param(inline, max_items = 50)]
    pub category: Vec<Exactly>,
    /// What they came through.
    #[param(inline, max_items = 20)]
    pub channel: Vec<ChannelName>,
    /// `true`: only incidents; `false`: all but them.
    #[param(nullable = false, example = true)]
    pub incident: Option<bool>,
    /// Who works on them; `me` is the caller.
    #[param(inline, max_items = 50)]
    pub assignee_id: Vec<OwnerFilter>,
    /// With these numbers.
    #[param(inline, max_items = 50)]
    pub number: Vec<Exactly>,
    /// About these products.
    #[param(max_items = 50)]
    pub product_id: Vec<Uuid>,
    /// About these orders.
    #[param(max_items = 50)]
    pub order_id: Vec<Uuid>,
    /// Escalated to this level at least.
    #[param(minimum = 0, maximum = 3, format = "int64", nullable = false, example = 1)]
    pub escalation_level_min: Option<i64>,
    /// Opened at or after.
    #[param(inline, nullable = false)]
    pub opened_after: Option<Instant>,
    /// Opened before.
    #[param(inline, nullable = false)]
    pub opened_before: Option<Instant>,
    /// Resolved at or after.
    #[param(inline, nullable = false)]
    pub resolved_after: Option<Instant>,
    /// Resolved before.
    #[param(inline, nullable = false)]
    pub resolved_before: Option<Instant>,
    /// Not answered yet, though due before: those that are overdue, at the present time.
    #[param(inline, nullable = false)]
    pub first_response_due_before: Option<Instant>,
    /// Not resolved yet, though due before; not while we wait for the customer.
    #[param(inline, nullable = false)]
    pub resolution_due_before: Option<Instant>,
    /// Whether the first answer came too late or is overdue.
    #[param(nullable = false, example = true)]
    pub first_response_breached: Option<bool>,
    /// Whether the resolution came too late or is overdue.
    #[param(nullable = false, example = true)]
    pub resolution_breached: Option<bool>,
}

impl Fields for TicketFields {
    type Facts = TicketFacts;
    type Filter = TicketFilter;

    const WORDS: Words =
        Words { schema: "Ticket", one: "ticket", many: "tickets", english: "Ticket", german: "Supportanfrage" };
    const FIXED: &'static [&'static str] = &["number", "opened_at"];
    const SORTS: &'static [&'static str] = &[
        "opened_at",
        "number",
        "priority",
        "first_response_due_at",
        "resolution_due_at",
        "resolved_at",
        "escalation_level",
        "created_at",
        "updated_at",
    ];
    const DEFAULT_SORT: &'static str = "-opened_at";

    fn example_of_change() -> Value {
        json!({ "priority": "urgent" })
    }
}
