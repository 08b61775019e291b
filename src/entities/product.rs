//! What is sold.

crate::record! {
    "products" {
        /// The number of the article.
        sku: String,
        /// The name as it sorts (DIN 5007-1).
        name_key: String,
        /// The name in small letters without accents, for finding its beginning.
        name_folded: String,
        /// The family it belongs to.
        family: Option<String>,
        /// `active` or `discontinued`.
        status: String,
    }
}
