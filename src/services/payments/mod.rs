//! Payments and refunds: what they are for, and what that means for invoices.

mod refunds;

use std::collections::{BTreeSet, HashSet};

use sea_orm::{ColumnTrait, Condition};
use serde_json::{Map, Value};
use uuid::Uuid;

pub(super) use self::refunds::credit;
use self::refunds::refunded;
use super::amounts::{about, amount_booked};
use super::invoices::{Effect, Effects, Invoices, account, book, nothing_open, other_currency};
use super::links::Links;
use super::moments::happened;
use super::records::{Kind, Move, MoveFacts, State, This, named, wrong_state};
use crate::domain::event_kind::Category;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::domain::permission::Permission;
use crate::domain::receivable::Booking;
use crate::entities::payment::{Column, Model};
use crate::entities::payment_invoice;
use crate::entities::record::ColumnOf;
use crate::entities::words;
use crate::error::{Error, Result};
use crate::history::context::Context;
use crate::schemas::payment::{
    Allocation, PaymentDirection, PaymentFacts, PaymentFields, PaymentFilter, PaymentStatus, ReversePayment,
};
use crate::schemas::query::{AmountFilter, Both};

/// Payments.
pub struct Payments;

impl Kind for Payments {
    type Row = Model;
    type Fields = PaymentFields;

    const CATEGORY: Category = Category::Purchase;
    const READ: Permission = Permission::FinanceRead;
    const WRITE: Permission = Permission::FinanceWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("received_at", Column::ReceivedAt),
        ("amount", Column::Amount),
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];
    const CREATED: (&'static str, &'static str) = ("recorded", "erfasst");
    const MOVES: &'static [MoveFacts] = &[Reverse::FACTS];

    fn label(state: &State<Self>) -> String {
        match &state.fields.reference {
            Some(reference) => format!("{} ({reference})", signed(state)),
            None => signed(state).to_string(),
        }
    }

    async fn settle(this: &This<'_>, before: Option<&State<Self>>, mut fields: PaymentFields) -> Result<State<Self>> {
        above_zero("/amount", fields.amount)?;
        if let Some(before) = before
            && (!before.fields.allocations.is_empty() || refunds::is_bound(before))
            && before.fields.amount.currency != fields.amount.currency
        {
            return Err(other_currency("/amount", before.fields.amount.currency.code()));
        }
        let received_at = fields.received_at.or(before.and_then(|before| before.fields.received_at));
        fields.received_at = Some(happened("/received_at", received_at, None, this.change.now())?);
        let status = before.map_or(PaymentStatus::Recorded, |before| before.facts.status);
        let allocated = match before {
            Some(before) if status == PaymentStatus::Reversed => {
                stays_reversed(before, &fields)?;
                before.facts.allocated_amount
            }
            before => allocate(this, before, &mut fields).await?,
        };
        let refunded = before.map_or(0, refunded);
        let most = Money::from_scaled(fields.amount.amount_scaled - refunded, fields.amount.currency);
        let left = match (status, most.checked_sub(allocated)) {
            (PaymentStatus::Recorded, Some(left)) if left.amount_scaled >= 0 => left,
            (PaymentStatus::Recorded, _) => return Err(too_large("/allocations", most)),
            (PaymentStatus::Reversed, _) => Money::zero(fields.amount.currency),
        };
        let unallocated = refunds::left(status, &fields, left)?;
        let new = PaymentFacts {
            status,
            allocated_amount: allocated,
            unallocated_amount: unallocated,
            refunded_amount: None,
            last_refunded_at: None,
            reversed_at: None,
            reversal_reason: None,
            reversal_fee: None,
        };
        let facts = before.map_or_else(|| new.clone(), |before| before.facts.clone());
        let facts = PaymentFacts { allocated_amount: allocated, unallocated_amount: unallocated, ..facts };
        Ok(State { fields, facts })
    }

    fn stage(state: &State<Self>) -> &'static str {
        state.facts.status.as_str()
    }

    fn amount(state: &State<Self>) -> Option<Money> {
        Some(signed(state))
    }

    fn amount_told(state: &State<Self>, happened: &str, told: &Map<String, Value>) -> Option<Money> {
        amount_booked(&refunds::WORDS, happened, told).or(Self::amount(state))
    }

    fn occurred_at(state: &State<Self>, happened: &str) -> Option<Instant> {
        match happened {
            happened if refunds::WORDS.iter().any(|(word, _)| *word == happened) => state.facts.last_refunded_at,
            "recorded" => state.fields.received_at,
            "reversed" => state.facts.reversed_at,
            _ => None,
        }
    }

    fn index(row: &mut Model, state: &State<Self>) {
        row.status = state.facts.status.as_str().to_owned();
        row.direction = state.fields.direction.as_str().to_owned();
        row.method = state.fields.method.as_str().to_owned();
        row.received_at = state.fields.received_at;
        row.amount = state.fields.amount.amount_scaled;
        row.unallocated = state.facts.unallocated_amount.amount_scaled;
        row.currency = state.fields.amount.currency.code().to_owned();
        row.search_text = Some(words::kept([&state.fields.reference, &state.fields.payer].into_iter().flatten()));
    }

    fn links() -> Option<Links> {
        use payment_invoice::{Column, Entity};
        Some(Links::of(Entity, (Column::PaymentId, Column::InvoiceId), (Some("allocations"), &["invoice_id"])))
    }

    fn linked(state: &State<Self>) -> BTreeSet<Uuid> {
        invoices(state)
    }

    fn linked_with(_cx: &Context, Both(_, filter): &Both<AmountFilter, PaymentFilter>) -> Vec<Uuid> {
        filter.invoice_id.clone()
    }

    async fn follow(this: &This<'_>, before: Option<&State<Self>>, after: Option<&State<Self>>) -> Result<()> {
        let effects = |state: Option<&State<Self>>| state.map(|state| effects(this, state)).unwrap_or_default();
        let undone_at = after.and_then(|after| after.facts.reversed_at).unwrap_or(this.change.now());
        book(this, Self::words().one, (&effects(before), &effects(after)), undone_at).await?;
        refunds::may_go(before, after)?;
        refunds::book(this, before, after, undone_at).await?;
        refunds::must_be_covered(this, before, after).await
    }

    fn condition(_cx: &Context, Both(amount, filter): &Both<AmountFilter, PaymentFilter>) -> Condition {
        let mut all = words::asked(Column::SearchText, filter.q.as_deref());
        all = all.add(about(amount, Column::Amount, Column::Currency));
        if !filter.status.is_empty() {
            all = all.add(Column::Status.is_in(filter.status.iter().map(|status| status.as_str())));
        }
        if !filter.direction.is_empty() {
            all = all.add(Column::Direction.is_in(filter.direction.iter().map(|direction| direction.as_str())));
        }
        if !filter.method.is_empty() {
            all = all.add(Column::Method.is_in(filter.method.iter().map(|method| method.as_str())));
        }
        let unallocated = |is_left: bool| if is_left { Column::Unallocated.gt(0) } else { Column::Unallocated.lte(0) };
        all.add_option(filter.unallocated.map(unallocated))
            .add_option(filter.received_after.map(|at| Column::ReceivedAt.gte(at)))
            .add_option(filter.received_before.map(|at| Column::ReceivedAt.lt(at)))
    }
}

