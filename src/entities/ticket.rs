//! What customers need our help with.

crate::record! {
    "tickets" {
        /// Readable number.
        number: String,
        /// `new`, `open`, `pending`, `on_hold`, `resolved` or `closed`.
        status: String,
        /// How urgent it is, as a number that sorts.
        priority: i64,
        /// What kind of matter it is.
        category: Option<String>,
        /// What it came through.
        channel: Option<String>,
        /// Whether something does not work any more.
        incident: bool,
        /// Who works on it.
        assignee_id: Option<Uuid>,
        /// The product it is about.
        product_id: Option<Uuid>,
        /// The order it is about.
        order_id: Option<Uuid>,
        /// How often it was escalated.
        escalation_level: i64,
        /// When the customer came to us.
        opened_at: Option<Instant>,
        /// When it was resolved.
        resolved_at: Option<Instant>,
        /// By when we owe a first answer; nothing once it was given.
        first_response_due_at: Option<Instant>,
        /// By when we owe a resolution; nothing once it was told, and while we wait for the customer.
        resolution_due_at: Option<Instant>,
        /// Whether the first answer came too late.
        first_response_breached: Option<bool>,
        /// Whether the resolution came too late.
        resolution_breached: Option<bool>,
        /// Words of its number and subject.
        search_text: Option<String>,
    }
}
