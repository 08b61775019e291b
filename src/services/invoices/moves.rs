//! The steps in the life of an invoice that are no payments.

use chrono::Days;
use futures_util::future::BoxFuture;
use serde_json::Map;

use super::booking::reckon;
use super::{Column, Entity, Invoices, overdue, quantities};
use crate::domain::date;
use crate::domain::instant::Instant;
use crate::error::Result;
use crate::schemas::invoice::{
    CancelInvoice, InvoiceFields, InvoiceKind, InvoiceStatus, IssueInvoice, Ledger, ReinstateInvoice, WriteOffInvoice,
};
use crate::schemas::record::{Create, Writable};
use crate::services::moments::{happened, happened_on, moment_of, not_before};
use crate::services::records::{Move, MoveFacts, State, This, create_in, lead_in, wrong_state};
use crate::services::{customers, numbers};

/// Counters and first letters of the numbers we give: "R" as in Rechnung, "G" as in Gutschrift.
const INVOICE_NUMBERS: (&str, &str) = ("invoice_number", "R");
const CREDIT_NOTE_NUMBERS: (&str, &str) = ("credit_note_number", "G");

/// Days until an invoice is to be paid unless others are agreed: after these a consumer who was told so is in default
/// without a reminder (§ 286 (3) BGB).
const PAYMENT_TERMS_DAYS: i32 = 30;

/// It is final and goes to the customer.
pub struct Issue;

impl Move for Issue {
    type Kind = Invoices;
    type Input = IssueInvoice;

    const FACTS: MoveFacts = MoveFacts {
        verb: "issue",
        segment: "issuance",
        summary: "It is final and goes to the customer. It gets its number now, without gaps, and stays what it is; what \
                  was wrong is put right by a credit note. A credit note takes its amount back from the invoice it names.",
        happened: "issued",
        happened_german: "gestellt",
        from: &["draft"],
    };

    async fn make(this: &This<'_>, state: &mut State<Invoices>, input: IssueInvoice) -> Result<()> {
        quantities::are_ordered(this, None, state).await?;
        issue(this, state, input).await
    }
}

async fn issue(this: &This<'_>, state: &mut State<Invoices>, input: IssueInvoice) -> Result<()> {
    let now = this.change.now();
    let day = input.issued_on.or(state.fields.issued_on.take());
    state.fields.issued_on = Some(happened_on("/issued_on", day.as_deref(), None, now)?);
    state.facts.sent_by = input.sent_by;
    dated(state, now)?;
    if state.fields.number.is_none() {
        let (counter, prefix) = match state.fields.kind {
            InvoiceKind::Invoice => INVOICE_NUMBERS,
            InvoiceKind::CreditNote => CREDIT_NOTE_NUMBERS,
        };
        state.fields.number = Some(numbers::next_free::<Entity>(this.change, counter, prefix, Column::Number).await?);
    }
    Ok(())
}

/// Issues what has a day of issue: it is due some day, and owed.
pub fn dated(state: &mut State<Invoices>, now: Instant) -> Result<()> {
    let issued_on = happened_on("/issued_on", state.fields.issued_on.as_deref(), None, now)?;
    if state.fields.due_on.is_none() {
        state.fields.due_on = due_on(&state.fields);
    }
    if let Some(due_on) = &state.fields.due_on {
        not_before("/due_on", due_on, Some(("issued_on", &issued_on)))?;
    }
    state.facts.dated_at = Some(moment_of(&issued_on, now));
    state.facts.status = InvoiceStatus::Issued;
    reckon(state);
    if state.facts.status == InvoiceStatus::Paid {
        state.facts.paid_at = state.facts.dated_at;
    }
    Ok(())
}

/// By which day an invoice that was issued is to be paid.
pub fn due_on(fields: &InvoiceFields) -> Option<String> {
    let issued_on = date::parse(fields.issued_on.as_deref()?).ok()?;
    let days = fields.payment_terms_days.unwrap_or(PAYMENT_TERMS_DAYS);
    Some(issued_on.checked_add_days(Days::new(u64::try_from(days).ok()?))?.to_string())
}

/// It is taken back.
pub struct Cancel;

impl Move for Cancel {
    type Kind = Invoices;
    type Input = CancelInvoice;

    const FACTS: MoveFacts = MoveFacts {
        verb: "cancel",
        segment: "cancellation",
        summary: "It is taken back as a whole, and why: possible while nothing of it is paid. A credit note over all of it \
                  is issued along with that if it was issued here (Stornorechnung).",
        happened: "cancelled",
        happened_german: "storniert",
        from: &["draft", "issued"],
    };

