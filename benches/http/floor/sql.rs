//! The statements, by hand. Numbered placeholders, each used once and in order, suit all four drivers.

use std::sync::LazyLock;

use kundenhistorie::entities::{customer, interaction, timeline_event};
use kundenhistorie::history::chain;
use sea_orm::{Iterable, ModelTrait, Value};

use super::NewEntry;
use super::columns::Head;
use crate::Result;
use crate::fill::{names, values};

/// Entries on a page, and one to see whether there are more.
pub const PAGE: usize = 50;

/// The columns of an event that the wire shows.
pub const EVENT_SHOWN: &str = "root_id, occurred_at, sequence, id, position, kind, category, recorded_at, actor_type, \
    actor_id, actor_name, source_system, source_reference, direction, channel, title_en, summary, amount, currency, \
    payload, subject_type, subject_id, supersedes, content_digest, previous_hash, hash";

/// A query by its place in [`STATEMENTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sql {
    /// A customer by id.
    Customer,
    /// The first customers by name.
    Customers,
    /// Customers with two words.
    Search,
    /// The same for PostgreSQL, which would read all customers for that.
    SearchOfArray,
    /// The newest events of a customer.
    Newest,
    /// Events of a customer before another one.
    Older,
}

/// The texts of [`Sql`], in its order.
pub static STATEMENTS: LazyLock<[&'static str; 6]> = LazyLock::new(|| {
    let columns = names::<customer::Column>();
    let page = PAGE + 1;
    let word = |low: usize, high: usize| {
        format!("SELECT customer_id FROM customer_words WHERE word >= ${low} AND word < ${high}")
    };
    let both = format!("{} INTERSECT {}", word(1, 2), word(3, 4));
    let found = |among: String| {
        format!(
            "SELECT {columns} FROM customers WHERE archived_at IS NULL AND id {among} ORDER BY sort_key, id LIMIT {page}"
        )
    };
    let corrected = "NOT EXISTS (SELECT 1 FROM timeline_events AS c WHERE c.supersedes = e.id)";
    let newest_first = format!("ORDER BY occurred_at DESC, sequence DESC LIMIT {page}");
    [
        format!("SELECT {columns} FROM customers WHERE id = $1"),
        format!("SELECT {columns} FROM customers WHERE archived_at IS NULL ORDER BY sort_key, id LIMIT {page}"),
        found(format!("IN ({both})")),
        found(format!("= ANY (ARRAY({both}))")),
        format!("SELECT {EVENT_SHOWN} FROM timeline_events AS e WHERE root_id = $1 AND {corrected} {newest_first}"),
        format!(
            "SELECT {EVENT_SHOWN} FROM timeline_events AS e WHERE root_id = $1 AND (occurred_at, sequence) < ($2, $3) \
             AND {corrected} {newest_first}"
        ),
    ]
    .map(|sql| &*sql.leak())
});

impl Sql {
    /// The statement.
    pub fn text(self) -> &'static str {
        STATEMENTS[self as usize]
    }
}

/// Where an event goes, on SQLite.
pub const HEAD_SQLITE: &str = "SELECT (SELECT max(position) FROM timeline_events) + 1, sequence, hash \
    FROM timeline_heads WHERE root_id = $1";
/// Where an event goes, on PostgreSQL; locked.
pub const HEAD_POSTGRES: &str =
    "SELECT nextval('timeline_position'), sequence, hash FROM timeline_heads WHERE root_id = $1 FOR UPDATE";

/// The four statements of an interaction that is logged, each with its own placeholders.
pub static WRITES: LazyLock<[&'static str; 4]> = LazyLock::new(|| {
    [
        insert("interactions", &names::<interaction::Column>(), interaction::Column::iter().count(), 0),
        insert("timeline_events", &names::<timeline_event::Column>(), timeline_event::Column::iter().count(), 0),
        head_update(0),
        contact_update(0),
    ]
    .map(|sql| &*sql.leak())
});

