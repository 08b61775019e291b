//! Fills a migrated database in bulk.

mod postgres;
mod sqlite;

use kundenhistorie::auth::passwords::{HashSettings, Hasher};
use kundenhistorie::config::Config;
use kundenhistorie::entities::{customer, timeline_event, user};
use kundenhistorie::history::chain::{Hash, genesis};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ColumnTrait, EntityTrait, IdenStatic, Iterable, ModelTrait, Value};

use super::Result;
use super::database::Database;
use super::plan::{Plan, signed};
use super::rows::{self, Events};

pub use postgres::PostgresSink;
pub use sqlite::SqliteSink;

/// Takes rows table by table.
pub trait Sink {
    /// Whether events are wanted customer by customer, because the table lies in that order.
    const CUSTOMER_BY_CUSTOMER: bool;

    /// Stores all rows of a table.
    async fn table(&mut self, table: &str, columns: &str, rows: impl Iterator<Item = Vec<Value>>) -> Result<()>;
}

/// Migrates an empty database and fills it.
pub async fn fill(database: &Database, plan: &Plan) -> Result<()> {
    let connection = sea_orm::Database::connect(database.url_to_create()).await?;
    Migrator::up(&connection, None).await?;
    connection.close().await?;
    match database {
        Database::Sqlite { file, .. } => {
            let mut sink = SqliteSink::open(file)?;
            rows_into(&mut sink, plan).await?;
            sink.finish()
        }
        Database::Postgres { url, .. } => {
            let mut sink = PostgresSink::open(url).await?;
            rows_into(&mut sink, plan).await?;
            sink.finish(plan).await
        }
    }
}

async fn rows_into<S: Sink>(sink: &mut S, plan: &Plan) -> Result<()> {
    let user = rows::administrator(password_hash().await?);
    sink.table("users", &names::<user::Column>(), std::iter::once(values(&user))).await?;
    let counter = vec!["customer_number".into(), signed(plan.customers).into()];
    sink.table("counters", "name, value", std::iter::once(counter)).await?;

    let customers = || (0..plan.customers).map(|number| rows::customer(plan, number));
    sink.table("customers", &names::<customer::Column>(), customers().map(|made| values(&made.row))).await?;
    let places = customers().map(|made| {
        let (country, postal_code, city_key) = made.place;
        vec![made.row.id.into(), country.into(), postal_code.into(), city_key.into()]
    });
    sink.table("customer_places", "customer_id, country, postal_code, city_key", places).await?;
    let words = customers().flat_map(|made| {
        let id = made.row.id;
        made.words.into_iter().map(move |word| vec![word.into(), id.into()])
    });
    sink.table("customer_words", "word, customer_id", words).await?;
    events_into(sink, plan).await
}

async fn events_into<S: Sink>(sink: &mut S, plan: &Plan) -> Result<()> {
    let owners = plan.owners();
    let mut lengths = vec![0_usize; plan.customers];
    let mut newest = vec![0_i64; plan.customers];
    // Place in the log, owner, sequence within the owner's chain.
    let mut places: Vec<(usize, usize, usize)> = Vec::with_capacity(plan.events);
    for (place, owner) in owners.into_iter().enumerate() {
        let owner = usize::try_from(owner)?;
        lengths[owner] += 1;
        newest[owner] = newest[owner].max(plan.occurred_at(place).micros());
        places.push((place, owner, lengths[owner]));
    }
    if S::CUSTOMER_BY_CUSTOMER {
        places.sort_by_key(|(place, owner, _)| (*owner, *place));
    }
    let mut chains: Vec<Hash> = (0..plan.customers).map(|owner| genesis("customer", plan.customer_id(owner))).collect();
    let mut events = Events::new();
    // Whatever comes out of the loop stops it: rows that cannot be made are no rows.
    let mut failure = None;
    let rows = places.into_iter().map_while(|(place, owner, sequence)| {
        let event = events.at(plan, place, owner, sequence, &mut chains[owner]);
        event.map(|event| values(&event)).map_err(|error| failure = Some(error)).ok()
    });
    sink.table("timeline_events", &names::<timeline_event::Column>(), rows).await?;
    if let Some(error) = failure {
        return Err(error.into());
    }
    let heads = lengths.iter().zip(chains).zip(newest).enumerate().map(|(owner, ((length, hash), newest))| {
        let id: Value = plan.customer_id(owner).into();
        vec![id, "customer".into(), signed(*length).into(), hash.to_vec().into(), newest.into()]
    });
    sink.table("timeline_heads", "root_id, root_type, sequence, hash, newest_at", heads).await
}

async fn password_hash() -> Result<String> {
    let auth = Config::load(None)?.auth;
    let hasher = Hasher::new(HashSettings {
        memory_kib: auth.hashing_memory_kib,
        iterations: auth.hashing_iterations,
        parallelism: auth.hashing_parallelism,
        concurrency: 1,
        queue: 1,
    });
    let hash = hasher.map_err(|error| format!("{error:?}"))?.hash(rows::PASSWORD).await;
    Ok(hash.map_err(|error| format!("{error:?}"))?)
}

/// The columns of a table as they stand in a statement.
pub fn names<C: ColumnTrait + Iterable + IdenStatic>() -> String {
    C::iter().map(|column| column.as_str().to_owned()).collect::<Vec<_>>().join(", ")
}

/// The values of a row, in the order of [`names`].
pub fn values<M: ModelTrait>(row: &M) -> Vec<Value>
where
    <M::Entity as EntityTrait>::Column: Iterable,
{
    <<M::Entity as EntityTrait>::Column as Iterable>::iter().map(|column| row.get(column)).collect()
}
