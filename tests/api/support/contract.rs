//! The served OpenAPI document as a judge: whatever it does not promise, no test may be answered.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::{Draft, Registry, Validator};
use reqwest::Method;
use reqwest::header::{ALLOW, CONTENT_TYPE, HeaderMap};
use serde_json::{Value, json};

use super::document;

const URI: &str = "https://contract.example/openapi.json";

/// Served, but no operations: pages for people (`/` leads to them), and the document itself.
const UNDOCUMENTED: &[&str] = &["/openapi.json", "/swagger-ui"];

/// A request and its answer.
pub struct Exchange<'a> {
    /// Method of the request.
    pub method: &'a Method,
    /// Path of the request, without its query.
    pub path: &'a str,
    /// Everything the caller sent as one text, to tell an echo from a leak.
    pub sent: &'a str,
    /// Status of the answer.
    pub status: u16,
    /// Headers of the answer.
    pub headers: &'a HeaderMap,
    /// Body of the answer, decompressed.
    pub body: &'a [u8],
}

impl Exchange<'_> {
    /// The header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The media type without its parameters.
    pub fn media_type(&self) -> Option<&str> {
        self.header(CONTENT_TYPE.as_str()).and_then(|value| value.split(';').next()).map(str::trim)
    }
}

/// A document, ready to be compared with.
pub struct Contract {
    document: Value,
    registry: Registry<'static>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Contract {
    /// Reads a document. Replies may grow for others, but not unnoticed by us: every object that lists its members is
    /// closed here.
    pub fn new(document: Value) -> Self {
        let mut closed = document.clone();
        close_replies(&mut closed);
        let registry = Registry::new().draft(Draft::Draft202012).add(URI, closed).and_then(|added| added.prepare());
        let registry =
            registry.unwrap_or_else(|error| panic!("the document has a reference that leads nowhere: {error}"));
        Self { document, registry, validators: Mutex::default() }
    }

    /// In how far an answer breaks the contract; empty if it keeps it.
    pub fn breaches(&self, exchange: &Exchange) -> Vec<String> {
        let Some(template) = self.template(exchange.path) else { return self.breaches_off_the_document(exchange) };
        // A HEAD is answered as the GET would be, without the body.
        let method = if exchange.method == Method::HEAD { Method::GET } else { exchange.method.clone() };
        let path = pointer(&["paths", &template]);
        let operation = format!("{path}/{}", method.as_str().to_ascii_lowercase());
        if self.document.pointer(&operation).is_none() {
            return self.breaches_of_a_refused_method(exchange, &path);
        }
        let responses = format!("{operation}/responses");
        let class = format!("{}XX", exchange.status / 100);
        let names = [exchange.status.to_string(), class, "default".to_owned()];
        let mut documented = names.iter().map(|name| self.follow(&format!("{responses}/{name}")));
        let Some(response) = documented.find_map(|found| found) else {
            let statuses = self.document.pointer(&responses).and_then(Value::as_object);
            let statuses: Vec<_> = statuses.into_iter().flat_map(serde_json::Map::keys).collect();
            return vec![format!("status {} is not documented; {statuses:?} are", exchange.status)];
        };
        let mut breaches = self.breaches_of_headers(exchange, &response);
        if exchange.method != Method::HEAD {
            breaches.extend(self.breaches_of_body(exchange, &response));
        }
        breaches
    }

