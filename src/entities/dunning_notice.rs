//! That customers were reminded of invoices.

crate::record! {
    "dunning_notices" {
        /// `sent` or `withdrawn`.
        status: String,
        /// The invoice.
        invoice_id: Uuid,
        /// 1, 2 or 3.
        level: i64,
        /// Day it was sent.
        sent_on: Option<String>,
        /// By which day the customer is to pay now.
        due_on: Option<String>,
    }
}
