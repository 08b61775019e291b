//! Many write at the same time, and each change stands or falls alone.

mod failing;

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::{join_all, poll_fn};
use kundenhistorie::entities::cells::Reads;
use kundenhistorie::entities::{tag, timeline_event};
use kundenhistorie::error::{Code, Error};
use kundenhistorie::history::change::Change;
use kundenhistorie::history::context::{Context, IdempotencyKey};
use kundenhistorie::history::entry::Root;
use kundenhistorie::history::outcome::Outcome;
use kundenhistorie::history::store::Store;
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter, Statement};
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::chains::{count, create_tag, entry, events, heads, holds_together, tag, tag_root};
use crate::support::database::{Backend, TestDatabase};
use crate::support::run;

/// Writes a tag with its event; answers whether it was acknowledged.
async fn write(cx: &Context, name: &str) -> Result<(), Error> {
    let change = Change::begin(cx).await?;
    create_tag(&change, name).await?;
    change.commit_unanswered().await
}

async fn exists(store: &Store, name: &str) -> bool {
    let found = tag::Entity::find().filter(tag::Column::Name.eq(name)).count(&store.read).await;
    found.expect("a count") == 1
}

/// Row, event and head of a tag are there, or none of them is.
async fn is_whole(store: &Store, name: &str) -> bool {
    let row = tag::Entity::find().filter(tag::Column::Name.eq(name)).one(&store.read).await.expect("a read");
    let told = timeline_event::Entity::find().filter(timeline_event::Column::TitleEn.eq(name)).all(&store.read).await;
    let told: Vec<_> = told.expect("a read").into_iter().map(|event| event.root_id).collect();
    assert_eq!(row.iter().map(|row| row.id).collect::<Vec<_>>(), told, "{name}");
    row.is_some()
}

/// Longest wait for what was begun to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until nothing that was begun still runs.
async fn settled(cx: &Context) {
    if cx.store.backend() == DbBackend::Postgres {
        let busy = "SELECT count(*) FROM pg_stat_activity \
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL";
        let begun = Instant::now();
        loop {
            let statement = Statement::from_string(DbBackend::Postgres, busy);
            let row = cx.store.read.query_one_raw(statement).await.expect("a count").expect("one row");
            if row.try_get_by_index::<i64>(0).expect("a number") == 0 {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "a transaction stays open that nobody holds");
        }
    }
    // Turns are taken in order: whoever gets one comes after all the others.
    Change::begin(cx).await.expect("a turn").commit_unanswered().await.expect("a commit");
}

/// Polls a future so many times and drops it. Answers what it has come to, if it has.
async fn cut_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

async fn written_meanwhile(cx: &Context, name: String, changes: usize) {
    let names: Vec<String> = (0..changes).map(|number| format!("{name}-{number}")).collect();
    for result in join_all(names.iter().map(|name| write(cx, name))).await {
        result.expect("innocent changes are written");
    }
    for name in &names {
        assert!(is_whole(&cx.store, name).await);
    }
}

