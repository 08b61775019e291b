//! The history, seen from behind: written without a request, read whole, and checked.

use std::collections::HashMap;

use kundenhistorie::domain::event_kind::Category;
use kundenhistorie::domain::language::Sentence;
use kundenhistorie::entities::{tag, timeline_event, timeline_head};
use kundenhistorie::error::Result;
use kundenhistorie::history::change::Change;
use kundenhistorie::history::entry::{Entry, Root, Subject};
use kundenhistorie::history::rows;
use kundenhistorie::history::store::Store;
use kundenhistorie::history::verification::{self, Verification};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QueryOrder, Statement};
use uuid::Uuid;

/// An event that says next to nothing.
pub fn entry(root: Root, text: &str) -> Entry {
    let title = Sentence { en: text.to_owned(), de: text.to_owned() };
    Entry::new(root, Subject { kind: root.kind, id: root.id }, "thing.happened", Category::Sales, title)
}

/// The root of a tag's history.
pub fn tag_root(id: Uuid) -> Root {
    Root { id, kind: "tag" }
}

/// A row to be written: a tag, because it depends on nothing else. No two may have the same name.
pub fn tag(change: &Change, name: &str) -> tag::Model {
    let actor = change.actor_json().expect("the actor");
    tag::Model {
        id: change.new_id(),
        name: name.to_owned(),
        name_key: name.to_owned(),
        description: None,
        color: None,
        version: 1,
        created_at: change.now(),
        created_by: actor.clone(),
        updated_at: change.now(),
        updated_by: actor,
        archived_at: None,
    }
}

/// Writes a tag and its event.
pub async fn create_tag(change: &Change, name: &str) -> Result<tag::Model> {
    let row = tag(change, name);
    change.create(&row, entry(tag_root(row.id), name)).await?;
    Ok(row)
}

/// Every event, in the order of all events.
pub async fn events(store: &Store) -> Vec<timeline_event::Model> {
    let select = timeline_event::Entity::find().order_by_asc(timeline_event::Column::Position);
    select.all(&store.read).await.expect("the events")
}

/// The head of every chain.
pub async fn heads(store: &Store) -> Vec<timeline_head::Model> {
    let select = timeline_head::Entity::find().order_by_asc(timeline_head::Column::RootId);
    select.all(&store.read).await.expect("the heads")
}

/// Checks every chain there is.
pub async fn verify_all(store: &Store) -> Vec<Verification> {
    let mut checked = Vec::new();
    let mut after = None;
    loop {
        let roots = verification::roots(store, after).await.expect("the roots");
        let Some((last, _)) = roots.last() else { return checked };
        after = Some(*last);
        for (id, kind) in roots {
            checked.push(verification::verify(store, &kind, id).await.expect("a verification"));
        }
    }
}

/// # Panics
/// Unless every chain is gapless, verified and ends where its head says, and positions are unique and grow along
/// each chain.
pub async fn holds_together(store: &Store) {
    for chain in verify_all(store).await {
        assert_eq!(chain.finding, None, "the chain of {} {}", chain.root_type, chain.root_id);
    }
    assert_eq!(verification::headless(store).await.expect("a search"), None, "events without a head");
    assert_eq!(rows::verify(store).await.expect("a report").findings, [], "records that differ from their last event");

    let mut last: HashMap<Uuid, timeline_event::Model> = HashMap::new();
    let mut position = 0;
    for event in events(store).await {
        assert!(event.position > position, "position {} comes twice", event.position);
        position = event.position;
        let earlier = last.get(&event.root_id).map_or(0, |last| last.sequence);
        assert_eq!(event.sequence, earlier + 1, "sequences of {} by position", event.root_id);
        last.insert(event.root_id, event);
    }
    let heads = heads(store).await;
    assert_eq!(heads.len(), last.len());
    for head in heads {
        let event = &last[&head.root_id];
        assert_eq!((head.sequence, &head.hash, &head.root_type), (event.sequence, &event.hash, &event.root_type));
    }
}

/// How many rows each table has.
pub async fn row_counts(store: &Store) -> Vec<(String, i64)> {
    let query = match store.backend() {
        DbBackend::Postgres => "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
        _ => "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY 1",
    };
    let mut counts = Vec::new();
    for row in store.read.query_all_raw(Statement::from_string(store.backend(), query)).await.expect("the tables") {
        let table: String = row.try_get_by_index(0).expect("a name");
        counts.push((table.clone(), count(store, &table).await));
    }
    counts
}

/// How many rows a table has.
pub async fn count(store: &Store, table: &str) -> i64 {
    let query = format!("SELECT count(*) FROM \"{table}\"");
    let row = store.read.query_one_raw(Statement::from_string(store.backend(), query)).await.expect("a count");
    row.expect("one row").try_get_by_index(0).expect("a number")
}
