//! The statements that place a Change's events in their chains and store them.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use sea_orm::sea_query::{
    Alias, CaseStatement, Expr, ExprTrait, InsertStatement, OnConflict, Query, SubQueryStatement,
};
use sea_orm::{DbBackend, DbErr, EntityName, EntityTrait, Iterable, ModelTrait, Statement};

use super::chain;
use super::entry::Root;
use super::postgres::Transaction;
use super::writer::Turn;
use crate::domain::instant::Instant;
use crate::entities::cells::{Cells, Field, FromCells, Reads};
use crate::entities::{timeline_event, timeline_head};
use crate::error::{Error, Result};

/// Rows per INSERT: with the columns of an event far below the 32,766 values a statement of SQLite may have, and the
/// 65,535 of PostgreSQL.
const ROWS_PER_INSERT: usize = 100;

/// Where an event goes: its place among all events, and the last link of its root's chain.
pub(super) struct Place {
    pub(super) position: i64,
    pub(super) head: Option<Link>,
}

/// The last link of a chain.
pub(super) struct Link {
    pub(super) sequence: i64,
    pub(super) hash: Vec<u8>,
    pub(super) recorded_at: Instant,
}

impl FromCells for Place {
    fn from_cells(cells: &dyn Cells) -> Result<Self, DbErr> {
        let sequence: Option<i64> = Field::read(cells, 1)?;
        let head = match sequence {
            Some(sequence) => {
                Some(Link { sequence, hash: Field::read(cells, 2)?, recorded_at: Field::read(cells, 3)? })
            }
            None => None,
        };
        Ok(Self { position: Field::read(cells, 0)?, head })
    }
}

const PLACE_SQLITE: &str = "SELECT (SELECT coalesce(max(position), 0) FROM timeline_events) AS position, \
    head.sequence AS sequence, head.hash AS hash, head.recorded_at AS recorded_at \
    FROM (SELECT 1) AS one LEFT JOIN timeline_heads AS head ON head.root_id = ?";

/// The place of a single event in a chain that is begun. The head is locked until the commit, and before the position is
/// taken. Apart from the statement for many, which PostgreSQL plans anew each time.
const PLACE_POSTGRES: &str = "SELECT nextval('timeline_position') AS position, head.sequence AS sequence, head.hash AS hash, \
    head.recorded_at AS recorded_at FROM (SELECT sequence, hash, recorded_at FROM timeline_heads WHERE root_id = $1 FOR UPDATE) AS head";

/// Heads are locked until the commit; positions come from a sequence. One row per event.
const PLACES_POSTGRES: &str = "SELECT nextval('timeline_position') AS position, head.sequence AS sequence, head.hash AS hash, \
    head.recorded_at AS recorded_at FROM unnest(string_to_array($1, ',')::uuid[]) WITH ORDINALITY AS root (id, ordinal) \
    LEFT JOIN LATERAL (SELECT sequence, hash, recorded_at FROM timeline_heads WHERE root_id = root.id FOR UPDATE) AS head ON true \
    ORDER BY ordinal";

/// The places of events, given their roots in order.
pub(super) async fn places(turn: &Turn, roots: &[Root]) -> Result<Vec<Place>> {
    match turn.backend() {
        DbBackend::Postgres => places_postgres(turn, roots).await,
        _ => places_sqlite(turn, roots).await,
    }
}

/// A locked row, and the place of the next event of the chain it is the root of: asked of PostgreSQL in one round trip.
pub(super) async fn row_and_place<R: FromCells>(
    transaction: &Transaction,
    row: &Statement,
    root: Root,
) -> Result<(Option<R>, Option<Place>)> {
    let (mut rows, mut places) = (Vec::<R>::new(), Vec::<Place>::new());
    transaction.both((row, &mut rows), (&place(root), &mut places)).await?;
    Ok((rows.into_iter().next(), places.into_iter().next()))
}

fn place(root: Root) -> Statement {
    Statement::from_sql_and_values(DbBackend::Postgres, PLACE_POSTGRES, [root.id.into()])
}

async fn places_postgres(turn: &Turn, roots: &[Root]) -> Result<Vec<Place>> {
    if let [root] = roots {
        let places: Vec<Place> = turn.rows(place(*root)).await?;
        if !places.is_empty() {
            return Ok(places);
        }
    }
    let ids = roots.iter().map(|root| root.id.to_string()).collect::<Vec<_>>().join(",");
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, PLACES_POSTGRES, [ids.into()]);
    let mut places: Vec<Place> = turn.rows(statement).await?;
    // The sort may run after the numbering: positions follow the order of the events all the same.
    let mut positions: Vec<i64> = places.iter().map(|place| place.position).collect();
    positions.sort_unstable();
    for (place, position) in places.iter_mut().zip(positions) {
        place.position = position;
    }
    Ok(places)
}

/// Gives chains of PostgreSQL an empty head, in the order of their roots. Whoever does so for the same chain at the same
/// time waits here until the first one has committed: places asked for afterwards are locked and true.
pub(super) async fn begin_chains(turn: &Turn, roots: &[Root]) -> Result<()> {
    for chunk in roots.chunks(ROWS_PER_INSERT) {
        let begun = chunk.iter().map(|root| timeline_head::Model {
            root_id: root.id,
            root_type: root.kind.to_owned(),
            sequence: 0,
            hash: chain::genesis(root.kind, root.id).to_vec(),
            recorded_at: Instant::from_micros(0),
            newest_at: Instant::from_micros(-i64::MAX),
        });
        let mut insert = heads(begun);
        insert.on_conflict(OnConflict::column(timeline_head::Column::RootId).do_nothing().to_owned());
        turn.execute(statement(turn.backend(), insert.into())).await?;
    }
    Ok(())
}

