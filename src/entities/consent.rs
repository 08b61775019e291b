//! What customers have agreed to.

crate::record! {
    "consents" {
        /// For what.
        purpose: String,
        /// By which way of contact.
        channel: Option<String>,
        /// Article 6(1) GDPR.
        legal_basis: String,
        /// `granted` or `withdrawn`.
        status: String,
        /// When it was given.
        granted_at: Option<Instant>,
        /// Until when it holds.
        valid_until: Option<Instant>,
        /// When it was withdrawn.
        withdrawn_at: Option<Instant>,
    }
}
