//! Points that come and go.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::domain::actor::ActorReference;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::entities::custom_field_value;
use crate::entities::loyalty_transaction::Model;
use crate::error::Error;
use crate::page_of;
use crate::schemas::custom_field::CustomFields;
use crate::schemas::query::{Both, CustomerFilter, PastQuery};
use crate::schemas::timeline::{EventSource, SourceInput};
use crate::schemas::{Checked, RawJson};

/// What happened with points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoyaltyTransactionKind {
    /// The customer got them.
    Earned,
    /// The customer spent them.
    Redeemed,
    /// They lapsed.
    Expired,
    /// A correction, up or down.
    Adjusted,
}

impl LoyaltyTransactionKind {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Earned => "earned",
            Self::Redeemed => "redeemed",
            Self::Expired => "expired",
            Self::Adjusted => "adjusted",
        }
    }
}

/// Points that come or go. It stays as it is: what was wrong is put right by an adjustment.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "earned", "points": 120, "reason": "Einkauf vom 20.11.2026"}))]
pub struct CreateLoyaltyTransaction {
    /// What happened.
    pub kind: LoyaltyTransactionKind,
    /// How many points, more than none; an adjustment downwards is negative.
    #[schema(
        minimum = -1000000000000i64,
        maximum = 1000000000000i64,
        format = "int64",
        example = 120
    )]
    pub points: i64,
    /// What for; required for `adjusted`.
    #[schema(
        min_length = 1,
        max_length = 2000,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Einkauf vom 20.11.2026"
    )]
    pub reason: Option<String>,
    /// The customer's order it is about.
    pub order_id: Option<Uuid>,
    /// Fields the business defines itself.
    #[serde(default)]
    pub custom_fields: CustomFields,
    /// When; now unless it is given.
    pub occurred_at: Option<Instant>,
    /// Where it was first recorded. The same reference again answers with the transaction that was made first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceInput>,
}

impl Checked for CreateLoyaltyTransaction {
    fn check(&self) -> Result<(), Error> {
        match self.kind {
            LoyaltyTransactionKind::Adjusted if self.reason.is_none() => {
                Err(Error::invalid_at("/reason", FaultCode::Required))
            }
            LoyaltyTransactionKind::Adjusted if self.points == 0 => {
                Err(Error::invalid_at("/points", FaultCode::NothingChanged))
            }
            LoyaltyTransactionKind::Adjusted => Ok(()),
            _ if self.points < 1 => {
                Err(Error::invalid_at("/points", Fault::new(FaultCode::TooSmall).with("limit", "1")))
            }
            _ => Ok(()),
        }
    }
}

/// Points that came or went.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LoyaltyTransaction {
    /// Identifier.
    pub id: Uuid,
    /// Of which membership.
    pub loyalty_membership_id: Uuid,
    /// Whose history it belongs to.
    pub customer_id: Uuid,
    /// What happened.
    #[schema(value_type = LoyaltyTransactionKind)]
    pub kind: String,
    /// How many points; an adjustment downwards is negative.
    #[schema(
        minimum = -1000000000000i64,
        maximum = 1000000000000i64,
        format = "int64",
        example = 120
    )]
    pub points: i64,
    /// What the balance grew by; negative where it shrank.
    #[schema(
        minimum = -1000000000000i64,
        maximum = 1000000000000i64,
        format = "int64",
        example = 120
    )]
    pub balance_change: i64,
    /// The balance it led to.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 1250)]
    pub balance_after: i64,
    /// What for.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Einkauf vom 20.11.2026")]
    pub reason: Option<String>,
    /// The order it is about.
    pub order_id: Option<Uuid>,
    /// Fields the business defines itself.
    #[schema(value_type = CustomFields)]
    pub custom_fields: RawJson,
    /// When.
    pub occurred_at: Instant,
    /// Where it was first recorded.
    pub source: EventSource,
    /// When it was recorded.
    pub created_at: Instant,
    /// By whom.
    #[schema(value_type = ActorReference)]
    pub created_by: RawJson,
}

impl LoyaltyTransaction {
    /// Its entity tag, without quotes: it never changes.
    pub const ETAG: &'static str = "1";

    /// Where it is found.
    pub fn location(&self) -> String {
        format!("/v1/loyalty-memberships/{}/transactions/{}", self.loyalty_membership_id, self.id)
    }
}

impl From<Model> for LoyaltyTransaction {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            loyalty_membership_id: row.loyalty_membership_id,
            customer_id: row.customer_id,
            points: if row.kind == "adjusted" { row.balance_change } else { row.balance_change.saturating_abs() },
            kind: row.kind,
            balance_change: row.balance_change,
            balance_after: row.balance_after,
            reason: row.reason,
            order_id: row.order_id,
            custom_fields: RawJson::stored(custom_field_value::kept(row.custom_fields.as_ref()).to_owned()),
            occurred_at: row.occurred_at,
            source: EventSource { system: row.source_system, reference: row.source_reference },
            created_at: row.created_at,
            created_by: RawJson::stored(row.created_by),
        }
    }
}

page_of! {
    /// A page of transactions.
    LoyaltyTransactionPage of LoyaltyTransaction
}

/// Which transactions. Repeated parameters mean "or", different ones "and".
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct LoyaltyTransactionQuery {
    /// What happened.
    #[param(inline, max_items = 4)]
    pub kind: Vec<LoyaltyTransactionKind>,
    /// About these orders.
    #[param(max_items = 50)]
    pub order_id: Vec<Uuid>,
    /// Happened at or after.
    #[param(inline, nullable = false)]
    pub occurred_from: Option<Instant>,
    /// Happened before.
    #[param(inline, nullable = false)]
    pub occurred_to: Option<Instant>,
    /// Order; a minus sign turns it round. `-occurred_at` unless it is given; `created_at` is the order of the balances.
    #[param(
        max_length = 60,
        pattern = "^-?(occurred_at|created_at)(,-?(occurred_at|created_at))?$",
        nullable = false,
        example = "-occurred_at"
    )]
    pub sort: Option<String>,
}

/// Which transactions of all customers the caller may see.
pub type AllLoyaltyTransactionsQuery = Both<CustomerFilter, LoyaltyTransactionQuery>;

/// Which transactions of one membership.
pub type MembershipTransactionsQuery = Both<LoyaltyTransactionQuery, PastQuery>;
