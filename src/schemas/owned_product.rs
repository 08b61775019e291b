//! What customers own, on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Checked;
use super::record::{Exactly, Fields, Words};
use crate::domain::instant::Instant;

/// What has become of something a customer owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OwnedProductStatus {
    /// The customer has it and uses it.
    InUse,
    /// It came back to us.
    Returned,
    /// The customer uses it no more.
    Decommissioned,
    /// The customer has another one instead.
    Replaced,
}

impl OwnedProductStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InUse => "in_use",
            Self::Returned => "returned",
            Self::Decommissioned => "decommissioned",
            Self::Replaced => "replaced",
        }
    }
}

/// Something a customer owns: a product of the catalogue, or anything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Tischkreissäge TK-200", "sku": "TK-200", "serial_number": "TK200-2026-0117", "quantity": "1",
    "acquired_on": "2026-11-20", "warranty_until": "2028-11-20", "location": "Werkstatt, Halle 2",
}))]
pub struct OwnedProductFields {
    /// The product. What is left out is copied from it, once.
    pub product_id: Option<Uuid>,
    /// Number of the article.
    #[schema(min_length = 1, max_length = 60, pattern = r"^[^\x00]*$", example = "TK-200")]
    pub sku: Option<String>,
    /// What it is; required unless a product is named.
    #[schema(
        min_length = 1,
        max_length = 300,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Tischkreissäge TK-200"
    )]
    pub name: Option<String>,
    /// Its serial number. Of one product nobody owns two with the same one.
    #[schema(min_length = 1, max_length = 120, pattern = r"^[^\s\x00]+( [^\s\x00]+)*$", example = "TK200-2026-0117")]
    pub serial_number: Option<String>,
    /// How many, an exact decimal; `1` unless it is given, and always of what has a serial number.
    #[schema(format = "decimal", max_length = 14, pattern = r"^(0|[1-9][0-9]{0,8})(\.[0-9]{1,4})?$", example = "1")]
    pub quantity: Option<String>,
    /// What one of it is.
    #[schema(min_length = 1, max_length = 30, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Stück")]
    pub unit: Option<String>,
    /// Day the customer got it.
    #[schema(format = "date", max_length = 10, example = "2026-11-20")]
    pub acquired_on: Option<String>,
    /// Last day of the warranty.
    #[schema(format = "date", max_length = 10, example = "2028-11-20")]
    pub warranty_until: Option<String>,
    /// The order it came with.
    pub order_id: Option<Uuid>,
    /// The contract about it.
    pub contract_id: Option<Uuid>,
    /// Where it stands.
    #[schema(max_length = 300, pattern = r"^[^\x00]*$", example = "Werkstatt, Halle 2")]
    pub location: Option<String>,
    /// Whatever else there is to say.
    #[schema(max_length = 20_000, pattern = r"^[^\x00]*$", example = "Mit Absaugung")]
    pub notes: Option<String>,
}

impl Checked for OwnedProductFields {}

/// What the service knows of something a customer owns.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OwnedProductFacts {
    /// What has become of it.
    pub status: OwnedProductStatus,
    /// When it came to the customer, as the timeline tells it: noon (UTC) of the day, or when it was recorded.
    pub dated_at: Option<Instant>,
    /// Day it was given up.
    #[schema(format = "date", max_length = 10, example = "2028-03-01")]
    pub given_up_on: Option<String>,
    /// Why.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Motorschaden")]
    pub reason: Option<String>,
    /// What the customer has instead.
    pub replaced_by_id: Option<Uuid>,
}

/// Which of what customers own.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct OwnedProductFilter {
    /// Words that must all occur in name, number of the article and serial number, in any order, each as the beginning of a
    /// word. Umlauts may be written either way. Signs without any word find nothing.
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$", nullable = false, example = "kran 4711")]
    pub q: Option<String>,
    /// What has become of it.
    #[param(inline, max_items = 4)]
    pub status: Vec<OwnedProductStatus>,
    /// One of these products.
    #[param(max_items = 50)]
    pub product_id: Vec<Uuid>,
    /// With these numbers of articles.
    #[param(inline, max_items = 50)]
    pub sku: Vec<Exactly>,
    /// With these serial numbers.
    #[param(inline, max_items = 50)]
    pub serial_number: Vec<Exactly>,
    /// That came with these orders.
    #[param(max_items = 50)]
    pub order_id: Vec<Uuid>,
    /// That these contracts are about.
    #[param(max_items = 50)]
    pub contract_id: Vec<Uuid>,
    /// With a warranty until this day or a later one.
    #[param(format = "date", max_length = 10, nullable = false, example = "2026-11-22")]
    pub warranty_after: Option<String>,
    /// With a warranty until a day before this one.
    #[param(format = "date", max_length = 10, nullable = false, example = "2027-01-01")]
    pub warranty_before: Option<String>,
    /// Acquired on this day or later.
    #[param(format = "date", max_length = 10, nullable = false, example = "2026-01-01")]
    pub acquired_after: Option<String>,
    /// Acquired before this day.
    #[param(format = "date", max_length = 10, nullable = false, example = "2027-01-01")]
    pub acquired_before: Option<String>,
}

impl Fields for OwnedProductFields {
    type Facts = OwnedProductFacts;
    type Filter = OwnedProductFilter;

    const WORDS: Words = Words {
        schema: "OwnedProduct",
        one: "owned_product",
        many: "owned_products",
        english: "Owned product",
        german: "Produkt im Besitz",
    };
    const SORTS: &'static [&'static str] =
        &["acquired_on", "warranty_until", "name", "serial_number", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "-acquired_on";

    fn example_of_change() -> Value {
        json!({ "location": "Werkstatt, Halle 3" })
    }
}

/// That a customer has something no more, or uses it no more.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Motorschaden", "given_up_on": "2026-11-20"}))]
pub struct GiveUpOwnedProduct {
    /// Why.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Motorschaden")]
    pub reason: Option<String>,
    /// Day; today unless it is given.
    #[schema(format = "date", max_length = 10, example = "2026-11-20")]
    pub given_up_on: Option<String>,
}

impl Checked for GiveUpOwnedProduct {}

/// That a customer has another one instead.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Garantietausch", "given_up_on": "2026-11-20"}))]
pub struct ReplaceOwnedProduct {
    /// What the customer has instead.
    pub replaced_by_id: Option<Uuid>,
    /// Why.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Garantietausch")]
    pub reason: Option<String>,
    /// Day; today unless it is given.
    #[schema(format = "date", max_length = 10, example = "2026-11-20")]
    pub given_up_on: Option<String>,
}

impl Checked for ReplaceOwnedProduct {}

/// That a customer uses something again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Repariert"}))]
pub struct ReactivateOwnedProduct {
    /// Why.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Repariert")]
    pub reason: Option<String>,
}

impl Checked for ReactivateOwnedProduct {}
