//! Comparing rows beside records with the history: what was said about a ticket, booked on a membership or stored of a
//! document is told by an event of that record, and never changes.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, EntityName, EntityTrait, ModelTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;
use uuid::Uuid;

use super::rows::{FINDINGS_MAX, Report, RowFault};
use super::store::Store;
use crate::entities::cells::{Reads, Row};
use crate::entities::timeline_event::{Column as Event, Entity as Events};
use crate::error::{Error, Result};

/// Events read at a time; each asks for one row by its key.
const CHUNK: u64 = 200;

/// A row beside a record.
pub trait Beside: Row + ModelTrait<Entity: EntityTrait<Model = Self>> {
    /// The kinds of events that tell of such rows.
    const KINDS: &'static [&'static str];
    /// The members of what it says that no two rows have in common.
    const KEY: &'static [&'static str];
    /// The record it stands beside, and when it was recorded: where the event that tells of it is found.
    const TOLD_AT: (ColumnOf<Self>, ColumnOf<Self>);

    /// The row with this key, as it is told.
    fn keyed(told: &Value) -> Option<Condition>;

    /// Which finding it is part of.
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
                None => Some((record_id, RowFault::Missing)),
            };
            if let Some((id, fault)) = fault {
                report.tell(known, &table, id, fault);
            }
        }
    }
    let all = store.rows.count(<R::Entity as EntityTrait>::find()).await?;
    if all > found {
        for row in untold::<R>(store).await? {
            report.tell(known, &table, row.id(), RowFault::Inserted);
        }
    }
    Ok(())
}

/// Events that tell of such rows, by position.
async fn page<R: Beside>(store: &Store, after: Option<i64>) -> Result<Vec<(i64, Telling)>> {
    let events = Events::find()
        .select_only()
        .columns([Event::Position, Event::SubjectId, Event::Payload, Event::State])
        .filter(Event::Kind.is_in(R::KINDS.iter().copied()))
        .filter(Condition::all().add_option(after.map(|after| Event::Position.gt(after))))
        .order_by_asc(Event::Position)
        .limit(CHUNK);
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

fn key<R: Beside>(told: &Value) -> Vec<Value> {
    R::KEY.iter().map(|member| told[*member].clone()).collect()
}

/// Rows whose record has no event that told of any at their time.
async fn untold<R: Beside>(store: &Store) -> Result<Vec<R>> {
    let (record, recorded_at) = R::TOLD_AT;
    let of_row = |column: ColumnOf<R>| (R::Entity::default(), column);
    let event = Query::select()
        .expr(Expr::val(1))
        .from(Events)
        .and_where(Expr::col((Events, Event::SubjectId)).equals(of_row(record)))
        .and_where(Expr::col((Events, Event::RecordedAt)).equals(of_row(recorded_at)))
        .and_where(Event::Kind.is_in(R::KINDS.iter().copied()))
        .to_owned();
    let untold = <R::Entity as EntityTrait>::find().filter(Expr::exists(event).not());
    Ok(store.rows.all(untold.limit(u64::try_from(FINDINGS_MAX).unwrap_or(u64::MAX))).await?)
}
