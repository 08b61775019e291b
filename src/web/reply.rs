//! Typed replies: what handlers return.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::etag;
use crate::error::{Error, Result};
use crate::history::outcome::Outcome;

/// 200 with a JSON body, 304 if the caller has it already.
pub struct Read<T> {
    /// The body.
    pub body: T,
    /// Its entity tag, without quotes.
    pub etag: Option<String>,
}

impl<T> Read<T> {
    /// A body without an entity tag.
    pub fn plain(body: T) -> Self {
        Self { body, etag: None }
    }

    /// A body and its entity tag.
    pub fn tagged(body: T, etag: impl Into<String>) -> Self {
        Self { body, etag: Some(etag.into()) }
    }
}

impl<T: Serialize> Read<T> {
    /// A body put together from many records: its digest is its entity tag.
    pub fn digested(body: T) -> Result<Self> {
        let content = serde_json::to_vec(&body).map_err(Error::internal)?;
        let tag = hex::encode(&Sha256::digest(content)[..16]);
        Ok(Self::tagged(body, tag))
    }
}

impl<T: Serialize> Responder for Read<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        if let Some(tag) = &self.etag
            && etag::is_known(request, tag)
        {
            return HttpResponse::NotModified().insert_header((header::ETAG, etag::quoted(tag))).finish();
        }
        let mut response = HttpResponse::Ok();
        if let Some(tag) = &self.etag {
            response.insert_header((header::ETAG, etag::quoted(tag)));
        }
        response.json(self.body)
    }
}

impl<T> Responder for Outcome<T> {
    type Body = BoxBody;

    fn respond_to(self, _request: &HttpRequest) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        if let Some(location) = &self.location {
            response.insert_header((header::LOCATION, location.as_str()));
        }
        if let Some(tag) = &self.etag {
            response.insert_header((header::ETAG, etag::quoted(tag)));
        }
        if self.body.is_empty() {
            return response.finish();
        }
        response.insert_header((header::CONTENT_TYPE, self.content_type.as_str()));
        response.body(self.body)
    }
}

/// 204.
pub struct NoContent;

impl Responder for NoContent {
    type Body = BoxBody;

    fn respond_to(self, _request: &HttpRequest) -> HttpResponse {
        HttpResponse::NoContent().finish()
    }
}

/// A body that holds secrets: never stored by anybody on the way.
pub struct Secret<T>(pub T);

impl<T: Serialize> Responder for Secret<T> {
    type Body = BoxBody;

    fn respond_to(self, _request: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(self.0)
    }
}
