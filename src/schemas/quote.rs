//! Quotes on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Checked;
use super::line::{ExpectedTotals, GrossFilter, Line, Totals};
use super::printed_address::PrintedAddress;
use super::query::Both;
use super::record::{Exactly, Fields, Words};
use crate::domain::instant::Instant;

/// How far a quote has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuoteStatus {
    /// Being written.
    Draft,
    /// The customer has it.
    Sent,
    /// The customer has accepted it.
    Accepted,
    /// The customer has declined it.
    Declined,
    /// Nobody accepted it in time.
    Expired,
}

impl QuoteStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Expired => "expired",
        }
    }
}

/// What a customer is offered.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "currency": "EUR", "quoted_at": "2026-11-20T10:15:00Z", "valid_until": "2026-12-31", "probability": 60,
    "lines": [
        {"description": "Montage", "quantity": "2.5", "unit": "Stunde", "unit_price": "68.00", "tax_rate": "19"},
    ],
    "totals": {"gross": {"amount": "202.30", "currency": "EUR"}},
}))]
pub struct QuoteFields {
    /// Readable number, unique: the one another system gave it, or the next one. Fixed once and for all.
    #[schema(min_length = 1, max_length = 60, pattern = r"^[^\s\x00]+( [^\s\x00]+)*$", example = "A-000001")]
    pub number: Option<String>,
    /// Currency of every amount of the quote (ISO 4217).
    #[schema(format = "currency", max_length = 3, pattern = "^[A-Z]{3}$", example = "EUR")]
    pub currency: String,
    /// What is offered.
    #[schema(min_items = 1, max_items = 500)]
    pub lines: Vec<Line>,
    /// What the totals ought to be; wrong ones are refused, with the right ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub totals: Option<ExpectedTotals>,
    /// When it was drawn up; when it was recorded unless it is given.
    pub quoted_at: Option<Instant>,
    /// The last day it can be accepted on (until its end in UTC); without one it never expires.
    #[schema(format = "date", max_length = 10, example = "2026-12-31")]
    pub valid_until: Option<String>,
    /// How likely it is accepted, in percent.
    #[schema(minimum = 0, maximum = 100, format = "int32", example = 60)]
    pub probability: Option<i32>,
    /// The opportunity it is part of.
    pub opportunity_id: Option<Uuid>,
    /// Freight without tax, an exact decimal.
    #[schema(
        format = "decimal",
        max_length = 16,
        pattern = r"^(0|[1-9][0-9]{0,10})(\.[0-9]{1,4})?$",
        example = "12.50"
    )]
    pub freight_amount: Option<String>,
    /// Rate of the tax on the freight in percent, an exact decimal; `0` unless it is given.
    #[schema(format = "decimal", max_length = 8, pattern = r"^((0|[1-9][0-9]?)(\.[0-9]{1,4})?|100)$", example = "19")]
    pub freight_tax_rate: Option<String>,
    /// Whom it is addressed to, and where the invoice would go.
    pub billing_address: Option<PrintedAddress>,
    /// Where the goods would go.
    pub shipping_address: Option<PrintedAddress>,
    /// Terms of payment and delivery.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "14 Tage 2 % Skonto, 30 Tage netto.")]
    pub terms: Option<String>,
    /// Whatever else is offered or to be known.
    #[schema(max_length = 20_000, pattern = r"^[^\x00]*$", example = "Zweites Angebot nach dem Aufmaß.")]
    pub notes: Option<String>,
}

impl Checked for QuoteFields {}

/// How much of a line of a quote is ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderedLine {
    /// Which line.
    #[schema(minimum = 1, maximum = 9999, format = "int32", example = 1)]
    pub position: i32,
    /// In orders that are not cancelled.
    #[schema(format = "decimal", max_length = 30, example = "1.5")]
    pub ordered: String,
    /// What can still be ordered.
    #[schema(format = "decimal", max_length = 30, example = "1")]
    pub open: String,
}

