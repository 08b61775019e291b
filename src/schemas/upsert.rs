//! A whole record sent to the address of its external id: a new one, or what is to be so in the one that is there.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::patch::Patch;
use super::{Checked, ExternalId, shape};
use crate::domain::fault::FaultCode;
use crate::error::{Error, FieldError, Result};

const EXTERNAL_IDS: &str = "external_ids";

/// A document of a record whose fields are a `T`, and the external id it was sent to.
#[derive(Debug, Clone)]
pub struct Upsert<T> {
    id: ExternalId,
    members: Map<String, Value>,
    fields: PhantomData<fn() -> T>,
}

impl<T: ToSchema + DeserializeOwned + Checked + 'static> Upsert<T> {
    /// A document as it came in. It may leave the external id of its address out, but not name another one of that
    /// system in its place.
    pub fn new(id: ExternalId, body: Value) -> Result<Self> {
        let mut faults = shape::of_body::<T>()?.faults(&body);
        if faults.is_empty() {
            faults = contradictions(&id, body.get(EXTERNAL_IDS));
        }
        match body {
            Value::Object(members) if faults.is_empty() => Ok(Self { id, members, fields: PhantomData }),
            _ => Err(Error::invalid(faults)),
        }
    }

    /// The external id of the address.
    pub fn id(&self) -> &ExternalId {
        &self.id
    }

    /// The fields of a new record.
    pub fn creation(&self) -> Result<T> {
        let input = self.fields()?;
        input.check()?;
        Ok(input)
    }

    /// What the document says, whether or not that alone makes a record.
    pub fn fields(&self) -> Result<T> {
        let mut members = self.members.clone();
        let ids = members.entry(EXTERNAL_IDS).or_insert_with(|| json!([]));
        add(&self.id, ids);
        let value = Value::Object(members);
        // One id more may be one too many.
        shape::of_body::<T>()?.must_fit(&value)?;
        serde_json::from_value(value).map_err(|error| Error::unfitting("", error))
    }

    /// The merge patch (RFC 7396) of a record that is there: what is left out stays as it is, and so do fixed fields that
    /// are null, since nothing empties them. `fixed` has the others in their one form, in which they can be compared.
    pub fn patch<U: ToSchema + 'static>(&self, fixed: Map<String, Value>) -> Result<Patch<U>> {
        let mut members = self.members.clone();
        for (name, value) in fixed {
            if value.is_null() {
                members.remove(&name);
            } else if let Some(member) = members.get_mut(&name) {
                *member = value;
            }
        }
        if let Some(ids) = members.get_mut(EXTERNAL_IDS) {
            add(&self.id, ids);
        }
        Patch::new(Value::Object(members))
    }
}

fn add(id: &ExternalId, ids: &mut Value) {
    let Value::Array(ids) = ids else { return };
    if !ids.iter().any(|it| is(it, id)) {
        ids.push(json!(id));
    }
}

fn is(value: &Value, id: &ExternalId) -> bool {
    value["system"] == id.system.as_str() && value["id"] == id.id.as_str()
}

fn contradictions(id: &ExternalId, ids: Option<&Value>) -> Vec<FieldError> {
    let ids = ids.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if ids.iter().any(|it| is(it, id)) {
        return Vec::new();
    }
    let others = ids.iter().enumerate().filter(|(_, it)| it["system"] == id.system.as_str());
    others
        .map(|(index, _)| FieldError::at_pointer(format!("/{EXTERNAL_IDS}/{index}/id"), FaultCode::OtherExternalId))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schemas::customer::CreateCustomer;

    fn upsert(ids: Option<Value>) -> Result<Upsert<CreateCustomer>> {
        let mut body = json!({"kind": "person"});
        if let Some(ids) = ids {
            body["external_ids"] = ids;
        }
        Upsert::new(ExternalId { system: "erp".to_owned(), id: "1".to_owned() }, body)
    }

    #[test]
    fn the_id_of_the_address_is_added_where_it_is_left_out() {
        let (own, other) = (json!({"system": "erp", "id": "1"}), json!({"system": "webshop", "id": "7"}));
        for (sent, created) in [
            (None, json!([own])),
            (Some(json!([])), json!([own])),
            (Some(json!([own])), json!([own])),
            (Some(json!([other])), json!([other, own])),
            (Some(json!([own, {"system": "erp", "id": "2"}])), json!([own, {"system": "erp", "id": "2"}])),
        ] {
            let ids = upsert(sent).unwrap().creation().unwrap().external_ids;
            assert_eq!(json!(ids), created);
        }
    }

    #[test]
    fn another_id_of_the_same_system_contradicts_the_address() {
        let ids = json!([{"system": "webshop", "id": "7"}, {"system": "erp", "id": "2"}]);
        let error = upsert(Some(ids)).unwrap_err();
        assert_eq!(error.faults(), [FieldError::at_pointer("/external_ids/1/id", FaultCode::OtherExternalId)]);
    }

    #[test]
    fn one_id_more_than_allowed_is_refused() {
        let ids: Vec<_> = (0..20).map(|number| json!({"system": format!("s{number}"), "id": "x"})).collect();
        let error = upsert(Some(json!(ids))).unwrap().creation().unwrap_err();
        assert_eq!(error.faults()[0].fault.code, FaultCode::TooManyItems);
    }
}
