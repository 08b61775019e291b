//! The operations of an OpenAPI document, for the gates that walk them.

use serde_json::Value;

/// Methods an operation can have.
pub const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// One operation.
#[derive(Clone, Copy)]
pub struct Operation<'a> {
    /// `GET`, `POST` …
    pub method: &'a str,
    /// `/v1/customers/{id}`.
    pub path: &'a str,
    /// The operation itself.
    pub content: &'a Value,
    document: &'a Value,
}

/// All operations in the order of the document.
pub fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let found = paths.flat_map(|(path, item)| {
        METHODS.into_iter().filter_map(move |method| {
            let content = item.get(method.to_ascii_lowercase())?;
            Some(Operation { method, path, content, document })
        })
    });
    found.collect()
}

impl<'a> Operation<'a> {
    /// `create_customer`.
    pub fn id(&self) -> &'a str {
        self.content["operationId"].as_str().unwrap_or_default()
    }

    /// For messages: `POST /v1/customers (create_customer)`.
    pub fn name(&self) -> String {
        format!("{} {} ({})", self.method, self.path, self.id())
    }

    /// Whether it can be called without a token.
    pub fn is_public(&self) -> bool {
        let security = self.content.get("security").unwrap_or(&self.document["security"]);
        let schemes = security.as_array().into_iter().flatten().filter_map(Value::as_object);
        // An empty requirement is none (OpenAPI 3.1, Security Requirement Object).
        schemes.clone().count() == 0 || schemes.into_iter().any(serde_json::Map::is_empty)
    }

    /// Whether it changes something.
    pub fn is_mutating(&self) -> bool {
        !matches!(self.method, "GET" | "HEAD")
    }

    /// Its parameters, references followed.
    pub fn parameters(&self) -> Vec<&'a Value> {
        let parameters = self.content["parameters"].as_array().into_iter().flatten();
        parameters.map(|parameter| resolve(self.document, parameter)).collect()
    }

    /// A parameter by place (`path`, `query`, `header`) and name.
    pub fn parameter(&self, place: &str, name: &str) -> Option<&'a Value> {
        let is_it = |parameter: &&Value| {
            let found = parameter["name"].as_str().unwrap_or_default();
            parameter["in"] == place && found.eq_ignore_ascii_case(name)
        };
        self.parameters().into_iter().find(is_it)
    }

    /// The documented statuses.
    pub fn statuses(&self) -> Vec<&'a str> {
        self.content["responses"].as_object().into_iter().flat_map(|all| all.keys()).map(String::as_str).collect()
    }

    /// Media types of the request's body, with what is said about each.
    pub fn request_bodies(&self) -> Vec<(&'a str, &'a Value)> {
        let body = resolve(self.document, &self.content["requestBody"]);
        let content = body["content"].as_object().into_iter().flatten();
        content.map(|(media_type, body)| (media_type.as_str(), body)).collect()
    }

    /// The first example of a request's body.
    pub fn request_example(&self) -> Option<&'a Value> {
        self.request_bodies().into_iter().find_map(|(_, body)| {
            let named = body["examples"].as_object().and_then(|all| all.values().next());
            let named = named.map(|example| &resolve(self.document, example)["value"]);
            let schema = resolve(self.document, &body["schema"]);
            let of_schema = schema.get("example").or_else(|| schema["examples"].get(0));
            body.get("example").or(named).or(of_schema)
        })
    }

    /// The path with something in the place of each parameter.
    pub fn path_with(&self, value: impl Fn(&str) -> String) -> String {
        let parts = self.path.split('/').map(|part| {
            let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
            name.map_or_else(|| part.to_owned(), &value)
        });
        parts.collect::<Vec<_>>().join("/")
    }
}

/// What a value says itself, or what its `$ref` leads to.
pub fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    match reference {
        Some(place) => resolve(document, document.pointer(place).unwrap_or(&Value::Null)),
        None => value,
    }
}
