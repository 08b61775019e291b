//! Invoices and credit notes on the wire.

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
use crate::domain::money::Money;

/// What kind of document it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceKind {
    /// The customer owes what it comes to.
    #[default]
    Invoice,
    /// Takes back what another invoice charged, as a whole or in part; its amounts are above zero all the same.
    CreditNote,
}

impl InvoiceKind {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::CreditNote => "credit_note",
        }
    }
}

/// Whose books something stands in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ledger {
    /// It is made here: an invoice has a number of ours, and stays what it was when it was issued.
    #[default]
    Own,
    /// It is a copy of what another system has: the original stands there, and the copy may follow it.
    External,
}

impl Ledger {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::External => "external",
        }
    }
}

/// How far an invoice has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStatus {
    /// Being written; it has no number yet.
    Draft,
    /// The customer has it, and nothing of it is paid.
    Issued,
    /// Something is paid, something is owed.
    PartiallyPaid,
    /// Nothing is owed any more.
    Paid,
    /// It is taken back as a whole.
    Cancelled,
    /// What was owed is given up.
    WrittenOff,
}

impl InvoiceStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Issued => "issued",
            Self::PartiallyPaid => "partially_paid",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
            Self::WrittenOff => "written_off",
        }
    }
}

/// How a paper goes to the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SentBy {
    /// By e-mail.
    Email,
    /// By post.
    Post,
    /// By registered post.
    RegisteredPost,
    /// As structured data: XRechnung, ZUGFeRD, EDIFACT.
    Edi,
    /// To be fetched from a portal.
    Portal,
    /// By hand.
    Hand,
}

/// What a customer is charged, or what is taken back of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "currency": "EUR", "payment_terms_days": 14, "service_from": "2026-11-16", "service_to": "2026-11-20",
    "lines": [
        {"description": "Montage", "quantity": "2.5", "unit": "Stunde", "unit_price": "68.00", "tax_rate": "19"},
    ],
    "totals": {"gross": {"amount": "202.30", "currency": "EUR"}},
}))]
pub struct InvoiceFields {
    /// Number, unique. Our own one is given without gaps when the invoice is issued; a copy has the one of the original.
    #[schema(min_length = 1, max_length = 60, pattern = r"^[^\s\x00]+( [^\s\x00]+)*$", example = "R-000001")]
    pub number: Option<String>,
    /// What kind of document it is; `invoice` unless it is given.
    #[serde(default)]
    pub kind: InvoiceKind,
    /// Whose books it stands in; `own` unless it is given.
    #[serde(default)]
    pub ledger: Ledger,
    /// Currency of every amount (ISO 4217); required unless an order gives it.
    #[serde(default)]
    #[schema(format = "currency", max_length = 3, pattern = "^[A-Z]{3}$", example = "EUR")]
    pub currency: String,
    /// What is charged, or taken back; required unless an invoice of our own names an order: then all that is open of it,
    /// with its freight if none is charged yet.
    #[serde(default)]
    #[schema(min_items = 1, max_items = 500)]
    pub lines: Vec<Line>,
    /// What the totals ought to be; wrong ones are refused, with the right ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub totals: Option<ExpectedTotals>,
    /// The order it charges. Our own invoices of an order charge no more of anything than was ordered, and take from there
    /// what they do not say themselves.
    pub order_id: Option<Uuid>,
    /// The invoice a credit note takes back; a copy may do without.
    pub credited_invoice_id: Option<Uuid>,
    /// Day of issue (§ 14 (4) no. 3 UStG). A copy that says it is issued already.
    #[schema(format = "date", max_length = 10, example = "2026-11-20")]
    pub issued_on: Option<String>,
    /// By which day it is to be paid; as many days after the day of issue as are agreed unless it is given.
    #[schema(format = "date", max_length = 10, example = "2026-12-04")]
    pub due_on: Option<String>,
    /// Days until it is to be paid; 30 unless they are given (§ 286 (3) BGB).
    #[schema(minimum = 0, maximum = 3650, format = "int32", example = 14)]
    pub payment_terms_days: Option<i32>,
    /// First day of the delivery or service (§ 14 (4) no. 6 UStG).
    #[schema(format = "date", max_length = 10, example = "2026-11-16")]
    pub service_from: Option<String>,
    /// Last day of the delivery or service.
    #[schema(format = "date", max_length = 10, example = "2026-11-20")]
    pub service_to: Option<String>,
    /// What the customer calls it: their order number, their sign, a Leitweg-ID.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "BE-2026-118")]
    pub customer_reference: Option<String>,
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
    /// To whom it is made out; as the order says unless it is given.
    pub billing_address: Option<PrintedAddress>,
    /// Whatever else there is to say.
    #[schema(max_length = 20_000, pattern = r"^[^\x00]*$", example = "Zahlbar ohne Abzug.")]
    pub notes: Option<String>,
}

impl Checked for InvoiceFields {}

