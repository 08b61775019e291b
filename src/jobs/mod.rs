//! Work nobody asks for by a request: shallow loops that call a service.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use sea_orm::DbBackend;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::domain::instant::Instant;
use crate::error::Result;
use crate::history::context::Context;
use crate::history::idempotency;
use crate::services::checkpoints::{self, Notary};
use crate::services::{consents, contracts, deliveries, invoices, quotes, sessions, tickets};
use crate::web::state::State;

/// The running loops.
pub struct Jobs {
    stop: watch::Sender<bool>,
    running: Vec<JoinHandle<()>>,
}

impl Jobs {
    /// Starts all loops.
    pub fn start(state: web::Data<State>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let since = Arc::new(Mutex::new(sessions::look_back(&system(&state), &state.authority)));
        let follow = move |state| follow_revocations(state, Arc::clone(&since));
        let running = vec![
            tokio::spawn(every(Duration::from_millis(500), stopped.clone(), state.clone(), follow)),
            tokio::spawn(every(Duration::from_secs(60), stopped.clone(), state.clone(), housekeeping)),
            tokio::spawn(every(Duration::from_secs(3_600), stopped.clone(), state.clone(), let_days_pass)),
            tokio::spawn(every(Duration::from_secs(30), stopped.clone(), state.clone(), checkpoint)),
            tokio::spawn(every(Duration::from_secs(86_400), stopped, state, optimize)),
        ];
        Self { stop, running }
    }

    /// Ends the loops; what one is doing is finished.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for job in self.running {
            if let Err(error) = job.await {
                tracing::error!(%error, "a job panicked");
            }
        }
    }
}

/// What must be known before the first request.
pub async fn catch_up(state: &State) -> Result<()> {
    let cx = system(state);
    let since = sessions::look_back(&cx, &state.authority);
    sessions::follow_revocations(&cx, &state.authority, since).await.map(|_| ())
}

fn system(state: &State) -> Context {
    Context::system(state.store.clone(), state.clock.clone(), state.service_levels.clone())
}

/// What other instances have decided about sessions and users. A look that failed is made up for by the next.
async fn follow_revocations(state: web::Data<State>, since: Arc<Mutex<Instant>>) -> Result<()> {
    let mut since = since.lock().await;
    *since = sessions::follow_revocations(&system(&state), &state.authority, *since).await?;
    Ok(())
}

async fn every<F, R>(period: Duration, mut stopped: watch::Receiver<bool>, state: web::Data<State>, work: F)
where
    F: Fn(web::Data<State>) -> R,
    R: Future<Output = Result<()>>,
{
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                if let Err(error) = work(state.clone()).await {
                    tracing::warn!(%error, "a job failed; it is tried again");
                }
            }
            _ = stopped.changed() => return,
        }
    }
}

/// Brings up to date what SQLite knows of its tables; PostgreSQL does so by itself.
async fn optimize(state: web::Data<State>) -> Result<()> {
    match state.store.backend() {
        DbBackend::Sqlite => state.store.maintain("PRAGMA optimize").await,
        _ => Ok(()),
    }
}

/// Lets quotes and consents expire, contracts end or go on, deliveries become late, invoices and tickets overdue.
async fn let_days_pass(state: web::Data<State>) -> Result<()> {
    let cx = system(&state);
    let (quotes, contracts) = (quotes::expire(&cx).await, contracts::go_on(&cx).await);
    let (deliveries, tickets) = (deliveries::notice(&cx).await, tickets::notice(&cx).await);
    let (consents, invoices) = (consents::expire(&cx).await, invoices::notice(&cx).await);
    quotes.and(contracts).and(deliveries).and(tickets).and(consents).and(invoices)
}

/// Signs the ends of all chains when it is time.
async fn checkpoint(state: web::Data<State>) -> Result<()> {
    let notary = Notary { key: &state.checkpoint_key, settings: &state.config.checkpoints };
    checkpoints::make_when_due(&system(&state), notary).await
}

/// Forgets what has outlived its purpose.
async fn housekeeping(state: web::Data<State>) -> Result<()> {
    state.rate_limits.prune();
    let cx = system(&state);
    let kept = i64::from(state.config.idempotency.keep_hours) * 3_600;
    idempotency::forget_before(&cx, state.clock.now().plus_seconds(-kept)).await?;
    sessions::prune(&cx).await
}
