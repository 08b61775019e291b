//! Payments and refunds on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Checked;
use super::invoice::Ledger;
use super::query::{AmountFilter, Both};
use super::record::{Fields, Words};
use crate::domain::instant::Instant;
use crate::domain::money::Money;

/// How money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    /// A transfer between banks.
    BankTransfer,
    /// Collected by us.
    DirectDebit,
    /// By credit or debit card.
    Card,
    /// In cash.
    Cash,
    /// By PayPal.
    Paypal,
    /// By a cheque.
    Cheque,
    /// Set off against something the other side owes.
    Offset,
    /// In some other way.
    Other,
}

impl PaymentMethod {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BankTransfer => "bank_transfer",
            Self::DirectDebit => "direct_debit",
            Self::Card => "card",
            Self::Cash => "cash",
            Self::Paypal => "paypal",
            Self::Cheque => "cheque",
            Self::Offset => "offset",
            Self::Other => "other",
        }
    }
}

/// Which way money moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentDirection {
    /// The customer paid.
    #[default]
    Incoming,
    /// The customer got something back.
    Refund,
}

impl PaymentDirection {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Refund => "refund",
        }
    }
}

/// Whether a payment counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// It counts.
    Recorded,
    /// It was taken back: it counts no more.
    Reversed,
}

impl PaymentStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Reversed => "reversed",
        }
    }
}

/// What of a payment is for one invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "invoice_id": "019aa5d2-3f7d-7ccc-a111-0f0f0f0f0f0f", "amount": {"amount": "119.00", "currency": "EUR"},
}))]
pub struct Allocation {
    /// The invoice, or the credit note that is paid out.
    pub invoice_id: Uuid,
    /// How much; what is open of the invoice (of a refund: what can be given back), but no more than is left of the
    /// payment, unless it is given.
    pub amount: Option<Money>,
}

/// Money from a customer, or back to them.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "amount": {"amount": "202.30", "currency": "EUR"}, "method": "bank_transfer",
    "received_at": "2026-11-20T10:15:00Z", "reference": "R-000001 Werft Nord",
}))]
pub struct PaymentFields {
    /// How much, above zero both ways.
    pub amount: Money,
    /// How.
    pub method: PaymentMethod,
    /// Which way; `incoming` unless it is given.
    #[serde(default)]
    pub direction: PaymentDirection,
    /// Whose books it stands in; `own` unless it is given. Of our own no refund gives back more than is left of what the
    /// customer paid. Fixed once and for all.
    #[serde(default)]
    pub ledger: Ledger,
    /// The payment a refund gives back, as far as the refund is for no invoice: that much less is left of the payment.
    /// Fixed once and for all.
    pub refunded_payment_id: Option<Uuid>,
    /// When the money came or went; when it was recorded unless it is given.
    pub received_at: Option<Instant>,
    /// What it is for: invoices of its currency, each once. What is not allocated is the customer's credit; of a refund
    /// it is taken off the payment it names, else off the credit.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub allocations: Vec<Allocation>,
    /// What stood with it (Verwendungszweck).
    #[schema(max_length = 500, pattern = r"^[^\x00]*$", example = "R-000001 Werft Nord")]
    pub reference: Option<String>,
    /// Who paid, where that is not the customer.
    #[schema(max_length = 300, pattern = r"^[^\x00]*$", example = "Werft Nord Holding AG")]
    pub payer: Option<String>,
    /// Whatever else there is to say.
    #[schema(max_length = 20_000, pattern = r"^[^\x00]*$", example = "Skonto nicht gezogen")]
    pub notes: Option<String>,
}

impl Checked for PaymentFields {}

/// What the service knows of a payment.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PaymentFacts {
    /// Whether it counts.
    pub status: PaymentStatus,
    /// Sum of what is for invoices.
    pub allocated_amount: Money,
    /// What is left: the customer's credit, less what refunds that name it gave back. Of a refund that names no payment:
    /// what it takes off the credit.
    pub unallocated_amount: Money,
    /// Sum of what refunds that name it gave back of it.
    pub refunded_amount: Option<Money>,
    /// When the newest of them was made or undone.
    pub last_refunded_at: Option<Instant>,
    /// When it was taken back.
    pub reversed_at: Option<Instant>,
    /// Why it was taken back.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Konto nicht gedeckt")]
    pub reversal_reason: Option<String>,
    /// What the bank took for that.
    pub reversal_fee: Option<Money>,
}

/// Which payments.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct PaymentFilter {
    /// Words that must all occur in what stood with it and who paid, in any order, each as the beginning of a word. Umlauts
    /// may be written either way. Signs without any word find nothing.
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$", nullable = false, example = "öztürk r-0001")]
    pub q: Option<String>,
    /// Whether they count.
    #[param(inline, max_items = 2)]
    pub status: Vec<PaymentStatus>,
    /// Which way.
    #[param(inline, max_items = 2)]
    pub direction: Vec<PaymentDirection>,
    /// How.
    #[param(inline, max_items = 8)]
    pub method: Vec<PaymentMethod>,
    /// For one of these invoices.
    #[param(max_items = 50)]
    pub invoice_id: Vec<Uuid>,
    /// `true`: only those something is left of; `false`: only those nothing is left of. Those that were reversed count as
    /// the latter.
    #[param(nullable = false, example = true)]
    pub unallocated: Option<bool>,
    /// Received at or after.
    #[param(inline, nullable = false)]
    pub received_after: Option<Instant>,
    /// Received before.
    #[param(inline, nullable = false)]
    pub received_before: Option<Instant>,
}

impl Fields for PaymentFields {
    type Facts = PaymentFacts;
    type Filter = Both<AmountFilter, PaymentFilter>;

    const WORDS: Words =
        Words { schema: "Payment", one: "payment", many: "payments", english: "Payment", german: "Zahlung" };
    const FIXED: &'static [&'static str] = &["direction", "ledger", "refunded_payment_id"];
    const SORTS: &'static [&'static str] = &["received_at", "amount", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "-received_at";

    fn example_of_change() -> Value {
        json!({ "allocations": [{ "invoice_id": "019aa5d2-3f7d-7ccc-a111-0f0f0f0f0f0f" }] })
    }
}

/// That a payment was taken back: a direct debit that the bank returned, a card payment that was charged back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Konto nicht gedeckt", "fee": {"amount": "4.50", "currency": "EUR"}}))]
pub struct ReversePayment {
    /// Why.
    #[schema(
        min_length = 1,
        max_length = 2000,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Konto nicht gedeckt"
    )]
    pub reason: String,
    /// What the bank took for that.
    pub fee: Option<Money>,
    /// When; now unless it is given.
    pub reversed_at: Option<Instant>,
}

impl Checked for ReversePayment {}