async fn places_sqlite(turn: &Turn, roots: &[Root]) -> Result<Vec<Place>> {
    let mut places: Vec<Place> = Vec::with_capacity(roots.len());
    let mut previous: Option<Root> = None;
    for root in roots {
        let place = match (previous, places.last()) {
            // Only the first event of a root needs the stored head: the others follow one another.
            (Some(same), Some(last)) if same == *root => Place { position: last.position + 1, head: None },
            (_, last) => {
                let statement = Statement::from_sql_and_values(DbBackend::Sqlite, PLACE_SQLITE, [root.id.into()]);
                let stored: Option<Place> = turn.rows(statement).await?.into_iter().next();
                let stored = stored.ok_or_else(|| Error::internal("no place for an event"))?;
                Place { position: last.map_or(stored.position, |last| last.position) + 1, head: stored.head }
            }
        };
        places.push(place);
        previous = Some(*root);
    }
    Ok(places)
}

/// The statements that store events and move the heads of their chains.
pub(super) fn events(backend: DbBackend, events: &[timeline_event::Model]) -> Vec<Statement> {
    use timeline_head::Column;
    let mut statements: Vec<Statement> =
        events.chunks(ROWS_PER_INSERT).map(|chunk| insertion(backend, chunk)).collect();
    let ends: Vec<_> = events.chunk_by(|event, next| event.root_id == next.root_id).filter_map(head).collect();
    for chunk in ends.chunks(ROWS_PER_INSERT) {
        let mut insert = heads(chunk.iter().cloned());
        let of_chain = |column| Expr::col((timeline_head::Entity, column));
        let of_events = |column| Expr::col((Alias::new("excluded"), column));
        // What happened later than all these is kept.
        let newest = CaseStatement::new()
            .case(of_events(Column::NewestAt).gt(of_chain(Column::NewestAt)), of_events(Column::NewestAt))
            .finally(of_chain(Column::NewestAt));
        insert.on_conflict(
            OnConflict::column(Column::RootId)
                .update_columns([Column::Sequence, Column::Hash, Column::RecordedAt])
                .value(Column::NewestAt, newest)
                .to_owned(),
        );
        statements.push(statement(backend, insert.into()));
    }
    statements
}

/// The head of a chain behind these events of it.
fn head(events: &[timeline_event::Model]) -> Option<timeline_head::Model> {
    let last = events.last()?;
    Some(timeline_head::Model {
        root_id: last.root_id,
        root_type: last.root_type.clone(),
        sequence: last.sequence,
        hash: last.hash.clone(),
        recorded_at: last.recorded_at,
        newest_at: events.iter().map(|event| event.occurred_at).max()?,
    })
}

/// An INSERT of heads.
fn heads(rows: impl Iterator<Item = timeline_head::Model>) -> InsertStatement {
    let mut insert = Query::insert();
    insert.into_table(timeline_head::Entity.table_ref()).columns(timeline_head::Column::iter());
    for row in rows {
        insert.values_panic(timeline_head::Column::iter().map(|column| Expr::value(row.get(column))));
    }
    insert
}

/// Which INSERT: the table, the number of rows, and whether it is PostgreSQL's.
type Text = (TypeId, usize, bool);

/// An INSERT of whole rows, [`ROWS_PER_INSERT`] at most. Its text depends on nothing but the table and the number of the
/// rows; putting it together costs more than sending it, so it is kept.
pub(super) fn insertion<M>(backend: DbBackend, rows: &[M]) -> Statement
where
    M: ModelTrait,
    M::Entity: 'static,
{
    static TEXTS: RwLock<Option<HashMap<Text, String>>> = RwLock::new(None);
    let columns = || <M::Entity as EntityTrait>::Column::iter();
    let key = (TypeId::of::<M::Entity>(), rows.len(), backend == DbBackend::Postgres);
    let known = TEXTS.read().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(|all| all.get(&key).cloned());
    let text = known.unwrap_or_else(|| {
        let mut insert = Query::insert();
        insert.into_table(M::Entity::default().table_ref()).columns(columns());
        for row in rows {
            insert.values_panic(columns().map(|column| Expr::value(row.get(column))));
        }
        let text = statement(backend, insert.into()).sql;
        TEXTS.write().unwrap_or_else(PoisonError::into_inner).get_or_insert_default().insert(key, text.clone());
        text
    });
    let values = rows.iter().flat_map(|row| columns().map(|column| row.get(column)));
    Statement::from_sql_and_values(backend, text, values)
}

/// Renders one statement for a database.
pub(super) fn statement(backend: DbBackend, statement: SubQueryStatement) -> Statement {
    match statement {
        SubQueryStatement::SelectStatement(query) => backend.build(&query),
        SubQueryStatement::InsertStatement(query) => backend.build(&query),
        SubQueryStatement::UpdateStatement(query) => backend.build(&query),
        SubQueryStatement::DeleteStatement(query) => backend.build(&query),
        SubQueryStatement::WithStatement(query) => backend.build(&query),
    }
}
