//! The definitions of custom fields: a catalogue whose records say what others may hold.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use serde_json::Value;
use uuid::Uuid;

use super::Definition;
use crate::domain::currency::Currency;
use crate::domain::custom_field::FieldType;
use crate::domain::decimal;
use crate::domain::event_kind::Category;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::permission::Permission;
use crate::entities::cells::Reads;
use crate::entities::custom_field_definition::{Column, Entity, Model};
use crate::entities::record::ColumnOf;
use crate::entities::{custom_field_generation, custom_field_value};
use crate::error::{Error, FieldError, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::schemas::custom_field::{
    CustomFieldDefinitionFacts, CustomFieldDefinitionFields, CustomFieldDefinitionFilter, FieldValue,
};
use crate::schemas::record::Exactly;
use crate::services::records::{Kind, State, This};

/// Definitions a resource can have, archived ones included.
const DEFINITIONS_MAX: u64 = 500;

/// The definitions of custom fields.
pub struct CustomFieldDefinitions;

impl Kind for CustomFieldDefinitions {
    type Row = Model;
    type Fields = CustomFieldDefinitionFields;

    const CATEGORY: Category = Category::MasterData;
    const READ: Permission = Permission::CustomFieldsRead;
    const WRITE: Permission = Permission::CustomFieldsWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("resource", Column::Resource),
        ("position", Column::Position),
        ("key", Column::Key),
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];

    fn label(state: &State<Self>) -> String {
        format!("{} ({}.{})", state.fields.label.de, state.fields.resource, state.fields.key)
    }

    async fn settle(
        this: &This<'_>,
        before: Option<&State<Self>>,
        mut fields: CustomFieldDefinitionFields,
    ) -> Result<State<Self>> {
        let mut faults = Faults::default();
        options(before.map(|before| &before.fields), &fields, &mut faults);
        limits(&mut fields, &mut faults);
        if fields.unique && !fields.kind.is_unique() {
            faults.add("/unique", not_for(fields.kind));
        }
        faults.none()?;
        fields.default = default(this.id, &fields)?.map(FieldValue);
        if before.is_none() {
            must_be_new(this.change, &fields).await?;
        }
        Ok(State { fields, facts: CustomFieldDefinitionFacts {} })
    }

    fn index(row: &mut Model, state: &State<Self>) {
        state.fields.resource.as_str().clone_into(&mut row.resource);
        row.key.clone_from(&state.fields.key);
        state.fields.kind.as_str().clone_into(&mut row.kind);
        row.position = state.fields.position;
    }

    async fn follow(this: &This<'_>, before: Option<&State<Self>>, after: Option<&State<Self>>) -> Result<()> {
        let Some(state) = after.or(before) else { return Ok(()) };
        // From here on nobody else writes values of this resource until this change has ended.
        begin_generation(this.change, state.fields.resource.as_str()).await?;
        let (Some(before), Some(after)) = (before, after) else { return Ok(()) };
        if before.fields.unique != after.fields.unique {
            set_unique(this.change, this.id, after.fields.unique).await?;
        }
        reorder(this, &before.fields, &after.fields).await
    }

    fn condition(_cx: &Context, filter: &CustomFieldDefinitionFilter) -> Condition {
        let mut all = Condition::all();
        if !filter.resource.is_empty() {
            all = all.add(Column::Resource.is_in(filter.resource.iter().map(|resource| resource.as_str())));
        }
        if !filter.r#type.is_empty() {
            all = all.add(Column::Kind.is_in(filter.r#type.iter().map(|kind| kind.as_str())));
        }
        if !filter.key.is_empty() {
            all = all.add(Column::Key.is_in(Exactly::texts(&filter.key)));
        }
        all
    }
}

#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    fn add(&mut self, pointer: impl Into<String>, fault: impl Into<Fault>) {
        self.0.push(FieldError::at_pointer(pointer, fault));
    }

    fn none(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::invalid(self.0)) }
    }
}

