//! Writing the invented history, day by day.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use super::desk::Desk;
use super::kinds::KINDS;
use super::scene::{Act, Make, Own, Scene, Step, Talk};
use super::{SOURCE, files, plan};
use crate::config::Config;
use crate::content::Contents;
use crate::domain::clock::Clock;
use crate::domain::instant::Instant;
use crate::entities::{customer, external_id};
use crate::error::{Code, Error, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::timeline as history;
use crate::schemas::custom_field::CustomFields;
use crate::schemas::event_type::{CreateEventType, EventLabels};
use crate::schemas::interaction::{CreateInteraction, Initiative, InteractionKind};
use crate::schemas::timeline::{AppendEvent, CorrectEvent, Direction, SourceInput};
use crate::services::{customers, event_types, interactions, timeline};

/// Counts the days that are written: it grows in the same Change as the day itself.
const COUNTER: &str = "demo_days_with_records";
/// Counted the days of the histories an earlier version told, which knew no records. They are other histories: what is
/// there of them stays as it is.
const FORMER_COUNTER: &str = "demo_days";
/// Above zero once everything is written: then nobody needs the plan, which is large.
const COMPLETE: &str = "demo_complete";

/// How far loading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Steps written, those of an earlier start included.
    pub done: u64,
    /// Steps in all.
    pub total: u64,
}

/// Writes what is not yet written; a start that was interrupted is continued. Answers whether there was anything to
/// write. `owners` are the users who manage the customers. What an earlier version has written counts as complete.
pub async fn load(cx: &Context, config: &Config, owners: &[Uuid], report: impl FnMut(Progress)) -> Result<bool> {
    if count(cx, FORMER_COUNTER).await? > 0 || count(cx, COMPLETE).await? > 0 {
        return Ok(false);
    }
    let days = plan::days();
    let written = usize::try_from(count(cx, COUNTER).await?).map_err(Error::internal)?;
    let is_new = written < days.len();
    if is_new {
        write(cx, config, owners, &days, written, report).await?;
    }
    let change = Change::begin(cx).await?;
    change.next_number(COMPLETE).await?;
    change.commit_unanswered().await?;
    Ok(is_new)
}

/// Writes the days that are not written yet.
async fn write(
    cx: &Context,
    config: &Config,
    owners: &[Uuid],
    days: &[Vec<Scene>],
    written: usize,
    mut report: impl FnMut(Progress),
) -> Result<()> {
    register_kinds(cx).await?;
    let mut known = known_customers(cx).await?;
    // Kept before the turn to write is taken, as every upload is.
    known.extend(files::keep(cx, &Contents::open(config)?).await?);
    let mut loader = Loader { desk: Desk::new(), known, owners };
    let length = |days: &[Vec<Scene>]| days.iter().map(|day| day.len() as u64).sum();
    let mut progress = Progress { done: length(&days[..written]), total: length(days) };
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
    Ok(())
}

/// Invented customers must not mix with others.
///
/// # Errors
/// [`Code::InUse`] if the database holds customers and none of these days.
pub async fn refuse_foreign_data(cx: &Context) -> Result<()> {
    let written = count(cx, COUNTER).await? + count(cx, FORMER_COUNTER).await?;
    if written == 0 && customer::Entity::find().count(&cx.store.read).await? > 0 {
        return Err(Error::new(Code::InUse));
    }
    Ok(())
}

async fn count(cx: &Context, counter: &str) -> Result<i64> {
    let query = Query::select().column("value").from("counters").and_where(Expr::col("name").eq(counter)).to_owned();
    match cx.store.read.query_one(&query).await? {
        Some(row) => Ok(row.try_get("", "value")?),
        None => Ok(0),
    }
}

/// The ids of customers that exist already, by their names.
async fn known_customers(cx: &Context) -> Result<HashMap<String, Value>> {
    let rows = external_id::Entity::find().filter(external_id::Column::System.eq(SOURCE)).all(&cx.store.read).await?;
    Ok(rows.into_iter().map(|row| (row.external_id, json!(row.record_id))).collect())
}

struct Loader<'a> {
    desk: Desk,
    /// What names in bodies stand for.
    known: HashMap<String, Value>,
    owners: &'a [Uuid],
}

