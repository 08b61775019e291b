//! What every failure must look like, whichever test provokes it.

use kundenhistorie::domain::fault::FaultCode;
use kundenhistorie::error::Code;
use serde_json::Value;

use super::contract::Exchange;

const MEDIA_TYPE: &str = "application/problem+json";

/// Signs that a text was written for us and not for the caller.
const LEAKS: &[&str] = &[
    // SQL, and those who speak it
    "SELECT ",
    "INSERT ",
    "UPDATE ",
    "DELETE FROM",
    " WHERE ",
    "SQLSTATE",
    "sqlx",
    "sea_orm",
    "sea-orm",
    "SQLite",
    "sqlite",
    "Postgres",
    "postgres",
    "UNIQUE constraint",
    "unique constraint",
    "foreign key",
    "FOREIGN KEY",
    "no such table",
    "no such column",
    "relation \"",
    "savepoint",
    "timeline_events",
    "timeline_heads",
    // paths
    "/home/",
    "/root/",
    "/usr/",
    "/tmp/",
    "/var/",
    "/etc/",
    "src/",
    ".rs:",
    "C:\\",
    // Rust
    "::",
    "Some(",
    "Err(",
    "Ok(",
    "unwrap",
    "panicked",
    "RUST_BACKTRACE",
    "struct ",
    "enum variant",
    "tuple variant",
    "newtype",
    "serde",
    "actix",
    "tokio",
    "DbErr",
    "kundenhistorie/",
    "Utf8Error",
];

/// In how far a failure is not the problem document it must be; empty for every other answer.
pub fn breaches(exchange: &Exchange) -> Vec<String> {
    if exchange.status < 400 || exchange.method == reqwest::Method::HEAD {
        return Vec::new();
    }
    if exchange.media_type() != Some(MEDIA_TYPE) {
        return vec![format!("a failure is {MEDIA_TYPE} and not {:?}", exchange.media_type())];
    }
    let Ok(problem) = serde_json::from_slice::<Value>(exchange.body) else {
        return vec!["the problem document is no JSON".to_owned()];
    };
    let mut breaches = breaches_of_shape(exchange, &problem);
    breaches.extend(leaks(&String::from_utf8_lossy(exchange.body), exchange.sent));
    breaches
}

fn breaches_of_shape(exchange: &Exchange, problem: &Value) -> Vec<String> {
    let mut breaches = Vec::new();
    let mut expect = |holds: bool, what: &str| {
        if !holds {
            breaches.push(format!("problem document: {what}"));
        }
    };
    let text = |name: &str| problem[name].as_str().unwrap_or_default();
    let code = Code::ALL.iter().find(|code| code.as_str() == text("code"));
    expect(code.is_some(), "'code' is in the table of codes");
    expect(code.is_none_or(|code| code.status() == exchange.status), "'code' belongs to this status");
    expect(problem["status"] == exchange.status, "'status' is the status of the answer");
    expect(text("type") == format!("/problems/{}", text("code")), "'type' leads to the page of the code");
    expect(!text("title").is_empty() && !text("detail").is_empty(), "there are 'title' and 'detail'");
    expect(!text("detail").contains('{'), "every placeholder of 'detail' is filled");
    let is_asked = match exchange.status {
        414 => exchange.path.starts_with(text("instance")) && !text("instance").is_empty(),
        _ => text("instance") == exchange.path,
    };
    expect(is_asked, "'instance' is the address that was asked, of a long one its beginning");
    expect(Some(text("request_id")) == exchange.header("x-request-id"), "'request_id' is the one in the header");
    expect(matches!(exchange.header("content-language"), Some("de" | "en")), "Content-Language is de or en");
    let needs_wait = matches!(exchange.status, 429 | 503);
    expect(!needs_wait || exchange.header("retry-after").is_some(), "Retry-After tells when to come back");
    let challenge = exchange.header("www-authenticate").unwrap_or_default();
    let is_challenged = matches!(exchange.status, 401 | 403) == challenge.starts_with("Bearer ");
    expect(
        is_challenged || exchange.status == 403,
        "WWW-Authenticate comes with 401, and with no other failure but 403",
    );
    let no_faults = Vec::new();
    for fault in problem.get("errors").and_then(Value::as_array).unwrap_or(&no_faults) {
        let places = ["pointer", "parameter", "header"].iter().filter(|place| fault.get(**place).is_some()).count();
        expect(places == 1, &format!("one place per fault: {fault}"));
        let is_known = FaultCode::ALL.iter().any(|code| fault["code"] == code.as_str());
        expect(is_known, &format!("the code of a fault is in the table: {fault}"));
        let detail = fault["detail"].as_str().unwrap_or_default();
        expect(!detail.is_empty() && fault["params"].is_object(), &format!("a fault has detail and params: {fault}"));
    }
    breaches
}

/// Insides of the service in a text; what the caller sent may come back.
pub fn leaks(text: &str, sent: &str) -> Vec<String> {
    let found = LEAKS.iter().filter(|leak| text.contains(**leak) && !sent.contains(**leak));
    found.map(|leak| format!("the body reveals our insides ('{leak}')")).collect()
}
