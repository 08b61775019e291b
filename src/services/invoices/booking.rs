//! What payments, refunds and credit notes mean for invoices: booked within the same change, told as events of the
//! invoice.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use serde_json::{Map, json};
use uuid::Uuid;

use super::{Invoices, overdue};
use crate::domain::currency::Currency;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::domain::receivable::{Account, Booking, Refusal, Standing};
use crate::entities::invoice::Model;
use crate::error::{Code, Error, Result};
use crate::schemas::invoice::{InvoiceFacts, InvoiceKind, InvoiceStatus};
use crate::services::amounts::booked;
use crate::services::records::{State, This, lead_in, named, wrong_state};
use crate::services::sentences::sentence;

/// Something is owed of it again.
const REOPENED: &str = "reopened";

/// What can happen to an invoice by what is booked on it, in both languages.
pub const WORDS: &[(&str, &str)] = &[
    ("paid", "bezahlt"),
    ("partially_paid", "teilweise bezahlt"),
    ("refunded", "erstattet"),
    ("credited", "teilweise gutgeschrieben"),
    ("cancelled", "storniert"),
    (REOPENED, "wieder offen"),
    ("payment_reversed", "um eine Zahlung berichtigt"),
    ("refund_reversed", "um eine Erstattung berichtigt"),
    ("credit_reversed", "um eine Gutschrift berichtigt"),
];

/// What a record means for one invoice.
#[derive(Debug, Clone)]
pub struct Effect {
    /// What it books.
    pub booking: Booking,
    /// In which currency.
    pub currency: Currency,
    /// When it happened.
    pub at: Instant,
    /// Where the record names the invoice.
    pub reference: String,
    /// Where it says how much.
    pub pointer: String,
}

/// What a record means for invoices.
pub type Effects = BTreeMap<Uuid, Effect>;

/// Books what a record means for invoices now, and undoes what it meant before and does not mean any more, which happened
/// at `undone_at`. What cannot be booked is refused.
pub fn book<'a>(
    this: &'a This<'a>,
    by: &'static str,
    (before, after): (&'a Effects, &'a Effects),
    undone_at: Instant,
) -> BoxFuture<'a, Result<()>> {
    // In a box, because leading an invoice on asks what follows from that.
    Box::pin(async move {
        let gone = before.iter().filter(|(id, _)| !after.contains_key(id));
        let gone = gone.map(|(id, effect)| (id, Effect { booking: Booking::default(), ..effect.clone() }));
        for (id, effect) in gone.chain(after.iter().map(|(id, effect)| (id, effect.clone()))) {
            let was = before.get(id).map(|effect| effect.booking).unwrap_or_default();
            let booking = Booking::from(was, effect.booking);
            if !booking.is_nothing() {
                let row = named::<Invoices>(this, &effect.reference, *id).await?;
                let at = if booking.undoes() { undone_at } else { effect.at };
                lead(this, by, &row, &Effect { booking, at, ..effect }).await?;
            }
        }
        Ok(())
    })
}

/// Books one difference on one invoice.
async fn lead(this: &This<'_>, by: &str, row: &Model, effect: &Effect) -> Result<()> {
    let mut state = State::<Invoices>::of(row)?;
    let before = state.facts.status;
    may_book(before, effect.booking)?;
    let currency = state.facts.totals.gross.currency;
    if effect.currency != currency {
        return Err(other_currency(&effect.pointer, currency.code()));
    }
    let account = account(&state).book(effect.booking).map_err(|refusal| match refusal {
        Refusal::TooMuch(limit) => {
            let limit = Money::from_scaled(limit, currency).amount();
            Error::invalid_at(&effect.pointer, Fault::new(FaultCode::TooLarge).with("limit", limit))
        }
        Refusal::Needed => Error::new(Code::InUse),
    })?;
    // Nothing is paid before it is charged, whenever the money came.
    let at = state.facts.dated_at.map_or(effect.at, |dated| dated.max(effect.at));
    let facts = &mut state.facts;
    facts.paid_amount = Money::from_scaled(account.paid, currency);
    facts.refunded_amount = Money::from_scaled(account.refunded, currency);
    facts.credited_amount = Money::from_scaled(account.credited, currency);
    let newest = facts.last_booked_at.map_or(at, |last| last.max(at));
    facts.last_booked_at = Some(at);
    reckon(&mut state);
    let facts = &mut state.facts;
    match facts.status {
        InvoiceStatus::Paid => facts.paid_at = facts.paid_at.or(Some(newest)),
        InvoiceStatus::Cancelled => (facts.paid_at, facts.cancelled_at) = (None, Some(at)),
        _ => (facts.paid_at, facts.cancelled_at) = (None, None),
    }
    let (happened, german) = word(before, facts.status, effect.booking);
    if happened == REOPENED {
        overdue::judge(&mut state, this.change.now());
    }
    let amount = Money::from_scaled(effect.booking.amount().abs(), currency);
    let told = booked(by, this.id, amount);
    lead_in::<Invoices>(this.change, row, &state, (happened, sentence(happened.replace('_', " "), german)), told)
        .await?;
    Ok(())
}