    /// Of an address no operation has.
    fn breaches_off_the_document(&self, exchange: &Exchange) -> Vec<String> {
        let below = |page: &&str| {
            exchange.path.strip_prefix(*page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if exchange.status == 404 || exchange.path == "/" || UNDOCUMENTED.iter().any(below) {
            return Vec::new();
        }
        vec!["no operation of the document has this address".to_owned()]
    }

    /// Of a method the document does not have at an address it has.
    fn breaches_of_a_refused_method(&self, exchange: &Exchange, path: &str) -> Vec<String> {
        let item = self.document.pointer(path).and_then(Value::as_object);
        let documented = item.into_iter().flat_map(serde_json::Map::keys).map(|name| name.to_ascii_uppercase());
        let mut expected: BTreeSet<String> =
            documented.filter(|name| document::METHODS.contains(&name.as_str())).collect();
        if expected.contains("GET") {
            expected.insert("HEAD".to_owned());
        }
        expected.insert("OPTIONS".to_owned());
        let allowed = exchange.header(ALLOW.as_str()).unwrap_or_default();
        let allowed: BTreeSet<String> = allowed.split(',').map(|name| name.trim().to_owned()).collect();
        let mut breaches = Vec::new();
        if exchange.method == Method::OPTIONS {
            if !matches!(exchange.status, 200 | 204) {
                breaches.push(format!("OPTIONS is answered with {}", exchange.status));
            }
        } else if exchange.status != 405 {
            breaches
                .push(format!("the document does not have this method, but it is answered with {}", exchange.status));
        }
        // A preflight (CORS) is answered before the address is looked at.
        if allowed != expected && !exchange.headers.contains_key("access-control-allow-methods") {
            breaches.push(format!("Allow names {allowed:?}, the document {expected:?}"));
        }
        breaches
    }

    fn breaches_of_headers(&self, exchange: &Exchange, response: &str) -> Vec<String> {
        let headers = self.document.pointer(&format!("{response}/headers")).and_then(Value::as_object);
        let mut breaches = Vec::new();
        for name in headers.into_iter().flat_map(serde_json::Map::keys) {
            let Some(place) = self.follow(&format!("{response}/headers{}", pointer(&[name]))) else {
                breaches.push(format!("the description of the header {name} leads nowhere"));
                continue;
            };
            let header = &self.document.pointer(&place).cloned().unwrap_or_default();
            match exchange.header(name) {
                None if header["required"] == json!(true) => breaches.push(format!("the header {name} is missing")),
                None => {}
                Some(text) => {
                    let schema = format!("{place}/schema");
                    let is_number = header["schema"]["type"] == json!("integer");
                    let number = text.parse::<i64>().ok().filter(|_| is_number);
                    let value = number.map_or_else(|| json!(text), |number| json!(number));
                    let faults = self.faults(&schema, &value);
                    breaches.extend(faults.into_iter().map(|fault| format!("the header {name}: {text}: {fault}")));
                }
            }
        }
        breaches
    }

    fn breaches_of_body(&self, exchange: &Exchange, response: &str) -> Vec<String> {
        let content = self.document.pointer(&format!("{response}/content")).and_then(Value::as_object);
        let Some(content) = content.filter(|content| !content.is_empty()) else {
            let is_empty = exchange.body.is_empty();
            return if is_empty { Vec::new() } else { vec!["a body where none is documented".to_owned()] };
        };
        let Some(media_type) = exchange.media_type().filter(|media_type| content.contains_key(*media_type)) else {
            let documented: Vec<_> = content.keys().collect();
            return vec![format!("Content-Type is {:?}, documented are {documented:?}", exchange.media_type())];
        };
        if !media_type.ends_with("json") {
            return Vec::new();
        }
        match serde_json::from_slice(exchange.body) {
            Ok(body) => self.faults(&format!("{response}/content{}/schema", pointer(&[media_type])), &body),
            Err(error) => vec![format!("the body is no JSON: {error}")],
        }
    }

    /// What the schema at a place of the document has against a value.
    fn faults(&self, place: &str, value: &Value) -> Vec<String> {
        if self.document.pointer(place).is_none() {
            return vec![format!("no schema is documented at {place}")];
        }
        let validator = self.validator(place);
        validator.iter_errors(value).map(|error| format!("at '{}': {error}", error.instance_path())).collect()
    }

    fn validator(&self, place: &str) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = validators.get(place) {
            return Arc::clone(validator);
        }
        let schema = json!({"$ref": format!("{URI}#{}", place.replace('{', "%7B").replace('}', "%7D"))});
        let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
        let validator = options.with_registry(&self.registry).build(&schema);
        let validator =
            Arc::new(validator.unwrap_or_else(|error| panic!("the schema at {place} is unusable: {error}")));
        validators.insert(place.to_owned(), Arc::clone(&validator));
        validator
    }

    /// The place itself, or the one its `$ref` leads to.
    fn follow(&self, place: &str) -> Option<String> {
        let mut place = place.to_owned();
        for _ in 0..8 {
            match self.document.pointer(&place)?.get("$ref").and_then(Value::as_str) {
                Some(reference) => place = reference.strip_prefix('#')?.to_owned(),
                None => return Some(place),
            }
        }
        None
    }

    /// The documented path an address belongs to; written-out segments go before parameters.
    fn template(&self, path: &str) -> Option<String> {
        let segments: Vec<_> = path.split('/').collect();
        let fits = |template: &&String| {
            let parts: Vec<_> = template.split('/').collect();
            let same = |(part, segment): (&&str, &&str)| part == segment || (is_parameter(part) && !segment.is_empty());
            parts.len() == segments.len() && parts.iter().zip(&segments).all(same)
        };
        let paths = self.document["paths"].as_object().into_iter().flat_map(serde_json::Map::keys);
        let least = |template: &&String| template.split('/').map(is_parameter).collect::<Vec<_>>();
        paths.filter(fits).min_by_key(least).cloned()
    }
}

fn is_parameter(part: &str) -> bool {
    part.starts_with('{') && part.ends_with('}')
}

/// JSON Pointer (RFC 6901).
pub fn pointer(parts: &[&str]) -> String {
    parts.iter().map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1"))).collect()
}

/// Lets no object of an answer have members its schema does not list. Problem documents stay open: RFC 9457 lets each
/// kind of problem add members.
fn close_replies(document: &mut Value) {
    let listing: BTreeSet<String> = document["components"]["schemas"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, schema)| lists_its_members(schema) && *name != "Problem")
        .map(|(name, _)| format!("#/components/schemas/{name}"))
        .collect();
    for (_, schema) in document["components"]["schemas"].as_object_mut().into_iter().flatten() {
        // Whoever uses it closes it: it may be one part of a larger object.
        close(schema, true, &listing);
    }
    close(&mut document["components"]["responses"], true, &listing);
    for path in document["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut()) {
        for operation in path.as_object_mut().into_iter().flat_map(|path| path.values_mut()) {
            operation.get_mut("responses").into_iter().for_each(|responses| close(responses, true, &listing));
        }
    }
}

fn lists_its_members(schema: &Value) -> bool {
    let has = |keyword| schema.get(keyword).is_some();
    (has("properties") || has("allOf")) && !has("additionalProperties") && !has("unevaluatedProperties")
}

fn close(value: &mut Value, is_part: bool, listing: &BTreeSet<String>) {
    if let Value::Array(values) = value {
        values.iter_mut().for_each(|inner| close(inner, is_part, listing));
    }
    let closes = match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => listing.contains(reference),
        None => lists_its_members(value),
    };
    let has_members = value.get("properties").is_some();
    let Value::Object(schema) = value else { return };
    for (keyword, inner) in schema.iter_mut() {
        match keyword.as_str() {
            "properties" => {
                inner.as_object_mut().into_iter().flatten().for_each(|(_, member)| close(member, false, listing));
            }
            "allOf" => close(inner, true, listing),
            "oneOf" | "anyOf" => close(inner, is_part || has_members, listing),
            "example" | "examples" | "enum" | "default" | "const" | "required" => {}
            _ => close(inner, false, listing),
        }
    }
    if closes && !is_part {
        schema.insert("unevaluatedProperties".to_owned(), json!(false));
    }
}
