//! Feedback on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Checked;
use super::record::{Exactly, Fields, Words};
use super::timeline::ChannelName;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::feedback::{FeedbackKind, NpsGroup};
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::error::{Error, FieldError};

/// How bad what a customer complains about is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A nuisance.
    Low,
    /// As usual.
    Medium,
    /// The customer may leave.
    High,
    /// Somebody came to harm, or the law is concerned.
    Critical,
}

impl Severity {
    /// A number that sorts: 0 for the lowest.
    pub fn rank(self) -> i64 {
        match self {
            Self::Low => 0,
            Self::Medium => 1,
            Self::High => 2,
            Self::Critical => 3,
        }
    }
}

/// What became of feedback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeedbackStatus {
    /// It needs no reaction: everything but complaints.
    Recorded,
    /// A complaint nobody has reacted to.
    Open,
    /// We have told the customer that we deal with the complaint.
    Acknowledged,
    /// The complaint was justified, and something was done.
    Resolved,
    /// The complaint was not justified.
    Rejected,
}

impl FeedbackStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
            Self::Rejected => "rejected",
        }
    }
}

/// What a customer tells us about ourselves: a rating, a complaint, or the answer to a survey.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "nps", "score": 9, "text": "Schnelle Lieferung, freundlicher Techniker.", "channel": "email",
    "campaign": "Umfrage Herbst 2026", "given_at": "2026-11-20T10:15:00Z",
}))]
pub struct FeedbackFields {
    /// What kind it is. Fixed once and for all.
    pub kind: FeedbackKind,
    /// The score: 1 to 5 for `rating` and `csat`, 0 to 10 for `nps`, 1 to 7 for `ces`; none for `complaint`.
    #[schema(minimum = 0, maximum = 10, format = "int64", example = 9)]
    pub score: Option<i64>,
    /// What it is about; required for `complaint`.
    #[schema(
        min_length = 1,
        max_length = 300,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Falsches Ersatzteil geliefert"
    )]
    pub subject: Option<String>,
    /// What the customer says.
    #[schema(max_length = 20_000, pattern = r"^[^\x00]*$", example = "Schnelle Lieferung, freundlicher Techniker.")]
    pub text: Option<String>,
    /// How bad it is: only for `complaint`, `medium` there unless it is given.
    pub severity: Option<Severity>,
    /// What it came through.
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9_]+$", example = "email")]
    pub channel: Option<String>,
    /// What the customer was asked.
    #[schema(
        min_length = 1,
        max_length = 1000,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Würden Sie uns weiterempfehlen?"
    )]
    pub question: Option<String>,
    /// The survey or campaign it belongs to.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Umfrage Herbst 2026"
    )]
    pub campaign: Option<String>,
    /// When it was given; when it was recorded unless it is given.
    pub given_at: Option<Instant>,
    /// The customer's ticket it is about.
    pub ticket_id: Option<Uuid>,
    /// The customer's order it is about.
    pub order_id: Option<Uuid>,
    /// The interaction with the customer it is about.
    pub interaction_id: Option<Uuid>,
}

impl Checked for FeedbackFields {
    fn check(&self) -> Result<(), Error> {
        let mut faults = Vec::new();
        let mut refuse = |pointer: &str, fault: Fault| faults.push(FieldError::at_pointer(pointer, fault));
        match (self.kind.scale(), self.score) {
            (None, Some(_)) => refuse("/score", FaultCode::Unfitting.into()),
            (Some(_), None) => refuse("/score", FaultCode::Required.into()),
            (Some(scale), Some(score)) if score < *scale.start() => {
                refuse("/score", Fault::new(FaultCode::TooSmall).with("limit", scale.start().to_string()));
            }
            (Some(scale), Some(score)) if score > *scale.end() => {
                refuse("/score", Fault::new(FaultCode::TooLarge).with("limit", scale.end().to_string()));
            }
            _ => {}
        }
        if self.kind == FeedbackKind::Complaint && self.subject.is_none() {
            refuse("/subject", FaultCode::Required.into());
        }
        if self.kind != FeedbackKind::Complaint && self.severity.is_some() {
            refuse("/severity", FaultCode::Unfitting.into());
        }
        if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
    }
}

