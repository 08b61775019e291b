//! What customers were charged, and what was taken back of it.

crate::record! {
    "invoices" {
        /// Number; drafts of our own have none.
        number: Option<String>,
        /// `invoice` or `credit_note`.
        kind: String,
        /// `own` or `external`.
        ledger: String,
        /// `draft`, `issued`, `partially_paid`, `paid`, `cancelled` or `written_off`.
        status: String,
        /// The order it charges.
        order_id: Option<Uuid>,
        /// The invoice a credit note takes back.
        credited_invoice_id: Option<Uuid>,
        /// Day of issue.
        issued_on: Option<String>,
        /// By which day it is to be paid.
        due_on: Option<String>,
        /// What it comes to with tax, in ten-thousandths.
        gross: i64,
        /// What the customer still owes, in ten-thousandths; below zero what we owe.
        open_amount: i64,
        /// ISO 4217.
        currency: String,
        /// Level of the newest reminder.
        dunning_level: i64,
        /// When it was paid to the end.
        paid_at: Option<Instant>,
        /// First day after the one it was due, once that was noticed; unknown of those that were there before.
        overdue_since: Option<String>,
    }
}
