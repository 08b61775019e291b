//! What the history tells of records.

use serde_json::{Map, Value};

use super::{Kind, State};
use crate::domain::changes::FieldChange;
use crate::domain::language::Sentence;
use crate::entities::record::Record;
use crate::error::Result;
use crate::history::entry::{Entry, Root, Subject};
use crate::services::custom_fields::Definitions;
use crate::services::sentences::{cut, naming, sentence};

/// Longest label in a sentence, in characters.
const LABEL_MAX: usize = 200;

/// That fields of a record changed, and which ones.
pub fn changed<'a, K: Kind>(
    row: &K::Row,
    definitions: &'a Definitions,
) -> Result<impl FnOnce(&[FieldChange]) -> Entry + 'a> {
    let mut entry = entry::<K>(row, "updated", sentence("changed", "geändert"), Map::new())?;
    Ok(move |changes: &[FieldChange]| {
        entry.title = naming(&entry.title, changes, |field| definitions.label_of(field));
        entry
    })
}

/// `<kind>.<what happened>`, with the facts.
pub fn entry<K: Kind>(row: &K::Row, happened: &str, told: Sentence, facts: Map<String, Value>) -> Result<Entry> {
    let (words, common) = (K::words(), row.common());
    let subject = Subject { kind: words.one, id: common.id };
    let root = match common.customer_id {
        Some(customer_id) => Root::customer(customer_id),
        None => Root { id: common.id, kind: words.one },
    };
    let state = State::<K>::of(row)?;
    let title = K::title(&state, (happened, &told), &cut(&K::label(&state), LABEL_MAX));
    let kind = format!("{}.{happened}", words.one);
    let mut entry = Entry::new(root, subject, kind, K::CATEGORY, title);
    (entry.amount, entry.occurred_at) = (K::amount_told(&state, happened, &facts), K::occurred_at(&state, happened));
    Ok(entry.with_payload(Value::Object(facts)))
}
