//! Who is this, what is open, what happened: everything about one customer in a constant number of queries, as it is or
//! as it was.

mod asked;
mod money;
mod risk;
mod satisfaction;

use sea_orm::ColumnTrait;
use uuid::Uuid;

use self::asked::Asked;
use super::consents::{self, Consents};
use super::contracts::Contracts;
use super::deliveries::Deliveries;
use super::feedback::Feedback;
use super::invoices::Invoices;
use super::loyalty::LoyaltyMemberships;
use super::opportunities::Opportunities;
use super::orders::Orders;
use super::owned_products::OwnedProducts;
use super::projects::Projects;
use super::quotes::Quotes;
use super::tasks::Tasks;
use super::tickets::Tickets;
use super::{customers, relationships, timeline};
use crate::domain::past::Past;
use crate::domain::permission::Permission;
use crate::entities::{
    consent, contract, delivery, feedback, invoice, loyalty_membership, opportunity, order, owned_product, project,
    quote, task, ticket,
};
use crate::error::Result;
use crate::history;
use crate::history::context::Context;
use crate::schemas::page::PageRequest;
use crate::schemas::query::{Both, PastQuery};
use crate::schemas::relationship::CustomerRelationship;
use crate::schemas::summary::{ContactTimes, CustomerSummary, OpenItems, Possessions, SummaryConsent, SummaryItem};
use crate::schemas::timeline::{IncludeQuery, TimelineEvent, TimelineQuery};

/// Entries of the timeline that are shown.
const EVENTS_MAX: u64 = 10;
/// People who are shown.
const PERSONS_MAX: u64 = 20;
/// Consents that are shown.
const CONSENTS_MAX: u64 = 50;
/// How often a summary is put together anew because the customer's history went on meanwhile.
const ATTEMPTS_MAX: usize = 4;

/// Puts everything together. Whatever is told held at the same moment: if the history of the customer went on
/// meanwhile, it is read again.
pub async fn read(cx: &Context, customer_id: Uuid, past: Option<Past>) -> Result<CustomerSummary> {
    customers::must_be_visible(cx, customer_id).await?;
    let asked = Asked::new(cx, customer_id, past);
    let head = || history::timeline::length(&cx.store.rows, customer_id);
    let mut before = head().await?;
    let mut summary = Box::pin(put_together(&asked)).await?;
    for _ in 1..ATTEMPTS_MAX {
        let after = head().await?;
        if past.is_some() || after == before {
            break;
        }
        (before, summary) = (after, Box::pin(put_together(&asked)).await?);
    }
    Ok(summary)
}

async fn put_together(asked: &Asked<'_>) -> Result<CustomerSummary> {
    let Asked { cx, customer_id, past, .. } = *asked;
    // Asked for side by side: connections to PostgreSQL take them one behind the other without waiting. Each lies on the
    // heap, because together they are more than the stack of a thread should hold.
    let (
        customer,
        owned,
        open,
        next_task,
        order_totals,
        invoice_totals,
        satisfaction,
        counts,
        key_persons,
        consents,
        newest_events,
    ) = tokio::try_join!(
        Box::pin(customers::read(cx, customer_id, past)),
        Box::pin(owned(asked)),
        Box::pin(open(asked)),
        Box::pin(next_task(asked)),
        Box::pin(money::order_totals(asked)),
        Box::pin(money::invoice_totals(asked)),
        Box::pin(satisfaction::read(asked)),
        Box::pin(risk::count(asked)),
        Box::pin(key_persons(asked)),
        Box::pin(consents_that_hold(asked)),
        Box::pin(newest_events(asked)),
    )?;
    let contact = ContactTimes {
        first_at: customer.first_contact_at,
        last_at: customer.last_interaction_at,
        days_since_last: customer.last_interaction_at.map(|at| asked.days_since(at)),
        next_at: next_task.as_ref().and_then(|task| task.due_at),
        next_task,
    };
    let parts = risk::Parts {
        invoices: invoice_totals.as_deref(),
        open: &open,
        satisfaction: satisfaction.as_ref(),
        days_since_contact: contact.days_since_last,
    };
    let risk = risk::assess(&counts, &parts);
    Ok(CustomerSummary {
        customer,
        owned,
        open,
        order_totals,
        invoice_totals,
        satisfaction,
        risk,
        contact,
        key_persons,
        consents,
        newest_events,
    })
}

