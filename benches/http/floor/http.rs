//! The server of the floors.

use std::fmt::Display;
use std::time::Duration;

use actix_web::error::{ErrorInternalServerError, ErrorNotFound};
use actix_web::http::header;
use actix_web::{App, HttpResponse, HttpServer, web};
use kundenhistorie::config::Config;
use kundenhistorie::domain::actor::ActorReference;
use kundenhistorie::domain::clock::Clock;
use kundenhistorie::domain::event_kind::Category;
use kundenhistorie::domain::language::Language;
use kundenhistorie::domain::search;
use kundenhistorie::entities::{customer, interaction, timeline_event};
use kundenhistorie::history::chain;
use kundenhistorie::schemas::customer::{Customer, CustomerPage};
use kundenhistorie::schemas::interaction::{CreateInteraction, Interaction};
use kundenhistorie::schemas::page::PageOf;
use kundenhistorie::schemas::timeline::{TimelineEvent, TimelinePage};
use sea_orm::Value;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::columns::There;
use super::sql::{PAGE, Sql};
use super::summary::summary;
use super::{Driver, NewEntry};
use crate::Result;

/// What a handler answers.
pub type Reply = actix_web::Result<HttpResponse>;

/// As long as the service's cursor of a timeline.
const CURSOR_LENGTH: usize = 110;

/// Serves all operations from a driver of each thread.
pub async fn serve<D, M, F>(config: &Config, make: M) -> Result<()>
where
    D: Driver,
    M: Fn() -> F + Clone + Send + 'static,
    F: Future<Output = Result<D>> + 'static,
{
    let app = move || {
        App::new()
            .data_factory(make.clone())
            .route("/v1/customers", web::get().to(customers::<D>))
            .route("/v1/customers/{id}", web::get().to(customer::<D>))
            .route("/v1/customers/{id}/timeline", web::get().to(timeline::<D>))
            .route("/v1/customers/{id}/summary", web::get().to(summary::<D>))
            .route("/v1/customers/{id}/interactions", web::post().to(log::<D>))
    };
    let http = &config.http;
    let server = HttpServer::new(app)
        .workers(workers(config))
        .keep_alive(Duration::from_secs(http.keep_alive_seconds))
        .client_request_timeout(Duration::from_secs(http.request_timeout_seconds))
        .bind((http.host.as_str(), http.port))?;
    Ok(server.run().await?)
}

/// Serves the same small answer to everything.
pub async fn serve_fixed(config: &Config) -> Result<()> {
    let app = || App::new().default_service(web::to(|| async { HttpResponse::Ok().json("x".repeat(1_000)) }));
    let http = &config.http;
    let server = HttpServer::new(app).workers(workers(config)).bind((http.host.as_str(), http.port))?;
    Ok(server.run().await?)
}

fn workers(config: &Config) -> usize {
    match config.http.workers {
        0 => std::thread::available_parallelism().map_or(2, |cores| cores.get()),
        workers => workers,
    }
}

/// What went wrong, as 500.
pub fn failed(error: impl Display) -> actix_web::Error {
    ErrorInternalServerError(error.to_string())
}

async fn customer<D: Driver>(driver: web::Data<D>, id: web::Path<Uuid>) -> Reply {
    let rows =
        driver.rows::<customer::Model>(Sql::Customer.text(), vec![id.into_inner().into()]).await.map_err(failed)?;
    let row = rows.into_iter().next().ok_or_else(|| ErrorNotFound("no such customer"))?;
    Ok(HttpResponse::Ok().json(Customer::from(row)))
}

/// The parameters the load tool sends.
#[derive(Deserialize)]
struct Search {
    q: Option<String>,
}

async fn customers<D: Driver>(driver: web::Data<D>, search: web::Query<Search>) -> Reply {
    let (sql, values) = match &search.q {
        None => (Sql::Customers, Vec::new()),
        Some(q) if D::SQLITE => (Sql::Search, ranges(q)),
        Some(q) => (Sql::SearchOfArray, ranges(q)),
    };
    let rows = driver.rows::<customer::Model>(sql.text(), values).await.map_err(failed)?;
    Ok(page::<CustomerPage>(rows.into_iter().map(Customer::from).collect()))
}

/// Two words as ranges of their beginnings. Where one begins the other ("Wolf Wol") there is only one: it stands twice.
fn ranges(q: &str) -> Vec<Value> {
    let words = search::query_words(q);
    let range = |word: &String| [word.clone(), format!("{word}{}", char::MAX)];
    words.iter().cycle().take(2).flat_map(range).map(Value::from).collect()
}

