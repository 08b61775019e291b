//! Which records a list shows.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::json;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};

use super::Fields;
use crate::domain::instant::Instant;
use crate::error::Result;
use crate::schemas::ArchivedFilter;
use crate::schemas::owner::OwnerFilter;
use crate::schemas::query::{Both, ExternalIdFilter, parameters};

/// The filters every list of records has.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct CommonFilter {
    /// The user in charge; `me` is the caller.
    #[param(inline, max_items = 50)]
    pub owner_id: Vec<OwnerFilter>,
    /// Recorded at or after.
    #[param(inline, nullable = false)]
    pub created_after: Option<Instant>,
    /// Recorded before.
    #[param(inline, nullable = false)]
    pub created_before: Option<Instant>,
    /// Last changed at or after.
    #[param(inline, nullable = false)]
    pub updated_after: Option<Instant>,
    /// Last changed before.
    #[param(inline, nullable = false)]
    pub updated_before: Option<Instant>,
    /// Archived records: left out unless they are asked for.
    #[param(inline, nullable = false)]
    pub archived: Option<ArchivedFilter>,
    /// Order; a minus sign turns it round.
    #[param(max_length = 60, nullable = false)]
    pub sort: Option<String>,
}

/// A text that is looked for as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(min_length = 1, max_length = 300, pattern = r"^[^\x00]*$", example = "TK-200")]
pub struct Exactly(pub String);

impl Exactly {
    /// The texts themselves.
    pub fn texts(all: &[Self]) -> impl Iterator<Item = &str> {
        all.iter().map(|text| text.0.as_str())
    }
}

/// What is listed, as far as one list differs from another.
pub trait Listed: 'static {
    /// The filters of its own.
    type Own: DeserializeOwned + IntoParams + Clone + Send + Sync + 'static;
    /// Whether it belongs to no customer.
    const CATALOGUE: bool = false;
    /// What it can be sorted by.
    const SORTS: &'static [&'static str];
    /// Its order unless another one is asked for.
    const DEFAULT_SORT: &'static str;
}

impl<F: Fields> Listed for F {
    type Own = F::Filter;
    const CATALOGUE: bool = F::CATALOGUE;
    const SORTS: &'static [&'static str] = F::SORTS;
    const DEFAULT_SORT: &'static str = F::DEFAULT_SORT;
}

/// Which records; `C` says of which customers, where that may be asked.
#[derive(Debug, Clone)]
pub struct Filter<L: Listed, C> {
    /// The filters of its own.
    pub own: L::Own,
    /// The filters of every list.
    pub common: CommonFilter,
    /// Known in which other system.
    pub known: ExternalIdFilter,
    /// Of which customers.
    pub customers: C,
}

impl<'de, L: Listed, C: DeserializeOwned> Deserialize<'de> for Filter<L, C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Both(customers, Both(own, Both(known, common))) = Deserialize::deserialize(deserializer)?;
        Ok(Self { own, common, known, customers })
    }
}

impl<L: Listed, C: IntoParams> IntoParams for Filter<L, C> {
    fn into_params(_place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = match L::CATALOGUE {
            true => parameters::<Both<L::Own, Both<ExternalIdFilter, CommonFilter>>>(),
            false => parameters::<Both<C, Both<L::Own, Both<ExternalIdFilter, CommonFilter>>>>(),
        };
        for parameter in parameters.iter_mut().filter(|parameter| parameter.name == "sort") {
            let name = format!("-?({})", L::SORTS.join("|"));
            let mut schema = json!(parameter.schema);
            schema["pattern"] = json!(format!("^{name}(,{name})?$"));
            parameter.description =
                Some(format!("Order; a minus sign turns it round. `{}` unless it is given.", L::DEFAULT_SORT));
            schema["example"] = json!(L::DEFAULT_SORT);
            parameter.schema = serde_json::from_value(schema).ok();
        }
        parameters
    }
}
