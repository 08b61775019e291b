//! What is sent to customers.

crate::record! {
    "deliveries" {
        /// Number of the delivery note.
        number: String,
        /// `prepared`, `shipped`, `delivered`, `returned` or `cancelled`.
        status: String,
        /// The order it is of.
        order_id: Uuid,
        /// Who carries it.
        carrier: Option<String>,
        /// The carrier's number.
        tracking_number: Option<String>,
        /// When it was prepared.
        prepared_at: Option<Instant>,
        /// When it left us.
        shipped_at: Option<Instant>,
        /// When the customer got it.
        delivered_at: Option<Instant>,
        /// The day it is due.
        due_on: Option<String>,
        /// Whether it came, or left, after that day.
        is_late: bool,
    }
}