/// A page of a timeline begins behind this event.
#[derive(Deserialize)]
struct Behind {
    occurred_at: Option<i64>,
    sequence: Option<i64>,
}

async fn timeline<D: Driver>(driver: web::Data<D>, id: web::Path<Uuid>, behind: web::Query<Behind>) -> Reply {
    let id = id.into_inner();
    let (sql, values) = match (behind.occurred_at, behind.sequence) {
        (Some(occurred_at), Some(sequence)) => (Sql::Older, vec![id.into(), occurred_at.into(), sequence.into()]),
        _ => (Sql::Newest, vec![id.into()]),
    };
    let rows = driver.rows::<timeline_event::Model>(sql.text(), values).await.map_err(failed)?;
    if rows.is_empty() && driver.rows::<There>(Sql::Customer.text(), vec![id.into()]).await.map_err(failed)?.is_empty()
    {
        return Err(ErrorNotFound("no such customer"));
    }
    let events = rows.into_iter().map(|row| TimelineEvent::new(row, None, Language::En));
    Ok(page::<TimelinePage>(events.collect()))
}

fn page<P: PageOf + Serialize>(mut items: Vec<P::Item>) -> HttpResponse {
    let next = (items.len() > PAGE).then(|| "A".repeat(CURSOR_LENGTH));
    items.truncate(PAGE);
    HttpResponse::Ok().json(P::page(items, next, None, None))
}

async fn log<D: Driver>(driver: web::Data<D>, id: web::Path<Uuid>, input: web::Json<CreateInteraction>) -> Reply {
    let entry = entry(id.into_inner(), input.into_inner()).map_err(failed)?;
    let interaction = Interaction::from(entry.interaction.clone());
    driver.log(entry).await.map_err(failed)?;
    let location = interaction.location();
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).json(interaction))
}

fn entry(customer_id: Uuid, input: CreateInteraction) -> Result<NewEntry> {
    let clock = Clock::system();
    let now = clock.now();
    let actor = ActorReference::system();
    let actor_json = serde_json::to_string(&actor)?;
    let word = |value: serde_json::Value| value.as_str().map(str::to_owned);
    let interaction = interaction::Model {
        id: clock.new_id(),
        customer_id,
        kind: input.kind.as_str().to_owned(),
        direction: input.direction.map(|direction| direction.as_str().to_owned()),
        channel: input.channel,
        initiative: word(serde_json::to_value(input.initiative)?),
        subject: input.subject,
        body: input.body,
        occurred_at: now,
        ended_at: None,
        outcome: input.outcome,
        thread_id: None,
        participants: serde_json::to_string(&input.participants)?,
        external_ids: "[]".to_owned(),
        custom_fields: None,
        source_system: "api".to_owned(),
        source_reference: None,
        owner_id: None,
        event_id: clock.new_id(),
        version: 1,
        created_at: now,
        created_by: actor_json.clone(),
        updated_at: now,
        updated_by: actor_json,
        archived_at: None,
    };
    let subject = interaction.subject.clone().unwrap_or_default();
    let payload = serde_json::json!({
        "duration_seconds": null, "initiative": interaction.initiative, "outcome": interaction.outcome,
        "participants": input.participants, "thread_id": null, "version": 1,
    });
    let mut event = timeline_event::Model {
        root_id: customer_id,
        occurred_at: now,
        sequence: 0,
        id: interaction.event_id,
        position: 0,
        root_type: "customer".to_owned(),
        kind: format!("{}.logged", interaction.kind),
        category: Category::Communication.as_str().to_owned(),
        recorded_at: now,
        actor_type: actor.kind.as_str().to_owned(),
        actor_id: actor.id,
        actor_name: actor.display_name,
        source_system: "api".to_owned(),
        source_reference: None,
        request_id: Some(clock.new_id().to_string()),
        direction: interaction.direction.clone(),
        channel: interaction.channel.clone(),
        title_en: format!("Inbound call: {subject}"),
        title_de: format!("Anruf eingehend: {subject}"),
        summary: interaction.body.clone(),
        amount: None,
        currency: None,
        payload: payload.to_string(),
        subject_type: "interaction".to_owned(),
        subject_id: interaction.id,
        supersedes: None,
        state: None,
        search_text: String::new(),
        salt: rand::random::<[u8; 32]>().to_vec(),
        content_digest: Vec::new(),
        previous_hash: Vec::new(),
        hash: Vec::new(),
    };
    event.search_text = chain::search_text(&event);
    Ok(NewEntry { customer_id, interaction, event })
}