/// What the service knows of an invoice.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InvoiceFacts {
    /// How far it has come.
    pub status: InvoiceStatus,
    /// What it adds up to.
    pub totals: Totals,
    /// Sum of what payments say of it.
    pub paid_amount: Money,
    /// Sum of what was given back of that.
    pub refunded_amount: Money,
    /// Sum of the credit notes that name it.
    pub credited_amount: Money,
    /// What the customer still owes: gross less credited less paid plus refunded; below zero what we owe. Nothing of
    /// drafts, of what is cancelled or written off, and of credit notes that name their invoice.
    pub open_amount: Money,
    /// When it happened, as the timeline tells it: now on the day of issue, noon (UTC) of an earlier one.
    pub dated_at: Option<Instant>,
    /// How it went to the customer.
    pub sent_by: Option<SentBy>,
    /// When the newest payment, refund or credit note was booked or undone.
    pub last_booked_at: Option<Instant>,
    /// When it was paid to the end; null while something is open.
    pub paid_at: Option<Instant>,
    /// Since which day it is overdue: the one after it was due, noticed within the hour; null while nothing is.
    #[schema(format = "date", max_length = 10, example = "2026-12-05")]
    pub overdue_since: Option<String>,
    /// Level of the newest reminder.
    #[schema(minimum = 0, maximum = 3, format = "int32", example = 0)]
    pub dunning_level: i32,
    /// When that was sent, as the timeline tells it.
    pub last_dunned_at: Option<Instant>,
    /// When it was taken back.
    pub cancelled_at: Option<Instant>,
    /// Why it was taken back.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Falscher Empfänger")]
    pub cancellation_reason: Option<String>,
    /// Whether it is the credit note that the cancellation of an invoice made.
    pub cancels: bool,
    /// When the rest was given up.
    pub written_off_at: Option<Instant>,
    /// What was given up.
    pub written_off_amount: Option<Money>,
    /// Why it was given up.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Insolvenz mangels Masse abgelehnt")]
    pub write_off_reason: Option<String>,
}

/// Which invoices.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct InvoiceFilter {
    /// How far they have come.
    #[param(inline, max_items = 6)]
    pub status: Vec<InvoiceStatus>,
    /// Invoices or credit notes.
    #[param(inline, max_items = 2)]
    pub kind: Vec<InvoiceKind>,
    /// Whose books they stand in.
    #[param(inline, max_items = 2)]
    pub ledger: Vec<Ledger>,
    /// With these numbers.
    #[param(inline, max_items = 50)]
    pub number: Vec<Exactly>,
    /// Of these orders.
    #[param(max_items = 50)]
    pub order_id: Vec<Uuid>,
    /// Credit notes that take back one of these invoices.
    #[param(max_items = 50)]
    pub credited_invoice_id: Vec<Uuid>,
    /// Issued on this day or later.
    #[param(format = "date", max_length = 10, nullable = false, example = "2026-11-01")]
    pub issued_after: Option<String>,
    /// Issued before this day.
    #[param(format = "date", max_length = 10, nullable = false, example = "2026-12-01")]
    pub issued_before: Option<String>,
    /// Due on this day or later.
    #[param(format = "date", max_length = 10, nullable = false, example = "2026-11-01")]
    pub due_after: Option<String>,
    /// Due before this day.
    #[param(format = "date", max_length = 10, nullable = false, example = "2026-12-01")]
    pub due_before: Option<String>,
    /// `true`: only what is owed and was due before today (UTC); `false`: only what is not.
    #[param(nullable = false, example = true)]
    pub overdue: Option<bool>,
    /// With a reminder of this level as the newest; `0` without any.
    #[param(nullable = false, minimum = 0, maximum = 3, format = "int32", example = 1)]
    pub dunning_level: Option<i32>,
}

impl Fields for InvoiceFields {
    type Facts = InvoiceFacts;
    type Filter = Both<GrossFilter, InvoiceFilter>;

    const WORDS: Words =
        Words { schema: "Invoice", one: "invoice", many: "invoices", english: "Invoice", german: "Rechnung" };
    const ADDED: &'static [&'static str] = &["overdue_since"];
    const FIXED: &'static [&'static str] = &["number", "kind", "ledger"];
    const SORTS: &'static [&'static str] =
        &["issued_on", "due_on", "number", "gross", "open_amount", "dunning_level", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "-issued_on";

    fn example_of_change() -> Value {
        json!({ "due_on": "2026-12-18" })
    }
}

/// That an invoice is final and goes to the customer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"issued_on": "2026-11-20", "sent_by": "email"}))]
pub struct IssueInvoice {
    /// Day of issue; the one the draft names, or today unless it is given.
    #[schema(format = "date", max_length = 10, example = "2026-11-20")]
    pub issued_on: Option<String>,
    /// How it goes to the customer.
    pub sent_by: Option<SentBy>,
}

impl Checked for IssueInvoice {}

/// That an invoice is taken back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Falscher Empfänger"}))]
pub struct CancelInvoice {
    /// Why.
    #[schema(
        min_length = 1,
        max_length = 2000,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Falscher Empfänger"
    )]
    pub reason: String,
}

impl Checked for CancelInvoice {}

/// That the rest of an invoice is given up.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Insolvenz mangels Masse abgelehnt"}))]
pub struct WriteOffInvoice {
    /// Why.
    #[schema(
        min_length = 1,
        max_length = 2000,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Insolvenz mangels Masse abgelehnt"
    )]
    pub reason: String,
    /// When; now unless it is given.
    pub written_off_at: Option<Instant>,
}

impl Checked for WriteOffInvoice {}

/// That an invoice that was given up is asked for again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Kunde hat Ratenzahlung angeboten"}))]
pub struct ReinstateInvoice {
    /// Why.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Kunde hat Ratenzahlung angeboten")]
    pub reason: Option<String>,
}

impl Checked for ReinstateInvoice {}
