//! Recomputing the chains of security events: one for each day.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::security::{genesis, hash};
use super::store::Store;
use super::verification::is_unreadable;
use crate::entities::security_event::{Column, Entity};
use crate::entities::security_head;
use crate::error::Result;

/// Entries read at a time.
const CHUNK: u64 = 500;

/// What checking the chain of one day found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayVerification {
    /// The day in UTC, `YYYY-MM-DD`.
    pub day: String,
    /// Entries found in order.
    pub entries: i64,
    /// The sequence at which the chain breaks, if it does.
    pub broken_at: Option<i64>,
}

/// Checks the chains of all days, oldest first.
pub async fn verify(store: &Store) -> Result<Vec<DayVerification>> {
    let mut results = Vec::new();
    for day in days(store).await? {
        results.push(match day {
            Some(day) => verify_day(store, day).await?,
            None => DayVerification { day: "an unreadable day".to_owned(), entries: 0, broken_at: Some(1) },
        });
    }
    Ok(results)
}

/// Every day of which an entry or an end is known; nothing for those that cannot be read.
async fn days(store: &Store) -> Result<BTreeSet<Option<String>>> {
    let entries = Entity::find().select_only().column(Column::Day).distinct().as_query().to_owned();
    let heads = security_head::Entity::find().select_only().column(security_head::Column::Day).as_query().to_owned();
    let mut days = BTreeSet::new();
    for query in [entries, heads] {
        let rows = store.read.query_all(&query).await?;
        days.extend(rows.iter().map(|row| row.try_get_by_index::<String>(0).ok()));
    }
    Ok(days)
}

async fn verify_day(store: &Store, day: String) -> Result<DayVerification> {
    // The end was read first: entries written meanwhile lie behind it and are not asked for.
    let (end, end_hash) = head(store, &day).await?;
    let mut previous = genesis(&day);
    let mut sequence = 0;
    let mut chunk = CHUNK;
    while sequence < end {
        let rest = Entity::find().filter(Column::Day.eq(&day)).filter(Column::Sequence.between(sequence + 1, end));
        let entries = match rest.order_by_asc(Column::Sequence).limit(chunk).all(&store.read).await {
            // A row that cannot be decoded spoils its whole chunk: go on one by one to find it.
            Err(error) if is_unreadable(&error) && chunk > 1 => {
                chunk = 1;
                continue;
            }
            // What cannot be read is not what was written, like what is not there.
            Err(error) if is_unreadable(&error) => Vec::new(),
            entries => entries?,
        };
        if entries.is_empty() {
            return Ok(DayVerification { day, entries: sequence, broken_at: Some(sequence + 1) });
        }
        for entry in entries {
            let in_order = entry.sequence == sequence + 1 && entry.previous_hash == previous;
            if !in_order || hash(&entry)? != entry.hash {
                return Ok(DayVerification { day, entries: sequence, broken_at: Some(sequence + 1) });
            }
            (sequence, previous) = (entry.sequence, entry.hash);
        }
    }
    let broken_at = if previous == end_hash { appended(store, &day).await? } else { Some(sequence) };
    Ok(DayVerification { day, entries: sequence, broken_at })
}

/// The recorded end of a day; the beginning, if none is recorded.
async fn head(store: &Store, day: &str) -> Result<(i64, Vec<u8>)> {
    let head = security_head::Entity::find_by_id(day).one(&store.read).await?;
    Ok(head.map_or_else(|| (0, genesis(day)), |head| (head.sequence, head.hash)))
}

/// The first entry behind the recorded end. Entry and end are written together, so that an end read later is never
/// behind an entry read earlier.
async fn appended(store: &Store, day: &str) -> Result<Option<i64>> {
    let last = Entity::find().select_only().column(Column::Sequence).filter(Column::Day.eq(day));
    let last: Option<i64> = last.order_by_desc(Column::Sequence).into_tuple().one(&store.read).await?;
    let (end, _) = head(store, day).await?;
    Ok(last.filter(|last| *last > end).map(|_| end + 1))
}
