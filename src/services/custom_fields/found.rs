//! Lists filtered and sorted by custom fields.

use std::collections::{BTreeMap, HashMap};

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ModelTrait, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};
use serde_json::json;
use uuid::Uuid;

use super::{Definition, Definitions};
use crate::domain::custom_field::FieldType;
use crate::domain::fault::{Fault, FaultCode};
use crate::entities::cells::{Reads, Row};
use crate::entities::custom_field_value::{Column, Entity};
use crate::entities::keyset::{By, Mark};
use crate::error::{Code, Error, FieldError, Result};
use crate::history::context::Context;
use crate::schemas::page::{Found, PageRequest};
use crate::schemas::query::{CUSTOM_FIELDS, CustomQuery};
use crate::schemas::shape;
use crate::services::pages;

/// What a list asks of custom fields.
pub struct Asked {
    /// Which records.
    condition: Condition,
    /// In which order; without one a list has an order of its own.
    order: Option<Ordered>,
}

/// The order of a list by a custom field. Records without a value come last; the id breaks ties.
#[derive(Debug, Clone, Copy)]
struct Ordered {
    definition_id: Uuid,
    descending: bool,
}

/// What is asked of the values of one field.
#[derive(Default)]
struct Wanted {
    any_of: Vec<String>,
    currency: Option<String>,
    from: Option<String>,
    to: Option<String>,
    before: Option<String>,
}

type HasIt = fn(FieldType) -> bool;

/// Ends of parameters that ask for a range, and which types have one.
const RANGES: [(&str, HasIt); 5] = [
    ("_min", FieldType::is_number),
    ("_max", FieldType::is_number),
    ("_after", FieldType::is_time),
    ("_before", FieldType::is_time),
    ("_currency", |kind| matches!(kind, FieldType::Money)),
];

/// Reads what is asked of custom fields. Whatever is not there, or not to be found or sorted by, is named.
pub async fn asked<C: ColumnTrait>(cx: &Context, resource: &str, id: C, query: &CustomQuery) -> Result<Asked> {
    if query.filters.is_empty() && query.sort.is_empty() {
        return Ok(Asked { condition: Condition::all(), order: None });
    }
    let definitions = super::of_committed(&cx.store.rows, resource).await?;
    let mut faults = Vec::new();
    let mut wanted: BTreeMap<Uuid, Wanted> = BTreeMap::new();
    for (name, text) in &query.filters {
        let noted = parameter(&definitions, name)
            .and_then(|(definition, end)| wanted.entry(definition.id).or_default().note(definition, end, text));
        faults.extend(noted.err().map(|fault| FieldError::at_parameter(format!("{CUSTOM_FIELDS}{name}"), fault)));
    }
    let order = match query.sort.as_slice() {
        [] => Ok(None),
        [sort] => ordered(&definitions, sort).map(Some),
        _ => Err(FaultCode::RepeatedParameter.into()),
    };
    let order = order.unwrap_or_else(|fault: Fault| {
        faults.push(FieldError::at_parameter("sort", fault));
        None
    });
    if !faults.is_empty() {
        return Err(Error::new(Code::InvalidRequest).with_faults(faults));
    }
    let condition = wanted
        .into_iter()
        .fold(Condition::all(), |all, (field, wanted)| all.add(id.in_subquery(wanted.records(field))));
    Ok(Asked { condition, order })
}

/// The field a parameter is about, and its end if that asks for a range.
fn parameter<'a>(definitions: &'a Definitions, name: &str) -> Result<(&'a Definition, &'static str), Fault> {
    if let Some(definition) = definitions.named(name) {
        return match definition.rules.kind.is_found() {
            true => Ok((definition, "")),
            false => Err(Fault::of_value(FaultCode::NotForType, definition.rules.kind.as_str())),
        };
    }
    for (end, has_it) in RANGES {
        let Some(definition) = name.strip_suffix(end).and_then(|key| definitions.named(key)) else { continue };
        return match has_it(definition.rules.kind) {
            true => Ok((definition, end)),
            false => Err(Fault::of_value(FaultCode::NotForType, definition.rules.kind.as_str())),
        };
    }
    let known: Vec<String> = definitions.keys();
    Err(match shape::suggestion(name, &known) {
        Some(near) => {
            let near = format!("{CUSTOM_FIELDS}{near}");
            Fault::new(FaultCode::UnknownParameterSuggestion).with("suggestion", near)
        }
        None => FaultCode::UnknownParameter.into(),
    })
}

