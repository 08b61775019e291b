//! Filters of the lists of relationships.

use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::domain::relationship::{BuyingRole, RelationshipDirection, RelationshipKind};
use crate::schemas::ArchivedFilter;
use crate::schemas::query::{Both, ExternalIdFilter, PastQuery};

/// What both lists are filtered by. Repeated parameters mean "or", different ones "and".
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct RelationshipFilter {
    /// What the first customer is to the second one.
    #[serde(rename = "type")]
    #[param(inline, max_items = 7)]
    pub kind: Vec<RelationshipKind>,
    /// Part in the decision to buy.
    #[param(inline, max_items = 6)]
    pub buying_role: Vec<BuyingRole>,
    /// `true`: only primary contact persons; `false`: all but them.
    #[param(nullable = false, example = true)]
    pub primary: Option<bool>,
    /// Those that hold on this day; all, also past and future ones, without it.
    #[param(format = "date", max_length = 10, nullable = false, example = "2026-11-22")]
    pub current_on: Option<String>,
    /// Archived relationships: left out unless they are asked for.
    #[param(inline, nullable = false)]
    pub archived: Option<ArchivedFilter>,
    /// Order; a minus sign turns it round. `-created_at` unless it is given.
    #[param(
        max_length = 60,
        pattern = "^-?(type|valid_from|valid_to|created_at|updated_at)(,-?(type|valid_from|valid_to|created_at|updated_at))?$",
        nullable = false,
        example = "-created_at"
    )]
    pub sort: Option<String>,
}

/// Which ends of a customer's relationships.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct EndFilter {
    /// Which end the customer is; both without it.
    #[param(inline, nullable = false)]
    pub direction: Option<RelationshipDirection>,
    /// With these customers at the other end.
    #[param(max_items = 50)]
    pub other_customer_id: Vec<Uuid>,
}

/// With which customers.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct AnyEndFilter {
    /// With one of these customers at either end.
    #[param(max_items = 50)]
    pub customer_id: Vec<Uuid>,
}

/// Which relationships of one customer.
pub type CustomerRelationshipQuery = Both<PastQuery, Both<Both<EndFilter, ExternalIdFilter>, RelationshipFilter>>;

/// Which relationships between customers the caller may see.
pub type RelationshipQuery = Both<Both<AnyEndFilter, ExternalIdFilter>, RelationshipFilter>;
