//! Checking checkpoints: those in the database, and those kept outside of it.

use std::collections::BTreeMap;
use std::path::Path;

use sea_orm::{ColumnTrait, EntityTrait, QueryOrder};

use super::outside;
use crate::auth::checkpoint_key::PublicKey;
use crate::domain::checkpoint::{Checkpoint, NOTHING_BEFORE};
use crate::domain::merkle::{Hash, Place, Tree};
use crate::entities::cells::Reads;
use crate::entities::checkpoint::{Column, Entity};
use crate::entities::checkpoint_leaf;
use crate::error::{Error, Result};
use crate::history::checkpoints as log;
use crate::history::context::Context;
use crate::history::verification::is_unreadable;

/// What checking checkpoints found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Checkpoints in the database.
    pub checkpoints: usize,
    /// Checkpoints in the file.
    pub outside: usize,
    /// Everything wrong: each the place, a colon, and what is wrong there.
    pub findings: Vec<String>,
}

impl Report {
    fn add(&mut self, place: impl std::fmt::Display, what: impl std::fmt::Display) {
        self.findings.push(format!("{place}: {what}"));
    }
}

/// Checks the checkpoints in the database, and those of a file kept outside of it, against the tree that follows from
/// the stored leaves, and the leaves against the events. `keys` are those that may have signed.
pub async fn verify(cx: &Context, keys: &[PublicKey], file: Option<&Path>) -> Result<Report> {
    let mut report = Report::default();
    // The file first: what is written there is in the database already.
    let lines = match file {
        Some(path) => outside::read(path).map_err(Error::internal)?,
        None => Vec::new(),
    };
    let mut kept = Vec::new();
    for (number, line) in lines {
        match line {
            Ok(checkpoint) => kept.push(checkpoint),
            Err(_) => report.add(format!("line {number} of the file"), "it is no checkpoint"),
        }
    }
    match check(cx, keys, &kept, &mut report).await {
        Err(error) if is_of_a_row(&error) => report.add("checkpoints", "a row cannot be read"),
        checked => checked?,
    }
    Ok(report)
}

async fn check(cx: &Context, keys: &[PublicKey], kept: &[Checkpoint], report: &mut Report) -> Result<()> {
    let stored = cx.store.rows.all(Entity::find().order_by_asc(Column::Number)).await?;
    let stored: Vec<Checkpoint> = stored.into_iter().map(Checkpoint::from).collect();
    (report.checkpoints, report.outside) = (stored.len(), kept.len());
    check_links(&stored, keys, "checkpoint", report);
    check_links(kept, keys, "checkpoint of the file", report);
    for checkpoint in kept {
        let same = stored.iter().find(|other| other.number == checkpoint.number);
        if same != Some(checkpoint) {
            let what = match same {
                Some(_) => "the database has another one of this number: its history was rewritten",
                None => "the database does not have it: this is an older backup, or its end was cut",
            };
            report.add(format!("checkpoint {} of the file", checkpoint.number), what);
            break;
        }
    }
    check_tree(cx, &stored, kept, report).await?;
    // Counted before the newest checkpoint is read, because others go on.
    let leaves = log::leaf_count(&cx.store).await?;
    let covered = log::newest(&cx.store.rows).await?.map_or(0, |newest| newest.tree_size);
    if leaves > covered {
        report.add(format!("leaf {covered}"), "no checkpoint has added it");
    }
    Ok(())
}

/// The first break in a series of checkpoints that follow each other.
fn check_links(checkpoints: &[Checkpoint], keys: &[PublicKey], name: &str, report: &mut Report) {
    let mut before: Option<&Checkpoint> = None;
    for checkpoint in checkpoints {
        let is_first = before.is_none() && checkpoint.number == 1;
        let number = before.map_or(checkpoint.number, |before| before.number + 1);
        let previous = before.map(Checkpoint::hash).or_else(|| is_first.then(|| hex::encode(NOTHING_BEFORE)));
        let signature = hex::decode(&checkpoint.signature).unwrap_or_default();
        let key = keys.iter().find(|key| key.id() == checkpoint.key_id);
        let what = if checkpoint.number != number {
            Some("those before it are missing")
        } else if previous.is_some_and(|hash| hash != checkpoint.previous_hash) {
            Some("it does not follow the one before it")
        } else if before.is_some_and(|before| before.tree_size >= checkpoint.tree_size) {
            Some("it covers nothing new")
        } else {
            match key {
                None => Some("its key is not known; name a key of former times with --key"),
                Some(key) if !key.verifies(&checkpoint.statement(), &signature) => Some("its signature is wrong"),
                Some(_) => None,
            }
        };
        if let Some(what) = what {
            return report.add(format!("{name} {}", checkpoint.number), what);
        }
        before = Some(checkpoint);
    }
    let begins_late = checkpoints.first().is_some_and(|first| first.number != 1);
    if begins_late && name == "checkpoint" {
        report.add("checkpoint 1", "it is missing");
    }
}

