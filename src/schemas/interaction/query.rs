//! Filters of the lists of interactions.

use serde::Deserialize;
use utoipa::IntoParams;

use super::InteractionKind;
use crate::domain::instant::Instant;
use crate::schemas::ArchivedFilter;
use crate::schemas::owner::OwnerFilter;
use crate::schemas::query::{Both, CustomerFilter, PastQuery};
use crate::schemas::timeline::{ChannelName, Direction};

/// Which interactions of one customer. Repeated parameters mean "or", different ones "and".
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct InteractionQuery {
    /// What it was.
    #[param(inline, max_items = 8)]
    pub kind: Vec<InteractionKind>,
    /// Which way it went.
    #[param(inline, nullable = false)]
    pub direction: Option<Direction>,
    /// What it went through.
    #[param(inline, max_items = 20)]
    pub channel: Vec<ChannelName>,
    /// What came of it.
    #[param(inline, max_items = 20)]
    pub outcome: Vec<ChannelName>,
    /// The user in charge; `me` is the caller.
    #[param(inline, max_items = 50)]
    pub owner_id: Vec<OwnerFilter>,
    /// Began at or after.
    #[param(inline, nullable = false)]
    pub occurred_from: Option<Instant>,
    /// Began before.
    #[param(inline, nullable = false)]
    pub occurred_to: Option<Instant>,
    /// Archived interactions: left out unless they are asked for.
    #[param(inline, nullable = false)]
    pub archived: Option<ArchivedFilter>,
    /// Order; a minus sign turns it round. `-occurred_at` unless it is given.
    #[param(
        max_length = 60,
        pattern = "^-?(occurred_at|created_at)(,-?(occurred_at|created_at))?$",
        nullable = false,
        example = "-occurred_at"
    )]
    pub sort: Option<String>,
}

/// Which interactions of all customers the caller may see.
pub type AllInteractionsQuery = Both<CustomerFilter, InteractionQuery>;

/// Which interactions of one customer.
pub type CustomerInteractionsQuery = Both<PastQuery, InteractionQuery>;
