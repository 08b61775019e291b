//! The only type that can write.
//!
//! A Change holds the transaction of one use case. It writes rows and the events that tell of them
//! together: both are on disk when `commit` returns, or neither exists. Events, heads and the
//! idempotency record are buffered and go out together at the end.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use ring::rand::{SecureRandom, SystemRandom};
use sea_orm::sea_query::{SimpleExpr, SubQueryStatement};
use sea_orm::{
    ColumnTrait, DbBackend, EntityTrait, IntoActiveModel, Iterable, ModelTrait, QueryFilter, QueryTrait, Select,
    Statement,
};
use uuid::Uuid;

use super::chain;
use super::context::Context;
use super::entry::{Entry, Root};
use super::flush::{self, Link, Place};
use super::outcome::Outcome;
use super::security;
use super::state;
use super::writer::Turn;
use crate::domain::changes::{self, FieldChange};
use crate::domain::instant::Instant;
use crate::entities::cells::{self, Filling, Locks, Reads, Row, TakesRows};
use crate::entities::{security_event, timeline_event};
use crate::error::{Code, Error, Result};

/// A record whose life is told by the history.
pub trait Recorded: ModelTrait + IntoActiveModel<<Self::Entity as EntityTrait>::ActiveModel> + Clone + Sync {
    /// The column of the identifier.
    fn id_column() -> <Self::Entity as EntityTrait>::Column;

    /// Columns that are kept from the history.
    const SECRETS: &'static [&'static str] = &[];

    /// The identifier.
    fn id(&self) -> Uuid;

    /// Counts changes.
    fn version(&self) -> i64;

    /// The state that is compared: a JSON object of the fields people know.
    fn fields(&self) -> serde_json::Value;

    /// Marks a change: next version, when, by whom (an actor reference as JSON).
    fn touch(&mut self, at: Instant, by: String);
}

/// One use case's right to write.
pub struct Change {
    turn: Turn,
    cx: Context,
    now: Instant,
    entries: Mutex<Vec<(Uuid, Entry)>>,
    deferred: Mutex<Vec<Statement>>,
    noted: Mutex<Vec<security_event::Model>>,
    /// Records this Change has made: nobody else can begin their chains.
    created: Mutex<HashSet<Uuid>>,
    /// Where the next event of a chain goes, if that was asked for beforehand.
    foreseen: Mutex<Option<(Root, Place)>>,
    sealed: Mutex<Option<Vec<timeline_event::Model>>>,
}

impl Change {
    /// Waits for the turn to write.
    pub async fn begin(cx: &Context) -> Result<Self> {
        let turn = cx.store.writer.turn().await?;
        Ok(Self {
            turn,
            now: cx.clock.now(),
            cx: cx.clone(),
            entries: Mutex::default(),
            deferred: Mutex::default(),
            noted: Mutex::default(),
            created: Mutex::default(),
            foreseen: Mutex::default(),
            sealed: Mutex::default(),
        })
    }

    /// The surroundings this Change was begun in.
    pub fn cx(&self) -> &Context {
        &self.cx
    }

    /// The one time of everything this Change does.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// A new identifier.
    pub fn new_id(&self) -> Uuid {
        self.cx.clock.new_id()
    }

    /// Who acts, as JSON for the columns `created_by` and `updated_by`.
    pub fn actor_json(&self) -> Result<String> {
        serde_json::to_string(&self.cx.actor.reference).map_err(Error::internal)
    }

    /// Writes a new record and its event. Answers the event's id.
    pub async fn create<R: Recorded>(&self, record: &R, mut entry: Entry) -> Result<Uuid> {
        entry.state = Some(state::of(record)?);
        self.turn.execute(self.insertion(record)).await?;
        lock(&self.created).insert(record.id());
        Ok(self.record(entry))
    }

