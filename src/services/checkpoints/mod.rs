//! Checkpoints: making them, and reading those that were made.

pub mod outside;
mod proof;
mod verification;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

pub use self::proof::prove;
pub use self::verification::{Report, verify};
use super::pages;
use crate::auth::checkpoint_key::CheckpointKey;
use crate::config::CheckpointsConfig;
use crate::domain::checkpoint::Checkpoint;
use crate::entities::cells::Reads;
use crate::entities::checkpoint::{Column, Entity, Model};
use crate::entities::keyset::By;
use crate::error::{Code, Error, Result};
use crate::history::change::Change;
use crate::history::checkpoints as log;
use crate::history::context::Context;
use crate::history::outcome::Outcome;
use crate::schemas::page::{Found, PageRequest};

/// With what checkpoints are made: the key, and where they are written besides.
#[derive(Clone, Copy)]
pub struct Notary<'a> {
    /// Signs.
    pub key: &'a Arc<CheckpointKey>,
    /// When, and the file outside.
    pub settings: &'a CheckpointsConfig,
}

/// One page of checkpoints, newest first.
pub async fn list(cx: &Context, page: &PageRequest) -> Result<Found<Checkpoint>> {
    pages::find(cx, Entity::find(), &[By { column: Column::Number, descending: true }], page, Checkpoint::from).await
}

/// Reads one.
pub async fn read(cx: &Context, number: i64) -> Result<Checkpoint> {
    let found = cx.store.rows.one(Entity::find_by_id(number)).await?;
    found.map(Checkpoint::from).ok_or_else(|| Error::new(Code::NotFound))
}

/// Covers everything that was committed before. Answers the newest checkpoint, which is the last one there was if
/// nothing has moved since.
pub async fn make(cx: &Context, notary: Notary<'_>) -> Result<Outcome<Checkpoint>> {
    loop {
        let moved = log::moved(&cx.store).await?;
        let change = Change::begin(cx).await?;
        let made = append(&change, &moved, notary).await?;
        let is_last = moved.len() < log::LEAVES_MAX || made.is_none();
        if !is_last {
            change.commit_unanswered().await?;
            continue;
        }
        let newest = match made {
            Some(made) => made,
            None => log::newest(&change).await?.ok_or_else(|| Error::new(Code::NotFound))?,
        };
        let outcome = change.commit(Outcome::ok(&Checkpoint::from(newest), None)?).await?;
        write_outside(cx, notary).await;
        return Ok(outcome);
    }
}

async fn append(change: &Change, moved: &[uuid::Uuid], notary: Notary<'_>) -> Result<Option<Model>> {
    if moved.is_empty() {
        return Ok(None);
    }
    log::append(change, moved, &notary.key.public().id(), |statement| notary.key.sign(statement)).await
}

/// Makes checkpoints if it is time, or if much has happened; and writes outside what is missing there.
pub async fn make_when_due(cx: &Context, notary: Notary<'_>) -> Result<()> {
    if is_due(cx, notary.settings).await? {
        loop {
            let moved = log::moved(&cx.store).await?;
            let change = Change::begin(cx).await?;
            if append(&change, &moved, notary).await?.is_none() {
                break;
            }
            change.commit_unanswered().await?;
        }
    }
    write_outside(cx, notary).await;
    Ok(())
}

async fn is_due(cx: &Context, settings: &CheckpointsConfig) -> Result<bool> {
    let Some(end) = log::event_at_the_end(&cx.store, true).await? else { return Ok(false) };
    let (position, since) = match log::newest(&cx.store.rows).await? {
        Some(last) => (last.position, Some(last.created_at)),
        None => (0, log::event_at_the_end(&cx.store, false).await?.map(|first| first.recorded_at)),
    };
    if end.position <= position {
        // Spares an idle service from looking at the end of every chain again and again.
        return Ok(false);
    }
    let is_time = since.is_some_and(|since| since.plus_seconds(settings.interval_seconds) <= cx.clock.now());
    Ok(is_time || end.position.saturating_sub(position) >= settings.events)
}

/// What could not be written is tried again later; the checkpoint is made all the same.
async fn write_outside(cx: &Context, notary: Notary<'_>) {
    let Some(path) = &notary.settings.file else { return };
    if let Err(error) = catch_up(cx, path).await {
        tracing::error!(%error, file = %path.display(), "checkpoints are not written outside of the database");
    }
}

async fn catch_up(cx: &Context, path: &Path) -> Result<()> {
    let path: PathBuf = path.to_owned();
    let known = {
        let path = path.clone();
        blocking(move || outside::last_number(&path)).await?
    };
    // The last one that is there is compared as well: the file may be that of another database, or ahead of this one.
    let select = Entity::find().filter(Column::Number.gte(known)).order_by_asc(Column::Number);
    let stored: Vec<Checkpoint> = cx.store.rows.all(select).await?.into_iter().map(Checkpoint::from).collect();
    if stored.is_empty() && known == 0 {
        return Ok(());
    }
    blocking(move || outside::append(&path, &stored)).await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T> {
    let worked = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
    worked.map_err(Error::internal)
}
