//! The tree under the checkpoints: the ends of chains that moved become its next leaves.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Iterable, ModelTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};
use uuid::Uuid;

use super::chain::{Finding, FindingKind};
use super::change::Change;
use super::store::Store;
use crate::domain::checkpoint::{Checkpoint, NOTHING_BEFORE};
use crate::domain::merkle::{self, Hash, Place, Tree};
use crate::entities::cells::{Cells, Field, FromCells, Reads};
use crate::entities::{checkpoint, checkpoint_leaf, checkpoint_node, timeline_event, timeline_head};
use crate::error::{Error, Result};

/// Leaves one checkpoint adds at most: nobody else can write meanwhile.
pub const LEAVES_MAX: usize = 2_000;

/// Rows per INSERT.
const ROWS_PER_INSERT: usize = 500;

/// Leaves read at a time.
const CHUNK: u64 = 1_000;

/// What is counted up while a checkpoint is made, so that two are never made at the same time.
const COUNTER: &str = "checkpoint";

/// The newest checkpoint.
pub async fn newest(reads: &impl Reads) -> Result<Option<checkpoint::Model>> {
    Ok(reads.one(checkpoint::Entity::find().order_by_desc(checkpoint::Column::Number).limit(1)).await?)
}

/// Position and time of the newest event of all (`newest`) or of the oldest.
pub async fn event_at_the_end(store: &Store, newest: bool) -> Result<Option<timeline_event::Model>> {
    let order = if newest { sea_orm::Order::Desc } else { sea_orm::Order::Asc };
    let select = timeline_event::Entity::find().order_by(timeline_event::Column::Position, order).limit(1);
    Ok(store.rows.one(select).await?)
}

/// Roots whose chains have moved since they were last covered, [`LEAVES_MAX`] at most. Looks at the end of every chain,
/// and so does not belong into a Change.
pub async fn moved(store: &Store) -> Result<Vec<Uuid>> {
    let select = timeline_head::Entity::find()
        .select_only()
        .column(timeline_head::Column::RootId)
        .filter(is_uncovered())
        .order_by_asc(timeline_head::Column::RootId)
        .limit(LEAVES_MAX as u64);
    let roots: Vec<(Uuid,)> = store.rows.tuples(select).await?;
    Ok(roots.into_iter().map(|(id,)| id).collect())
}

/// The end of a chain has no leaf.
fn is_uncovered() -> Expr {
    use checkpoint_leaf::{Column, Entity};
    use timeline_head::Column as Head;
    let leaf = Query::select()
        .expr(Expr::val(1))
        .from(Entity)
        .and_where(Expr::col((Entity, Column::RootId)).equals((timeline_head::Entity, Head::RootId)))
        .and_where(Expr::col((Entity, Column::Sequence)).equals((timeline_head::Entity, Head::Sequence)))
        .to_owned();
    Expr::exists(leaf).not()
}

/// The end of a chain, and the position of its last event.
struct End {
    root_id: Uuid,
    root_type: String,
    sequence: i64,
    hash: Vec<u8>,
    position: i64,
}

impl FromCells for End {
    fn from_cells(cells: &dyn Cells) -> Result<Self, sea_orm::DbErr> {
        Ok(Self {
            root_id: Field::read(cells, 0)?,
            root_type: Field::read(cells, 1)?,
            sequence: Field::read(cells, 2)?,
            hash: Field::read(cells, 3)?,
            position: Field::read(cells, 4)?,
        })
    }
}

/// The ends of these chains that have no leaf yet. One that does not fit its last event is no end to be signed: the
/// check of the chains finds it.
async fn ends(change: &Change, roots: &[Uuid]) -> Result<Vec<End>> {
    use timeline_event::{Column, Entity};
    use timeline_head::Column as Head;
    let on = Condition::all()
        .add(Expr::col((Entity, Column::RootId)).equals((timeline_head::Entity, Head::RootId)))
        .add(Expr::col((Entity, Column::Sequence)).equals((timeline_head::Entity, Head::Sequence)))
        .add(Expr::col((Entity, Column::Hash)).equals((timeline_head::Entity, Head::Hash)));
    let mut select = timeline_head::Entity::find()
        .select_only()
        .columns([Head::RootId, Head::RootType, Head::Sequence, Head::Hash])
        .column_as(Column::Position, "position")
        .filter(Head::RootId.is_in(roots.iter().copied()))
        .filter(is_uncovered());
    QueryTrait::query(&mut select).inner_join(Entity, on).order_by((Entity, Column::Position), sea_orm::Order::Asc);
    Ok(change.tuples(select).await?)
}

