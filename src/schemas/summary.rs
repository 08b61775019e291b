//! Everything about one customer in one answer.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::customer::Customer;
use super::relationship::CustomerRelationship;
use super::timeline::TimelineEvent;
use crate::domain::instant::Instant;
use crate::domain::money::Money;

/// A record in few words.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SummaryItem {
    /// Kind of record.
    #[serde(rename = "type")]
    #[schema(max_length = 60, pattern = "^[a-z_]+$", example = "ticket")]
    pub kind: String,
    /// Which one.
    pub id: Uuid,
    /// What people call it.
    #[schema(max_length = 1000, pattern = r"^[^\x00]*$", example = "T-000042 Maschine steht")]
    pub label: String,
    /// How far it has come; empty where the kind knows no states.
    #[schema(max_length = 60, pattern = "^[a-z_]*$", example = "open")]
    pub status: String,
    /// When it is due to the minute.
    pub due_at: Option<Instant>,
    /// On which day it is due.
    #[schema(required = true, format = "date", max_length = 10, example = "2026-12-01")]
    pub due_on: Option<String>,
    /// The money it is about.
    pub amount: Option<Money>,
}

/// Records of one kind: how many there are, and those that are due first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SummarySection {
    /// How many there are.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 1)]
    pub count: u64,
    /// Those that are due first; what has no date comes last.
    #[schema(max_items = 10)]
    pub items: Vec<SummaryItem>,
}

/// What is open. Null what the caller may not read.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OpenItems {
    /// Tasks that are neither completed nor cancelled.
    pub tasks: Option<SummarySection>,
    /// Tickets that are neither resolved nor closed.
    pub tickets: Option<SummarySection>,
    /// Complaints that are neither resolved nor rejected.
    pub complaints: Option<SummarySection>,
    /// Opportunities that are neither won nor lost.
    pub opportunities: Option<SummarySection>,
    /// Quotes in preparation and sent ones that wait for an answer.
    pub quotes: Option<SummarySection>,
    /// Orders that are neither fulfilled nor cancelled.
    pub orders: Option<SummarySection>,
    /// Deliveries that are prepared or on their way.
    pub deliveries: Option<SummarySection>,
    /// Invoices that are not paid to the end.
    pub invoices: Option<SummarySection>,
    /// Projects that are neither completed nor cancelled.
    pub projects: Option<SummarySection>,
}

/// What the customer has. Null what the caller may not read.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Possessions {
    /// Products in use; due is the end of the warranty.
    pub products: Option<SummarySection>,
    /// Contracts that run; due is the last day a notice can arrive on.
    pub contracts: Option<SummarySection>,
    /// Loyalty memberships that have not ended.
    pub loyalty_memberships: Option<SummarySection>,
}

/// What was invoiced or paid in one currency, and how it is paid. Drafts do not count; credit notes are taken off.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InvoiceTotals {
    /// What all invoices come to, tax included; null beyond the largest amount.
    pub invoiced: Option<Money>,
    /// What those of the last 365 days come to.
    pub invoiced_last_365_days: Option<Money>,
    /// What is not paid yet.
    pub open: Option<Money>,
    /// What of it is overdue.
    pub overdue: Option<Money>,
    /// What the customer has with us: what is left of payments, and what we owe of invoices and credit notes.
    pub credit: Option<Money>,
    /// How many invoices are overdue.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 1)]
    pub overdue_invoices: i64,
    /// How many were paid to the end.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 12)]
    pub paid_invoices: i64,
    /// Days from issue to full payment, on average; null without a paid invoice.
    #[schema(required = true, example = 17.4)]
    pub average_days_to_pay: Option<f64>,
    /// Days from the due day to full payment, on average; below zero where they pay early.
    #[schema(required = true, example = 3.1)]
    pub average_days_beyond_due: Option<f64>,
}

/// What the customer thinks of us.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Satisfaction {
    /// The last answer to "would you recommend us", 0 to 10.
    #[schema(required = true, minimum = 0, maximum = 10, example = 9)]
    pub last_nps: Option<i64>,
    /// When it was given.
    pub last_nps_at: Option<Instant>,
    /// Satisfaction from 1 to 5, on average; null without an answer.
    #[schema(required = true, minimum = 1, maximum = 5, example = 4.2)]
    pub average_csat: Option<f64>,
    /// How many answers that is the average of.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 6)]
    pub csat_answers: i64,
}

