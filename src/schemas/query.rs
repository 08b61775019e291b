//! Queries that are put together from parts several lists share.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use uuid::Uuid;

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

/// No further filter.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct NoFilter {}

impl IntoParams for NoFilter {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        Vec::new()
    }
}
