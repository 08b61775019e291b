//! What the timelines of both ends tell of a link, each from its own point of view.

use serde_json::{Map, Value, json};

use super::SUBJECT;
use super::ends::Ends;
use crate::domain::event_kind::Category;
use crate::domain::language::Sentence;
use crate::domain::relationship::{RelationshipDirection, RelationshipKind};
use crate::entities::relationship::{End, Model};
use crate::history::entry::{Entry, Root, Subject};
use crate::services::sentences::{cut, sentence};

/// Longest name in a sentence, in characters.
const NAME_MAX: usize = 160;

/// The entries of the first and the second end.
pub fn of(kind: RelationshipKind, row: &Model, ends: &Ends, happened: &str, facts: Map<String, Value>) -> [Entry; 2] {
    let told = |own: &End, other: &End, direction: RelationshipDirection| {
        let mut payload = facts.clone();
        payload.insert("direction".to_owned(), json!(direction));
        let other_end = json!({ "id": other.id, "kind": other.kind, "display_name": other.display_name });
        payload.insert("other".to_owned(), other_end);
        let title = title(kind, happened, direction, other, row.role.as_deref());
        let subject = Subject { kind: SUBJECT, id: row.id };
        let name = format!("{SUBJECT}.{happened}");
        let entry = Entry::new(Root::customer(own.id), subject, name, Category::MasterData, title);
        entry.with_payload(Value::Object(payload))
    };
    [
        told(&ends.from, &ends.to, RelationshipDirection::Outgoing),
        told(&ends.to, &ends.from, RelationshipDirection::Incoming),
    ]
}

/// "Beziehung angelegt: angestellt bei Werft Nord GmbH (Einkaufsleiterin)".
fn title(
    kind: RelationshipKind,
    happened: &str,
    direction: RelationshipDirection,
    other: &End,
    role: Option<&str>,
) -> Sentence {
    let german = match happened {
        "created" => "angelegt",
        "ended" => "beendet",
        "archived" => "archiviert",
        "restored" => "wiederhergestellt",
        _ => "geändert",
    };
    let english = if happened == "updated" { "changed" } else { happened };
    let name = cut(&other.display_name, NAME_MAX);
    let role = role.map(|role| format!(" ({role})")).unwrap_or_default();
    let words = kind.words(direction);
    sentence(
        format!("Relationship {english}: {} {name}{role}", words.en),
        format!("Beziehung {german}: {} {name}{role}", words.de),
    )
}
