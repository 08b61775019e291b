//! Whoever changes the history behind the service's back is found, and where.

mod replacing;
mod rows;
mod values;

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use kundenhistorie::domain::actor::{Actor, ActorReference, ActorType};
use kundenhistorie::domain::instant::Instant;
use kundenhistorie::domain::money::Money;
use kundenhistorie::entities::timeline_event::{Column, Model};
use kundenhistorie::history::chain::{self, Finding, FindingKind};
use kundenhistorie::history::change::Change;
use kundenhistorie::history::context::Context;
use kundenhistorie::history::entry::{Entry, Root, Source};
use kundenhistorie::history::security::{self, SecurityEntry};
use kundenhistorie::history::verification;
use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Iden, Iterable, ModelTrait, Statement, Value,
};
use serde_json::json;
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::chains::{entry, events, tag, verify_all};

/// Events of each chain.
const LENGTH: i64 = 7;

/// Somebody with the database in hands.
struct Intruder {
    app: TestApp,
    database: DatabaseConnection,
}

impl Intruder {
    /// Breaks into a service with two chains, in which every column has a value somewhere.
    async fn enter(app: TestApp) -> Self {
        let roots = [(); 2].map(|()| Root { id: app.clock.new_id(), kind: "customer" });
        for root in roots {
            let mut corrected = None;
            for number in 1..=LENGTH {
                let change = Change::begin(&surroundings(&app)).await.expect("a change");
                let entry = rich(root, number, corrected);
                // Some tell of a record, and keep its state.
                corrected = Some(match number % 3 {
                    0 => change.record(entry),
                    _ => {
                        let name = change.new_id().to_string();
                        change.create(&tag(&change, &name), entry).await.expect("a tag")
                    }
                });
                change.commit_unanswered().await.expect("a commit");
            }
        }
        let database = Database::connect(app.database().url()).await.expect("the database");
        Self { app, database }
    }

    /// As [`Self::enter`], with the walls down.
    async fn with_walls_down(app: TestApp) -> Self {
        let intruder = Self::enter(app).await;
        let on_postgres = intruder.backend() == DbBackend::Postgres;
        let triggers = if on_postgres { &["change", "truncate"][..] } else { &["update", "delete", "replace"] };
        for trigger in triggers {
            let on = if on_postgres { " ON timeline_events" } else { "" };
            intruder.run(&format!("DROP TRIGGER timeline_events_no_{trigger}{on}")).await.expect("a trigger goes");
        }
        intruder
    }

    fn backend(&self) -> DbBackend {
        self.database.get_database_backend()
    }

    async fn run(&self, sql: &str) -> Result<u64, DbErr> {
        self.database.execute_unprepared(sql).await.map(|done| done.rows_affected())
    }

    /// Sets a column of the event with an id.
    async fn set(&self, id: Uuid, column: Column, value: Value) -> Result<(), DbErr> {
        let (first, second) = if self.backend() == DbBackend::Postgres { ("$1", "$2") } else { ("?", "?") };
        let sql = format!("UPDATE timeline_events SET {} = {first} WHERE id = {second}", column.to_string());
        let statement = Statement::from_sql_and_values(self.backend(), sql, [value, id.into()]);
        let done = self.database.execute_raw(statement).await?;
        assert_eq!(done.rows_affected(), 1);
        Ok(())
    }

    async fn insert(&self, event: &Model) {
        let columns: Vec<String> = Column::iter().map(|column| column.to_string()).collect();
        let on_postgres = self.backend() == DbBackend::Postgres;
        let place = |index: usize| if on_postgres { format!("${index}") } else { "?".to_owned() };
        let places: Vec<String> = (1..=columns.len()).map(place).collect();
        let sql = format!("INSERT INTO timeline_events ({}) VALUES ({})", columns.join(", "), places.join(", "));
        let values = Column::iter().map(|column| event.get(column));
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        self.database.execute_raw(statement).await.expect("a row goes in");
    }

    /// Deletes the event with an id.
    async fn delete(&self, event: &Model) {
        let key = self.literal(event.id);
        self.run(&format!("DELETE FROM timeline_events WHERE id = {key}")).await.expect("a row goes");
    }

    fn literal(&self, id: Uuid) -> String {
        if self.backend() == DbBackend::Postgres { format!("'{id}'") } else { format!("x'{}'", id.simple()) }
    }