/// How much came, below zero for what went.
fn signed(state: &State<Payments>) -> Money {
    let amount = state.fields.amount;
    match state.fields.direction {
        PaymentDirection::Incoming => amount,
        PaymentDirection::Refund => Money::from_scaled(-amount.amount_scaled, amount.currency),
    }
}

/// Amounts that move are above zero, and of whole units: nobody can pay a tenth of a cent.
fn above_zero(pointer: &str, amount: Money) -> Result<()> {
    let digits = amount.currency.minor_digits();
    if amount.amount_scaled <= 0 {
        let least = Money::from_scaled(1, amount.currency).amount();
        return Err(Error::invalid_at(pointer, Fault::new(FaultCode::TooSmall).with("limit", least)));
    }
    if amount.rounded() != Some(amount) {
        let fault = Fault::of_value(FaultCode::Money, amount.amount()).with("digits", digits.to_string());
        return Err(Error::invalid_at(pointer, fault));
    }
    Ok(())
}

fn too_large(pointer: &str, limit: Money) -> Error {
    Error::invalid_at(pointer, Fault::new(FaultCode::TooLarge).with("limit", limit.amount()))
}

/// What was taken back stays what it was, apart from words.
fn stays_reversed(before: &State<Payments>, after: &PaymentFields) -> Result<()> {
    let PaymentFields { amount, received_at, allocations, .. } = &before.fields;
    let is_same = *amount == after.amount && *received_at == after.received_at && *allocations == after.allocations;
    if is_same { Ok(()) } else { Err(wrong_state::<Payments>(before.facts.status.as_str())) }
}

