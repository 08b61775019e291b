//! What refunds give back: of the payment they name, else of the customer's credit.

use futures_util::future::BoxFuture;
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::{Payments, too_large};
use crate::domain::currency::Currency;
use crate::domain::fault::FaultCode;
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::entities::cells::Reads;
use crate::entities::payment::{Column, Entity};
use crate::error::{Code, Error, Result};
use crate::schemas::invoice::Ledger;
use crate::schemas::payment::{PaymentDirection, PaymentFields, PaymentStatus};
use crate::services::amounts::{Sum, booked};
use crate::services::invoices::other_currency;
use crate::services::records::{Kind, State, This, lead_in, named, wrong_state};
use crate::services::sentences::sentence;

/// What can happen to a payment by refunds that name it, in both languages.
pub const WORDS: [(&str, &str); 2] = [("refunded", "erstattet"), ("refund_reversed", "um eine Erstattung berichtigt")];

/// What refunds gave back of a payment, in ten-thousandths.
pub fn refunded(state: &State<Payments>) -> i64 {
    state.facts.refunded_amount.map_or(0, |refunded| refunded.amount_scaled)
}

/// Whether another payment says something of its amount, or it of another one's.
pub fn is_bound(state: &State<Payments>) -> bool {
    refunded(state) != 0 || state.fields.refunded_payment_id.is_some()
}

/// What is left of a payment, or of the credit a refund takes: nothing of one that names what it gives back.
pub fn left(status: PaymentStatus, fields: &PaymentFields, rest: Money) -> Result<Money> {
    let is_refund = fields.direction == PaymentDirection::Refund;
    match fields.refunded_payment_id {
        Some(_) if !is_refund || status == PaymentStatus::Recorded && rest.amount_scaled == 0 => {
            Err(Error::invalid_at("/refunded_payment_id", FaultCode::Unfitting))
        }
        Some(_) => Ok(Money::zero(rest.currency)),
        None => Ok(rest),
    }
}

/// What a refund gives back of the payment it names.
fn given_back(state: &State<Payments>) -> i64 {
    let counts = state.facts.status == PaymentStatus::Recorded && state.fields.refunded_payment_id.is_some();
    if counts { state.fields.amount.amount_scaled - state.facts.allocated_amount.amount_scaled } else { 0 }
}

/// Refuses to take back or hide a payment of which something was given back: first that is undone.
pub fn may_go(before: Option<&State<Payments>>, after: Option<&State<Payments>>) -> Result<()> {
    let counts = |state: &State<Payments>| state.facts.status == PaymentStatus::Recorded;
    let is_given_back = before.is_some_and(|before| counts(before) && refunded(before) != 0);
    if is_given_back && !after.is_some_and(counts) { Err(Error::new(Code::InUse)) } else { Ok(()) }
}

/// Tells the payment a refund names what is given back of it now, or not any more, which happened at `undone_at`.
pub fn book<'a>(
    this: &'a This<'a>,
    before: Option<&'a State<Payments>>,
    after: Option<&'a State<Payments>>,
    undone_at: Instant,
) -> BoxFuture<'a, Result<()>> {
    // In a box, because leading a payment on asks what follows from that.
    Box::pin(async move {
        let Some(refund) = after.or(before) else { return Ok(()) };
        let Some(id) = refund.fields.refunded_payment_id else { return Ok(()) };
        let had = before.map_or(0, given_back);
        let difference = after.map_or(0, given_back) - had;
        if difference == 0 {
            return Ok(());
        }
        let row = named::<Payments>(this, "/refunded_payment_id", id).await?;
        let mut state = State::<Payments>::of(&row)?;
        if state.fields.direction != PaymentDirection::Incoming {
            return Err(Error::invalid_at("/refunded_payment_id", FaultCode::Unfitting));
        }
        if state.facts.status != PaymentStatus::Recorded {
            return Err(wrong_state::<Payments>(state.facts.status.as_str()));
        }
        let currency = state.fields.amount.currency;
        if refund.fields.amount.currency != currency {
            return Err(other_currency("/amount", currency.code()));
        }
        let left = state.facts.unallocated_amount.amount_scaled - difference;
        if left < 0 {
            let most = refund.fields.amount.amount_scaled + left;
            return Err(too_large("/amount", Money::from_scaled(most.max(0), currency)));
        }
        let at = if difference > 0 { refund.fields.received_at.unwrap_or(undone_at) } else { undone_at };
        state.facts.last_refunded_at = Some(state.fields.received_at.map_or(at, |received| received.max(at)));
        state.facts.unallocated_amount = Money::from_scaled(left, currency);
        state.facts.refunded_amount = Some(Money::from_scaled(refunded(&state) + difference, currency));
        let (happened, german) = WORDS[usize::from(difference < 0)];
        let amount = Money::from_scaled(difference.abs(), currency);
        let told = booked(Payments::words().one, this.id, amount);
        let sentence = sentence(happened.replace('_', " "), german);
        lead_in::<Payments>(this.change, &row, &state, (happened, sentence), told).await?;
        Ok(())
    })
}

/// Refuses what takes more of the customer's credit than there is: a refund that names no payment, or another use of what
/// was given back by one. What another system says is taken as it is.
pub async fn must_be_covered(
    this: &This<'_>,
    before: Option<&State<Payments>>,
    after: Option<&State<Payments>>,
) -> Result<()> {
    let Some(payment) = after.or(before).filter(|payment| payment.fields.ledger == Ledger::Own) else { return Ok(()) };
    let currency_before = before.map(|before| before.fields.amount.currency);
    let currency_after = after.map(|after| after.fields.amount.currency);
    for currency in
        [currency_after, currency_before.filter(|_| currency_before != currency_after)].into_iter().flatten()
    {
        let (had, has) = (credit_of(before, currency), credit_of(after, currency));
        if has >= had {
            continue;
        }
        let lacking = others(this, currency).await? + i128::from(has);
        if lacking >= 0 {
            continue;
        }
        if payment.fields.direction == PaymentDirection::Incoming {
            return Err(Error::new(Code::InUse));
        }
        let most = (i128::from(payment.fields.amount.amount_scaled) + lacking).max(0);
        let most = i64::try_from(most).unwrap_or_default();
        return Err(too_large("/amount", Money::from_scaled(most, currency)));
    }
    Ok(())
}

/// What a payment adds to the customer's credit in a currency; below zero what a refund takes.
fn credit_of(state: Option<&State<Payments>>, currency: Currency) -> i64 {
    let Some(state) = state.filter(|state| state.fields.amount.currency == currency) else { return 0 };
    let left = state.facts.unallocated_amount.amount_scaled;
    if state.fields.direction == PaymentDirection::Refund { -left } else { left }
}

/// The same of a row.
pub fn credit() -> SimpleExpr {
    use sea_orm::sea_query::ExprTrait;
    let left = || Expr::col(Column::Unallocated);
    Expr::case(Column::Direction.eq(PaymentDirection::Refund.as_str()), left().mul(-1i64)).finally(left()).into()
}

/// What all other payments of the customer come to.
async fn others(this: &This<'_>, currency: Currency) -> Result<i128> {
    let sum = Entity::find()
        .select_only()
        .exprs(Sum::of(&credit()))
        .filter(Column::CustomerId.eq(this.customer_id))
        .filter(Column::Currency.eq(currency.code()))
        .filter(Column::Unallocated.gt(0))
        .filter(Column::ArchivedAt.is_null())
        .filter(Column::Id.ne(this.id));
    let sums: Vec<Sum> = this.change.tuples(sum).await?;
    Ok(sums.first().map_or(0, |sum| sum.0))
}
