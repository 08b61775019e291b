//! What is no change but must be known: sign-ins, refused attempts, reads of sensitive data.
//! Chained by day in the same way as the log, so that an entry cannot be changed unnoticed.

use sea_orm::sea_query::{Expr, OnConflict, Query, SubQueryStatement};
use sea_orm::{EntityTrait, Iterable, ModelTrait};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::change::Change;
use super::context::Context;
use crate::domain::actor::ActorReference;
use crate::domain::client::Client;
use crate::entities::cells::{Locks, Reads};
use crate::entities::{security_event, security_head};
use crate::error::{Error, Result};

const TAG: &[u8] = b"kundenhistorie/security/v1";

/// Something to be remembered.
#[derive(Debug, Clone)]
pub struct SecurityEntry {
    /// `<thing>.<past participle>`: `session.opened`, `login.refused` …
    pub kind: &'static str,
    /// Whether it was let through.
    pub succeeded: bool,
    /// Who, where it is not the actor of the context.
    pub actor: Option<ActorReference>,
    /// The record concerned.
    pub subject: Option<(&'static str, Uuid)>,
    /// Network address of the caller.
    pub address: Option<String>,
    /// Facts by kind; never a secret.
    pub detail: Value,
}

impl SecurityEntry {
    /// Something that was let through, done by the actor of the context.
    pub fn succeeded(kind: &'static str) -> Self {
        Self { kind, succeeded: true, actor: None, subject: None, address: None, detail: json!({}) }
    }

    /// Something that was turned away.
    pub fn refused(kind: &'static str) -> Self {
        Self { succeeded: false, ..Self::succeeded(kind) }
    }

    /// A caller who is known but may not do this: 403.
    pub fn access_refused(scope: &str, method: &str, route: &str, client: &Client) -> Self {
        Self::refused("access.refused").from(client).with_detail(json!({
            "scope": scope, "method": method, "route": route
        }))
    }

    /// Sets who did it, where it is not the actor of the context.
    #[must_use]
    pub fn by(mut self, actor: ActorReference) -> Self {
        self.actor = Some(actor);
        self
    }

    /// Sets the record concerned.
    #[must_use]
    pub fn about(mut self, kind: &'static str, id: Uuid) -> Self {
        self.subject = Some((kind, id));
        self
    }

    /// Sets where the caller is.
    #[must_use]
    pub fn from(mut self, client: &Client) -> Self {
        self.address = client.address.map(|address| address.to_string());
        self
    }

    /// Sets the facts.
    #[must_use]
    pub fn with_detail(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }
}

/// Notes one entry by itself: for refusals, where nothing else is written.
pub async fn note(cx: &Context, entry: SecurityEntry) -> Result<()> {
    let change = Change::begin(cx).await?;
    change.note_security(entry).await?;
    change.commit_unanswered().await
}

impl Change {
    /// Appends to the chain of the present day, as the last thing before the commit, because everybody else who has
    /// something to note waits for it. Written at the commit.
    pub async fn note_security(&self, entry: SecurityEntry) -> Result<()> {
        let day = self.now().day();
        let before = self.noted(|noted| noted.last().map(|last| (last.sequence, last.hash.clone())));
        let (sequence, previous_hash) = match before {
            Some(before) => before,
            None => self.end_of(&day).await?,
        };
        let actor = entry.actor.unwrap_or_else(|| self.cx().actor.reference.clone());
        let mut event = security_event::Model {
            id: self.new_id(),
            day,
            sequence: sequence + 1,
            kind: entry.kind.to_owned(),
            outcome: if entry.succeeded { "succeeded" } else { "refused" }.to_owned(),
            occurred_at: self.now(),
            actor_type: actor.kind.as_str().to_owned(),
            actor_id: actor.id,
            actor_name: actor.display_name,
            subject_type: entry.subject.map(|(kind, _)| kind.to_owned()),
            subject_id: entry.subject.map(|(_, id)| id),
            address: entry.address,
            request_id: self.cx().request_id.clone(),
            detail: serde_json_canonicalizer::to_string(&entry.detail).map_err(Error::internal)?,
            previous_hash,
            hash: Vec::new(),
        };
        event.hash = hash(&event)?;
        self.noted(|noted| noted.push(event));
        Ok(())
    }

    /// The last link of a day's chain, which is begun if it has to be and locked until the commit.
    async fn end_of(&self, day: &str) -> Result<(i64, Vec<u8>)> {
        let start = Query::insert()
            .into_table(security_head::Entity)
            .columns(security_head::Column::iter())
            .values_panic([Expr::value(day), Expr::value(0_i64), Expr::value(genesis(day))])
            .on_conflict(OnConflict::column(security_head::Column::Day).do_nothing().to_owned())
            .to_owned();
        self.execute(start).await?;
        let head = self.one(security_head::Entity::find_by_id(day).lock_for_change()).await?;
        let head = head.ok_or_else(|| Error::internal("the day has no head"))?;
        Ok((head.sequence, head.hash))
    }
}

/// The statements that store entries of one day and move the end of its chain.
pub(super) fn entries(noted: &[security_event::Model]) -> Vec<SubQueryStatement> {
    let Some(last) = noted.last() else { return Vec::new() };
    let end = Query::update()
        .table(security_head::Entity)
        .value(security_head::Column::Sequence, last.sequence)
        .value(security_head::Column::Hash, last.hash.clone())
        .and_where(sea_orm::ColumnTrait::eq(&security_head::Column::Day, &last.day))
        .to_owned();
    let mut insert = Query::insert();
    insert.into_table(security_event::Entity).columns(security_event::Column::iter());
    for event in noted {
        insert.values_panic(security_event::Column::iter().map(|column| Expr::value(event.get(column))));
    }
    vec![end.into(), insert.into()]
}

/// The hash before the first entry of a day.
pub fn genesis(day: &str) -> Vec<u8> {
    Sha256::new().chain_update(TAG).chain_update(day.as_bytes()).finalize().to_vec()
}

/// The hash of an entry: over all its columns as canonical JSON, which keeps them apart.
pub fn hash(event: &security_event::Model) -> Result<Vec<u8>> {
    let content = json!([
        event.id,
        event.day,
        event.sequence,
        event.kind,
        event.outcome,
        event.occurred_at,
        event.actor_type,
        event.actor_id,
        event.actor_name,
        event.subject_type,
        event.subject_id,
        event.address,
        event.request_id,
        event.detail,
    ]);
    let content = serde_json_canonicalizer::to_vec(&content).map_err(Error::internal)?;
    let hash = Sha256::new().chain_update(TAG).chain_update(&event.previous_hash).chain_update(content).finalize();
    Ok(hash.to_vec())
}
