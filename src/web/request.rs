//! What is known of a request before anything else is done with it.

use std::net::IpAddr;

use actix_web::HttpMessage;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{self, HeaderMap};
use uuid::Uuid;

use super::state::State;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::language::Language;
use crate::error::{Error, Result};

/// Longest request id accepted from a caller.
const REQUEST_ID_MAX: usize = 64;

/// Longest `Accept-Language` that is read; browsers with many languages send a few hundred characters.
pub const ACCEPT_LANGUAGE_MAX: usize = 1_000;

/// Identity and circumstances of a request.
#[derive(Debug, Clone)]
pub struct RequestFacts {
    /// `X-Request-Id`, the caller's or our own.
    pub id: String,
    /// Trace id of W3C `traceparent`, if the caller continues a trace.
    pub trace_id: Option<String>,
    /// The language of the answer.
    pub language: Language,
    /// The caller's address: the peer's, or the one a trusted proxy tells.
    pub address: Option<IpAddr>,
}

impl RequestFacts {
    /// Reads them.
    pub fn of(request: &ServiceRequest, state: &State) -> Self {
        let headers = request.headers();
        Self {
            id: request_id(headers).unwrap_or_else(|| state.clock.new_id().to_string()),
            trace_id: trace_id(headers),
            language: text(headers, header::ACCEPT_LANGUAGE.as_str())
                .map(Language::from_accept_language)
                .unwrap_or_default(),
            address: address(request, state),
        }
    }

    /// Refuses an `Accept-Language` that is longer or has other characters than the document allows.
    pub fn check_language(headers: &HeaderMap) -> Result<()> {
        let name = "Accept-Language";
        for value in headers.get_all(header::ACCEPT_LANGUAGE) {
            let text = value.to_str().map_err(|_| Error::bad_header(name, Fault::new(FaultCode::Pattern)))?;
            if text.len() > ACCEPT_LANGUAGE_MAX {
                let fault = Fault::new(FaultCode::TooLong).with("limit", ACCEPT_LANGUAGE_MAX.to_string());
                return Err(Error::bad_header(name, fault));
            }
        }
        Ok(())
    }

    /// The facts noted at the beginning of a request.
    pub fn from_extensions(message: &impl HttpMessage) -> Option<Self> {
        message.extensions().get::<Self>().cloned()
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = text(headers, "x-request-id")?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    ((1..=REQUEST_ID_MAX).contains(&id.len()) && id.bytes().all(allowed)).then(|| id.to_owned())
}

/// `00-<32 hex digits>-<16 hex digits>-<2 hex digits>` (W3C Trace Context, section 3.2).
fn trace_id(headers: &HeaderMap) -> Option<String> {
    let mut parts = text(headers, "traceparent")?.split('-');
    let (version, trace) = (parts.next()?, parts.next()?);
    let hexadecimal = trace.len() == 32 && trace.bytes().all(|byte| byte.is_ascii_hexdigit());
    (version.len() == 2 && hexadecimal && Uuid::try_parse(trace).is_ok_and(|id| !id.is_nil())).then(|| trace.to_owned())
}

/// Forwarded addresses are believed only if the peer is a configured proxy; then the last address that
/// is not itself a trusted proxy counts.
fn address(request: &ServiceRequest, state: &State) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let trusted = |address: IpAddr| state.config.http.trusted_proxies.iter().any(|network| network.contains(address));
    if !trusted(peer) {
        return Some(peer);
    }
    let forwarded = text(request.headers(), "x-forwarded-for").unwrap_or_default();
    let hops = forwarded.rsplit(',').map_while(|hop| hop.trim().parse().ok());
    Some(hops.into_iter().find(|hop| !trusted(*hop)).unwrap_or(peer))
}