fn not_for(kind: FieldType) -> Fault {
    Fault::of_value(FaultCode::NotForType, kind.as_str())
}

/// Options are there where they are needed, each once, and none of those that were there is missing.
fn options(before: Option<&CustomFieldDefinitionFields>, fields: &CustomFieldDefinitionFields, faults: &mut Faults) {
    let keys: Vec<&str> = fields.options.iter().map(|option| option.key.as_str()).collect();
    match fields.kind.has_options() {
        true if fields.options.iter().all(|option| option.archived) => faults.add("/options", FaultCode::Required),
        false if !keys.is_empty() => faults.add("/options", not_for(fields.kind)),
        _ => {}
    }
    for (index, key) in keys.iter().enumerate() {
        if keys[..index].contains(key) {
            faults.add(format!("/options/{index}/key"), FaultCode::Duplicate);
        }
    }
    let had = before.into_iter().flat_map(|before| &before.options);
    if let Some(removed) = had.map(|option| option.key.as_str()).find(|key| !keys.contains(key)) {
        faults.add("/options", Fault::of_value(FaultCode::OptionRemoved, removed));
    }
}

/// Limits fit the type and one another, and are in their one form.
fn limits(fields: &mut CustomFieldDefinitionFields, faults: &mut Faults) {
    let (kind, limits) = (fields.kind, &mut fields.limits);
    let mut keys = Vec::new();
    for (place, bound) in [("/limits/minimum", &mut limits.minimum), ("/limits/maximum", &mut limits.maximum)] {
        let Some(text) = bound else { continue };
        match bound_of(kind, text) {
            Ok(bound) => {
                keys.extend(order_of(kind, &bound).map(|key| (place, key)));
                *text = bound;
            }
            Err(fault) => faults.add(place, fault),
        }
    }
    if let [(_, minimum), (place, maximum)] = keys.as_slice()
        && maximum < minimum
    {
        faults.add(*place, Fault::new(FaultCode::TooSmall).with("limit", limits.minimum.clone().unwrap_or_default()));
    }
    if let Some(length) = limits.max_length {
        match kind.longest() {
            None => faults.add("/limits/max_length", not_for(kind)),
            Some(longest) if u32::try_from(length).is_ok_and(|length| length > longest) => {
                let fault = Fault::new(FaultCode::TooLarge).with("limit", longest.to_string());
                faults.add("/limits/max_length", fault);
            }
            Some(_) => {}
        }
    }
    if let Some(pattern) = &limits.pattern {
        let fault = match kind.longest() {
            None => Some(not_for(kind)),
            Some(_) => super::compiled(pattern).err(),
        };
        fault.into_iter().for_each(|fault| faults.add("/limits/pattern", fault));
    }
    if let Some(code) = &limits.currency {
        let fault = match kind {
            FieldType::Money => Currency::parse(code).err(),
            _ => Some(not_for(kind)),
        };
        fault.into_iter().for_each(|fault| faults.add("/limits/currency", fault));
    }
}

/// A limit in its one form.
fn bound_of(kind: FieldType, text: &str) -> Result<String, Fault> {
    match kind {
        FieldType::Integer => {
            let whole = text.trim().parse::<i64>().map_err(|_| Fault::new(FaultCode::Type).with("expected", "integer"));
            whole.map(|whole| whole.to_string())
        }
        _ if kind.is_number() => decimal::normalize(text),
        _ => plain(kind).bound(text),
    }
}

fn order_of(kind: FieldType, bound: &str) -> Option<String> {
    plain(kind).bound(bound).ok()
}

/// The rules of a type without any limits.
fn plain(kind: FieldType) -> crate::domain::custom_field::Rules {
    crate::domain::custom_field::Rules {
        kind,
        minimum: None,
        maximum: None,
        max_length: None,
        currency: None,
        options: Vec::new(),
    }
}

