//! Values of custom fields: from what a caller sent to what is stored and found.

use std::collections::{BTreeMap, HashSet};

use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Select};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Definition, Definitions};
use crate::domain::custom_field::FieldType;
use crate::domain::fault::FaultCode;
use crate::entities::cells::Reads;
use crate::entities::custom_field_value::{Column, Entity, NO_CUSTOM_FIELDS};
use crate::error::{Error, FieldError, Result};
use crate::history::change::Change;
use crate::history::following::{self, Following, Form, Row};
use crate::schemas::custom_field::CustomFields;
use crate::schemas::shape;
use crate::services::references::References;

/// The record that is written.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// Which one it is.
    pub id: Uuid,
    /// The values it had; absent for a new one, which gets the defaults.
    pub before: Option<&'a str>,
    /// What is asked of its values.
    pub demand: Demand,
}

/// Whether required fields need a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// They do: a caller writes the fields of the record.
    Complete,
    /// They do not: the record follows from another one, or only a part of it is written.
    AsItIs,
}

/// The values of a record as they are to be.
pub struct Settled {
    /// As the record keeps them.
    pub json: String,
    gone: Vec<(Uuid, String)>,
    new: Vec<Found>,
}

/// A row records are found by, apart from the record.
struct Found {
    sort_key: String,
    is_unique: bool,
    definition_id: Uuid,
    value: String,
}

/// Brings values into their one form and refuses what does not fit, naming every place. What the record had stays as it
/// is where it is sent again, whatever the definition says by now. `visible` finds another record, if the caller may know
/// of it.
pub async fn settle<E: EntityTrait>(
    change: &Change,
    definitions: &Definitions,
    target: Target<'_>,
    sent: CustomFields,
    visible: impl Fn(Uuid) -> Select<E>,
) -> Result<Settled> {
    let before = target.before.unwrap_or(NO_CUSTOM_FIELDS);
    if definitions.0.is_empty() && sent.0.is_empty() && before == NO_CUSTOM_FIELDS {
        return Ok(Settled::none());
    }
    let had: Map<String, Value> = serde_json::from_str(before).map_err(Error::internal)?;
    let values = checked(definitions, target, &had, sent.0)?;
    let changed = || values.iter().filter(|(key, value)| had.get(*key) != Some(value));
    let mut references = References::new();
    let mut unique = Vec::new();
    for (key, value) in changed() {
        let Some(definition) = definitions.named(key) else { continue };
        if definition.rules.kind == FieldType::Customer {
            let id = value.as_str().and_then(|id| id.parse().ok());
            references.customer(pointer(key), id);
        }
        if definition.unique {
            unique.push((definition, definition.rules.compared(value)));
        }
    }
    references.exist(change).await?;
    must_be_free(change, target.id, &unique, visible).await?;
    let (old, now) = (found(definitions, &had), found(definitions, &values));
    let gone = old.keys().filter(|row| !now.contains_key(*row)).cloned().collect();
    let new = now.into_iter().filter(|(row, _)| !old.contains_key(row));
    let new =
        new.map(|((definition_id, value), (sort_key, is_unique))| Found { definition_id, value, sort_key, is_unique });
    let new = new.collect();
    Ok(Settled { json: serde_json::to_string(&values).map_err(Error::internal)?, gone, new })
}

fn checked(
    definitions: &Definitions,
    target: Target<'_>,
    had: &Map<String, Value>,
    sent: Map<String, Value>,
) -> Result<Map<String, Value>> {
    let mut faults = Vec::new();
    let mut values = Map::new();
    if target.before.is_none() {
        let unsaid = definitions.0.iter().filter(|it| !it.archived && !sent.contains_key(&it.key));
        values.extend(unsaid.filter_map(|it| Some((it.key.clone(), it.default.clone()?))));
    }
    for (key, value) in sent {
        let kept = had.get(&key);
        if value.is_null() && (kept.is_some() || definitions.named(&key).is_some()) {
            continue;
        }
        if kept == Some(&value) {
            values.insert(key, value);
            continue;
        }
        match definitions.named(&key) {
            None => faults.push(FieldError::at_pointer(pointer(&key), shape::unknown(&key, &definitions.keys()))),
            Some(definition) if definition.archived => {
                faults.push(FieldError::at_pointer(pointer(&key), FaultCode::FieldArchived));
            }
            Some(definition) => match definition.normalize(&value, kept) {
                // Nothing chosen is no value.
                Ok(Value::Array(chosen)) if chosen.is_empty() => {}
                Ok(value) => drop(values.insert(key, value)),
                Err(misfits) => faults.extend(
                    misfits
                        .into_iter()
                        .map(|(place, fault)| FieldError::at_pointer(format!("{}{place}", pointer(&key)), fault)),
                ),
            },
        }
    }
    if target.demand == Demand::Complete {
        let demanded = definitions.0.iter().filter(|it| it.required && !it.archived);
        let missing = demanded.map(|it| pointer(&it.key)).filter(|place| {
            let is_below = |error: &FieldError| matches!(&error.location, crate::error::Location::Pointer(at) if at.starts_with(place));
            !values.contains_key(place.trim_start_matches(PLACE)) && !faults.iter().any(is_below)
        });
        let missing: Vec<FieldError> =
            missing.map(|place| FieldError::at_pointer(place, FaultCode::Required)).collect();
        faults.extend(missing);
    }
    if faults.is_empty() { Ok(values) } else { Err(Error::invalid(faults)) }
}

