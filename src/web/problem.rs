//! Problem documents (RFC 9457): the one form of every failure.

use actix_cors::CorsError;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::request::RequestFacts;
use crate::domain::fault::FaultCode;
use crate::domain::language::Language;
use crate::error::{Code, EXISTING_ID, Error, FieldError, Location};

/// Media type of problem documents.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Faults named in one answer.
const ERRORS_MAX: usize = 1000;
/// Characters of a place and of a sentence.
const PLACE_MAX: usize = 2000;
const DETAIL_MAX: usize = 4000;
/// Bytes of an address.
const INSTANCE_MAX: usize = 33_000;

/// A failure (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Address of a page that explains this kind of problem.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference", max_length = 200, example = "/problems/validation_failed")]
    kind: String,
    /// Short summary, in the language of the answer.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "Invalid input")]
    title: String,
    /// HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 422)]
    status: i32,
    /// What happened this time, in the language of the answer.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "1 field is invalid.")]
    detail: String,
    /// The address that was asked.
    #[schema(format = "uri-reference", max_length = 33_000, example = "/v1/customers")]
    instance: String,
    /// Stable code for programs.
    #[schema(max_length = 60, pattern = "^[a-z_]+$", example = "validation_failed")]
    code: String,
    /// Name this id when asking for help: the log knows it.
    #[schema(max_length = 64, pattern = "^[A-Za-z0-9._-]+$", example = "019a0000-0000-7000-8000-000000000001")]
    request_id: String,
    /// Every fault of the input, each with its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000, required = false)]
    errors: Vec<ProblemError>,
    /// The record that is in the way, if the caller may see it: the one that has the value already
    /// (`already_exists`), that is there (`record_exists`), or that is archived (`archived`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Uuid, nullable = false, required = false)]
    existing_id: Option<Value>,
    #[serde(flatten)]
    #[schema(ignore)]
    members: Map<String, Value>,
}

/// One fault of the input. Exactly one of `pointer`, `parameter` and `header` says where it lies.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemError {
    /// JSON Pointer into the body (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", nullable = false, example = "/company/vat_id")]
    pointer: Option<String>,
    /// Name of a query or path parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", nullable = false)]
    parameter: Option<String>,
    /// Name of a header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, pattern = r"^[^\x00]*$", nullable = false)]
    header: Option<String>,
    /// Stable code for programs.
    #[schema(max_length = 60, pattern = "^[a-z_]+$", example = "check_digit")]
    code: String,
    /// What is wrong, in the language of the answer.
    #[schema(
        max_length = 4000,
        pattern = r"^[^\x00]*$",
        example = "DE136695977 is not a valid VAT id: its check digit is wrong."
    )]
    detail: String,
    /// Facts for programs, such as the limit that was passed.
    #[schema(value_type = crate::schemas::Facts)]
    params: Map<String, Value>,
}

impl Problem {
    /// The document for an error, as one caller is told it.
    pub fn new(error: &Error, language: Language, instance: &str, request_id: &str) -> Self {
        let code = error.code();
        let mut members = error.members().clone();
        if let (Code::Unauthenticated, Some(reason)) = (code, error.reason()) {
            members.insert("reason".to_owned(), reason.in_language(language).into());
        }
        Self {
            kind: format!("/problems/{}", code.as_str()),
            title: code.title(language).to_owned(),
            status: code.status().into(),
            detail: error.detail(language),
            instance: whole_letters(instance, INSTANCE_MAX).to_owned(),
            code: code.as_str().to_owned(),
            request_id: request_id.to_owned(),
            errors: error.faults().iter().take(ERRORS_MAX).map(|fault| ProblemError::new(fault, language)).collect(),
            existing_id: members.remove(EXISTING_ID),
            members,
        }
    }
}

impl ProblemError {
    fn new(error: &FieldError, language: Language) -> Self {
        let (mut pointer, mut parameter, mut header) = (None, None, None);
        match &error.location {
            Location::Pointer(place) => pointer = Some(shown(place, PLACE_MAX)),
            Location::Parameter(name) => parameter = Some(shown(name, PLACE_MAX)),
            Location::Header(name) => header = Some(name.clone()),
        }
        Self {
            pointer,
            parameter,
            header,
            code: error.fault.code.as_str().to_owned(),
            detail: shown(&error.fault.detail(language), DETAIL_MAX),
            params: error
                .fault
                .params
                .iter()
                .map(|(name, value)| ((*name).to_owned(), shown(value, DETAIL_MAX).into()))
                .collect(),
        }
    }
}

/// What the caller sent, as it can be shown: no longer than documented, and without NUL, which many clients cannot
/// keep in a text.
fn shown(text: &str, max: usize) -> String {
    text.chars().take(max).map(|letter| if letter == '\0' { char::REPLACEMENT_CHARACTER } else { letter }).collect()
}