    /// The events of one of the two chains.
    async fn chain(&self, number: usize) -> Vec<Model> {
        let chain: Vec<Model> = events(self.app.store()).await.into_iter().skip(number * LENGTH as usize).collect();
        chain.into_iter().take(LENGTH as usize).collect()
    }

    async fn verify(&self, root_id: Uuid) -> Option<Finding> {
        verification::verify(self.app.store(), "customer", root_id).await.expect("a verification").finding
    }

    async fn nothing_is_found(&self) {
        for chain in verify_all(self.app.store()).await {
            assert_eq!(chain.finding, None);
        }
        assert_eq!(verification::headless(self.app.store()).await.expect("a search"), None);
    }
}

/// An actor with an id and a request: nothing in the header is empty.
fn surroundings(app: &TestApp) -> Context {
    let mut cx = app.system();
    let reference =
        ActorReference {
            kind: ActorType::User, id: Some(app.clock.new_id()), display_name: "Änne Öztürk".to_owned()
        };
    cx.actor = Actor { reference, ..Actor::system() };
    cx.request_id = Some("request-1".to_owned());
    cx
}

fn rich(root: Root, number: i64, supersedes: Option<Uuid>) -> Entry {
    let mut entry = entry(root, "Müller & Söhne bought");
    entry.occurred_at = Some(Instant::from_micros(1_700_000_000_000_000 - number));
    entry.supersedes = supersedes;
    entry.payload = json!({ "lines": [{ "price": 12.5, "text": "Gießkanne \u{1f600}" }], "paid": true });
    // The others keep these empty: what is empty can be filled.
    if number % 3 != 0 {
        entry.summary = Some("Three watering cans".to_owned());
        entry.direction = Some("inbound".to_owned());
        entry.channel = Some("email".to_owned());
        entry.amount = Some(Money::parse("37.50", "EUR").expect("money"));
        entry.source = Source { system: "shop".to_owned(), reference: Some(format!("{}-{number}", root.id)) };
    }
    entry
}

