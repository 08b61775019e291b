//! What customers have paid, and what they got back.

crate::record! {
    "payments" {
        /// `recorded` or `reversed`.
        status: String,
        /// `incoming` or `refund`.
        direction: String,
        /// `bank_transfer`, `direct_debit`, `card` …
        method: String,
        /// When the money came or went.
        received_at: Option<Instant>,
        /// How much, in ten-thousandths.
        amount: i64,
        /// What is left of it, in ten-thousandths; nothing once it is reversed.
        unallocated: i64,
        /// ISO 4217.
        currency: String,
        /// What it is found by: its words, a blank before each. Those from before have none.
        search_text: Option<String>,
    }
}
