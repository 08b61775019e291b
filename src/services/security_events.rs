//! What was noted besides the changes: sign-ins, refusals, sensitive reads.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::{order, pages};
use crate::entities::security_event;
use crate::error::Result;
use crate::history::context::Context;
use crate::schemas::page::{Found, PageRequest};
use crate::schemas::security_event::{SecurityEvent, SecurityEventQuery};

const SORTS: &[(&str, security_event::Column)] = &[("occurred_at", security_event::Column::OccurredAt)];

/// One page of security events, newest first.
pub async fn list(cx: &Context, query: &SecurityEventQuery, page: &PageRequest) -> Result<Found<SecurityEvent>> {
    let select = security_event::Entity::find().filter(matching(query));
    let order = order::by(query.sort.as_deref(), "-occurred_at", SORTS, security_event::Column::Id);
    pages::find(cx, select, &order, page, SecurityEvent::from).await
}

fn matching(query: &SecurityEventQuery) -> Condition {
    use security_event::Column;
    let mut all = Condition::all();
    if !query.kind.is_empty() {
        all = all.add(Column::Kind.is_in(query.kind.iter().map(|kind| kind.0.as_str())));
    }
    if let Some(outcome) = query.outcome {
        all = all.add(Column::Outcome.eq(outcome.as_str()));
    }
    if !query.actor_id.is_empty() {
        all = all.add(Column::ActorId.is_in(query.actor_id.iter().copied()));
    }
    if !query.subject_id.is_empty() {
        all = all.add(Column::SubjectId.is_in(query.subject_id.iter().copied()));
    }
    if let Some(from) = query.occurred_from {
        all = all.add(Column::OccurredAt.gte(from));
    }
    if let Some(to) = query.occurred_to {
        all = all.add(Column::OccurredAt.lt(to));
    }
    all
}
