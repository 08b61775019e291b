//! `kundenhistorie verify`: is the history what was written?

use std::path::PathBuf;

use clap::Args;
use uuid::Uuid;

use super::database;
use super::failure::{Failure, Result};
use super::terminal::{print, progress};
use crate::auth::authority::KEY_FOLDER;
use crate::auth::checkpoint_key::{CheckpointKey, PublicKey};
use crate::auth::keys::SigningKeys;
use crate::config::Config;
use crate::error::Code;
use crate::history::context::Context;
use crate::history::rows::{self, RowFinding};
use crate::history::security_chain;
use crate::history::verification::{self, Verification};
use crate::services::checkpoints::{self, Report};
use crate::services::{consistency, customers};

/// Recompute the hash chains of the history and report where one is broken.
///
/// Every customer, user, tag and event type has a chain of events, and so have the security events of each day. Each event
/// is read, its digest and its hash are computed again, and the end of the chain is compared with the recorded one, so that
/// a changed, removed, swapped or inserted event is found. Then each record is compared with what its last event left, and
/// what stands beside one with the event that told of it. Reads only; the service may go on writing. Ends with 1 if a chain
/// is broken or a record differs, and names the first break of each broken chain and the records on standard output.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kundenhistorie verify
  kundenhistorie verify --customer K-000042
  kundenhistorie verify --checkpoint /mnt/notary/checkpoints.ndjson
  kundenhistorie verify --customer 0198c5f0-5c2e-7c3a-9a57-0d6b9f6d2a11")]
pub(super) struct Verify {
    /// Check only this customer: the id or the customer number.
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// Check the database against this file of checkpoints as well, which was kept outside of it (checkpoints.file): finds
    /// what cannot be found in the database alone, a cut end, an older backup, a history that was rewritten as a whole.
    #[arg(long, value_name = "FILE", conflicts_with = "customer")]
    checkpoint: Option<PathBuf>,
    /// A public key that signed checkpoints formerly, besides the present one: the `x` of its JSON Web Key.
    #[arg(long, value_name = "KEY", value_parser = public_key)]
    key: Vec<PublicKey>,
}

fn public_key(x: &str) -> std::result::Result<PublicKey, String> {
    PublicKey::parse(x).ok_or_else(|| "expected the 43 characters of an Ed25519 public key".to_owned())
}

#[derive(Default)]
struct Totals {
    chains: u64,
    events: i64,
    broken: u64,
    checkpoints: Report,
    rows: rows::Report,
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
                totals.checkpoints = self.checkpoints(&cx, config).await?;
                totals.rows = verify_rows(&cx).await?;
            }
        }
        database::close(cx).await?;
        let Totals { chains, events, broken, checkpoints: Report { checkpoints, outside, findings }, rows } = totals;
        let besides = match (checkpoints, outside) {
            (0, 0) => String::new(),
            (stored, 0) => format!("; {stored} checkpoints hold"),
            (stored, outside) => format!("; {stored} checkpoints hold, {outside} of them against the file"),
        };
        let differing = rows.findings.len() as u64 + rows.more;
        let records = rows.rows;
        let faults: Vec<String> = [
            (broken > 0).then(|| format!("{broken} of {chains} chains broken")),
            (!findings.is_empty()).then(|| "the checkpoints do not hold".to_owned()),
            (differing > 0).then(|| format!("{differing} records are not what the history says")),
        ]
        .into_iter()
        .flatten()
        .collect();
        if faults.is_empty() {
            let compared = if records > 0 { format!(", {records} records say the same") } else { String::new() };
            let what = format!("ok: {chains} chains with {events} events are what was written{compared}{besides}");
            return print(what);
        }
        Err(Failure::new(faults.join(", and "))
            .advise("keep the database as it is, compare it with a backup, and find out who had access to it"))
    }

    async fn checkpoints(&self, cx: &Context, config: &Config) -> Result<Report> {
        let mut keys = self.key.clone();
        let folder = config.data.folder.join(KEY_FOLDER);
        if folder.exists() {
            let present = SigningKeys::load_or_create(&folder).and_then(|keys| CheckpointKey::of(&keys));
            keys.push(present.map_err(|error| Failure::new(error.to_string()))?.public().clone());
        }
        if let Some(path) = self.checkpoint.as_ref().filter(|path| !path.exists()) {
            return Err(Failure::new(format!("there is no file {}", path.display())));
        }
        let report = checkpoints::verify(cx, &keys, self.checkpoint.as_deref()).await?;
        for finding in &report.findings {
            print(format_args!("broken: {finding}"))?;
        }
        Ok(report)
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

/// What people read must be what the history says.
async fn verify_rows(cx: &Context) -> Result<rows::Report> {
    let report = consistency::verify(&cx.store).await?;
    for RowFinding { table, id, fault } in &report.findings {
        print(format_args!("broken: {table} {id}: {fault}"))?;
    }
    if report.more > 0 {
        print(format_args!("broken: {} more records", report.more))?;
    }
    Ok(report)
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
