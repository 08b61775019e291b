//! What operators, probes and explorers ask.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::language::Language;
use crate::error::{Code, Error, Result};
use crate::web::etag;
use crate::web::listing::{NoParameters, Query};
use crate::web::openapi;
use crate::web::reply::Read;
use crate::web::request::RequestFacts;
use crate::web::state::State;
use crate::web::valid::Word;

/// Whether the service works.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// It does.
    Ok,
}

/// The state of the service.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`; every other state is an error.
    status: HealthStatus,
}

/// Is the process alive?
///
/// Always answers while the process runs, whatever the database does.
#[utoipa::path(
    tag = "operations", operation_id = "get_liveness", security(()),
    responses((status = 200, description = "Alive", body = Health))
)]
#[get("/health/live")]
pub async fn live(_query: Query<NoParameters>) -> Read<Health> {
    Read::plain(Health { status: HealthStatus::Ok })
}

/// Can requests be served?
///
/// Asks the database; 503 while it does not answer.
#[utoipa::path(
    tag = "operations", operation_id = "get_readiness", security(()),
    responses((status = 200, description = "Ready", body = Health))
)]
#[get("/health/ready")]
pub async fn ready(state: web::Data<State>, _query: Query<NoParameters>) -> Result<Read<Health>> {
    let patience = std::time::Duration::from_secs(2);
    match tokio::time::timeout(patience, state.store.ping()).await {
        Ok(Ok(())) => Ok(Read::plain(Health { status: HealthStatus::Ok })),
        Ok(Err(error)) => Err(Error::new(Code::DatabaseUnavailable).retry_after(1).caused_by(error)),
        Err(_) => Err(Error::new(Code::DatabaseUnavailable).retry_after(1)),
    }
}

/// Metrics
///
/// In the text format of Prometheus.
#[utoipa::path(
    tag = "operations", operation_id = "get_metrics", security(()),
    responses((status = 200, description = "Metrics", body = String, content_type = "text/plain"))
)]
#[get("/metrics")]
pub async fn metrics(state: web::Data<State>, _query: Query<NoParameters>) -> Result<HttpResponse> {
    let measured = state.measured().ok_or_else(|| Error::new(Code::NotFound))?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4")).body(measured))
}

/// This document
///
/// OpenAPI 3.1, made from the routes themselves.
#[utoipa::path(
    tag = "operations", operation_id = "get_openapi", security(()),
    responses((status = 200, description = "The document", body = crate::schemas::Facts))
)]
#[get("/openapi.json")]
pub async fn document(request: HttpRequest, _query: Query<NoParameters>) -> Result<HttpResponse> {
    if etag::is_known(&request, openapi::etag()) {
        return Ok(HttpResponse::NotModified().insert_header((header::ETAG, etag::quoted(openapi::etag()))).finish());
    }
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::ETAG, etag::quoted(openapi::etag())))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(openapi::TEXT))
}

/// What a kind of problem means.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemKind {
    /// The stable code.
    #[schema(max_length = 60, pattern = "^[a-z_]+$", example = "validation_failed")]
    code: String,
    /// The HTTP status it comes with.
    #[schema(minimum = 400, maximum = 599, format = "int32", example = 422)]
    status: i32,
    /// Short summary, in the language asked for.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "Invalid input")]
    title: String,
    /// The sentence it comes with; words in braces are filled each time.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "{count} fields are invalid.")]
    detail: String,
}

/// Explain a kind of problem
///
/// Where the `type` of a problem document leads.
#[utoipa::path(
    tag = "operations", operation_id = "get_problem_kind", security(()),
    params(("code" = String, Path, description = "The stable code", max_length = 60, pattern = "^[a-z_]+$", example = "validation_failed")),
    responses((status = 200, description = "What it means", body = ProblemKind))
)]
#[get("/problems/{code}")]
pub async fn problem(request: HttpRequest, code: Word, _query: Query<NoParameters>) -> Result<Read<ProblemKind>> {
    let language = RequestFacts::from_extensions(&request).map_or(Language::En, |facts| facts.language);
    let found = Code::ALL.iter().find(|known| known.as_str() == code.0);
    let code = found.ok_or_else(|| Error::new(Code::NotFound))?;
    Ok(Read::plain(ProblemKind {
        code: code.as_str().to_owned(),
        status: code.status().into(),
        title: code.title(language).to_owned(),
        detail: code.template(language).to_owned(),
    }))
}

/// The entrance leads to Swagger UI.
#[get("/")]
pub async fn entrance() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, "/swagger-ui/")).finish()
}
