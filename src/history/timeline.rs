//! The only reader of the log.

use std::collections::{HashMap, HashSet};

use sea_orm::sea_query::{Alias, Expr, ExprTrait, JoinType, LikeExpr, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use super::context::Context;
use super::rollup;
use crate::domain::actor::{Actor, ActorReference};
use crate::domain::changes::FieldChange;
use crate::domain::instant::Instant;
use crate::domain::past::Past;
use crate::entities::cells::{Cells, Field, Reads};
use crate::entities::keyset::{self, By, Mark, Rows};
use crate::entities::timeline_event::{Column, Entity, Model};
use crate::entities::{customer, relationship, timeline_head, words};
use crate::error::{Code, Error, Result};

/// What the root of a customer's timeline is called.
const CUSTOMER: &str = "customer";

/// Which events of a timeline.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// One customer; all visible ones without.
    pub customer_id: Option<Uuid>,
    /// This one and several others, each at its times.
    pub windows: Vec<Window>,
    /// Kinds, joined by "or".
    pub kinds: Vec<String>,
    /// Categories, joined by "or".
    pub categories: Vec<String>,
    /// `inbound` or `outbound`.
    pub direction: Option<String>,
    /// Channels, joined by "or".
    pub channels: Vec<String>,
    /// Records that are told of, joined by "or".
    pub subjects: Vec<Uuid>,
    /// Who acted.
    pub actor_id: Option<Uuid>,
    /// Systems the events come from, joined by "or".
    pub source_systems: Vec<String>,
    /// Happened at or after.
    pub occurred_from: Option<Instant>,
    /// Happened before.
    pub occurred_to: Option<Instant>,
    /// Learned at or after.
    pub recorded_from: Option<Instant>,
    /// Learned before.
    pub recorded_to: Option<Instant>,
    /// Only what had happened and was known at a moment.
    pub past: Option<Past>,
    /// Folded beginnings of words in title or summary, joined by "and"; an empty list finds nothing.
    pub words: Option<Vec<String>>,
    /// Also the entries that were corrected.
    pub full: bool,
    /// Oldest first.
    pub oldest_first: bool,
}

/// How far the history of a customer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// When the newest of all events happened, in microseconds.
    pub newest_at: i64,
    /// How many events there are.
    pub events: i64,
}

impl Extent {
    /// Asks with each row how far the history of the customer goes whom a column names; [`Extent::read`] reads it behind
    /// whatever else is asked.
    pub fn beside<E: EntityTrait>(mut select: Select<E>, customer: (E, E::Column)) -> Select<E> {
        use timeline_head::Column as Head;
        let head = Expr::col((timeline_head::Entity, Head::RootId)).equals(customer);
        let query = QuerySelect::query(&mut select);
        query.columns([Head::NewestAt, Head::Sequence].map(|column| (timeline_head::Entity, column)));
        query.join(JoinType::LeftJoin, timeline_head::Entity, head);
        select
    }

    /// Reads it from two columns; there is none where nothing has happened.
    pub fn read(cells: &dyn Cells, at: usize) -> Result<Option<Self>, DbErr> {
        let (newest_at, events): (Option<i64>, Option<i64>) = (Field::read(cells, at)?, Field::read(cells, at + 1)?);
        Ok(newest_at.zip(events).map(|(newest_at, events)| Self { newest_at, events }))
    }
}

/// The times of a customer that a timeline shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The customer.
    pub customer_id: Uuid,
    /// What happened at or after.
    pub from: Option<Instant>,
    /// What happened before.
    pub to: Option<Instant>,
    /// How far the history of the customer goes, where it is known already.
    pub extent: Option<Extent>,
}

impl Window {
    /// Its first moment and the one behind its last, as numbers of microseconds.
    pub(super) fn bounds(&self) -> (i64, i64) {
        (self.from.map_or(-i64::MAX, Instant::micros), self.to.map_or(i64::MAX, Instant::micros))
    }
}

impl Filter {
    /// Whether nothing is asked of an event but when it happened: then most of them are shown.
    pub(super) fn shows_most(&self) -> bool {
        let asked = [&self.kinds, &self.categories, &self.channels, &self.source_systems];
        asked.iter().all(|asked| asked.is_empty())
            && self.direction.is_none()
            && self.subjects.is_empty()
            && self.actor_id.is_none()
            && self.recorded_from.is_none()
            && self.recorded_to.is_none()
            && self.words.is_none()
    }
}

