//! Comparing rows beside records with the history: what was said about a ticket, booked on a membership or stored of a
//! document is told by an event of that record, and never changes.

use std::collections::{HashMap, HashSet};

use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ColumnTrait, Condition, EntityName, EntityTrait, ModelTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use serde_json::Value;
use uuid::Uuid;

use super::rows::{Report, RowFault};
use super::store::Store;
use crate::entities::cells::{Reads, Row};
use crate::entities::timeline_event::{Column as Event, Entity as Events};
use crate::error::{Error, Result};

/// Events read at a time; each asks for one row by its key.
const CHUNK: u64 = 200;
/// Records read at a time, each with all its rows.
const RECORDS: u64 = 20;

/// A row beside a record.
pub trait Beside: Row + ModelTrait<Entity: EntityTrait<Model = Self>> {
    /// The kinds of events that tell of such rows.
    const KINDS: &'static [&'static str];
    /// The members of what it says that no two rows have in common.
    const KEY: &'static [&'static str];
    /// The record it stands beside.
    const RECORD: ColumnOf<Self>;

    /// The row with this key, as it is told.
    fn keyed(told: &Value) -> Option<Condition>;

    /// Its own id; that of its record if it has none.
    fn id(&self) -> Uuid;

    /// What it says.
    fn says(self) -> Result<Value>;

    /// What an event told of it, in the same words.
    fn told(event: &Telling) -> Option<Value>;
}

/// The columns of a table.
type ColumnOf<R> = <<R as ModelTrait>::Entity as EntityTrait>::Column;

/// An event that tells of a row.
pub struct Telling {
    /// The record the row stands beside.
    pub record_id: Uuid,
    /// Its facts.
    pub payload: Value,
    /// The record it left; null if it is older than those states.
    pub state: Value,
}

/// Compares the rows of a table with the events that told of them.
pub async fn verify<R: Beside>(store: &Store, report: &mut Report) -> Result<()> {
    let known = report.findings.len();
    let table = R::Entity::default().table_name().to_owned();
    let (mut after, mut found) = (None, 0);
    loop {
        let events = page::<R>(store, after).await?;
        let Some((position, _)) = events.last() else { break };
        after = Some(*position);
        let told: Vec<(Uuid, Value)> =
            events.iter().filter_map(|(_, telling)| Some((telling.record_id, R::told(telling)?))).collect();
        let rows = rows_of::<R>(store, &told).await?;
        for (record_id, told) in told {
            report.rows += 1;
            let fault = match rows.get(&key::<R>(&told)) {
                Some((id, says)) => {
                    found += 1;
                    (*says != told).then_some((*id, RowFault::Different))
                }
                None => Some((id_told(&told).unwrap_or(record_id), RowFault::Missing)),
            };
            if let Some((id, fault)) = fault {
                report.tell(known, &table, id, fault);
            }
        }
    }
    let all = store.rows.count(<R::Entity as EntityTrait>::find()).await?;
    if all > found { untold::<R>(store, |id| report.tell(known, &table, id, RowFault::Inserted)).await } else { Ok(()) }
}

/// The next events that tell of such rows.
async fn page<R: Beside>(store: &Store, after: Option<i64>) -> Result<Vec<(i64, Telling)>> {
    let behind = Condition::all().add_option(after.map(|after| Event::Position.gt(after)));
    read(store, events_telling::<R>(behind).limit(CHUNK)).await
}

/// Those that tell of some rows.
async fn events_of<R: Beside>(store: &Store, these: SimpleExpr) -> Result<Vec<(i64, Telling)>> {
    read(store, events_telling::<R>(Condition::all().add(these))).await
}

/// Events that tell of such rows, by position.
fn events_telling<R: Beside>(these: Condition) -> Select<Events> {
    Events::find()
        .select_only()
        .columns([Event::Position, Event::SubjectId, Event::Payload, Event::State])
        .filter(Event::Kind.is_in(R::KINDS.iter().copied()))
        .filter(these)
        .order_by_asc(Event::Position)
}

async fn read(store: &Store, events: Select<Events>) -> Result<Vec<(i64, Telling)>> {
    let events: Vec<(i64, Uuid, String, Option<String>)> = store.rows.tuples(events).await?;
    let telling = |(position, record_id, payload, state): (i64, Uuid, String, Option<String>)| {
        let payload = serde_json::from_str(&payload).map_err(Error::internal)?;
        let state = state.as_deref().map(serde_json::from_str).transpose().map_err(Error::internal)?;
        Ok((position, Telling { record_id, payload, state: state.unwrap_or_default() }))
    };
    events.into_iter().map(telling).collect()
}

/// The rows that were told of: which they are, and what they say, by their keys.
async fn rows_of<R: Beside>(store: &Store, told: &[(Uuid, Value)]) -> Result<HashMap<Vec<Value>, (Uuid, Value)>> {
    let these = told.iter().filter_map(|(_, told)| R::keyed(told)).fold(Condition::any(), Condition::add);
    if these.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = store.rows.all(<R::Entity as EntityTrait>::find().filter(these)).await?;
    let said = |row: R| {
        let id = row.id();
        let says = row.says()?;
        Ok((key::<R>(&says), (id, says)))
    };
    rows.into_iter().map(said).collect()
}

/// The id an event told.
pub fn id_told(told: &Value) -> Option<Uuid> {
    told["id"].as_str()?.parse().ok()
}

fn key<R: Beside>(told: &Value) -> Vec<Value> {
    R::KEY.iter().map(|member| told[*member].clone()).collect()
}

/// Names the rows that no event told of, record by record. Events are read behind the rows: what is written meanwhile has
/// its event.
async fn untold<R: Beside>(store: &Store, mut name: impl FnMut(Uuid)) -> Result<()> {
    let mut after = None;
    loop {
        let records = <R::Entity as EntityTrait>::find()
            .select_only()
            .column(R::RECORD)
            .distinct()
            .filter(Condition::all().add_option(after.map(|after| R::RECORD.gt(after))))
            .order_by_asc(R::RECORD)
            .limit(RECORDS);
        let records: Vec<(Uuid,)> = store.rows.tuples(records).await?;
        let records: Vec<Uuid> = records.into_iter().map(|(id,)| id).collect();
        let Some(last) = records.last() else { return Ok(()) };
        after = Some(*last);
        let of_records = <R::Entity as EntityTrait>::find().filter(R::RECORD.is_in(records.iter().copied()));
        let rows = store.rows.all(of_records).await?;
        let events = events_of::<R>(store, Event::SubjectId.is_in(records)).await?;
        let told: HashSet<Vec<Value>> =
            events.iter().filter_map(|(_, telling)| R::told(telling)).map(|told| key::<R>(&told)).collect();
        for row in rows {
            let id = row.id();
            if !told.contains(&key::<R>(&row.says()?)) {
                name(id);
            }
        }
    }
}
