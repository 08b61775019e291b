//! What is filed of customers.

crate::record! {
    "documents" {
        /// The title as it sorts.
        title_key: String,
        /// The title as it is looked for.
        title_folded: String,
        /// What it is.
        category: Option<String>,
        /// Kind of the record it belongs to.
        attached_type: Option<String>,
        /// Which one.
        attached_id: Option<Uuid>,
        /// Media type of the content.
        media_type: Option<String>,
        /// Bytes of the content.
        size_bytes: Option<i64>,
        /// SHA-256 of the content, in hexadecimal digits.
        sha256: Option<String>,
        /// When the content came in.
        uploaded_at: Option<Instant>,
    }
}
