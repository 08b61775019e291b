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
        /// The quote it is made from.
        quote_id: Option<Uuid>,
        /// By which day the customer wants it.
        requested_delivery_on: Option<String>,
        /// Whether it comes behind the first order of the customer that is not cancelled.
        is_repeat: bool,
        /// How much of it has left us: `none`, `partial` or `complete`.
        shipping: String,
        /// How much of it is invoiced: `none`, `partial` or `complete`; not known of orders of before.
        invoicing: Option<String>,
    }
}