/// Covers the ends of these chains by the next checkpoint, signed by `sign`. None if they are covered already. Waits
/// for whoever else makes a checkpoint.
pub async fn append(
    change: &Change,
    roots: &[Uuid],
    key_id: &str,
    sign: impl Fn(&str) -> Vec<u8>,
) -> Result<Option<checkpoint::Model>> {
    change.one_after_another(COUNTER).await?;
    let last = newest(change).await?;
    let ends = ends(change, roots).await?;
    if ends.is_empty() {
        return Ok(None);
    }
    let number = last.as_ref().map_or(0, |last| last.number) + 1;
    let mut position = last.as_ref().map_or(0, |last| last.position);
    let mut tree = tree_at(change, last.as_ref().map_or(0, |last| last.tree_size)).await?;
    let (mut leaves, mut nodes) = (Vec::new(), Vec::new());
    for End { root_id, root_type, sequence, hash, position: reached } in ends {
        position = Ord::max(position, reached);
        let leaf = checkpoint_leaf::Model {
            place: tree.size(),
            checkpoint_number: number,
            root_id,
            root_type,
            sequence,
            hash,
        };
        let complete = tree.append(leaf.merkle_hash()).into_iter();
        nodes.extend(complete.map(|(Place { level, index }, hash)| checkpoint_node::Model {
            level,
            place: index,
            hash: hash.to_vec(),
        }));
        leaves.push(leaf);
    }
    let mut made = checkpoint::Model {
        number,
        tree_size: tree.size(),
        root_hash: tree.root().to_vec(),
        previous_hash: match last {
            None => NOTHING_BEFORE.to_vec(),
            Some(last) => hex::decode(Checkpoint::from(last).hash()).map_err(Error::internal)?,
        },
        position,
        created_at: change.now(),
        key_id: key_id.to_owned(),
        signature: Vec::new(),
    };
    made.signature = sign(&Checkpoint::from(made.clone()).statement());
    insert(change, &leaves);
    insert(change, &nodes);
    insert(change, std::slice::from_ref(&made));
    Ok(Some(made))
}

/// The tree of the first `size` leaves, from its stored subtrees.
async fn tree_at(reads: &impl Reads, size: i64) -> Result<Tree> {
    let places = merkle::subtrees(0, size);
    let stored = nodes(reads, &places).await?;
    let peaks: Vec<Hash> = places.iter().filter_map(|place| stored.get(place).copied()).collect();
    Tree::resume(size, peaks).ok_or_else(|| Error::internal("the tree under the checkpoints is incomplete"))
}

/// Those of these subtrees that are stored.
pub async fn nodes(reads: &impl Reads, places: &[Place]) -> Result<HashMap<Place, Hash>> {
    use checkpoint_node::{Column, Entity};
    if places.is_empty() {
        return Ok(HashMap::new());
    }
    let any = places.iter().fold(Condition::any(), |any, place| {
        any.add(Condition::all().add(Column::Level.eq(place.level)).add(Column::Place.eq(place.index)))
    });
    let rows = reads.all(Entity::find().filter(any)).await?.into_iter();
    Ok(rows.filter_map(|row| Some((Place { level: row.level, index: row.place }, row.hash.try_into().ok()?))).collect())
}

