//! Quotes that nobody accepted in time.

use sea_orm::{ColumnTrait, Condition};
use serde_json::Map;

use super::Quotes;
use crate::domain::instant::Instant;
use crate::entities::quote::{Column, Model};
use crate::error::{Error, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::schemas::quote::QuoteStatus;
use crate::services::moments::end_of;
use crate::services::passing::{Passing, pass_all};
use crate::services::records::{State, lead_in};
use crate::services::sentences::sentence;

/// Lets quotes expire whose last day is over. One that expires is told with the end of that day, whenever it is noticed.
pub async fn expire(cx: &Context) -> Result<()> {
    pass_all::<Expiry>(cx).await
}

struct Expiry;

impl Passing for Expiry {
    type Kind = Quotes;

    fn due(now: Instant) -> Condition {
        let today = now.day();
        Condition::all().add(Column::Status.eq(QuoteStatus::Sent.as_str())).add(Column::ValidUntil.lt(today))
    }

    async fn pass(change: &Change, row: Model) -> Result<()> {
        let mut state = State::<Quotes>::of(&row)?;
        // It may have been accepted or extended meanwhile.
        let last = state.fields.valid_until.as_deref().filter(|last| *last < change.now().day().as_str());
        let (QuoteStatus::Sent, Some(last)) = (state.facts.status, last) else { return Ok(()) };
        let end = end_of(last).ok_or_else(|| Error::internal("a day that is none"))?;
        (state.facts.status, state.facts.expired_at) = (QuoteStatus::Expired, Some(end));
        lead_in::<Quotes>(change, &row, &state, ("expired", sentence("expired", "abgelaufen")), Map::new()).await?;
        Ok(())
    }
}
