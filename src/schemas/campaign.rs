//! Campaigns on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::Checked;
use super::consent::OutreachChannel;
use super::record::{Fields, Words};
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::domain::period::Period;
use crate::error::{Error, Result};

/// The purpose of the consents a campaign rests on unless it says otherwise.
const MARKETING: &str = "marketing";

/// How far a campaign has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignStatus {
    /// Not begun yet.
    Planned,
    /// Under way.
    Running,
    /// Over.
    Finished,
    /// Given up.
    Cancelled,
}

impl CampaignStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
        }
    }
}

/// With what many customers are approached together.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Frühjahrskatalog 2027", "channel": "post", "starts_on": "2027-02-15", "ends_on": "2027-04-30",
    "audience": "Alle Tischlereien der Kategorie A in Hamburg", "audience_filter": "kind=company&category=A&city=Hamburg",
    "budget": {"amount": "3200.00", "currency": "EUR"},
}))]
pub struct CampaignFields {
    /// What it is called.
    #[schema(
        min_length = 1,
        max_length = 300,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Frühjahrskatalog 2027"
    )]
    pub name: String,
    /// In which way customers are approached; fixed once it has begun.
    pub channel: OutreachChannel,
    /// What it is about.
    #[schema(max_length = 20_000, pattern = r"^[^\x00]*$", example = "Neue Serie TK 300, 5 % Frühbucherrabatt.")]
    pub description: Option<String>,
    /// Whom it is for, in words.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Alle Tischlereien der Kategorie A in Hamburg")]
    pub audience: Option<String>,
    /// Whom it is for, as the query of a list of customers: what stands behind `GET /v1/customers?`.
    #[schema(
        min_length = 3,
        max_length = 2000,
        pattern = "^[A-Za-z0-9_]+=[A-Za-z0-9_.~%+:,@*-]*(&[A-Za-z0-9_]+=[A-Za-z0-9_.~%+:,@*-]*)*$",
        example = "kind=company&category=A&city=Hamburg"
    )]
    pub audience_filter: Option<String>,
    /// The purpose of the consents it rests on: whoever opts out withdraws theirs. `marketing` unless it is given.
    #[serde(default = "marketing")]
    #[schema(
        min_length = 1,
        max_length = 60,
        pattern = "^[a-z0-9]+(_[a-z0-9]+)*$",
        default = "marketing",
        example = "marketing"
    )]
    pub consent_purpose: String,
    /// First day, as planned.
    #[schema(format = "date", max_length = 10, example = "2027-02-15")]
    pub starts_on: Option<String>,
    /// Last day, as planned.
    #[schema(format = "date", max_length = 10, example = "2027-04-30")]
    pub ends_on: Option<String>,
    /// What it may cost.
    pub budget: Option<Money>,
}

fn marketing() -> String {
    MARKETING.to_owned()
}

impl Checked for CampaignFields {
    fn check(&self) -> Result<()> {
        let period = Period::parse(self.starts_on.as_deref(), self.ends_on.as_deref());
        if period.map_err(|fault| Error::invalid_at("/starts_on", fault))?.is_empty() {
            return Err(Error::invalid_at("/ends_on", Fault::new(FaultCode::Before).with("other", "starts_on")));
        }
        Ok(())
    }
}

/// What the service knows of a campaign.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CampaignFacts {
    /// How far it has come.
    pub status: CampaignStatus,
    /// When it began.
    pub started_at: Option<Instant>,
    /// When it was over.
    pub finished_at: Option<Instant>,
    /// What came of it.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "41 Anfragen, 12 Bestellungen")]
    pub result: Option<String>,
    /// When it was given up.
    pub cancelled_at: Option<Instant>,
    /// Why it was given up.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Budget gestrichen")]
    pub cancellation_reason: Option<String>,
}

/// Which campaigns.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct CampaignFilter {
    /// The beginning of the name; case and accents do not count.
    #[param(min_length = 1, max_length = 100, pattern = r"^[^\x00]*$", nullable = false)]
    pub q: Option<String>,
    /// How far they have come.
    #[param(inline, max_items = 4)]
    pub status: Vec<CampaignStatus>,
    /// In which way customers are approached.
    #[param(inline, max_items = 10)]
    pub channel: Vec<OutreachChannel>,
    /// Planned to start on this day or later.
    #[param(format = "date", max_length = 10, nullable = false, example = "2027-02-01")]
    pub starts_from: Option<String>,
    /// Planned to start on this day or earlier.
    #[param(format = "date", max_length = 10, nullable = false, example = "2027-02-28")]
    pub starts_to: Option<String>,
    /// Begun at or after.
    #[param(inline, nullable = false)]
    pub started_after: Option<Instant>,
    /// Begun before.
    #[param(inline, nullable = false)]
    pub started_before: Option<Instant>,
}

impl Fields for CampaignFields {
    type Facts = CampaignFacts;
    type Filter = CampaignFilter;

    const WORDS: Words =
        Words { schema: "Campaign", one: "campaign", many: "campaigns", english: "Campaign", german: "Kampagne" };
    const CATALOGUE: bool = true;
    const SORTS: &'static [&'static str] = &["starts_on", "started_at", "name", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "-starts_on";

    fn example_of_change() -> Value {
        json!({ "ends_on": "2027-05-31" })
    }
}

/// That a campaign begins.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"started_at": "2026-11-20T08:00:00Z"}))]
pub struct StartCampaign {
    /// When; now unless it is given.
    pub started_at: Option<Instant>,
}

impl Checked for StartCampaign {}

/// That a campaign is over.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"result": "41 Anfragen, 12 Bestellungen"}))]
pub struct FinishCampaign {
    /// When; now unless it is given.
    pub finished_at: Option<Instant>,
    /// What came of it.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "41 Anfragen, 12 Bestellungen")]
    pub result: Option<String>,
}

impl Checked for FinishCampaign {}

/// That a campaign is given up.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Budget gestrichen"}))]
pub struct CancelCampaign {
    /// When; now unless it is given.
    pub cancelled_at: Option<Instant>,
    /// Why.
    #[schema(
        min_length = 1,
        max_length = 2000,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Budget gestrichen"
    )]
    pub reason: String,
}

impl Checked for CancelCampaign {}
