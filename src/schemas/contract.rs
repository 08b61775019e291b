//! Contracts on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Checked;
use super::record::{Exactly, Fields, Words};
use crate::domain::instant::Instant;
use crate::domain::money::Money;

/// How far a contract has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContractStatus {
    /// Not agreed yet.
    Draft,
    /// In force.
    Active,
    /// Notice was given: it ends on a day that is known.
    Cancelled,
    /// No more.
    Ended,
}

impl ContractStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Cancelled => "cancelled",
            Self::Ended => "ended",
        }
    }
}

/// What happens at the end of a term.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Renewal {
    /// The contract ends.
    #[default]
    None,
    /// It goes on by `renewal_months` unless notice is given in time.
    Automatic,
}

impl Renewal {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Automatic => "automatic",
        }
    }
}

/// What a period of notice is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeUnit {
    /// Days.
    Days,
    /// Weeks.
    Weeks,
    /// Months.
    Months,
}

/// How long before the end a notice must arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"count": 3, "unit": "months"}))]
pub struct NoticePeriod {
    /// How many.
    #[schema(minimum = 0, maximum = 1000, format = "int32", example = 3)]
    pub count: u32,
    /// Of what.
    pub unit: NoticeUnit,
}

/// How often something is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BillingInterval {
    /// Once for the whole contract.
    Once,
    /// Every month.
    Monthly,
    /// Every three months.
    Quarterly,
    /// Every six months.
    HalfYearly,
    /// Every year.
    Yearly,
}

/// Who gave notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CancelledBy {
    /// The customer.
    Customer,
    /// We.
    Us,
    /// Both sides agreed.
    Both,
}

/// What a contract is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"product_id": null, "description": "Wartung Tischkreissäge TK-200", "quantity": "1"}))]
pub struct ContractItem {
    /// The product.
    pub product_id: Option<Uuid>,
    /// What it is; the name of the product unless it is given, required without one.
    #[schema(
        min_length = 1,
        max_length = 500,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Wartung Tischkreissäge TK-200"
    )]
    pub description: Option<String>,
    /// How many, an exact decimal; `1` unless it is given.
    #[schema(format = "decimal", max_length = 14, pattern = r"^(0|[1-9][0-9]{0,8})(\.[0-9]{1,4})?$", example = "1")]
    pub quantity: Option<String>,
}

/// What was agreed with a customer for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "Wartungsvertrag Werkstatt", "starts_on": "2026-12-01", "term_months": 24, "renewal": "automatic",
    "renewal_months": 12, "notice_period": {"count": 3, "unit": "months"},
    "value": {"amount": "89.00", "currency": "EUR"}, "billing_interval": "monthly",
    "items": [{"description": "Wartung Tischkreissäge TK-200"}],
}))]
pub struct ContractFields {
    /// Readable number, unique: the one another system gave it, or the next one. Fixed once and for all.
    #[schema(min_length = 1, max_length = 60, pattern = r"^[^\s\x00]+( [^\s\x00]+)*$", example = "V-000001")]
    pub number: Option<String>,
    /// What people call it.
    #[schema(
        min_length = 1,
        max_length = 300,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Wartungsvertrag Werkstatt"
    )]
    pub title: String,
    /// What it is about.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub items: Vec<ContractItem>,
    /// Day it was signed.
    #[schema(format = "date", max_length = 10, example = "2026-11-20")]
    pub signed_on: Option<String>,
    /// First day.
    #[schema(format = "date", max_length = 10, example = "2026-12-01")]
    pub starts_on: String,
    /// Last day of the first term, unless that is said in months; open-ended without either.
    #[schema(format = "date", max_length = 10, example = "2028-11-30")]
    pub ends_on: Option<String>,
    /// Months of the first term; of it and `ends_on` one at most is given.
    #[schema(minimum = 1, maximum = 1200, format = "int32", example = 24)]
    pub term_months: Option<u32>,
    /// What happens at the end of a term; `none` unless it is given.
    #[serde(default)]
    pub renewal: Renewal,
    /// Months of every further term; required if the contract is renewed by itself.
    #[schema(minimum = 1, maximum = 1200, format = "int32", example = 12)]
    pub renewal_months: Option<u32>,
    /// How long before the end a notice must arrive.
    pub notice_period: Option<NoticePeriod>,
    /// What it comes to each time.
    pub value: Option<Money>,
    /// How often that is charged.
    pub billing_interval: Option<BillingInterval>,
    /// Whatever else was agreed.
    #[schema(max_length = 20_000, pattern = r"^[^\x00]*$", example = "Reaktionszeit vier Stunden")]
    pub notes: Option<String>,
}

impl Checked for ContractFields {}

