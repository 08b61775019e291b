//! What customers have ordered.

crate::record! {
    "orders" {
        /// Readable number.
        number: String,
        /// `placed`, `confirmed`, `fulfilled` or `cancelled`.
        status: String,
        /// When the customer ordered.
        placed_at: Option<Instant>,
        /// What it comes to with tax, in ten-thousandths.
        gross: i64,
        /// ISO 4217.
        currency: String,
    }
}
