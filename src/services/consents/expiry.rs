//! Consents whose time is over.

use sea_orm::{ColumnTrait, Condition};
use serde_json::Map;

use super::Consents;
use crate::domain::instant::Instant;
use crate::entities::consent::{Column, Model};
use crate::error::Result;
use crate::history::change::Change;
use crate::history::context::Context;
use crate::schemas::consent::{ConsentFields, ConsentStatus};
use crate::services::passing::{Passing, pass_all};
use crate::services::records::{State, lead_in};
use crate::services::sentences::sentence;

/// Nobody has given it anew in time.
pub const EXPIRED: &str = "expired";

/// Lets consents expire: at the moment they end, whenever it is noticed.
pub async fn expire(cx: &Context) -> Result<()> {
    pass_all::<Expiry>(cx).await
}

struct Expiry;

impl Passing for Expiry {
    type Kind = Consents;

    fn due(now: Instant) -> Condition {
        Condition::all()
            .add(Column::Status.eq(ConsentStatus::Granted.as_str()))
            .add(Column::ValidUntil.is_not_null())
            .add(Column::ValidUntil.lte(now))
    }

    async fn pass(change: &Change, row: Model) -> Result<()> {
        let mut state = State::<Consents>::of(&row)?;
        // It may have been withdrawn or renewed meanwhile.
        if state.facts.status != ConsentStatus::Granted || lasts(&state.fields, change.now()) {
            return Ok(());
        }
        state.facts.status = ConsentStatus::Expired;
        lead_in::<Consents>(change, &row, &state, (EXPIRED, sentence("expired", "abgelaufen")), Map::new()).await?;
        Ok(())
    }
}

/// Whether its time is not over.
pub fn lasts(fields: &ConsentFields, now: Instant) -> bool {
    fields.valid_until.is_none_or(|until| until > now)
}
