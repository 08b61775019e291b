//! The OpenAPI document, as it was generated from the routes and committed, and what follows from it.
//!
//! A test holds it to be what the routes say. Making it at each start would cost more time and memory than everything
//! else the service does when nobody asks for it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use actix_web::HttpRequest;
use actix_web::http::Method;
use matchit::Router;
use serde::Deserialize;
use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};

use crate::schemas::meta::{self, Described};

/// As it is served.
pub const TEXT: &str = include_str!("../../openapi/openapi.json");

static ETAG: LazyLock<String> = LazyLock::new(|| hex::encode(&Sha256::digest(TEXT)[..16]));
static ADDRESSES: LazyLock<Router<Address>> = LazyLock::new(addresses);
static RESOURCES: LazyLock<Vec<Described>> =
    LazyLock::new(|| serde_json::from_str(TEXT).map(|document| meta::describe(&document)).unwrap_or_default());

/// Its entity tag.
pub fn etag() -> &'static str {
    &ETAG
}

/// Which resources it describes.
pub fn resources() -> &'static [Described] {
    &RESOURCES
}

/// The address a request goes to, also where no operation of it has its method.
pub fn address(request: &HttpRequest) -> Option<&'static Address> {
    ADDRESSES.at(request.match_info().as_str()).ok().map(|found| found.value)
}

/// Its pattern in the document, or that of its route, such as that of Swagger UI.
pub fn route(request: &HttpRequest) -> Option<Cow<'static, str>> {
    let described = address(request).map(|address| Cow::Borrowed(address.pattern.as_str()));
    described.or_else(|| request.match_pattern().map(Cow::Owned))
}

/// An address of the document.
pub struct Address {
    /// With names in braces for what varies.
    pub pattern: String,
    /// The methods it knows.
    pub methods: Vec<Method>,
    /// Those of them that need `If-Match`.
    pub conditional: Vec<Method>,
}

/// As much of the document as addresses need; the rest is passed over without being kept.
#[derive(Deserialize, Default)]
struct Document {
    paths: HashMap<String, HashMap<String, Operation>>,
}

#[derive(Deserialize)]
struct Operation {
    responses: HashMap<String, IgnoredAny>,
}

fn addresses() -> Router<Address> {
    let document: Document = serde_json::from_str(TEXT).unwrap_or_default();
    let mut addresses = Router::new();
    for (pattern, item) in document.paths {
        if let Err(error) = addresses.insert(pattern.clone(), address_of(pattern, &item)) {
            tracing::error!(%error, "two addresses of the document contradict each other");
        }
    }
    addresses
}

fn address_of(pattern: String, item: &HashMap<String, Operation>) -> Address {
    let mut methods: Vec<Method> = item.keys().filter_map(|name| method(name)).collect();
    if methods.contains(&Method::GET) {
        methods.push(Method::HEAD);
    }
    methods.push(Method::OPTIONS);
    methods.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    let conditional = item.iter().filter(|(_, operation)| operation.responses.contains_key("428"));
    Address { pattern, methods, conditional: conditional.filter_map(|(name, _)| method(name)).collect() }
}

fn method(name: &str) -> Option<Method> {
    name.to_ascii_uppercase().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_leads_to_itself_and_words_come_before_what_varies() {
        let document: Document = serde_json::from_str(TEXT).unwrap();
        assert!(document.paths.len() > 200);
        for pattern in document.paths.keys() {
            let path = pattern.replace(['{', '}'], "");
            assert_eq!(ADDRESSES.at(&path).unwrap().value.pattern, *pattern, "{path}");
        }
        for (path, expected) in [
            ("/v1/checkpoints/keys", Some("/v1/checkpoints/keys")),
            ("/v1/checkpoints/7", Some("/v1/checkpoints/{number}")),
            ("/v1/customers/7/timeline/verification", Some("/v1/customers/{customer_id}/timeline/verification")),
            ("/v1/customers/7/timeline/verified", Some("/v1/customers/{customer_id}/timeline/{event_id}")),
            ("/v1/customers/", None),
            ("/v1/customers//timeline", None),
            ("/v1/customers/7/", None),
            ("/v1", None),
        ] {
            assert_eq!(ADDRESSES.at(path).ok().map(|found| found.value.pattern.as_str()), expected, "{path}");
        }
    }
}
