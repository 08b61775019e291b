//! The ways opportunities go.

crate::record! {
    "pipelines" {
        /// Readable, unique.
        key: String,
        /// The German name as it is sorted.
        name_key: String,
    }
}