both! {
    async fn a_deleted_event_is_found(app: TestApp) {
        let intruder = Intruder::with_walls_down(app).await;
        let chain = intruder.chain(0).await;
        for event in [&chain[0], &chain[3], &chain[LENGTH as usize - 1]] {
            intruder.delete(event).await;
            let found = intruder.verify(event.root_id).await;
            assert_eq!(found, Some(Finding { sequence: event.sequence, kind: FindingKind::Missing }));
            intruder.insert(event).await;
            assert_eq!(intruder.verify(event.root_id).await, None);
        }
        for event in &chain {
            intruder.delete(event).await;
        }
        let found = intruder.verify(chain[0].root_id).await;
        assert_eq!(found, Some(Finding { sequence: 1, kind: FindingKind::Missing }));
    }

    async fn two_events_that_change_places_are_found(app: TestApp) {
        let intruder = Intruder::with_walls_down(app).await;
        let (chain, other) = (intruder.chain(0).await, intruder.chain(1).await);
        for (first, second) in [(&chain[0], &chain[1]), (&chain[1], &chain[4]), (&chain[3], &other[3])] {
            // The rows stay what they are, but stand in each other's place.
            let (mut one, mut two) = (first.clone(), second.clone());
            (one.root_id, two.root_id) = (second.root_id, first.root_id);
            (one.sequence, two.sequence) = (second.sequence, first.sequence);
            // Or only what they say is exchanged, digests and all.
            let (mut content_one, mut content_two) = (first.clone(), second.clone());
            for (to, from) in [(&mut content_one, second), (&mut content_two, first)] {
                to.payload.clone_from(&from.payload);
                to.summary.clone_from(&from.summary);
                to.amount = from.amount;
                to.currency.clone_from(&from.currency);
                to.search_text.clone_from(&from.search_text);
                to.salt.clone_from(&from.salt);
                to.content_digest.clone_from(&from.content_digest);
            }
            for (one, two) in [(one, two), (content_one, content_two)] {
                for event in [first, second] {
                    intruder.delete(event).await;
                }
                for event in [&one, &two] {
                    intruder.insert(event).await;
                }
                for place in [first, second] {
                    let found = intruder.verify(place.root_id).await.map(|found| found.sequence);
                    let expected = if first.root_id == second.root_id { first.sequence } else { place.sequence };
                    assert_eq!(found, Some(expected));
                }
                for event in [first, second] {
                    intruder.delete(event).await;
                }
                for event in [first, second] {
                    intruder.insert(event).await;
                }
                intruder.nothing_is_found().await;
            }
        }
    }

    async fn an_inserted_event_is_found(app: TestApp) {
        let intruder = Intruder::with_walls_down(app).await;
        for index in ["timeline_events_sequence", "timeline_events_source", "timeline_events_supersedes"] {
            intruder.run(&format!("DROP INDEX {index}")).await.expect("an index goes");
        }
        let chain = intruder.chain(0).await;
        let last = &chain[LENGTH as usize - 1];
        let forged = |from: &Model, sequence: i64, previous_hash: &[u8]| {
            let mut event = from.clone();
            event.id = intruder.app.clock.new_id();
            event.position += 1_000;
            event.occurred_at = Instant::from_micros(from.occurred_at.micros() + 1_000);
            event.sequence = sequence;
            event.previous_hash = previous_hash.to_vec();
            event.content_digest = chain::content_digest(&event).expect("a digest").to_vec();
            event.hash = chain::event_hash(&event).to_vec();
            event
        };
        let genesis = chain::genesis("customer", last.root_id);
        for event in [
            // Everything about it is right, but nobody has written it.
            forged(last, LENGTH + 1, &last.hash),
            forged(last, LENGTH + 9, &last.hash),
            forged(last, LENGTH, &chain[LENGTH as usize - 2].hash),
            forged(&chain[3], 4, &chain[2].hash),
            forged(&chain[0], 1, &genesis),
            forged(&chain[0], 0, &genesis),
            forged(&chain[0], -7, &genesis),
        ] {
            intruder.insert(&event).await;
            let found = intruder.verify(event.root_id).await.unwrap_or_else(|| panic!("{}", event.sequence));
            assert_eq!(found, Finding { sequence: event.sequence, kind: FindingKind::Inserted });
            intruder.delete(&event).await;
            intruder.nothing_is_found().await;
        }
        // A chain of its own, which no head knows.
        let mut stray = forged(last, 1, &genesis);
        stray.root_id = intruder.app.clock.new_id();
        intruder.insert(&stray).await;
        let found = verification::headless(intruder.app.store()).await.expect("a search");
        assert_eq!(found, Some((stray.root_id, "customer".to_owned())));
    }

    async fn an_event_repeated_where_two_reads_meet_is_found(app: TestApp) {
        let root = Root { id: app.clock.new_id(), kind: "customer" };
        let change = Change::begin(&app.system()).await.expect("a change");
        for _ in 0..1_001 {
            change.record(entry(root, "again"));
        }
        change.commit_unanswered().await.expect("a commit");
        let database = Database::connect(app.database().url()).await.expect("the database");
        let intruder = Intruder { app, database };
        intruder.nothing_is_found().await;
        intruder.run("DROP INDEX timeline_events_sequence").await.expect("an index goes");
        if intruder.backend() == DbBackend::Sqlite {
            intruder.run("DROP TRIGGER timeline_events_no_replace").await.expect("a trigger goes");
        }
        for sequence in [499, 500, 501, 1_000, 1_001] {
            for moved in [-1, 1] {
                let all = events(intruder.app.store()).await;
                let mut event = all[sequence - 1].clone();
                event.id = intruder.app.clock.new_id();
                event.position += 10_000;
                event.occurred_at = Instant::from_micros(event.occurred_at.micros() + moved);
                intruder.insert(&event).await;
                let found = intruder.verify(root.id).await.expect("a finding");
                assert_eq!(found.sequence, sequence as i64);
                // Not through the walls, which stand: round them.
                let key = intruder.literal(event.id);
                let on = if intruder.backend() == DbBackend::Postgres { " ON timeline_events" } else { "" };
                let wall = if on.is_empty() { "delete" } else { "change" };
                drop(intruder.run(&format!("DROP TRIGGER timeline_events_no_{wall}{on}")).await);
                intruder.run(&format!("DELETE FROM timeline_events WHERE id = {key}")).await.expect("a row goes");
            }
        }
    }

    async fn a_changed_or_deleted_head_is_found(app: TestApp) {
        let intruder = Intruder::enter(app).await;
        let root = intruder.chain(0).await[0].root_id;
        let key = intruder.literal(root);
        let hash = if intruder.backend() == DbBackend::Postgres { "'\\x00'::bytea" } else { "x'00'" };
        for (change, place, kind) in [
            ("sequence = sequence + 1".to_owned(), LENGTH + 1, FindingKind::Missing),
            ("sequence = sequence - 1".to_owned(), LENGTH, FindingKind::Inserted),
            ("sequence = 0".to_owned(), 1, FindingKind::Inserted),
            (format!("hash = {hash}"), LENGTH, FindingKind::HeadChanged),
            ("root_type = 'tag'".to_owned(), LENGTH, FindingKind::HeadChanged),
            ("newest_at = newest_at - 1".to_owned(), LENGTH, FindingKind::HeadChanged),
        ] {
            intruder.run("CREATE TABLE kept AS SELECT * FROM timeline_heads").await.expect("a copy");
            let changed = intruder.run(&format!("UPDATE timeline_heads SET {change} WHERE root_id = {key}")).await;
            assert_eq!(changed, Ok(1));
            assert_eq!(intruder.verify(root).await, Some(Finding { sequence: place, kind }), "{change}");
            intruder.run("DELETE FROM timeline_heads").await.expect("all go");
            intruder.run("INSERT INTO timeline_heads SELECT * FROM kept").await.expect("all come back");
            intruder.run("DROP TABLE kept").await.expect("the copy goes");
            intruder.nothing_is_found().await;
        }
        intruder.run(&format!("DELETE FROM timeline_heads WHERE root_id = {key}")).await.expect("a head goes");
        assert_eq!(intruder.verify(root).await, Some(Finding { sequence: 1, kind: FindingKind::Missing }));
        let found = verification::headless(intruder.app.store()).await.expect("a search");
        assert_eq!(found, Some((root, "customer".to_owned())));
    }

    async fn nothing_is_found_while_sixteen_write(app: TestApp) {
        let roots = [(); 4].map(|()| Root { id: app.clock.new_id(), kind: "customer" });
        let write = async |number: usize| {
            for round in 0..20 {
                let change = Change::begin(&app.system()).await.expect("a change");
                for root in roots.iter().cycle().skip(number).take(1 + round % 3) {
                    change.record(entry(*root, "busy"));
                }
                // Whoever begins one chain while holding another can meet somebody who does it the other way round.
                drop(change.commit_unanswered().await);
            }
        };
        let done = AtomicBool::new(false);
        let writers = async {
            join_all((0..16).map(write)).await;
            done.store(true, Ordering::Release);
        };
        let checker = async {
            while !done.load(Ordering::Acquire) {
                for chain in verify_all(app.store()).await {
                    assert_eq!(chain.finding, None);
                }
                assert_eq!(verification::headless(app.store()).await.expect("a search"), None);
            }
        };
        tokio::join!(writers, checker);
        crate::support::chains::holds_together(app.store()).await;
    }

    async fn the_database_itself_refuses(app: TestApp) {
        let cx = app.system();
        security::note(&cx, SecurityEntry::succeeded("session.opened")).await.expect("an entry");
        let intruder = Intruder::enter(app).await;
        let counts = crate::support::chains::row_counts(intruder.app.store()).await;
        for table in ["timeline_events", "security_events"] {
            let mut attempts = vec![
                format!("UPDATE {table} SET kind = 'x'"),
                format!("UPDATE {table} SET kind = kind"),
                format!("DELETE FROM {table}"),
                format!("DELETE FROM {table} WHERE sequence = 1"),
            ];
            if intruder.backend() == DbBackend::Postgres {
                attempts.push(format!("TRUNCATE {table}"));
                attempts.push(format!("TRUNCATE {table} CASCADE"));
            }
            for sql in attempts {
                let refused = intruder.run(&sql).await.expect_err(&sql);
                assert!(refused.to_string().contains("append-only"), "{sql}: {refused}");
            }
        }
        assert_eq!(crate::support::chains::row_counts(intruder.app.store()).await, counts);
        intruder.nothing_is_found().await;
    }
}
