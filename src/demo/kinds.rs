//! The kinds of events this invented business has registered.

use serde_json::{Value, json};

use crate::domain::event_kind::Category;

/// A kind of event of one's own.
pub struct Kind {
    /// `<thing>.<past participle>`.
    pub name: &'static str,
    /// Its group.
    pub category: Category,
    /// The English title; `{payload.…}` are members of the payload.
    pub title_en: &'static str,
    /// The German title.
    pub title_de: &'static str,
    /// JSON Schema of the payload.
    pub schema: fn() -> Value,
}

/// A machine was looked after.
pub const SERVICE: &str = "machine.maintained";
/// Somebody came to a course.
pub const COURSE: &str = "course.attended";
/// Somebody put a machine together on our website.
pub const CONFIGURATION: &str = "configuration.saved";

/// All of them.
pub const KINDS: &[Kind] = &[
    Kind {
        name: SERVICE,
        category: Category::Support,
        title_en: "{payload.machine} serviced by {payload.technician}",
        title_de: "{payload.machine} gewartet durch {payload.technician}",
        schema: || closed(json!({ "machine": text(), "technician": text(), "operating_hours": count() })),
    },
    Kind {
        name: COURSE,
        category: Category::Purchase,
        title_en: "Course attended: {payload.course}",
        title_de: "Kurs besucht: {payload.course}",
        schema: || closed(json!({ "course": text(), "participants": count() })),
    },
    Kind {
        name: CONFIGURATION,
        category: Category::Marketing,
        title_en: "Configuration saved: {payload.machine}",
        title_de: "Konfiguration gespeichert: {payload.machine}",
        schema: || closed(json!({ "machine": text(), "options": count() })),
    },
];

fn text() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": 200 })
}

fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

/// An object with exactly these members.
fn closed(properties: Value) -> Value {
    let required: Vec<&String> = properties.as_object().into_iter().flat_map(|members| members.keys()).collect();
    json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false })
}
