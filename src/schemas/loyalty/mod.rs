//! Loyalty memberships and their points on the wire.

mod transaction;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

pub use transaction::{
    AllLoyaltyTransactionsQuery, CreateLoyaltyTransaction, LoyaltyTransaction, LoyaltyTransactionKind,
    LoyaltyTransactionPage, LoyaltyTransactionQuery, MembershipTransactionsQuery,
};

use super::Checked;
use super::record::{Exactly, Fields, Words};
use crate::domain::instant::Instant;

/// Whether points can be earned and redeemed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoyaltyStatus {
    /// They can.
    Active,
    /// Not at the moment.
    Paused,
    /// Not any more.
    Ended,
}

impl LoyaltyStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Ended => "ended",
        }
    }
}

/// A customer's membership in a loyalty programme: their card.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"program": "Werkstatt Plus", "level": "Silber", "joined_on": "2026-11-20"}))]
pub struct LoyaltyMembershipFields {
    /// The programme. A customer has one membership at a time in each.
    #[schema(min_length = 1, max_length = 120, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Werkstatt Plus")]
    pub program: String,
    /// Number of the card, unique: the one another system gave it, or the next one. Fixed once and for all.
    #[schema(min_length = 1, max_length = 60, pattern = r"^[^\s\x00]+( [^\s\x00]+)*$", example = "M-000001")]
    pub number: Option<String>,
    /// The level reached.
    #[schema(min_length = 1, max_length = 60, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Silber")]
    pub level: Option<String>,
    /// The first day; today (UTC) unless it is given.
    #[schema(format = "date", max_length = 10, example = "2026-11-20")]
    pub joined_on: Option<String>,
    /// What else is to be known.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Karte beim Sommerfest ausgegeben")]
    pub notes: Option<String>,
}

impl Checked for LoyaltyMembershipFields {}

/// What the service knows of a membership. What was earned, redeemed, expired and adjusted adds up to the balance.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LoyaltyMembershipFacts {
    /// Whether points can be earned and redeemed.
    pub status: LoyaltyStatus,
    /// Points there are; never less than none.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 1250)]
    pub balance: i64,
    /// All points that were ever earned.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 1500)]
    pub earned_points: i64,
    /// All points that were ever redeemed.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 200)]
    pub redeemed_points: i64,
    /// All points that ever expired.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 50)]
    pub expired_points: i64,
    /// What corrections came to, all in all.
    #[schema(
        minimum = -9007199254740991i64,
        maximum = 9007199254740991i64,
        format = "int64",
        example = 0
    )]
    pub adjusted_points: i64,
    /// How many transactions there are.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 12)]
    pub transaction_count: i64,
    /// When the transaction that was recorded last happened.
    pub last_transaction_at: Option<Instant>,
    /// Since when it is paused.
    pub paused_at: Option<Instant>,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// Why it ended.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Auf Wunsch des Kunden")]
    pub end_reason: Option<String>,
}

/// Which memberships.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct LoyaltyMembershipFilter {
    /// Whether points can be earned and redeemed.
    #[param(inline, max_items = 3)]
    pub status: Vec<LoyaltyStatus>,
    /// In these programmes.
    #[param(inline, max_items = 50)]
    pub program: Vec<Exactly>,
    /// At these levels.
    #[param(inline, max_items = 50)]
    pub level: Vec<Exactly>,
    /// With these numbers.
    #[param(inline, max_items = 50)]
    pub number: Vec<Exactly>,
    /// With at least so many points.
    #[param(minimum = 0, maximum = 9007199254740991i64, format = "int64", nullable = false, example = 1000)]
    pub balance_min: Option<i64>,
    /// With at most so many points.
    #[param(minimum = 0, maximum = 9007199254740991i64, format = "int64", nullable = false, example = 5000)]
    pub balance_max: Option<i64>,
    /// Joined on this day or later.
    #[param(format = "date", max_length = 10, nullable = false, example = "2026-01-01")]
    pub joined_after: Option<String>,
    /// Joined before this day.
    #[param(format = "date", max_length = 10, nullable = false, example = "2027-01-01")]
    pub joined_before: Option<String>,
}

impl Fields for LoyaltyMembershipFields {
    type Facts = LoyaltyMembershipFacts;
    type Filter = LoyaltyMembershipFilter;

    const WORDS: Words = Words {
        schema: "LoyaltyMembership",
        one: "loyalty_membership",
        many: "loyalty_memberships",
        english: "Loyalty membership",
        german: "Mitgliedschaft im Bonusprogramm",
    };
    const FIXED: &'static [&'static str] = &["number"];
    const SORTS: &'static [&'static str] =
        &["joined_on", "number", "program", "level", "balance", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "-joined_on";

    fn example_of_change() -> Value {
        json!({ "level": "Gold" })
    }
}

/// That a membership rests, or goes on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Karte verloren gemeldet"}))]
pub struct PauseLoyaltyMembership {
    /// Why.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Karte verloren gemeldet")]
    pub reason: Option<String>,
}

impl Checked for PauseLoyaltyMembership {}

/// That a membership is over.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Auf Wunsch des Kunden"}))]
pub struct EndLoyaltyMembership {
    /// Why.
    #[schema(
        min_length = 1,
        max_length = 2000,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Auf Wunsch des Kunden"
    )]
    pub reason: String,
    /// When; now unless it is given.
    pub ended_at: Option<Instant>,
}

impl Checked for EndLoyaltyMembership {}
