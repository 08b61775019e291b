//! Opportunities on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Checked;
use super::pipeline::PipelineName;
use super::query::{AmountFilter, Both};
use super::record::{Fields, Words};
use crate::domain::instant::Instant;
use crate::domain::money::Money;

/// What became of an opportunity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OpportunityStatus {
    /// Not decided.
    Open,
    /// The customer buys from us.
    Won,
    /// The customer does not.
    Lost,
}

impl OpportunityStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}

/// Who else the customer may buy from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(min_length = 1, max_length = 200, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Nordbau AG")]
pub struct CompetitorName(pub String);

/// What a customer may buy.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Ausbau Halle 3", "pipeline_id": "019a0000-0000-7000-8000-000000000001",
    "amount": {"amount": "48000.00", "currency": "EUR"}, "expected_close_date": "2027-02-26",
    "competitors": ["Nordbau AG"], "next_step": "Aufmaß vor Ort",
}))]
pub struct OpportunityFields {
    /// What it is about.
    #[schema(min_length = 1, max_length = 300, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Ausbau Halle 3")]
    pub name: String,
    /// The way it goes. Changed by a `stage-change` alone.
    pub pipeline_id: Uuid,
    /// The stage of the pipeline it is in; the first one unless it is given. Changed by a `stage-change` alone.
    pub stage_id: Option<Uuid>,
    /// When it came up; when it was recorded unless it is given. Fixed once and for all.
    pub opened_at: Option<Instant>,
    /// What it may bring.
    pub amount: Option<Money>,
    /// How likely it is won, in percent: that of the stage unless it is given. What is given stays through all stages
    /// until it is cleared.
    #[schema(minimum = 0, maximum = 100, format = "int32", example = 50)]
    pub probability: Option<i32>,
    /// By which day it is expected to be decided.
    #[schema(format = "date", max_length = 10, example = "2027-02-26")]
    pub expected_close_date: Option<String>,
    /// Who else the customer may buy from.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub competitors: Vec<CompetitorName>,
    /// The products it is about.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub product_ids: Vec<Uuid>,
    /// What is to be done next.
    #[schema(max_length = 500, pattern = r"^[^\x00]*$", example = "Aufmaß vor Ort")]
    pub next_step: Option<String>,
    /// Whatever else is known of it.
    #[schema(max_length = 20_000, pattern = r"^[^\x00]*$", example = "Budget ist freigegeben.")]
    pub notes: Option<String>,
}

impl Checked for OpportunityFields {}

/// How long an opportunity was in a stage it has left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StageTime {
    /// The stage.
    pub stage_id: Uuid,
    /// How long, in all visits together.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 604800)]
    pub seconds: i64,
    /// How often it was left.
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 1)]
    pub visits: i64,
}

/// What the service knows of an opportunity.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OpportunityFacts {
    /// What became of it.
    pub status: OpportunityStatus,
    /// What the stage was called when it came into it.
    pub stage_name: PipelineName,
    /// Since when it is in its stage; of one that is closed, when it came into it.
    pub stage_entered_at: Instant,
    /// How long it was in the stages it has left, those it was closed in included; the 200 that were left last.
    #[schema(max_items = 200)]
    pub stage_times: Vec<StageTime>,
    /// Whether the probability is that of the stage.
    pub probability_from_stage: bool,
    /// Amount times probability: exact for amounts of two decimal places, otherwise rounded to four, halves away from
    /// zero.
    pub weighted_amount: Option<Money>,
    /// When it was won or lost.
    pub closed_at: Option<Instant>,
    /// Why it was won or lost.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Liefertermin zu spät")]
    pub close_reason: Option<String>,
    /// To whom it was lost.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "Nordbau AG")]
    pub lost_to: Option<String>,
    /// How often it was reopened.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 0)]
    pub reopenings: i64,
}

/// Which opportunities.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct OpportunityFilter {
    /// Words that must all occur in the name, in any order, each as the beginning of a word. Umlauts may be written either
    /// way. Signs without any word find nothing.
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$", nullable = false, example = "messe serv")]
    pub q: Option<String>,
    /// What became of them.
    #[param(inline, max_items = 3)]
    pub status: Vec<OpportunityStatus>,
    /// On these ways.
    #[param(max_items = 50)]
    pub pipeline_id: Vec<Uuid>,
    /// In these stages.
    #[param(max_items = 50)]
    pub stage_id: Vec<Uuid>,
    /// About one of these products.
    #[param(max_items = 50)]
    pub product_id: Vec<Uuid>,
    /// Expected to be decided on or after.
    #[param(format = "date", max_length = 10, nullable = false, example = "2027-01-01")]
    pub expected_close_after: Option<String>,
    /// Expected to be decided before.
    #[param(format = "date", max_length = 10, nullable = false, example = "2027-04-01")]
    pub expected_close_before: Option<String>,
    /// Won or lost at or after.
    #[param(inline, nullable = false)]
    pub closed_after: Option<Instant>,
    /// Won or lost before.
    #[param(inline, nullable = false)]
    pub closed_before: Option<Instant>,
}

impl Fields for OpportunityFields {
    type Facts = OpportunityFacts;
    type Filter = Both<AmountFilter, OpportunityFilter>;

    const WORDS: Words = Words {
        schema: "Opportunity",
        one: "opportunity",
        many: "opportunities",
        english: "Opportunity",
        german: "Chance",
    };
    const FIXED: &'static [&'static str] = &["pipeline_id", "stage_id", "opened_at"];
    const SORTS: &'static [&'static str] =
        &["expected_close_date", "amount", "probability", "name", "closed_at", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "expected_close_date";

    fn example_of_change() -> Value {
        json!({ "probability": 60, "next_step": "Angebot nachfassen" })
    }
}

/// That an opportunity has come to another stage.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"changed_at": "2026-11-20T14:00:00Z"}))]
pub struct ChangeStage {
    /// The pipeline, where it is another one.
    pub pipeline_id: Option<Uuid>,
    /// The stage: the next one of the pipeline unless it is given, the first one of another pipeline.
    pub stage_id: Option<Uuid>,
    /// When; now unless it is given.
    pub changed_at: Option<Instant>,
}

impl Checked for ChangeStage {}

/// That an opportunity is won.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Kurze Lieferzeit", "won_at": "2026-11-21T09:30:00Z"}))]
pub struct WinOpportunity {
    /// Why.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Kurze Lieferzeit")]
    pub reason: Option<String>,
    /// When; now unless it is given.
    pub won_at: Option<Instant>,
}

impl Checked for WinOpportunity {}

/// That an opportunity is lost.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Liefertermin zu spät", "competitor": "Nordbau AG"}))]
pub struct LoseOpportunity {
    /// Why.
    #[schema(
        min_length = 1,
        max_length = 2000,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Liefertermin zu spät"
    )]
    pub reason: String,
    /// To whom.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Nordbau AG")]
    pub competitor: Option<String>,
    /// When; now unless it is given.
    pub lost_at: Option<Instant>,
}

impl Checked for LoseOpportunity {}

/// That an opportunity is open again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Der Wettbewerber kann nicht liefern"}))]
pub struct ReopenOpportunity {
    /// Why.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Der Wettbewerber kann nicht liefern")]
    pub reason: Option<String>,
    /// In which stage: the one it was closed in unless it is given.
    pub stage_id: Option<Uuid>,
    /// When; now unless it is given.
    pub reopened_at: Option<Instant>,
}

impl Checked for ReopenOpportunity {}