/// One page, and how many there are in all if that was asked.
pub async fn page(
    cx: &Context,
    filter: &Filter,
    mark: Option<&Mark>,
    limit: u64,
    count: bool,
) -> Result<(Rows<Model>, Option<u64>)> {
    if !filter.windows.is_empty() {
        return rollup::page(cx, filter, &conditions(cx, filter), mark, limit, count).await;
    }
    let select = Entity::find().filter(conditions(cx, filter));
    let total = if count { Some(cx.store.rows.count(select.clone()).await?) } else { None };
    let descending = !filter.oldest_first;
    // Within a customer ties are broken by sequence, across customers by the order of all events.
    let tie = if filter.customer_id.is_some() { Column::Sequence } else { Column::Position };
    let order = [By { column: Column::OccurredAt, descending }, By { column: tie, descending }];
    let rows = keyset::page(select, &order, mark, limit, &cx.store.rows).await?;
    Ok((rows.ok_or_else(|| Error::new(Code::InvalidCursor))?, total))
}

/// Whether the title and the summary of the event a column leads to have each word somebody looks for.
pub fn tells_in<C: ColumnTrait>(event: C, q: &str) -> SimpleExpr {
    let event = Expr::col(event.as_column_ref());
    let telling = Query::select()
        .expr(Expr::val(1))
        .from(Entity)
        .and_where(Expr::col((Entity, Column::Id)).eq(event))
        .cond_where(words::asked(Column::SearchText, Some(q)))
        .to_owned();
    Expr::exists(telling)
}

/// On whose timelines these records are told of.
pub async fn roots_of(reader: &impl Reads, subjects: &[Uuid]) -> Result<HashSet<Uuid>> {
    let roots = Entity::find().filter(Column::SubjectId.is_in(subjects.iter().copied())).select_only();
    let roots: Vec<(Uuid,)> = reader.tuples(roots.column(Column::RootId).distinct()).await?;
    Ok(roots.into_iter().map(|(root,)| root).collect())
}

fn conditions(cx: &Context, filter: &Filter) -> Condition {
    let mut all = Condition::all().add_option(without_hidden_ends(&cx.actor));
    all = match filter.customer_id {
        _ if !filter.windows.is_empty() => all,
        Some(id) => all.add(Column::RootId.eq(id)).add(Column::RootType.eq(CUSTOMER)),
        // Written out, because only a constant lets the index of these events alone be used.
        None => all.add(Expr::cust("timeline_events.root_type = 'customer'")).add_option(visible(cx)),
    };
    for (column, values) in [
        (Column::Kind, &filter.kinds),
        (Column::Category, &filter.categories),
        (Column::Channel, &filter.channels),
        (Column::SourceSystem, &filter.source_systems),
    ] {
        if !values.is_empty() {
            all = all.add(column.is_in(values.iter().cloned()));
        }
    }
    if !filter.subjects.is_empty() {
        all = all.add(Column::SubjectId.is_in(filter.subjects.iter().copied()));
    }
    if let Some(direction) = &filter.direction {
        all = all.add(Column::Direction.eq(direction.clone()));
    }
    if let Some(actor) = filter.actor_id {
        all = all.add(Column::ActorId.eq(actor));
    }
    for (column, from, to) in [
        (Column::OccurredAt, filter.occurred_from, filter.occurred_to),
        (Column::RecordedAt, filter.recorded_from, filter.recorded_to),
    ] {
        all = all.add_option(from.map(|from| column.gte(from))).add_option(to.map(|to| column.lt(to)));
    }
    if let Some(past) = &filter.past {
        all = all.add(Column::OccurredAt.lte(past.as_of)).add(Column::RecordedAt.lte(past.known_at));
    }
    all = all.add_option(filter.words.as_ref().map(|asked| words::all_in(Column::SearchText, asked)));
    if !filter.full {
        all = all.add(Expr::exists(corrections(filter.past.as_ref())).not());
    }
    all
}

/// Corrections of the event at hand, as far as they were known.
fn corrections(past: Option<&Past>) -> SelectStatement {
    let correction = Alias::new("correction");
    Query::select()
        .expr(Expr::val(1))
        .from_as(Entity, correction.clone())
        .and_where(Expr::col((correction.clone(), Column::Supersedes)).equals((Entity, Column::Id)))
        .and_where_option(past.map(|past| Expr::col((correction, Column::RecordedAt)).lte(past.known_at)))
        .to_owned()
}

/// Events are seen by those who see their customer.
fn visible(cx: &Context) -> Option<SimpleExpr> {
    let visible = customer::visible_to(&cx.actor);
    if visible.is_empty() {
        return None;
    }
    let ids = Query::select().column(customer::Column::Id).from(customer::Entity).cond_where(visible).to_owned();
    Some(Column::RootId.in_subquery(ids))
}

