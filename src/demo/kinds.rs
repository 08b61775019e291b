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

/// Something was bought.
pub const PURCHASE: &str = "purchase.completed";
/// Goods have arrived.
pub const DELIVERY: &str = "goods.delivered";
/// Money has arrived.
pub const TRANSFER: &str = "transfer.credited";
/// A machine was looked after.
pub const SERVICE: &str = "machine.maintained";
/// Somebody said how satisfied they are.
pub const QUESTIONNAIRE: &str = "questionnaire.answered";
/// Somebody wants our newsletter.
pub const NEWSLETTER: &str = "newsletter.subscribed";

/// All of them.
pub const KINDS: &[Kind] = &[
    Kind {
        name: PURCHASE,
        category: Category::Purchase,
        title_en: "Purchase {payload.number}: {payload.item}",
        title_de: "Kauf {payload.number}: {payload.item}",
        schema: || closed(json!({ "number": text(), "item": text(), "quantity": count() })),
    },
    Kind {
        name: DELIVERY,
        category: Category::Purchase,
        title_en: "Goods of purchase {payload.number} delivered by {payload.carrier}",
        title_de: "Ware zu Kauf {payload.number} geliefert durch {payload.carrier}",
        schema: || closed(json!({ "number": text(), "carrier": text(), "parcels": count() })),
    },
    Kind {
        name: TRANSFER,
        category: Category::Purchase,
        title_en: "Payment for purchase {payload.number} received",
        title_de: "Zahlung zu Kauf {payload.number} eingegangen",
        schema: || closed(json!({ "number": text() })),
    },
    Kind {
        name: SERVICE,
        category: Category::Support,
        title_en: "{payload.machine} serviced by {payload.technician}",
        title_de: "{payload.machine} gewartet durch {payload.technician}",
        schema: || closed(json!({ "machine": text(), "technician": text(), "operating_hours": count() })),
    },
    Kind {
        name: QUESTIONNAIRE,
        category: Category::Feedback,
        title_en: "Questionnaire answered: {payload.score} of 10",
        title_de: "Umfrage beantwortet: {payload.score} von 10",
        schema: || {
            let score = json!({ "type": "integer", "minimum": 0, "maximum": 10 });
            closed(json!({ "score": score, "comment": text() }))
        },
    },
    Kind {
        name: NEWSLETTER,
        category: Category::Marketing,
        title_en: "Newsletter subscribed: {payload.list}",
        title_de: "Rundbrief abonniert: {payload.list}",
        schema: || closed(json!({ "list": text() })),
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