fn insert<M: ModelTrait>(change: &Change, rows: &[M])
where
    <M::Entity as EntityTrait>::Column: Iterable,
{
    type Column<M> = <<M as ModelTrait>::Entity as EntityTrait>::Column;
    for rows in rows.chunks(ROWS_PER_INSERT) {
        let mut insert = Query::insert();
        insert.into_table(M::Entity::default()).columns(Column::<M>::iter());
        for row in rows {
            insert.values_panic(Column::<M>::iter().map(|column| Expr::value(row.get(column))));
        }
        change.defer(insert);
    }
}

/// The first leaf at or behind an event of a chain: the end of the chain that covered it.
pub async fn leaf_covering(reads: &impl Reads, root_id: Uuid, sequence: i64) -> Result<Option<checkpoint_leaf::Model>> {
    use checkpoint_leaf::{Column, Entity};
    let select = Entity::find().filter(Column::RootId.eq(root_id)).filter(Column::Sequence.gte(sequence));
    Ok(reads.one(select.order_by_asc(Column::Sequence).limit(1)).await?)
}

/// The newest leaf of a chain.
pub async fn newest_leaf(reads: &impl Reads, root_id: Uuid) -> Result<Option<checkpoint_leaf::Model>> {
    use checkpoint_leaf::{Column, Entity};
    let select = Entity::find().filter(Column::RootId.eq(root_id));
    Ok(reads.one(select.order_by_desc(Column::Sequence).limit(1)).await?)
}

/// The first leaf of a chain that does not fit the event it stands for.
pub(super) async fn unlike_leaf(store: &Store, root_id: Uuid) -> Result<Option<Finding>> {
    use timeline_event::{Column, Entity};
    let Some(leaf) = unlike(store, checkpoint_leaf::Column::RootId.eq(root_id)).await? else { return Ok(None) };
    let event = Entity::find().filter(Column::RootId.eq(root_id)).filter(Column::Sequence.eq(leaf.sequence));
    let is_there = event.count(&store.read).await? > 0;
    let kind = if is_there { FindingKind::Rewritten } else { FindingKind::Missing };
    Ok(Some(Finding { sequence: leaf.sequence, kind }))
}

/// The first of some leaves for which there is no such event.
pub async fn unlike(store: &Store, which: Expr) -> Result<Option<checkpoint_leaf::Model>> {
    use checkpoint_leaf::{Column, Entity};
    use timeline_event::Column as Event;
    let mut event = Query::select();
    event.expr(Expr::val(1)).from(timeline_event::Entity);
    for (its, of_leaf) in [
        (Event::RootId, Column::RootId),
        (Event::Sequence, Column::Sequence),
        (Event::Hash, Column::Hash),
        (Event::RootType, Column::RootType),
    ] {
        event.and_where(Expr::col((timeline_event::Entity, its)).equals((Entity, of_leaf)));
    }
    let select = Entity::find().filter(which).filter(Expr::exists(event).not());
    Ok(store.rows.one(select.order_by_asc(Column::Place).limit(1)).await?)
}

/// The next leaves from a place on.
pub async fn leaves(store: &Store, from: i64) -> Result<Vec<checkpoint_leaf::Model>> {
    use checkpoint_leaf::{Column, Entity};
    let select = Entity::find().filter(Column::Place.gte(from)).order_by_asc(Column::Place).limit(CHUNK);
    Ok(store.rows.all(select).await?)
}

/// How many leaves there are, to judge by the last one.
pub async fn leaf_count(store: &Store) -> Result<i64> {
    use checkpoint_leaf::{Column, Entity};
    let last = store.rows.one(Entity::find().order_by_desc(Column::Place).limit(1)).await?;
    Ok(last.map_or(0, |leaf| leaf.place + 1))
}

/// The stored subtrees of one level, `start..end` of them.
pub async fn level(store: &Store, level: i64, start: i64, end: i64) -> Result<HashMap<Place, Vec<u8>>> {
    use checkpoint_node::{Column, Entity};
    let these = Column::Place.gte(start).and(Column::Place.lt(end));
    let rows = store.rows.all(Entity::find().filter(Column::Level.eq(level)).filter(these)).await?.into_iter();
    Ok(rows.map(|row| (Place { level: row.level, index: row.place }, row.hash)).collect())
}
