//! The histories of several customers, each at its times, read as one.
//!
//! A page of 50 holds events of at most 50 customers: those whose first event on the page's way comes first. So the nearest
//! event of each customer is looked up, whatever it tells: the newest of all is known by the head of their chain, others by
//! their index; whose timeline it is comes first in any case. Those who come first are asked for what the page shows, and
//! only back to the nearest event of the last of them. If that is much, whoever has more events than the page holds is asked
//! for no more than that. If this does not fill the page, because some of it is not shown, they are asked for more, and
//! nobody else unless they may have something on the page after all.
//! The text of a query is the same for any number of customers.

mod places;

use sea_orm::sea_query::{
    Alias, CaseStatement, Expr, ExprTrait, Func, FunctionCall, Order, Query, SelectStatement, SimpleExpr,
};
use sea_orm::{Condition, DbBackend, EntityTrait, QueryFilter, QuerySelect, Select};
use serde_json::json;

use self::places::{Place, places};
use super::context::Context;
use super::timeline::{Filter, Window};
use crate::domain::instant::Instant;
use crate::entities::cells::Reads;
use crate::entities::keyset::{self, By, Mark, Rows};
use crate::entities::timeline_event::{Column, Entity, Model};
use crate::error::{Code, Error, Result};

/// So many more customers than fill a page of several are asked for it: not everything they have is shown.
const SPARE: u64 = 4;
/// The events of a front are few if they are no more than so many times those of the page.
const FEW: u64 = 3;
/// What the customers and their times are called.
const CIRCLE: &str = "circle";
const CUSTOMER: &str = "customer";
const SINCE: &str = "since";
const UNTIL: &str = "until";
const LONG: &str = "long";
/// When the nearest event of a customer happened.
const NEAREST: &str = "nearest";

/// What both databases take for no limit. It keeps them from asking for a value again wherever it is used.
const ALL: u64 = i64::MAX.unsigned_abs();

/// One page of the histories of several customers, and how many events there are in all if that was asked.
pub(super) async fn page(
    cx: &Context,
    filter: &Filter,
    conditions: &Condition,
    mark: Option<&Mark>,
    limit: u64,
    count: bool,
) -> Result<(Rows<Model>, Option<u64>)> {
    let reader = &cx.store.rows;
    let total = match count {
        true => Some(reader.count(whole(&filter.windows, conditions, reader.backend())).await?),
        false => None,
    };
    let by = |column| By { column, descending: !filter.oldest_first };
    let order = [by(Column::OccurredAt), by(Column::Sequence), by(Column::RootId)];
    let refused = || Error::new(Code::InvalidCursor);
    let behind = match mark {
        Some(mark) => Some(keyset::behind_mark(&order, mark).ok_or_else(refused)?),
        None => None,
    };
    let backward = mark.is_some_and(|mark| mark.backward);
    let newest_first = filter.oldest_first == backward;
    let part = Part { filter: conditions, behind, newest_first, limit: limit + 1 };
    let marked = mark.and_then(|mark| mark.values.first()).and_then(serde_json::Value::as_i64);
    let beyond = match newest_first {
        true => {
            let asked = filter.past.map(|past| past.as_of.micros());
            [marked, asked, filter.occurred_to.map(Instant::micros)].into_iter().flatten().min()
        }
        false => Ord::max(marked, filter.occurred_from.map(Instant::micros)),
    };
    let places = places(reader, filter, newest_first, beyond).await?;
    let first = |customers: u64| usize::try_from(customers).unwrap_or(usize::MAX).min(places.len());
    let read = async |select| keyset::page(select, &order, mark, limit, reader).await?.ok_or_else(refused);
    let is_page = |page: &Rows<Model>, moment| is_filled_before(page, moment, newest_first, backward);
    // Mostly fewer customers than events fill the page, as many of them have several.
    let mut is_dense = false;
    for few in [first(limit * 3 / 4), first(part.limit + SPARE)] {
        // Of the customer alone whose timeline it is nothing is known that would bound them.
        if let Some(rest) = places.get(few).filter(|_| few > 1 && filter.shows_most()) {
            let few = &places[..few];
            let sorted = if is_dense { None } else { front_of_few(reader, few, &part).await? };
            is_dense = sorted.is_none();
            let page = match sorted {
                Some(rows) => keyset::cut(rows, &order, mark, limit),
                None => read(front(few, &part, Bounded::Long, reader.backend())).await?,
            };
            if is_page(&page, rest.nearest) {
                return Ok((page, total));
            }
        }
    }
    let few = &places[..first(part.limit + SPARE)];
    let rest = places.get(few.len());
    let page = read(events_of(few, &part, reader.backend())).await?;
    let page = match rest {
        Some(rest) if !is_page(&page, rest.nearest) => read(events_of(&places, &part, reader.backend())).await?,
        _ => page,
    };
    Ok((page, total))
}