async fn open(asked: &Asked<'_>) -> Result<OpenItems> {
    use asked::{in_states, not_in_states};
    let tasks = in_states(task::Column::Status, &["open"]);
    let tickets = not_in_states(ticket::Column::Status, &["resolved", "closed"]);
    let complaints = in_states(feedback::Column::Status, &["open", "acknowledged"]);
    let opportunities = in_states(opportunity::Column::Status, &["open"]);
    let quotes = in_states(quote::Column::Status, &["draft", "sent"]);
    let orders = not_in_states(order::Column::Status, &["fulfilled", "cancelled"]);
    let deliveries = in_states(delivery::Column::Status, &["prepared", "shipped"]);
    let invoices = in_states(invoice::Column::Status, &["issued", "partially_paid"]);
    let invoices = invoices.add(invoice::Column::Kind.eq("invoice"));
    let projects = not_in_states(project::Column::Status, &["completed", "cancelled"]);
    let (tasks, tickets, complaints, opportunities, quotes, orders, deliveries, invoices, projects) = tokio::try_join!(
        Box::pin(asked.section::<Tasks>(tasks, task::Column::DueAt, |row| (row.due_at, None))),
        Box::pin(
            asked.section::<Tickets>(tickets, ticket::Column::ResolutionDueAt, |row| (row.resolution_due_at, None))
        ),
        Box::pin(asked.section::<Feedback>(complaints, feedback::Column::GivenAt, |_| (None, None))),
        Box::pin(asked.section::<Opportunities>(opportunities, opportunity::Column::ExpectedCloseDate, |row| {
            (None, row.expected_close_date.clone())
        })),
        Box::pin(asked.section::<Quotes>(quotes, quote::Column::ValidUntil, |row| (None, row.valid_until.clone()))),
        Box::pin(
            asked.section::<Orders>(orders, order::Column::PlacedAt, |row| {
                (None, row.requested_delivery_on.clone())
            })
        ),
        Box::pin(asked.section::<Deliveries>(deliveries, delivery::Column::DueOn, |row| (None, row.due_on.clone()))),
        Box::pin(asked.section::<Invoices>(invoices, invoice::Column::DueOn, |row| (None, row.due_on.clone()))),
        Box::pin(asked.section::<Projects>(projects, project::Column::EndsOn, |row| (None, row.ends_on.clone()))),
    )?;
    Ok(OpenItems { tasks, tickets, complaints, opportunities, quotes, orders, deliveries, invoices, projects })
}

async fn owned(asked: &Asked<'_>) -> Result<Possessions> {
    use asked::{in_states, not_in_states};
    let products = in_states(owned_product::Column::Status, &["in_use"]);
    let contracts = in_states(contract::Column::Status, &["active", "cancelled"]);
    let memberships = not_in_states(loyalty_membership::Column::Status, &["ended"]);
    let (products, contracts, loyalty_memberships) = tokio::try_join!(
        Box::pin(asked.section::<OwnedProducts>(products, owned_product::Column::WarrantyUntil, |row| {
            (None, row.warranty_until.clone())
        })),
        Box::pin(
            asked.section::<Contracts>(contracts, contract::Column::NoticeBy, |row| (None, row.notice_by.clone()))
        ),
        Box::pin(
            asked.section::<LoyaltyMemberships>(memberships, loyalty_membership::Column::JoinedOn, |_| (None, None))
        ),
    )?;
    Ok(Possessions { products, contracts, loyalty_memberships })
}

/// The first task that is still to come.
async fn next_task(asked: &Asked<'_>) -> Result<Option<SummaryItem>> {
    let to_come = asked::in_states(task::Column::Status, &["open"]).add(task::Column::DueAt.gte(asked.at));
    let found = asked.rows::<Tasks>(to_come, task::Column::DueAt, 1).await?;
    let first = found.and_then(|rows| rows.into_iter().next());
    first.map(|row| asked::item::<Tasks>(&row, (row.due_at, None))).transpose()
}

async fn key_persons(asked: &Asked<'_>) -> Result<Option<Vec<CustomerRelationship>>> {
    if !asked.may(Permission::RelationshipsRead) {
        return Ok(None);
    }
    let Asked { cx, customer_id, past, at } = asked;
    relationships::key_persons(cx, *customer_id, *past, &at.day(), PERSONS_MAX).await.map(Some)
}

async fn consents_that_hold(asked: &Asked<'_>) -> Result<Option<Vec<SummaryConsent>>> {
    let rows =
        asked.rows::<Consents>(consents::effective_at(asked.at), consent::Column::GrantedAt, CONSENTS_MAX).await?;
    let shown = |row: consent::Model| SummaryConsent {
        id: row.id,
        purpose: row.purpose,
        channel: row.channel,
        valid_until: row.valid_until,
    };
    Ok(rows.map(|rows| rows.into_iter().map(shown).collect()))
}

async fn newest_events(asked: &Asked<'_>) -> Result<Option<Vec<TimelineEvent>>> {
    if !asked.may(Permission::TimelineRead) {
        return Ok(None);
    }
    let query = Both(IncludeQuery::default(), Both(asked.query(), TimelineQuery::default()));
    let found = timeline::of_customer(asked.cx, asked.customer_id, &query, &PageRequest::first(EVENTS_MAX)).await?;
    Ok(Some(found.items))
}

impl Asked<'_> {
    fn query(&self) -> PastQuery {
        PastQuery { as_of: self.past.map(|past| past.as_of), known_at: self.past.map(|past| past.known_at) }
    }
}
