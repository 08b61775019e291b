//! Addresses on quotes, orders and invoices.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::customer::AddressLine;

/// An address as it stands on a paper: it stays what it was when the customer moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Werft Nord GmbH", "lines": ["Deichstraße 9"], "postal_code": "20459", "city": "Hamburg", "region": "Hamburg", "country": "DE"}))]
pub struct PrintedAddress {
    /// To whom.
    #[schema(max_length = 300, pattern = r"^[^\x00]*$", example = "Werft Nord GmbH")]
    pub name: Option<String>,
    /// Street and number, and what stands above the town.
    #[serde(default)]
    #[schema(max_items = 6)]
    pub lines: Vec<AddressLine>,
    /// Postal code.
    #[schema(max_length = 16, pattern = r"^[^\x00]*$", example = "20459")]
    pub postal_code: Option<String>,
    /// Town.
    #[schema(max_length = 120, pattern = r"^[^\x00]*$", example = "Hamburg")]
    pub city: Option<String>,
    /// State or region.
    #[schema(max_length = 120, pattern = r"^[^\x00]*$", example = "Hamburg")]
    pub region: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[schema(format = "country", max_length = 2, example = "DE")]
    pub country: Option<String>,
}
