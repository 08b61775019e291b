//! Whom campaigns reached.

crate::record! {
    "campaign_touches" {
        /// Which campaign.
        campaign_id: Uuid,
        /// In which way the customer was approached.
        channel: String,
        /// `sent`, `opened`, `responded`, `bounced` or `opted_out`.
        status: String,
        /// When it was sent.
        sent_at: Option<Instant>,
    }
}
