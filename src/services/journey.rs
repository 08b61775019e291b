//! The way of a customer: from stage to stage, to the first purchase, and how far an onboarding has come.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::invoices::Invoices;
use super::orders::Orders;
use super::records::{self, Kind, State};
use super::task_sets::TaskSets;
use super::tasks::Tasks;
use super::{customers, event_types, timeline};
use crate::domain::event_kind::Category;
use crate::domain::instant::Instant;
use crate::domain::permission::Permission;
use crate::entities::cells::Reads;
use crate::entities::record::Record;
use crate::entities::{invoice, order, task, task_set};
use crate::error::{Error, Result};
use crate::history::context::Context;
use crate::schemas::change::{ChangesQuery, FieldPath, RecordChange};
use crate::schemas::customer::LifecycleStage;
use crate::schemas::journey::{CustomerJourney, FirstPurchase, JourneyStage, Onboarding};
use crate::schemas::page::PageRequest;
use crate::schemas::query::{Both, PastQuery};
use crate::schemas::task::TaskStatus;
use crate::schemas::timeline::{IncludeQuery, TimelineQuery};

/// Changes of the stage that are told.
const STAGES_MAX: u64 = 200;
/// Sets of tasks that are told.
const SETS_MAX: u64 = 20;

const STAGE: &str = "lifecycle_stage";

/// Puts it together, in a constant number of queries.
pub async fn read(cx: &Context, customer_id: Uuid) -> Result<CustomerJourney> {
    let (customer, stages, first_purchase, onboarding) = tokio::try_join!(
        Box::pin(customers::read(cx, customer_id, None)),
        Box::pin(stages(cx, customer_id)),
        Box::pin(first_purchase(cx, customer_id)),
        Box::pin(onboarding(cx, customer_id)),
    )?;
    Ok(CustomerJourney {
        customer_id,
        first_contact_at: customer.first_contact_at,
        customer_since: customer.customer_since,
        first_purchase,
        stages,
        onboarding,
    })
}

async fn stages(cx: &Context, customer_id: Uuid) -> Result<Vec<JourneyStage>> {
    let query = ChangesQuery { field: vec![FieldPath(STAGE.to_owned())], sort: None };
    let found = customers::changes(cx, customer_id, &query, &PageRequest::first(STAGES_MAX)).await?;
    let mut left_at = None;
    let mut stages = Vec::new();
    for change in found.items {
        let Some(stage) = entered(&change)? else { continue };
        let entered_at = change.changed_at;
        let duration = left_at.map(|left: Instant| Ord::max(left.micros() - entered_at.micros(), 0) / 1_000_000);
        stages.push(JourneyStage {
            stage,
            entered_at,
            left_at: left_at.replace(entered_at),
            duration_seconds: duration,
            entered_by: change.changed_by,
            event_id: change.event_id,
        });
    }
    stages.reverse();
    Ok(stages)
}

fn entered(change: &RecordChange) -> Result<Option<LifecycleStage>> {
    let field = change.fields.iter().find(|field| field.field == STAGE);
    field.map(|field| serde_json::from_value(field.to.clone())).transpose().map_err(Error::internal)
}

async fn first_purchase(cx: &Context, customer_id: Uuid) -> Result<Option<FirstPurchase>> {
    let (order, invoice, event) = tokio::try_join!(
        first_order(cx, customer_id),
        first_invoice(cx, customer_id),
        Box::pin(first_event(cx, customer_id)),
    )?;
    // What was ordered and charged on one day was ordered first: an invoice is known by its day.
    let of_order = |(invoice, order_id): &(FirstPurchase, Option<Uuid>)| {
        let is_it =
            |order: &FirstPurchase| *order_id == Some(order.id) && invoice.occurred_at.day() == order.occurred_at.day();
        order.as_ref().is_some_and(is_it)
    };
    let invoice = invoice.filter(|invoice| !of_order(invoice)).map(|(invoice, _)| invoice);
    Ok([order, invoice, event].into_iter().flatten().min_by_key(|purchase| purchase.occurred_at.micros()))
}

async fn first_order(cx: &Context, customer_id: Uuid) -> Result<Option<FirstPurchase>> {
    use order::Column;
    if !cx.actor.permissions.contains(Orders::READ) {
        return Ok(None);
    }
    let placed = records::rows_of_customer::<Orders>(cx, customer_id, None)
        .filter(Column::ArchivedAt.is_null())
        .filter(Column::Status.ne("cancelled"))
        .filter(Column::PlacedAt.is_not_null())
        .order_by_asc(Column::PlacedAt)
        .order_by_asc(Column::Id);
    let Some(row) = cx.store.rows.one(placed.limit(1)).await? else { return Ok(None) };
    row.placed_at.map(|at| purchase::<Orders>(&row, at)).transpose()
}

