//! Tickets: what customers need our help with, by when they may expect it, and what became of it.
//!
//! | move | from | to |
//! |---|---|---|
//! | accept | new | open |
//! | answer | new, open, pending, on_hold | open if it was new, otherwise as it was |
//! | wait | open, on_hold | pending: the clock of the resolution stands still |
//! | hold | open, pending | on_hold |
//! | resume | pending, on_hold | open |
//! | escalate | new, open, pending, on_hold | as it was, one level higher |
//! | resolve | new, open, pending, on_hold | resolved |
//! | close | resolved | closed |
//! | reopen | resolved, closed | open |
//!
//! A public comment of ours is an answer; a public comment of the customer resumes a ticket that waits for them. What is
//! due and has not come is noticed, and the ticket escalated ([`overdue`]).

mod clock;
mod comments;
mod moves;
mod overdue;

use chrono::NaiveDate;
use sea_orm::{ColumnTrait, Condition};

pub use comments::{comment, comment_in, comments, read_comment};
pub use moves::{Accept, Answer, Close, Escalate, Hold, Reopen, Resolve, Resume, Wait};
pub use overdue::notice;

use super::moments::happened;
use super::numbers;
use super::orders::Orders;
use super::products::Products;
use super::records::{self, Kind, Move, MoveFacts, State, This};
use super::references::References;
use crate::domain::event_kind::Category;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::holidays::FIRST_YEAR;
use crate::domain::instant::Instant;
use crate::domain::permission::Permission;
use crate::domain::priority::Priority;
use crate::entities::record::ColumnOf;
use crate::entities::ticket::{Column, Entity, Model};
use crate::entities::words;
use crate::error::{Error, Result};
use crate::history::context::Context;
use crate::schemas::record::Exactly;
use crate::schemas::ticket::{TicketFacts, TicketFields, TicketFilter, TicketStatus};

/// Counter and first letter of the numbers we give.
const NUMBERS: (&str, &str) = ("ticket_number", "T");

/// Tickets.
pub struct Tickets;

impl Kind for Tickets {
    type Row = Model;
    type Fields = TicketFields;

