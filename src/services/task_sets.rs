//! Sets of tasks: made together from a template, in one change.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Map, json};
use uuid::Uuid;

use super::customers;
use super::records::{self, Kind, State, This, named};
use super::references::References;
use super::sentences::sentence;
use super::task_templates::TaskTemplates;
use super::tasks::Tasks;
use crate::domain::event_kind::Category;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::permission::Permission;
use crate::entities::cells::{Locks, Reads};
use crate::entities::record::ColumnOf;
use crate::entities::task;
use crate::entities::task_set::{Column, Entity, Model};
use crate::error::{Error, Result};
use crate::history::context::Context;
use crate::schemas::record::{Create, Writable};
use crate::schemas::task::{TaskFields, TaskStatus};
use crate::schemas::task_set::{TaskSetFacts, TaskSetFields, TaskSetFilter, TaskSetStatus};
use crate::schemas::task_template::{OWNER, TemplateStep};

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// Sets of tasks.
pub struct TaskSets;

impl Kind for TaskSets {
    type Row = Model;
    type Fields = TaskSetFields;

    const CATEGORY: Category = Category::Communication;
    const READ: Permission = Permission::TasksRead;
    const WRITE: Permission = Permission::TasksWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("starts_at", Column::StartsAt),
        ("completed_at", Column::CompletedAt),
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];
    const CREATED: (&'static str, &'static str) = ("started", "begonnen");

    fn label(state: &State<Self>) -> String {
        let names = &state.facts.template_names;
        if names.de == names.en { names.de.clone() } else { format!("{} / {}", names.de, names.en) }
    }

    async fn settle(this: &This<'_>, before: Option<&State<Self>>, mut fields: TaskSetFields) -> Result<State<Self>> {
        fields.starts_at = fields.starts_at.or(Some(this.change.now()));
        if let Some(before) = before {
            return Ok(State { fields, facts: before.facts.clone() });
        }
        let mut references = References::new();
        for (at, assignee) in fields.assignees.iter().enumerate() {
            references.user(format!("/assignees/{at}/user_id"), Some(assignee.user_id));
        }
        references.exist(this.change).await?;
        let template = named::<TaskTemplates>(this, "/template_id", fields.template_id).await?;
        let template = State::<TaskTemplates>::of(&template)?.fields;
        for (at, assignee) in fields.assignees.iter().enumerate() {
            let is_known = template.steps.iter().any(|step| step.assignee_role.as_ref() == Some(&assignee.role));
            if !is_known {
                let fault = Fault::new(FaultCode::Reference).with("type", "role");
                return Err(Error::invalid_at(format!("/assignees/{at}/role"), fault));
            }
        }
        let task_count = template.steps.len().try_into().map_err(Error::internal)?;
        let facts = TaskSetFacts {
            status: TaskSetStatus::Active,
            template_names: template.names,
            task_count,
            completed_at: None,
        };
        Ok(State { fields, facts })
    }

    fn occurred_at(state: &State<Self>, happened: &str) -> Option<Instant> {
        state.facts.completed_at.filter(|_| happened == "completed")
    }

    fn index(row: &mut Model, state: &State<Self>) {
        row.template_id = state.fields.template_id;
        row.status = state.facts.status.as_str().to_owned();
        row.starts_at = state.fields.starts_at;
        row.completed_at = state.facts.completed_at;
    }

    async fn follow(this: &This<'_>, before: Option<&State<Self>>, after: Option<&State<Self>>) -> Result<()> {
        let (None, Some(after)) = (before, after) else { return Ok(()) };
        if after.facts.status == TaskSetStatus::Active {
            must_be_only_one(this, after.fields.template_id).await?;
        }
        // One that is restored has its tasks already.
        let of_it = task::Entity::find().filter(task::Column::TaskSetId.eq(this.id));
        if this.change.exists(of_it).await? { Ok(()) } else { make_tasks(this, &after.fields).await }
    }

    fn condition(_cx: &Context, filter: &TaskSetFilter) -> Condition {
        let mut all = Condition::all();
        if !filter.template_id.is_empty() {
            all = all.add(Column::TemplateId.is_in(filter.template_id.iter().copied()));
        }
        if !filter.status.is_empty() {
            all = all.add(Column::Status.is_in(filter.status.iter().map(|status| status.as_str())));
        }
        all.add_option(filter.starts_after.map(|at| Column::StartsAt.gte(at)))
            .add_option(filter.starts_before.map(|at| Column::StartsAt.lt(at)))
    }
}

