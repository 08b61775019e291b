//! Trees of companies and households on the wire.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::RelatedCustomer;

/// When it is looked at.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct OnDayQuery {
    /// As it was or will be on this day; without it today (UTC), with `as_of` the day of that.
    #[param(format = "date", max_length = 10, nullable = false, example = "2026-11-22")]
    pub current_on: Option<String>,
}

/// A company in its tree.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CompanyTreeNode {
    /// The company.
    pub customer: RelatedCustomer,
    /// Steps from the top, which is 0.
    #[schema(minimum = 0, maximum = 19, format = "int32", example = 1)]
    pub depth: i32,
    /// Its parent; null at the top.
    pub parent_id: Option<Uuid>,
    /// The link to its parent; null at the top.
    pub relationship_id: Option<Uuid>,
}

/// A company's whole tree on one day: everything below the topmost parent the caller may see.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CompanyTree {
    /// The day.
    #[schema(format = "date", max_length = 10, example = "2026-11-22")]
    pub current_on: String,
    /// The companies above the asked one, the topmost first; empty if it is the top itself.
    #[schema(max_items = 20)]
    pub ancestor_ids: Vec<Uuid>,
    /// All companies of the tree, each behind its parent, level by level.
    #[schema(max_items = 1000)]
    pub nodes: Vec<CompanyTreeNode>,
    /// Whether companies were left out, because the tree has more than 1000.
    pub truncated: bool,
}

/// The household of a person on one day.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Household {
    /// The day.
    #[schema(format = "date", max_length = 10, example = "2026-11-22")]
    pub current_on: String,
    /// Everybody in it, the asked person first.
    #[schema(max_items = 100)]
    pub members: Vec<RelatedCustomer>,
    /// Whether somebody was left out, because there are more than 100.
    pub truncated: bool,
}