/// The same as one statement for PostgreSQL.
pub static WRITE_AT_ONCE: LazyLock<&'static str> = LazyLock::new(|| {
    let (interactions, events) = (interaction::Column::iter().count(), timeline_event::Column::iter().count());
    let sql = format!(
        "WITH a AS ({}), b AS ({}), c AS ({}) {}",
        insert("interactions", &names::<interaction::Column>(), interactions, 0),
        insert("timeline_events", &names::<timeline_event::Column>(), events, interactions),
        head_update(interactions + events),
        contact_update(interactions + events + 3),
    );
    sql.leak()
});

/// The same again, with the look at the head in it: one round trip. The database links the event itself, by a simpler
/// hash than the service's.
pub static WRITE_IN_ONE_TRIP: LazyLock<&'static str> = LazyLock::new(|| {
    let interactions = interaction::Column::iter().count();
    let mut after = interactions;
    let values = timeline_event::Column::iter().map(|column| match column {
        timeline_event::Column::Sequence => "h.sequence".to_owned(),
        timeline_event::Column::Position => "nextval('timeline_position')".to_owned(),
        timeline_event::Column::PreviousHash => "h.previous".to_owned(),
        timeline_event::Column::Hash => "h.hash".to_owned(),
        _ => {
            after += 1;
            format!("${after}")
        }
    });
    let values = values.collect::<Vec<_>>().join(", ");
    let sql = format!(
        "WITH o AS (SELECT root_id, sequence, hash FROM timeline_heads WHERE root_id = ${} FOR UPDATE), \
         h AS (UPDATE timeline_heads AS t SET sequence = o.sequence + 1, hash = sha256(o.hash || ${}::bytea) FROM o \
         WHERE t.root_id = o.root_id RETURNING t.sequence, t.hash, o.hash AS previous), \
         a AS ({}), b AS (INSERT INTO timeline_events ({}) SELECT {values} FROM h) {}",
        after + 1,
        after + 2,
        insert("interactions", &names::<interaction::Column>(), interactions, 0),
        names::<timeline_event::Column>(),
        contact_update(after + 2),
    );
    sql.leak()
});

fn insert(table: &str, columns: &str, count: usize, behind: usize) -> String {
    let marks: Vec<String> = (1..=count).map(|number| format!("${}", behind + number)).collect();
    format!("INSERT INTO {table} ({columns}) VALUES ({})", marks.join(", "))
}

fn head_update(behind: usize) -> String {
    let [sequence, hash, root] = [1, 2, 3].map(|number| behind + number);
    format!("UPDATE timeline_heads SET sequence = ${sequence}, hash = ${hash} WHERE root_id = ${root}")
}

fn contact_update(behind: usize) -> String {
    format!(
        "UPDATE customers SET last_interaction_at = ${}, derived_version = derived_version + 1 WHERE id = ${}",
        behind + 1,
        behind + 2
    )
}

/// The values of [`WRITES`], once the head is known.
pub fn write_values(mut entry: NewEntry, head: Head) -> Result<[Vec<Value>; 4]> {
    let event = &mut entry.event;
    event.position = head.position;
    event.sequence = head.sequence + 1;
    event.previous_hash = head.hash;
    event.content_digest = chain::content_digest(event)?.to_vec();
    event.hash = chain::event_hash(event).to_vec();
    let head = vec![event.sequence.into(), event.hash.clone().into(), entry.customer_id.into()];
    let contact = vec![entry.interaction.occurred_at.into(), entry.customer_id.into()];
    Ok([values(&entry.interaction), values(&entry.event), head, contact])
}

/// The values of [`WRITE_IN_ONE_TRIP`].
pub fn one_trip_values(entry: &NewEntry) -> Result<Vec<Value>> {
    use timeline_event::Column;
    let linked =
        |column: &Column| matches!(column, Column::Sequence | Column::Position | Column::PreviousHash | Column::Hash);
    let digest = chain::content_digest(&entry.event)?.to_vec();
    let mut all = values(&entry.interaction);
    all.extend(Column::iter().filter(|column| !linked(column)).map(|column| match column {
        Column::ContentDigest => digest.clone().into(),
        _ => entry.event.get(column),
    }));
    all.extend([entry.customer_id.into(), digest.into()]);
    all.extend([entry.interaction.occurred_at.into(), entry.customer_id.into()]);
    Ok(all)
}
