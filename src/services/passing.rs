//! What happens to records by itself as time goes by.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use uuid::Uuid;

use super::customers;
use super::records::{Kind, Table};
use crate::domain::instant::Instant;
use crate::entities::cells::{Locks, Reads};
use crate::entities::record::Record;
use crate::error::{Code, Result};
use crate::history::change::Change;
use crate::history::context::Context;

/// So many at once: others get their turn to write in between.
const AT_ONCE: u64 = 100;

/// What happens to records of a kind once their time has come.
pub trait Passing: Send + Sync + 'static {
    /// Of which kind.
    type Kind: Kind;

    /// The records it has come for by now. Archived ones are left out anyway.
    fn due(now: Instant) -> Condition;

    /// Leads one of them on. It is locked, as its customer is, and may have changed since it was found.
    fn pass(change: &Change, row: <Self::Kind as Kind>::Row) -> impl Future<Output = Result<()>> + Send;
}

/// Leads on whatever is due, each in a change of its own. One that cannot be led on is told in the log and stops no
/// other; it is tried again the next time.
pub async fn pass_all<P: Passing>(cx: &Context) -> Result<()> {
    let columns = <P::Kind as Kind>::Row::COMMON;
    let mut after: Option<Uuid> = None;
    loop {
        let select = <Table<P::Kind>>::find()
            .select_only()
            .column(columns.id)
            .column(columns.customer_id)
            .filter(P::due(cx.clock.now()))
            .filter(columns.archived_at.is_null())
            // Not asked of the first ones: SQLite would go through all records by their ids, mostly to find none.
            .apply_if(after, |select, after| select.filter(columns.id.gt(after)))
            .order_by_asc(columns.id)
            .limit(AT_ONCE);
        let due: Vec<(Uuid, Uuid)> = cx.store.rows.tuples(select).await?;
        for (id, customer_id) in &due {
            if let Err(error) = pass_one::<P>(cx, *id, *customer_id).await {
                tracing::warn!(%error, kind = P::Kind::words().one, %id, "a record could not be led on");
            }
        }
        match due.last() {
            Some((last, _)) => after = Some(*last),
            None => return Ok(()),
        }
    }
}

async fn pass_one<P: Passing>(cx: &Context, id: Uuid, customer_id: Uuid) -> Result<()> {
    let change = Change::begin(cx).await?;
    match customers::lock_in(&change, customer_id).await {
        Err(error) if error.code() == Code::NotFound => return Ok(()),
        locked => locked?,
    };
    let columns = <P::Kind as Kind>::Row::COMMON;
    let this = <Table<P::Kind>>::find().filter(columns.id.eq(id)).filter(columns.archived_at.is_null());
    if let Some(row) = change.one(this.lock_for_change()).await? {
        P::pass(&change, row).await?;
    }
    change.commit_unanswered().await
}
