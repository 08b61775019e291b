//! The client of all tests judges every answer by the served document. Here the judge is judged: each way to break the
//! contract must be noticed.

use kundenhistorie::error::Code;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::support::contract::{Contract, Exchange};
use crate::support::problem;

fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "paths": {
            "/v1/tags/{id}": {
                "get": {"responses": {
                    "200": {
                        "description": "A tag",
                        "headers": {
                            "ETag": {"required": true, "schema": {"type": "string", "pattern": "^\"[0-9]+\"$"}},
                            "Age": {"$ref": "#/components/headers/Age"},
                        },
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tag"}}},
                    },
                    "204": {"description": "Nothing"},
                    "404": {"$ref": "#/components/responses/NotFound"},
                }},
                "patch": {"responses": {"2XX": {"description": "Changed"}}},
            },
            "/v1/tags/mine": {"get": {"responses": {"204": {"description": "Nothing"}}}},
        },
        "components": {
            "headers": {"Age": {"schema": {"type": "integer", "maximum": 60}}},
            "responses": {"NotFound": {
                "description": "No tag",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }},
            "schemas": {
                "Problem": {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}},
                "Named": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
                "Tag": {
                    "allOf": [{"$ref": "#/components/schemas/Named"}],
                    "type": "object",
                    "required": ["id"],
                    "properties": {
                        "id": {"type": "string", "format": "uuid"},
                        "owner": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Named"}]},
                    },
                },
            },
        },
    })
}

struct Answer {
    method: Method,
    path: &'static str,
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn good() -> Self {
        let id = "019a0000-0000-7000-8000-000000000001";
        let body = json!({"id": id, "name": "neubau", "owner": {"name": "Anna"}});
        let answer = Self {
            method: Method::GET,
            path: "/v1/tags/1",
            status: 200,
            headers: HeaderMap::new(),
            body: body.to_string(),
        };
        answer.with("etag", "\"1\"").with("content-type", "application/json; charset=utf-8")
    }

    fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }

    fn with_body(mut self, change: impl FnOnce(&mut Value)) -> Self {
        let mut body = serde_json::from_str(&self.body).expect("JSON");
        change(&mut body);
        self.body = body.to_string();
        self
    }

    fn exchange(&self) -> Exchange<'_> {
        let Self { method, path, status, headers, body } = self;
        Exchange { method, path, sent: "", status: *status, headers, body: body.as_bytes() }
    }

    fn breaches(&self) -> String {
        Contract::new(document()).breaches(&self.exchange()).join("; ")
    }
}

#[test]
fn an_answer_that_keeps_the_contract_passes() {
    assert_eq!(Answer::good().breaches(), "");
    assert_eq!(Answer::good().with("age", "60").breaches(), "");
    assert_eq!(Answer::good().with_body(|body| body["owner"] = Value::Null).breaches(), "");
    assert_eq!(Answer { status: 204, body: String::new(), ..Answer::good() }.breaches(), "");
    assert_eq!(Answer { method: Method::HEAD, body: String::new(), ..Answer::good() }.breaches(), "");
    let not_found = Answer { status: 404, body: json!({"code": "x", "more": 1}).to_string(), ..Answer::good() };
    assert_eq!(not_found.with("content-type", "application/problem+json").breaches(), "");
    let elsewhere = Answer { path: "/v1/nowhere", status: 404, ..Answer::good() };
    assert_eq!(elsewhere.breaches(), "");
}

