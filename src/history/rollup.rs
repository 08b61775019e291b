//! The histories of several customers, each at its times, read as one.
//!
//! A page of 50 holds events of at most 50 customers: those whose first event on the page's way comes first. So the nearest
//! event of each customer is looked up, whatever it tells: the newest of all is known by the head of their chain, others by
//! their index. Those who come first are asked for what the page shows, and only back to the nearest event of the last of
//! them; whoever has more events than the page holds is asked for no more than that. If this does not fill the page, because
//! some of it is not shown, they are asked for more, and nobody else unless they may have something on the page after all.
//! The text of a query is the same for any number of customers.

use std::collections::{BTreeSet, HashMap};

use sea_orm::sea_query::{
    Alias, CaseStatement, Expr, ExprTrait, Func, JoinType, Order, Query, SelectStatement, SimpleExpr,
};
use sea_orm::{Condition, DbBackend, EntityTrait, QueryFilter, QuerySelect, Select};
use serde_json::json;
use uuid::Uuid;

use super::timeline::{Extent, Filter, Window};
use crate::domain::instant::Instant;
use crate::entities::cells::Reads;
use crate::entities::timeline_event::{Column, Entity};
use crate::entities::timeline_head;
use crate::error::Result;

/// What the customers and their times are called.
const CIRCLE: &str = "circle";
const CUSTOMER: &str = "customer";
const SINCE: &str = "since";
const UNTIL: &str = "until";
const LONG: &str = "long";
/// The customers whose nearest events are looked for.
const LISTED: &str = "listed";
const LISTED_CUSTOMER: (&str, &str) = (LISTED, CUSTOMER);
/// When the nearest event of a customer happened.
const NEAREST: &str = "nearest";

/// What both databases take for no limit. It keeps them from asking for a value again wherever it is used.
const ALL: u64 = i64::MAX.unsigned_abs();

/// Which part of it a page shows.
pub(super) struct Part<'a> {
    /// What is asked of each event.
    pub(super) filter: &'a Condition,
    /// What lies behind the mark where the page begins.
    pub(super) behind: Option<Condition>,
    /// Whether the page is filled from the newest event on.
    pub(super) newest_first: bool,
    /// Rows that are read.
    pub(super) limit: u64,
}

/// When the first event of a customer happened, on the page's way, and how many there are at all times.
#[derive(Clone, Copy)]
struct Nearest {
    at: i64,
    events: i64,
}

impl From<Extent> for Nearest {
    fn from(extent: Extent) -> Self {
        Self { at: extent.newest_at, events: extent.events }
    }
}

/// A time of a customer, and the moment before which, on the page's way, nothing happened in it.
pub(super) struct Place {
    pub(super) window: Window,
    pub(super) nearest: i64,
    /// How many events the customer has, at all times.
    pub(super) events: i64,
}