/// What was ordered in one currency, without what was cancelled. Other currencies are told apart.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderTotals {
    /// What all orders come to, tax included; null beyond the largest amount.
    pub gross: Option<Money>,
    /// What those of the last 365 days come to.
    pub gross_last_365_days: Option<Money>,
    /// How many there are.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 3)]
    pub orders: i64,
    /// When the first one was placed.
    pub first_placed_at: Instant,
    /// When the last one was placed.
    pub last_placed_at: Instant,
}

/// When there was contact, and when there will be.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ContactTimes {
    /// First interaction.
    pub first_at: Option<Instant>,
    /// Last interaction.
    pub last_at: Option<Instant>,
    /// Whole days since then.
    #[schema(required = true, minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 12)]
    pub days_since_last: Option<i64>,
    /// When the next open task is due.
    pub next_at: Option<Instant>,
    /// That task.
    pub next_task: Option<SummaryItem>,
}

/// How large a risk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RiskLevel {
    /// Nothing speaks for it.
    Low,
    /// Something does.
    Medium,
    /// Much does.
    High,
}

/// What can speak for losing a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RiskSignalCode {
    /// Notice of contracts was given, and they have not ended yet.
    ContractCancelled,
    /// Contracts end within 90 days and are not renewed.
    ContractEnding,
    /// Invoices are overdue.
    InvoicesOverdue,
    /// Complaints are neither resolved nor rejected.
    ComplaintsOpen,
    /// Tickets that are not resolved were answered too late, or are overdue.
    TicketsBreached,
    /// The last answer to "would you recommend us" was 6 or less.
    Detractor,
    /// There was no contact for 180 days, after there had been some.
    Silence,
}

/// Something that speaks for losing the customer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RiskSignal {
    /// What.
    pub code: RiskSignalCode,
    /// How much it counts.
    pub weight: RiskLevel,
    /// How many there are; of `silence` for how many days.
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 2)]
    pub count: i64,
}

/// How likely it is to lose the customer, by a plain rule: `high` with a signal of that weight or with three signals,
/// `medium` with one or two, `low` with none.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SummaryRisk {
    /// What follows from the signals.
    pub level: RiskLevel,
    /// What speaks for it.
    #[schema(max_items = 7)]
    pub signals: Vec<RiskSignal>,
    /// What the caller may not read, and what is therefore left out.
    #[schema(max_items = 7)]
    pub unknown: Vec<RiskSignalCode>,
}

/// A consent that holds.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SummaryConsent {
    /// Which one.
    pub id: Uuid,
    /// For what.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "newsletter")]
    pub purpose: String,
    /// By which way of contact; any without.
    #[schema(required = true, max_length = 60, pattern = "^[a-z_]+$", example = "email")]
    pub channel: Option<String>,
    /// Until when; null for good.
    pub valid_until: Option<Instant>,
}

/// Everything a screen about one customer needs. What the caller may not read is null.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustomerSummary {
    /// The customer.
    pub customer: Customer,
    /// What the customer has.
    pub owned: Possessions,
    /// What is open.
    pub open: OpenItems,
    /// What was invoiced and how it is paid, by currency.
    #[schema(max_items = 200)]
    pub invoice_totals: Option<Vec<InvoiceTotals>>,
    /// What the customer thinks of us.
    pub satisfaction: Option<Satisfaction>,
    /// What was ordered, by currency.
    #[schema(max_items = 200)]
    pub order_totals: Option<Vec<OrderTotals>>,
    /// How likely it is to lose the customer, and why.
    pub risk: SummaryRisk,
    /// When there was contact, and when there will be.
    pub contact: ContactTimes,
    /// The people at a company who matter: contact persons and those with a buying role; the primary contact first.
    #[schema(max_items = 20)]
    pub key_persons: Option<Vec<CustomerRelationship>>,
    /// The consents that hold.
    #[schema(max_items = 50)]
    pub consents: Option<Vec<SummaryConsent>>,
    /// The newest entries of the timeline.
    #[schema(max_items = 10)]
    pub newest_events: Option<Vec<TimelineEvent>>,
}