impl Loader<'_> {
    async fn write(&mut self, change: &Change, scene: &Scene) -> Result<()> {
        match &scene.step {
            Step::Make(make) => return self.make(change, scene.customer, make).await,
            Step::Act(act) => return self.act(change, scene.customer, act).await,
            _ => {}
        }
        let customer = scene.customer.ok_or_else(|| Error::internal("a scene of nobody"))?;
        if let Step::Enter(profile) = &scene.step {
            let mut profile = profile.as_ref().clone();
            profile.owner_id = self.owner(customer);
            let row = customers::create_in(change, profile).await?;
            self.known.insert(name_of(customer), json!(row.id));
            return Ok(());
        }
        let id = self.id(change, &name_of(customer)).await?;
        match &scene.step {
            Step::Enter(_) | Step::Make(_) | Step::Act(_) => {}
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

    async fn make(&mut self, change: &Change, customer: Option<usize>, make: &Make) -> Result<()> {
        let customer_id = match customer {
            Some(customer) => Some(self.id(change, &name_of(customer)).await?),
            None => None,
        };
        let mut body = self.filled(change, customer, &make.body).await?;
        body["source"] = json!({ "system": SOURCE, "reference": make.name });
        let id = self.desk.make(change, make.kind, customer_id, body).await?;
        self.known.insert(make.name.clone(), json!(id));
        Ok(())
    }

    async fn act(&mut self, change: &Change, customer: Option<usize>, act: &Act) -> Result<()> {
        let id = self.id(change, &act.name).await?;
        let body = self.filled(change, customer, &act.body).await?;
        self.desk.act(change, (act.kind, act.verb), id, body).await
    }

    /// A body in which every name is what it stands for.
    async fn filled(&mut self, change: &Change, customer: Option<usize>, body: &Value) -> Result<Value> {
        let mut names = Vec::new();
        names_in(body, &mut names);
        for name in names {
            if name != OWNER {
                self.id_or_more(change, &name).await?;
            }
        }
        let owner = json!(customer.and_then(|customer| self.owner(customer)));
        let mut body = body.clone();
        self.fill(&mut body, &owner);
        Ok(body)
    }

    fn fill(&self, body: &mut Value, owner: &Value) {
        match body {
            Value::String(text) => {
                let meant = text.strip_prefix('@');
                let meant = meant.and_then(|name| if name == OWNER { Some(owner) } else { self.known.get(name) });
                if let Some(meant) = meant.cloned() {
                    *body = meant;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill(item, owner)),
            Value::Object(members) => members.values_mut().for_each(|member| self.fill(member, owner)),
            _ => {}
        }
    }

    fn owner(&self, customer: usize) -> Option<Uuid> {
        self.owners.get(customer % self.owners.len().max(1)).copied()
    }

    async fn id(&mut self, change: &Change, name: &str) -> Result<Uuid> {
        let meant = self.id_or_more(change, name).await?;
        serde_json::from_value(meant).map_err(Error::internal)
    }

    /// What a name stands for. What an earlier start has made is found by its own id in the invented source system.
    async fn id_or_more(&mut self, change: &Change, name: &str) -> Result<Value> {
        if let Some(meant) = self.known.get(name) {
            return Ok(meant.clone());
        }
        let event = history::by_reference(change, SOURCE, name).await?;
        let event = event.ok_or_else(|| Error::internal(format!("the invented {name} is gone")))?;
        let meant = json!(event.subject_id);
        self.known.insert(name.to_owned(), meant.clone());
        Ok(meant)
    }
}

/// Stands for the user who manages the customer.
const OWNER: &str = "owner";

fn name_of(customer: usize) -> String {
    format!("customer-{customer}")
}

fn names_in(body: &Value, names: &mut Vec<String>) {
    match body {
        Value::String(text) => names.extend(text.strip_prefix('@').map(str::to_owned)),
        Value::Array(items) => items.iter().for_each(|item| names_in(item, names)),
        Value::Object(members) => members.values().for_each(|member| names_in(member, names)),
        _ => {}
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
        custom_fields: CustomFields::default(),
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