/// What the service knows of feedback.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FeedbackFacts {
    /// What became of it.
    pub status: FeedbackStatus,
    /// What whoever gave an `nps` score is counted as.
    pub nps_group: Option<NpsGroup>,
    /// When we told the customer that we deal with the complaint.
    pub acknowledged_at: Option<Instant>,
    /// When the complaint was resolved.
    pub resolved_at: Option<Instant>,
    /// How.
    #[schema(max_length = 20_000, pattern = r"^[^\x00]*$", example = "Richtiges Teil per Express geschickt")]
    pub resolution: Option<String>,
    /// What the customer got for the trouble.
    pub compensation: Option<Money>,
    /// When the complaint was rejected.
    pub rejected_at: Option<Instant>,
    /// Why.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Bedienungsfehler, siehe Protokoll")]
    pub rejection_reason: Option<String>,
}

/// Which feedback.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct FeedbackFilter {
    /// Words that must all occur in subject and text, in any order, each as the beginning of a word. Umlauts may be written either
    /// way. Signs without any word find nothing.
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$", nullable = false, example = "liefer spät")]
    pub q: Option<String>,
    /// Of these kinds.
    #[param(inline, max_items = 5)]
    pub kind: Vec<FeedbackKind>,
    /// What became of it.
    #[param(inline, max_items = 5)]
    pub status: Vec<FeedbackStatus>,
    /// Net promoter groups.
    #[param(inline, max_items = 3)]
    pub nps_group: Vec<NpsGroup>,
    /// How bad complaints are.
    #[param(inline, max_items = 4)]
    pub severity: Vec<Severity>,
    /// With at least this score.
    #[param(minimum = 0, maximum = 10, format = "int64", nullable = false, example = 7)]
    pub score_min: Option<i64>,
    /// With at most this score.
    #[param(minimum = 0, maximum = 10, format = "int64", nullable = false, example = 10)]
    pub score_max: Option<i64>,
    /// What it came through.
    #[param(inline, max_items = 20)]
    pub channel: Vec<ChannelName>,
    /// Of these surveys or campaigns.
    #[param(inline, max_items = 50)]
    pub campaign: Vec<Exactly>,
    /// About these tickets.
    #[param(max_items = 50)]
    pub ticket_id: Vec<Uuid>,
    /// About these orders.
    #[param(max_items = 50)]
    pub order_id: Vec<Uuid>,
    /// Given at or after.
    #[param(inline, nullable = false)]
    pub given_after: Option<Instant>,
    /// Given before.
    #[param(inline, nullable = false)]
    pub given_before: Option<Instant>,
}

impl Fields for FeedbackFields {
    type Facts = FeedbackFacts;
    type Filter = FeedbackFilter;

    const WORDS: Words =
        Words { schema: "Feedback", one: "feedback", many: "feedback", english: "Feedback", german: "Rückmeldung" };
    const FIXED: &'static [&'static str] = &["kind"];
    const SORTS: &'static [&'static str] = &["given_at", "score", "severity", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "-given_at";

    fn example_of_change() -> Value {
        json!({ "text": "Schnelle Lieferung, sehr freundlicher Techniker." })
    }
}

/// That we deal with a complaint.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"note": "Anruf beim Kunden, Rückmeldung bis Freitag versprochen"}))]
pub struct AcknowledgeFeedback {
    /// What was said.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Rückmeldung bis Freitag versprochen")]
    pub note: Option<String>,
    /// When; now unless it is given.
    pub acknowledged_at: Option<Instant>,
}

impl Checked for AcknowledgeFeedback {}

/// What was done about a complaint.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "resolution": "Richtiges Teil per Express geschickt", "compensation": {"amount": "50.00", "currency": "EUR"},
}))]
pub struct ResolveFeedback {
    /// What was done.
    #[schema(
        min_length = 1,
        max_length = 20_000,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Richtiges Teil per Express geschickt"
    )]
    pub resolution: String,
    /// What the customer got for the trouble, more than nothing.
    pub compensation: Option<Money>,
    /// When; now unless it is given.
    pub resolved_at: Option<Instant>,
}

impl Checked for ResolveFeedback {
    fn check(&self) -> Result<(), Error> {
        match self.compensation {
            Some(compensation) if compensation.amount_scaled <= 0 => {
                let least = Money::from_scaled(1, compensation.currency).amount();
                Err(Error::invalid_at("/compensation", Fault::new(FaultCode::TooSmall).with("limit", least)))
            }
            _ => Ok(()),
        }
    }
}

/// Why a complaint is not justified.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Bedienungsfehler, siehe Protokoll"}))]
pub struct RejectFeedback {
    /// Why.
    #[schema(
        min_length = 1,
        max_length = 2000,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Bedienungsfehler, siehe Protokoll"
    )]
    pub reason: String,
    /// When; now unless it is given.
    pub rejected_at: Option<Instant>,
}

impl Checked for RejectFeedback {}
