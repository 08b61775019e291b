//! Queries that are put together from parts several lists share.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use uuid::Uuid;

use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::past::Past;
use crate::error::{Error, Result};

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
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = A::into_params(&place);
        parameters.extend(B::into_params(&place));
        parameters
    }
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

/// When in the past; without it the present is told.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct PastQuery {
    /// What held at this moment instead of now, as it was known then. 404 where there was nothing yet.
    #[param(inline, nullable = false)]
    pub as_of: Option<Instant>,
    /// With `as_of`: as it was known at this other moment. What was known on 1 March about February:
    /// `as_of=2026-02-28T23:59:59Z&known_at=2026-03-01T12:00:00Z`.
    #[param(inline, nullable = false)]
    pub known_at: Option<Instant>,
}

impl PastQuery {
    /// The moment that was asked for.
    pub fn past(&self) -> Result<Option<Past>> {
        match (self.as_of, self.known_at) {
            (Some(as_of), known_at) => Ok(Some(Past { as_of, known_at: known_at.unwrap_or(as_of) })),
            (None, Some(_)) => {
                Err(Error::bad_parameter("known_at", Fault::new(FaultCode::Needs).with("other", "as_of")))
            }
            (None, None) => Ok(None),
        }
    }
}
