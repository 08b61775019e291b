//! The finishing pass: what is true of every operation is written here once, instead of at each.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::components::{headers, parameters, problem_responses, problem_schemas, response_name};
use super::inputs::separate_inputs;
use super::links::add_links;
use crate::domain::country;
use crate::web::around::is_translated;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Completes a generated document.
pub fn finish(document: &mut Value, tags: &[(&str, &str)]) {
    let used = each_operation(document, finish_operation);
    let used: BTreeSet<String> = used.into_iter().flatten().collect();
    let known = tags.iter().filter(|(name, _)| used.contains(*name));
    document["tags"] = known.map(|(name, text)| json!({ "name": name, "description": text })).collect();
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        for (name, schema) in problem_schemas() {
            schemas.entry(name).or_insert(schema);
        }
    }
    add_links(document);
    separate_inputs(document);
    document["components"]["securitySchemes"] = json!({
        "bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "Access token from `POST /v1/auth/login`: a JWT (RFC 7519) signed with EdDSA, issued and checked along RFC8725 and RFC9068.",
        }
    });
    document["components"]["parameters"] = parameters();
    document["components"]["headers"] = headers();
    document["components"]["responses"] = problem_responses(&document["paths"].to_string());
    walk(document, &mut limit);
}

/// Calls `change` on each operation with its path and method.
pub(super) fn each_operation<T>(
    document: &mut Value,
    change: impl Fn(&str, &str, &mut Map<String, Value>) -> T,
) -> Vec<T> {
    let mut results = Vec::new();
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return results };
    for (path, item) in paths.iter_mut() {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) {
                results.push(change(path, method, operation));
            }
        }
    }
    results
}

fn finish_operation(path: &str, method: &str, operation: &mut Map<String, Value>) -> Vec<String> {
    let public = is_public(operation);
    if public {
        operation.insert("security".to_owned(), json!([{}]));
    }
    let facts = Facts {
        public,
        writes: method != "get",
        has_body: operation.contains_key("requestBody"),
        has_parts: has_parameter(operation, "Range"),
        has_path_parameter: path.contains('{'),
        has_precondition: requires(operation, "If-Match"),
        is_conditional: has_parameter(operation, "If-Match"),
        repeatable: !public && matches!(method, "post" | "patch"),
        waits_for_database: path != "/health/live" && path != "/openapi.json",
    };
    add_parameters(operation, &facts);
    complete_parameters(operation);
    if let Some(body) = operation.get_mut("requestBody") {
        body["required"] = json!(true);
        let is_file = body["content"].get("application/octet-stream").is_some();
        let about =
            if is_file { "The bytes of the file, as they are." } else { "The input; unknown members are refused." };
        body["description"] = json!(about);
    }
    let is_list = operation.get("operationId").and_then(Value::as_str).is_some_and(|id| id.starts_with("list_"));
    if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
        for (status, response) in responses.iter_mut() {
            add_headers(status, response, is_list);
            if status.starts_with('2') && is_translated(path) {
                response["headers"]["Content-Language"] = json!({ "$ref": "#/components/headers/ContentLanguage" });
            }
            bound_text(response);
        }
        for status in facts.failures() {
            responses
                .entry(status.to_string())
                .or_insert_with(|| json!({ "$ref": format!("#/components/responses/{}", response_name(status)) }));
        }
        if method == "get" && is_tagged(path) {
            responses.insert("304".to_owned(), not_modified());
            always_tagged(responses, "200");
        }
        if facts.has_parts {
            add_parts(responses);
        }
        if matches!(method, "put" | "patch") {
            always_tagged(responses, "200");
        }
    }
    let tags = operation.get("tags").and_then(Value::as_array);
    tags.into_iter().flatten().filter_map(|tag| tag.as_str().map(str::to_owned)).collect()
}

/// What is read under a tag of its own: single records, the lists inside a customer, the document.
fn is_tagged(path: &str) -> bool {
    const INSIDE: [&str; 9] = [
        "/contact-points",
        "/addresses",
        "/content",
        "/summary",
        "/journey",
        "/openapi.json",
        "/v1/meta",
        "/v1/meta/labels",
        "/{enum}/{value}",
    ];
    path.ends_with("_id}") || INSIDE.iter().any(|end| path.ends_with(end))
}

fn always_tagged(responses: &mut Map<String, Value>, status: &str) {
    if let Some(response) = responses.get_mut(status) {
        response["headers"]["ETag"] = json!({ "$ref": "#/components/headers/ETag" });
    }
}

/// What is told of a file beside its bytes.
fn add_parts(responses: &mut Map<String, Value>) {
    const OF_FILES: [(&str, &str); 3] = [
        ("Accept-Ranges", "AcceptRanges"),
        ("Content-Disposition", "ContentDisposition"),
        ("Repr-Digest", "ReprDigest"),
    ];
    for status in ["200", "206"] {
        always_tagged(responses, status);
        let Some(response) = responses.get_mut(status) else { continue };
        for (name, component) in OF_FILES {
            response["headers"][name] = json!({ "$ref": format!("#/components/headers/{component}") });
        }
    }
    if let Some(response) = responses.get_mut("206") {
        response["headers"]["Content-Range"] = json!({ "$ref": "#/components/headers/ContentRange" });
    }
}

