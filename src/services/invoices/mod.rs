//! Invoices and credit notes: what customers are charged, and what is still owed of it.

mod booking;
mod moves;
mod overdue;
pub(in crate::services) mod quantities;

use sea_orm::{ColumnTrait, Condition};
use serde_json::{Map, Value};
use uuid::Uuid;

pub use booking::{Effect, Effects, account, book, dun, nothing_open, other_currency};
pub use moves::{Cancel, Issue, Reinstate, WriteOff};
pub use overdue::notice;

use self::moves::{cancellation, dated, due_on};
use super::amounts::{amount_booked, within};
use super::lines::{self, Bill};
use super::moments::{end_of, moment_of, not_before};
use super::numbers;
use super::records::{Kind, Move, MoveFacts, State, This, named, wrong_state};
use crate::domain::event_kind::Category;
use crate::domain::fault::FaultCode;
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::domain::permission::Permission;
use crate::domain::receivable::Booking;
use crate::entities::invoice::{Column, Entity, Model};
use crate::entities::record::ColumnOf;
use crate::error::{Code, Error, Result};
use crate::history::context::Context;
use crate::schemas::invoice::{InvoiceFacts, InvoiceFields, InvoiceFilter, InvoiceKind, InvoiceStatus, Ledger};
use crate::schemas::line::{GrossFilter, Totals};
use crate::schemas::query::Both;
use crate::schemas::record::Exactly;

/// Invoices.
pub struct Invoices;

impl Kind for Invoices {
    type Row = Model;
    type Fields = InvoiceFields;

