//! What customers own.

crate::record! {
    "owned_products" {
        /// The product.
        product_id: Option<Uuid>,
        /// Number of the article.
        sku: Option<String>,
        /// The name as it sorts (DIN 5007-1).
        name_key: String,
        /// Its serial number.
        serial_number: Option<String>,
        /// `in_use`, `returned`, `decommissioned` or `replaced`.
        status: String,
        /// Day the customer got it.
        acquired_on: Option<String>,
        /// Last day of the warranty.
        warranty_until: Option<String>,
        /// The order it came with.
        order_id: Option<Uuid>,
        /// The contract about it.
        contract_id: Option<Uuid>,
        /// What it is found by: its words, a blank before each. Those from before have none.
        search_text: Option<String>,
    }
}