both! {
    async fn a_panic_leaves_nothing_and_hurts_nobody(app: TestApp) {
        let cx = app.system();
        let panicking = async |number: usize| {
            let name = format!("panic-{number}");
            let work = async {
                let change = Change::begin(&cx).await.expect("a turn");
                assert!(!number.is_multiple_of(4), "on purpose, before anything was written");
                create_tag(&change, &name).await.expect("a row");
                assert!(number % 4 > 1, "on purpose, with a row written");
                change.seal().await.expect("a seal");
                assert!(number % 4 > 2, "on purpose, with the history sealed");
                let _commit = change.commit_unanswered();
                panic!("on purpose, at the door");
            };
            AssertUnwindSafe(work).catch_unwind().await.expect_err("a panic");
        };
        tokio::join!(join_all((0..16).map(panicking)), written_meanwhile(&cx, "innocent".to_owned(), 16));
        settled(&cx).await;
        assert_eq!(count(&cx.store, "tags").await, 16);
        holds_together(&cx.store).await;
    }

    async fn a_change_that_is_cut_off_is_there_as_a_whole_or_not_at_all(app: TestApp) {
        let cx = app.system();
        let mut absent = 0;
        for round in 0..5 {
            for polls in 0..30 {
                let name = format!("cut-{round}-{polls}");
                let (cut, ()) = tokio::join!(
                    cut_after(polls, write(&cx, &name)),
                    written_meanwhile(&cx, format!("beside-{name}"), round)
                );
                settled(&cx).await;
                let is_there = is_whole(&cx.store, &name).await;
                match cut {
                    Some(result) => {
                        result.expect("what comes to its end is written");
                        assert!(is_there, "acknowledged, and gone: {name}");
                    }
                    None if is_there => {}
                    None => absent += 1,
                }
            }
        }
        assert!(absent > 0, "no change was cut off before its commit");
        holds_together(&cx.store).await;
    }

    async fn before_the_commit_nothing_is_there(app: TestApp) {
        let cx = app.system();
        for polls in 0..20 {
            let name = format!("uncommitted-{polls}");
            let work = async {
                let change = Change::begin(&cx).await.expect("a turn");
                create_tag(&change, &name).await.expect("a row");
                change.seal().await.expect("a seal");
            };
            tokio::join!(cut_after(polls, work), written_meanwhile(&cx, format!("beside-{polls}"), 2));
            settled(&cx).await;
            assert!(!is_whole(&cx.store, &name).await);
        }
        holds_together(&cx.store).await;
    }

    async fn a_key_that_exists_fails_alone(app: TestApp) {
        let cx = app.system();
        write(&cx, "taken").await.expect("a commit");
        let failing = async || {
            let error = write(&cx, "taken").await.expect_err("the name is taken");
            assert_eq!(error.code(), Code::AlreadyExists);
        };
        for round in 0..5 {
            tokio::join!(failing(), written_meanwhile(&cx, format!("beside-{round}"), 16), failing());
        }
        assert_eq!(count(&cx.store, "tags").await, 1 + 5 * 16);
        holds_together(&cx.store).await;
    }

    async fn nothing_may_be_committed_after_an_error_was_swallowed(app: TestApp) {
        let cx = app.system();
        write(&cx, "taken").await.expect("a commit");
        let swallowing = async |name: &str| {
            let change = Change::begin(&cx).await.expect("a turn");
            create_tag(&change, name).await.expect("a row");
            drop(create_tag(&change, "taken").await.expect_err("the name is taken"));
            assert!(create_tag(&change, "more").await.is_err(), "nothing more may happen");
            assert!(change.commit_unanswered().await.is_err());
        };
        tokio::join!(swallowing("one"), written_meanwhile(&cx, "beside".to_owned(), 16), swallowing("other"));
        settled(&cx).await;
        assert_eq!(count(&cx.store, "tags").await, 17);
        holds_together(&cx.store).await;
    }

    async fn nothing_may_be_committed_after_a_statement_was_cut_off(app: TestApp) {
        let cx = app.system();
        for polls in 1..6 {
            let change = Change::begin(&cx).await.expect("a turn");
            let row = tag(&change, "half");
            let cut = cut_after(polls, change.create(&row, entry(tag_root(row.id), "half"))).await;
            if cut.is_some() {
                drop(change);
                continue;
            }
            change.record(entry(tag_root(row.id), "half"));
            assert!(change.commit_unanswered().await.is_err(), "after {polls} polls");
            settled(&cx).await;
            assert!(!is_whole(&cx.store, "half").await);
            written_meanwhile(&cx, format!("beside-{polls}"), 4).await;
        }
        holds_together(&cx.store).await;
    }

    async fn a_read_that_fails_hurts_nobody_else(app: TestApp) {
        let cx = app.system();
        let failing = async || {
            let change = Change::begin(&cx).await.expect("a turn");
            let nonsense = Statement::from_string(change.backend(), "SELECT nothing FROM nowhere");
            assert!(change.rows::<(i64,)>(nonsense).await.is_err());
            assert!(change.commit_unanswered().await.is_err());
        };
        tokio::join!(failing(), written_meanwhile(&cx, "beside".to_owned(), 16), failing());
        holds_together(&cx.store).await;
    }

    async fn a_reader_sees_only_what_is_committed(app: TestApp) {
        let cx = app.system();
        let change = Change::begin(&cx).await.expect("a turn");
        let row = create_tag(&change, "open").await.expect("a row");
        let own = change.one(tag::Entity::find_by_id(row.id)).await.expect("a read");
        assert_eq!(own.as_ref(), Some(&row), "a change reads what it has written");
        change.seal().await.expect("a seal");
        assert!(!exists(&cx.store, "open").await);
        assert!(events(&cx.store).await.is_empty());
        change.commit_unanswered().await.expect("a commit");
        assert!(is_whole(&cx.store, "open").await, "what is acknowledged is read");
    }

    async fn an_event_after_the_seal_is_refused(app: TestApp) {
        let cx = app.system();
        let change = Change::begin(&cx).await.expect("a turn");
        let row = create_tag(&change, "sealed").await.expect("a row");
        let sealed = change.seal().await.expect("a seal");
        assert_eq!(change.seal().await.expect("the same"), sealed);
        change.record(entry(tag_root(row.id), "too late"));
        assert!(change.commit_unanswered().await.is_err(), "an event would be missing");
        settled(&cx).await;
        assert!(!is_whole(&cx.store, "sealed").await);
    }

    async fn thousands_of_events_fit_into_one_change(app: TestApp) {
        let cx = app.system();
        let roots: Vec<Root> = (0..700).map(|_| tag_root(cx.clock.new_id())).collect();
        let change = Change::begin(&cx).await.expect("a turn");
        for number in 0..3_500 {
            change.record(entry(roots[number % roots.len()], "much"));
        }
        let sealed = change.seal().await.expect("a seal");
        change.commit_unanswered().await.expect("a commit");
        assert_eq!(sealed.len(), 3_500);
        assert_eq!(events(&cx.store).await.len(), 3_500);
        assert!(heads(&cx.store).await.iter().all(|head| head.sequence == 5));
        holds_together(&cx.store).await;
    }

    async fn many_chains_in_any_order_do_not_wait_for_each_other(app: TestApp) {
        let cx = app.system();
        let roots: Vec<Root> = (0..4).map(|_| tag_root(cx.clock.new_id())).collect();
        let begun = Change::begin(&cx).await.expect("a turn");
        for root in &roots {
            begun.record(entry(*root, "begun"));
        }
        begun.commit_unanswered().await.expect("a commit");
        let write = async |number: usize| {
            let change = Change::begin(&cx).await.expect("a turn");
            let mut order: Vec<&Root> = roots.iter().collect();
            order.rotate_left(number % 4);
            if number.is_multiple_of(2) {
                order.reverse();
            }
            for root in order {
                change.record(entry(*root, "crossing"));
            }
            change.commit_unanswered().await.expect("nobody waits in a circle");
        };
        for _ in 0..3 {
            join_all((0..24).map(write)).await;
        }
        assert!(heads(&cx.store).await.iter().all(|head| head.sequence == 1 + 3 * 24));
        holds_together(&cx.store).await;
    }

    async fn many_who_begin_the_same_chain_follow_one_another(app: TestApp) {
        let cx = app.system();
        for _ in 0..10 {
            let root = tag_root(cx.clock.new_id());
            let other = tag_root(cx.clock.new_id());
            let write = async |number: usize| {
                let change = Change::begin(&cx).await?;
                let order = if number.is_multiple_of(2) { [root, other] } else { [other, root] };
                for root in &order {
                    change.record(entry(*root, "first"));
                }
                change.commit_unanswered().await
            };
            for result in join_all((0..6).map(write)).await {
                result.expect("whoever is not the first waits for the first");
            }
            let heads: HashMap<_, _> = heads(&cx.store).await.into_iter().map(|head| (head.root_id, head)).collect();
            assert_eq!((heads[&root.id].sequence, heads[&other.id].sequence), (6, 6));
        }
        holds_together(&cx.store).await;
    }

    async fn one_key_has_one_effect(app: TestApp) {
        let mut cx = app.system();
        cx.idempotency = Some(IdempotencyKey { key: "key".to_owned(), fingerprint: [7; 32] });
        let write = async |number: usize| {
            let change = Change::begin(&cx).await?;
            create_tag(&change, &format!("tag-{number}")).await?;
            change.commit(Outcome::ok(&json!({ "number": number }), None)?).await
        };
        let results = join_all((0..16).map(write)).await;
        let codes: Vec<Code> = results.iter().filter_map(|result| result.as_ref().err()).map(Error::code).collect();
        assert_eq!(codes, [Code::IdempotencyInProgress; 15]);
        assert_eq!(count(&cx.store, "tags").await, 1);
        // Whoever was refused finds the answer at once: the refusal comes after the commit it rests on.
        assert_eq!(count(&cx.store, "idempotency_records").await, 1);
        holds_together(&cx.store).await;
    }

    async fn a_change_within_a_change_waits_no_longer_than_the_settings_say(database: TestDatabase) {
        let app = TestApp::start_with(database, |config| {
            config.database.acquire_timeout_seconds = 1;
            config.database.max_connections = 8;
        })
        .await;
        let cx = app.system();
        let outer = Change::begin(&cx).await.expect("a turn");
        create_tag(&outer, "outer").await.expect("a row");
        // On PostgreSQL the second connection is there for the second change.
        let second = if cx.store.backend() == DbBackend::Postgres { Change::begin(&cx).await.ok() } else { None };
        let inner = Change::begin(&cx).await.err().expect("there is no further turn");
        assert_eq!((inner.code(), inner.retry_after_seconds()), (Code::Overloaded, Some(1)));
        drop(second);
        outer.commit_unanswered().await.expect("a commit");
        write(&cx, "afterwards").await.expect("a commit");
        assert!(is_whole(&cx.store, "outer").await);
    }
}

#[test]
fn sqlite_is_built_so_that_statements_stay_prepared_and_readers_share_no_lock() {
    run(Backend::Sqlite, async |app: TestApp| {
        let options = || Statement::from_string(DbBackend::Sqlite, "PRAGMA compile_options");
        let rows = app.store().read.query_all_raw(options()).await.expect("the options");
        let pool: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect();
        let own: Vec<(String,)> = app.store().rows.rows(options()).await.expect("the options");
        for options in [pool, own.into_iter().map(|(option,)| option).collect()] {
            let has = |asked: &str| options.iter().any(|option| option == asked);
            let wanted = ["ENABLE_QPSG", "DEFAULT_MEMSTATUS=0", "DISABLE_PAGECACHE_OVERFLOW_STATS"];
            let is_right = wanted.into_iter().all(has) && !has("ENABLE_MEMORY_MANAGEMENT");
            assert!(is_right, "{options:?}; see .cargo/config.toml");
        }
    });
}