    const CATEGORY: Category = Category::Purchase;
    const READ: Permission = Permission::FinanceRead;
    const WRITE: Permission = Permission::FinanceWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("issued_on", Column::IssuedOn),
        ("due_on", Column::DueOn),
        ("number", Column::Number),
        ("gross", Column::Gross),
        ("open_amount", Column::OpenAmount),
        ("dunning_level", Column::DunningLevel),
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];
    const MOVES: &'static [MoveFacts] = &[Issue::FACTS, Cancel::FACTS, WriteOff::FACTS, Reinstate::FACTS];

    fn label(state: &State<Self>) -> String {
        let gross = signed(state);
        match &state.fields.number {
            Some(number) => format!("{number} ({gross})"),
            None => gross.to_string(),
        }
    }

    async fn settle(this: &This<'_>, before: Option<&State<Self>>, mut fields: InvoiceFields) -> Result<State<Self>> {
        if before.is_none() {
            quantities::complete(this, &mut fields).await?;
        }
        let currency = lines::currency(&fields.currency, &fields.lines)?;
        let expected = fields.totals.take();
        let bill = Bill {
            currency,
            lines: &mut fields.lines,
            kept: before.map_or(&[], |before| &before.fields.lines),
            freight_amount: &mut fields.freight_amount,
            freight_tax_rate: &mut fields.freight_tax_rate,
            expected: expected.as_ref(),
        };
        let totals = bill.add_up(this.change).await?;
        if totals.gross.amount_scaled < 0 {
            // What takes money back is a credit note, whose amounts are above zero.
            return Err(Error::invalid_at("/lines", FaultCode::Unfitting));
        }
        days_fit(&fields)?;
        let facts = before.map_or_else(|| new_facts(totals.clone()), |before| before.facts.clone());
        let mut state = State { fields, facts: InvoiceFacts { totals, ..facts } };
        match before {
            Some(before) => may_change(before, &state)?,
            None => take_number(this, &mut state).await?,
        }
        let is_draft = state.facts.status == InvoiceStatus::Draft;
        if is_draft || state.fields.ledger == Ledger::External {
            references(this, before, &state).await?;
            if before.is_none_or(|before| before.fields.issued_on != state.fields.issued_on) {
                let now = this.change.now();
                let facts = &mut state.facts;
                facts.dated_at = state.fields.issued_on.as_deref().map(|day| moment_of(day, now));
                facts.paid_at = facts.paid_at.map(|at| facts.dated_at.map_or(at, |dated| dated.max(at)));
            }
        }
        if is_draft && state.fields.ledger == Ledger::External && state.fields.issued_on.is_some() {
            dated(&mut state, this.change.now())?;
        }
        if state.fields.ledger == Ledger::External && !is_draft && state.fields.due_on.is_none() {
            state.fields.due_on = due_on(&state.fields);
        }
        booking::reckon(&mut state);
        Ok(state)
    }

    fn stage(state: &State<Self>) -> &'static str {
        state.facts.status.as_str()
    }

    fn amount(state: &State<Self>) -> Option<Money> {
        Some(signed(state))
    }

    fn amount_told(state: &State<Self>, happened: &str, told: &Map<String, Value>) -> Option<Money> {
        match happened {
            overdue::BECAME_OVERDUE => Some(state.facts.open_amount),
            _ => amount_booked(booking::WORDS, happened, told).or(Self::amount(state)),
        }
    }

    fn occurred_at(state: &State<Self>, happened: &str) -> Option<Instant> {
        match happened {
            "created" | "issued" => state.facts.dated_at,
            "cancelled" if state.facts.cancellation_reason.is_some() => state.facts.cancelled_at,
            "written_off" => state.facts.written_off_at,
            "dunned" => state.facts.last_dunned_at,
            overdue::BECAME_OVERDUE => state.fields.due_on.as_deref().and_then(end_of),
            happened if booking::WORDS.iter().any(|(word, _)| *word == happened) => state.facts.last_booked_at,
            _ => None,
        }
    }

    fn index(row: &mut Model, state: &State<Self>) {
        let State { fields, facts } = state;
        row.number.clone_from(&fields.number);
        row.kind = fields.kind.as_str().to_owned();
        row.ledger = fields.ledger.as_str().to_owned();
        row.status = facts.status.as_str().to_owned();
        row.order_id = fields.order_id;
        row.credited_invoice_id = fields.credited_invoice_id;
        row.issued_on.clone_from(&fields.issued_on);
        row.due_on.clone_from(&fields.due_on);
        row.gross = facts.totals.gross.amount_scaled;
        row.open_amount = facts.open_amount.amount_scaled;
        row.currency.clone_from(&fields.currency);
        row.dunning_level = facts.dunning_level.into();
        row.paid_at = facts.paid_at;
        row.overdue_since.clone_from(&facts.overdue_since);
    }

    async fn follow(this: &This<'_>, before: Option<&State<Self>>, after: Option<&State<Self>>) -> Result<()> {
        if let (Some(state), None) = (before, after) {
            may_archive(state)?;
        }
        if let (Some(before), Some(after)) = (before, after) {
            cancellation(this, before, after).await?;
        }
        quantities::follow(this, before, after).await?;
        let effects = |state: Option<&State<Self>>| state.map(|state| credits(this, state)).unwrap_or_default();
        book(this, Self::words().one, (&effects(before), &effects(after)), this.change.now()).await
    }

    async fn returns(this: &This<'_>, state: &State<Self>) -> Result<()> {
        quantities::are_free(this, state).await
    }

    fn condition(cx: &Context, Both(gross, filter): &Both<GrossFilter, InvoiceFilter>) -> Condition {
        let mut all = within(gross, Column::Gross, Column::Currency);
        if !filter.status.is_empty() {
            all = all.add(Column::Status.is_in(filter.status.iter().map(|status| status.as_str())));
        }
        if !filter.kind.is_empty() {
            all = all.add(Column::Kind.is_in(filter.kind.iter().map(|kind| kind.as_str())));
        }
        if !filter.ledger.is_empty() {
            all = all.add(Column::Ledger.is_in(filter.ledger.iter().map(|ledger| ledger.as_str())));
        }
        if !filter.number.is_empty() {
            all = all.add(Column::Number.is_in(Exactly::texts(&filter.number)));
        }
        let ids = [(&filter.order_id, Column::OrderId), (&filter.credited_invoice_id, Column::CreditedInvoiceId)];
        for (ids, column) in ids {
            if !ids.is_empty() {
                all = all.add(column.is_in(ids.iter().copied()));
            }
        }
        if let Some(is_overdue) = filter.overdue {
            let overdue = overdue(&cx.clock.now().day());
            all = all.add(if is_overdue { overdue } else { overdue.not() });
        }
        all.add_option(filter.dunning_level.map(|level| Column::DunningLevel.eq(level)))
            .add_option(filter.issued_after.as_ref().map(|day| Column::IssuedOn.gte(day)))
            .add_option(filter.issued_before.as_ref().map(|day| Column::IssuedOn.lt(day)))
            .add_option(filter.due_after.as_ref().map(|day| Column::DueOn.gte(day)))
            .add_option(filter.due_before.as_ref().map(|day| Column::DueOn.lt(day)))
    }
}

/// What is owed and was due before a day.
fn overdue(today: &str) -> Condition {
    Condition::all()
        .add(Column::OpenAmount.gt(0))
        // A draft without a day is not overdue, and neither is it unknown whether it is.
        .add(Column::DueOn.is_not_null())
        .add(Column::DueOn.lt(today))
}

/// What it comes to, below zero for a credit note.
fn signed(state: &State<Invoices>) -> Money {
    let gross = state.facts.totals.gross;
    match state.fields.kind {
        InvoiceKind::Invoice => gross,
        InvoiceKind::CreditNote => Money::from_scaled(-gross.amount_scaled, gross.currency),
    }
}

fn new_facts(totals: Totals) -> InvoiceFacts {
    let zero = Money::zero(totals.gross.currency);
    InvoiceFacts {
        status: InvoiceStatus::Draft,
        totals,
        paid_amount: zero,
        refunded_amount: zero,
        credited_amount: zero,
        open_amount: zero,
        dated_at: None,
        sent_by: None,
        last_booked_at: None,
        paid_at: None,
        overdue_since: None,
        dunning_level: 0,
        last_dunned_at: None,
        cancelled_at: None,
        cancellation_reason: None,
        cancels: false,
        written_off_at: None,
        written_off_amount: None,
        write_off_reason: None,
    }
}

