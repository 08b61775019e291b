//! Whom campaigns reached, on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Checked;
use super::consent::OutreachChannel;
use super::record::{Fields, Words};
use crate::domain::instant::Instant;

/// What became of what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TouchStatus {
    /// Sent, or said.
    Sent,
    /// Opened, read, clicked.
    Opened,
    /// The customer has responded.
    Responded,
    /// It could not be delivered.
    Bounced,
    /// The customer wants no more of it.
    OptedOut,
}

impl TouchStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Opened => "opened",
            Self::Responded => "responded",
            Self::Bounced => "bounced",
            Self::OptedOut => "opted_out",
        }
    }
}

/// That a campaign approached a customer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "campaign_id": "019a0000-0000-7000-8000-0000000000aa", "sent_at": "2026-11-20T08:00:00Z",
    "recipient": "einkauf@werft-nord.example", "subject": "Unser Frühjahrskatalog ist da",
}))]
pub struct CampaignTouchFields {
    /// Which campaign: one that has begun. Fixed once and for all.
    pub campaign_id: Uuid,
    /// When it was sent; when it was recorded unless it is given.
    pub sent_at: Option<Instant>,
    /// To which address or number.
    #[schema(
        min_length = 1,
        max_length = 320,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "einkauf@werft-nord.example"
    )]
    pub recipient: Option<String>,
    /// What was sent, in a line.
    #[schema(
        min_length = 1,
        max_length = 300,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Unser Frühjahrskatalog ist da"
    )]
    pub subject: Option<String>,
    /// What else is to be known.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Variante B mit Gutschein")]
    pub notes: Option<String>,
}

impl Checked for CampaignTouchFields {}

/// What the service knows of it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CampaignTouchFacts {
    /// What became of it.
    pub status: TouchStatus,
    /// How the campaign was called when it was sent.
    #[schema(max_length = 300, pattern = r"^[^\x00]*$", example = "Frühjahrskatalog 2027")]
    pub campaign_name: String,
    /// In which way the customer was approached.
    pub channel: OutreachChannel,
    /// The purpose of the consents the campaign rested on.
    #[schema(max_length = 60, pattern = "^[a-z0-9]+(_[a-z0-9]+)*$", example = "marketing")]
    pub consent_purpose: String,
    /// When it was opened.
    pub opened_at: Option<Instant>,
    /// When the customer responded.
    pub responded_at: Option<Instant>,
    /// What the customer responded.
    #[schema(max_length = 20_000, pattern = r"^[^\x00]*$", example = "Bittet um ein Angebot über zwei Sägen.")]
    pub response: Option<String>,
    /// When it came back.
    pub bounced_at: Option<Instant>,
    /// Why it came back.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "550 5.1.1 User unknown")]
    pub bounce_reason: Option<String>,
    /// When the customer opted out.
    pub opted_out_at: Option<Instant>,
    /// Why the customer opted out.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Kein Bedarf")]
    pub opt_out_reason: Option<String>,
    /// The consent the opting out has withdrawn; null where there was none in force.
    pub withdrawn_consent_id: Option<Uuid>,
}

/// Which of them.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct CampaignTouchFilter {
    /// Of these campaigns.
    #[param(max_items = 50)]
    pub campaign_id: Vec<Uuid>,
    /// What became of them.
    #[param(inline, max_items = 5)]
    pub status: Vec<TouchStatus>,
    /// In which way customers were approached.
    #[param(inline, max_items = 10)]
    pub channel: Vec<OutreachChannel>,
    /// `true`: only those that were opened, whatever became of them later; `false`: all others.
    #[param(nullable = false, example = true)]
    pub opened: Option<bool>,
    /// `true`: only those the customer responded to, whatever became of them later; `false`: all others.
    #[param(nullable = false, example = true)]
    pub responded: Option<bool>,
    /// Sent at or after.
    #[param(inline, nullable = false)]
    pub sent_after: Option<Instant>,
    /// Sent before.
    #[param(inline, nullable = false)]
    pub sent_before: Option<Instant>,
}

impl Fields for CampaignTouchFields {
    type Facts = CampaignTouchFacts;
    type Filter = CampaignTouchFilter;

    const WORDS: Words = Words {
        schema: "CampaignTouch",
        one: "campaign_touch",
        many: "campaign_touches",
        english: "Campaign message",
        german: "Kampagnenkontakt",
    };
    const FIXED: &'static [&'static str] = &["campaign_id"];
    const SORTS: &'static [&'static str] = &["sent_at", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "-sent_at";

    fn example_of_change() -> Value {
        json!({ "notes": "Variante B mit Gutschein" })
    }
}

/// That a customer has opened what was sent.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"opened_at": "2026-11-20T08:31:00Z"}))]
pub struct OpenTouch {
    /// When; now unless it is given.
    pub opened_at: Option<Instant>,
}

impl Checked for OpenTouch {}

/// That a customer has responded.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"response": "Bittet um ein Angebot über zwei Sägen."}))]
pub struct RespondToTouch {
    /// When; now unless it is given.
    pub responded_at: Option<Instant>,
    /// What.
    #[schema(
        min_length = 1,
        max_length = 20_000,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Bittet um ein Angebot über zwei Sägen."
    )]
    pub response: String,
}

impl Checked for RespondToTouch {}

/// That what was sent came back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "550 5.1.1 User unknown"}))]
pub struct BounceTouch {
    /// When; now unless it is given.
    pub bounced_at: Option<Instant>,
    /// Why.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "550 5.1.1 User unknown")]
    pub reason: Option<String>,
}

impl Checked for BounceTouch {}

/// That a customer wants no more of it. Nothing has to be said for it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Kein Bedarf"}))]
pub struct OptOut {
    /// When; now unless it is given.
    pub opted_out_at: Option<Instant>,
    /// Why, if the customer said so.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Kein Bedarf")]
    pub reason: Option<String>,
}

impl Checked for OptOut {}
