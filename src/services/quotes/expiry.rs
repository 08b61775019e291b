//! Quotes that nobody accepted in time.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Map;
use uuid::Uuid;

use super::Quotes;
use crate::domain::instant::Instant;
use crate::entities::cells::Reads;
use crate::entities::quote::{Column, Entity};
use crate::error::{Code, Error, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::schemas::quote::QuoteStatus;
use crate::services::customers;
use crate::services::records::{State, lead_in};
use crate::services::sentences::sentence;

/// So many at once: others get their turn to write in between.
const AT_ONCE: u64 = 100;
const DAY: i64 = 86_400;

/// Lets quotes expire whose last day is over. One that expires is told with the end of that day, whenever it is noticed.
pub async fn expire(cx: &Context) -> Result<()> {
    let mut after = Uuid::nil();
    loop {
        let select = Entity::find()
            .select_only()
            .column(Column::Id)
            .column(Column::CustomerId)
            .filter(Column::Status.eq(QuoteStatus::Sent.as_str()))
            .filter(Column::ArchivedAt.is_null())
            .filter(Column::ValidUntil.lt(cx.clock.now().day()))
            .filter(Column::Id.gt(after))
            .order_by_asc(Column::Id)
            .limit(AT_ONCE);
        let due: Vec<(Uuid, Uuid)> = cx.store.rows.tuples(select).await?;
        for (id, customer_id) in &due {
            let change = Change::begin(cx).await?;
            expire_one(&change, *id, *customer_id).await?;
            change.commit_unanswered().await?;
        }
        match due.last() {
            Some((last, _)) => after = *last,
            None => return Ok(()),
        }
    }
}

async fn expire_one(change: &Change, id: Uuid, customer_id: Uuid) -> Result<()> {
    match customers::lock_in(change, customer_id).await {
        Err(error) if error.code() == Code::NotFound => return Ok(()),
        locked => locked?,
    };
    let Some(row) = change.one(Entity::find_by_id(id).lock_exclusive()).await? else { return Ok(()) };
    let mut state = State::<Quotes>::of(&row)?;
    // It may have been accepted or extended meanwhile.
    let last = state.fields.valid_until.clone().filter(|last| *last < change.now().day());
    let (QuoteStatus::Sent, Some(last), None) = (state.facts.status, last, row.archived_at) else { return Ok(()) };
    let end = Instant::parse(&format!("{last}T00:00:00Z")).ok_or_else(|| Error::internal("a day that is none"))?;
    (state.facts.status, state.facts.expired_at) = (QuoteStatus::Expired, Some(end.plus_seconds(DAY)));
    lead_in::<Quotes>(change, &row, &state, ("expired", sentence("expired", "abgelaufen")), Map::new()).await?;
    Ok(())
}
