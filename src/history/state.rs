//! The whole row of a record as JSON: what an event keeps of it, and what past times are read from.

use sea_orm::{IdenStatic, Iterable, ModelTrait, Value};
use serde_json::{Map, json};

use super::change::Recorded;
use crate::error::{Error, Result};

type ColumnOf<R> = <<R as ModelTrait>::Entity as sea_orm::EntityTrait>::Column;

/// Every column by its name, apart from secrets. Instants and money are the numbers they are stored as, identifiers 32
/// hexadecimal digits.
pub(super) fn of<R: Recorded>(row: &R) -> Result<Map<String, serde_json::Value>> {
    let mut state = Map::new();
    for column in <ColumnOf<R> as Iterable>::iter() {
        let name = column.as_str();
        if R::SECRETS.contains(&name) {
            continue;
        }
        let value = match row.get(column) {
            Value::BigInt(number) => json!(number),
            Value::String(text) => json!(text),
            Value::Bool(flag) => json!(flag),
            Value::Uuid(id) => json!(id.map(|id| id.simple().to_string())),
            other => return Err(Error::internal(format!("a state cannot hold {other:?}"))),
        };
        if !value.is_null() {
            state.insert(name.to_owned(), value);
        }
    }
    Ok(state)
}
