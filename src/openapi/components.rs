//! What operations share: parameters, headers, the answers of failures.

use serde_json::{Map, Value, json};

use super::finish::add_headers;
use crate::domain::fault::FaultCode;
use crate::domain::language::{Language, Phrase};
use crate::error::{Code, Error, FieldError};
use crate::web::request::ACCEPT_LANGUAGE_MAX;

pub(super) fn parameters() -> Value {
    json!({
        "AcceptLanguage": {
            "name": "Accept-Language", "in": "header", "required": false,
            "description": "German or English for titles, details and sentences; codes are never translated.",
            "schema": { "type": "string", "maxLength": ACCEPT_LANGUAGE_MAX, "pattern": "^[\\t -~]*$", "default": "en" },
            "example": "de",
        },
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "Makes a repetition safe: the same key and the same request have one effect and one answer, for at least 24 hours.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$" },
        },
    })
}

pub(super) fn headers() -> Value {
    let text = |description: &str, max: u32, pattern: &str, example: &str| json!({ "description": description, "schema": { "type": "string", "maxLength": max, "pattern": pattern }, "example": example });
    let required = |mut header: Value| {
        header["required"] = json!(true);
        header
    };
    json!({
        "RequestId": required(text("Names this request in logs and in the history.", 64, "^[A-Za-z0-9._-]+$", "019a0000-0000-7000-8000-000000000001")),
        "Access-Control-Allow-Origin": text("The origin that may read this answer, if it is an allowed one.", 300, r"^[^\x00]*$", "https://crm.example.org"),
        "RateLimit": text("What is left of the limit, if limits are on.", 200, r"^[^\x00]*$", "\"default\";r=199;t=1"),
        "RateLimitPolicy": text("The limit, if limits are on.", 200, r"^[^\x00]*$", "\"default\";q=200;w=10"),
        "AcceptRanges": required(text("A part can be asked for.", 5, "^bytes$", "bytes")),
        "ContentDisposition": required(text("To be saved under this name (RFC 6266).", 4000, "^attachment; filename=.*$", "attachment; filename=\"Angebot.pdf\"; filename*=UTF-8''Angebot.pdf")),
        "ContentRange": required(text("Which bytes these are, and of how many (RFC 9110).", 100, "^bytes [0-9]+-[0-9]+/[0-9]+$", "bytes 0-1023/48213")),
        "ReprDigest": required(text("SHA-256 of the whole content (RFC 9530).", 60, "^sha-256=:[A-Za-z0-9+/=]{44}:$", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:")),
        "RetryAfter": { "description": "Seconds to wait.", "schema": { "type": "integer", "format": "int32", "minimum": 0, "maximum": 86400 }, "example": 1 },
        "Location": required(text("Where the new record is found.", 300, "^/v1/[^\\x00]+$", "/v1/customers/019a0000-0000-7000-8000-000000000001")),
        "ETag": required(text("The version of the record, for If-Match and If-None-Match.", 200, "^\"[^\"\\x00]+\"$", "\"1\"")),
        "Link": text("The neighbouring pages (RFC 8288).", 20000, r"^[^\x00]*$", "</v1/customers?cursor=abc>; rel=\"next\""),
        "ContentLanguage": text("The language of the titles, unless the answer was given before.", 2, "^(de|en)$", "de"),
        "IdempotentReplayed": text("`true` if this answer was given before.", 4, "^true$", "true"),
    })
}

/// One shared response per status; each lists the codes it can carry.
pub(super) fn problem_responses(paths: &str) -> Value {
    let mut statuses: Vec<u16> = Code::ALL.iter().map(|code| code.status()).collect();
    statuses.sort_unstable();
    statuses.dedup();
    let mut responses = Map::new();
    for status in statuses {
        if !paths.contains(&format!("{}\"", response_name(status))) {
            continue;
        }
        let codes: Vec<Code> = Code::ALL.iter().copied().filter(|code| code.status() == status).collect();
        let names = codes.iter().map(|code| format!("`{}`", code.as_str())).collect::<Vec<_>>().join(", ");
        let title = codes.first().map_or("Problem", |code| code.title(Language::En));
        let example = codes.first().map(|code| example(*code)).unwrap_or_default();
        let mut response = json!({
            "description": format!("{title}: {names}"),
            "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" }, "example": example } },
        });
        add_headers(&status.to_string(), &mut response, false);
        responses.insert(response_name(status), response);
    }
    Value::Object(responses)
}

/// What stands where a detail names what it is about, in examples.
const SAMPLES: [(&str, &str); 8] = [
    ("available", "application/json"),
    ("current", "4"),
    ("expected", "3"),
    ("limit", "1048576"),
    ("scope", "customers:write"),
    ("seconds", "12"),
    ("size", "2048"),
    ("what", "number"),
];

fn example(code: Code) -> Value {
    let reason = if code.status() == 400 { "expected `,` or `}` at line 1 column 17" } else { "application/json" };
    let faults = ["/kind", "/person"].map(|place| FieldError::at_pointer(place, FaultCode::Required));
    let error = Error::new(code).because(Phrase { en: reason, de: reason }).with_faults(faults.into());
    let error = SAMPLES.into_iter().fold(error, |error, (name, value)| error.with(name, value));
    json!({
        "type": format!("/problems/{}", code.as_str()),
        "title": code.title(Language::En),
        "status": code.status(),
        "detail": error.detail(Language::En),
        "instance": "/v1/customers",
        "code": code.as_str(),
        "request_id": "019a0000-0000-7000-8000-000000000001",
    })
}

pub(super) fn response_name(status: u16) -> String {
    format!("Problem{status}")
}

pub(super) fn problem_schemas() -> Vec<(String, Value)> {
    use utoipa::{PartialSchema, ToSchema};
    let mut schemas = Vec::new();
    crate::web::problem::Problem::schemas(&mut schemas);
    let mut schemas: Vec<(String, Value)> = schemas.into_iter().map(|(name, schema)| (name, json!(schema))).collect();
    schemas.push(("Problem".to_owned(), json!(crate::web::problem::Problem::schema())));
    schemas
}
