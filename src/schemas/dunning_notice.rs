//! Dunning notices on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Checked;
use super::invoice::SentBy;
use super::record::{Fields, Words};
use crate::domain::instant::Instant;
use crate::domain::money::Money;

/// Whether a notice counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DunningStatus {
    /// The customer has it.
    Sent,
    /// It was sent by mistake, and does not count.
    Withdrawn,
}

impl DunningStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// That a customer was reminded of an invoice that is overdue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "invoice_id": "019aa5d2-3f7d-7ccc-a111-0f0f0f0f0f0f", "level": 1, "sent_on": "2026-11-22", "due_on": "2026-12-06",
    "channel": "post", "fee": {"amount": "5.00", "currency": "EUR"},
}))]
pub struct DunningNoticeFields {
    /// The invoice: overdue on the day the notice was sent.
    pub invoice_id: Uuid,
    /// The level: one more than that of the newest notice of the invoice that counts, as it is unless it is given.
    #[schema(minimum = 1, maximum = 3, format = "int32", example = 1)]
    pub level: Option<i32>,
    /// What is charged for it, in the currency of the invoice; nothing the invoice itself comes to.
    pub fee: Option<Money>,
    /// Day it was sent; today unless it is given.
    #[schema(format = "date", max_length = 10, example = "2026-11-22")]
    pub sent_on: Option<String>,
    /// By which day the customer is to pay now.
    #[schema(format = "date", max_length = 10, example = "2026-12-06")]
    pub due_on: Option<String>,
    /// How it went to the customer.
    pub channel: Option<SentBy>,
    /// What it said besides.
    #[schema(max_length = 20_000, pattern = r"^[^\x00]*$", example = "Letzte Mahnung vor dem Mahnbescheid")]
    pub notes: Option<String>,
}

impl Checked for DunningNoticeFields {}

/// What the service knows of a notice.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DunningNoticeFacts {
    /// Whether it counts.
    pub status: DunningStatus,
    /// Number of the invoice.
    #[schema(max_length = 60, pattern = r"^[^\x00]*$", example = "R-000001")]
    pub invoice_number: Option<String>,
    /// What was open of the invoice when it was recorded.
    pub dunned_amount: Money,
    /// When it was sent, as the timeline tells it: now on the day itself, noon (UTC) of an earlier one.
    pub dated_at: Instant,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Instant>,
    /// Why it was withdrawn.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Zahlung war schon da")]
    pub withdrawal_reason: Option<String>,
}

/// Which notices.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct DunningNoticeFilter {
    /// Whether they count.
    #[param(inline, max_items = 2)]
    pub status: Vec<DunningStatus>,
    /// Of these invoices.
    #[param(max_items = 50)]
    pub invoice_id: Vec<Uuid>,
    /// Of this level.
    #[param(nullable = false, minimum = 1, maximum = 3, format = "int32", example = 2)]
    pub level: Option<i32>,
    /// Sent on this day or later.
    #[param(format = "date", max_length = 10, nullable = false, example = "2026-11-01")]
    pub sent_after: Option<String>,
    /// Sent before this day.
    #[param(format = "date", max_length = 10, nullable = false, example = "2026-12-01")]
    pub sent_before: Option<String>,
    /// With a new due date before this day.
    #[param(format = "date", max_length = 10, nullable = false, example = "2026-12-01")]
    pub due_before: Option<String>,
}

impl Fields for DunningNoticeFields {
    type Facts = DunningNoticeFacts;
    type Filter = DunningNoticeFilter;

    const WORDS: Words = Words {
        schema: "DunningNotice",
        one: "dunning_notice",
        many: "dunning_notices",
        english: "Dunning notice",
        german: "Mahnung",
    };
    const FIXED: &'static [&'static str] = &["invoice_id", "level"];
    const SORTS: &'static [&'static str] = &["sent_on", "due_on", "level", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "-sent_on";

    fn example_of_change() -> Value {
        json!({ "due_on": "2026-12-11" })
    }
}

/// That a notice was sent by mistake.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Zahlung war schon da"}))]
pub struct WithdrawDunningNotice {
    /// Why.
    #[schema(
        min_length = 1,
        max_length = 2000,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Zahlung war schon da"
    )]
    pub reason: String,
}

impl Checked for WithdrawDunningNotice {}
