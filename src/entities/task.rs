//! What is to be done for a customer.

crate::record! {
    "tasks" {
        /// What is to be done, for sorting.
        subject: String,
        /// `open`, `completed` or `cancelled`.
        status: String,
        /// `low`, `normal`, `high` or `urgent`, as a number that sorts.
        priority: i64,
        /// By when.
        due_at: Option<Instant>,
        /// Who does it.
        assignee_id: Option<Uuid>,
        /// The set it belongs to.
        task_set_id: Option<Uuid>,
        /// When it was completed or cancelled.
        closed_at: Option<Instant>,
        /// Words of its subject.
        search_text: Option<String>,
    }
}
