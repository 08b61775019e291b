//! What happens around every request: recognising it and its caller, limits, repetition, problem
//! documents, headers, metrics and one line in the log.

use std::sync::Arc;
use std::time::Instant;

use actix_cors::CorsError;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, web};

use super::can::Caller;
use super::idempotency::{self, RequestKey};
use super::limits::Principal;
use super::request::RequestFacts;
use super::state::State;
use super::{openapi, problem, refusals};
use crate::auth::rate_limit::{Decision, Policy};
use crate::domain::language::Phrase;
use crate::error::{Code, Error, Result};
use crate::history::context::Context;
use crate::telemetry::{self, RequestInFlight};

/// Addresses outside the limits: what watches the service must always see it.
const UNLIMITED: [&str; 3] = ["/health/live", "/health/ready", "/metrics"];

/// The one middleware of ours, together with [`told`].
pub async fn around<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<BoxBody>>, actix_web::Error> {
    let started = Instant::now();
    let _in_flight = RequestInFlight::begin();
    let state = request.app_data::<web::Data<State>>().cloned();
    let state = state.ok_or_else(|| Error::internal("no state"))?;
    let facts = RequestFacts::of(&request, &state);
    request.extensions_mut().insert(facts.clone());
    let method = request.method().clone();
    if method == Method::HEAD {
        // A HEAD is answered as the GET would be; the framework leaves out the body.
        request.head_mut().method = Method::GET;
    }
    let caller = caller(&request, &state);
    request.extensions_mut().insert(caller.clone());

    let decision = limit(&request, &state, &facts, &caller);
    let unreadable = || RequestFacts::check_language(request.headers()).err();
    let earlier = match refusal(&decision).or_else(|| too_long(&request)).or_else(unreadable) {
        Some(error) => Err(error),
        None => earlier(&mut request, &state, &facts, &caller).await,
    };
    let (told, kept) = match earlier {
        Ok((told, kept)) => (told, kept),
        Err(error) => (Some(problem_response(&error, &facts, request.path())), None),
    };
    if let Some(response) = told {
        request.extensions_mut().insert(Told(response));
    }
    let response = next.call(request).await?.map_into_boxed_body();
    let mut response = finish(response, &facts, kept).await;
    headers(&mut response, &facts, decision.as_ref());
    tell(&method, &response, &facts, started);
    Ok(response.map_into_right_body())
}

/// An answer that needs no handler.
struct Told(HttpResponse);

/// Gives the answer that needs no handler. Stands within CORS: pages may read refusals and repetitions, too.
pub async fn told<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<BoxBody, B>>, actix_web::Error> {
    let told = request.extensions_mut().remove::<Told>();
    match told {
        Some(Told(response)) => Ok(request.into_response(response).map_into_left_body()),
        None => Ok(next.call(request).await?.map_into_right_body()),
    }
}

/// The answer given before to a request that is repeated; else, what is needed to remember a refusal of it.
async fn earlier(
    request: &mut ServiceRequest,
    state: &State,
    facts: &RequestFacts,
    caller: &Caller,
) -> Result<(Option<HttpResponse>, Option<Context>)> {
    let Caller::Known(actor) = caller else { return Ok((None, None)) };
    let Some(key) = idempotency::read_key(request, state).await? else { return Ok((None, None)) };
    let cx = idempotency::context(state, facts, actor, key.clone());
    if let Some(response) = idempotency::replay(&cx).await? {
        return Ok((Some(response), None));
    }
    request.extensions_mut().insert(RequestKey(key));
    Ok((None, Some(cx)))
}

fn problem_response(error: &Error, facts: &RequestFacts, instance: &str) -> HttpResponse {
    note(error, facts);
    problem::render(error, facts, instance)
}

/// The cause of a failure of ours goes to the log, under the request's id.
fn note(error: &Error, facts: &RequestFacts) {
    if error.code().status() >= 500 {
        tracing::error!(request_id = %facts.id, code = error.code().as_str(), cause = %error, "request failed");
    } else if error.cause().is_some() {
        tracing::debug!(request_id = %facts.id, code = error.code().as_str(), cause = %error, "request refused");
    }
}

/// Turns every failure into a problem document, replays or remembers it where there is a key.
async fn finish(
    response: ServiceResponse<BoxBody>,
    facts: &RequestFacts,
    kept: Option<Context>,
) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let (request, response) = response.into_parts();
    let of_cors = cors_headers(&response);
    let own = response.error().and_then(|error| error.as_error::<Error>());
    let code = own.map(Error::code);
    if let Some(error) = own {
        refusals::note(&request, facts, error).await;
    }
    let is_problem = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == problem::MEDIA_TYPE);
    let mut rendered = match own {
        Some(error) => problem_response(error, facts, request.path()),
        None if is_problem => response,
        None => {
            let cors = response.error().and_then(|error| error.as_error::<CorsError>());
            let error = cors.map_or_else(|| problem::from_status(status), problem::from_cors);
            let mut rendered = problem_response(&error, facts, request.path());
            if let Some(allow) = response.headers().get(header::ALLOW) {
                rendered.headers_mut().insert(header::ALLOW, allow.clone());
            }
            rendered
        }
    };
    if let Some(cx) = kept {
        match idempotency::replay(&cx).await {
            // Another request with the same key was faster: its answer is the answer.
            Ok(Some(earlier)) => rendered = earlier,
            Ok(None) if idempotency::is_kept(status, code) => {
                rendered = match idempotency::remember(&cx, rendered).await {
                    Ok(response) => response,
                    Err(error) => problem_response(&error, facts, request.path()),
                };
            }
            Ok(None) => {}
            // Whoever cannot look does not know either.
            Err(_) if code == Some(Code::OutcomeUnknown) => {}
            Err(error) => rendered = problem_response(&error, facts, request.path()),
        }
    }
    for (name, value) in of_cors {
        rendered.headers_mut().insert(name, value);
    }
    ServiceResponse::new(request, rendered)
}

