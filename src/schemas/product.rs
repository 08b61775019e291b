//! Products on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::Checked;
use super::record::{Exactly, Fields, Words};
use crate::domain::instant::Instant;
use crate::domain::money::Money;

/// Whether a product is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProductStatus {
    /// Sold.
    Active,
    /// Not sold any more.
    Discontinued,
}

impl ProductStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Discontinued => "discontinued",
        }
    }
}

/// A product or service of the catalogue.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "sku": "TK-200", "name": "Tischkreissäge TK 200", "family": "Sägen", "unit": "Stück",
    "unit_price": {"amount": "1249.00", "currency": "EUR"}, "tax_rate": "19",
}))]
pub struct ProductFields {
    /// Stock keeping unit, the number of the article: no two products have the same.
    #[schema(min_length = 1, max_length = 60, pattern = r"^[^\s\x00]+( [^\s\x00]+)*$", example = "TK-200")]
    pub sku: String,
    /// What it is called.
    #[schema(
        min_length = 1,
        max_length = 300,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Tischkreissäge TK 200"
    )]
    pub name: String,
    /// What it is.
    #[schema(max_length = 20_000, pattern = r"^[^\x00]*$", example = "Mit Schiebeschlitten.")]
    pub description: Option<String>,
    /// The family it belongs to.
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Sägen")]
    pub family: Option<String>,
    /// What one of it is: a piece, an hour, a metre.
    #[schema(min_length = 1, max_length = 30, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Stück")]
    pub unit: Option<String>,
    /// What one of it costs, without tax; null where every offer is calculated.
    pub unit_price: Option<Money>,
    /// Rate of the tax on it in percent, an exact decimal.
    #[schema(format = "decimal", max_length = 8, pattern = r"^((0|[1-9][0-9]?)(\.[0-9]{1,4})?|100)$", example = "19")]
    pub tax_rate: String,
}

impl Checked for ProductFields {}

/// What the service knows of a product.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProductFacts {
    /// Whether it is sold.
    pub status: ProductStatus,
    /// Since when it is not sold any more.
    pub discontinued_at: Option<Instant>,
}

/// Which products.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ProductFilter {
    /// The beginning of the name; case and accents do not count.
    #[param(min_length = 1, max_length = 100, pattern = r"^[^\x00]*$", nullable = false)]
    pub q: Option<String>,
    /// Whether they are sold.
    #[param(inline, max_items = 2)]
    pub status: Vec<ProductStatus>,
    /// Of these families.
    #[param(inline, max_items = 50)]
    pub family: Vec<Exactly>,
    /// With these numbers.
    #[param(inline, max_items = 50)]
    pub sku: Vec<Exactly>,
}

impl Fields for ProductFields {
    type Facts = ProductFacts;
    type Filter = ProductFilter;

    const WORDS: Words =
        Words { schema: "Product", one: "product", many: "products", english: "Product", german: "Produkt" };
    const CATALOGUE: bool = true;
    const SORTS: &'static [&'static str] = &["name", "sku", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "name";

    fn example_of_change() -> Value {
        json!({ "unit_price": { "amount": "1299.00", "currency": "EUR" } })
    }
}

/// Why a product is not sold any more.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Nachfolger TK 300"}))]
pub struct DiscontinueProduct {
    /// Why.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Nachfolger TK 300")]
    pub reason: Option<String>,
}

impl Checked for DiscontinueProduct {}

/// Why a product is sold again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Wieder lieferbar"}))]
pub struct ReactivateProduct {
    /// Why.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Wieder lieferbar")]
    pub reason: Option<String>,
}

impl Checked for ReactivateProduct {}
