//! The OpenAPI document, as it was generated from the routes and committed, and what follows from it.
//!
//! A test holds it to be what the routes say. Making it at each start would cost more time and memory than everything
//! else the service does when nobody asks for it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use actix_web::HttpRequest;
use actix_web::http::Method;
use serde::Deserialize;
use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};

use crate::schemas::meta::{self, Described};

/// As it is served.
pub const TEXT: &str = include_str!("../../openapi/openapi.json");

static ETAG: LazyLock<String> = LazyLock::new(|| hex::encode(&Sha256::digest(TEXT)[..16]));
static ADDRESSES: LazyLock<HashMap<String, Address>> = LazyLock::new(addresses);
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

/// The address a request goes to, whether or not that knows its method.
pub fn address(request: &HttpRequest) -> Option<&'static Address> {
    route(request).and_then(|route| ADDRESSES.get(&*route))
}

/// How that is written in the document.
pub fn route(request: &HttpRequest) -> Option<Cow<'static, str>> {
    request.match_pattern().map(Cow::Owned).or_else(|| Some(Cow::Borrowed(pattern_of(request.match_info().as_str())?)))
}

/// Where nobody serves a request, because no operation of its address has its method.
fn pattern_of(path: &str) -> Option<&'static str> {
    let given = || path.split('/');
    let variables = |pattern: &str| pattern.split('/').filter(|part| part.starts_with('{')).count();
    let fits = |pattern: &str| {
        let parts = || pattern.split('/');
        let is_same = |(part, given): (&str, &str)| part == given || part.starts_with('{') && !given.is_empty();
        parts().count() == given().count() && parts().zip(given()).all(is_same)
    };
    // "/v1/checkpoints/keys" is no checkpoint.
    let fitting = ADDRESSES.keys().map(String::as_str).filter(|pattern| fits(pattern));
    fitting.min_by_key(|pattern| variables(pattern))
}

/// An address of the document.
pub struct Address {
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

fn addresses() -> HashMap<String, Address> {
    let document: Document = serde_json::from_str(TEXT).unwrap_or_default();
    document.paths.into_iter().map(|(path, item)| (path, address_of(&item))).collect()
}

fn address_of(item: &HashMap<String, Operation>) -> Address {
    let mut methods: Vec<Method> = item.keys().filter_map(|name| method(name)).collect();
    if methods.contains(&Method::GET) {
        methods.push(Method::HEAD);
    }
    methods.push(Method::OPTIONS);
    methods.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    let conditional = item.iter().filter(|(_, operation)| operation.responses.contains_key("428"));
    Address { methods, conditional: conditional.filter_map(|(name, _)| method(name)).collect() }
}

fn method(name: &str) -> Option<Method> {
    name.to_ascii_uppercase().parse().ok()
}
