//! A caller: sends requests, and accepts no answer the served document does not promise.

use std::collections::BTreeMap;
use std::ops::Index;

use reqwest::header::{AUTHORIZATION, HeaderMap};
use reqwest::{Method, RequestBuilder, Url};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::contract::{Contract, Exchange};
use super::problem;
use super::users::SignedIn;
use uuid::Uuid;

/// Somebody with or without a token.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    token: Option<String>,
    user: Option<SignedIn>,
    language: &'static str,
}

impl Client {
    /// A caller without a token, of the service at `base`.
    pub fn new(http: reqwest::Client, base: Url) -> Self {
        Self { http, base, token: None, user: None, language: "en" }
    }

    /// The same caller with an access token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { token: Some(token.into()), ..self.clone() }
    }

    /// The same caller as a user who has signed in.
    #[must_use]
    pub fn of_user(&self, user: SignedIn) -> Self {
        Self { token: Some(user.access_token.clone()), user: Some(user), ..self.clone() }
    }

    /// The same caller without a token.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self { token: None, user: None, ..self.clone() }
    }

    /// The same caller in another language.
    #[must_use]
    pub fn speaking(&self, language: &'static str) -> Self {
        Self { language, ..self.clone() }
    }

    /// The id of the user behind the token.
    pub fn user_id(&self) -> Uuid {
        self.user().id
    }

    /// The access token.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The user behind the token.
    pub fn user(&self) -> &SignedIn {
        self.user.as_ref().expect("a user who has signed in")
    }

    /// The document the service serves; read once per process.
    pub async fn contract(&self) -> &'static Contract {
        static CONTRACT: OnceCell<Contract> = OnceCell::const_new();
        let read = || async {
            let url = self.base.join("/openapi.json").expect("an address");
            let reply = self.http.get(url).send().await.expect("the document is served");
            assert_eq!(reply.status(), 200, "/openapi.json");
            Contract::new(reply.json().await.expect("the document is JSON"))
        };
        CONTRACT.get_or_init(read).await
    }

    /// Reads.
    pub fn get(&self, path: &str) -> Call<'_> {
        self.call(Method::GET, path)
    }

    /// Creates.
    pub fn post(&self, path: &str, body: Value) -> Call<'_> {
        self.call(Method::POST, path).json(body)
    }

    /// Changes the version that `etag` names.
    pub fn patch(&self, path: &str, etag: &str, body: Value) -> Call<'_> {
        let call = self.call(Method::PATCH, path).header("if-match", etag);
        call.body("application/merge-patch+json", body.to_string())
    }

    /// Archives the version that `etag` names.
    pub fn delete(&self, path: &str, etag: &str) -> Call<'_> {
        self.call(Method::DELETE, path).header("if-match", etag)
    }

    /// Anything, without a body.
    pub fn call(&self, method: Method, path: &str) -> Call<'_> {
        let url = self.base.join(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut request = self.http.request(method.clone(), url).header("accept-language", self.language);
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        Call { client: self, method, request, headers: Vec::new(), body: None }
    }
}

/// A request that is being put together.
#[must_use = "a call is sent by `send`"]
pub struct Call<'a> {
    client: &'a Client,
    method: Method,
    request: RequestBuilder,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Call<'_> {
    /// Adds query parameters.
    pub fn query(mut self, parameters: &[(&str, &str)]) -> Self {
        self.request = self.request.query(parameters);
        self
    }

    /// Sets a header; the last one of a name counts.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The language of the answer.
    pub fn language(self, language: &str) -> Self {
        self.header("accept-language", language)
    }

    /// Makes the request repeatable.
    pub fn idempotency_key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// Sends JSON.
    pub fn json(self, body: Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// Sends anything.
    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self.header("content-type", media_type)
    }

    /// Sends the request and judges the answer.
    ///
    /// # Panics
    /// If the answer breaks the contract; the message says how.
    pub async fn send(self) -> Reply {
        let Self { client, method, mut request, headers, body } = self;
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = reqwest::header::HeaderName::try_from(name).expect("the name of a header");
            map.insert(name, value.try_into().expect("the value of a header"));
        }
        request = request.headers(map);
        if let Some(body) = body {
            request = request.body(body);
        }
        let request = request.build().expect("a request");
        let url = request.url().clone();
        let sent = format!(
            "{method} {url}\n{:?}\n{}",
            request.headers(),
            request.body().and_then(|body| body.as_bytes()).map(String::from_utf8_lossy).unwrap_or_default()
        );
        let answer = client.http.execute(request).await.unwrap_or_else(|error| panic!("{method} {url}: {error}"));
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = answer.bytes().await.unwrap_or_else(|error| panic!("{method} {url}: {error}")).to_vec();
        let reply = Reply {
            status,
            headers,
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
            bytes,
            request: format!(
                "{method} {}{}",
                url.path(),
                url.query().map(|query| format!("?{query}")).unwrap_or_default()
            ),
        };
        reply.judge(client.contract().await, &method, &url, &sent);
        reply
    }
}

