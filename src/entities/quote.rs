//! What customers are offered.

crate::record! {
    "quotes" {
        /// Readable number.
        number: String,
        /// `draft`, `sent`, `accepted`, `declined` or `expired`.
        status: String,
        /// When it was drawn up.
        quoted_at: Option<Instant>,
        /// The last day it can be accepted on.
        valid_until: Option<String>,
        /// The opportunity it is part of.
        opportunity_id: Option<Uuid>,
        /// What it comes to with tax, in ten-thousandths.
        gross: i64,
        /// ISO 4217.
        currency: String,
    }
}