/// The windows in which anything happened beyond a moment, those first in which something happened first.
pub(super) async fn places(
    reader: &impl Reads,
    Filter { windows, extents, .. }: &Filter,
    newest_first: bool,
    beyond: Option<i64>,
) -> Result<Vec<Place>> {
    let is_nearest = |newest: i64| newest_first && beyond.is_none_or(|beyond| newest <= beyond);
    let known = extents.iter().filter(|(_, extent)| is_nearest(extent.newest_at));
    let mut nearest: HashMap<Uuid, Nearest> =
        known.map(|(customer, extent)| (*customer, Nearest::from(*extent))).collect();
    let customers = windows.iter().map(|window| window.customer_id);
    let unknown: BTreeSet<Uuid> = customers.filter(|customer| !nearest.contains_key(customer)).collect();
    if !unknown.is_empty() {
        nearest.extend(looked_up(reader, unknown, newest_first, beyond).await?);
    }
    let place = |window: &Window| {
        let Nearest { at: nearest, events } = *nearest.get(&window.customer_id)?;
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
    let customers = Expr::val(json!(customers).to_string());
    let (table, customer) = match reader.backend() {
        DbBackend::Postgres => {
            (Func::cust("jsonb_array_elements_text").arg(customers.cast_as("jsonb")), "CAST(value AS uuid)")
        }
        _ => (Func::cust("json_each").arg(customers), "unhex(value)"),
    };
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
        .expr_as(Expr::cust(customer), CUSTOMER)
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
    Ok(found.into_iter().filter_map(|(customer, at, events)| Some((customer, Nearest { at: at?, events }))).collect())
}

/// All events.
pub(super) fn whole(windows: &[Window], filter: &Condition, backend: DbBackend) -> Select<Entity> {
    events(listed(windows.iter().map(|window| (*window, false)), backend), filter.clone())
}

/// Whether there are enough events at all to fill the page.
pub(super) fn may_fill(places: &[Place], part: &Part<'_>) -> bool {
    let events = places.iter().map(|place| u64::try_from(place.events).unwrap_or_default());
    events.fold(0, u64::saturating_add) >= part.limit
}

/// Events among which are those of the page if customers are asked back to the nearest event of the last of them and no
/// further; order and limit are still to be added.
pub(super) fn front(places: &[Place], part: &Part<'_>, backend: DbBackend) -> Select<Entity> {
    let end = places.last().map(|place| place.nearest);
    let bounded = |place: &Place| {
        let Window { customer_id, from, to } = place.window;
        let window = match part.newest_first {
            true => Window { customer_id, from: Ord::max(from, end.map(Instant::from_micros)), to },
            false => {
                let end = end.map(|end| Instant::from_micros(end.saturating_add(1)));
                Window { customer_id, from, to: to.into_iter().chain(end).min() }
            }
        };
        (window, u64::try_from(place.events).is_ok_and(|events| events > part.limit))
    };
    events(part.narrowed(listed(places.iter().map(bounded), backend)), part.filter.clone())
}

/// Events among which are those of the page; order and limit are still to be added.
pub(super) fn part(places: &[Place], part: &Part<'_>, backend: DbBackend) -> Select<Entity> {
    let windows = places.iter().map(|place| (place.window, true));
    let nearest = Query::select()
        .columns([CUSTOMER, SINCE, UNTIL, LONG])
        .expr_as(SimpleExpr::from(part.nearest(0)), NEAREST)
        .from_subquery(listed(windows, backend), CIRCLE)
        .limit(ALL)
        .to_owned();
    events(part.narrowed(part.candidates(nearest)), part.filter.clone())
}

/// The customers and their times as a table, and whether so much happened to them that it should be narrowed.
fn listed(windows: impl Iterator<Item = (Window, bool)>, backend: DbBackend) -> SelectStatement {
    let windows: Vec<_> = windows
        .map(|(window, is_long)| {
            let (since, until) = window.bounds();
            let customer = window.customer_id.simple().to_string();
            json!({CUSTOMER: customer, SINCE: since, UNTIL: until, LONG: i64::from(is_long)})
        })
        .collect();
    let windows = Expr::val(json!(windows).to_string());
    let (table, customer) = match backend {
        DbBackend::Postgres => {
            let windows = Func::cust("jsonb_array_elements").arg(windows.cast_as("jsonb"));
            (windows, "CAST(value ->> 'customer' AS uuid)")
        }
        _ => (Func::cust("json_each").arg(windows), "unhex(value ->> 'customer')"),
    };
    Query::select()
        .expr_as(Expr::cust(customer), CUSTOMER)
        .expr_as(Expr::cust("CAST(value ->> 'since' AS bigint)"), SINCE)
        .expr_as(Expr::cust("CAST(value ->> 'until' AS bigint)"), UNTIL)
        .expr_as(Expr::cust("CAST(value ->> 'long' AS bigint)"), LONG)
        .from_function(table, "listed")
        .limit(ALL)
        .to_owned()
}

/// The events of customers at their times; customer by customer, because only so their index is used.
fn events(circle: SelectStatement, filter: Condition) -> Select<Entity> {
    let mut select = Entity::find();
    QuerySelect::query(&mut select).from_clear().from_subquery(circle, CIRCLE).cross_join(Entity);
    select.filter(within()).filter(filter)
}

fn within() -> Condition {
    Condition::all().add(Expr::cust(
        "timeline_events.root_id = circle.customer AND timeline_events.root_type = 'customer' \
         AND timeline_events.occurred_at >= circle.since AND timeline_events.occurred_at < circle.until",
    ))
}

impl Part<'_> {
    /// When the event of a customer happened that comes behind so many others.
    fn nearest(&self, behind: u64) -> SelectStatement {
        let order = if self.newest_first { Order::Desc } else { Order::Asc };
        Query::select()
            .column((Entity, Column::OccurredAt))
            .from(Entity)
            .cond_where(within())
            .cond_where(self.filter.clone())
            .cond_where(Condition::all().add_option(self.behind.clone()))
            .order_by((Entity, Column::OccurredAt), order.clone())
            .order_by((Entity, Column::Sequence), order)
            .limit(1)
            .offset(behind)
            .to_owned()
    }

    /// Those who may be on the page, and nothing of them that lies beyond the nearest event of the last one if they fill it.
    fn candidates(&self, nearest: SelectStatement) -> SelectStatement {
        let limit = self.limit;
        let order = if self.newest_first { "DESC" } else { "ASC" };
        // Several at the same moment have the same place, so that none of them is left out.
        let placed = Query::select()
            .columns([CUSTOMER, SINCE, UNTIL, LONG, NEAREST])
            .expr_as(Expr::cust(format!("rank() OVER (ORDER BY nearest {order})")), "place")
            .from_subquery(nearest, "all_of_them")
            .and_where(Expr::col(NEAREST).is_not_null())
            .to_owned();
        let (since, until) = match self.newest_first {
            true => (
                "CASE WHEN count(*) OVER () >= {n} AND min(nearest) OVER () > since THEN min(nearest) OVER () ELSE since END",
                UNTIL,
            ),
            false => (
                SINCE,
                "CASE WHEN count(*) OVER () >= {n} AND max(nearest) OVER () < until THEN max(nearest) OVER () + 1 ELSE until END",
            ),
        };
        let number = |expression: &str| Expr::cust(expression.replace("{n}", &limit.to_string()));
        Query::select()
            .column(CUSTOMER)
            .expr_as(number(since), SINCE)
            .expr_as(number(until), UNTIL)
            .column(LONG)
            .from_subquery(placed, "placed")
            .and_where(Expr::cust(format!("place <= {limit}")))
            .limit(ALL)
            .to_owned()
    }

    /// No more of each than the page holds, where there may be many more.
    fn narrowed(&self, candidates: SelectStatement) -> SelectStatement {
        let last = SimpleExpr::from(self.nearest(self.limit - 1));
        let if_long = |last: SimpleExpr, all: &'static str| {
            let narrowed = Func::coalesce([last, Expr::col(all)]);
            CaseStatement::new().case(Expr::col(LONG).eq(1), narrowed).finally(Expr::col(all))
        };
        let (since, until) = match self.newest_first {
            true => (if_long(last, SINCE).into(), Expr::col(UNTIL)),
            false => (Expr::col(SINCE), if_long(last.add(1), UNTIL).into()),
        };
        Query::select()
            .column(CUSTOMER)
            .expr_as(since, SINCE)
            .expr_as(until, UNTIL)
            .from_subquery(candidates, Alias::new(CIRCLE))
            .limit(ALL)
            .to_owned()
    }
}
