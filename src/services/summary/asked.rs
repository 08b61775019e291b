//! What a summary asks of each kind of record.

use sea_orm::sea_query::{NullOrdering, Order};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::domain::instant::Instant;
use crate::domain::past::Past;
use crate::domain::permission::Permission;
use crate::entities::cells::Reads;
use crate::entities::record::{ColumnOf, Record};
use crate::error::Result;
use crate::history::context::Context;
use crate::schemas::summary::{SummaryItem, SummarySection};
use crate::services::records::{self, Kind, State, Table};

/// Records of a kind that are shown.
const ITEMS_MAX: u64 = 10;

const MICROS_PER_DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// About whom, and about which moment.
pub(super) struct Asked<'a> {
    pub(super) cx: &'a Context,
    pub(super) customer_id: Uuid,
    pub(super) past: Option<Past>,
    /// The moment that is told about.
    pub(super) at: Instant,
}

impl<'a> Asked<'a> {
    pub(super) fn new(cx: &'a Context, customer_id: Uuid, past: Option<Past>) -> Self {
        let now = cx.clock.now();
        Self { cx, customer_id, past, at: past.map_or(now, |past| past.as_of.min(now)) }
    }

    pub(super) fn may(&self, permission: Permission) -> bool {
        self.cx.actor.permissions.contains(permission)
    }

    pub(super) fn days_since(&self, then: Instant) -> i64 {
        (self.at.micros() - then.micros()).max(0) / MICROS_PER_DAY
    }

    /// The customer's records of a kind that are not archived.
    pub(super) fn all<K: Kind>(&self) -> Select<Table<K>> {
        let rows = records::rows_of_customer::<K>(self.cx, self.customer_id, self.past);
        rows.filter(K::Row::COMMON.archived_at.is_null())
    }

    /// Some of them, the smallest `by` first; nothing if the caller may not read them.
    pub(super) async fn rows<K: Kind>(
        &self,
        which: Condition,
        by: ColumnOf<K::Row>,
        limit: u64,
    ) -> Result<Option<Vec<K::Row>>> {
        if !self.may(K::READ) {
            return Ok(None);
        }
        let rows = self.all::<K>().filter(which);
        let rows = rows.order_by_with_nulls(by, Order::Asc, NullOrdering::Last).order_by_asc(K::Row::COMMON.id);
        Ok(Some(self.cx.store.rows.all(rows.limit(limit)).await?))
    }

    /// How many of them there are; nothing if the caller may not read them.
    pub(super) async fn how_many<K: Kind>(&self, which: Condition) -> Result<Option<i64>> {
        if !self.may(K::READ) {
            return Ok(None);
        }
        let count = self.cx.store.rows.count(self.all::<K>().filter(which)).await?;
        Ok(Some(i64::try_from(count).unwrap_or(i64::MAX)))
    }

    /// How many of them there are, and those that are due first.
    pub(super) async fn section<K: Kind>(
        &self,
        which: Condition,
        by: ColumnOf<K::Row>,
        due: impl Fn(&K::Row) -> (Option<Instant>, Option<String>) + Send,
    ) -> Result<Option<SummarySection>> {
        let Some(rows) = self.rows::<K>(which.clone(), by, ITEMS_MAX + 1).await? else { return Ok(None) };
        let found = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let count = match found > ITEMS_MAX {
            true => self.cx.store.rows.count(self.all::<K>().filter(which)).await?,
            false => found,
        };
        let shown = rows.iter().take(usize::try_from(ITEMS_MAX).unwrap_or(usize::MAX));
        let items = shown.map(|row| item::<K>(row, due(row))).collect::<Result<_>>()?;
        Ok(Some(SummarySection { count, items }))
    }
}

pub(super) fn item<K: Kind>(row: &K::Row, (due_at, due_on): (Option<Instant>, Option<String>)) -> Result<SummaryItem> {
    let state = State::<K>::of(row)?;
    Ok(SummaryItem {
        kind: K::words().one.to_owned(),
        id: Record::id(row),
        label: K::label(&state),
        status: K::stage(&state).to_owned(),
        due_at,
        due_on,
        amount: K::amount(&state),
    })
}

/// In one of these states.
pub(super) fn in_states(status: impl ColumnTrait, states: &[&str]) -> Condition {
    Condition::all().add(status.is_in(states.iter().copied()))
}

/// In none of these states.
pub(super) fn not_in_states(status: impl ColumnTrait, states: &[&str]) -> Condition {
    Condition::all().add(status.is_not_in(states.iter().copied()))
}
