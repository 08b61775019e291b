//! Invoices that were not paid by the day they were due.

use sea_orm::{ColumnTrait, Condition};
use serde_json::{Map, json};

use super::Invoices;
use crate::domain::instant::Instant;
use crate::entities::invoice::{Column, Model};
use crate::error::Result;
use crate::history::change::Change;
use crate::history::context::Context;
use crate::schemas::invoice::InvoiceStatus;
use crate::services::moments::next_day;
use crate::services::passing::{Passing, pass_all};
use crate::services::records::{State, lead_in};
use crate::services::sentences::sentence;

/// The day it was due is over, and something is still owed.
pub const BECAME_OVERDUE: &str = "became_overdue";

/// Notices which invoices have become overdue: at the end of the day they were due, whenever it is noticed.
pub async fn notice(cx: &Context) -> Result<()> {
    pass_all::<Overdue>(cx).await
}

struct Overdue;

impl Passing for Overdue {
    type Kind = Invoices;

    fn due(now: Instant) -> Condition {
        // That they are owed follows from what is open; the status leads to them by an index.
        let owed = [InvoiceStatus::Issued, InvoiceStatus::PartiallyPaid].map(InvoiceStatus::as_str);
        super::overdue(&now.day()).add(Column::Status.is_in(owed)).add(Column::OverdueSince.is_null())
    }

    async fn pass(change: &Change, row: Model) -> Result<()> {
        let mut state = State::<Invoices>::of(&row)?;
        // It may have been paid or put off meanwhile.
        let since = first_day(&state).filter(|since| *since <= change.now().day());
        if since.is_none() || state.facts.overdue_since.is_some() {
            return Ok(());
        }
        state.facts.overdue_since = since;
        let told = sentence("overdue", "überfällig");
        let facts = Map::from_iter([("open_amount".to_owned(), json!(state.facts.open_amount))]);
        lead_in::<Invoices>(change, &row, &state, (BECAME_OVERDUE, told), facts).await?;
        Ok(())
    }
}

/// The first day on which it is overdue unless it is paid: the one after the day it is due, if anything is owed.
fn first_day(state: &State<Invoices>) -> Option<String> {
    state.fields.due_on.as_deref().filter(|_| state.facts.open_amount.amount_scaled > 0).and_then(next_day)
}

/// What was settled and is owed again may be overdue already: that it is owed again tells so.
pub fn judge(state: &mut State<Invoices>, now: Instant) {
    state.facts.overdue_since = first_day(state).filter(|since| *since <= now.day());
}

/// What is paid, or put off, is overdue no more.
pub fn reckon(state: &mut State<Invoices>) {
    if state.facts.overdue_since != first_day(state) {
        state.facts.overdue_since = None;
    }
}