/// What decides which failures an operation can answer with.
struct Facts {
    public: bool,
    writes: bool,
    has_body: bool,
    has_parts: bool,
    has_path_parameter: bool,
    has_precondition: bool,
    is_conditional: bool,
    repeatable: bool,
    waits_for_database: bool,
}

impl Facts {
    fn failures(&self) -> Vec<u16> {
        let mut statuses = vec![400, 401, 405, 406, 414, 429, 500];
        let mut add = |applies: bool, more: &[u16]| {
            if applies {
                statuses.extend(more);
            }
        };
        add(self.waits_for_database, &[503]);
        add(!self.public, &[403]);
        add(self.has_path_parameter, &[404]);
        add(self.has_body, &[408, 413, 415, 422]);
        add(self.has_parts, &[416]);
        add(self.repeatable, &[408, 409, 413, 422]);
        add(self.writes && !self.public, &[409, 507]);
        add(self.is_conditional, &[412]);
        add(self.has_precondition, &[428]);
        statuses.sort_unstable();
        statuses.dedup();
        statuses
    }
}

fn is_public(operation: &Map<String, Value>) -> bool {
    let security = operation.get("security").and_then(Value::as_array);
    security.is_some_and(|schemes| schemes.iter().all(|scheme| scheme.as_object().is_none_or(Map::is_empty)))
}

fn has_parameter(operation: &Map<String, Value>, name: &str) -> bool {
    parameter(operation, name).is_some()
}

fn requires(operation: &Map<String, Value>, name: &str) -> bool {
    parameter(operation, name).is_some_and(|parameter| parameter["required"] == true)
}

fn parameter<'a>(operation: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let parameters = operation.get("parameters").and_then(Value::as_array);
    parameters.into_iter().flatten().find(|parameter| parameter["name"] == name)
}

fn add_parameters(operation: &mut Map<String, Value>, facts: &Facts) {
    let mut shared = vec!["AcceptLanguage"];
    if facts.repeatable {
        shared.push("IdempotencyKey");
    }
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    if let Value::Array(parameters) = parameters {
        let references = shared.iter().map(|name| json!({ "$ref": format!("#/components/parameters/{name}") }));
        parameters.extend(references);
    }
}

/// A parameter that is no list may be given once; lists are repeated.
fn complete_parameters(operation: &mut Map<String, Value>) {
    let Some(Value::Array(parameters)) = operation.get_mut("parameters") else { return };
    for parameter in parameters {
        if parameter.get("$ref").is_some() {
            continue;
        }
        if parameter["schema"]["type"] == "array" {
            parameter["style"] = json!("form");
            parameter["explode"] = json!(true);
        }
        if parameter["schema"]["format"] == "country" {
            // The server refuses other codes; a format with a name of our own would tell a client nothing.
            parameter["schema"] = json!({ "type": "string", "enum": country::codes() });
        }
        if parameter["in"] == "query" {
            suggest(parameter);
        }
        if parameter["in"] == "query" || parameter["in"] == "header" && parameter["name"] != "If-Match" {
            parameter["required"] = json!(false);
        }
    }
}

/// Shows the example of a query parameter beside it. Swagger UI fills in the example of a parameter, but not those of
/// its schema; whoever tries out a list wants to see it unfiltered.
fn suggest(parameter: &mut Value) {
    let Some(example) = parameter.as_object_mut().and_then(|members| members.remove("example")) else { return };
    if parameter["schema"].get("default").is_none() {
        parameter["schema"]["examples"] = json!([example]);
    }
}

/// Plain text has no schema of its own that could bound it.
fn bound_text(response: &mut Value) {
    if let Some(schema) = response.pointer_mut("/content/text~1plain/schema") {
        *schema = json!({ "type": "string", "maxLength": 10_000_000, "pattern": "^[^\\x00]*$" });
    }
}

pub(super) fn add_headers(status: &str, response: &mut Value, is_list: bool) {
    let Some(response) = response.as_object_mut() else { return };
    let headers = response.entry("headers").or_insert_with(|| json!({}));
    let mut add = |name: &str, component: &str| {
        headers[name] = json!({ "$ref": format!("#/components/headers/{component}") });
    };
    add("X-Request-Id", "RequestId");
    add("Access-Control-Allow-Origin", "Access-Control-Allow-Origin");
    add("RateLimit", "RateLimit");
    add("RateLimit-Policy", "RateLimitPolicy");
    match status {
        "201" => {
            add("Location", "Location");
            add("ETag", "ETag");
            add("Idempotent-Replayed", "IdempotentReplayed");
        }
        "200" if is_list => add("Link", "Link"),
        "304" => add("ETag", "ETag"),
        "429" | "503" => add("Retry-After", "RetryAfter"),
        _ => {}
    }
}

fn not_modified() -> Value {
    let mut response = json!({ "description": "What If-None-Match names is still what is there" });
    add_headers("304", &mut response, false);
    response
}

/// Calls `change` on every object of a JSON value.
pub(super) fn walk(value: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            change(members);
            members.values_mut().for_each(|member| walk(member, change));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, change)),
        _ => {}
    }
}

/// Limits that follow from a format.
fn limit(members: &mut Map<String, Value>) {
    if members.get("format").and_then(Value::as_str) == Some("uuid") {
        members.entry("maxLength").or_insert(json!(36));
    }
}
