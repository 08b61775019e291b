//! Fields a business defines itself: which ones there are.
//!
//! Every change of the definitions of a resource puts it into a new generation, in the same transaction. Whoever writes a
//! record reads the generation within the change, which locks it against such changes, and has the definitions of that
//! generation at hand: what a process remembers is never out of date, however many processes there are. Where a resource
//! has no definitions there is no generation, and nothing more to do.

mod definitions;
mod found;
mod values;

use std::sync::{Arc, LazyLock};

use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde_json::Value;
use uuid::Uuid;

pub use definitions::CustomFieldDefinitions;
pub(super) use found::{asked, find};
pub(super) use values::{Demand, Settled, Target, following, rows, settle};

use crate::domain::currency::Currency;
use crate::domain::custom_field::{Choice, Misfit, Rules};
use crate::domain::fault::{Fault, FaultCode};
use crate::entities::cells::Reads;
use crate::entities::{custom_field_definition, custom_field_generation};
use crate::error::{Error, Location, Result};
use crate::history::change::Change;
use crate::schemas::custom_field::{CustomFieldDefinitionFields, Label};
use crate::schemas::shape::Shape;

/// Resources and generations whose definitions are remembered.
const REMEMBERED_MAX: u64 = 1024;

/// Definitions by generation: a generation never changes.
static REMEMBERED: LazyLock<moka::sync::Cache<Uuid, Arc<Definitions>>> =
    LazyLock::new(|| moka::sync::Cache::new(REMEMBERED_MAX));

/// A field of a resource.
pub(super) struct Definition {
    pub id: Uuid,
    pub key: String,
    pub label: Label,
    pub rules: Rules,
    pub required: bool,
    pub unique: bool,
    pub default: Option<Value>,
    pub archived: bool,
    pattern: Option<Shape>,
}

impl Definition {
    fn new(id: Uuid, fields: CustomFieldDefinitionFields, archived: bool) -> Result<Self> {
        let options = fields.options.iter();
        let rules = Rules {
            kind: fields.kind,
            options: options.map(|it| Choice { key: it.key.clone(), archived: it.archived }).collect(),
            max_length: fields.limits.max_length.and_then(|max| u32::try_from(max).ok()),
            currency: fields.limits.currency.as_deref().and_then(|code| Currency::parse(code).ok()),
            minimum: fields.limits.minimum,
            maximum: fields.limits.maximum,
        };
        let pattern = fields.limits.pattern.as_deref().map(compiled).transpose();
        Ok(Self {
            id,
            rules,
            archived,
            key: fields.key,
            label: fields.label,
            required: fields.required,
            unique: fields.unique,
            default: fields.default.map(|default| default.0),
            pattern: pattern.map_err(|fault| Error::invalid_at("/limits/pattern", fault))?,
        })
    }

    /// A value in its one form, or everything that is wrong with it.
    fn normalize(&self, value: &Value, kept: Option<&Value>) -> Result<Value, Vec<Misfit>> {
        let value = self.rules.normalize(value, kept)?;
        let faults = self.pattern.as_ref().map(|pattern| pattern.faults(&value)).unwrap_or_default();
        let misfits = faults.into_iter().map(|error| match error.location {
            Location::Pointer(place) => (place, error.fault),
            _ => (String::new(), error.fault),
        });
        let misfits: Vec<Misfit> = misfits.collect();
        if misfits.is_empty() { Ok(value) } else { Err(misfits) }
    }
}

/// A pattern as it is checked: in linear time.
fn compiled(pattern: &str) -> Result<Shape, Fault> {
    let schema = serde_json::json!({ "type": "string", "pattern": pattern });
    Shape::of_foreign(schema).map_err(|reason| Fault::new(FaultCode::Schema).because(reason))
}

/// The fields of a resource in their order, archived ones included.
#[derive(Default)]
pub(super) struct Definitions(Vec<Definition>);

impl Definitions {
    /// The field with a key.
    pub fn named(&self, key: &str) -> Option<&Definition> {
        self.0.iter().find(|definition| definition.key == key)
    }

    /// What the field is called that a change of a record names: `custom_fields.budget.amount`.
    pub fn label_of(&self, path: &str) -> Option<&Label> {
        let key = path.strip_prefix("custom_fields.")?.split('.').next()?;
        self.named(key).map(|definition| &definition.label)
    }

    fn keys(&self) -> Vec<String> {
        self.0.iter().filter(|definition| !definition.archived).map(|definition| definition.key.clone()).collect()
    }
}

/// The fields of a resource as they are until the end of the change.
pub(super) async fn of(change: &Change, resource: &str) -> Result<Arc<Definitions>> {
    remembered(change, resource, generation_of(resource).lock_shared()).await
}

/// The fields of a resource as they are on disk.
pub(super) async fn of_committed(reader: &impl Reads, resource: &str) -> Result<Arc<Definitions>> {
    remembered(reader, resource, generation_of(resource)).await
}

fn generation_of(resource: &str) -> Select<custom_field_generation::Entity> {
    let select = custom_field_generation::Entity::find_by_id(resource).select_only();
    select.column(custom_field_generation::Column::Generation)
}

async fn remembered(
    reader: &impl Reads,
    resource: &str,
    generation: Select<custom_field_generation::Entity>,
) -> Result<Arc<Definitions>> {
    static NONE: LazyLock<Arc<Definitions>> = LazyLock::new(Arc::default);
    let generation: Vec<(Uuid,)> = reader.tuples(generation).await?;
    match generation.first() {
        None => Ok(Arc::clone(&NONE)),
        Some((generation,)) => match REMEMBERED.get(generation) {
            Some(definitions) => Ok(definitions),
            None => read(reader, resource).await,
        },
    }
}

/// Reads the fields of a resource together with the generation they are of.
async fn read(reader: &impl Reads, resource: &str) -> Result<Arc<Definitions>> {
    use custom_field_definition::{Column, Entity};
    let generation = Query::select()
        .column(custom_field_generation::Column::Generation)
        .from(custom_field_generation::Entity)
        .and_where(custom_field_generation::Column::Resource.eq(resource))
        .to_owned();
    let select = Entity::find()
        .select_only()
        .expr(Expr::SubQuery(None, Box::new(generation.into())))
        .columns([Column::Id, Column::Fields, Column::ArchivedAt])
        .filter(Column::Resource.eq(resource))
        .order_by_asc(Column::Position)
        .order_by_asc(Column::Key);
    let rows: Vec<Row> = reader.tuples(select).await?;
    let Some(generation) = rows.first().map(|row| row.generation) else { return Ok(Arc::default()) };
    let definitions = rows.into_iter().map(|row| {
        let fields = serde_json::from_str(&row.fields).map_err(Error::internal)?;
        Definition::new(row.id, fields, row.archived)
    });
    let definitions = Arc::new(Definitions(definitions.collect::<Result<_>>()?));
    REMEMBERED.insert(generation, Arc::clone(&definitions));
    Ok(definitions)
}

/// A definition as it is read.
struct Row {
    generation: Uuid,
    id: Uuid,
    fields: String,
    archived: bool,
}

impl crate::entities::cells::FromCells for Row {
    fn from_cells(cells: &dyn crate::entities::cells::Cells) -> Result<Self, sea_orm::DbErr> {
        use crate::entities::cells::Field;
        Ok(Self {
            generation: Field::read(cells, 0)?,
            id: Field::read(cells, 1)?,
            fields: Field::read(cells, 2)?,
            archived: <Option<i64> as Field>::read(cells, 3)?.is_some(),
        })
    }
}
