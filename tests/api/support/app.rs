//! The product, running in this process as it runs in production, on a database of its own.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use kundenhistorie::app::App;
use kundenhistorie::auth::authority::Authority;
use kundenhistorie::config::Config;
use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::clock::Clock;
use kundenhistorie::domain::instant::Instant;
use kundenhistorie::domain::permission::Role;
use kundenhistorie::history::context::Context;
use kundenhistorie::history::store::Store;
use reqwest::Url;
use tokio::sync::{Mutex, oneshot};

use super::client::Client;
use super::database::TestDatabase;
use super::users;

/// When every test begins.
const START: &str = "2026-11-22T08:00:00Z";

/// Longest wait for an app to end; a test that leaves a request hanging is told so.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running app.
pub struct TestApp {
    /// Stands still until it is set.
    pub clock: Clock,
    /// Its settings.
    pub config: Config,
    running: Option<Running>,
    authority: Authority,
    http: reqwest::Client,
    members: Mutex<HashMap<Role, Client>>,
    // Last: the app must have ended before its database goes.
    database: Arc<TestDatabase>,
}

struct Running {
    address: SocketAddr,
    store: Store,
    stop: oneshot::Sender<()>,
    ended: mpsc::Receiver<()>,
    thread: JoinHandle<()>,
}

impl TestApp {
    /// Starts with the settings of tests: a free port, no limits on requests, cheap passwords.
    pub async fn start(database: TestDatabase) -> Self {
        Self::start_with(database, |_| ()).await
    }

    /// Starts with settings of one's own.
    pub async fn start_with(database: TestDatabase, configure: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::for_tests(database.url(), database.folder()).expect("settings of tests");
        configure(&mut config);
        let start = Instant::parse(START).expect("an instant");
        Self::start_as(Arc::new(database), config, Clock::fixed(start)).await
    }

    async fn start_as(database: Arc<TestDatabase>, config: Config, clock: Clock) -> Self {
        let running = Running::start(config.clone(), clock.clone()).await;
        let authority = Authority::new(&config).expect("the keys of the app");
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE);
        let http = http.build().expect("a client");
        Self { clock, config, running: Some(running), authority, http, members: Mutex::default(), database }
    }

    /// Ends it, as SIGTERM would, and starts it again on the same database, with the same settings and clock. Clients
    /// of before do not reach it any more.
    pub async fn restart(self) -> Self {
        self.restart_with(|_| ()).await
    }

    /// As [`Self::restart`], with other settings.
    pub async fn restart_with(mut self, configure: impl FnOnce(&mut Config)) -> Self {
        self.running.take().expect("a running app").stop();
        configure(&mut self.config);
        Self::start_as(Arc::clone(&self.database), self.config.clone(), self.clock.clone()).await
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.running().address
    }

    /// Its address, for clients.
    pub fn base(&self) -> Url {
        Url::parse(&format!("http://{}", self.address())).expect("an address")
    }

    /// Its database, behind its back.
    pub fn store(&self) -> &Store {
        &self.running().store
    }

    /// Its database and data folder.
    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// The surroundings of work the service does itself.
    pub fn system(&self) -> Context {
        let service_levels = self.config.support.service_levels().into();
        Context::system(self.store().clone(), self.clock.clone(), service_levels)
    }

    /// Lets time pass.
    pub fn advance(&self, seconds: i64) {
        self.clock.set(self.clock.now().plus_seconds(seconds));
    }

    /// Somebody who has not signed in.
    pub fn anonymous(&self) -> Client {
        Client::new(self.http.clone(), self.base())
    }

    /// The administrator.
    pub async fn admin(&self) -> Client {
        self.as_role(Role::Admin).await
    }

    /// Somebody who does the daily work.
    pub async fn agent(&self) -> Client {
        self.as_role(Role::Agent).await
    }

    /// Somebody who may only look.
    pub async fn read_only(&self) -> Client {
        self.as_role(Role::ReadOnly).await
    }

    /// The user of a role, who sees all customers; the same one each time.
    pub async fn as_role(&self, role: Role) -> Client {
        let mut members = self.members.lock().await;
        if let Some(client) = members.get(&role) {
            return client.clone();
        }
        let client = self.user(role, Visibility::All).await;
        members.insert(role, client.clone());
        client
    }

    /// A new user, signed in.
    pub async fn user(&self, role: Role, visibility: Visibility) -> Client {
        self.anonymous().of_user(users::sign_up(&self.system(), &self.authority, role, visibility).await)
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("a running app")
    }
}

impl Running {
    async fn start(config: Config, clock: Clock) -> Self {
        let (ready, is_ready) = oneshot::channel();
        let (stop, is_to_stop) = oneshot::channel();
        let (end, ended) = mpsc::channel();
        let serve = async move {
            let app = App::build(config, clock).await.expect("the app is built");
            let handle = app.handle();
            actix_web::rt::spawn(async move {
                // A dropped sender means the same.
                drop(is_to_stop.await);
                handle.stop(true).await;
            });
            drop(ready.send((app.address(), app.store().clone())));
            app.run().await.expect("the app ends well");
        };
        let thread = std::thread::Builder::new().name("app".to_owned()).spawn(move || {
            let _end: mpsc::Sender<()> = end;
            actix_web::rt::System::new().block_on(serve);
        });
        let thread = thread.expect("a thread");
        let Ok((address, store)) = is_ready.await else {
            std::panic::resume_unwind(thread.join().expect_err("an app that cannot be built panics"))
        };
        Self { address, store, stop, ended, thread }
    }

    /// Waits until everything is finished and closed.
    fn stop(self) {
        let Self { stop, ended, thread, store, .. } = self;
        drop((stop, store));
        // Nothing is ever sent: the end of the thread closes the channel.
        let waited = ended.recv_timeout(PATIENCE);
        assert!(waited != Err(mpsc::RecvTimeoutError::Timeout), "the app does not end; does a request still run?");
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            if std::thread::panicking() {
                // A second panic would hide the first; the thread ends by itself.
                drop(running);
            } else {
                running.stop();
            }
        }
    }
}
