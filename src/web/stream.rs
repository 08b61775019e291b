//! Bodies that are streamed: the content of documents, in and out.

use std::future::{Ready, ready};
use std::ops::Range;
use std::pin::Pin;
use std::time::Duration;

use actix_web::body::SizedStream;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{self, Bytes};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt, stream};
use tokio::time::{Instant, timeout_at};

use super::etag;
use super::state::State;
use crate::domain::byte_range::{Selection, select};
use crate::domain::language::Phrase;
use crate::error::{Code, Error, Result};

/// The one media type of content on its way.
const OCTET_STREAM: &str = "application/octet-stream";

/// A body that is not held in memory: its chunks as they come in, within size and time.
pub struct Chunks(pub Pin<Box<dyn Stream<Item = Result<Bytes>>>>);

impl FromRequest for Chunks {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(chunks(request, payload).map(Self))
    }
}

fn chunks(request: &HttpRequest, payload: &mut Payload) -> Result<Pin<Box<dyn Stream<Item = Result<Bytes>>>>> {
    let state = request.app_data::<web::Data<State>>().ok_or_else(|| Error::internal("no state"))?;
    let text = |name: header::HeaderName| text(request.headers(), &name).unwrap_or_default().trim().to_owned();
    let media_type = text(header::CONTENT_TYPE);
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    let encoding = text(header::CONTENT_ENCODING);
    if !media_type.eq_ignore_ascii_case(OCTET_STREAM) || !matches!(encoding.as_str(), "" | "identity") {
        return Err(Error::new(Code::UnsupportedMediaType).because(Phrase {
            en: "application/octet-stream without Content-Encoding",
            de: "application/octet-stream ohne Content-Encoding",
        }));
    }
    let limit = state.contents.max_bytes();
    if text(header::CONTENT_LENGTH).parse::<u64>().is_ok_and(|length| length > limit) {
        return Err(Error::new(Code::PayloadTooLarge).with("limit", limit.to_string()));
    }
    let patience = Duration::from_secs(state.config.http.request_timeout_seconds);
    let end = Instant::now() + Duration::from_secs(state.config.documents.upload_timeout_seconds);
    let chunks = stream::unfold(Some(payload.take()), move |payload| async move {
        let mut payload = payload?;
        let deadline = end.min(Instant::now() + patience);
        match timeout_at(deadline, payload.next()).await {
            Ok(Some(Ok(chunk))) => Some((Ok(chunk), Some(payload))),
            Ok(Some(Err(_))) => {
                let broken = Phrase { en: "it broke off", de: "er brach ab" };
                Some((Err(Error::new(Code::MalformedBody).because(broken)), None))
            }
            Ok(None) => None,
            Err(_) => Some((Err(Error::new(Code::RequestTimeout)), None)),
        }
    });
    Ok(Box::pin(chunks))
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A file that can be downloaded, as far as its headers tell of it.
pub struct Download<'a> {
    /// How it is called.
    pub file_name: &'a str,
    /// How many bytes it has.
    pub size_bytes: u64,
    /// SHA-256 in hexadecimal digits: its entity tag.
    pub sha256: &'a str,
}

/// What a caller gets of a file.
pub enum Wanted {
    /// Nothing but to know that they have it already.
    Nothing(HttpResponse),
    /// These bytes, with this answer around them.
    Bytes(Range<u64>, actix_web::HttpResponseBuilder),
}

impl Download<'_> {
    /// What a request asks for of this file: all of it, a part, or whether it is still the same.
    ///
    /// It is always to be saved and never shown: no browser runs or renders what somebody has filed.
    ///
    /// # Errors
    /// 416 for a part that is not there.
    pub fn wanted(&self, request: &HttpRequest) -> Result<Wanted> {
        let tag = etag::quoted(self.sha256);
        if etag::is_known(request, self.sha256) {
            return Ok(Wanted::Nothing(HttpResponse::NotModified().insert_header((header::ETAG, tag)).finish()));
        }
        // A part of something else than what the caller has is of no use.
        let is_same = text(request.headers(), &header::IF_RANGE).is_none_or(|known| known == tag);
        let range = text(request.headers(), &header::RANGE).filter(|_| is_same);
        let mut response = HttpResponse::build(StatusCode::OK);
        let bytes = match range.map_or(Selection::Whole, |range| select(range, self.size_bytes)) {
            Selection::Whole => 0..self.size_bytes,
            Selection::Part(part) => {
                let (first, last) = (part.start, part.end - 1);
                response
                    .status(StatusCode::PARTIAL_CONTENT)
                    .insert_header((header::CONTENT_RANGE, format!("bytes {first}-{last}/{}", self.size_bytes)));
                part
            }
            Selection::NotThere => {
                let size = self.size_bytes;
                let error = Error::new(Code::RangeNotSatisfiable).with("size", size.to_string());
                return Err(error.with_member("size_bytes", size));
            }
        };
        response
            .insert_header((header::CONTENT_TYPE, OCTET_STREAM))
            .insert_header((header::CONTENT_DISPOSITION, disposition(self.file_name)))
            .insert_header((header::ETAG, tag))
            .insert_header((header::ACCEPT_RANGES, "bytes"))
            .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
            // Compressed, a part would be none of what the tag stands for.
            .insert_header((header::CONTENT_ENCODING, "identity"));
        if let Ok(digest) = hex::decode(self.sha256) {
            // RFC 9530: of the whole, whichever part is sent.
            response.insert_header(("Repr-Digest", format!("sha-256=:{}:", BASE64_STANDARD.encode(digest))));
        }
        Ok(Wanted::Bytes(bytes, response))
    }
}

/// The answer around some bytes, with them.
pub fn with_bytes(
    mut response: actix_web::HttpResponseBuilder,
    bytes: Range<u64>,
    stream: BoxStream<'static, Result<Bytes>>,
) -> HttpResponse {
    response.body(SizedStream::new(bytes.end - bytes.start, stream))
}

/// `Content-Disposition` (RFC 6266): to be saved under this name, told to old clients in ASCII and to others whole
/// (RFC 8187).
fn disposition(file_name: &str) -> String {
    let plain =
        |letter: char| if matches!(letter, ' '..='~') && !matches!(letter, '"' | '\\' | '%') { letter } else { '_' };
    let plain: String = file_name.chars().map(plain).collect();
    let mut whole = String::new();
    for byte in file_name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            whole.push(char::from(byte));
        } else {
            whole.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_reach_old_and_new_clients_unharmed() {
        for (name, expected) in [
            ("Angebot.pdf", "attachment; filename=\"Angebot.pdf\"; filename*=UTF-8''Angebot.pdf"),
            ("Öl 5%.pdf", "attachment; filename=\"_l 5_.pdf\"; filename*=UTF-8''%C3%96l%205%25.pdf"),
            ("a\"b\\c;d\r\n.txt", "attachment; filename=\"a_b_c;d__.txt\"; filename*=UTF-8''a%22b%5Cc%3Bd%0D%0A.txt"),
        ] {
            assert_eq!(disposition(name), expected);
        }
    }
}
