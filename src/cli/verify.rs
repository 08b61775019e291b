//! `kundenhistorie verify`: is the history what was written?

use clap::Args;
use uuid::Uuid;

use super::database;
use super::failure::{Failure, Result};
use super::terminal::{print, progress};
use crate::config::Config;
use crate::error::Code;
use crate::history::context::Context;
use crate::history::security_chain;
use crate::history::verification::{self, Verification};
use crate::services::customers;

/// Recompute the hash chains of the history and report where one is broken.
///
/// Every customer, user, tag and event type has a chain of events, and so have the security events of each day. Each event is read, its digest and its hash are
/// computed again, and the end of the chain is compared with the recorded one, so that a changed, removed, swapped or
/// inserted event is found. Reads only; the service may go on writing. Ends with 1 if a chain is broken and names the
/// first break of each broken chain on standard output.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kundenhistorie verify
  kundenhistorie verify --customer K-000042
  kundenhistorie verify --customer 0198c5f0-5c2e-7c3a-9a57-0d6b9f6d2a11")]
pub(super) struct Verify {
    /// Check only this customer: the id or the customer number.
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
}

#[derive(Default)]
struct Totals {
    chains: u64,
    events: i64,
    broken: u64,
}

impl Verify {
    pub(super) async fn run(self, config: &Config) -> Result {
        let cx = database::open(config).await?;
        let mut totals = Totals::default();
        match &self.customer {
            Some(named) => {
                let id = find_customer(&cx, named).await?;
                totals.add(&cx, verification::verify(&cx.store, "customer", id).await?).await?;
            }
            None => {
                verify_all(&cx, &mut totals).await?;
                verify_security(&cx, &mut totals).await?;
            }
        }
        database::close(cx).await?;
        let Totals { chains, events, broken } = totals;
        if broken == 0 {
            return print(format_args!("ok: {chains} chains with {events} events are what was written"));
        }
        Err(Failure::new(format!("{broken} of {chains} chains broken"))
            .advise("keep the database as it is, compare it with a backup, and find out who had access to it"))
    }
}

async fn verify_all(cx: &Context, totals: &mut Totals) -> Result {
    let bar = progress(verification::size(&cx.store).await?, "verifying");
    let mut after = None;
    loop {
        let roots = verification::roots(&cx.store, after).await?;
        for (id, kind) in &roots {
            let result = verification::verify(&cx.store, kind, *id).await?;
            bar.inc(u64::try_from(result.events).unwrap_or_default());
            totals.add(cx, result).await?;
        }
        match roots.last() {
            Some((id, _)) => after = Some(*id),
            None => break,
        }
    }
    bar.finish_and_clear();
    if let Some((id, kind)) = verification::headless(&cx.store).await? {
        totals.chains += 1;
        totals.broken += 1;
        print(format_args!("broken: {} at sequence 1: its recorded end is missing", describe(cx, &kind, id).await))?;
    }
    Ok(())
}

/// Sign-ins, refusals and sensitive reads: one chain for each day.
async fn verify_security(cx: &Context, totals: &mut Totals) -> Result {
    for result in security_chain::verify(&cx.store).await? {
        totals.chains += 1;
        totals.events += result.entries;
        if let Some(sequence) = result.broken_at {
            totals.broken += 1;
            print(format_args!("broken: security events of {} at sequence {sequence}", result.day))?;
        }
    }
    Ok(())
}

impl Totals {
    async fn add(&mut self, cx: &Context, result: Verification) -> Result {
        self.chains += 1;
        self.events += result.events;
        let Some(finding) = result.finding else { return Ok(()) };
        self.broken += 1;
        let chain = describe(cx, &result.root_type, result.root_id).await;
        print(format_args!("broken: {chain} at sequence {}: {}", finding.sequence, finding.kind.as_str()))
    }
}

/// Id and number tell which chain it is; names do not belong into the output of a machine's check. A row that is gone
/// or cannot be read must not hide what was found.
async fn describe(cx: &Context, kind: &str, id: Uuid) -> String {
    let customer = if kind == "customer" { customers::read(cx, id, None).await.ok() } else { None };
    match customer {
        Some(customer) => format!("{kind} {id} ({})", customer.customer_number),
        None => format!("{kind} {id}"),
    }
}

async fn find_customer(cx: &Context, named: &str) -> Result<Uuid> {
    if let Ok(id) = named.parse() {
        return Ok(id);
    }
    match customers::read_by_number(cx, named).await {
        Ok(customer) => Ok(customer.id),
        Err(error) if error.code() == Code::NotFound => Err(Failure::new(format!("there is no customer {named:?}"))
            .advise("give the id or the customer number as the API shows it")),
        Err(error) => Err(error.into()),
    }
}
