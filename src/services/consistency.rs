//! Whether the rows people read and find are what the history says.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::FutureExt;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use super::custom_fields::{self, Definitions};
use super::customers::index::{self, Index};
use super::interactions::participants;
use super::records::{Kind, State, Table};
use super::{external_ids, interactions, loyalty, tags};
use crate::entities::cells::{Reads, Row};
use crate::entities::record::Record;
use crate::entities::{
    custom_field_value, customer, document_version, interaction, loyalty_transaction, relationship, ticket_comment,
};
use crate::error::Result;
use crate::history::following::{self, Follower, Following, Which};
use crate::history::rows::Report;
use crate::history::store::Store;
use crate::history::{beside, rows};
use crate::schemas::customer::TagName;

/// Records read at a time.
const CHUNK: u64 = 500;
/// How often a comparison begins anew because custom fields were defined meanwhile.
const ATTEMPTS: usize = 3;

/// Compares every record with the state its last event left, every row beside one with the event that told of it, and every
/// row that leads to a record with what the record says.
pub async fn verify(store: &Store) -> Result<Report> {
    let mut report = rows::verify(store).await?;
    beside::verify::<ticket_comment::Model>(store, &mut report).await?;
    beside::verify::<loyalty_transaction::Model>(store, &mut report).await?;
    beside::verify::<document_version::Model>(store, &mut report).await?;
    customers(store, &mut report).await?;
    interactions(store, &mut report).await?;
    relationships(store, &mut report).await?;
    loyalty_transactions(store, &mut report).await?;
    macro_rules! kinds {
        ($($kind:path),* $(,)?) => { $(of_kind::<$kind>(store, &mut report).await?;)* };
    }
    kinds! {
        super::campaigns::Campaigns, super::campaign_touches::CampaignTouches, super::consents::Consents,
        super::contracts::Contracts, super::custom_fields::CustomFieldDefinitions, super::deliveries::Deliveries,
        super::documents::Documents, super::dunning_notices::DunningNotices, super::feedback::Feedback,
        super::invoices::Invoices, super::loyalty::LoyaltyMemberships, super::opportunities::Opportunities,
        super::orders::Orders, super::owned_products::OwnedProducts, super::payments::Payments,
        super::pipelines::Pipelines, super::products::Products, super::projects::Projects, super::quotes::Quotes,
        super::referrals::Referrals, super::tasks::Tasks, super::task_sets::TaskSets,
        super::task_templates::TaskTemplates, super::tickets::Tickets,
    }
    Ok(report)
}

/// Compares the tables that lead to records of a kind.
async fn of_kind<K: Kind>(store: &Store, report: &mut Report) -> Result<()> {
    with_definitions(store, K::words().one, report, async |definitions, report| {
        let links = K::links().map(|links| links.following());
        let tables = [external_ids::following(K::words().one), custom_fields::following(definitions)];
        let tables: Vec<Following> = tables.into_iter().chain(links).collect();
        let read = |which| followers_of_kind::<K>(store, definitions, which).boxed();
        following::verify(store, &tables, &read, report).await
    })
    .await
}

async fn followers_of_kind<K: Kind>(store: &Store, definitions: &Definitions, which: Which) -> Result<Vec<Follower>> {
    let rows = store.rows.all(these(<Table<K>>::find(), K::Row::COMMON.id, which)).await?;
    let follower = |row: K::Row| {
        let id = row.id();
        let linked = State::<K>::of(&row).ok().map(|state| K::linked(&state));
        let link = |other| vec![following::id(other), following::id(id)];
        let common = row.common();
        let rows = vec![
            external_ids::rows(K::words().one, id, &common.external_ids),
            custom_fields::rows(definitions, id, &common.custom_fields),
            linked.map(|linked| linked.into_iter().map(link).collect()),
        ];
        Follower { id, rows }
    };
    Ok(rows.into_iter().map(follower).collect())
}

/// Compares the tables that lead to customers.
async fn customers(store: &Store, report: &mut Report) -> Result<()> {
    with_definitions(store, index::RESOURCE, report, async |definitions, report| {
        let tables = [external_ids::following(index::RESOURCE), custom_fields::following(definitions)];
        let tables: Vec<Following> = tables.into_iter().chain(index::following()).collect();
        let read = |which| followers_customers(store, definitions, which).boxed();
        following::verify(store, &tables, &read, report).await
    })
    .await
}

