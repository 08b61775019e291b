//! Deliveries that are due and have not left us.

use sea_orm::{ColumnTrait, Condition};
use serde_json::Map;

use super::Deliveries;
use crate::domain::instant::Instant;
use crate::entities::delivery::{Column, Model};
use crate::error::Result;
use crate::history::change::Change;
use crate::history::context::Context;
use crate::schemas::delivery::DeliveryStatus;
use crate::services::passing::{Passing, pass_all};
use crate::services::records::{State, lead_in};
use crate::services::sentences::sentence;

/// The day it was due is over, and it has not left us.
pub const BECAME_LATE: &str = "became_late";

/// Notices which deliveries have become late: at the end of the day they were due, whenever it is noticed.
pub async fn notice(cx: &Context) -> Result<()> {
    pass_all::<Lateness>(cx).await
}

struct Lateness;

impl Passing for Lateness {
    type Kind = Deliveries;

    fn due(now: Instant) -> Condition {
        let today = now.day();
        Condition::all()
            .add(Column::Status.eq(DeliveryStatus::Prepared.as_str()))
            .add(Column::IsLate.eq(false))
            .add(Column::DueOn.lt(today))
    }

    async fn pass(change: &Change, row: Model) -> Result<()> {
        let mut state = State::<Deliveries>::of(&row)?;
        let is_over = state.facts.due_on.as_deref().is_some_and(|due_on| due_on < change.now().day().as_str());
        // It may have been shipped meanwhile.
        if state.facts.status != DeliveryStatus::Prepared || state.facts.late || !is_over {
            return Ok(());
        }
        state.facts.late = true;
        let told = sentence("late", "verspätet");
        lead_in::<Deliveries>(change, &row, &state, (BECAME_LATE, told), Map::new()).await?;
        Ok(())
    }
}
