//! What is being done for customers over a longer time.

crate::record! {
    "projects" {
        /// Readable number.
        number: String,
        /// The name as it sorts.
        name_key: String,
        /// The name as it is looked for.
        name_folded: String,
        /// `planned`, `active`, `on_hold`, `completed` or `cancelled`.
        status: String,
        /// First day, `YYYY-MM-DD`.
        starts_on: Option<String>,
        /// Last day, `YYYY-MM-DD`.
        ends_on: Option<String>,
    }
}
