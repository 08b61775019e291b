//! Filters of timelines.

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{ChannelName, Direction, EventKind, SystemName};
use crate::domain::event_kind::Category;
use crate::domain::instant::Instant;
use crate::schemas::query::{Both, PastQuery};

/// What of a timeline that was corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelineView {
    /// Entries as they are after corrections.
    #[default]
    Corrected,
    /// Every entry ever written.
    Full,
}

/// Which entries of a timeline. Repeated parameters mean "or", different ones "and".
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct TimelineQuery {
    /// Kind of event.
    #[param(inline, max_items = 50)]
    pub kind: Vec<EventKind>,
    /// Group of kinds.
    #[param(inline, max_items = 10)]
    pub category: Vec<Category>,
    /// Which way it went.
    #[param(inline, nullable = false)]
    pub direction: Option<Direction>,
    /// What it went through.
    #[param(inline, max_items = 20)]
    pub channel: Vec<ChannelName>,
    /// Of these records: the customer itself, an order, a ticket.
    #[param(max_items = 50)]
    pub subject_id: Vec<Uuid>,
    /// Who caused it.
    #[param(nullable = false)]
    pub actor_id: Option<Uuid>,
    /// Where it comes from.
    #[param(inline, max_items = 20)]
    pub source_system: Vec<SystemName>,
    /// Happened at or after.
    #[param(inline, nullable = false)]
    pub occurred_from: Option<Instant>,
    /// Happened before.
    #[param(inline, nullable = false)]
    pub occurred_to: Option<Instant>,
    /// Recorded at or after.
    #[param(inline, nullable = false)]
    pub recorded_from: Option<Instant>,
    /// Recorded before.
    #[param(inline, nullable = false)]
    pub recorded_to: Option<Instant>,
    /// Words that must all occur in title or summary, each as the beginning of a word. Umlauts may be
    /// written either way. Signs without any word find nothing.
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$", nullable = false, example = "liefer")]
    pub q: Option<String>,
    /// `corrected` unless it is given; `full` also shows the entries that were corrected.
    #[param(inline, nullable = false)]
    pub view: Option<TimelineView>,
    /// Newest first unless it is given.
    #[param(max_length = 20, pattern = "^-?occurred_at$", nullable = false, example = "-occurred_at")]
    pub sort: Option<String>,
}

/// Whose histories are read with a customer's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Include {
    /// The employees and contact persons of a company, and of its subsidiaries if those are included.
    People,
    /// All companies below it in the tree.
    Subsidiaries,
    /// The members of a person's household.
    Household,
}

/// Whose entries.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct IncludeQuery {
    /// Also the histories of customers who belong to this one, each for the days on which it does. Every entry says whose
    /// it is (`customer_id`); whom the caller may not see is left out. At most 400
    /// customers, each counted as often as there was a gap.
    #[param(
        max_length = 60,
        pattern = "^(people|subsidiaries|household)(,(people|subsidiaries|household)){0,2}$",
        nullable = false,
        example = "people,subsidiaries"
    )]
    pub include: Option<String>,
}

impl IncludeQuery {
    /// Whose histories are asked for.
    pub fn all(&self) -> Vec<Include> {
        let names = self.include.as_deref().unwrap_or_default().split(',');
        let known = names.filter_map(|name| match name {
            "people" => Some(Include::People),
            "subsidiaries" => Some(Include::Subsidiaries),
            "household" => Some(Include::Household),
            _ => None,
        });
        known.collect()
    }
}

/// Which entries of one customer's timeline.
pub type CustomerTimelineQuery = Both<IncludeQuery, Both<PastQuery, TimelineQuery>>;