/// Refuses what cannot be booked in the state at hand: nobody pays what is paid, or what was given up.
fn may_book(status: InvoiceStatus, booking: Booking) -> Result<()> {
    let is_possible = match status {
        InvoiceStatus::Issued | InvoiceStatus::PartiallyPaid => true,
        InvoiceStatus::Paid => booking.paid <= 0,
        InvoiceStatus::Cancelled => booking.undoes(),
        InvoiceStatus::Draft | InvoiceStatus::WrittenOff => false,
    };
    if is_possible { Ok(()) } else { Err(wrong_state::<Invoices>(status.as_str())) }
}

/// What has happened to an invoice that was led from one state to another.
fn word(before: InvoiceStatus, after: InvoiceStatus, booking: Booking) -> (&'static str, &'static str) {
    let was_settled = matches!(before, InvoiceStatus::Paid | InvoiceStatus::Cancelled);
    let happened = match after {
        InvoiceStatus::Cancelled if before != after => "cancelled",
        InvoiceStatus::Paid if before != after => "paid",
        InvoiceStatus::Issued | InvoiceStatus::PartiallyPaid if was_settled => REOPENED,
        _ => match booking {
            Booking { paid, .. } if paid > 0 => "partially_paid",
            Booking { paid, .. } if paid < 0 => "payment_reversed",
            Booking { refunded, .. } if refunded > 0 => "refunded",
            Booking { refunded, .. } if refunded < 0 => "refund_reversed",
            Booking { credited, .. } if credited > 0 => "credited",
            _ => "credit_reversed",
        },
    };
    WORDS.iter().copied().find(|(word, _)| *word == happened).unwrap_or((happened, ""))
}

/// The account of an invoice.
pub fn account(state: &State<Invoices>) -> Account {
    let InvoiceFacts { totals, paid_amount, refunded_amount, credited_amount, .. } = &state.facts;
    let gross = match (state.fields.kind, state.fields.credited_invoice_id) {
        (InvoiceKind::Invoice, _) => totals.gross.amount_scaled,
        (InvoiceKind::CreditNote, None) => -totals.gross.amount_scaled,
        // What it takes back is open no more in the account of the invoice it names.
        (InvoiceKind::CreditNote, Some(_)) => 0,
    };
    Account {
        gross,
        credited: credited_amount.amount_scaled,
        paid: paid_amount.amount_scaled,
        refunded: refunded_amount.amount_scaled,
    }
}

/// Derives what is open, and how far it has come as far as payments and credit notes say.
pub fn reckon(state: &mut State<Invoices>) {
    let account = account(state);
    let by_move = state.facts.cancellation_reason.is_some();
    let currency = state.facts.totals.gross.currency;
    state.facts.status = match state.facts.status {
        status @ (InvoiceStatus::Draft | InvoiceStatus::WrittenOff) => status,
        InvoiceStatus::Cancelled if by_move => InvoiceStatus::Cancelled,
        _ if state.fields.kind == InvoiceKind::CreditNote && account.gross == 0 => InvoiceStatus::Issued,
        _ => match account.standing() {
            Standing::Unpaid => InvoiceStatus::Issued,
            Standing::PartlyPaid => InvoiceStatus::PartiallyPaid,
            Standing::Settled => InvoiceStatus::Paid,
            Standing::TakenBack => InvoiceStatus::Cancelled,
        },
    };
    let open = match state.facts.status {
        InvoiceStatus::Draft | InvoiceStatus::Cancelled | InvoiceStatus::WrittenOff => 0,
        _ => account.open(),
    };
    state.facts.open_amount = Money::from_scaled(open, currency);
    overdue::reckon(state);
}

/// 422: this is in another currency than the invoice.
pub fn other_currency(pointer: &str, currency: &str) -> Error {
    Error::invalid_at(pointer, Fault::new(FaultCode::OtherCurrency).with("currency", currency))
}

/// 409: nothing of this invoice can be paid, or given back.
pub fn nothing_open(invoice: &State<Invoices>) -> Error {
    wrong_state::<Invoices>(invoice.facts.status.as_str())
}

/// Tells an invoice the level of the newest reminder that counts, and when that was sent if it is a new one.
pub async fn dun(this: &This<'_>, by: &str, row: &Model, level: i32, sent_at: Option<Instant>) -> Result<()> {
    let mut state = State::<Invoices>::of(row)?;
    let facts = &mut state.facts;
    let (happened, told) = match level.cmp(&facts.dunning_level) {
        Ordering::Equal => return Ok(()),
        Ordering::Greater => ("dunned", sentence("dunned", "gemahnt")),
        Ordering::Less => ("dunning_withdrawn", sentence("dunning withdrawn", "in der Mahnstufe zurückgesetzt")),
    };
    facts.last_dunned_at = if level == 0 { None } else { sent_at.or(facts.last_dunned_at) };
    facts.dunning_level = level;
    let by = json!({ "type": by, "id": this.id });
    let facts = Map::from_iter([("by".to_owned(), by), ("level".to_owned(), json!(level))]);
    lead_in::<Invoices>(this.change, row, &state, (happened, told), facts).await?;
    Ok(())
}