/// What tells a browser that the page may read the answer.
fn cors_headers(response: &HttpResponse) -> Vec<(HeaderName, HeaderValue)> {
    let is_of_cors = |(name, _): &(&HeaderName, &HeaderValue)| name.as_str().starts_with("access-control-");
    let headers = response.headers().iter().filter(is_of_cors);
    headers.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Why a caller is nobody we know.
const NO_BEARER: Phrase = Phrase { en: "a bearer token is expected", de: "ein Bearer-Token wird erwartet" };

/// Recognises the caller by the bearer token (RFC 6750).
fn caller(request: &ServiceRequest, state: &State) -> Caller {
    let Some(header) = request.headers().get(header::AUTHORIZATION) else { return Caller::Nobody };
    let token = header.to_str().ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let Some(token) = token else { return Caller::Refused(NO_BEARER) };
    match state.authority.recognise(token, state.clock.now()) {
        Ok(actor) => Caller::Known(Arc::new(actor)),
        Err(reason) => Caller::Refused(reason),
    }
}

fn limit(request: &ServiceRequest, state: &State, facts: &RequestFacts, caller: &Caller) -> Option<(Decision, Policy)> {
    // As it is routed: "%6Cogin" is the same.
    let path = request.match_info().as_str();
    if UNLIMITED.contains(&path) {
        return None;
    }
    state.rate_limits.check(match caller {
        _ if path == "/v1/auth/login" => Principal::Login(facts.address),
        Caller::Known(actor) => Principal::User(actor.id()),
        _ => Principal::Address(facts.address),
    })
}

fn refusal(decision: &Option<(Decision, Policy)>) -> Option<Error> {
    let seconds = decision.as_ref()?.0.retry_after?;
    Some(Error::new(Code::RateLimited).retry_after(seconds))
}

/// What no list with all its filters needs; RFC 9110, section 4.1, asks for 8,000 bytes at least.
const ADDRESS_MAX: usize = 32_768;

fn too_long(request: &ServiceRequest) -> Option<Error> {
    let length = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
    (length > ADDRESS_MAX).then(|| Error::new(Code::UriTooLong))
}

/// Whether what is read there speaks to people: the sentences of timelines do.
pub fn is_translated(path: &str) -> bool {
    path.split('/').any(|part| part == "timeline")
}

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

fn headers(response: &mut ServiceResponse<BoxBody>, facts: &RequestFacts, decision: Option<&(Decision, Policy)>) {
    let translated = response.status().is_success() && is_translated(response.request().path());
    let headers = response.headers_mut();
    if translated && !headers.contains_key(idempotency::REPLAYED) {
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(facts.language.tag()));
    }
    if let Ok(id) = HeaderValue::from_str(&facts.id) {
        headers.insert(X_REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    headers.insert(header::VARY, HeaderValue::from_static("Authorization, Accept-Language, Accept-Encoding, Origin"));
    if let Some((decision, policy)) = decision {
        for (name, value) in [(RATE_LIMIT_POLICY, policy.header()), (RATE_LIMIT, decision.header())] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
    }
}

fn tell(method: &Method, response: &ServiceResponse<BoxBody>, facts: &RequestFacts, started: Instant) {
    let elapsed = started.elapsed();
    let status = response.status();
    // Only the pattern of an address is ever counted or logged: paths carry ids, queries names.
    let route = openapi::route(response.request());
    let route = route.as_deref();
    telemetry::record_request(method.as_str(), route, status.as_u16(), elapsed);
    let milliseconds = elapsed.as_secs_f64() * 1_000.0;
    let trace_id = facts.trace_id.as_deref();
    if status.is_server_error() {
        tracing::warn!(%method, route, status = status.as_u16(), milliseconds, request_id = facts.id, trace_id, "request");
    } else {
        tracing::debug!(%method, route, status = status.as_u16(), milliseconds, request_id = facts.id, trace_id, "request");
    }
}

/// What is at no address, or does not know the method.
pub async fn otherwise(request: actix_web::HttpRequest) -> HttpResponse {
    // One that knows the method is only alike: "/problems/tickets" has the form of an address, and nothing is there.
    let is_meant = |address: &&openapi::Address| {
        !address.methods.contains(request.method()) || *request.method() == Method::OPTIONS
    };
    let Some(address) = openapi::address(&request).filter(is_meant) else {
        return HttpResponse::from_error(Error::new(Code::UnknownRoute));
    };
    let allow = address.methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let mut response = if *request.method() == Method::OPTIONS {
        HttpResponse::new(StatusCode::NO_CONTENT)
    } else {
        HttpResponse::new(StatusCode::METHOD_NOT_ALLOWED)
    };
    if let Ok(allow) = HeaderValue::from_str(&allow) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}
