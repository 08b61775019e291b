//! What was agreed with customers for a time.

crate::record! {
    "contracts" {
        /// Readable number.
        number: String,
        /// The title as it sorts (DIN 5007-1).
        title_key: String,
        /// `draft`, `active`, `cancelled` or `ended`.
        status: String,
        /// `none` or `automatic`.
        renewal: String,
        /// First day.
        starts_on: Option<String>,
        /// Last day of the term at hand.
        current_term_ends_on: Option<String>,
        /// Last day a notice can arrive on for that.
        notice_by: Option<String>,
        /// What it comes to each time, in ten-thousandths.
        value: Option<i64>,
        /// ISO 4217.
        currency: Option<String>,
        /// What it is found by: its words, a blank before each. Those from before have none.
        search_text: Option<String>,
    }
}