/// What the service knows of a contract.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ContractFacts {
    /// How far it has come.
    pub status: ContractStatus,
    /// Last day of the term at hand (§ 188 BGB); of a contract that is cancelled its last day; null if it is open-ended.
    #[schema(format = "date", max_length = 10, example = "2028-11-30")]
    pub current_term_ends_on: Option<String>,
    /// The next day by which a notice can arrive: for the contract to end with the term at hand, or with a later one if it
    /// is too late for that; null if it ends anyway, or never by itself.
    #[schema(format = "date", max_length = 10, example = "2028-08-31")]
    pub notice_by: Option<String>,
    /// By how many months it has been renewed.
    #[schema(minimum = 0, maximum = 1000000, format = "int32", example = 0)]
    pub renewed_months: u32,
    /// When it came into force.
    pub activated_at: Option<Instant>,
    /// Day the notice arrived.
    #[schema(format = "date", max_length = 10, example = "2028-06-15")]
    pub cancelled_on: Option<String>,
    /// Who gave notice.
    pub cancelled_by: Option<CancelledBy>,
    /// Why.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Werkstatt wird verkleinert")]
    pub cancellation_reason: Option<String>,
    /// Its last day once it has ended.
    #[schema(format = "date", max_length = 10, example = "2028-11-30")]
    pub ended_on: Option<String>,
}

/// Which contracts.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ContractFilter {
    /// Words that must all occur in number and title, in any order, each as the beginning of a word. Umlauts may be written either
    /// way. Signs without any word find nothing.
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$", nullable = false, example = "wartung kr")]
    pub q: Option<String>,
    /// How far they have come.
    #[param(inline, max_items = 4)]
    pub status: Vec<ContractStatus>,
    /// With these numbers.
    #[param(inline, max_items = 50)]
    pub number: Vec<Exactly>,
    /// About one of these products.
    #[param(max_items = 50)]
    pub product_id: Vec<Uuid>,
    /// What happens at the end of a term.
    #[param(inline, max_items = 2)]
    pub renewal: Vec<Renewal>,
    /// Notice can be given until this day or a later one.
    #[param(format = "date", max_length = 10, nullable = false, example = "2026-11-22")]
    pub notice_by_after: Option<String>,
    /// Notice can be given until a day before this one.
    #[param(format = "date", max_length = 10, nullable = false, example = "2027-01-01")]
    pub notice_by_before: Option<String>,
    /// The term at hand ends on this day or later.
    #[param(format = "date", max_length = 10, nullable = false, example = "2026-11-22")]
    pub ends_after: Option<String>,
    /// The term at hand ends before this day.
    #[param(format = "date", max_length = 10, nullable = false, example = "2027-01-01")]
    pub ends_before: Option<String>,
    /// Begun on this day or later.
    #[param(format = "date", max_length = 10, nullable = false, example = "2026-01-01")]
    pub starts_after: Option<String>,
    /// Begun before this day.
    #[param(format = "date", max_length = 10, nullable = false, example = "2027-01-01")]
    pub starts_before: Option<String>,
}

impl Fields for ContractFields {
    type Facts = ContractFacts;
    type Filter = ContractFilter;

    const WORDS: Words =
        Words { schema: "Contract", one: "contract", many: "contracts", english: "Contract", german: "Vertrag" };
    const FIXED: &'static [&'static str] = &["number"];
    const SORTS: &'static [&'static str] =
        &["starts_on", "current_term_ends_on", "notice_by", "number", "title", "value", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "-starts_on";

    fn example_of_change() -> Value {
        json!({ "value": { "amount": "95.00", "currency": "EUR" } })
    }
}

/// That a contract is in force.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"signed_on": "2026-11-20"}))]
pub struct ActivateContract {
    /// Day it was signed.
    #[schema(format = "date", max_length = 10, example = "2026-11-20")]
    pub signed_on: Option<String>,
}

impl Checked for ActivateContract {}

/// That a contract goes on for another term.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"months": 12}))]
pub struct RenewContract {
    /// By how many months; `renewal_months` unless they are given.
    #[schema(minimum = 1, maximum = 1200, format = "int32", example = 12)]
    pub months: Option<u32>,
}

impl Checked for RenewContract {}

/// That notice was given.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Werkstatt wird verkleinert", "cancelled_on": "2026-11-20", "by": "customer"}))]
pub struct CancelContract {
    /// Why.
    #[schema(
        min_length = 1,
        max_length = 2000,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Werkstatt wird verkleinert"
    )]
    pub reason: String,
    /// Day the notice arrived; today unless it is given.
    #[schema(format = "date", max_length = 10, example = "2026-11-20")]
    pub cancelled_on: Option<String>,
    /// Last day of the contract, where both sides agreed on one or there was a cause that frees from waiting; the
    /// earliest one the terms allow unless it is given.
    #[schema(format = "date", max_length = 10, example = "2027-01-31")]
    pub ends_on: Option<String>,
    /// Who gave notice; `customer` unless it is given.
    pub by: Option<CancelledBy>,
}

impl Checked for CancelContract {}

/// That a notice is taken back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Neue Konditionen vereinbart"}))]
pub struct ReinstateContract {
    /// Why.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Neue Konditionen vereinbart")]
    pub reason: Option<String>,
}

impl Checked for ReinstateContract {}

/// That a contract has ended.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"ended_on": "2026-11-21"}))]
pub struct EndContract {
    /// Its last day; that of the term at hand if it is over, else today unless it is given.
    #[schema(format = "date", max_length = 10, example = "2026-11-21")]
    pub ended_on: Option<String>,
}

impl Checked for EndContract {}