    /// As [`Self::create`], but at the commit, together with everything else that waits for it: for a record that
    /// nothing else in this Change reads or refers to.
    pub fn create_at_commit<R: Recorded>(&self, record: &R, mut entry: Entry) -> Result<Uuid> {
        entry.state = Some(state::of(record)?);
        lock(&self.deferred).push(self.insertion(record));
        Ok(self.record(entry))
    }

    fn insertion<R: Recorded>(&self, record: &R) -> Statement {
        flush::insertion(self.backend(), std::slice::from_ref(record))
    }

    /// Writes what differs between two states of a record, and the event that names the changed fields.
    /// Nothing is written, and nothing recorded, if no field differs; the state before is the answer then.
    pub async fn update<R: Recorded>(
        &self,
        before: &R,
        mut after: R,
        entry: impl FnOnce(&[FieldChange]) -> Entry,
    ) -> Result<R> {
        let changed = changes::between(&before.fields(), &after.fields());
        if changed.is_empty() {
            return Ok(before.clone());
        }
        after.touch(self.now, self.actor_json()?);
        self.overwrite(before, &after).await?;
        let mut entry = entry(&changed).with_changes(&changed, after.version());
        entry.state = Some(state::of(&after)?);
        self.record(entry);
        Ok(after)
    }

    /// Writes the columns in which two states of a record differ, without an event: for values that
    /// follow from other records and for secrets.
    #[expect(clippy::disallowed_methods, reason = "the one place that writes records")]
    pub async fn overwrite<R: Recorded>(&self, before: &R, after: &R) -> Result<()> {
        let mut update = <R::Entity as EntityTrait>::update_many().filter(R::id_column().eq(before.id()));
        let mut differs = false;
        for column in <R::Entity as EntityTrait>::Column::iter() {
            let value = after.get(column);
            if before.get(column) != value {
                update = update.col_expr(column, SimpleExpr::from(value));
                differs = true;
            }
        }
        if differs && self.turn.execute(update.build(self.backend())).await? != 1 {
            return Err(Error::new(Code::Conflict));
        }
        Ok(())
    }

    /// Adds what else held of other records to the state an event keeps, by a name that is no column.
    pub fn remember_beside(&self, event: Uuid, name: &str, value: serde_json::Value) {
        let mut entries = lock(&self.entries);
        let entry = entries.iter_mut().find(|(id, _)| *id == event);
        if let Some(state) = entry.and_then(|(_, entry)| entry.state.as_mut()) {
            state.insert(name.to_owned(), value);
        }
    }

    /// Adds an event. It is written at the commit; its id is known now.
    pub fn record(&self, entry: Entry) -> Uuid {
        let id = entry.id.unwrap_or_else(|| self.new_id());
        lock(&self.entries).push((id, entry));
        id
    }

    /// Locks the row that is the root of a chain, for a Change that most likely adds one event to this chain and nothing
    /// to others: PostgreSQL is asked for the place of the event in the same round trip.
    pub async fn lock_root<E>(&self, row: Select<E>, root: Root) -> Result<Option<E::Model>>
    where
        E: EntityTrait<Model: Row>,
    {
        let Turn::Postgres(transaction) = &self.turn else { return Ok(self.one(row.lock_for_change()).await?) };
        let row = cells::statement(row.lock_for_change(), self.backend());
        let (row, place) = flush::row_and_place(transaction, &row, root).await?;
        *lock(&self.foreseen) = place.map(|place| (root, place));
        Ok(row)
    }

    /// Runs a statement on rows that are no records: links, search words, counters, secrets. Counts the changed rows.
    pub async fn execute(&self, statement: impl Into<SubQueryStatement>) -> Result<u64> {
        Ok(self.turn.execute(flush::statement(self.backend(), statement.into())).await?)
    }

    /// As [`Self::execute`], but at the commit, together with everything else that waits for it, in the order they were
    /// deferred.
    pub fn defer(&self, statement: impl Into<SubQueryStatement>) {
        lock(&self.deferred).push(flush::statement(self.backend(), statement.into()));
    }

