//! The invented customers on PostgreSQL, and a start that is interrupted. SQLite is asked in `cli/demo.rs`.

use kundenhistorie::demo;
use sea_orm::{ConnectionTrait, Statement};
use tokio::sync::Notify;

use crate::support;
use crate::support::app::TestApp;
use crate::support::database::{Backend, TestDatabase};
use crate::support::demo::rules;

#[test]
fn a_start_that_was_interrupted_is_continued_and_tells_every_kind_of_record() {
    support::run(Backend::Postgres, told);
}

async fn told(database: TestDatabase) {
    let app = TestApp::start(database).await;
    let (cx, config) = (app.system(), app.config.clone());
    let half = Notify::new();
    let load = demo::load(&cx, &config, &[], |now| {
        if now.done > now.total / 2 {
            half.notify_one();
        }
    });
    // Dropped in the middle of a day.
    tokio::select! {
        biased;
        () = half.notified() => {}
        ended = load => panic!("it ended too early: {ended:?}"),
    }
    assert!(demo::load(&cx, &config, &[], |_| ()).await.unwrap(), "half of it was missing");
    assert!(!demo::load(&cx, &config, &[], |_| ()).await.unwrap(), "nothing was missing any more");
    for rule in rules() {
        let statement = Statement::from_string(cx.store.backend(), format!("SELECT ({})::bigint", rule.sql));
        let row = cx.store.read.query_one_raw(statement).await.unwrap().unwrap();
        let number: i64 = row.try_get_by_index(0).unwrap();
        assert!((rule.least..=rule.most).contains(&number), "{}: {number}", rule.counts);
    }
}