async fn followers_customers(store: &Store, definitions: &Definitions, which: Which) -> Result<Vec<Follower>> {
    let rows = store.rows.all(these(customer::Entity::find(), customer::Column::Id, which)).await?;
    let names = |row: &customer::Model| serde_json::from_str::<Vec<TagName>>(&row.tags).ok();
    let carried: BTreeSet<String> = rows.iter().filter_map(names).flatten().map(|name| name.0).collect();
    let known: HashMap<String, Uuid> = tags::named(&store.rows, carried).await?;
    let follower = |row: customer::Model| {
        // A name that no tag has leads nowhere: such a row is never there.
        let carried = |name: TagName| known.get(&name.0).copied().unwrap_or_default();
        let tags = names(&row).map(|names| names.into_iter().map(carried).collect());
        let own = [
            external_ids::rows(index::RESOURCE, row.id, &row.external_ids),
            custom_fields::rows(definitions, row.id, &row.custom_fields),
        ];
        let are_known = tags.is_some();
        let [words, places, tags] = Index::stored(&row, tags.unwrap_or_default()).rows(row.id);
        let rows = own.into_iter().chain([Some(words), Some(places), are_known.then_some(tags)]);
        Follower { id: row.id, rows: rows.collect() }
    };
    Ok(rows.into_iter().map(follower).collect())
}

/// Compares the tables that lead to interactions.
async fn interactions(store: &Store, report: &mut Report) -> Result<()> {
    with_definitions(store, interactions::SUBJECT, report, async |definitions, report| {
        let tables = [
            external_ids::following(interactions::SUBJECT),
            custom_fields::following(definitions),
            participants::links().following(),
        ];
        let follower = |row: &interaction::Model| {
            let link = |who| vec![following::id(who), following::id(row.id)];
            let took_part = participants::of(row).ok().map(|all| all.into_iter().map(link).collect());
            let values = custom_field_value::kept(row.custom_fields.as_ref());
            let rows = vec![
                external_ids::rows(interactions::SUBJECT, row.id, &row.external_ids),
                custom_fields::rows(definitions, row.id, values),
                took_part,
            ];
            Follower { id: row.id, rows }
        };
        of_table::<interaction::Entity>(store, &tables, interaction::Column::Id, &follower, report).await
    })
    .await
}

/// Compares the tables that lead to relationships.
async fn relationships(store: &Store, report: &mut Report) -> Result<()> {
    with_definitions(store, relationship::SUBJECT, report, async |definitions, report| {
        let tables = [external_ids::following(relationship::SUBJECT), custom_fields::following(definitions)];
        let follower = |row: &relationship::Model| {
            let values = custom_field_value::kept(row.custom_fields.as_ref());
            let known = external_ids::rows(relationship::SUBJECT, row.id, &row.external_ids);
            Follower { id: row.id, rows: vec![known, custom_fields::rows(definitions, row.id, values)] }
        };
        of_table::<relationship::Entity>(store, &tables, relationship::Column::Id, &follower, report).await
    })
    .await
}

/// Compares the table that leads to entries of loyalty ledgers.
async fn loyalty_transactions(store: &Store, report: &mut Report) -> Result<()> {
    with_definitions(store, loyalty::TRANSACTION, report, async |definitions, report| {
        let follower = |row: &loyalty_transaction::Model| {
            let values = custom_field_value::kept(row.custom_fields.as_ref());
            Follower { id: row.id, rows: vec![custom_fields::rows(definitions, row.id, values)] }
        };
        let (tables, id) = ([custom_fields::following(definitions)], loyalty_transaction::Column::Id);
        of_table::<loyalty_transaction::Entity>(store, &tables, id, &follower, report).await
    })
    .await
}

/// Compares tables that lead to the rows of another one, each of which says what is to be there of it.
async fn of_table<E: EntityTrait<Model: Row>>(
    store: &Store,
    tables: &[Following],
    id: E::Column,
    follower: &(impl Fn(&E::Model) -> Follower + Sync),
    report: &mut Report,
) -> Result<()> {
    let read = |which| {
        async move { Ok(store.rows.all(these(E::find(), id, which)).await?.iter().map(follower).collect()) }.boxed()
    };
    following::verify(store, tables, &read, report).await
}

/// The records that are asked for.
fn these<E: EntityTrait>(all: Select<E>, id: E::Column, which: Which) -> Select<E> {
    match which {
        Which::After(None) => all.order_by_asc(id).limit(CHUNK),
        Which::After(Some(after)) => all.filter(id.gt(after)).order_by_asc(id).limit(CHUNK),
        Which::These(ids) => all.filter(id.is_in(ids)),
    }
}

/// Compares with the custom fields of a resource; again if they changed meanwhile and something differs.
async fn with_definitions(
    store: &Store,
    resource: &str,
    report: &mut Report,
    compare: impl AsyncFn(&Definitions, &mut Report) -> Result<()>,
) -> Result<()> {
    for attempt in 1..=ATTEMPTS {
        let definitions = custom_fields::of_committed(&store.rows, resource).await?;
        let mut found = Report::default();
        compare(&definitions, &mut found).await?;
        let now = custom_fields::of_committed(&store.rows, resource).await?;
        if found.findings.is_empty() || Arc::ptr_eq(&definitions, &now) || attempt == ATTEMPTS {
            report.findings.extend(found.findings);
            report.more += found.more;
            break;
        }
    }
    Ok(())
}
