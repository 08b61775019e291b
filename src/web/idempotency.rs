//! `Idempotency-Key`: a POST or PATCH that is safe to repeat.
//!
//! The record of a successful answer is written by the Change itself, in its transaction. Here the key
//! is read, an earlier answer replayed, and a refusal remembered.

use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::ServiceRequest;
use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpMessage, HttpResponse};
use ring::hmac;

use super::request::RequestFacts;
use super::state::State;
use super::{openapi, problem, valid};
use crate::domain::actor::Actor;
use crate::domain::fault::{Fault, FaultCode};
use crate::error::{Code, Error, Result};
use crate::history::context::{Context, IdempotencyKey};
use crate::history::idempotency;
use crate::history::outcome::Outcome;

/// Name of the header.
pub const HEADER: &str = "idempotency-key";
/// Tells that an answer was given before.
pub const REPLAYED: &str = "idempotent-replayed";
const LENGTH_MAX: usize = 255;

/// The key of a request, for the Change it leads to.
#[derive(Clone)]
pub struct RequestKey(pub IdempotencyKey);

/// Whether the request may carry a key: not if nothing is there to be repeated. The method that an address does not
/// know and the missing precondition are told as such, whatever the key was used for before.
fn is_repeatable(request: &ServiceRequest) -> bool {
    let method = request.method();
    let lacks_precondition = || !request.headers().contains_key(header::IF_MATCH);
    matches!(*method, Method::POST | Method::PATCH)
        && openapi::address(request.request()).is_some_and(|address| {
            address.methods.contains(method) && !(address.conditional.contains(method) && lacks_precondition())
        })
}

/// Reads the key, if this request may carry one. The body is read here for its fingerprint and put back.
pub async fn read_key(request: &mut ServiceRequest, state: &State) -> Result<Option<IdempotencyKey>> {
    let Some(header) = request.headers().get(HEADER) else { return Ok(None) };
    if !is_repeatable(request) {
        return Ok(None);
    }
    let key = header.to_str().unwrap_or_default().to_owned();
    let printable = key.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
    if key.is_empty() || key.len() > LENGTH_MAX || !printable {
        let fault = Fault::new(FaultCode::Pattern).with("pattern", "1 to 255 printable ASCII characters");
        return Err(Error::bad_header("Idempotency-Key", fault));
    }
    let (http_request, payload) = request.parts_mut();
    let bytes = valid::receive(http_request, payload).await?;
    let fingerprint = state.fingerprints.of(request, &bytes);
    request.set_payload(bytes.into());
    // It was unpacked on the way.
    request.headers_mut().remove(header::CONTENT_ENCODING);
    Ok(Some(IdempotencyKey { key, fingerprint }))
}

/// Tells requests apart without keeping them: HMAC-SHA-256 (RFC 2104), because a body may hold a password, which a plain
/// digest would let anybody guess who has the database.
pub struct Fingerprints(hmac::Key);

impl Fingerprints {
    /// With a secret that all instances share.
    pub fn new(secret: [u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &secret))
    }

    fn of(&self, request: &ServiceRequest, body: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        let if_match = request.headers().get(header::IF_MATCH).map_or(&b""[..], |tag| tag.as_bytes());
        for part in [request.method().as_str().as_bytes(), request.uri().to_string().as_bytes(), if_match] {
            context.update(part);
            context.update(&[0]);
        }
        context.update(body);
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(context.sign().as_ref());
        fingerprint
    }
}

/// What is needed to look up and remember answers outside of a handler.
pub fn context(state: &State, facts: &RequestFacts, actor: &Actor, key: IdempotencyKey) -> Context {
    Context {
        store: state.store.clone(),
        clock: state.clock.clone(),
        service_levels: state.service_levels.clone(),
        actor: actor.clone(),
        language: facts.language,
        request_id: Some(facts.id.clone()),
        idempotency: Some(key),
    }
}

/// The answer given before, as a response.
pub async fn replay(cx: &Context) -> Result<Option<HttpResponse>> {
    let Some(key) = &cx.idempotency else { return Ok(None) };
    let found = idempotency::find(cx, cx.actor.id(), key).await?;
    Ok(found.map(|outcome| {
        let mut response = respond(outcome, cx.request_id.as_deref());
        response
            .headers_mut()
            .insert(header::HeaderName::from_static(REPLAYED), header::HeaderValue::from_static("true"));
        response
    }))
}

fn respond(outcome: Outcome<()>, request_id: Option<&str>) -> HttpResponse {
    let status = StatusCode::from_u16(outcome.status).unwrap_or(StatusCode::OK);
    if outcome.content_type == problem::MEDIA_TYPE {
        return problem::render_again(status, &outcome.body, request_id);
    }
    let mut response = HttpResponse::build(status);
    if let Some(location) = outcome.location {
        response.insert_header((header::LOCATION, location));
    }
    if let Some(tag) = outcome.etag {
        response.insert_header((header::ETAG, super::etag::quoted(&tag)));
    }
    if outcome.body.is_empty() {
        return response.finish();
    }
    response.insert_header((header::CONTENT_TYPE, outcome.content_type)).body(outcome.body)
}

/// Whether a refusal is kept: what a repetition may get past (signing in, waiting, a collision with another change, our
/// own failures) is not, nor is what says that the answer is still being made.
pub fn is_kept(status: StatusCode, code: Option<Code>) -> bool {
    let passing = matches!(status.as_u16(), 401 | 408 | 429) || code == Some(Code::Conflict);
    let about_the_key = matches!(code, Some(Code::IdempotencyInProgress | Code::IdempotencyKeyReused));
    status.is_client_error() && !passing && !about_the_key
}

/// Remembers a refusal and gives the response back whole. If another request with the same key was faster, its
/// answer is the answer; as long as that one is not on disk, [`Code::IdempotencyInProgress`].
pub async fn remember(cx: &Context, response: HttpResponse<BoxBody>) -> Result<HttpResponse<BoxBody>> {
    let (response, body) = response.into_parts();
    let body = match body.try_into_bytes() {
        Ok(bytes) => bytes,
        Err(body) => to_bytes(body).await.unwrap_or_default(),
    };
    let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let refusal = Outcome::refused(response.status().as_u16(), content_type.unwrap_or_default(), body.to_vec());
    match idempotency::remember(cx, refusal).await {
        Ok(()) => {}
        Err(error) if error.code() == Code::IdempotencyInProgress => return replay(cx).await?.ok_or(error),
        Err(error) => tracing::warn!(%error, "a refusal could not be remembered"),
    }
    Ok(response.set_body(BoxBody::new(body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_repetition_may_get_past_is_not_kept() {
        let kept = |code: Code| is_kept(StatusCode::from_u16(code.status()).expect("a status"), Some(code));
        assert!([Code::ValidationFailed, Code::AlreadyExists, Code::NotFound].into_iter().all(kept));
        assert!(![Code::Conflict, Code::IdempotencyInProgress, Code::Overloaded].into_iter().any(kept));
    }
}
