//! Writing the invented history, day by day.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use uuid::Uuid;

use super::kinds::KINDS;
use super::scene::{Own, Scene, Step, Talk};
use super::{SOURCE, plan};
use crate::domain::clock::Clock;
use crate::domain::instant::Instant;
use crate::entities::{customer, external_id};
use crate::error::{Code, Error, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::timeline as history;
use crate::schemas::event_type::{CreateEventType, EventLabels};
use crate::schemas::interaction::{CreateInteraction, Initiative, InteractionKind};
use crate::schemas::timeline::{AppendEvent, CorrectEvent, Direction, SourceInput};
use crate::services::{customers, event_types, interactions, timeline};

/// Counts the days that are written: it grows in the same Change as the day itself.
const COUNTER: &str = "demo_days";

/// How far loading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Steps written, those of an earlier start included.
    pub done: u64,
    /// Steps in all.
    pub total: u64,
}

/// Writes what is not yet written; a start that was interrupted is continued. Answers whether there was anything to
/// write. `owners` are the users who manage the customers.
pub async fn load(cx: &Context, owners: &[Uuid], mut report: impl FnMut(Progress)) -> Result<bool> {
    let days = plan::days();
    let written = usize::try_from(days_written(cx).await?).map_err(Error::internal)?;
    if written >= days.len() {
        return Ok(false);
    }
    register_kinds(cx).await?;
    let mut loader = Loader { ids: known_ids(cx).await?, owners };
    let length = |days: &[Vec<Scene>]| days.iter().map(|day| day.len() as u64).sum();
    let mut progress = Progress { done: length(&days[..written]), total: length(&days) };
    let clock = Clock::fixed(Instant::from_micros(0));
    let cx = Context::system(cx.store.clone(), clock.clone(), cx.service_levels.clone());
    for day in &days[written..] {
        // Entered in the evening, all at once.
        let Some(last) = day.last() else { continue };
        clock.set(last.at);
        let change = Change::begin(&cx).await?;
        for scene in day {
            loader.write(&change, scene).await?;
        }
        change.next_number(COUNTER).await?;
        change.commit_unanswered().await?;
        progress.done += day.len() as u64;
        report(progress);
    }
    Ok(true)
}

/// Invented customers must not mix with others.
///
/// # Errors
/// [`Code::InUse`] if the database holds customers and none of these days.
pub async fn refuse_foreign_data(cx: &Context) -> Result<()> {
    if days_written(cx).await? == 0 && customer::Entity::find().count(&cx.store.read).await? > 0 {
        return Err(Error::new(Code::InUse));
    }
    Ok(())
}

async fn days_written(cx: &Context) -> Result<i64> {
    let query = Query::select().column("value").from("counters").and_where(Expr::col("name").eq(COUNTER)).to_owned();
    match cx.store.read.query_one(&query).await? {
        Some(row) => Ok(row.try_get("", "value")?),
        None => Ok(0),
    }
}

/// Customers that exist already, by their number among the invented ones.
async fn known_ids(cx: &Context) -> Result<HashMap<usize, Uuid>> {
    let rows = external_id::Entity::find().filter(external_id::Column::System.eq(SOURCE)).all(&cx.store.read).await?;
    let ids = rows.into_iter().filter_map(|row| {
        let number = row.external_id.strip_prefix("customer-")?.parse().ok()?;
        Some((number, row.record_id))
    });
    Ok(ids.collect())
}

struct Loader<'a> {
    ids: HashMap<usize, Uuid>,
    owners: &'a [Uuid],
}

impl Loader<'_> {
    async fn write(&mut self, change: &Change, scene: &Scene) -> Result<()> {
        if let Step::Enter(profile) = &scene.step {
            let mut profile = profile.as_ref().clone();
            profile.owner_id = self.owners.get(scene.customer % self.owners.len().max(1)).copied();
            let row = customers::create_in(change, profile).await?;
            self.ids.insert(scene.customer, row.id);
            return Ok(());
        }
        let id = *self.ids.get(&scene.customer).ok_or_else(|| Error::internal("an invented customer is gone"))?;
        match &scene.step {
            Step::Enter(_) => {}
            Step::Change(patch) => {
                customers::merge_in(change, id, patch.clone()).await?;
            }
            Step::Archive => {
                let row = customers::lock_in(change, id).await?;
                customers::archive_in(change, row).await?;
            }
            Step::Talk(talk) => {
                interactions::log_in(change, id, interaction(talk)).await?;
            }
            Step::Own(own) => {
                timeline::append_in(change, id, event(own)).await?;
            }
            Step::Correct(own) => {
                let wrong = history::by_reference(change, SOURCE, &own.reference).await?;
                let wrong = wrong.ok_or_else(|| Error::internal("an invented event is gone"))?;
                timeline::correct_in(change, id, wrong.id, correction(own)).await?;
            }
        }
        Ok(())
    }
}

/// Registers the kinds of events that do not exist yet.
async fn register_kinds(cx: &Context) -> Result<()> {
    for kind in KINDS {
        let labels = EventLabels { en: kind.title_en.to_owned(), de: kind.title_de.to_owned() };
        let (name, payload_schema) = (kind.name.to_owned(), (kind.schema)());
        let input = CreateEventType { name, category: kind.category, labels, payload_schema };
        match event_types::create(cx, input).await {
            Err(error) if error.code() != Code::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn source(reference: &str) -> Option<SourceInput> {
    Some(SourceInput { system: SOURCE.to_owned(), reference: Some(reference.to_owned()) })
}

fn interaction(talk: &Talk) -> CreateInteraction {
    let channel = match talk.way {
        InteractionKind::Email => Some("email"),
        InteractionKind::Call => Some("phone"),
        InteractionKind::Chat => Some("website"),
        InteractionKind::Letter => Some("post"),
        InteractionKind::Meeting | InteractionKind::Visit => Some("on_site"),
        InteractionKind::SocialPost => Some("social_media"),
        InteractionKind::Note => None,
    };
    CreateInteraction {
        kind: talk.way,
        direction: talk.inbound.map(|inbound| if inbound { Direction::Inbound } else { Direction::Outbound }),
        channel: channel.map(str::to_owned),
        initiative: talk.inbound.map(|inbound| if inbound { Initiative::Reactive } else { Initiative::Proactive }),
        subject: Some(talk.subject.clone()),
        body: Some(talk.body.clone()),
        occurred_at: Some(talk.occurred_at),
        ended_at: talk.minutes.map(|minutes| talk.occurred_at.plus_seconds(minutes * 60)),
        outcome: None,
        thread_id: None,
        participants: Vec::new(),
        external_ids: Vec::new(),
        source: source(&talk.reference),
        owner_id: None,
    }
}

fn event(own: &Own) -> AppendEvent {
    AppendEvent {
        kind: own.kind.to_owned(),
        occurred_at: Some(own.occurred_at),
        source: source(&own.reference),
        amount: own.amount,
        summary: None,
        direction: None,
        channel: None,
        payload: own.payload.as_object().cloned().unwrap_or_default(),
    }
}

fn correction(own: &Own) -> CorrectEvent {
    CorrectEvent {
        reason: "Komma im Betrag verrutscht".to_owned(),
        occurred_at: None,
        summary: None,
        amount: Some(own.amount),
        payload: None,
    }
}