/// An event of a relationship names the customer at the other end: it is seen by those who may know of both.
fn without_hidden_ends(actor: &Actor) -> Option<Condition> {
    let visible = relationship::visible_to(actor);
    if visible.is_empty() {
        return None;
    }
    let ids =
        Query::select().column(relationship::Column::Id).from(relationship::Entity).cond_where(visible).to_owned();
    let others = Column::SubjectType.ne(relationship::SUBJECT);
    Some(Condition::any().add(others).add(Column::SubjectId.in_subquery(ids)))
}

/// How many events there are of a customer.
pub async fn length(connection: &impl Reads, customer_id: Uuid) -> Result<i64> {
    let head = timeline_head::Entity::find().filter(timeline_head::Column::RootId.eq(customer_id));
    let head = head.select_only().column(timeline_head::Column::Sequence);
    let found: Vec<(i64,)> = connection.tuples(head).await?;
    Ok(found.first().map(|(sequence,)| *sequence).unwrap_or_default())
}

/// One event of a customer, if the actor may read it; that they may know of the customer was asked before.
pub async fn event(connection: &impl Reads, actor: &Actor, customer_id: Uuid, event_id: Uuid) -> Result<Model> {
    let this = Condition::all()
        .add(Column::RootId.eq(customer_id))
        .add(Column::RootType.eq(CUSTOMER))
        .add(Column::Id.eq(event_id))
        .add_option(without_hidden_ends(actor));
    let found = connection.one(Entity::find().filter(this)).await?;
    found.ok_or_else(|| Error::new(Code::NotFound))
}

/// The event an external system already sent under this reference.
pub async fn by_reference(connection: &impl Reads, system: &str, reference: &str) -> Result<Option<Model>> {
    let of_system = Entity::find().filter(Column::SourceSystem.eq(system));
    Ok(connection.one(of_system.filter(Column::SourceReference.eq(reference))).await?)
}

/// Which of these events were corrected as far as it is or was known, and by which.
pub async fn superseded(
    connection: &impl Reads,
    events: impl IntoIterator<Item = Uuid>,
    past: Option<&Past>,
) -> Result<HashMap<Uuid, Uuid>> {
    let known = Condition::all().add_option(past.map(|past| Column::RecordedAt.lte(past.known_at)));
    let both = Entity::find().select_only().column(Column::Supersedes).column(Column::Id).filter(known);
    let rows: Vec<(Uuid, Uuid)> = connection.tuples(both.filter(Column::Supersedes.is_in(events))).await?;
    Ok(rows.into_iter().collect())
}

/// The events that changed a record, and how many there are in all if that was asked. With `fields`, those that changed
/// one of them or a member of it, and the one the record began with.
pub async fn changes_of(
    cx: &Context,
    record_id: Uuid,
    fields: &[&str],
    oldest_first: bool,
    mark: Option<&Mark>,
    limit: u64,
    count: bool,
) -> Result<(Rows<Model>, Option<u64>)> {
    let mut select = Entity::find().filter(Column::SubjectId.eq(record_id)).filter(Column::State.is_not_null());
    if !fields.is_empty() {
        let said = |text: String| Column::Payload.like(LikeExpr::new(format!("%{text}%")).escape('\\'));
        let mut any = Condition::any().add(said("\"changes\":[".to_owned()).not());
        for field in fields {
            let field = field.replace('_', "\\_");
            any = any.add(said(format!("\"field\":\"{field}\""))).add(said(format!("\"field\":\"{field}.")));
        }
        select = select.filter(any);
    }
    let total = if count { Some(cx.store.rows.count(select.clone()).await?) } else { None };
    let order = [By { column: Column::Sequence, descending: !oldest_first }];
    let rows = keyset::page(select, &order, mark, limit, &cx.store.rows).await?;
    Ok((rows.ok_or_else(|| Error::new(Code::InvalidCursor))?, total))
}

/// At most this many changes are looked through to tell a writer what differs.
const CHANGES_MAX: u64 = 200;

/// The changes of a record since a version, oldest first, with when and by whom.
pub async fn changes_since(
    connection: &impl Reads,
    record_id: Uuid,
    version: i64,
) -> Result<Vec<(FieldChange, Instant, ActorReference)>> {
    let of_record = Entity::find().filter(Column::SubjectId.eq(record_id));
    let events = connection.all(of_record.order_by_desc(Column::Sequence).limit(CHANGES_MAX)).await?;
    let mut changes = Vec::new();
    for event in events.iter().rev() {
        let payload: serde_json::Value = serde_json::from_str(&event.payload).map_err(Error::internal)?;
        if payload["version"].as_i64().is_none_or(|made| made <= version) {
            continue;
        }
        let made = payload.get("changes").cloned().unwrap_or_default();
        let made: Option<Vec<FieldChange>> = serde_json::from_value(made).ok();
        for change in made.into_iter().flatten() {
            changes.push((change, event.recorded_at, event.actor()));
        }
    }
    Ok(changes)
}
