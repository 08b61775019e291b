//! Memberships of customers in loyalty programmes.

crate::record! {
    "loyalty_memberships" {
        /// The programme.
        program: String,
        /// Number of the card.
        number: String,
        /// The level reached.
        level: Option<String>,
        /// The first day, `YYYY-MM-DD`.
        joined_on: String,
        /// `active`, `paused` or `ended`.
        status: String,
        /// Points there are.
        balance: i64,
    }
}
