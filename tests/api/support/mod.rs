//! What every test stands on.

pub mod accounts;
pub mod app;
pub mod blocking;
pub mod books;
pub mod chains;
pub mod client;
pub mod contract;
pub mod data;
pub mod database;
pub mod demo;
pub mod document;
pub mod gate;
pub mod history;
pub mod kinds;
pub mod notice;
pub mod postgres;
pub mod problem;
pub mod property;
pub mod samples;
pub mod source;
pub mod users;

use app::TestApp;
use database::{Backend, TestDatabase};

/// Declares tests that run on both databases: `name::sqlite` and `name::postgres`.
///
/// ```
/// both! {
///     async fn a_stranger_is_asked_to_sign_in(app: TestApp) {
///         app.anonymous().get("/v1/me").send().await.expect(401);
///     }
/// }
/// ```
///
/// A test that starts its app in a way of its own takes a `TestDatabase` instead.
macro_rules! both {
    ($($(#[$meta:meta])* async fn $name:ident($fixture:ident: $kind:ty) $body:block)+) => {$(
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn test($fixture: $kind) $body

            #[test]
            fn sqlite() {
                $crate::support::run($crate::support::database::Backend::Sqlite, test);
            }

            #[test]
            fn postgres() {
                $crate::support::run($crate::support::database::Backend::Postgres, test);
            }
        }
    )+};
}

pub(crate) use both;

/// What a test can ask for.
pub trait Fixture {
    /// Made for one test.
    async fn on(backend: Backend) -> Self;
}

impl Fixture for TestApp {
    async fn on(backend: Backend) -> Self {
        Self::start(TestDatabase::migrated(backend)).await
    }
}

impl Fixture for TestDatabase {
    async fn on(backend: Backend) -> Self {
        Self::migrated(backend)
    }
}

/// Runs one test on one database, if it is here.
pub fn run<F: Fixture>(backend: Backend, test: impl AsyncFnOnce(F)) {
    if !backend.is_here() {
        return;
    }
    // One worker beside the test's own thread: connections are looked after while the test waits for its app's end.
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).enable_all().build().expect("a runtime");
    runtime.block_on(async { test(F::on(backend).await).await });
}