/// The same template twice at a time is a mistake: the set that is active is named.
async fn must_be_only_one(this: &This<'_>, template_id: Uuid) -> Result<()> {
    let same = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::TemplateId.eq(template_id))
        .filter(Column::CustomerId.eq(this.customer_id))
        .filter(Column::Status.eq(TaskSetStatus::Active.as_str()))
        .filter(Column::ArchivedAt.is_null())
        .filter(Column::Id.ne(this.id));
    let others: Vec<(Uuid,)> = this.change.tuples(same).await?;
    match others.first() {
        Some((other,)) => Err(Error::already_exists(["/template_id"], Some(*other))),
        None => Ok(()),
    }
}

async fn make_tasks(this: &This<'_>, fields: &TaskSetFields) -> Result<()> {
    let Some(customer_id) = this.customer_id else { return Err(Error::internal("a set of tasks of nobody")) };
    let customer = customers::lock_in(this.change, customer_id).await?;
    let template = named::<TaskTemplates>(this, "/template_id", fields.template_id).await?;
    let starts_at = fields.starts_at.unwrap_or(this.change.now());
    let who = |role: &str| {
        let named = fields.assignees.iter().find(|assignee| assignee.role == role);
        named.map(|assignee| assignee.user_id).or(customer.owner_id.filter(|_| role == OWNER))
    };
    for step in State::<TaskTemplates>::of(&template)?.fields.steps {
        let TemplateStep { subject, body, due_after_days, priority, assignee_role, assignee_id } = step;
        let due_at = starts_at.plus_seconds(i64::from(due_after_days) * SECONDS_PER_DAY);
        let fields = TaskFields {
            subject,
            body,
            priority,
            due_at: Some(due_at),
            assignee_id: assignee_id.or(assignee_role.as_deref().and_then(who)),
            task_set_id: Some(this.id),
        };
        let writable = Writable { owner_id: customer.owner_id, ..Writable::default() };
        records::create_in::<Tasks>(this.change, Some(&customer), Create { fields, writable }).await?;
    }
    Ok(())
}

/// What it means for a set that one of its tasks is open, or was closed at some moment: the set is completed with the last
/// of its tasks.
pub(super) async fn notice(this: &This<'_>, set_id: Uuid, closed_at: Option<Instant>) -> Result<()> {
    let set = Entity::find().filter(Column::Id.eq(set_id)).lock_for_change();
    let Some(row) = this.change.one(set).await? else { return Ok(()) };
    let mut state = State::<TaskSets>::of(&row)?;
    let others = task::Entity::find()
        .filter(task::Column::TaskSetId.eq(set_id))
        .filter(task::Column::ArchivedAt.is_null())
        .filter(task::Column::Id.ne(this.id));
    let others_open = others.clone().filter(task::Column::Status.eq(TaskStatus::Open.as_str()));
    let told = match (state.facts.status, closed_at) {
        (TaskSetStatus::Completed, None) => {
            (state.facts.status, state.facts.completed_at) = (TaskSetStatus::Active, None);
            ("reopened", sentence("reopened", "wieder geöffnet"))
        }
        (TaskSetStatus::Active, Some(closed_at)) if !this.change.exists(others_open).await? => {
            let last = others.select_only().column(task::Column::ClosedAt).filter(task::Column::ClosedAt.is_not_null());
            let last = last.order_by_desc(task::Column::ClosedAt).limit(1);
            let last: Vec<(Instant,)> = this.change.tuples(last).await?;
            let completed_at = last.first().map_or(closed_at, |(last,)| closed_at.max(*last));
            (state.facts.status, state.facts.completed_at) = (TaskSetStatus::Completed, Some(completed_at));
            ("completed", sentence("completed", "abgeschlossen"))
        }
        _ => return Ok(()),
    };
    let facts = Map::from_iter([("task_id".to_owned(), json!(this.id))]);
    records::lead_alone_in(this.change, &row, &state, told, facts).await?;
    Ok(())
}
