//! Filters of the lists of interactions.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::{Initiative, InteractionKind};
use crate::domain::instant::Instant;
use crate::error::Result;
use crate::schemas::owner::OwnerFilter;
use crate::schemas::query::{Both, CustomerFilter, PastQuery, parameters};
use crate::schemas::record::{CommonFilter, Exactly, sorted};
use crate::schemas::timeline::{ChannelName, Direction};

/// The orders of lists of interactions.
pub const SORTS: &[&str] = &["occurred_at", "created_at", "updated_at"];
/// The one they have unless another one is asked for.
pub const DEFAULT_SORT: &str = "-occurred_at";

/// Which interactions. Repeated parameters mean "or", different ones "and".
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct InteractionFilter {
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

/// Which interactions; `C` says of which customers, or when in the past.
#[derive(Debug, Clone)]
pub struct InteractionQuery<C> {
    /// Which ones.
    pub own: InteractionFilter,
    /// The filters of every list of records.
    pub common: CommonFilter,
    /// Of which customers, or when.
    pub customers: C,
}

impl<'de, C: DeserializeOwned> Deserialize<'de> for InteractionQuery<C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Both(customers, Both(own, common)) = Deserialize::deserialize(deserializer)?;
        Ok(Self { own, common, customers })
    }
}

impl<C: IntoParams> IntoParams for InteractionQuery<C> {
    fn into_params(_place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        sorted(parameters::<Both<C, Both<InteractionFilter, CommonFilter>>>(), SORTS, DEFAULT_SORT)
    }
}

/// Which interactions of all customers the caller may see.
pub type AllInteractionsQuery = InteractionQuery<CustomerFilter>;

/// Which interactions of one customer.
pub type CustomerInteractionsQuery = InteractionQuery<PastQuery>;
