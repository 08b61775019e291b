//! The whole row of a record as JSON: what an event keeps of it, and what past times are read from.

use sea_orm::{DbErr, IdenStatic, Iterable, ModelTrait, Value};
use serde_json::{Map, json};
use uuid::Uuid;

use super::change::Recorded;
use crate::entities::cells::{Cells, Row};
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

/// The row that a state was made of.
pub(super) fn read<R: Row>(state: &str) -> Result<R> {
    let mut state: Map<String, serde_json::Value> = serde_json::from_str(state).map_err(Error::internal)?;
    let names = R::COLUMNS.split(", ").map(|name| name.trim_matches('"'));
    Ok(R::from_cells(&Columns(names.map(|name| state.remove(name)).collect()))?)
}

/// The values of a state in the order in which a row is read.
struct Columns(Vec<Option<serde_json::Value>>);

impl Columns {
    fn at<'a, T>(&'a self, at: usize, read: impl Fn(&'a serde_json::Value) -> Option<T>) -> Result<Option<T>, DbErr> {
        let Some(value) = self.0.get(at).and_then(Option::as_ref) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| DbErr::Type(format!("column {at} of a state holds something else")))
    }
}

impl Cells for Columns {
    fn text(&self, at: usize) -> Result<Option<&str>, DbErr> {
        self.at(at, serde_json::Value::as_str)
    }

    fn number(&self, at: usize) -> Result<Option<i64>, DbErr> {
        self.at(at, serde_json::Value::as_i64)
    }

    fn flag(&self, at: usize) -> Result<Option<bool>, DbErr> {
        self.at(at, serde_json::Value::as_bool)
    }

    fn bytes(&self, at: usize) -> Result<Option<&[u8]>, DbErr> {
        // No state holds any.
        self.at(at, |_| None)
    }

    fn id(&self, at: usize) -> Result<Option<Uuid>, DbErr> {
        self.at(at, |value| value.as_str().and_then(|text| Uuid::parse_str(text).ok()))
    }
}
