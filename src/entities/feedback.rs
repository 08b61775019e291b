//! What customers tell us about ourselves.

crate::record! {
    "feedback" {
        /// `rating`, `complaint`, `nps`, `csat` or `ces`.
        kind: String,
        /// `recorded`; for complaints `open`, `acknowledged`, `resolved` or `rejected`.
        status: String,
        /// The score.
        score: Option<i64>,
        /// `promoter`, `passive` or `detractor`.
        nps_group: Option<String>,
        /// How bad it is, as a number that sorts.
        severity: Option<i64>,
        /// What it came through.
        channel: Option<String>,
        /// The survey or campaign it belongs to.
        campaign: Option<String>,
        /// The ticket it is about.
        ticket_id: Option<Uuid>,
        /// The order it is about.
        order_id: Option<Uuid>,
        /// The interaction it is about.
        interaction_id: Option<Uuid>,
        /// When it was given.
        given_at: Option<Instant>,
        /// What it is found by: its words, a blank before each. Those from before have none.
        search_text: Option<String>,
    }
}
