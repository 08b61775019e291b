//! Referrals on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Checked;
use super::record::{Exactly, Fields, Words};
use super::timeline::ChannelName;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::error::{Error, FieldError};

/// How far a referral has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReferralStatus {
    /// The customer has recommended us to somebody.
    Invited,
    /// They have come to us.
    Registered,
    /// They have bought.
    Converted,
    /// The customer has got the reward.
    Rewarded,
    /// Nothing came of it.
    Declined,
}

impl ReferralStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Registered => "registered",
            Self::Converted => "converted",
            Self::Rewarded => "rewarded",
            Self::Declined => "declined",
        }
    }
}

/// That a customer has recommended us to somebody: to another customer, or to somebody known by name or e-mail address.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "referred_name": "Jens Petersen", "referred_email": "jens.petersen@example.org", "program": "Kunden werben Kunden",
    "channel": "email", "invited_at": "2026-11-20T10:15:00Z",
}))]
pub struct ReferralFields {
    /// The customer who was referred; another one than whose referral it is.
    pub referred_customer_id: Option<Uuid>,
    /// The name of whoever was referred.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Jens Petersen")]
    pub referred_name: Option<String>,
    /// The e-mail address of whoever was referred.
    #[schema(format = "email", max_length = 254, example = "jens.petersen@example.org")]
    pub referred_email: Option<String>,
    /// The programme it belongs to.
    #[schema(
        min_length = 1,
        max_length = 120,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Kunden werben Kunden"
    )]
    pub program: Option<String>,
    /// What it went through.
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9_]+$", example = "email")]
    pub channel: Option<String>,
    /// When the customer recommended us; when it was recorded unless it is given.
    pub invited_at: Option<Instant>,
    /// What else is to be known.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Nachbar, baut gerade um")]
    pub notes: Option<String>,
}

impl Checked for ReferralFields {
    fn check(&self) -> Result<(), Error> {
        let none = self.referred_customer_id.is_none() && self.referred_name.is_none() && self.referred_email.is_none();
        if none { Err(Error::invalid_at("/referred_name", FaultCode::Required)) } else { Ok(()) }
    }
}

/// What the service knows of a referral.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReferralFacts {
    /// How far it has come.
    pub status: ReferralStatus,
    /// The number the customer who was referred had when they were named. Their name is not copied: who may know it reads
    /// it there.
    #[schema(max_length = 40, pattern = r"^[^\x00]*$", example = "K-000042")]
    pub referred_customer_number: Option<String>,
    /// When whoever was referred came to us.
    pub registered_at: Option<Instant>,
    /// When they bought.
    pub converted_at: Option<Instant>,
    /// When the customer got the reward.
    pub rewarded_at: Option<Instant>,
    /// The points they got.
    #[schema(minimum = 1, maximum = 1000000000000i64, format = "int64", example = 500)]
    pub reward_points: Option<i64>,
    /// The money they got.
    pub reward_amount: Option<Money>,
    /// The loyalty membership the points were booked on.
    pub loyalty_membership_id: Option<Uuid>,
    /// The transaction they were booked with.
    pub loyalty_transaction_id: Option<Uuid>,
    /// When it was clear that nothing comes of it.
    pub declined_at: Option<Instant>,
    /// Why.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Kein Bedarf")]
    pub decline_reason: Option<String>,
}

/// Which referrals.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ReferralFilter {
    /// How far they have come.
    #[param(inline, max_items = 5)]
    pub status: Vec<ReferralStatus>,
    /// Of these customers who were referred.
    #[param(max_items = 50)]
    pub referred_customer_id: Vec<Uuid>,
    /// In these programmes.
    #[param(inline, max_items = 50)]
    pub program: Vec<Exactly>,
    /// What they went through.
    #[param(inline, max_items = 20)]
    pub channel: Vec<ChannelName>,
    /// Invited at or after.
    #[param(inline, nullable = false)]
    pub invited_after: Option<Instant>,
    /// Invited before.
    #[param(inline, nullable = false)]
    pub invited_before: Option<Instant>,
    /// Converted at or after.
    #[param(inline, nullable = false)]
    pub converted_after: Option<Instant>,
    /// Converted before.
    #[param(inline, nullable = false)]
    pub converted_before: Option<Instant>,
}

impl Fields for ReferralFields {
    type Facts = ReferralFacts;
    type Filter = ReferralFilter;

    const WORDS: Words =
        Words { schema: "Referral", one: "referral", many: "referrals", english: "Referral", german: "Empfehlung" };
    const SORTS: &'static [&'static str] = &["invited_at", "converted_at", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "-invited_at";

    fn example_of_change() -> Value {
        json!({ "notes": "Nachbar, baut gerade um" })
    }
}

/// That whoever was referred has come to us.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"registered_at": "2026-11-21T09:30:00Z"}))]
pub struct RegisterReferral {
    /// The customer they are now, where they are one.
    pub referred_customer_id: Option<Uuid>,
    /// When; now unless it is given.
    pub registered_at: Option<Instant>,
}

impl Checked for RegisterReferral {}

/// That whoever was referred has bought.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"converted_at": "2026-11-21T14:00:00Z"}))]
pub struct ConvertReferral {
    /// The customer they are now, where they are one.
    pub referred_customer_id: Option<Uuid>,
    /// When; now unless it is given.
    pub converted_at: Option<Instant>,
}

impl Checked for ConvertReferral {}

/// What a customer got for a referral: points or money.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"amount": {"amount": "25.00", "currency": "EUR"}}))]
pub struct RewardReferral {
    /// Points.
    #[schema(minimum = 1, maximum = 1000000000000i64, format = "int64", example = 500)]
    pub points: Option<i64>,
    /// Money, more than none.
    pub amount: Option<Money>,
    /// The customer's loyalty membership the points are booked on; they are booked nowhere without it.
    pub loyalty_membership_id: Option<Uuid>,
    /// When; now unless it is given.
    pub rewarded_at: Option<Instant>,
}

impl Checked for RewardReferral {
    fn check(&self) -> Result<(), Error> {
        let mut faults = Vec::new();
        let mut refuse = |pointer: &str, fault: Fault| faults.push(FieldError::at_pointer(pointer, fault));
        match (self.points, self.amount) {
            (None, None) => refuse("/points", FaultCode::Required.into()),
            (Some(_), Some(_)) => refuse("/amount", FaultCode::Unfitting.into()),
            (None, Some(amount)) if amount.amount_scaled <= 0 => {
                let least = Money::from_scaled(1, amount.currency).amount();
                refuse("/amount", Fault::new(FaultCode::TooSmall).with("limit", least));
            }
            _ => {}
        }
        if self.points.is_none() && self.loyalty_membership_id.is_some() {
            refuse("/loyalty_membership_id", FaultCode::Unfitting.into());
        }
        if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
    }
}

/// That nothing comes of a referral.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Kein Bedarf"}))]
pub struct DeclineReferral {
    /// Why.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Kein Bedarf")]
    pub reason: Option<String>,
    /// When; now unless it is given.
    pub declined_at: Option<Instant>,
}

impl Checked for DeclineReferral {}