    /// What has been noted for the auditors so far.
    pub(super) fn noted<T>(&self, look: impl FnOnce(&mut Vec<security_event::Model>) -> T) -> T {
        look(&mut lock(&self.noted))
    }

    /// The next value of a gapless counter: it counts only if this Change is committed.
    pub async fn next_number(&self, counter: &str) -> Result<i64> {
        let sql = match self.backend() {
            DbBackend::Postgres => NEXT_NUMBER_POSTGRES,
            _ => NEXT_NUMBER_SQLITE,
        };
        let statement = Statement::from_sql_and_values(self.backend(), sql, [counter.into()]);
        let values: Vec<(i64,)> = self.turn.rows(statement).await?;
        values.first().map(|(value,)| *value).ok_or_else(|| Error::internal("the counter gave no value"))
    }

    /// Waits until nobody else is at the same thing, and keeps others from it until the end of this Change: where neither
    /// a row that could be locked nor an index sees to it that two do not do the same. A counter is the lock; its value
    /// does not matter.
    pub async fn one_after_another(&self, thing: &str) -> Result<()> {
        self.next_number(thing).await.map(drop)
    }

    /// Fixes sequence, position and hashes of the recorded events, under the lock of their heads.
    /// The answer is what will be stored. No event can be added afterwards.
    pub async fn seal(&self) -> Result<Vec<timeline_event::Model>> {
        if let Some(sealed) = lock(&self.sealed).as_ref() {
            return match lock(&self.entries).is_empty() {
                true => Ok(sealed.clone()),
                // It would be left out silently: a change without its event.
                false => Err(Error::internal("an event was recorded after the history was sealed")),
            };
        }
        let mut entries = std::mem::take(&mut *lock(&self.entries));
        // Heads are locked in the order of their roots, so that two Changes never wait for each other.
        entries.sort_by_key(|(_, entry)| entry.root);
        let sealed = self.chain_up(entries).await?;
        *lock(&self.sealed) = Some(sealed.clone());
        Ok(sealed)
    }

