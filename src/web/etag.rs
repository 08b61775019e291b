//! Entity tags and preconditions (RFC 9110, section 13).
//!
//! A record's tag is its version; where a record also shows values that follow from other records,
//! a dot and the count of those follow: `"7"`, `"7.3"`. Writers compare the version alone: a call
//! logged meanwhile is no conflict with a change of the address.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use std::future::{Ready, ready};

use crate::domain::fault::{Fault, FaultCode};
use crate::domain::version::{Expected, Preconditions};
use crate::error::{Code, Error, Result};

/// A tag as it stands in a header.
pub fn quoted(tag: &str) -> String {
    format!("\"{tag}\"")
}

/// Whether `If-None-Match` names this tag; weak comparison.
pub fn is_known(request: &HttpRequest, tag: &str) -> bool {
    let Some(header) = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let tag = quoted(tag);
    header.split(',').map(str::trim).any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// The version a writer read, from `If-Match`. Without it: 428.
pub struct IfMatch(pub Expected);

impl FromRequest for IfMatch {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let expected = expected(request).and_then(|it| it.ok_or_else(|| Error::new(Code::PreconditionRequired)));
        ready(expected.map(Self))
    }
}

/// As [`IfMatch`], where a writer may do without.
pub struct OptionalIfMatch(pub Option<Expected>);

impl FromRequest for OptionalIfMatch {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Ok(Self(expected_if_any(request))))
    }
}

/// `If-Match` and `If-None-Match` of a write to an address that may hold a record or not.
pub struct Conditions(pub Preconditions);

impl FromRequest for Conditions {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Ok(Self(Preconditions { expected: expected_if_any(request), excluded: excluded(request) })))
    }
}

/// The versions `If-None-Match` names; weak comparison. What is no entity tag excludes every version: a condition nobody
/// can read must not let a record be overwritten.
fn excluded(request: &HttpRequest) -> Option<Expected> {
    let text = request.headers().get(header::IF_NONE_MATCH)?.to_str().unwrap_or("*").trim();
    let tags = opaque_tags(text).unwrap_or_default();
    Some(if tags.is_empty() { Expected::Any } else { Expected::OneOf(tags.iter().map(Tag::version).collect()) })
}

/// What `If-Match` says where it may be left out. What is no entity tag names no version we gave: the write is refused as
/// stale (412), never made unchecked.
fn expected_if_any(request: &HttpRequest) -> Option<Expected> {
    expected(request).unwrap_or(Some(Expected::OneOf(Vec::new())))
}

fn expected(request: &HttpRequest) -> Result<Option<Expected>> {
    let Some(header) = request.headers().get(header::IF_MATCH) else { return Ok(None) };
    let refused =
        || Error::bad_header("If-Match", Fault::new(FaultCode::Pattern).with("pattern", "\"<version>\" or *"));
    let text = header.to_str().map_err(|_| refused())?.trim();
    if text == "*" {
        return Ok(Some(Expected::Any));
    }
    let tags = opaque_tags(text).ok_or_else(refused)?;
    // Weak ones may be sent and match nothing (RFC 9110, section 13.1.1).
    Ok(Some(Expected::OneOf(tags.iter().filter(|tag| !tag.is_weak).map(Tag::version).collect())))
}

/// An entity tag somebody sent.
struct Tag<'a> {
    is_weak: bool,
    opaque: &'a str,
}

impl Tag<'_> {
    /// The version it names. A tag we never gave names none: versions begin with 1.
    fn version(&self) -> i64 {
        self.opaque.split('.').next().and_then(|version| version.parse().ok()).unwrap_or(0)
    }
}

/// A list of tags; nothing if it is none. A tag may itself hold a comma.
fn opaque_tags(text: &str) -> Option<Vec<Tag<'_>>> {
    let mut tags = Vec::new();
    let mut rest = text;
    loop {
        let (is_weak, tag) = match rest.trim_start().strip_prefix("W/") {
            Some(tag) => (true, tag),
            None => (false, rest.trim_start()),
        };
        let (opaque, behind) = tag.strip_prefix('"')?.split_once('"')?;
        if !opaque.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        tags.push(Tag { is_weak, opaque });
        rest = match behind.trim_start() {
            "" => return Some(tags),
            behind => behind.strip_prefix(',')?,
        };
    }
}

/// `If-Match`, for the document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header, names("If-Match"))]
pub struct IfMatchHeader(
    /// The ETag that was read, or `*` to overwrite knowingly.
    #[param(max_length = 200, pattern = r#"^(\*|(W/)?"[!#-~]*"(, *(W/)?"[!#-~]*")*)$"#, example = "*")]
    #[expect(dead_code, reason = "only its description is used")]
    String,
);

/// An `If-Match` a writer may do without, for the document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header, names("If-Match"))]
pub struct OptionalIfMatchHeader(
    /// The ETag that was read: refused if the record has changed since. Without it the write is made in any case.
    #[param(required = false, max_length = 200, pattern = "^[ -~]*$", example = "*")]
    #[expect(dead_code, reason = "only its description is used")]
    String,
);

/// `If-None-Match` of a write, for the document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header, names("If-None-Match"))]
pub struct IfNoneMatchHeader(
    /// `*`: only a new record is made; one that is there is left alone. An ETag: one that is of this version is left alone.
    #[param(required = false, max_length = 200, pattern = "^[ -~]*$", example = "\"0\"")]
    #[expect(dead_code, reason = "only its description is used")]
    String,
);
