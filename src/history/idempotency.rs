//! Answers already given: the same key and the same request have no second effect.

use sea_orm::EntityTrait;
use uuid::Uuid;

use super::change::Change;
use super::context::{Context, IdempotencyKey};
use super::outcome::Outcome;
use crate::domain::instant::Instant;
use crate::entities::cells::Reads;
use crate::entities::idempotency_record::{Column, Entity};
use crate::error::{Code, Error, Result};

/// The answer given before, if there was one. A key that meant another request is refused.
pub async fn find(cx: &Context, principal: Uuid, key: &IdempotencyKey) -> Result<Option<Outcome<()>>> {
    let found = cx.store.rows.one(Entity::find_by_id((principal, key.key.clone()))).await?;
    match found {
        None => Ok(None),
        Some(record) if record.fingerprint != key.fingerprint => Err(Error::new(Code::IdempotencyKeyReused)),
        Some(record) => Ok(Some(Outcome::replayed(record))),
    }
}

/// Keeps a refusal, so that a repetition is told the same even if the world has changed.
pub async fn remember(cx: &Context, answer: Outcome<()>) -> Result<()> {
    let change = Change::begin(cx).await?;
    change.commit(answer).await.map(|_| ())
}

/// Removes answers older than `instant`. Answers how many.
pub async fn forget_before(cx: &Context, instant: Instant) -> Result<u64> {
    let change = Change::begin(cx).await?;
    let mut delete = sea_orm::sea_query::Query::delete();
    delete.from_table(Entity).and_where(sea_orm::ColumnTrait::lt(&Column::CreatedAt, instant));
    let removed = change.execute(delete).await?;
    change.commit_unanswered().await?;
    Ok(removed)
}
