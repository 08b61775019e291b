//! Filters of the list of customers.

use serde::Deserialize;
use utoipa::IntoParams;

use super::*;
use crate::domain::instant::Instant;
use crate::schemas::ArchivedFilter;
use crate::schemas::owner::OwnerFilter;
use crate::schemas::query::{Both, ExternalIdFilter};

/// Which customers. Repeated parameters mean "or", different ones "and".
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct CustomerQuery {
    /// Words that must all occur, in any order, each as the beginning of a word: in names, e-mail
    /// addresses, phone numbers, the customer number, the city. Umlauts may be written either way. Signs
    /// without any word find nothing.
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$", nullable = false, example = "mueller hamb")]
    pub q: Option<String>,
    /// Person or company.
    #[param(inline, nullable = false)]
    pub kind: Option<CustomerKind>,
    /// How far the relationship has come.
    #[param(inline, max_items = 6)]
    pub lifecycle_stage: Vec<LifecycleStage>,
    /// Importance.
    #[param(inline, max_items = 3)]
    pub category: Vec<CustomerCategory>,
    /// The user who manages the account; `me` is the caller.
    #[param(inline, max_items = 50)]
    pub owner_id: Vec<OwnerFilter>,
    /// Name of a tag.
    #[param(inline, max_items = 20)]
    pub tag: Vec<TagName>,
    /// Town of any address; umlauts may be written either way.
    #[param(max_length = 120, pattern = r"^[^\x00]*$", nullable = false, example = "Hamburg")]
    pub city: Option<String>,
    /// Beginning of a postal code of any address.
    #[param(max_length = 16, pattern = r"^[^\x00]*$", nullable = false, example = "204")]
    pub postal_code: Option<String>,
    /// Country of any address (ISO 3166-1 alpha-2).
    #[param(format = "country", max_length = 2, nullable = false, example = "DE")]
    pub country: Option<String>,
    /// Created at or after.
    #[param(inline, nullable = false)]
    pub created_after: Option<Instant>,
    /// Created before.
    #[param(inline, nullable = false)]
    pub created_before: Option<Instant>,
    /// Changed at or after.
    #[param(inline, nullable = false)]
    pub updated_after: Option<Instant>,
    /// Changed before.
    #[param(inline, nullable = false)]
    pub updated_before: Option<Instant>,
    /// Last interaction at or after.
    #[param(inline, nullable = false)]
    pub last_interaction_after: Option<Instant>,
    /// Last interaction before.
    #[param(inline, nullable = false)]
    pub last_interaction_before: Option<Instant>,
    /// Archived customers: left out unless they are asked for.
    #[param(inline, nullable = false)]
    pub archived: Option<ArchivedFilter>,
    /// Order; a minus sign turns it round. `display_name` unless it is given.
    #[param(
        max_length = 200,
        pattern = "^-?(display_name|customer_number|created_at|updated_at|last_interaction_at)(,-?(display_name|customer_number|created_at|updated_at|last_interaction_at)){0,4}$",
        nullable = false,
        example = "-updated_at"
    )]
    pub sort: Option<String>,
}

/// Which customers, those known in another system too.
pub type CustomersQuery = Both<CustomerQuery, ExternalIdFilter>;