    async fn make(this: &This<'_>, state: &mut State<Invoices>, input: CancelInvoice) -> Result<()> {
        let is_issued_here = state.fields.ledger == Ledger::Own && state.facts.status == InvoiceStatus::Issued;
        let is_credit_note = state.fields.kind == InvoiceKind::CreditNote;
        if is_issued_here && (is_credit_note || state.facts.credited_amount.amount_scaled != 0) {
            // A credit note over the rest takes it back; a credit note itself is put right by a new invoice.
            return Err(wrong_state::<Invoices>(state.facts.status.as_str()));
        }
        (state.facts.status, state.facts.cancelled_at) = (InvoiceStatus::Cancelled, Some(this.change.now()));
        state.facts.cancellation_reason = Some(input.reason);
        reckon(state);
        Ok(())
    }
}

/// The credit note that the cancellation of an invoice of our own makes: what was issued is never changed.
pub fn cancellation<'a>(
    this: &'a This<'a>,
    before: &'a State<Invoices>,
    after: &'a State<Invoices>,
) -> BoxFuture<'a, Result<()>> {
    // In a box, because making an invoice asks what follows from that.
    Box::pin(async move {
        let is_taken_back = before.facts.status == InvoiceStatus::Issued
            && after.facts.status == InvoiceStatus::Cancelled
            && after.facts.cancellation_reason.is_some()
            && after.fields.ledger == Ledger::Own;
        let Some(customer_id) = this.customer_id.filter(|_| is_taken_back) else { return Ok(()) };
        let customer = customers::lock_in(this.change, customer_id).await?;
        let fields = InvoiceFields {
            number: None,
            kind: InvoiceKind::CreditNote,
            order_id: None,
            credited_invoice_id: Some(this.id),
            issued_on: None,
            due_on: None,
            payment_terms_days: Some(0),
            notes: after.facts.cancellation_reason.clone(),
            ..after.fields.clone()
        };
        let row = create_in::<Invoices>(this.change, Some(&customer), Create { fields, writable: Writable::default() })
            .await?;
        let mut note = State::<Invoices>::of(&row)?;
        note.facts.cancels = true;
        let of_note = This { id: row.id, ..*this };
        issue(&of_note, &mut note, IssueInvoice { issued_on: None, sent_by: None }).await?;
        let what = (Issue::FACTS.happened, Issue::FACTS.sentence());
        lead_in::<Invoices>(this.change, &row, &note, what, Map::new()).await?;
        Ok(())
    })
}

/// The rest is given up.
pub struct WriteOff;

impl Move for WriteOff {
    type Kind = Invoices;
    type Input = WriteOffInvoice;

    const FACTS: MoveFacts = MoveFacts {
        verb: "write_off",
        segment: "write-off",
        summary: "What is still owed of it is given up, and why.",
        happened: "written_off",
        happened_german: "abgeschrieben",
        from: &["issued", "partially_paid"],
    };

    async fn make(this: &This<'_>, state: &mut State<Invoices>, input: WriteOffInvoice) -> Result<()> {
        let rest = state.facts.open_amount;
        if rest.amount_scaled <= 0 {
            return Err(wrong_state::<Invoices>(state.facts.status.as_str()));
        }
        let issued = state.facts.dated_at.map(|at| ("issued_on", at));
        let at = happened("/written_off_at", input.written_off_at, issued, this.change.now())?;
        (state.facts.status, state.facts.written_off_at) = (InvoiceStatus::WrittenOff, Some(at));
        (state.facts.written_off_amount, state.facts.write_off_reason) = (Some(rest), Some(input.reason));
        reckon(state);
        Ok(())
    }
}

/// It is asked for again.
pub struct Reinstate;

impl Move for Reinstate {
    type Kind = Invoices;
    type Input = ReinstateInvoice;

    const FACTS: MoveFacts = MoveFacts {
        verb: "reinstate",
        segment: "reinstatement",
        summary: "What was given up is owed again: before a late payment of it is booked, for instance.",
        happened: "reinstated",
        happened_german: "wieder gefordert",
        from: &["written_off"],
    };

    async fn make(this: &This<'_>, state: &mut State<Invoices>, _input: ReinstateInvoice) -> Result<()> {
        let facts = &mut state.facts;
        (facts.written_off_at, facts.written_off_amount, facts.write_off_reason) = (None, None, None);
        facts.status = InvoiceStatus::Issued;
        reckon(state);
        overdue::judge(state, this.change.now());
        Ok(())
    }
}
