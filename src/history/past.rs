//! Records as they were: the queries of the present, asked of the states that events keep.
//!
//! Each event that changes a record keeps the whole row it left. The table of a query is exchanged for those rows as they
//! were, so that filters, order, pages and totals of the past are those of the present. One read per record, however
//! long its history.

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Order, Query, SelectStatement, SimpleExpr};
use sea_orm::{
    ColumnTrait, ColumnType, Condition, DbBackend, EntityTrait, IdenStatic, Iterable, QuerySelect, QueryTrait, Select,
};
use serde::Deserialize;
use uuid::Uuid;

use super::state;
use crate::domain::event_kind::NOTICED;
use crate::domain::instant::Instant;
use crate::domain::past::Past;
use crate::entities::cells::{Reads, Row};
use crate::entities::customer;
use crate::entities::timeline_event::{Column, Entity};
use crate::error::{Error, Result};

/// The first contact with a customer, in the states of interactions.
pub const FIRST_CONTACT_AT: &str = "customer_first_contact_at";
/// The last one.
pub const LAST_INTERACTION_AT: &str = "customer_last_interaction_at";

/// What both databases take for no limit. It keeps them from asking for the state once for each column.
const ALL: u64 = i64::MAX.unsigned_abs();

const STATE: &str = "state";
const ID: &str = "id";
/// The records that are looked at, as they are now.
const NOW: &str = "now";

/// The rows of `these` records, as they are or as they were. The records are chosen by what never changes in them and by
/// what the caller may see now; only they are looked up.
pub fn of<E: EntityTrait>(past: Option<Past>, these: Select<E>, backend: DbBackend) -> Select<E> {
    let Some(past) = past else { return these };
    of_states(known(&past, these, backend), backend)
}

/// The record that `this` finds, as it is or as it was. Its state is read as it stands: there is nothing to be found in it.
pub async fn one<E>(reads: &impl Reads, past: Option<Past>, this: Select<E>) -> Result<Option<E::Model>>
where
    E: EntityTrait<Model: Row>,
{
    let Some(past) = past else { return Ok(reads.one(this).await?) };
    let mut select = from_ids(this);
    select.expr(SimpleExpr::from(last(&past)));
    let found: Vec<(Option<String>,)> = reads.rows(reads.backend().build(&select)).await?;
    let state = found.into_iter().next().and_then(|(state,)| state);
    state.map(|state| state::read(&state)).transpose()
}