/// The order `-custom_fields.<key>` asks for.
fn ordered(definitions: &Definitions, sort: &str) -> Result<Ordered, Fault> {
    let (name, descending) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
    let definition = name.strip_prefix(CUSTOM_FIELDS).and_then(|key| definitions.named(key));
    match definition.filter(|definition| definition.rules.kind.is_sorted()) {
        Some(definition) => Ok(Ordered { definition_id: definition.id, descending }),
        None => {
            let sorted = definitions.0.iter().filter(|it| it.rules.kind.is_sorted() && !it.archived);
            let names: Vec<String> = sorted.map(|it| format!("{CUSTOM_FIELDS}{}", it.key)).collect();
            Err(Fault::new(FaultCode::Sort).with("fields", names.join(", ")))
        }
    }
}

impl Wanted {
    fn note(&mut self, definition: &Definition, end: &str, text: &str) -> Result<(), Fault> {
        let (place, bound) = match end {
            "" => {
                self.any_of.push(definition.rules.looked_for(text)?);
                return Ok(());
            }
            "_currency" => (&mut self.currency, definition.rules.currency_looked_for(text)?),
            "_max" => (&mut self.to, definition.rules.bound(text)?),
            "_before" => (&mut self.before, definition.rules.bound(text)?),
            _ => (&mut self.from, definition.rules.bound(text)?),
        };
        match place.replace(bound) {
            None => Ok(()),
            Some(_) => Err(FaultCode::RepeatedParameter.into()),
        }
    }

    /// The records that have such a value.
    fn records(self, definition_id: Uuid) -> sea_orm::sea_query::SelectStatement {
        let mut fits = Condition::all().add(Column::DefinitionId.eq(definition_id));
        if !self.any_of.is_empty() {
            fits = fits.add(Column::Value.is_in(self.any_of));
        }
        if let Some(currency) = self.currency {
            fits = fits.add(crate::services::prefix::begins_with(Column::Value, &format!("{currency} ")));
        }
        fits = fits
            .add_option(self.from.map(|from| Column::SortKey.gte(from)))
            .add_option(self.to.map(|to| Column::SortKey.lte(to)))
            .add_option(self.before.map(|before| Column::SortKey.lt(before)));
        Query::select().column(Column::RecordId).from(Entity).cond_where(fits).to_owned()
    }
}

/// Where a record stands in the order.
struct Place {
    key: Option<String>,
    id: Uuid,
}

impl Place {
    fn of(mark: &Mark) -> Option<Self> {
        let [key, id] = mark.values.as_slice() else { return None };
        let key = if key.is_null() { None } else { Some(key.as_str()?.to_owned()) };
        Some(Self { key, id: id.as_str()?.parse().ok()? })
    }

    fn mark(&self, backward: bool) -> Mark {
        Mark { values: vec![json!(self.key), json!(self.id)], backward }
    }
}

/// One page of those rows that are asked for: in the order of a custom field if one is named, otherwise in the list's own.
pub async fn find<E, T>(
    cx: &Context,
    select: Select<E>,
    id: E::Column,
    (asked, own_order): (Asked, &[By<E::Column>]),
    page: &PageRequest,
    item: impl FnMut(E::Model) -> T,
) -> Result<Found<T>>
where
    E: EntityTrait,
    E::Model: Row,
{
    let select = select.filter(asked.condition);
    match asked.order {
        Some(order) => in_order(cx, select, id, order, page, item).await,
        None => pages::find(cx, select, own_order, page, item).await,
    }
}

