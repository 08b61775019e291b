//! Records as they were: the queries of the present, asked of the states that events keep.
//!
//! Each event that changes a record keeps the whole row it left. The table of a query is exchanged for those rows as they
//! were, so that filters, order, pages and totals of the past are those of the present. One read per record, however
//! long its history.

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Order, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, ColumnType, DbBackend, EntityTrait, IdenStatic, Iterable, QuerySelect, QueryTrait, Select};
use uuid::Uuid;

use crate::domain::instant::Instant;
use crate::domain::past::Past;
use crate::entities::cells::Reads;
use crate::entities::timeline_event::{Column, Entity};
use crate::error::Result;

/// The first contact with a customer, in the states of interactions.
pub const FIRST_CONTACT_AT: &str = "customer_first_contact_at";
/// The last one.
pub const LAST_INTERACTION_AT: &str = "customer_last_interaction_at";

/// What both databases take for no limit. It keeps them from asking for the state once for each column.
const ALL: u64 = i64::MAX.unsigned_abs();

const STATE: &str = "state";
const ID: &str = "id";

/// The rows of `these` records, as they are or as they were. The records are chosen by what never changes in them and by
/// what the caller may see now; only they are looked up.
pub fn of<E: EntityTrait>(past: Option<Past>, these: Select<E>, backend: DbBackend) -> Select<E> {
    let Some(past) = past else { return these };
    let ids = these.select_only().column_as(Expr::cust(ID), ID).into_query();
    of_states(known(&past, ids, backend), backend)
}

/// A query whose table is made of states.
fn of_states<E: EntityTrait>(known: SelectStatement, backend: DbBackend) -> Select<E> {
    let mut select = E::find();
    let rows = rows::<E>(known, backend);
    QuerySelect::query(&mut select).from_clear().from_subquery(rows, Alias::new(E::default().table_name()));
    select
}

/// The rows that events left, one for each.
pub fn left_by<E: EntityTrait>(events: Vec<Uuid>, backend: DbBackend) -> Select<E> {
    let state = Expr::col((Entity, Column::State));
    let state = if backend == DbBackend::Postgres { state.cast_as("jsonb") } else { state };
    let known =
        Query::select().expr_as(state, STATE).from(Entity).and_where(Column::Id.is_in(events)).limit(ALL).to_owned();
    of_states(known, backend)
}

/// The state of each record as the last event tells it. An event that was dated back behind a later one does not count for
/// the time between: the state it left knows of the later one.
fn known(past: &Past, ids: SelectStatement, backend: DbBackend) -> SelectStatement {
    let now = Alias::new("now");
    let mut last = Query::select()
        .column((Entity, Column::State))
        .from(Entity)
        .and_where(Expr::col((Entity, Column::SubjectId)).equals((now.clone(), Alias::new(ID))))
        .and_where(Column::State.is_not_null())
        .and_where(Column::RecordedAt.lte(past.known_at))
        .and_where(Column::OccurredAt.lte(past.as_of))
        .order_by((Entity, Column::RecordedAt), Order::Desc)
        .order_by((Entity, Column::Sequence), Order::Desc)
        .limit(1)
        .to_owned();
    if past.known_at > past.as_of {
        let ends = |column: Column, end: i64| Func::coalesce([SimpleExpr::from(later(past, &now, column)), end.into()]);
        last.and_where(Expr::col((Entity, Column::RecordedAt)).lte(ends(Column::RecordedAt, past.known_at.micros())));
        last.and_where(Expr::col((Entity, Column::Sequence)).lt(ends(Column::Sequence, i64::MAX)));
    }
    let last = SimpleExpr::from(last);
    let state = if backend == DbBackend::Postgres { last.cast_as("jsonb") } else { last };
    Query::select().expr_as(state, STATE).from_subquery(ids, now).limit(ALL).to_owned()
}

/// A column of the first event that was known and had not happened yet.
fn later(past: &Past, now: &Alias, column: Column) -> SelectStatement {
    let later = Alias::new("later");
    let of = |column: Column| Expr::col((later.clone(), column));
    Query::select()
        .expr(of(column))
        .from_as(Entity, later.clone())
        .and_where(of(Column::SubjectId).equals((now.clone(), Alias::new(ID))))
        .and_where(of(Column::State).is_not_null())
        .and_where(of(Column::RecordedAt).gt(past.as_of))
        .and_where(of(Column::RecordedAt).lte(past.known_at))
        .and_where(of(Column::OccurredAt).gt(past.as_of))
        .order_by((later.clone(), Column::RecordedAt), Order::Asc)
        .order_by((later.clone(), Column::Sequence), Order::Asc)
        .limit(1)
        .to_owned()
}

/// States as rows.
fn rows<E: EntityTrait>(known: SelectStatement, backend: DbBackend) -> SelectStatement {
    let mut rows = Query::select();
    for column in E::Column::iter() {
        let definition = column.def();
        rows.expr_as(cell(column.as_str(), definition.get_column_type(), backend), column.as_str());
    }
    rows.from_subquery(known, Alias::new("known")).and_where(Expr::col(STATE).is_not_null()).to_owned()
}

/// One column of a state, as its table has it.
fn cell(name: &str, kind: &ColumnType, backend: DbBackend) -> SimpleExpr {
    // Names of columns are ours.
    if backend == DbBackend::Postgres {
        let text = Expr::cust(format!("state ->> '{name}'"));
        return match kind {
            ColumnType::Uuid => text.cast_as("uuid"),
            ColumnType::BigInteger | ColumnType::Integer => text.cast_as("bigint"),
            ColumnType::Boolean => text.cast_as("boolean"),
            _ => Expr::cust(format!("(state ->> '{name}') COLLATE \"C\"")),
        };
    }
    Expr::cust(match kind {
        ColumnType::Uuid => format!("unhex(json_extract(state, '$.{name}'))"),
        _ => format!("json_extract(state, '$.{name}')"),
    })
}

/// First and last contact with a customer as they were known, of what had happened by then.
pub async fn contact_times(
    reads: &impl Reads,
    past: &Past,
    customer_id: Uuid,
) -> Result<(Option<Instant>, Option<Instant>)> {
    let time = |name| match reads.backend() {
        DbBackend::Postgres => Expr::cust(format!("(state::jsonb ->> '{name}')::bigint")),
        _ => Expr::cust(format!("json_extract(state, '$.{name}')")),
    };
    let mut last = Entity::find();
    QuerySelect::query(&mut last).clear_selects();
    QuerySelect::query(&mut last)
        .expr(time(FIRST_CONTACT_AT))
        .expr(time(LAST_INTERACTION_AT))
        .and_where(Column::RootId.eq(customer_id))
        // Written out, because only a constant lets the index of these events alone be used.
        .and_where(Expr::cust("timeline_events.subject_type = 'interaction'"))
        .and_where(Column::State.is_not_null())
        .and_where(Column::RecordedAt.lte(past.known_at))
        .and_where(Column::OccurredAt.lte(past.as_of))
        .and_where(time(LAST_INTERACTION_AT).lte(past.as_of).or(time(LAST_INTERACTION_AT).is_null()))
        .order_by(Column::RecordedAt, Order::Desc)
        .order_by(Column::Sequence, Order::Desc)
        .limit(1);
    let found: Vec<(Option<Instant>, Option<Instant>)> = reads.tuples(last).await?;
    Ok(found.into_iter().next().unwrap_or_default())
}