    async fn chain_up(&self, entries: Vec<(Uuid, Entry)>) -> Result<Vec<timeline_event::Model>> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let roots: Vec<Root> = entries.iter().map(|(_, entry)| entry.root).collect();
        let foreseen = lock(&self.foreseen).take().filter(|(root, _)| roots == [*root]);
        let mut places = match foreseen {
            Some((_, place)) => vec![place],
            None => flush::places(&self.turn, &roots).await?,
        };
        let unbegun = self.unbegun(&roots, &places);
        if !unbegun.is_empty() {
            flush::begin_chains(&self.turn, &unbegun).await?;
            places = flush::places(&self.turn, &roots).await?;
        }
        let mut events: Vec<timeline_event::Model> = Vec::with_capacity(entries.len());
        for ((id, entry), place) in entries.into_iter().zip(places) {
            let last = match events.last() {
                Some(last) if last.root_id == entry.root.id => {
                    Some(Link { sequence: last.sequence, hash: last.hash.clone(), recorded_at: last.recorded_at })
                }
                _ => place.head,
            };
            let last = last.unwrap_or_else(|| Link {
                sequence: 0,
                hash: chain::genesis(entry.root.kind, entry.root.id).to_vec(),
                recorded_at: self.now,
            });
            events.push(self.event(id, entry, place.position, last)?);
        }
        Ok(events)
    }

    /// Chains without a head that others may be beginning at this moment. SQLite has one writer, so none there.
    fn unbegun(&self, roots: &[Root], places: &[Place]) -> Vec<Root> {
        if self.backend() != DbBackend::Postgres {
            return Vec::new();
        }
        let created = lock(&self.created);
        let without_head = roots.iter().zip(places).filter(|(_, place)| place.head.is_none());
        let mut unbegun: Vec<Root> =
            without_head.map(|(root, _)| *root).filter(|root| !created.contains(&root.id)).collect();
        unbegun.dedup();
        unbegun
    }

    fn event(&self, id: Uuid, entry: Entry, position: i64, last: Link) -> Result<timeline_event::Model> {
        let mut salt = vec![0; 32];
        SystemRandom::new().fill(&mut salt).map_err(|_| Error::internal("no randomness"))?;
        let actor = &self.cx.actor.reference;
        let mut event = timeline_event::Model {
            root_id: entry.root.id,
            occurred_at: entry.occurred_at.unwrap_or(self.now),
            sequence: last.sequence + 1,
            id,
            position,
            root_type: entry.root.kind.to_owned(),
            kind: entry.kind,
            category: entry.category.as_str().to_owned(),
            // Changes that waited for each other may have begun in another order. Time never goes back in a chain.
            recorded_at: self.now.max(last.recorded_at),
            actor_type: actor.kind.as_str().to_owned(),
            actor_id: actor.id,
            actor_name: actor.display_name.clone(),
            source_system: entry.source.system,
            source_reference: entry.source.reference,
            request_id: self.cx.request_id.clone(),
            direction: entry.direction,
            channel: entry.channel,
            title_en: entry.title.en,
            title_de: entry.title.de,
            summary: entry.summary,
            amount: entry.amount.map(|money| money.amount_scaled),
            currency: entry.amount.map(|money| money.currency.code().to_owned()),
            payload: serde_json_canonicalizer::to_string(&entry.payload).map_err(Error::internal)?,
            subject_type: entry.subject.kind.to_owned(),
            subject_id: entry.subject.id,
            supersedes: entry.supersedes,
            state: entry.state.as_ref().map(serde_json::to_string).transpose().map_err(Error::internal)?,
            search_text: String::new(),
            salt,
            content_digest: Vec::new(),
            previous_hash: last.hash,
            hash: Vec::new(),
        };
        event.search_text = chain::search_text(&event);
        event.content_digest = chain::content_digest(&event).map_err(Error::internal)?.to_vec();
        event.hash = chain::event_hash(&event).to_vec();
        Ok(event)
    }

    /// Writes what is buffered and waits until everything is on disk. The answer to the caller is
    /// stored with it if they sent an Idempotency-Key.
    pub async fn commit<T>(self, outcome: Outcome<T>) -> Result<Outcome<T>> {
        let record = match &self.cx.idempotency {
            Some(key) => Some(outcome.idempotency_record(self.cx.actor.id(), key, self.now)),
            None => None,
        };
        self.finish(record).await?;
        Ok(outcome)
    }

    /// As [`Self::commit`], for work nobody waits for an answer of.
    pub async fn commit_unanswered(self) -> Result<()> {
        self.finish(None).await
    }

    async fn finish(self, idempotency: Option<SubQueryStatement>) -> Result<()> {
        let events = self.seal().await?;
        let backend = self.backend();
        let mut statements = flush::events(backend, &events);
        statements.extend(std::mem::take(&mut *lock(&self.deferred)));
        let last = self.noted(|noted| security::entries(noted)).into_iter().chain(idempotency);
        statements.extend(last.map(|each| flush::statement(backend, each)));
        self.turn.commit(statements).await?;
        metrics::counter!("timeline_events_written_total").increment(events.len().try_into().unwrap_or_default());
        Ok(())
    }
}

const NEXT_NUMBER_SQLITE: &str = "INSERT INTO counters (name, value) VALUES (?, 1) \
    ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 RETURNING value";
const NEXT_NUMBER_POSTGRES: &str = "INSERT INTO counters (name, value) VALUES ($1, 1) \
    ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 RETURNING value";

/// Buffers are only ever pushed to and taken from: a panic in between leaves them whole.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads through a Change see its own writes.
impl Reads for Change {
    fn fill(&self, statement: Statement, rows: Box<dyn TakesRows>) -> Filling<'_> {
        self.turn.fill(statement, rows)
    }

    fn backend(&self) -> DbBackend {
        self.turn.backend()
    }
}
