//! Recomputing chains: is the history what was written?

use sea_orm::sea_query::{Expr, ExprTrait, IntoColumnRef, Query};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, RuntimeErr,
    SqlxError,
};
use uuid::Uuid;

use super::chain::{Checker, Finding, FindingKind};
use super::checkpoints;
use super::store::Store;
use crate::entities::{customer, timeline_event, timeline_head};
use crate::error::Result;

/// Events read at a time: memory stays bounded however long a chain is.
const CHUNK: u64 = 500;

/// What checking one chain found.
#[derive(Debug, Clone)]
pub struct Verification {
    /// The root.
    pub root_id: Uuid,
    /// What it is.
    pub root_type: String,
    /// Events found in order.
    pub events: i64,
    /// Hash of the last of them.
    pub head: Vec<u8>,
    /// The first break, if there is one.
    pub finding: Option<Finding>,
}

/// Checks one chain from its beginning to its recorded end.
pub async fn verify(store: &Store, root_type: &str, root_id: Uuid) -> Result<Verification> {
    let mut checker = Checker::new(root_type, root_id);
    let finding = match head(store, root_id).await? {
        None => Some(Finding { sequence: 1, kind: FindingKind::Missing }),
        // The end was read first: events written meanwhile lie behind it and are not asked for.
        Some(head) => match walk(store, root_id, head.sequence, &mut checker).await? {
            None if head.root_type != root_type => {
                Some(Finding { sequence: head.sequence, kind: FindingKind::HeadChanged })
            }
            None => match checker.end(head.sequence, &head.hash) {
                Ok(()) if checker.newest_at().is_some_and(|newest| newest != head.newest_at) => {
                    Some(Finding { sequence: head.sequence, kind: FindingKind::HeadChanged })
                }
                Ok(()) => checkpoints::unlike_leaf(store, root_id).await?,
                Err(finding) => Some(finding),
            },
            found => found,
        },
    };
    Ok(Verification {
        root_id,
        root_type: root_type.to_owned(),
        events: checker.sequence(),
        head: checker.hash().to_vec(),
        finding,
    })
}

async fn head(store: &Store, root_id: Uuid) -> Result<Option<timeline_head::Model>> {
    Ok(timeline_head::Entity::find_by_id(root_id).one(&store.read).await?)
}

async fn walk(store: &Store, root_id: Uuid, end: i64, checker: &mut Checker) -> Result<Option<Finding>> {
    use timeline_event::{Column, Entity};
    let mut last: Option<timeline_event::Model> = None;
    let mut chunk = CHUNK;
    loop {
        let mut select = Entity::find().filter(Column::RootId.eq(root_id));
        if let Some(last) = &last {
            // Not simply what follows by sequence: an inserted row may bear that of the last one.
            let seen = Condition::all()
                .add(Column::Sequence.eq(last.sequence))
                .add(Column::OccurredAt.lte(last.occurred_at))
                .not();
            select = select.filter(Column::Sequence.gte(last.sequence)).filter(seen);
        }
        let select = select.order_by_asc(Column::Sequence).order_by_asc(Column::OccurredAt);
        let events = match select.limit(chunk).all(&store.read).await {
            Ok(events) => events,
            // A row that cannot be decoded spoils its whole chunk: go on one by one to find it.
            Err(error) if is_unreadable(&error) && chunk > 1 => {
                chunk = 1;
                continue;
            }
            Err(error) if is_unreadable(&error) => {
                return Ok(Some(Finding { sequence: checker.sequence() + 1, kind: FindingKind::Unreadable }));
            }
            Err(error) => return Err(error.into()),
        };
        for event in &events {
            if event.sequence > end && checker.sequence() == end {
                // Written after the end was read: then the end has moved on with it. An added row moves nothing.
                let moved = head(store, root_id).await?.is_some_and(|head| head.sequence >= event.sequence);
                let added = Finding { sequence: event.sequence, kind: FindingKind::Inserted };
                return Ok(if moved { None } else { Some(added) });
            }
            if let Err(finding) = checker.next(event) {
                return Ok(Some(finding));
            }
        }
        match events.into_iter().next_back() {
            None => return Ok(None),
            event => last = event,
        }
    }
}

/// The row is there and makes no sense. A database that does not answer is something else.
pub fn is_unreadable(error: &DbErr) -> bool {
    match error {
        DbErr::Type(_) | DbErr::TryIntoErr { .. } => true,
        DbErr::Query(RuntimeErr::SqlxError(error)) => {
            matches!(**error, SqlxError::ColumnDecode { .. } | SqlxError::Decode(_))
        }
        _ => false,
    }
}

/// A page of roots to check, in the order of their ids.
pub async fn roots(store: &Store, after: Option<Uuid>) -> Result<Vec<(Uuid, String)>> {
    use timeline_head::{Column, Entity};
    let mut select = Entity::find().order_by_asc(Column::RootId).limit(CHUNK);
    if let Some(after) = after {
        select = select.filter(Column::RootId.gt(after));
    }
    let heads = select.all(&store.read).await?;
    Ok(heads.into_iter().map(|head| (head.root_id, head.root_type)).collect())
}

/// How many events there are in all chains: what checking them all has to read.
pub async fn size(store: &Store) -> Result<u64> {
    Ok(timeline_event::Entity::find().count(&store.read).await?)
}

/// Chains whose end is not recorded: events without a head, customers without any. A root that cannot be read is told
/// as the nil UUID.
pub async fn headless(store: &Store) -> Result<Option<(Uuid, String)>> {
    let heads = |root| {
        Query::select()
            .expr(Expr::val(1))
            .from(timeline_head::Entity)
            .and_where(Expr::col((timeline_head::Entity, timeline_head::Column::RootId)).equals(root))
            .to_owned()
    };
    let stray: Option<(Uuid, String)> = timeline_event::Entity::find()
        .select_only()
        .column(timeline_event::Column::RootId)
        .column(timeline_event::Column::RootType)
        .filter(Expr::exists(heads((timeline_event::Entity, timeline_event::Column::RootId).into_column_ref())).not())
        .into_tuple()
        .one(&store.read)
        .await
        .or_else(|error| match is_unreadable(&error) {
            true => Ok(Some((Uuid::nil(), "unreadable".to_owned()))),
            false => Err(error),
        })?;
    if stray.is_some() {
        return Ok(stray);
    }
    let silent: Option<Uuid> = customer::Entity::find()
        .select_only()
        .column(customer::Column::Id)
        .filter(Expr::exists(heads((customer::Entity, customer::Column::Id).into_column_ref())).not())
        .into_tuple()
        .one(&store.read)
        .await?;
    Ok(silent.map(|id| (id, "customer".to_owned())))
}