const PLACE: &str = "/custom_fields/";

/// Where a value stands.
fn pointer(key: &str) -> String {
    format!("{PLACE}{}", key.replace('~', "~0").replace('/', "~1"))
}

type Rows = BTreeMap<(Uuid, String), (String, bool)>;

/// The rows values are found by.
fn found(definitions: &Definitions, values: &Map<String, Value>) -> Rows {
    let mut rows = Rows::new();
    for (key, value) in values {
        let Some(definition) = definitions.named(key).filter(|it| it.rules.kind.is_found()) else { continue };
        let chosen = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        rows.extend(chosen.iter().map(|value| {
            let row = (definition.id, definition.rules.compared(value));
            (row, (definition.rules.ordered(value), definition.unique))
        }));
    }
    rows
}

/// The table that records are found in by the values of these fields.
pub fn following(definitions: &Definitions) -> Following {
    let columns = [
        (Column::DefinitionId, Form::Id),
        (Column::RecordId, Form::Id),
        (Column::Value, Form::Text),
        (Column::SortKey, Form::Text),
        (Column::IsUnique, Form::Flag),
    ];
    Following::new(Entity, columns, 1).only(definitions.0.iter().map(|it| Column::DefinitionId.eq(it.id)))
}

/// The rows a record with these values has there; `None` if they cannot be read.
pub fn rows(definitions: &Definitions, record_id: Uuid, values: &str) -> Option<HashSet<Row>> {
    let values: Map<String, Value> = serde_json::from_str(values).ok()?;
    let row = |((definition, value), (sort_key, is_unique)): ((Uuid, String), (String, bool))| {
        vec![
            following::id(definition),
            following::id(record_id),
            value.into(),
            sort_key.into(),
            u8::from(is_unique).into(),
        ]
    };
    Some(found(definitions, &values).into_iter().map(row).collect())
}

/// Refuses values other records have, naming the first of those if the caller may know of it. Whoever comes at the same
/// moment is refused by the database.
async fn must_be_free<E: EntityTrait>(
    change: &Change,
    own: Uuid,
    values: &[(&Definition, String)],
    visible: impl Fn(Uuid) -> Select<E>,
) -> Result<()> {
    if values.is_empty() {
        return Ok(());
    }
    let any = values.iter().fold(Condition::any(), |any, (definition, value)| {
        any.add(Condition::all().add(Column::DefinitionId.eq(definition.id)).add(Column::Value.eq(value)))
    });
    let taken = change.all(Entity::find().filter(any).filter(Column::RecordId.ne(own))).await?;
    let Some(first) = taken.first() else { return Ok(()) };
    let holder = change.exists(visible(first.record_id)).await?.then_some(first.record_id);
    let taken = values.iter().filter(|(definition, _)| taken.iter().any(|row| row.definition_id == definition.id));
    Err(Error::already_exists(taken.map(|(definition, _)| pointer(&definition.key)), holder))
}

impl Settled {
    /// No values at all.
    pub fn none() -> Self {
        Self { json: NO_CUSTOM_FIELDS.to_owned(), gone: Vec::new(), new: Vec::new() }
    }

    /// As a record keeps them that had no place for them from the beginning: nothing where there are none.
    pub fn kept(&self) -> Option<String> {
        (self.json != NO_CUSTOM_FIELDS).then(|| self.json.clone())
    }

    /// Writes the rows the record is found by, as far as they differ.
    pub fn write(self, change: &Change, record_id: Uuid) {
        for (definition_id, value) in self.gone {
            let this = Condition::all()
                .add(Column::DefinitionId.eq(definition_id))
                .add(Column::RecordId.eq(record_id))
                .add(Column::Value.eq(value));
            change.defer(Query::delete().from_table(Entity).cond_where(this).to_owned());
        }
        if self.new.is_empty() {
            return;
        }
        let mut insert = Query::insert();
        insert.into_table(Entity).columns([
            Column::DefinitionId,
            Column::RecordId,
            Column::Value,
            Column::SortKey,
            Column::IsUnique,
        ]);
        for row in self.new {
            insert.values_panic([
                Expr::value(row.definition_id),
                Expr::value(record_id),
                Expr::value(row.value),
                Expr::value(row.sort_key),
                Expr::value(row.is_unique),
            ]);
        }
        change.defer(insert);
    }
}