/// What the service knows of a quote.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuoteFacts {
    /// How far it has come.
    pub status: QuoteStatus,
    /// What it adds up to.
    pub totals: Totals,
    /// Counts its versions: 1, and one more for each revision.
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 1)]
    pub revision: i64,
    /// When the customer got it.
    pub sent_at: Option<Instant>,
    /// When the customer accepted it.
    pub accepted_at: Option<Instant>,
    /// Who accepted it.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "Dr. Änne Öztürk")]
    pub accepted_by: Option<String>,
    /// When the customer declined it.
    pub declined_at: Option<Instant>,
    /// Why it was declined.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Zu teuer")]
    pub decline_reason: Option<String>,
    /// From whom the customer buys instead.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "Nordbau AG")]
    pub lost_to: Option<String>,
    /// When it expired: the end of the last day.
    pub expired_at: Option<Instant>,
    /// How much of each line is ordered.
    #[schema(max_items = 500)]
    pub ordered: Vec<OrderedLine>,
    /// When something was last ordered from it.
    pub ordered_at: Option<Instant>,
}

/// Which quotes.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct QuoteFilter {
    /// How far they have come.
    #[param(inline, max_items = 5)]
    pub status: Vec<QuoteStatus>,
    /// With these numbers.
    #[param(inline, max_items = 50)]
    pub number: Vec<Exactly>,
    /// With a line of one of these products.
    #[param(max_items = 50)]
    pub product_id: Vec<Uuid>,
    /// Part of these opportunities.
    #[param(max_items = 50)]
    pub opportunity_id: Vec<Uuid>,
    /// Drawn up at or after.
    #[param(inline, nullable = false)]
    pub quoted_after: Option<Instant>,
    /// Drawn up before.
    #[param(inline, nullable = false)]
    pub quoted_before: Option<Instant>,
    /// Whose last day is this one or later.
    #[param(format = "date", max_length = 10, nullable = false, example = "2026-12-01")]
    pub valid_until_after: Option<String>,
    /// Whose last day comes before.
    #[param(format = "date", max_length = 10, nullable = false, example = "2027-01-01")]
    pub valid_until_before: Option<String>,
}

impl Fields for QuoteFields {
    type Facts = QuoteFacts;
    type Filter = Both<GrossFilter, QuoteFilter>;

    const WORDS: Words = Words { schema: "Quote", one: "quote", many: "quotes", english: "Quote", german: "Angebot" };
    const FIXED: &'static [&'static str] = &["number"];
    const SORTS: &'static [&'static str] = &["quoted_at", "valid_until", "number", "gross", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "-quoted_at";

    fn example_of_change() -> Value {
        json!({ "valid_until": "2027-01-31" })
    }
}

/// That the customer got a quote.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"sent_at": "2026-11-20T14:00:00Z"}))]
pub struct SendQuote {
    /// When; now unless it is given.
    pub sent_at: Option<Instant>,
}

impl Checked for SendQuote {}

/// That the customer has accepted a quote.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"accepted_at": "2026-11-21T09:30:00Z", "accepted_by": "Dr. Änne Öztürk"}))]
pub struct AcceptQuote {
    /// When; now unless it is given.
    pub accepted_at: Option<Instant>,
    /// Who.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Dr. Änne Öztürk")]
    pub accepted_by: Option<String>,
}

impl Checked for AcceptQuote {}

/// That the customer has declined a quote.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Zu teuer", "competitor": "Nordbau AG"}))]
pub struct DeclineQuote {
    /// Why.
    #[schema(min_length = 1, max_length = 2000, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Zu teuer")]
    pub reason: String,
    /// From whom the customer buys instead.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Nordbau AG")]
    pub competitor: Option<String>,
    /// When; now unless it is given.
    pub declined_at: Option<Instant>,
}

impl Checked for DeclineQuote {}

/// That a quote can be accepted for longer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"valid_until": "2027-01-31"}))]
pub struct ExtendQuote {
    /// The new last day, later than the one before.
    #[schema(format = "date", max_length = 10, example = "2027-01-31")]
    pub valid_until: String,
}

impl Checked for ExtendQuote {}

/// That a quote is written anew.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Kunde möchte ohne Montage kaufen"}))]
pub struct ReviseQuote {
    /// Why.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Kunde möchte ohne Montage kaufen")]
    pub reason: Option<String>,
}

impl Checked for ReviseQuote {}