/// Grows the tree again and compares: its root at every checkpoint, its subtrees, the events its leaves stand for.
async fn check_tree(cx: &Context, stored: &[Checkpoint], kept: &[Checkpoint], report: &mut Report) -> Result<()> {
    let mut expected: BTreeMap<i64, Vec<(String, &str)>> = BTreeMap::new();
    for (name, checkpoints) in [("checkpoint", stored), ("checkpoint of the file", kept)] {
        for checkpoint in checkpoints {
            let place = format!("{name} {}", checkpoint.number);
            expected.entry(checkpoint.tree_size).or_default().push((place, &checkpoint.root_hash));
        }
    }
    let Some(end) = expected.keys().next_back().copied() else { return Ok(()) };
    let mut of = stored.iter().peekable();
    let mut tree = Tree::default();
    let mut is_root_wrong = false;
    while tree.size() < end {
        let begin = tree.size();
        let leaves = log::leaves(&cx.store, begin).await?;
        let mut complete = Vec::new();
        for leaf in leaves.iter().take(usize::try_from(end - begin).unwrap_or(usize::MAX)) {
            if leaf.place != tree.size() {
                break;
            }
            while of.next_if(|checkpoint| checkpoint.tree_size <= leaf.place).is_some() {}
            if of.peek().is_some_and(|checkpoint| checkpoint.number != leaf.checkpoint_number) {
                report.add(format!("leaf {}", leaf.place), "it names another checkpoint than the one that added it");
            }
            complete.extend(tree.append(leaf.merkle_hash()));
            let root = hex::encode(tree.root());
            for (place, hash) in expected.get(&tree.size()).into_iter().flatten() {
                // The first one is the place: every later root differs because of it.
                if *hash != root && !is_root_wrong {
                    is_root_wrong = true;
                    report.add(place, "the leaves in the database are not those it has signed");
                }
            }
        }
        check_subtrees(cx, begin, tree.size(), complete, report).await?;
        check_events(cx, begin, tree.size(), report).await?;
        if tree.size() == begin || leaves.iter().zip(begin..).any(|(leaf, place)| leaf.place != place) {
            let place = expected.range(tree.size() + 1..).next().and_then(|(_, places)| places.first());
            let place = place.map_or_else(String::new, |(place, _)| format!(" of {place}"));
            report.add(format!("leaf {}{place}", tree.size()), "it is missing");
            return Ok(());
        }
    }
    Ok(())
}

async fn check_subtrees(
    cx: &Context,
    begin: i64,
    end: i64,
    complete: Vec<(Place, Hash)>,
    report: &mut Report,
) -> Result<()> {
    let mut levels: BTreeMap<i64, Vec<(Place, Hash)>> = BTreeMap::new();
    for (place, hash) in complete {
        levels.entry(place.level).or_default().push((place, hash));
    }
    for (level, complete) in levels {
        let stored = log::level(&cx.store, level, begin >> level, end >> level).await?;
        let wrong = complete.iter().find(|(place, hash)| stored.get(place).is_none_or(|stored| stored[..] != hash[..]));
        if let Some((Place { level, index }, _)) = wrong {
            let leaf = index << level;
            report.add(format!("leaf {leaf}"), format!("the stored hash at level {level} is not that of its subtree"));
        }
    }
    Ok(())
}

async fn check_events(cx: &Context, begin: i64, end: i64, report: &mut Report) -> Result<()> {
    let these = checkpoint_leaf::Column::Place.between(begin, end - 1);
    if let Some(leaf) = log::unlike(&cx.store, these).await? {
        let place = format!("leaf {} ({} {} at sequence {})", leaf.place, leaf.root_type, leaf.root_id, leaf.sequence);
        report.add(place, "there is no such event: it was removed, or its chain was rewritten");
    }
    Ok(())
}

/// A row is there and makes no sense.
fn is_of_a_row(error: &Error) -> bool {
    error.cause().and_then(|cause| cause.downcast_ref()).is_some_and(is_unreadable)
}