    const CATEGORY: Category = Category::Support;
    const READ: Permission = Permission::SupportRead;
    const WRITE: Permission = Permission::SupportWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("opened_at", Column::OpenedAt),
        ("number", Column::Number),
        ("priority", Column::Priority),
        ("first_response_due_at", Column::FirstResponseDueAt),
        ("resolution_due_at", Column::ResolutionDueAt),
        ("resolved_at", Column::ResolvedAt),
        ("escalation_level", Column::EscalationLevel),
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];
    const MOVES: &'static [MoveFacts] = &[
        Accept::FACTS,
        Answer::FACTS,
        Wait::FACTS,
        Hold::FACTS,
        Resume::FACTS,
        Escalate::FACTS,
        Resolve::FACTS,
        Close::FACTS,
        Reopen::FACTS,
    ];

    fn label(state: &State<Self>) -> String {
        format!("{} {}", state.fields.number.as_deref().unwrap_or_default(), state.fields.subject)
    }

    async fn settle(this: &This<'_>, before: Option<&State<Self>>, mut fields: TicketFields) -> Result<State<Self>> {
        refer(this, before, &fields).await?;
        let facts = match before {
            Some(before) => before.facts.clone(),
            None => {
                let opened_at = happened("/opened_at", fields.opened_at, None, this.change.now())?;
                must_be_countable(opened_at)?;
                fields.opened_at = Some(opened_at);
                fields.number =
                    Some(numbers::given_or_next::<Entity>(this.change, fields.number, NUMBERS, Column::Number).await?);
                new_facts(opened_at)
            }
        };
        let mut state: State<Self> = State { fields, facts };
        if before.is_none_or(|before| before.fields.priority != state.fields.priority) {
            clock::set_due(&mut state, &this.change.cx().service_levels);
            if before.is_some() {
                clock::judge(&mut state, this.change.now());
            }
        }
        Ok(state)
    }

    fn stage(state: &State<Self>) -> &'static str {
        state.facts.status.as_str()
    }

    fn occurred_at(state: &State<Self>, happened: &str) -> Option<Instant> {
        match happened {
            "created" => state.fields.opened_at,
            "commented" => state.facts.last_comment_at,
            overdue::FIRST_RESPONSE_OVERDUE => state.facts.first_response_due_at,
            overdue::RESOLUTION_OVERDUE => state.facts.resolution_due_at,
            "updated" | "archived" | "restored" => None,
            _ => Some(state.facts.last_step_at),
        }
    }

    fn index(row: &mut Model, state: &State<Self>) {
        let State { fields, facts } = state;
        row.number = fields.number.clone().unwrap_or_default();
        row.status = facts.status.as_str().to_owned();
        row.priority = fields.priority.rank();
        row.category.clone_from(&fields.category);
        row.channel.clone_from(&fields.channel);
        row.incident = fields.incident;
        row.assignee_id = fields.assignee_id;
        row.product_id = fields.product_id;
        row.order_id = fields.order_id;
        row.escalation_level = facts.escalation_level;
        row.opened_at = fields.opened_at;
        row.resolved_at = facts.resolved_at;
        row.first_response_due_at = facts.first_response_due_at.filter(|_| facts.first_response_at.is_none());
        row.resolution_due_at = facts.resolution_due_at.filter(|_| facts.resolved_at.is_none());
        row.first_response_breached = facts.first_response_breached;
        row.resolution_breached = facts.resolution_breached;
        row.search_text = Some(words::kept([&row.number, &fields.subject]));
    }

    fn condition(cx: &Context, filter: &TicketFilter) -> Condition {
        let mut all = words::asked(Column::SearchText, filter.q.as_deref());
        if !filter.status.is_empty() {
            all = all.add(Column::Status.is_in(filter.status.iter().map(|status| status.as_str())));
        }
        if !filter.priority.is_empty() {
            all = all.add(Column::Priority.is_in(filter.priority.iter().copied().map(Priority::rank)));
        }
        if !filter.channel.is_empty() {
            all = all.add(Column::Channel.is_in(filter.channel.iter().map(|word| word.0.as_str())));
        }
        for (column, texts) in [(Column::Category, &filter.category), (Column::Number, &filter.number)] {
            if !texts.is_empty() {
                all = all.add(column.is_in(Exactly::texts(texts)));
            }
        }
        for (column, ids) in [(Column::ProductId, &filter.product_id), (Column::OrderId, &filter.order_id)] {
            if !ids.is_empty() {
                all = all.add(column.is_in(ids.iter().copied()));
            }
        }
        if !filter.assignee_id.is_empty() {
            all = all.add(Column::AssigneeId.is_in(filter.assignee_id.iter().map(|user| user.id(cx.actor.id()))));
        }
        all.add_option(filter.incident.map(|incident| Column::Incident.eq(incident)))
            .add_option(filter.escalation_level_min.map(|level| Column::EscalationLevel.gte(level)))
            .add_option(filter.opened_after.map(|at| Column::OpenedAt.gte(at)))
            .add_option(filter.opened_before.map(|at| Column::OpenedAt.lt(at)))
            .add_option(filter.resolved_after.map(|at| Column::ResolvedAt.gte(at)))
            .add_option(filter.resolved_before.map(|at| Column::ResolvedAt.lt(at)))
            .add_option(filter.first_response_due_before.map(|at| Column::FirstResponseDueAt.lt(at)))
            .add_option(filter.resolution_due_before.map(|at| Column::ResolutionDueAt.lt(at)))
            .add_option(filter.first_response_breached.map(|late| Column::FirstResponseBreached.eq(late)))
            .add_option(filter.resolution_breached.map(|late| Column::ResolutionBreached.eq(late)))
    }
}

/// Refuses what is not there. What a ticket named before may be archived meanwhile.
async fn refer(this: &This<'_>, before: Option<&State<Tickets>>, fields: &TicketFields) -> Result<()> {
    References::new().user("/assignee_id", fields.assignee_id).exist(this.change).await?;
    let had = before.map(|before| &before.fields);
    if let Some(id) = fields.product_id.filter(|id| had.and_then(|had| had.product_id) != Some(*id)) {
        records::named::<Products>(this, "/product_id", id).await?;
    }
    if let Some(id) = fields.order_id.filter(|id| had.and_then(|had| had.order_id) != Some(*id)) {
        records::named::<Orders>(this, "/order_id", id).await?;
    }
    Ok(())
}

/// Working time is not known before the rules of holidays begin.
fn must_be_countable(opened_at: Instant) -> Result<()> {
    let first = NaiveDate::from_ymd_opt(FIRST_YEAR, 1, 1).unwrap_or_default();
    if opened_at < first.and_time(chrono::NaiveTime::MIN).and_utc().into() {
        return Err(Error::invalid_at("/opened_at", Fault::new(FaultCode::Before).with("other", first.to_string())));
    }
    Ok(())
}

fn new_facts(opened_at: Instant) -> TicketFacts {
    TicketFacts {
        status: TicketStatus::New,
        escalation_level: 0,
        first_response_due_at: None,
        first_response_at: None,
        first_response_minutes: None,
        first_response_breached: None,
        resolution_due_at: None,
        resolved_at: None,
        resolution: None,
        resolution_minutes: None,
        resolution_breached: None,
        resolved_on_first_contact: None,
        closed_at: None,
        reopen_count: 0,
        answer_count: 0,
        comment_count: 0,
        last_comment_at: None,
        clock_stopped_at: None,
        clock_stopped_seconds: 0,
        last_step_at: opened_at,
    }
}
