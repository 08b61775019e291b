//! Whom customers have recommended us to.

crate::record! {
    "referrals" {
        /// `invited`, `registered`, `converted`, `rewarded` or `declined`.
        status: String,
        /// The customer who was referred.
        referred_customer_id: Option<Uuid>,
        /// The programme it belongs to.
        program: Option<String>,
        /// What it went through.
        channel: Option<String>,
        /// When the customer recommended us.
        invited_at: Option<Instant>,
        /// When whoever was referred bought.
        converted_at: Option<Instant>,
    }
}
