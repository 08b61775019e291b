//! With what customers are approached together.

crate::record! {
    "campaigns" {
        /// The name as it sorts.
        name_key: String,
        /// The name as it is looked for.
        name_folded: String,
        /// In which way customers are approached.
        channel: String,
        /// `planned`, `running`, `finished` or `cancelled`.
        status: String,
        /// First day as planned, `YYYY-MM-DD`.
        starts_on: Option<String>,
        /// Last day as planned, `YYYY-MM-DD`.
        ends_on: Option<String>,
        /// When it began.
        started_at: Option<Instant>,
    }
}