/// Whether a page is full of what comes before a moment, on its way, and more comes behind it: of those who were not asked
/// nothing is known.
fn is_filled_before(page: &Rows<Model>, moment: i64, newest_first: bool, backward: bool) -> bool {
    let times = page.rows.iter().map(|row| row.occurred_at.micros());
    let further = if backward { &page.previous } else { &page.next };
    let last = if newest_first { times.min() } else { times.max() };
    further.is_some() && last.is_some_and(|last| if newest_first { last > moment } else { last < moment })
}

/// Which customers are asked for no more than the page holds, by one more look at each.
#[derive(PartialEq, Eq, Clone, Copy)]
enum Bounded {
    /// Those of whom it is not known how much they have.
    Unknown,
    /// Those as well who have more than the page holds.
    Long,
}

/// Which part of it a page shows.
struct Part<'a> {
    /// What is asked of each event.
    filter: &'a Condition,
    /// What lies behind the mark where the page begins.
    behind: Option<Condition>,
    /// Whether the page is filled from the newest event on.
    newest_first: bool,
    /// Rows that are read.
    limit: u64,
}

/// Texts as a table with one column, `value`, and the customer whose identifier a part of it is.
fn each_of(texts: &[String], backend: DbBackend, id: &str) -> (FunctionCall, SimpleExpr) {
    let texts = Expr::val(json!(texts).to_string());
    match backend {
        DbBackend::Postgres => {
            let table = Func::cust("jsonb_array_elements_text").arg(texts.cast_as("jsonb"));
            (table, Expr::cust(format!("CAST({id} AS uuid)")))
        }
        _ => (Func::cust("json_each").arg(texts), Expr::cust(format!("unhex({id})"))),
    }
}

/// All events.
fn whole(windows: &[Window], filter: &Condition, backend: DbBackend) -> Select<Entity> {
    events(listed(windows.iter().map(|window| (*window, false)), backend), filter.clone())
}

/// Those events of the front that fill the page, if the front has few; sorted here, which costs less than to bound each
/// customer and to sort whole rows where they are stored.
async fn front_of_few(reader: &impl Reads, places: &[Place], part: &Part<'_>) -> Result<Option<Vec<Model>>> {
    let few = part.limit * FEW;
    let front = front(places, part, Bounded::Unknown, reader.backend());
    let select = front.filter(Condition::all().add_option(part.behind.clone())).limit(few + 1);
    let mut rows: Vec<Model> = reader.all(select).await?;
    let size = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
    if rows.len() > size(few) {
        return Ok(None);
    }
    rows.sort_unstable_by_key(|row| (row.occurred_at, row.sequence, row.root_id));
    if part.newest_first {
        rows.reverse();
    }
    rows.truncate(size(part.limit));
    Ok(Some(rows))
}

/// Events among which are those of the page if customers are asked back to the nearest event of the last of them and no
/// further; order and limit are still to be added.
fn front(places: &[Place], part: &Part<'_>, bounded: Bounded, backend: DbBackend) -> Select<Entity> {
    let end = places.last().map(|place| place.nearest);
    let listed_of = |place: &Place| {
        let mut window = place.window;
        match part.newest_first {
            true => window.from = Ord::max(window.from, end.map(Instant::from_micros)),
            false => {
                let end = end.map(|end| Instant::from_micros(end.saturating_add(1)));
                window.to = window.to.into_iter().chain(end).min();
            }
        }
        (window, place.events.is_none_or(|events| bounded == Bounded::Long && events > part.limit))
    };
    events(part.narrowed(listed(places.iter().map(listed_of), backend)), part.filter.clone())
}

/// Events among which are those of the page; order and limit are still to be added.
fn events_of(places: &[Place], part: &Part<'_>, backend: DbBackend) -> Select<Entity> {
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
    // Texts of one form, cut in pieces: an object for each would be taken apart anew for each of its members.
    let windows: Vec<_> = windows
        .map(|(window, is_long)| {
            let (since, until) = window.bounds();
            let customer = window.customer_id.simple();
            format!("{customer}{since:+020}{until:+020}{}", i64::from(is_long))
        })
        .collect();
    let (table, customer) = each_of(&windows, backend, "substr(value, 1, 32)");
    Query::select()
        .expr_as(customer, CUSTOMER)
        .expr_as(Expr::cust("CAST(substr(value, 33, 20) AS bigint)"), SINCE)
        .expr_as(Expr::cust("CAST(substr(value, 53, 20) AS bigint)"), UNTIL)
        .expr_as(Expr::cust("CAST(substr(value, 73) AS bigint)"), LONG)
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