/// As [`one`], with the contacts that were known then: customers follow them without events of their own.
pub async fn customer(
    reads: &impl Reads,
    past: &Past,
    this: Select<customer::Entity>,
) -> Result<Option<customer::Model>> {
    let mut select = from_ids(this.clone());
    select.expr(SimpleExpr::from(last(past))).expr(SimpleExpr::from(last_interaction(past)));
    let found: Vec<(Option<String>, Option<String>)> = reads.rows(reads.backend().build(&select)).await?;
    let Some((Some(state), interaction)) = found.into_iter().next() else { return Ok(None) };
    let mut contacts = contacts_told_by(interaction)?;
    if contacts.last.is_some_and(|last| last > past.as_of.micros()) {
        // What was known already of later contacts does not count yet. Looked for only where there is such a one: for that
        // the states themselves have to be read by the database.
        let mut select = from_ids(this);
        let before = last_interaction(past).cond_where(had_happened(past, reads.backend())).to_owned();
        select.expr(SimpleExpr::from(before));
        let found: Vec<(Option<String>,)> = reads.rows(reads.backend().build(&select)).await?;
        let Some((interaction,)) = found.into_iter().next() else { return Ok(None) };
        contacts = contacts_told_by(interaction)?;
    }
    let mut row: customer::Model = state::read(&state)?;
    let [first, last] = [contacts.first, contacts.last].map(|at| at.map(Instant::from_micros));
    (row.first_contact_at, row.last_interaction_at) = (first, last);
    Ok(Some(row))
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

/// The states of these records as a table.
fn known<E: EntityTrait>(past: &Past, these: Select<E>, backend: DbBackend) -> SelectStatement {
    let last = SimpleExpr::from(last(past));
    let state = if backend == DbBackend::Postgres { last.cast_as("jsonb") } else { last };
    from_ids(these).expr_as(state, STATE).limit(ALL).to_owned()
}

/// A query that looks at each of these records, and asks for nothing yet.
fn from_ids<E: EntityTrait>(these: Select<E>) -> SelectStatement {
    let ids = these.select_only().column_as(Expr::cust(ID), ID).into_query();
    Query::select().from_subquery(ids, NOW).to_owned()
}

/// The state of each record as the last event tells it. An event that was dated back behind a later one does not count for
/// the time between: the state it left knows of the later one.
fn last(past: &Past) -> SelectStatement {
    let mut last = Query::select()
        .column((Entity, Column::State))
        .from(Entity)
        .and_where(Expr::col((Entity, Column::SubjectId)).equals((NOW, ID)))
        .and_where(Column::State.is_not_null())
        .and_where(Column::RecordedAt.lte(past.known_at))
        .and_where(Column::OccurredAt.lte(past.as_of))
        .order_by((Entity, Column::RecordedAt), Order::Desc)
        .order_by((Entity, Column::Sequence), Order::Desc)
        .limit(1)
        .to_owned();
    if past.known_at > past.as_of {
        let ends = |column: Column, end: i64| Func::coalesce([SimpleExpr::from(later(past, column)), end.into()]);
        last.and_where(Expr::col((Entity, Column::RecordedAt)).lte(ends(Column::RecordedAt, past.known_at.micros())));
        last.and_where(Expr::col((Entity, Column::Sequence)).lt(ends(Column::Sequence, i64::MAX)));
    }
    last
}

/// A column of the first event that was known and had not happened yet.
fn later(past: &Past, column: Column) -> SelectStatement {
    let later = Alias::new("later");
    let of = |column: Column| Expr::col((later.clone(), column));
    Query::select()
        .expr(of(column))
        .from_as(Entity, later.clone())
        .and_where(of(Column::SubjectId).equals((NOW, ID)))
        .and_where(of(Column::State).is_not_null())
        .and_where(of(Column::RecordedAt).gt(past.as_of))
        .and_where(of(Column::RecordedAt).lte(past.known_at))
        .and_where(of(Column::OccurredAt).gt(past.as_of))
        .and_where(of(Column::Kind).is_not_in(NOTICED))
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

/// The contacts with a customer, as the state of an interaction tells them.
#[derive(Default, Deserialize)]
struct Contacts {
    #[serde(rename = "customer_first_contact_at")]
    first: Option<i64>,
    #[serde(rename = "customer_last_interaction_at")]
    last: Option<i64>,
}

fn contacts_told_by(interaction: Option<String>) -> Result<Contacts> {
    let contacts = interaction.as_deref().map(serde_json::from_str).transpose().map_err(Error::internal)?;
    Ok(contacts.unwrap_or_default())
}

/// The state of the interaction with a customer that was learned of last, of those that had happened by then.
fn last_interaction(past: &Past) -> SelectStatement {
    Query::select()
        .column((Entity, Column::State))
        .from(Entity)
        .and_where(Expr::col((Entity, Column::RootId)).equals((NOW, ID)))
        // Written out, because only a constant lets the index of these events alone be used.
        .and_where(Expr::cust("timeline_events.subject_type = 'interaction'"))
        .and_where(Column::State.is_not_null())
        .and_where(Column::RecordedAt.lte(past.known_at))
        .and_where(Column::OccurredAt.lte(past.as_of))
        .order_by((Entity, Column::RecordedAt), Order::Desc)
        .order_by((Entity, Column::Sequence), Order::Desc)
        .limit(1)
        .to_owned()
}

/// Whether the last contact an interaction tells of had happened.
fn had_happened(past: &Past, backend: DbBackend) -> Condition {
    let last = || {
        Expr::cust(match backend {
            DbBackend::Postgres => format!("(state::jsonb ->> '{LAST_INTERACTION_AT}')::bigint"),
            _ => format!("json_extract(state, '$.{LAST_INTERACTION_AT}')"),
        })
    };
    Condition::any().add(last().lte(past.as_of)).add(last().is_null())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn contacts_are_read_under_the_names_they_are_kept_by() {
        let state = json!({FIRST_CONTACT_AT: 1, LAST_INTERACTION_AT: 2, "subject": "Anruf"}).to_string();
        let contacts = contacts_told_by(Some(state)).unwrap();
        assert_eq!((contacts.first, contacts.last), (Some(1), Some(2)));
        let contacts = contacts_told_by(Some(json!({LAST_INTERACTION_AT: null}).to_string())).unwrap();
        assert_eq!((contacts.first, contacts.last), (None, None));
    }
}