/// With the order it charges.
async fn first_invoice(cx: &Context, customer_id: Uuid) -> Result<Option<(FirstPurchase, Option<Uuid>)>> {
    use invoice::Column;
    if !cx.actor.permissions.contains(Invoices::READ) {
        return Ok(None);
    }
    let issued = records::rows_of_customer::<Invoices>(cx, customer_id, None)
        .filter(Column::ArchivedAt.is_null())
        .filter(Column::Kind.eq("invoice"))
        .filter(Column::Status.is_not_in(["draft", "cancelled"]))
        .filter(Column::IssuedOn.is_not_null())
        .order_by_asc(Column::IssuedOn)
        .order_by_asc(Column::Id);
    let Some(row) = cx.store.rows.one(issued.limit(1)).await? else { return Ok(None) };
    let State { fields, facts } = State::<Invoices>::of(&row)?;
    let Some(at) = facts.dated_at else { return Ok(None) };
    Ok(Some((purchase::<Invoices>(&row, at)?, fields.order_id)))
}

fn purchase<K: Kind>(row: &K::Row, occurred_at: Instant) -> Result<FirstPurchase> {
    let state = State::<K>::of(row)?;
    Ok(FirstPurchase {
        kind: K::words().one.to_owned(),
        id: Record::id(row),
        label: K::label(&state),
        occurred_at,
        amount: K::amount(&state),
    })
}

/// What integrators tell of purchases in their own words.
async fn first_event(cx: &Context, customer_id: Uuid) -> Result<Option<FirstPurchase>> {
    if !cx.actor.permissions.contains(Permission::TimelineRead) {
        return Ok(None);
    }
    let kind = event_types::of_category(cx, Category::Purchase).await?;
    if kind.is_empty() {
        return Ok(None);
    }
    let query = TimelineQuery { kind, sort: Some("occurred_at".to_owned()), ..TimelineQuery::default() };
    let query = Both(IncludeQuery::default(), Both(PastQuery::default(), query));
    let found = timeline::of_customer(cx, customer_id, &query, &PageRequest::first(1)).await?;
    Ok(found.items.into_iter().next().map(|event| FirstPurchase {
        kind: "event".to_owned(),
        id: event.id,
        label: event.title,
        occurred_at: event.occurred_at,
        amount: event.amount,
    }))
}

async fn onboarding(cx: &Context, customer_id: Uuid) -> Result<Option<Vec<Onboarding>>> {
    use task_set::Column;
    if !cx.actor.permissions.contains(TaskSets::READ) {
        return Ok(None);
    }
    let sets = records::rows_of_customer::<TaskSets>(cx, customer_id, None).filter(Column::ArchivedAt.is_null());
    let sets = sets.order_by_desc(Column::StartsAt).order_by_desc(Column::Id).limit(SETS_MAX);
    let sets = cx.store.rows.all(sets).await?;
    let progress = progress(cx, customer_id, sets.iter().map(|set| set.id)).await?;
    let told = |set: task_set::Model| {
        let State { fields, facts } = State::<TaskSets>::of(&set)?;
        let Progress { tasks, completed, cancelled, next_due_at } = progress.get(&set.id).copied().unwrap_or_default();
        Ok(Onboarding {
            task_set_id: set.id,
            template_id: fields.template_id,
            template_names: facts.template_names,
            status: facts.status,
            started_at: fields.starts_at,
            completed_at: facts.completed_at,
            tasks,
            completed_tasks: completed,
            cancelled_tasks: cancelled,
            next_due_at,
        })
    };
    sets.into_iter().map(told).collect::<Result<_>>().map(Some)
}

#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    tasks: i64,
    completed: i64,
    cancelled: i64,
    next_due_at: Option<Instant>,
}

/// How the tasks of these sets stand: one query for all.
async fn progress(
    cx: &Context,
    customer_id: Uuid,
    sets: impl Iterator<Item = Uuid> + Send,
) -> Result<HashMap<Uuid, Progress>> {
    use task::Column;
    let tasks = records::rows_of_customer::<Tasks>(cx, customer_id, None)
        .filter(Column::ArchivedAt.is_null())
        .filter(Column::TaskSetId.is_in(sets))
        .select_only()
        .column(Column::TaskSetId)
        .column(Column::Status)
        .expr(Expr::cust("count(*)").cast_as("bigint"))
        .expr(Column::DueAt.min())
        .group_by(Column::TaskSetId)
        .group_by(Column::Status);
    let rows: Vec<(Uuid, String, i64, Option<Instant>)> = cx.store.rows.tuples(tasks).await?;
    let mut all: HashMap<Uuid, Progress> = HashMap::new();
    for (set, status, tasks, due_at) in rows {
        let progress = all.entry(set).or_default();
        progress.tasks += tasks;
        match status.as_str() {
            status if status == TaskStatus::Completed.as_str() => progress.completed = tasks,
            status if status == TaskStatus::Cancelled.as_str() => progress.cancelled = tasks,
            _ => progress.next_due_at = due_at,
        }
    }
    Ok(all)
}
