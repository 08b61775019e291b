//! Dunning notices: that customers were reminded of invoices, level by level.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use super::invoices::{self, Invoices, other_currency};
use super::moments::{happened_on, moment_of, not_before};
use super::records::{Kind, Move, MoveFacts, State, This, named, wrong_state};
use super::sentences::sentence;
use crate::domain::event_kind::Category;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::language::Sentence;
use crate::domain::money::Money;
use crate::domain::permission::Permission;
use crate::entities::cells::Reads;
use crate::entities::dunning_notice::{Column, Entity, Model};
use crate::entities::record::ColumnOf;
use crate::error::{Code, Error, Result};
use crate::history::context::Context;
use crate::schemas::dunning_notice::{
    DunningNoticeFacts, DunningNoticeFields, DunningNoticeFilter, DunningStatus, WithdrawDunningNotice,
};
use crate::schemas::invoice::InvoiceStatus;

/// The last notice: what follows is a matter for the court (Mahnbescheid, § 688 ZPO).
const LEVEL_MAX: i32 = 3;

/// Dunning notices.
pub struct DunningNotices;

impl Kind for DunningNotices {
    type Row = Model;
    type Fields = DunningNoticeFields;

    const CATEGORY: Category = Category::Purchase;
    const READ: Permission = Permission::FinanceRead;
    const WRITE: Permission = Permission::FinanceWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("sent_on", Column::SentOn),
        ("due_on", Column::DueOn),
        ("level", Column::Level),
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];
    const CREATED: (&'static str, &'static str) = ("sent", "gesendet");
    const MOVES: &'static [MoveFacts] = &[Withdraw::FACTS];

    fn label(state: &State<Self>) -> String {
        let number = state.facts.invoice_number.as_deref().unwrap_or_default();
        format!("{number} ({})", state.facts.dunned_amount)
    }

    fn title(state: &State<Self>, (_, told): (&str, &Sentence), label: &str) -> Sentence {
        let (words, level) = (Self::words(), state.fields.level.unwrap_or_default());
        sentence(
            format!("{} {level} of {LEVEL_MAX} {}: {label}", words.english, told.en),
            format!("{} {level} von {LEVEL_MAX} {}: {label}", words.german, told.de),
        )
    }

    async fn settle(
        this: &This<'_>,
        before: Option<&State<Self>>,
        mut fields: DunningNoticeFields,
    ) -> Result<State<Self>> {
        let now = this.change.now();
        let sent_on = fields.sent_on.take().or_else(|| before.and_then(|before| before.fields.sent_on.clone()));
        let sent_on = happened_on("/sent_on", sent_on.as_deref(), None, now)?;
        if let Some(due_on) = &fields.due_on {
            not_before("/due_on", due_on, Some(("sent_on", &sent_on)))?;
        }
        let facts = match before {
            Some(before) => {
                if before.fields.sent_on.as_ref() != Some(&sent_on) && before.facts.status == DunningStatus::Sent {
                    in_order(this, &fields, &sent_on).await?;
                }
                fee_fits(fields.fee, before.facts.dunned_amount)?;
                let is_same = before.fields.sent_on.as_ref() == Some(&sent_on);
                let dated_at = if is_same { before.facts.dated_at } else { moment_of(&sent_on, now) };
                DunningNoticeFacts { dated_at, ..before.facts.clone() }
            }
            None => {
                let invoice = named::<Invoices>(this, "/invoice_id", fields.invoice_id).await?;
                let invoice = State::<Invoices>::of(&invoice)?;
                must_be_overdue(&invoice, &sent_on)?;
                fee_fits(fields.fee, invoice.facts.open_amount)?;
                fields.level = Some(next_level(invoice.facts.dunning_level, fields.level)?);
                in_order(this, &fields, &sent_on).await?;
                DunningNoticeFacts {
                    status: DunningStatus::Sent,
                    invoice_number: invoice.fields.number.clone(),
                    dunned_amount: invoice.facts.open_amount,
                    dated_at: moment_of(&sent_on, now),
                    withdrawn_at: None,
                    withdrawal_reason: None,
                }
            }
        };
        fields.sent_on = Some(sent_on);
        Ok(State { fields, facts })
    }

    fn stage(state: &State<Self>) -> &'static str {
        state.facts.status.as_str()
    }

    fn amount(state: &State<Self>) -> Option<Money> {
        Some(state.facts.dunned_amount)
    }

    fn occurred_at(state: &State<Self>, happened: &str) -> Option<Instant> {
        (happened == "sent").then_some(state.facts.dated_at)
    }

    fn index(row: &mut Model, state: &State<Self>) {
        row.status = state.facts.status.as_str().to_owned();
        row.invoice_id = state.fields.invoice_id;
        row.level = state.fields.level.unwrap_or_default().into();
        row.sent_on.clone_from(&state.fields.sent_on);
        row.due_on.clone_from(&state.fields.due_on);
    }

    async fn follow(this: &This<'_>, before: Option<&State<Self>>, after: Option<&State<Self>>) -> Result<()> {
        let counts = |state: Option<&State<Self>>| state.is_some_and(|it| it.facts.status == DunningStatus::Sent);
        let Some(state) = after.or(before) else { return Ok(()) };
        match (counts(before), counts(after)) {
            (true, false) => tell(this, state, None).await,
            (false, true) => tell(this, state, state.fields.level).await,
            _ => Ok(()),
        }
    }

    fn condition(_cx: &Context, filter: &DunningNoticeFilter) -> Condition {
        let mut all = Condition::all();
        if !filter.status.is_empty() {
            all = all.add(Column::Status.is_in(filter.status.iter().map(|status| status.as_str())));
        }
        if !filter.invoice_id.is_empty() {
            all = all.add(Column::InvoiceId.is_in(filter.invoice_id.iter().copied()));
        }
        all.add_option(filter.level.map(|level| Column::Level.eq(level)))
            .add_option(filter.sent_after.as_ref().map(|day| Column::SentOn.gte(day)))
            .add_option(filter.sent_before.as_ref().map(|day| Column::SentOn.lt(day)))
            .add_option(filter.due_before.as_ref().map(|day| Column::DueOn.lt(day)))
    }
}

