//! Own kinds of events: registered with titles and a schema, so that what others append can be read by people and
//! relied on by programs.

use std::sync::{Arc, LazyLock};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;
use uuid::Uuid;

use super::sentences::sentence;
use super::{field_history, order, pages, stale};
use crate::domain::event_kind::{Category, is_reserved};
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::language::Sentence;
use crate::domain::version::Expected;
use crate::domain::{payload, template};
use crate::entities::cells::{Locks, Reads};
use crate::entities::event_type;
use crate::error::{Code, Error, FieldError, Location, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::entry::{Entry, Root, Subject};
use crate::history::outcome::Outcome;
use crate::schemas::change::{ChangesQuery, RecordChange};
use crate::schemas::event_type::{CreateEventType, EventType, EventTypeQuery, UpdateEventType};
use crate::schemas::page::{Found, PageRequest};
use crate::schemas::patch::Patch;
use crate::schemas::shape::Shape;
use crate::schemas::timeline::EventKind;

const SUBJECT: &str = "event_type";
/// Compiled schemas that are kept.
const COMPILED_MAX: u64 = 256;
/// Kinds of one category that are asked for together.
const OF_CATEGORY_MAX: u64 = 50;
/// Length of a schema as text, in bytes.
const SCHEMA_BYTES_MAX: usize = 65_536;

const SORTS: &[(&str, event_type::Column)] =
    &[("name", event_type::Column::Name), ("created_at", event_type::Column::CreatedAt)];

/// Compiled schemas by event type and version: a version never changes.
static COMPILED: LazyLock<moka::sync::Cache<(Uuid, i64), Arc<Shape>>> =
    LazyLock::new(|| moka::sync::Cache::new(COMPILED_MAX));

/// One page of own kinds.
pub async fn list(cx: &Context, query: &EventTypeQuery, page: &PageRequest) -> Result<Found<EventType>> {
    let mut all = pages::archived(query.archived, event_type::Column::ArchivedAt);
    if !query.category.is_empty() {
        all = all.add(event_type::Column::Category.is_in(query.category.iter().map(|category| category.as_str())));
    }
    let select = event_type::Entity::find().filter(all);
    let order = order::by(query.sort.as_deref(), "name", SORTS, event_type::Column::Id);
    pages::find(cx, select, &order, page, EventType::from).await
}

/// The names of own kinds of a category, those that are archived among them; the oldest [`OF_CATEGORY_MAX`].
pub async fn of_category(cx: &Context, category: Category) -> Result<Vec<EventKind>> {
    let names = event_type::Entity::find()
        .select_only()
        .column(event_type::Column::Name)
        .filter(event_type::Column::Category.eq(category.as_str()))
        .order_by_asc(event_type::Column::Id)
        .limit(OF_CATEGORY_MAX);
    let names: Vec<(String,)> = cx.store.rows.tuples(names).await?;
    Ok(names.into_iter().map(|(name,)| EventKind(name)).collect())
}

/// Registers a kind.
pub async fn create(cx: &Context, input: CreateEventType) -> Result<Outcome<EventType>> {
    check(&input)?;
    let change = Change::begin(cx).await?;
    let by_name = event_type::Entity::find().filter(event_type::Column::Name.eq(&input.name));
    if let Some(other) = change.one(by_name).await? {
        return Err(Error::already_exists(["/name"], Some(other.id)));
    }
    let actor = change.actor_json()?;
    let row = event_type::Model {
        id: change.new_id(),
        name: input.name,
        category: input.category.as_str().to_owned(),
        label_en: input.labels.en,
        label_de: input.labels.de,
        payload_schema: input.payload_schema.to_string(),
        version: 1,
        created_at: change.now(),
        created_by: actor.clone(),
        updated_at: change.now(),
        updated_by: actor,
        archived_at: None,
    };
    let title = sentence(format!("Event type created: {}", row.name), format!("Ereignisart angelegt: {}", row.name));
    let facts = serde_json::json!({ "fields": crate::history::change::Recorded::fields(&row), "version": 1 });
    change.create(&row, entry(&row, "event_type.created", title).with_payload(facts)).await?;
    let made = EventType::from(row);
    let outcome = Outcome::created(&made, format!("/v1/event-types/{}", made.id), Some(made.version.to_string()))?;
    change.commit(outcome).await
}

/// Reads one kind.
pub async fn read(cx: &Context, id: Uuid) -> Result<EventType> {
    let found = cx.store.rows.one(event_type::Entity::find_by_id(id)).await?;
    found.map(EventType::from).ok_or_else(|| Error::new(Code::NotFound))
}

/// Changes a kind. Events that were written keep their titles; later ones follow the new schema.
pub async fn update(
    cx: &Context,
    id: Uuid,
    expected: Expected,
    patch: Patch<UpdateEventType>,
) -> Result<Outcome<EventType>> {
    let change = Change::begin(cx).await?;
    let before = lock_in(&change, id).await?;
    stale::check(&change, id, &expected, before.version).await?;
    not_archived(&before)?;
    let current = serde_json::to_value(EventType::from(before.clone())).map_err(Error::internal)?;
    let writable = serde_json::json!({
        "name": current["name"], "category": current["category"],
        "labels": current["labels"], "payload_schema": current["payload_schema"],
    });
    let merged = patch.apply(&current, writable)?;
    nothing_removed(&merged)?;
    let merged: CreateEventType = serde_json::from_value(merged).map_err(|error| Error::unfitting("", error))?;
    check(&merged)?;
    let mut after = before.clone();
    merged.category.as_str().clone_into(&mut after.category);
    after.label_en = merged.labels.en;
    after.label_de = merged.labels.de;
    after.payload_schema = merged.payload_schema.to_string();
    let title =
        sentence(format!("Event type changed: {}", before.name), format!("Ereignisart geändert: {}", before.name));
    let after = change.update(&before, after, |_| entry(&before, "event_type.updated", title)).await?;
    answer(change, after).await
}

/// Archives a kind: nothing more can be appended, what was written stays.
pub async fn archive(cx: &Context, id: Uuid, expected: Expected) -> Result<Outcome<()>> {
    let change = Change::begin(cx).await?;
    let before = lock_in(&change, id).await?;
    stale::check(&change, id, &expected, before.version).await?;
    not_archived(&before)?;
    let mut after = before.clone();
    after.archived_at = Some(change.now());
    let title =
        sentence(format!("Event type archived: {}", before.name), format!("Ereignisart archiviert: {}", before.name));
    change.update(&before, after, |_| entry(&before, "event_type.archived", title)).await?;
    change.commit(Outcome::nothing()).await
}

/// Brings an archived kind back.
pub async fn restore(cx: &Context, id: Uuid) -> Result<Outcome<EventType>> {
    let change = Change::begin(cx).await?;
    let before = lock_in(&change, id).await?;
    if before.archived_at.is_none() {
        return Err(Error::new(Code::NotArchived));
    }
    let mut after = before.clone();
    after.archived_at = None;
    let title = sentence(
        format!("Event type restored: {}", before.name),
        format!("Ereignisart wiederhergestellt: {}", before.name),
    );
    let after = change.update(&before, after, |_| entry(&before, "event_type.restored", title)).await?;
    answer(change, after).await
}

async fn answer(change: Change, row: event_type::Model) -> Result<Outcome<EventType>> {
    let made = EventType::from(row);
    let outcome = Outcome::ok(&made, Some(made.version.to_string()))?;
    change.commit(outcome).await
}

async fn lock_in(change: &Change, id: Uuid) -> Result<event_type::Model> {
    let found = change.one(event_type::Entity::find_by_id(id).lock_for_change()).await?;
    found.ok_or_else(|| Error::new(Code::NotFound))
}

fn not_archived(row: &event_type::Model) -> Result<()> {
    if row.archived_at.is_some() { Err(Error::new(Code::Archived)) } else { Ok(()) }
}

fn entry(row: &event_type::Model, kind: &str, title: Sentence) -> Entry {
    let root = Root { id: row.id, kind: SUBJECT };
    Entry::new(root, Subject { kind: SUBJECT, id: row.id }, kind, Category::MasterData, title)
}

/// Every field of a kind is needed: what a patch takes away, it takes from nobody.
fn nothing_removed(merged: &Value) -> Result<()> {
    let needed = ["/category", "/labels", "/labels/en", "/labels/de", "/payload_schema"];
    let missing = needed.into_iter().filter(|pointer| merged.pointer(pointer).is_none());
    let faults: Vec<_> = missing.map(|pointer| FieldError::at_pointer(pointer, FaultCode::NotNullable)).collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
}

/// The rules beyond the shape: the name is free to use, the schema can be trusted, the titles fit it.
fn check(input: &CreateEventType) -> Result<()> {
    let mut faults = Vec::new();
    let mut add = |pointer: &str, fault: Fault| faults.push(FieldError::at_pointer(pointer, fault));
    if is_reserved(&input.name) {
        add("/name", Fault::of_value(FaultCode::ReservedKind, input.name.as_str()));
    }
    for (pointer, template) in [("/labels/en", &input.labels.en), ("/labels/de", &input.labels.de)] {
        match template::check(template, &input.payload_schema) {
            _ if template.trim().is_empty() => add(pointer, FaultCode::Blank.into()),
            Err(fault) => add(pointer, fault),
            Ok(()) => {}
        }
    }
    if let Err(fault) = compile(&input.payload_schema) {
        add("/payload_schema", fault);
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
}

fn compile(schema: &Value) -> Result<Shape, Fault> {
    let length = schema.to_string().len();
    if length > SCHEMA_BYTES_MAX {
        return Err(Fault::new(FaultCode::TooLong).with("limit", SCHEMA_BYTES_MAX.to_string()));
    }
    payload::check_schema(schema)?;
    match schema.get("$schema") {
        None => {}
        Some(Value::String(draft)) if draft == "https://json-schema.org/draft/2020-12/schema" => {}
        Some(_) => return Err(Fault::new(FaultCode::NotOneOf).with("allowed", "$schema: draft 2020-12")),
    }
    if schema.pointer(&format!("/properties/{}", payload::CORRECTION_REASON)).is_some() {
        return Err(FaultCode::ReadOnly.into());
    }
    Shape::of_foreign(schema.clone()).map_err(|reason| Fault::new(FaultCode::Schema).because(reason))
}

/// A kind by its name, archived or not.
pub(super) async fn find_by_name(reader: &impl Reads, name: &str) -> Result<Option<event_type::Model>> {
    Ok(reader.one(event_type::Entity::find().filter(event_type::Column::Name.eq(name))).await?)
}

/// Refuses a payload that does not fit, naming every fault at `/payload/…`.
pub(super) fn check_payload(kind: &event_type::Model, payload: &Value) -> Result<()> {
    let shape = compiled(kind)?;
    let mut faults: Vec<FieldError> = payload::faults(payload)
        .into_iter()
        .map(|(place, fault)| FieldError::at_pointer(format!("/payload{place}"), fault))
        .collect();
    for error in shape.faults(payload) {
        let Location::Pointer(place) = error.location else { continue };
        let error = FieldError::at_pointer(format!("/payload{place}"), error.fault);
        // What no payload may hold is refused for that reason, whatever the schema says besides.
        if faults.iter().all(|known| known.location != error.location) {
            faults.push(error);
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
}

fn compiled(kind: &event_type::Model) -> Result<Arc<Shape>> {
    let key = (kind.id, kind.version);
    if let Some(shape) = COMPILED.get(&key) {
        return Ok(shape);
    }
    let schema: Value = serde_json::from_str(&kind.payload_schema).map_err(Error::internal)?;
    let shape = Arc::new(Shape::of_foreign(schema).map_err(|reason| Error::internal(reason.en))?);
    COMPILED.insert(key, Arc::clone(&shape));
    Ok(shape)
}

/// The title of an event of a kind.
pub(super) fn title(kind: &event_type::Model, payload: &Value) -> Sentence {
    sentence(template::render(&kind.label_en, payload), template::render(&kind.label_de, payload))
}

/// One page of the changes of one.
pub async fn changes(cx: &Context, id: Uuid, query: &ChangesQuery, page: &PageRequest) -> Result<Found<RecordChange>> {
    field_history::of::<event_type::Model>(cx, id, event_type::Entity::find_by_id(id), query, page).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(schema: &Value) -> FaultCode {
        compile(schema).err().map(|fault| fault.code).unwrap()
    }

    #[test]
    fn schemas_that_cannot_be_trusted_are_refused() {
        assert!(compile(&crate::schemas::samples::payload_schema()).is_ok());
        assert_eq!(faults(&json!({"type": "text"})), FaultCode::Schema);
        assert_eq!(faults(&json!({"properties": {"a": {"pattern": "("}}})), FaultCode::Schema);
        assert_eq!(faults(&json!({"properties": {"a": {"pattern": "(a)\\1"}}})), FaultCode::Schema);
        assert_eq!(faults(&json!({"$ref": "file:///etc/passwd"})), FaultCode::SchemaReference);
        assert_eq!(faults(&json!({"$schema": "http://json-schema.org/draft-07/schema#"})), FaultCode::NotOneOf);
        assert_eq!(faults(&json!({"properties": {"correction_reason": {}}})), FaultCode::ReadOnly);
        assert_eq!(faults(&json!({"description": "x".repeat(SCHEMA_BYTES_MAX)})), FaultCode::TooLong);
        let many: serde_json::Map<_, _> = (0..3_000).map(|index| (format!("a{index}"), json!({}))).collect();
        assert_eq!(faults(&json!({"properties": many, "allOf": [many]})), FaultCode::SchemaTooLarge);
    }
}