/// The default in its one form. It is a value of the field itself, and one that many records can have.
fn default(id: Uuid, fields: &CustomFieldDefinitionFields) -> Result<Option<Value>> {
    let Some(FieldValue(value)) = &fields.default else { return Ok(None) };
    if fields.kind == FieldType::Customer {
        return Err(Error::invalid_at("/default", not_for(fields.kind)));
    }
    if fields.unique {
        return Err(Error::invalid_at("/default", FaultCode::Unfitting));
    }
    let normal = Definition::new(id, fields.clone(), false)?.normalize(value, None);
    let misfits = match normal {
        Ok(Value::Array(chosen)) if chosen.is_empty() => return Ok(None),
        Ok(value) => return Ok(Some(value)),
        Err(misfits) => misfits.into_iter(),
    };
    let faults = misfits.map(|(place, fault)| FieldError::at_pointer(format!("/default{place}"), fault));
    Err(Error::invalid(faults.collect()))
}

/// Refuses the key of another field of the resource, archived ones included, and one field too many.
async fn must_be_new(change: &Change, fields: &CustomFieldDefinitionFields) -> Result<()> {
    let of_resource = Entity::find().filter(Column::Resource.eq(fields.resource.as_str()));
    let select = of_resource.clone().select_only().column(Column::Id).filter(Column::Key.eq(&fields.key));
    let holders: Vec<(Uuid,)> = change.tuples(select).await?;
    if let Some((holder,)) = holders.first() {
        return Err(Error::already_exists(["/key"], Some(*holder)));
    }
    if change.count(of_resource).await? >= DEFINITIONS_MAX {
        let fault = Fault::new(FaultCode::TooManyItems).with("limit", DEFINITIONS_MAX.to_string());
        return Err(Error::invalid_at("/resource", fault));
    }
    Ok(())
}

async fn begin_generation(change: &Change, resource: &str) -> Result<()> {
    use custom_field_generation::{Column, Entity};
    let mut insert = Query::insert();
    insert
        .into_table(Entity)
        .columns([Column::Resource, Column::Generation])
        .values_panic([Expr::value(resource), Expr::value(change.new_id())])
        .on_conflict(OnConflict::column(Column::Resource).update_column(Column::Generation).to_owned());
    change.execute(insert).await?;
    Ok(())
}

/// The database watches over the values of a field from now on, or no longer.
async fn set_unique(change: &Change, definition_id: Uuid, is_unique: bool) -> Result<()> {
    use custom_field_value::{Column, Entity};
    if is_unique {
        let of_field =
            Entity::find().select_only().column(Column::Value).filter(Column::DefinitionId.eq(definition_id));
        let several = of_field.group_by(Column::Value).having(Expr::cust("count(*)").gt(1)).limit(1);
        let several: Vec<(String,)> = change.tuples(several).await?;
        if !several.is_empty() {
            return Err(Error::invalid_at("/unique", FaultCode::NotUnique));
        }
    }
    let mut update = Query::update();
    update.table(Entity).value(Column::IsUnique, is_unique).and_where(Column::DefinitionId.eq(definition_id));
    change.execute(update).await?;
    Ok(())
}

/// Values sort as the options stand.
async fn reorder(
    this: &This<'_>,
    before: &CustomFieldDefinitionFields,
    after: &CustomFieldDefinitionFields,
) -> Result<()> {
    use custom_field_value::{Column, Entity};
    let definition = Definition::new(this.id, after.clone(), false)?;
    for (index, option) in after.options.iter().enumerate() {
        if before.options.get(index).is_some_and(|before| before.key == option.key) {
            continue;
        }
        let sort_key = definition.rules.ordered(&Value::String(option.key.clone()));
        let mut update = Query::update();
        update
            .table(Entity)
            .value(Column::SortKey, sort_key)
            .and_where(Column::DefinitionId.eq(this.id))
            .and_where(Column::Value.eq(option.key.clone()));
        this.change.execute(update).await?;
    }
    Ok(())
}
