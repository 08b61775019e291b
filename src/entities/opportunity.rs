//! What customers may buy.

crate::record! {
    "opportunities" {
        /// The name as it is sorted.
        name_key: String,
        /// `open`, `won` or `lost`.
        status: String,
        /// The way it goes.
        pipeline_id: Uuid,
        /// How far it has come on that way.
        stage_id: Uuid,
        /// What it may bring, in ten-thousandths.
        amount: Option<i64>,
        /// ISO 4217.
        currency: Option<String>,
        /// In percent: the sum of `amount * probability` is exact in whole numbers.
        probability: i64,
        /// By which day it is expected to be decided.
        expected_close_date: Option<String>,
        /// When it was won or lost.
        closed_at: Option<Instant>,
        /// What it is found by: its words, a blank before each. Those from before have none.
        search_text: Option<String>,
    }
}