#[test]
fn every_way_to_break_the_contract_is_noticed() {
    let without_etag = || {
        let mut answer = Answer::good();
        answer.headers.remove("etag");
        answer
    };
    let cases = [
        ("status", Answer { status: 201, ..Answer::good() }, "status 201 is not documented"),
        ("missing header", without_etag(), "the header ETag is missing"),
        ("wrong header", Answer::good().with("etag", "W/\"1\""), "the header ETag"),
        ("referenced header", Answer::good().with("age", "61"), "the header Age"),
        ("media type", Answer::good().with("content-type", "text/plain"), "Content-Type is Some(\"text/plain\")"),
        ("no JSON", Answer { body: "{".to_owned(), ..Answer::good() }, "the body is no JSON"),
        ("missing member", Answer::good().with_body(|body| body["name"] = Value::Null), "at '/name'"),
        ("format", Answer::good().with_body(|body| body["id"] = json!("1")), "at '/id'"),
        ("new member", Answer::good().with_body(|body| body["secret"] = json!(1)), "'secret' was unexpected"),
        ("new inner member", Answer::good().with_body(|body| body["owner"]["secret"] = json!(1)), "at '/owner'"),
        ("body of 204", Answer { status: 204, ..Answer::good() }, "a body where none is documented"),
        ("path", Answer { path: "/v1/nowhere", ..Answer::good() }, "no operation of the document has this address"),
        (
            "literal before parameter",
            Answer { path: "/v1/tags/mine", ..Answer::good() },
            "status 200 is not documented",
        ),
        ("method", Answer { method: Method::PUT, ..Answer::good() }, "the document does not have this method"),
        ("Allow", Answer { method: Method::PUT, status: 405, ..Answer::good() }.with("allow", "GET"), "Allow names"),
    ];
    for (name, answer, expected) in cases {
        let breaches = answer.breaches();
        assert!(breaches.contains(expected), "{name}: '{breaches}' should tell of: {expected}");
    }
    let refused = Answer { method: Method::PUT, status: 405, ..Answer::good() };
    assert_eq!(refused.with("allow", "GET, PATCH, HEAD, OPTIONS").breaches(), "");
}

fn failure(status: u16, body: &Value) -> Answer {
    let answer = Answer { status, body: body.to_string(), ..Answer::good() };
    answer.with("content-type", "application/problem+json").with("content-language", "en").with("x-request-id", "r-1")
}

fn not_found() -> Value {
    json!({
        "type": "/problems/not_found", "title": "Not found", "status": 404, "detail": "There is no such record.",
        "instance": "/v1/tags/1", "code": "not_found", "request_id": "r-1",
    })
}

#[test]
fn a_failure_is_a_complete_problem_document() {
    assert_eq!(problem::breaches(&failure(404, &not_found()).exchange()), Vec::<String>::new());
    for (member, value, expected) in [
        ("type", json!("about:blank"), "'type'"),
        ("title", json!(""), "'title'"),
        ("status", json!(400), "'status'"),
        ("detail", json!("Version {current}."), "placeholder"),
        ("instance", json!("/v1/tags"), "'instance'"),
        ("code", json!("oops"), "'code' is in the table"),
        ("request_id", json!("r-2"), "'request_id'"),
        ("errors", json!([{"code": "required", "detail": "!", "params": {}}]), "one place"),
        ("errors", json!([{"pointer": "/a", "code": "oops", "detail": "!", "params": {}}]), "code of a fault"),
    ] {
        let mut body = not_found();
        body[member] = value;
        let breaches = problem::breaches(&failure(404, &body).exchange()).join("; ");
        assert!(breaches.contains(expected), "{member}: '{breaches}' should tell of {expected}");
    }
    let html = failure(404, &not_found()).with("content-type", "text/html");
    assert!(problem::breaches(&html.exchange())[0].contains("application/problem+json"));
    assert_eq!(Code::NotFound.status(), 404);
}

#[test]
fn what_must_come_with_a_status_comes_with_it() {
    let unauthenticated = |code: &str, status: u16| {
        let mut body = not_found();
        (body["code"], body["status"], body["type"]) = (json!(code), json!(status), json!(format!("/problems/{code}")));
        failure(status, &body)
    };
    let breaches = |answer: Answer| problem::breaches(&answer.exchange()).join("; ");
    assert!(breaches(unauthenticated("unauthenticated", 401)).contains("WWW-Authenticate"));
    assert_eq!(breaches(unauthenticated("unauthenticated", 401).with("www-authenticate", "Bearer realm=\"x\"")), "");
    assert!(breaches(unauthenticated("overloaded", 503)).contains("Retry-After"));
    assert_eq!(breaches(unauthenticated("overloaded", 503).with("retry-after", "1")), "");
}

#[test]
fn insides_are_told_from_echoes() {
    let detail = "UNIQUE constraint failed: users.email";
    assert!(!problem::leaks(detail, "").is_empty());
    assert!(!problem::leaks("invalid type: integer, expected struct CreateTag", "").is_empty());
    assert!(!problem::leaks("at src/web/valid.rs:17", "").is_empty());
    let echoed = "'; DELETE FROM tags is not a valid e-mail address.";
    assert!(problem::leaks(echoed, "{\"value\": \"'; DELETE FROM tags\"}").is_empty());
    assert!(problem::leaks("Version 1 was expected, the current one is 3.", "").is_empty());
}
