//! Bodies and path parameters: an unvalidated one cannot reach a handler.

use std::future::{Future, Ready, ready};
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use super::state::State;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::language::{Phrase, Sentence};
use crate::error::{Code, Error, FieldError, Location, Result};
use crate::schemas::patch::Patch;
use crate::schemas::upsert::Upsert;
use crate::schemas::{Checked, ExternalId, exact_numbers, shape, strict_json};

/// A JSON body that fits its schema and its own rules.
pub struct Valid<T>(pub T);

/// A merge patch (RFC 7396) that may be sent as `application/merge-patch+json` or `application/json`.
pub struct ValidPatch<T>(pub Patch<T>);

type Extraction<T> = Pin<Box<dyn Future<Output = Result<T>>>>;

impl<T: ToSchema + DeserializeOwned + Checked + 'static> FromRequest for Valid<T> {
    type Error = Error;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = read(request, payload, &["application/json"]);
        Box::pin(async move {
            let value = body.await?;
            shape::of_body::<T>()?.must_fit(&value)?;
            let input: T = serde_json::from_value(value).map_err(|error| Error::unfitting("", error))?;
            input.check()?;
            Ok(Self(input))
        })
    }
}

impl<T: ToSchema + 'static> FromRequest for ValidPatch<T> {
    type Error = Error;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = read(request, payload, &["application/merge-patch+json", "application/json"]);
        Box::pin(async move { Patch::new(body.await?).map(Self) })
    }
}

/// A whole record sent to the address of its external id.
pub struct ValidUpsert<T>(pub Upsert<T>);

impl<T: ToSchema + DeserializeOwned + Checked + 'static> FromRequest for ValidUpsert<T> {
    type Error = Error;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let id = external_id(request);
        let body = read(request, payload, &["application/json"]);
        Box::pin(async move {
            let id = id?;
            Upsert::new(id, body.await?).map(Self)
        })
    }
}

/// Reads a JSON body.
fn read(
    request: &HttpRequest,
    payload: &mut Payload,
    accepted: &[&str],
) -> impl Future<Output = Result<Value>> + use<> {
    let media_type = media_type(request, accepted);
    let bytes = receive(request, payload);
    async move {
        media_type?;
        let bytes = bytes.await?;
        let value = strict_json::parse(&bytes)
            .map_err(|error| Error::new(Code::MalformedBody).because(strict_json::reason(&error)))?;
        let faults = exact_numbers::faults(&bytes);
        if faults.is_empty() { Ok(value) } else { Err(Error::invalid(faults)) }
    }
}

/// Takes in a whole body within size and time.
pub(super) fn receive(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<web::Bytes>> + use<> {
    let limits = request.app_data::<web::Data<State>>().map(|state| {
        (state.config.http.max_body_bytes, Duration::from_secs(state.config.http.request_timeout_seconds))
    });
    let bytes = web::Bytes::from_request(request, payload);
    async move {
        let (limit, patience) = limits.unwrap_or((1 << 20, Duration::from_secs(30)));
        let bytes = tokio::time::timeout(patience, bytes).await.map_err(|_| Error::new(Code::RequestTimeout))?;
        bytes.map_err(|error| unreadable(&error, limit))
    }
}

/// What went wrong while the body came in.
fn unreadable(error: &actix_web::Error, limit: usize) -> Error {
    match error.as_error::<PayloadError>() {
        Some(PayloadError::Overflow) => Error::new(Code::PayloadTooLarge).with("limit", limit.to_string()),
        _ => Error::new(Code::MalformedBody).because(Phrase { en: "it broke off", de: "er brach ab" }),
    }
}

fn media_type(request: &HttpRequest, accepted: &[&str]) -> Result<()> {
    let header = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = header.split(';').next().unwrap_or_default().trim();
    if accepted.iter().any(|known| known.eq_ignore_ascii_case(media_type)) {
        Ok(())
    } else {
        Err(Error::new(Code::UnsupportedMediaType)
            .because(Sentence { en: accepted.join(" or "), de: accepted.join(" oder ") }))
    }
}

/// The one path parameter that is no id.
const NUMBER: &str = "number";

/// Path parameters. What cannot be read is refused before any record is looked for.
pub struct Path<T>(pub T, PhantomData<()>);

impl<T: DeserializeOwned> FromRequest for Path<T> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let parameters = web::Path::<T>::from_request(request, payload).into_inner();
        let unreadable = || {
            let (name, value) = request
                .match_info()
                .iter()
                .find(|(name, value)| *name != NUMBER && value.parse::<uuid::Uuid>().is_err())
                .unwrap_or((NUMBER, ""));
            if name == NUMBER {
                return Error::bad_parameter(name, Fault::new(FaultCode::Type).with("expected", "integer"));
            }
            Error::bad_parameter(name, Fault::of_value(FaultCode::Uuid, value.chars().take(200).collect::<String>()))
        };
        ready(parameters.map(|it| Self(it.into_inner(), PhantomData)).map_err(|_| unreadable()))
    }
}

/// The external id an address ends with.
pub struct ByExternalId(pub ExternalId);

impl FromRequest for ByExternalId {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(external_id(request).map(Self))
    }
}

/// An external id as an address has it, whatever stands before it.
#[derive(serde::Deserialize)]
struct InAddress {
    system: String,
    external_id: String,
}

fn external_id(request: &HttpRequest) -> Result<ExternalId> {
    let parts = web::Path::<InAddress>::extract(request).into_inner();
    let InAddress { system, external_id: id } =
        parts.map_err(|error| Error::new(Code::InvalidRequest).caused_by(error.to_string()))?.into_inner();
    let id = ExternalId { system, id };
    let value = serde_json::to_value(&id).map_err(Error::internal)?;
    let faults = shape::of_body::<ExternalId>()?.faults(&value);
    if faults.is_empty() { Ok(id) } else { Err(Error::new(Code::InvalidRequest).with_faults(in_address(faults))) }
}

/// The members of an external id as the address calls them.
fn in_address(faults: Vec<FieldError>) -> Vec<FieldError> {
    let parameter = |location| match location {
        Location::Pointer(place) if place == "/system" => "system",
        _ => "external_id",
    };
    faults.into_iter().map(|it| FieldError::at_parameter(parameter(it.location), it.fault)).collect()
}

/// The parts of an address that names a customer and ends with an external id.
pub type CustomerAndExternalId = Path<(uuid::Uuid, String, String)>;

/// The external id in an address, for the document. The limits are those of [`ExternalId`].
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only its description is used")]
pub struct ExternalIdPath {
    /// The other system.
    #[param(min_length = 1, max_length = 60, pattern = "^[A-Za-z0-9._-]+$", example = "webshop")]
    system: String,
    /// The id over there, percent-encoded.
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$", example = "10023")]
    external_id: String,
}

/// The last part of an address that is a word and not an id.
pub struct Word(pub String);

impl FromRequest for Word {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let word = request.match_info().iter().last().map(|(_, value)| value.to_owned());
        ready(word.map(Self).ok_or_else(|| Error::new(Code::NotFound)))
    }
}
