//! Which fields of a record changed, when, by whom and from where: the history of every kind of record.

use std::collections::HashMap;

use sea_orm::{ModelTrait, Select};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::changes::{self, FieldChange};
use crate::entities::cells::{Reads, Row};
use crate::entities::timeline_event;
use crate::error::{Code, Error, Result};
use crate::history::change::Recorded;
use crate::history::context::Context;
use crate::history::{past, timeline};
use crate::schemas::change::{ChangedField, ChangesQuery, RecordChange};
use crate::schemas::page::{Found, PageRequest};
use crate::schemas::timeline::EventSource;

/// One page of the changes of a record: the one `this` finds, if it finds one.
pub async fn of<R>(
    cx: &Context,
    id: Uuid,
    this: Select<R::Entity>,
    query: &ChangesQuery,
    page: &PageRequest,
) -> Result<Found<RecordChange>>
where
    R: Recorded + Row,
    R: ModelTrait<Entity: sea_orm::EntityTrait<Model = R>>,
{
    let rows = &cx.store.rows;
    if !rows.exists(this).await? {
        return Err(Error::new(Code::NotFound));
    }
    let fields: Vec<&str> = query.field.iter().map(|field| field.0.as_str()).collect();
    let oldest_first = query.sort.as_deref() == Some("changed_at");
    let (events, total) =
        timeline::changes_of(cx, id, &fields, oldest_first, page.mark.as_ref(), page.limit, page.count).await?;
    // What a record began with is told by its first state.
    let begun = events.rows.iter().filter(|event| made(event).is_none()).map(|event| event.id);
    let begun: Vec<R> = match begun.collect::<Vec<Uuid>>() {
        none if none.is_empty() => Vec::new(),
        ids => rows.all(past::left_by::<R::Entity>(ids, rows.backend())).await?,
    };
    let first: HashMap<i64, Value> = begun.iter().map(|row| (row.version(), row.fields())).collect();
    Ok(Found::from_rows(events, total, |event| change(event, query, &first)))
}

fn change(event: timeline_event::Model, query: &ChangesQuery, first: &HashMap<i64, Value>) -> RecordChange {
    let (version, changed) = made(&event).unwrap_or_else(|| {
        let began = first.get(&1).map(|fields| changes::between(&json!({}), fields));
        (1, began.unwrap_or_default())
    });
    let is_asked =
        |change: &FieldChange| query.field.is_empty() || query.field.iter().any(|field| field.covers(&change.field));
    let fields = changed.into_iter().filter(is_asked);
    RecordChange {
        event_id: event.id,
        version,
        changed_at: event.recorded_at,
        changed_by: event.actor(),
        source: EventSource { system: event.source_system, reference: event.source_reference },
        kind: event.kind,
        fields: fields.map(|FieldChange { field, from, to }| ChangedField { field, from, to }).collect(),
    }
}

/// The version an event made, and the fields that changed; nothing where the record began.
fn made(event: &timeline_event::Model) -> Option<(i64, Vec<FieldChange>)> {
    let payload: Value = serde_json::from_str(&event.payload).ok()?;
    let changes = serde_json::from_value(payload.get("changes")?.clone()).ok()?;
    Some((payload.get("version")?.as_i64()?, changes))
}