/// An answer that keeps the contract.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body, if it is JSON; else null.
    pub body: Value,
    /// The body as it came, decompressed.
    pub bytes: Vec<u8>,
    request: String,
}

impl Reply {
    fn judge(&self, contract: &Contract, method: &Method, url: &Url, sent: &str) {
        let exchange = Exchange {
            method,
            path: url.path(),
            sent: &format!("{sent}\n{}", percent_decoded(url)),
            status: self.status,
            headers: &self.headers,
            body: &self.bytes,
        };
        let mut breaches = contract.breaches(&exchange);
        breaches.extend(problem::breaches(&exchange));
        breaches.extend(always(&exchange));
        assert!(breaches.is_empty(), "an answer breaks the contract:\n  {}\n{self}", breaches.join("\n  "));
    }

    /// Insists on a status.
    pub fn expect(self, status: u16) -> Self {
        assert!(self.status == status, "expected {status}\n{self}");
        self
    }

    /// The header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap_or_else(|_| panic!("{name}\n{self}")))
    }

    /// The entity tag as it stands in the header, for `If-Match`.
    pub fn etag(&self) -> String {
        self.header("etag").unwrap_or_else(|| panic!("no ETag\n{self}")).to_owned()
    }

    /// The member `id`.
    pub fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_else(|| panic!("no id\n{self}")).to_owned()
    }

    /// What stands at a JSON pointer of the body; null where there is nothing.
    pub fn at(&self, pointer: &str) -> &Value {
        self.body.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// The entries of a list.
    pub fn items(&self) -> &[Value] {
        self.body["items"].as_array().unwrap_or_else(|| panic!("no list\n{self}"))
    }

    /// The problem document; its shape has been checked.
    pub fn problem(&self) -> &Value {
        assert!(self.status >= 400, "no failure\n{self}");
        &self.body
    }

    /// The stable code of a failure.
    pub fn code(&self) -> &str {
        self.problem()["code"].as_str().unwrap_or_default()
    }

    /// The faults of a failure: place (pointer, parameter or header) and code.
    pub fn faults(&self) -> BTreeMap<&str, &str> {
        let faults = self.problem()["errors"].as_array().into_iter().flatten();
        let place =
            |fault: &'_ Value| ["pointer", "parameter", "header"].into_iter().find(|name| fault.get(*name).is_some());
        faults.map(|fault| (text(&fault[place(fault).unwrap_or_default()]), text(&fault["code"]))).collect()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

impl Index<&str> for Reply {
    type Output = Value;

    /// A member of the body.
    fn index(&self, member: &str) -> &Value {
        &self.body[member]
    }
}

impl std::fmt::Display for Reply {
    /// For the message of a failed test.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(formatter, "{} was answered with {}", self.request, self.status)?;
        for (name, value) in &self.headers {
            writeln!(formatter, "  {name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        match &self.body {
            Value::Null => write!(formatter, "{}", String::from_utf8_lossy(&self.bytes)),
            body => write!(formatter, "{body:#}"),
        }
    }
}

/// What holds for every answer, documented or not.
fn always(exchange: &Exchange) -> Vec<String> {
    let mut breaches = Vec::new();
    if exchange.header("x-request-id").is_none_or(str::is_empty) {
        breaches.push("every answer has an X-Request-Id".to_owned());
    }
    if exchange.header("x-content-type-options") != Some("nosniff") {
        breaches.push("every answer says X-Content-Type-Options: nosniff".to_owned());
    }
    if exchange.header("cache-control").is_none() {
        breaches.push("every answer says Cache-Control".to_owned());
    }
    if exchange.header("server").is_some() {
        breaches.push("no answer names its server".to_owned());
    }
    breaches
}

fn percent_decoded(url: &Url) -> String {
    let pairs: Vec<_> = url.query_pairs().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("\n")
}
