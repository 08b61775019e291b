//! Lines on the wire, and what they add up to: of quotes, orders and invoices alike.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::record::Exactly;
use crate::domain::money::Money;

/// A line: a product of the catalogue, or a text. What is left out is copied from the product, once: later changes of
/// the product do not change the line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "position": 1, "product_id": null, "sku": "M-1", "description": "Montage", "quantity": "2.5", "unit": "Stunde",
    "unit_price": "68.00", "discount_percent": "0", "tax_rate": "19",
}))]
pub struct Line {
    /// Its number within the list; the one before plus one unless it is given.
    #[schema(minimum = 1, maximum = 9999, format = "int32", example = 1)]
    pub position: Option<i32>,
    /// The product.
    pub product_id: Option<Uuid>,
    /// Number of the article.
    #[schema(min_length = 1, max_length = 60, pattern = r"^[^\x00]*$", example = "TK-200")]
    pub sku: Option<String>,
    /// What it is; required unless a product is named.
    #[schema(min_length = 1, max_length = 2000, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Montage")]
    pub description: Option<String>,
    /// How many, an exact decimal.
    #[schema(format = "decimal", max_length = 14, pattern = r"^(0|[1-9][0-9]{0,8})(\.[0-9]{1,4})?$", example = "2.5")]
    pub quantity: String,
    /// What one of it is.
    #[schema(min_length = 1, max_length = 30, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Stunde")]
    pub unit: Option<String>,
    /// What one of it costs without tax, an exact decimal in the currency of the whole; required unless the product has
    /// a price in this currency. A line with a price below zero takes something off.
    #[schema(
        format = "decimal",
        max_length = 17,
        pattern = r"^-?(0|[1-9][0-9]{0,10})(\.[0-9]{1,4})?$",
        example = "68.00"
    )]
    pub unit_price: Option<String>,
    /// Taken off in percent, an exact decimal; `0` unless it is given.
    #[schema(format = "decimal", max_length = 8, pattern = r"^((0|[1-9][0-9]?)(\.[0-9]{1,4})?|100)$", example = "0")]
    pub discount_percent: Option<String>,
    /// Rate of the tax in percent, an exact decimal; required unless a product is named.
    #[schema(format = "decimal", max_length = 8, pattern = r"^((0|[1-9][0-9]?)(\.[0-9]{1,4})?|100)$", example = "19")]
    pub tax_rate: Option<String>,
}

/// What one line comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineTotal {
    /// Which line.
    #[schema(minimum = 1, maximum = 9999, format = "int32", example = 1)]
    pub position: i32,
    /// Quantity times price less discount, rounded to the smallest unit of the currency, halves away from zero.
    pub net: Money,
}

/// The tax of one rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaxTotal {
    /// In percent.
    #[schema(format = "decimal", max_length = 8, example = "19")]
    pub rate: String,
    /// Sum of the net amounts it is on.
    pub net: Money,
    /// The tax on that sum, rounded once.
    pub tax: Money,
}

/// What everything adds up to, computed exactly: each line is rounded once, the tax once per rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Totals {
    /// Line by line.
    #[schema(max_items = 500)]
    pub lines: Vec<LineTotal>,
    /// Sum of the lines.
    pub goods: Money,
    /// Freight without tax.
    pub freight: Money,
    /// Goods and freight.
    pub net: Money,
    /// The tax by rate.
    #[schema(max_items = 501)]
    pub taxes: Vec<TaxTotal>,
    /// Sum of the taxes.
    pub tax: Money,
    /// Net and tax.
    pub gross: Money,
}

/// What the caller takes the totals to be: refused where they differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"gross": {"amount": "202.30", "currency": "EUR"}}))]
pub struct ExpectedTotals {
    /// Net.
    pub net: Option<Money>,
    /// Tax.
    pub tax: Option<Money>,
    /// Gross.
    pub gross: Option<Money>,
}

/// What lists of records with lines are filtered by: what they come to.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct GrossFilter {
    /// That come to at least this with tax, whatever the currency.
    #[param(
        format = "decimal",
        max_length = 20,
        pattern = r"^-?(0|[1-9][0-9]{0,13})(\.[0-9]{1,4})?$",
        nullable = false,
        example = "1000"
    )]
    pub gross_min: Option<String>,
    /// That come to at most this with tax, whatever the currency.
    #[param(
        format = "decimal",
        max_length = 20,
        pattern = r"^-?(0|[1-9][0-9]{0,13})(\.[0-9]{1,4})?$",
        nullable = false,
        example = "5000"
    )]
    pub gross_max: Option<String>,
    /// In these currencies (ISO 4217).
    #[param(inline, max_items = 20)]
    pub currency: Vec<Exactly>,
}