/// The beginning of an address, which is ASCII; no percent-encoded letter is cut in two.
fn whole_letters(address: &str, max: usize) -> &str {
    let Some(beginning) = address.get(..max) else { return address };
    match beginning.rfind('%') {
        Some(place) if place + 3 > max => &beginning[..place],
        _ => beginning,
    }
}

/// Renders an error for one request.
pub fn render(error: &Error, facts: &RequestFacts, instance: &str) -> HttpResponse {
    let problem = Problem::new(error, facts.language, instance, &facts.id);
    let mut response = HttpResponse::build(status(error.code()));
    response
        .insert_header((header::CONTENT_TYPE, MEDIA_TYPE))
        .insert_header((header::CONTENT_LANGUAGE, facts.language.tag()))
        .insert_header((header::CACHE_CONTROL, "no-store"));
    if let Some(seconds) = error.retry_after_seconds() {
        response.insert_header((header::RETRY_AFTER, seconds));
    }
    if let (Code::RangeNotSatisfiable, Some(size)) = (error.code(), error.members().get("size_bytes")) {
        response.insert_header((header::CONTENT_RANGE, format!("bytes */{size}")));
    }
    if let Some(challenge) = challenge(error) {
        response.insert_header((header::WWW_AUTHENTICATE, challenge));
    }
    // A document of strings and numbers always serialises; an empty body would still carry the status.
    response.body(serde_json::to_vec(&problem).unwrap_or_default())
}

/// A refusal that was told before, in its language and under the name of the present request.
pub fn render_again(status: StatusCode, body: &[u8], request_id: Option<&str>) -> HttpResponse {
    let mut problem: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    let title = problem.get("title").and_then(Value::as_str).unwrap_or_default();
    let is_german = Code::ALL.iter().any(|code| code.title(Language::De) == title);
    let language = if is_german { Language::De } else { Language::En };
    problem.insert("request_id".to_owned(), request_id.into());
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, MEDIA_TYPE))
        .insert_header((header::CONTENT_LANGUAGE, language.tag()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(serde_json::to_vec(&problem).unwrap_or_default())
}

/// RFC 6750, section 3.
fn challenge(error: &Error) -> Option<HeaderValue> {
    match error.code() {
        Code::Unauthenticated if error.reason().is_some() => {
            Some(HeaderValue::from_static(r#"Bearer realm="kundenhistorie", error="invalid_token""#))
        }
        Code::Unauthenticated | Code::InvalidCredentials | Code::InvalidRefreshToken => {
            Some(HeaderValue::from_static(r#"Bearer realm="kundenhistorie""#))
        }
        Code::InsufficientScope => {
            let scope = error.members().get("scope").and_then(Value::as_str).unwrap_or_default();
            HeaderValue::from_str(&format!(
                r#"Bearer realm="kundenhistorie", error="insufficient_scope", scope="{scope}""#
            ))
            .ok()
        }
        _ => None,
    }
}

fn status(code: Code) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// What a failure of the framework means in our terms.
pub fn from_status(status: StatusCode) -> Error {
    Error::new(match status.as_u16() {
        401 => Code::Unauthenticated,
        404 => Code::UnknownRoute,
        405 => Code::MethodNotAllowed,
        // Only compression refuses so: whoever forbids all we have, and the plain form too.
        406 => return Error::new(Code::NotAcceptable).with("available", "Content-Encoding identity, gzip, zstd"),
        408 => Code::RequestTimeout,
        413 => Code::PayloadTooLarge,
        414 => Code::UriTooLong,
        415 => Code::UnsupportedMediaType,
        431 => Code::HeadersTooLarge,
        400..=499 => Code::InvalidRequest,
        503 => Code::Overloaded,
        _ => Code::Internal,
    })
}

/// What the refusal of a browser's question (CORS preflight) means in our terms. Who or what is allowed stays unsaid.
pub fn from_cors(error: &CorsError) -> Error {
    let header = match error {
        CorsError::MethodNotAllowed | CorsError::MissingRequestMethod | CorsError::BadRequestMethod => {
            "Access-Control-Request-Method"
        }
        CorsError::HeadersNotAllowed | CorsError::BadRequestHeaders => "Access-Control-Request-Headers",
        _ => "Origin",
    };
    Error::new(Code::CrossOriginRefused).with_faults(vec![FieldError::at_header(header, FaultCode::NotAllowed)])
}

/// Errors leave the handlers as they are; the document is written where request id and language are
/// known ([`super::around`]).
impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        status(self.code())
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        HttpResponse::new(self.status_code())
    }
}
