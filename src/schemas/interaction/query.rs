//! Filters of the lists of interactions.

use serde::Deserialize;
use utoipa::IntoParams;

use super::{Initiative, InteractionKind};
use crate::domain::instant::Instant;
use crate::schemas::owner::OwnerFilter;
use crate::schemas::query::{CustomerFilter, PastQuery};
use crate::schemas::record::{Exactly, Filter, Listed};
use crate::schemas::timeline::{ChannelName, Direction};

/// Which interactions. Repeated parameters mean "or", different ones "and".
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct InteractionFilter {
    /// Words that must all occur in what the timeline tells of it, its title and the beginning of its text, in any order,
    /// each as the beginning of a word. Umlauts may be written either way. Signs without any word find nothing.
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$", nullable = false, example = "liefer termin")]
    pub q: Option<String>,
    /// What it was.
    #[param(inline, max_items = 8)]
    pub kind: Vec<InteractionKind>,
    /// Which way it went.
    #[param(inline, nullable = false)]
    pub direction: Option<Direction>,
    /// What it went through.
    #[param(inline, max_items = 20)]
    pub channel: Vec<ChannelName>,
    /// Whether we came forward by ourselves.
    #[param(inline, nullable = false)]
    pub initiative: Option<Initiative>,
    /// What came of it.
    #[param(inline, max_items = 20)]
    pub outcome: Vec<ChannelName>,
    /// Of these threads.
    #[param(inline, max_items = 50)]
    pub thread_id: Vec<Exactly>,
    /// Customers and users who took part, whoever's history it belongs to; `me` is the caller.
    #[param(inline, max_items = 50)]
    pub participant_id: Vec<OwnerFilter>,
    /// Began at or after.
    #[param(inline, nullable = false)]
    pub occurred_from: Option<Instant>,
    /// Began before.
    #[param(inline, nullable = false)]
    pub occurred_to: Option<Instant>,
}

impl Listed for InteractionFilter {
    type Own = Self;
    const SORTS: &'static [&'static str] = &["occurred_at", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "-occurred_at";
}

/// Which interactions of all customers the caller may see.
pub type AllInteractionsQuery = Filter<InteractionFilter, CustomerFilter>;

/// Which interactions of one customer.
pub type CustomerInteractionsQuery = Filter<InteractionFilter, PastQuery>;
