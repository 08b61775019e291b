//! Tasks: what is to be done for a customer, by whom and by when.

use sea_orm::{ColumnTrait, Condition};

use super::moments::happened;
use super::records::{Kind, Move, MoveFacts, State, This, named};
use super::references::References;
use super::task_sets::{self, TaskSets};
use crate::domain::event_kind::Category;
use crate::domain::instant::Instant;
use crate::domain::permission::Permission;
use crate::domain::priority::Priority;
use crate::entities::record::ColumnOf;
use crate::entities::task::{Column, Model};
use crate::entities::words;
use crate::error::Result;
use crate::history::context::Context;
use crate::schemas::task::{CloseTask, ReopenTask, TaskFacts, TaskFields, TaskFilter, TaskStatus};

/// Tasks.
pub struct Tasks;

impl Kind for Tasks {
    type Row = Model;
    type Fields = TaskFields;

    const CATEGORY: Category = Category::Communication;
    const READ: Permission = Permission::TasksRead;
    const WRITE: Permission = Permission::TasksWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("due_at", Column::DueAt),
        ("priority", Column::Priority),
        ("subject", Column::Subject),
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];
    const MOVES: &'static [MoveFacts] = &[Complete::FACTS, Cancel::FACTS, Reopen::FACTS];

    fn label(state: &State<Self>) -> String {
        state.fields.subject.clone()
    }

    async fn settle(this: &This<'_>, before: Option<&State<Self>>, fields: TaskFields) -> Result<State<Self>> {
        References::new().user("/assignee_id", fields.assignee_id).exist(this.change).await?;
        if let (None, Some(task_set_id)) = (before, fields.task_set_id) {
            named::<TaskSets>(this, "/task_set_id", task_set_id).await?;
        }
        let new = TaskFacts { status: TaskStatus::Open, closed_at: None, outcome: None };
        Ok(State { fields, facts: before.map_or(new, |before| before.facts.clone()) })
    }

    fn stage(state: &State<Self>) -> &'static str {
        state.facts.status.as_str()
    }

    fn occurred_at(state: &State<Self>, happened: &str) -> Option<Instant> {
        let closed = matches!(happened, "completed" | "cancelled");
        state.facts.closed_at.filter(|_| closed)
    }

    fn index(row: &mut Model, state: &State<Self>) {
        row.subject.clone_from(&state.fields.subject);
        row.status = state.facts.status.as_str().to_owned();
        row.priority = state.fields.priority.rank();
        row.due_at = state.fields.due_at;
        row.assignee_id = state.fields.assignee_id;
        row.task_set_id = state.fields.task_set_id;
        row.closed_at = state.facts.closed_at;
        row.search_text = Some(words::kept([&state.fields.subject]));
    }

    async fn follow(this: &This<'_>, before: Option<&State<Self>>, after: Option<&State<Self>>) -> Result<()> {
        let Some(task_set_id) = before.or(after).and_then(|state| state.fields.task_set_id) else { return Ok(()) };
        let is_open = |state: Option<&State<Self>>| state.is_some_and(|it| it.facts.status == TaskStatus::Open);
        let (was_open, is_open) = (is_open(before), is_open(after));
        if was_open == is_open {
            return Ok(());
        }
        let closed_at = after.and_then(|after| after.facts.closed_at).unwrap_or(this.change.now());
        task_sets::notice(this, task_set_id, (!is_open).then_some(closed_at)).await
    }

    fn condition(cx: &Context, filter: &TaskFilter) -> Condition {
        let mut all = words::asked(Column::SearchText, filter.q.as_deref());
        if !filter.status.is_empty() {
            all = all.add(Column::Status.is_in(filter.status.iter().map(|status| status.as_str())));
        }
        if !filter.priority.is_empty() {
            all = all.add(Column::Priority.is_in(filter.priority.iter().copied().map(Priority::rank)));
        }
        if !filter.assignee_id.is_empty() {
            all = all.add(Column::AssigneeId.is_in(filter.assignee_id.iter().map(|user| user.id(cx.actor.id()))));
        }
        if !filter.task_set_id.is_empty() {
            all = all.add(Column::TaskSetId.is_in(filter.task_set_id.iter().copied()));
        }
        all.add_option(filter.due_after.map(|at| Column::DueAt.gte(at)))
            .add_option(filter.due_before.map(|at| Column::DueAt.lt(at)))
            .add_option(filter.overdue.map(|overdue| is_overdue(overdue, cx.clock.now())))
    }
}

/// Whether nobody has done it in time. It is never unknown, so that its opposite holds for all others.
fn is_overdue(overdue: bool, now: Instant) -> Condition {
    let (open, closed) = (Column::Status.eq(TaskStatus::Open.as_str()), Column::Status.ne(TaskStatus::Open.as_str()));
    match overdue {
        true => Condition::all().add(open).add(Column::DueAt.lt(now)),
        false => Condition::any().add(closed).add(Column::DueAt.is_null()).add(Column::DueAt.gte(now)),
    }
}

fn close(this: &This<'_>, state: &mut State<Tasks>, status: TaskStatus, input: CloseTask) -> Result<()> {
    let at = happened("/closed_at", input.closed_at, None, this.change.now())?;
    state.facts = TaskFacts { status, closed_at: Some(at), outcome: input.outcome };
    Ok(())
}

/// It is done.
pub struct Complete;

impl Move for Complete {
    type Kind = Tasks;
    type Input = CloseTask;

    const FACTS: MoveFacts = MoveFacts {
        verb: "complete",
        segment: "completion",
        summary: "It is done, with what came of it.",
        happened: "completed",
        happened_german: "erledigt",
        from: &["open"],
    };

    async fn make(this: &This<'_>, state: &mut State<Tasks>, input: CloseTask) -> Result<()> {
        close(this, state, TaskStatus::Completed, input)
    }
}

/// It will not be done.
pub struct Cancel;

impl Move for Cancel {
    type Kind = Tasks;
    type Input = CloseTask;

    const FACTS: MoveFacts = MoveFacts {
        verb: "cancel",
        segment: "cancellation",
        summary: "It will not be done, and why.",
        happened: "cancelled",
        happened_german: "abgebrochen",
        from: &["open"],
    };

    async fn make(this: &This<'_>, state: &mut State<Tasks>, input: CloseTask) -> Result<()> {
        close(this, state, TaskStatus::Cancelled, input)
    }
}

/// It is to be done after all.
pub struct Reopen;

impl Move for Reopen {
    type Kind = Tasks;
    type Input = ReopenTask;

    const FACTS: MoveFacts = MoveFacts {
        verb: "reopen",
        segment: "reopening",
        summary: "It is to be done after all.",
        happened: "reopened",
        happened_german: "wieder geöffnet",
        from: &["completed", "cancelled"],
    };

    async fn make(_this: &This<'_>, state: &mut State<Tasks>, _input: ReopenTask) -> Result<()> {
        state.facts = TaskFacts { status: TaskStatus::Open, closed_at: None, outcome: None };
        Ok(())
    }
}
