//! What is to be done each time, as a list of steps.

crate::record! {
    "task_templates" {
        /// The German name as it sorts.
        name_key: String,
        /// Both names as they are looked for.
        name_folded: String,
    }
}
