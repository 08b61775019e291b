//! Tasks that were made together for a customer.

crate::record! {
    "task_sets" {
        /// From which template.
        template_id: Uuid,
        /// `active` or `completed`.
        status: String,
        /// The moment the days of its steps are counted from.
        starts_at: Option<Instant>,
        /// When the last task was closed.
        completed_at: Option<Instant>,
    }
}
