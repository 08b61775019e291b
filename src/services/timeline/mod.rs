//! The timeline: reading it, adding events of own kinds, correcting entries, checking that it is whole.

mod append;
mod corrections;
mod verification;

use uuid::Uuid;

pub(super) use append::reference_taken;
pub use append::{append, append_in};
pub use corrections::{correct, correct_in};
pub use verification::verify;

use super::relationships::circle::{Circle, Member};
use super::{customers, relationships};
use crate::domain::instant::Instant;
use crate::domain::search;
use crate::entities::timeline_event;
use crate::error::{Error, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::timeline::{self, Filter, Window};
use crate::schemas::page::{Found, PageRequest};
use crate::schemas::query::Both;
use crate::schemas::timeline::{CustomerTimelineQuery, TimelineEvent, TimelineQuery, TimelineView};

/// One page of a customer's timeline.
pub async fn of_customer(
    cx: &Context,
    customer_id: Uuid,
    Both(include, Both(past, query)): &CustomerTimelineQuery,
    page: &PageRequest,
) -> Result<Found<TimelineEvent>> {
    let mut filter = Filter { past: past.past()?, ..filter(query, Some(customer_id)) };
    let include = include.all();
    let found = async {
        if include.is_empty() {
            return find(cx, &filter, page).await;
        }
        let circle = relationships::circle::of(cx, customer_id, &include, filter.past).await?;
        filter.windows = windows(customer_id, circle);
        if !filter.subjects.is_empty() {
            let roots = timeline::roots_of(&cx.store.rows, &filter.subjects).await?;
            filter.windows.retain(|it| it.customer_id == customer_id || roots.contains(&it.customer_id));
        }
        find(cx, &filter, page).await
    };
    customers::of_visible(cx, customer_id, found).await
}

/// One page of the timelines of every customer the caller may know of.
pub async fn of_all(cx: &Context, query: &TimelineQuery, page: &PageRequest) -> Result<Found<TimelineEvent>> {
    find(cx, &filter(query, None), page).await
}

async fn find(cx: &Context, filter: &Filter, page: &PageRequest) -> Result<Found<TimelineEvent>> {
    let (rows, total) = timeline::page(cx, filter, page.mark.as_ref(), page.limit, page.count).await?;
    // The corrected view holds nothing that was superseded.
    let ids = rows.rows.iter().map(|event| event.id);
    let superseded = match filter.full {
        true => timeline::superseded(&cx.store.rows, ids, filter.past.as_ref()).await?,
        false => Default::default(),
    };
    Ok(Found::from_rows(rows, total, |row| {
        let successor = superseded.get(&row.id).copied();
        TimelineEvent::new(row, successor, cx.language)
    }))
}

/// A customer's whole history, and those of others on the days they belong to it; days are those of UTC.
fn windows(customer_id: Uuid, circle: Circle) -> Vec<Window> {
    let mut windows = vec![Window { customer_id, from: None, to: None, extent: None }];
    for (customer_id, Member { days, extent }) in circle {
        windows.extend(days.into_iter().map(|days| Window {
            customer_id,
            from: days.first.map(Instant::beginning_of),
            to: days.last.and_then(|last| last.succ_opt()).map(Instant::beginning_of),
            extent,
        }));
    }
    windows
}

fn filter(query: &TimelineQuery, customer_id: Option<Uuid>) -> Filter {
    Filter {
        customer_id,
        kinds: query.kind.iter().map(|kind| kind.0.clone()).collect(),
        categories: query.category.iter().map(|category| category.as_str().to_owned()).collect(),
        direction: query.direction.map(|direction| direction.as_str().to_owned()),
        channels: query.channel.iter().map(|channel| channel.0.clone()).collect(),
        subjects: query.subject_id.clone(),
        actor_id: query.actor_id,
        source_systems: query.source_system.iter().map(|system| system.0.clone()).collect(),
        occurred_from: query.occurred_from,
        occurred_to: query.occurred_to,
        recorded_from: query.recorded_from,
        recorded_to: query.recorded_to,
        past: None,
        windows: Vec::new(),
        words: query.q.as_deref().map(search::query_words),
        full: query.view.unwrap_or_default() == TimelineView::Full,
        oldest_first: query.sort.as_deref() == Some("occurred_at"),
    }
}

/// Reads one entry.
pub async fn read(cx: &Context, customer_id: Uuid, event_id: Uuid) -> Result<TimelineEvent> {
    customers::must_be_visible(cx, customer_id).await?;
    let event = timeline::event(&cx.store.rows, &cx.actor, customer_id, event_id).await?;
    let superseded = timeline::superseded(&cx.store.rows, [event_id], None).await?;
    let successor = superseded.get(&event_id).copied();
    Ok(TimelineEvent::new(event, successor, cx.language))
}

/// An event of this change as it will be stored.
async fn sealed(change: &Change, event_id: Uuid) -> Result<timeline_event::Model> {
    let found = change.seal().await?.into_iter().find(|event| event.id == event_id);
    found.ok_or_else(|| Error::internal("a recorded event is sealed"))
}
