//! Who is known but may not do what they asked for: noted, because auditors look for those who try.

use actix_web::{HttpMessage, HttpRequest, web};
use serde_json::Value;

use super::can::Caller;
use super::request::RequestFacts;
use super::state::State;
use crate::domain::actor::Actor;
use crate::domain::client::Client;
use crate::error::{Code, Error};
use crate::history::context::Context;
use crate::history::security::{self, SecurityEntry};

/// Notes a 403; every other failure is none of its business. The refusal stands even if it cannot be noted.
pub async fn note(request: &HttpRequest, facts: &RequestFacts, error: &Error) {
    if error.code() != Code::InsufficientScope {
        return;
    }
    let Some(cx) = context(request, facts) else { return };
    let scope = error.members().get("scope").and_then(Value::as_str).unwrap_or_default();
    let route = request.match_pattern().unwrap_or_default();
    let client = Client::new(facts.address, None);
    let entry = SecurityEntry::access_refused(scope, request.method().as_str(), &route, &client);
    if let Err(error) = security::note(&cx, entry).await {
        tracing::warn!(%error, request_id = %facts.id, "a refused access could not be noted");
    }
}

fn context(request: &HttpRequest, facts: &RequestFacts) -> Option<Context> {
    let Some(Caller::Known(actor)) = request.extensions().get::<Caller>().cloned() else { return None };
    let state = request.app_data::<web::Data<State>>()?;
    Some(Context {
        store: state.store.clone(),
        clock: state.clock.clone(),
        service_levels: state.service_levels.clone(),
        actor: Actor::clone(&actor),
        language: facts.language,
        request_id: Some(facts.id.clone()),
        idempotency: None,
    })
}