/// One page in the order of a custom field: first the places of the records, along the index of its values and then of
/// those that have none, and then the records themselves.
async fn in_order<E, T>(
    cx: &Context,
    select: Select<E>,
    id: E::Column,
    order: Ordered,
    page: &PageRequest,
    item: impl FnMut(E::Model) -> T,
) -> Result<Found<T>>
where
    E: EntityTrait,
    E::Model: Row,
{
    let reader = &cx.store.rows;
    let total = if page.count { Some(reader.count(select.clone()).await?) } else { None };
    let backward = page.mark.as_ref().is_some_and(|mark| mark.backward);
    let after = match &page.mark {
        Some(mark) => Some(Place::of(mark).ok_or_else(|| Error::new(Code::InvalidCursor))?),
        None => None,
    };
    let size = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let mut places = Vec::new();
    // Those without a value come last in both directions; going back they come first.
    for valued in [!backward, backward] {
        let after = match &after {
            Some(after) if after.key.is_some() == valued => Some(after),
            // The whole part lies behind us.
            Some(_) if valued != backward => continue,
            _ => None,
        };
        let missing = page.limit.saturating_add(1).saturating_sub(places.len() as u64);
        if missing > 0 {
            let walk = Walk { id, order, backward, after, limit: missing };
            places.extend(match valued {
                true => walk.valued(reader, &select).await?,
                false => walk.unvalued(reader, &select).await?,
            });
        }
    }
    let more = places.len() > size;
    places.truncate(size);
    if backward {
        places.reverse();
    }
    let at = |place: Option<&Place>, backward| place.map(|place| place.mark(backward));
    let next = if backward || more { at(places.last(), false) } else { None };
    let previous =
        if (backward && more) || (!backward && page.mark.is_some()) { at(places.first(), true) } else { None };
    let found = E::find().filter(id.is_in(places.iter().map(|place| place.id)));
    let rows = if places.is_empty() { Vec::new() } else { reader.all(found).await? };
    let mut rows: HashMap<Uuid, E::Model> = rows.into_iter().filter_map(|row| Some((id_of(&row, id)?, row))).collect();
    let rows = places.iter().filter_map(|place| rows.remove(&place.id));
    Ok(Found { items: rows.map(item).collect(), next, previous, total })
}

fn id_of<M: ModelTrait>(row: &M, id: <M::Entity as EntityTrait>::Column) -> Option<Uuid> {
    match row.get(id) {
        sea_orm::Value::Uuid(id) => id,
        _ => None,
    }
}

/// One part of the order, from a place on.
struct Walk<'a, C> {
    id: C,
    order: Ordered,
    backward: bool,
    after: Option<&'a Place>,
    limit: u64,
}

impl<C: ColumnTrait> Walk<'_, C> {
    fn descends(&self) -> bool {
        self.order.descending != self.backward
    }

    fn direction(&self) -> Order {
        if self.descends() { Order::Desc } else { Order::Asc }
    }

    async fn valued<E: EntityTrait<Column = C>>(&self, reader: &impl Reads, select: &Select<E>) -> Result<Vec<Place>> {
        let asked = select.clone().select_only().column(self.id).into_query();
        let mut places = Entity::find()
            .select_only()
            .columns([Column::SortKey, Column::RecordId])
            .filter(Column::DefinitionId.eq(self.order.definition_id))
            .filter(Column::RecordId.in_subquery(asked));
        if let Some(Place { key: Some(key), id }) = self.after {
            let columns = Expr::tuple([Column::SortKey, Column::RecordId].map(|it| Expr::col(it.as_column_ref())));
            let bound = Expr::tuple([Expr::value(key.clone()), Expr::value(*id)]);
            places = places.filter(if self.descends() { columns.lt(bound) } else { columns.gt(bound) });
        }
        let places = places.order_by(Column::SortKey, self.direction()).order_by(Column::RecordId, self.direction());
        let found: Vec<(String, Uuid)> = reader.tuples(places.limit(self.limit)).await?;
        Ok(found.into_iter().map(|(key, id)| Place { key: Some(key), id }).collect())
    }

    async fn unvalued<E: EntityTrait<Column = C>>(
        &self,
        reader: &impl Reads,
        select: &Select<E>,
    ) -> Result<Vec<Place>> {
        let valued = Query::select()
            .column(Column::RecordId)
            .from(Entity)
            .and_where(Column::DefinitionId.eq(self.order.definition_id))
            .to_owned();
        let mut places = select.clone().select_only().column(self.id).filter(self.id.not_in_subquery(valued));
        if let Some(Place { id, .. }) = self.after {
            places = places.filter(if self.descends() { self.id.lt(*id) } else { self.id.gt(*id) });
        }
        let found: Vec<(Uuid,)> = reader.tuples(places.order_by(self.id, self.direction()).limit(self.limit)).await?;
        Ok(found.into_iter().map(|(id,)| Place { key: None, id }).collect())
    }
}
