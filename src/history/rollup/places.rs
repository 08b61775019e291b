//! Who can be on a page, by when the nearest event of each happened.

use std::collections::{BTreeSet, HashMap};

use sea_orm::sea_query::{Alias, CaseStatement, Expr, ExprTrait, JoinType, Query, SimpleExpr};
use uuid::Uuid;

use super::{ALL, CUSTOMER, each_of};
use crate::entities::cells::Reads;
use crate::entities::timeline_event::{Column, Entity};
use crate::entities::timeline_head;
use crate::error::Result;
use crate::history::timeline::{Extent, Filter, Window};

/// The customers whose nearest events are looked for.
const LISTED: &str = "listed";
const LISTED_CUSTOMER: (&str, &str) = (LISTED, CUSTOMER);

/// When the first event of a customer happened, on the page's way, and how many there are at all times, if that is known.
#[derive(Clone, Copy)]
struct Nearest {
    at: i64,
    events: Option<u64>,
}

/// A time of a customer, and the moment before which, on the page's way, nothing happened in it.
pub(super) struct Place {
    pub(super) window: Window,
    pub(super) nearest: i64,
    /// How many events the customer has, at all times; nothing for the one whose timeline it is.
    pub(super) events: Option<u64>,
}

/// The windows in which anything may have happened beyond a moment, those first in which something happened first. Of the
/// customer whose timeline it is nothing is looked up: they come first, as if something had happened next.
pub(super) async fn places(
    reader: &impl Reads,
    Filter { windows, customer_id, .. }: &Filter,
    newest_first: bool,
    beyond: Option<i64>,
) -> Result<Vec<Place>> {
    let known = |window: &Window| {
        let is_nearest = |newest: i64| newest_first && beyond.is_none_or(|beyond| newest <= beyond);
        match window.extent {
            _ if *customer_id == Some(window.customer_id) => {
                let next = if newest_first { i64::MAX } else { i64::MIN };
                Some(Nearest { at: beyond.unwrap_or(next), events: None })
            }
            Some(Extent { newest_at: at, events }) if is_nearest(at) => Some(Nearest { at, events: counted(events) }),
            _ => None,
        }
    };
    let unknown = windows.iter().filter(|window| known(window).is_none()).map(|window| window.customer_id);
    let unknown: BTreeSet<Uuid> = unknown.collect();
    let found = match unknown.is_empty() {
        true => HashMap::new(),
        false => looked_up(reader, unknown, newest_first, beyond).await?,
    };
    let place = |window: &Window| {
        let Nearest { at: nearest, events } = known(window).or_else(|| found.get(&window.customer_id).copied())?;
        let (since, until) = window.bounds();
        match newest_first {
            true => (nearest >= since).then(|| Ord::min(nearest, until - 1)),
            false => (nearest < until).then(|| Ord::max(nearest, since)),
        }
        .map(|nearest| Place { window: *window, nearest, events })
    };
    let mut places: Vec<Place> = windows.iter().filter_map(place).collect();
    places.sort_by_key(|place| if newest_first { place.nearest.saturating_neg() } else { place.nearest });
    Ok(places)
}

/// The first event of each customer on the page's way and beyond a moment. Their newest is known.
async fn looked_up(
    reader: &impl Reads,
    customers: BTreeSet<Uuid>,
    newest_first: bool,
    beyond: Option<i64>,
) -> Result<HashMap<Uuid, Nearest>> {
    let customers: Vec<String> = customers.iter().map(|id| id.simple().to_string()).collect();
    let (table, customer) = each_of(&customers, reader.backend(), "value");
    let occurred_at = Expr::col((Entity, Column::OccurredAt));
    let first = |beyond: Option<SimpleExpr>| {
        Query::select()
            .expr(if newest_first { occurred_at.clone().max() } else { occurred_at.clone().min() })
            .from(Entity)
            .and_where(Expr::col((Entity, Column::RootId)).equals(LISTED_CUSTOMER))
            .and_where_option(beyond)
            .to_owned()
    };
    let newest = Expr::col((timeline_head::Entity, timeline_head::Column::NewestAt));
    let nearest: SimpleExpr = match (newest_first, beyond) {
        (true, None) => newest,
        (true, Some(beyond)) => {
            let before = first(Some(occurred_at.clone().lte(beyond)));
            CaseStatement::new().case(newest.clone().lte(beyond), newest).finally(SimpleExpr::from(before)).into()
        }
        (false, beyond) => first(beyond.map(|beyond| occurred_at.clone().gte(beyond))).into(),
    };
    let listed = Query::select()
        .expr_as(customer, CUSTOMER)
        .from_function(table, Alias::new("each_of_them"))
        .limit(ALL)
        .to_owned();
    let select = Query::select()
        .column((timeline_head::Entity, timeline_head::Column::RootId))
        .expr(nearest)
        .column((timeline_head::Entity, timeline_head::Column::Sequence))
        .from_subquery(listed, LISTED)
        .join(
            JoinType::InnerJoin,
            timeline_head::Entity,
            Expr::col((timeline_head::Entity, timeline_head::Column::RootId)).equals(LISTED_CUSTOMER),
        )
        .to_owned();
    let found: Vec<(Uuid, Option<i64>, i64)> = reader.rows(reader.backend().build(&select)).await?;
    let nearest = |at, events| Nearest { at, events: counted(events) };
    Ok(found.into_iter().filter_map(|(customer, at, events)| Some((customer, nearest(at?, events)))).collect())
}

fn counted(events: i64) -> Option<u64> {
    u64::try_from(events).ok()
}