fn days_fit(fields: &InvoiceFields) -> Result<()> {
    if let Some(due_on) = &fields.due_on {
        not_before("/due_on", due_on, fields.issued_on.as_deref().map(|day| ("issued_on", day)))?;
    }
    if let Some(last) = &fields.service_to {
        not_before("/service_to", last, fields.service_from.as_deref().map(|day| ("service_from", day)))?;
    }
    Ok(())
}

/// Drafts of our own have no number yet; a copy has the one of its original.
async fn take_number(this: &This<'_>, state: &mut State<Invoices>) -> Result<()> {
    match (state.fields.ledger, state.fields.number.take()) {
        (Ledger::Own, None) => Ok(()),
        (Ledger::Own, Some(_)) => Err(Error::invalid_at("/number", FaultCode::Unfitting)),
        (Ledger::External, None) => Err(Error::invalid_at("/number", FaultCode::Required)),
        (Ledger::External, Some(number)) => {
            state.fields.number = Some(numbers::must_be_free::<Entity>(this.change, number, Column::Number).await?);
            Ok(())
        }
    }
}

/// What was issued here stays what it was (§ 146 (4) AO); when it is to be paid may be put off, and notes may be added.
fn may_change(before: &State<Invoices>, after: &State<Invoices>) -> Result<()> {
    let is_final = before.fields.ledger == Ledger::Own && before.facts.status != InvoiceStatus::Draft;
    let InvoiceFields { due_on, payment_terms_days, notes, .. } = after.fields.clone();
    let as_it_was = InvoiceFields { due_on, payment_terms_days, notes, ..before.fields.clone() };
    let is_booked = before.facts.last_booked_at.is_some();
    if is_final && as_it_was != after.fields || is_booked && before.fields.currency != after.fields.currency {
        return Err(wrong_state::<Invoices>(before.facts.status.as_str()));
    }
    if is_final && before.fields.due_on.is_some() && after.fields.due_on.is_none() {
        return Err(Error::invalid_at("/due_on", FaultCode::Required));
    }
    Ok(())
}

/// The order it charges and the invoice it takes back must be there, and of one currency with it.
async fn references(this: &This<'_>, before: Option<&State<Invoices>>, state: &State<Invoices>) -> Result<()> {
    let InvoiceFields { kind, ledger, credited_invoice_id, .. } = &state.fields;
    let (is_credit_note, is_own) = (*kind == InvoiceKind::CreditNote, *ledger == Ledger::Own);
    match credited_invoice_id {
        Some(_) if !is_credit_note => return Err(Error::invalid_at("/credited_invoice_id", FaultCode::Unfitting)),
        None if is_credit_note && is_own => return Err(Error::invalid_at("/credited_invoice_id", FaultCode::Required)),
        Some(id) if before.is_none_or(|before| before.fields.credited_invoice_id != Some(*id)) => {
            credited(this, *id, state).await?;
        }
        _ => {}
    }
    quantities::are_ordered(this, before, state).await
}

async fn credited(this: &This<'_>, id: Uuid, state: &State<Invoices>) -> Result<()> {
    let credited = State::<Invoices>::of(&named::<Invoices>(this, "/credited_invoice_id", id).await?)?;
    if credited.fields.kind == InvoiceKind::CreditNote || credited.facts.status == InvoiceStatus::Draft {
        return Err(Error::invalid_at("/credited_invoice_id", FaultCode::Unfitting));
    }
    match credited.fields.currency == state.fields.currency {
        true => Ok(()),
        false => Err(booking::other_currency("/currency", &credited.fields.currency)),
    }
}

/// What something was booked on, or somebody was reminded of, is not hidden: first that is undone. What was issued here
/// is never hidden (§ 147 AO): it is taken back by a credit note.
fn may_archive(state: &State<Invoices>) -> Result<()> {
    let facts = &state.facts;
    let sums = [facts.paid_amount, facts.refunded_amount, facts.credited_amount];
    let is_used = sums.iter().any(|sum| sum.amount_scaled != 0) || facts.dunning_level > 0 || facts.cancels;
    let is_final = state.fields.ledger == Ledger::Own && state.fields.number.is_some();
    match (is_used, is_final) {
        (true, _) => Err(Error::new(Code::InUse)),
        (_, true) => Err(wrong_state::<Invoices>(facts.status.as_str())),
        _ => Ok(()),
    }
}

/// What a credit note takes back of the invoice it names.
fn credits(this: &This<'_>, state: &State<Invoices>) -> Effects {
    let State { fields, facts } = state;
    let mut effects = Effects::new();
    let counts = facts.status == InvoiceStatus::Issued && !facts.cancels;
    if let Some(id) = fields.credited_invoice_id
        && counts
    {
        let booking = Booking { credited: facts.totals.gross.amount_scaled, ..Booking::default() };
        let at = facts.dated_at.unwrap_or(this.change.now());
        let currency = facts.totals.gross.currency;
        let (reference, pointer) = ("/credited_invoice_id".to_owned(), "/lines".to_owned());
        effects.insert(id, Effect { booking, currency, at, reference, pointer });
    }
    effects
}
