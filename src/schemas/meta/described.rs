//! What the OpenAPI document says of resources and their fields: it is made from the routes, so nothing can be missing.

use serde_json::{Map, Value};

use super::{Described, MetaField, MetaName};
use crate::domain::field_names;
use crate::schemas::custom_field::Label;

const COMPONENTS: &str = "#/components/schemas/";
/// Parameters that lists have and that are no filters.
const PAGING: [&str; 4] = ["limit", "cursor", "count", "sort"];

/// Every resource the document has a list of.
pub fn describe(document: &Value) -> Vec<Described> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let lists = paths.filter(|(path, _)| !path.contains('{'));
    let mut all: Vec<_> = lists.filter_map(|(path, item)| resource(document, path, &item["get"])).collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

fn resource(document: &Value, path: &str, list: &Value) -> Option<Described> {
    list["operationId"].as_str().filter(|id| id.starts_with("list_"))?;
    let page = &list["responses"]["200"]["content"]["application/json"]["schema"];
    let item = component(&resolved(document, page)["properties"]["items"]["items"])?;
    let creation = creation(document, path);
    let parameters = || list["parameters"].as_array().into_iter().flatten().filter(|it| it["in"] == "query");
    let filters = parameters().filter_map(|parameter| parameter["name"].as_str());
    let sort = parameters().find(|parameter| parameter["name"] == "sort");
    let fields = document["components"]["schemas"][item]["properties"].as_object().into_iter().flatten();
    Some(Described {
        name: snake_case(item),
        path: path.to_owned(),
        fields: fields.map(|(name, schema)| field(document, name, schema, creation)).collect(),
        filters: filters.filter(|name| !PAGING.contains(name)).map(|name| MetaName(name.to_owned())).collect(),
        sorts: sort.map(|sort| sorts(sort["schema"]["pattern"].as_str().unwrap_or_default())).unwrap_or_default(),
    })
}

/// What a new record is made from: sent to the list of all, or to that of a customer.
fn creation<'a>(document: &'a Value, path: &str) -> &'a Value {
    let of_customer = path.replacen("/v1/", "/v1/customers/{customer_id}/", 1);
    let body = |path: &str| &document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"];
    let schema = if body(path).is_null() { body(&of_customer) } else { body(path) };
    resolved(document, schema)
}

fn field(document: &Value, name: &str, schema: &Value, creation: &Value) -> MetaField {
    let branches = schema["oneOf"].as_array().map(Vec::as_slice).unwrap_or_default();
    let own = branches.iter().find(|branch| branch["type"] != "null").unwrap_or(schema);
    let target = resolved(document, own);
    let inner = if target["type"] == "array" { &target["items"] } else { own };
    let inner_target = resolved(document, inner);
    let names: Vec<&str> = match &schema["type"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => target["type"].as_str().into_iter().collect(),
    };
    let is_enum = inner_target["enum"].is_array();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let required = creation["required"].as_array().is_some_and(|all| all.iter().any(|it| it == name));
    MetaField {
        name: name.to_owned(),
        label: field_names::name(name).map(|(en, de)| Label { en: en.to_owned(), de: de.to_owned() }),
        r#type: names
            .iter()
            .find(|name| **name != "null")
            .map_or_else(|| "object".to_owned(), |name| (*name).to_owned()),
        format: text(&target["format"]),
        r#enum: component(inner).filter(|_| is_enum).map(snake_case),
        schema: component(inner).filter(|_| !is_enum).map(str::to_owned),
        nullable: names.contains(&"null") || branches.iter().any(|branch| branch["type"] == "null"),
        writable: !creation["properties"][name].is_null(),
        required,
        description: text(&schema["description"]).or_else(|| text(&target["description"])),
    }
}

/// The names of `^-?(one|other)(,…)?$`, and of `^-?one$`.
fn sorts(pattern: &str) -> Vec<MetaName> {
    let names = pattern.strip_prefix("^-?").unwrap_or_default().trim_start_matches('(');
    let names = names.split([')', '$']).next().unwrap_or_default().split('|');
    names.filter(|name| !name.is_empty()).map(|name| MetaName(name.to_owned())).collect()
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    component(schema).map_or(schema, |name| &document["components"]["schemas"][name])
}

fn component(schema: &Value) -> Option<&str> {
    schema.as_object().and_then(reference)
}

fn reference(schema: &Map<String, Value>) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(COMPONENTS)
}

/// `LifecycleStage` as `lifecycle_stage`.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_read_from_the_document() {
        let document = json!({
            "paths": {
                "/v1/things": {
                    "get": {
                        "operationId": "list_things",
                        "parameters": [
                            {"name": "status", "in": "query"}, {"name": "limit", "in": "query"}, {"name": "If-Match", "in": "header"},
                            {"name": "sort", "in": "query", "schema": {"pattern": "^-?(name|due_at)(,-?(name|due_at))?$"}},
                        ],
                        "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/ThingPage"}}}}},
                    },
                },
                "/v1/customers/{customer_id}/things": {
                    "post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/CreateThing"}}}}},
                },
                "/v1/other": {"get": {"operationId": "get_other"}},
            },
            "components": {"schemas": {
                "ThingPage": {"properties": {"items": {"items": {"$ref": "#/components/schemas/BigThing"}}}},
                "CreateThing": {"required": ["due_at"], "properties": {"due_at": {}, "states": {}}},
                "ThingStatus": {"type": "string", "enum": ["open"], "description": "How far it is."},
                "BigThing": {"properties": {
                    "due_at": {"type": ["string", "null"], "format": "date-time", "description": "By when."},
                    "owner": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/CreateThing"}]},
                    "states": {"type": "array", "items": {"$ref": "#/components/schemas/ThingStatus"}},
                    "status": {"$ref": "#/components/schemas/ThingStatus"},
                }},
            }},
        });
        let described = describe(&document);
        assert_eq!(described.len(), 1);
        let thing = &described[0];
        assert_eq!((thing.name.as_str(), thing.path.as_str()), ("big_thing", "/v1/things"));
        assert_eq!(thing.filters, [MetaName("status".into())]);
        assert_eq!(thing.sorts, [MetaName("name".into()), MetaName("due_at".into())]);
        let [due_at, owner, states, status] = thing.fields.as_slice() else { panic!("{:?}", thing.fields) };
        assert_eq!((due_at.r#type.as_str(), due_at.format.as_deref()), ("string", Some("date-time")));
        assert!(due_at.nullable && due_at.writable && due_at.required);
        assert!(owner.nullable && !owner.writable && owner.schema.as_deref() == Some("CreateThing"));
        assert_eq!((states.r#type.as_str(), states.r#enum.as_deref()), ("array", Some("thing_status")));
        assert!(states.writable && !states.required && !states.nullable);
        assert_eq!(status.description.as_deref(), Some("How far it is."));
    }
}