/// Gives every allocation its amount. Answers the sum.
async fn allocate(this: &This<'_>, before: Option<&State<Payments>>, fields: &mut PaymentFields) -> Result<Money> {
    let currency = fields.amount.currency;
    let mut seen = HashSet::new();
    let mut sum = Money::zero(currency);
    for (index, allocation) in fields.allocations.iter_mut().enumerate() {
        let at = |field: &str| format!("/allocations/{index}/{field}");
        if !seen.insert(allocation.invoice_id) {
            return Err(Error::invalid_at(at("invoice_id"), FaultCode::Duplicate));
        }
        let amount = match allocation.amount {
            Some(amount) if amount.currency != currency => {
                return Err(other_currency(&at("amount"), currency.code()));
            }
            Some(amount) => amount,
            None => {
                let invoice = named::<Invoices>(this, &at("invoice_id"), allocation.invoice_id).await?;
                let invoice = State::<Invoices>::of(&invoice)?;
                if invoice.facts.totals.gross.currency != currency {
                    return Err(other_currency("/amount", invoice.facts.totals.gross.currency.code()));
                }
                let had = before.and_then(|before| amount_for(before, allocation.invoice_id)).unwrap_or_default();
                let most = match fields.direction {
                    PaymentDirection::Incoming => invoice.facts.open_amount.amount_scaled,
                    PaymentDirection::Refund => account(&invoice).refundable(),
                };
                let left = fields.amount.amount_scaled - before.map_or(0, refunded) - sum.amount_scaled;
                let amount = Money::from_scaled((most + had).min(left), currency);
                if amount.amount_scaled <= 0 && left > 0 {
                    return Err(nothing_open(&invoice));
                }
                amount
            }
        };
        above_zero(&at("amount"), amount)?;
        allocation.amount = Some(amount);
        sum = sum.checked_add(amount).ok_or_else(|| too_large("/allocations", fields.amount))?;
    }
    Ok(sum)
}

/// What a payment is for one invoice, in ten-thousandths.
fn amount_for(state: &State<Payments>, invoice_id: Uuid) -> Option<i64> {
    let allocation = state.fields.allocations.iter().find(|allocation| allocation.invoice_id == invoice_id)?;
    allocation.amount.map(|amount| amount.amount_scaled)
}

/// The invoices a payment is for.
fn invoices(state: &State<Payments>) -> BTreeSet<Uuid> {
    state.fields.allocations.iter().map(|allocation| allocation.invoice_id).collect()
}

/// What a payment means for invoices: nothing once it is reversed.
fn effects(this: &This<'_>, state: &State<Payments>) -> Effects {
    let PaymentFields { direction, received_at, allocations, .. } = &state.fields;
    let counts = state.facts.status == PaymentStatus::Recorded;
    let effect = |(index, allocation): (usize, &Allocation)| {
        let amount = allocation.amount?;
        let booking = match direction {
            PaymentDirection::Incoming => Booking { paid: amount.amount_scaled, ..Booking::default() },
            PaymentDirection::Refund => Booking { refunded: amount.amount_scaled, ..Booking::default() },
        };
        let at = received_at.unwrap_or(this.change.now());
        let field = |name: &str| format!("/allocations/{index}/{name}");
        let (reference, pointer) = (field("invoice_id"), field("amount"));
        Some((allocation.invoice_id, Effect { booking, currency: amount.currency, at, reference, pointer }))
    };
    allocations.iter().enumerate().filter(|_| counts).filter_map(effect).collect()
}

/// It was taken back.
pub struct Reverse;

impl Move for Reverse {
    type Kind = Payments;
    type Input = ReversePayment;

    const FACTS: MoveFacts = MoveFacts {
        verb: "reverse",
        segment: "reversal",
        summary: "It was taken back, and why (Rücklastschrift): the invoices it was for are open again.",
        happened: "reversed",
        happened_german: "zurückgebucht",
        from: &["recorded"],
    };

    async fn make(this: &This<'_>, state: &mut State<Payments>, input: ReversePayment) -> Result<()> {
        let received = state.fields.received_at.map(|at| ("received_at", at));
        let at = happened("/reversed_at", input.reversed_at, received, this.change.now())?;
        if let Some(fee) = input.fee {
            above_zero("/fee", fee)?;
        }
        let facts = &mut state.facts;
        (facts.status, facts.reversed_at, facts.reversal_reason) =
            (PaymentStatus::Reversed, Some(at), Some(input.reason));
        (facts.reversal_fee, facts.unallocated_amount) = (input.fee, Money::zero(state.fields.amount.currency));
        Ok(())
    }
}
