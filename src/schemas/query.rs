//! Queries that are put together from parts several lists share.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use uuid::Uuid;

use crate::domain::fault::FaultCode;
use crate::domain::instant::Instant;
use crate::domain::past::Past;
use crate::error::{Code, Error, FieldError, Result};
use crate::schemas::record::Exactly;

/// The parameters of two parts, those of the first one shown first.
#[derive(Debug, Clone, Default)]
pub struct Both<A, B>(pub A, pub B);

impl<'de, A: DeserializeOwned, B: DeserializeOwned> Deserialize<'de> for Both<A, B> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        // Neither part refuses what belongs to the other one; that no other name is there was checked before.
        let first = A::deserialize(&value).map_err(D::Error::custom)?;
        Ok(Self(first, B::deserialize(&value).map_err(D::Error::custom)?))
    }
}

impl<A: IntoParams, B: IntoParams> IntoParams for Both<A, B> {
    fn into_params(_place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut both = parameters::<A>();
        both.extend(parameters::<B>());
        both
    }
}

/// The parameters of a part, which says itself where they stand. Asked by a pointer: with a closure of its own each of
/// hundreds of callers would get a copy of everything.
pub fn parameters<T: IntoParams>() -> Vec<Parameter> {
    let place: fn() -> Option<ParameterIn> = || None;
    T::into_params(place)
}

/// Of which customers: only where the records of all are listed.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct CustomerFilter {
    /// Of these customers.
    #[param(max_items = 50)]
    pub customer_id: Vec<Uuid>,
}

/// Known in which other system.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ExternalIdFilter {
    /// Known in another system. Of the present only.
    #[param(min_length = 1, max_length = 60, pattern = "^[A-Za-z0-9._-]+$", nullable = false, example = "erp")]
    pub external_system: Option<String>,
    /// Known under this id, in that system or, without one, in any. Of the present only.
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$", nullable = false, example = "AB-10023")]
    pub external_id: Option<String>,
}

impl ExternalIdFilter {
    /// The parameters that ask for it.
    pub fn names(&self) -> impl Iterator<Item = String> {
        let asked = [("external_system", &self.external_system), ("external_id", &self.external_id)];
        asked.into_iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name.to_owned())
    }
}

/// About how much money.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct AmountFilter {
    /// With an amount of at least this, whatever the currency.
    #[param(
        format = "decimal",
        max_length = 20,
        pattern = r"^-?(0|[1-9][0-9]{0,13})(\.[0-9]{1,4})?$",
        nullable = false,
        example = "1000"
    )]
    pub amount_min: Option<String>,
    /// With an amount of at most this, whatever the currency.
    #[param(
        format = "decimal",
        max_length = 20,
        pattern = r"^-?(0|[1-9][0-9]{0,13})(\.[0-9]{1,4})?$",
        nullable = false,
        example = "5000"
    )]
    pub amount_max: Option<String>,
    /// In these currencies (ISO 4217).
    #[param(inline, max_items = 20)]
    pub currency: Vec<Exactly>,
}

/// When in the past; without it the present is told.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct PastQuery {
    /// What held at this moment instead of now, as it was known then. A record that was not there yet
    /// answers 404, a list leaves it out.
    #[param(inline, nullable = false)]
    pub as_of: Option<Instant>,
    /// As it was known at this other moment; alone it means the same moment for both. What was known on 1 March about February:
    /// `as_of=2026-02-28T23:59:59Z&known_at=2026-03-01T12:00:00Z`.
    #[param(inline, nullable = false)]
    pub known_at: Option<Instant>,
}

/// How parameters begin that ask for custom fields.
pub const CUSTOM_FIELDS: &str = "custom_fields.";

/// What lists can be asked for whose names depend on the data, for the document.
pub const ASKED_FOR: &str = "Custom fields can be asked for as well: `custom_fields.<key>=`, with `_min` and `_max` for \
    numbers, `_after` and `_before` for times, `_currency` for amounts, and `sort=custom_fields.<key>`.";

/// What is asked of custom fields, whose names depend on the data: `custom_fields.<key>=…` and
/// `sort=custom_fields.<key>`.
#[derive(Debug, Clone, Default)]
pub struct CustomQuery {
    /// What stands behind `custom_fields.`, and its value.
    pub filters: Vec<(String, String)>,
    /// The whole order, where it names a custom field; more than one is one too many.
    pub sort: Vec<String>,
}

impl CustomQuery {
    /// Whether a parameter asks for a custom field.
    pub fn is_asked_by(name: &str, value: &str) -> bool {
        name.starts_with(CUSTOM_FIELDS) || name == "sort" && value.contains(CUSTOM_FIELDS)
    }

    /// What the parameters of a list ask of custom fields.
    pub fn of(pairs: &[(String, String)]) -> Self {
        let mut asked = Self::default();
        for (name, value) in pairs.iter().filter(|(name, value)| Self::is_asked_by(name, value)) {
            match name.strip_prefix(CUSTOM_FIELDS) {
                Some(key) => asked.filters.push((key.to_owned(), value.clone())),
                None => asked.sort.push(value.clone()),
            }
        }
        asked
    }

    /// The parameters that ask for them.
    pub fn names(&self) -> impl Iterator<Item = String> {
        let names = self.filters.iter().map(|(name, _)| format!("{CUSTOM_FIELDS}{name}"));
        names.chain(self.sort.iter().map(|_| "sort".to_owned()))
    }
}

/// Refuses parameters that ask for what is known of the present alone.
pub fn must_suit_the_past(names: impl Iterator<Item = String>) -> Result<()> {
    let faults: Vec<_> = names.map(|name| FieldError::at_parameter(name, FaultCode::PresentOnly)).collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::new(Code::InvalidRequest).with_faults(faults)) }
}

impl PastQuery {
    /// The moment that was asked for.
    pub fn past(&self) -> Result<Option<Past>> {
        let moment = self.as_of.or(self.known_at);
        Ok(moment.map(|as_of| Past { as_of, known_at: self.known_at.unwrap_or(as_of) }))
    }
}