/// Nobody is reminded of what is paid, or not due yet.
fn must_be_overdue(invoice: &State<Invoices>, sent_on: &str) -> Result<()> {
    let is_open = matches!(invoice.facts.status, InvoiceStatus::Issued | InvoiceStatus::PartiallyPaid);
    if !is_open || invoice.facts.open_amount.amount_scaled <= 0 {
        return Err(wrong_state::<Invoices>(invoice.facts.status.as_str()));
    }
    match &invoice.fields.due_on {
        Some(due_on) if due_on.as_str() < sent_on => Ok(()),
        _ => Err(Error::invalid_at("/invoice_id", FaultCode::NotOverdue)),
    }
}

/// One level after the other.
fn next_level(level: i32, given: Option<i32>) -> Result<i32> {
    let next = level + 1;
    if next > LEVEL_MAX {
        return Err(Error::highest_level(LEVEL_MAX));
    }
    match given {
        Some(given) if given != next => {
            Err(Error::invalid_at("/level", Fault::new(FaultCode::NotOneOf).with("allowed", next.to_string())))
        }
        _ => Ok(next),
    }
}

/// Refuses a day before that of a lower level, or after that of a higher one.
async fn in_order(this: &This<'_>, fields: &DunningNoticeFields, sent_on: &str) -> Result<()> {
    let level = i64::from(fields.level.unwrap_or_default());
    let others = others(this, fields.invoice_id).column(Column::Level).column(Column::SentOn);
    let found: Vec<(i64, String)> = this.change.tuples(others.filter(Column::SentOn.is_not_null())).await?;
    for (other, day) in found {
        let code = match () {
            () if other < level && sent_on < day.as_str() => FaultCode::Before,
            () if other > level && sent_on > day.as_str() => FaultCode::After,
            () => continue,
        };
        return Err(Error::invalid_at("/sent_on", Fault::new(code).with("other", "sent_on")));
    }
    Ok(())
}

fn fee_fits(fee: Option<Money>, open: Money) -> Result<()> {
    match fee {
        Some(fee) if fee.currency != open.currency => Err(other_currency("/fee", open.currency.code())),
        Some(fee) if fee.amount_scaled < 0 => {
            Err(Error::invalid_at("/fee", Fault::new(FaultCode::TooSmall).with("limit", "0")))
        }
        _ => Ok(()),
    }
}

/// The notices of the same invoice that count, besides this one.
fn others(this: &This<'_>, invoice_id: Uuid) -> Select<Entity> {
    Entity::find()
        .select_only()
        .filter(Column::InvoiceId.eq(invoice_id))
        .filter(Column::Status.eq(DunningStatus::Sent.as_str()))
        .filter(Column::ArchivedAt.is_null())
        .filter(Column::Id.ne(this.id))
        .order_by_desc(Column::Level)
}

/// Tells the invoice the level of the newest notice that counts; `level` is that of this one if it does.
async fn tell(this: &This<'_>, state: &State<DunningNotices>, level: Option<i32>) -> Result<()> {
    let others: Vec<(Uuid, i64)> =
        this.change.tuples(others(this, state.fields.invoice_id).column(Column::Id).column(Column::Level)).await?;
    if let Some((other, _)) = others.iter().find(|(_, other)| Some(*other) == level.map(i64::from)) {
        // It was archived, and another one of its level was sent meanwhile.
        return Err(Error::already_exists(["/level"], Some(*other)));
    }
    let highest = others.first().and_then(|(_, level)| i32::try_from(*level).ok()).unwrap_or_default();
    let newest = match level {
        Some(_) => next_level(highest, level)?,
        // Higher ones followed from it.
        None if state.fields.level.is_some_and(|level| level < highest) => return Err(Error::new(Code::InUse)),
        None => highest,
    };
    let invoice = named::<Invoices>(this, "/invoice_id", state.fields.invoice_id).await?;
    let at = level.map(|_| state.facts.dated_at);
    invoices::dun(this, DunningNotices::words().one, &invoice, newest, at).await
}

/// It was sent by mistake.
pub struct Withdraw;

impl Move for Withdraw {
    type Kind = DunningNotices;
    type Input = WithdrawDunningNotice;

    const FACTS: MoveFacts = MoveFacts {
        verb: "withdraw",
        segment: "withdrawal",
        summary: "It was sent by mistake, and why: it does not count, and its level can be sent again. Only the one of \
                  the highest level (otherwise 409 `in_use`): the others led to it.",
        happened: "withdrawn",
        happened_german: "zurückgenommen",
        from: &["sent"],
    };

    async fn make(this: &This<'_>, state: &mut State<DunningNotices>, input: WithdrawDunningNotice) -> Result<()> {
        state.facts.status = DunningStatus::Withdrawn;
        (state.facts.withdrawn_at, state.facts.withdrawal_reason) = (Some(this.change.now()), Some(input.reason));
        Ok(())
    }
}
