//! Which fields of a record changed, as people read it.

use serde_json::Value;
use uuid::Uuid;

use super::sentence;
use crate::domain::changes::FieldChange;
use crate::domain::field_names;
use crate::domain::instant::Instant;
use crate::domain::labels;
use crate::domain::language::Sentence;
use crate::schemas::custom_field::Label;

/// Longest value that is told, in characters.
const VALUE_MAX: usize = 60;

/// Prose: that it changed is told, and not what it says now.
const PROSE: &[&str] = &["body", "description", "note", "notes", "proof", "question", "terms", "text", "wording"];

/// Fields whose values are words of enumerations, and which: what people call the words is told.
const WORDS: &[(&str, &[&str])] = &[
    ("billing_interval", &["billing_interval"]),
    ("channel", &["outreach_channel", "contact_channel", "sent_by"]),
    ("language", &["language"]),
    ("legal_basis", &["legal_basis"]),
    ("lifecycle_stage", &["lifecycle_stage"]),
    ("method", &["payment_method"]),
    ("obtained_through", &["grant_source"]),
    ("person.gender", &["gender"]),
    ("person.marital_status", &["marital_status"]),
    ("person.salutation", &["salutation"]),
    ("priority", &["priority"]),
    ("relationship_type", &["relationship_type"]),
    ("renewal", &["renewal"]),
    ("role", &["role"]),
    ("severity", &["severity"]),
    ("visibility", &["visibility"]),
];

/// Each field that changed, with its new value where that is short and says something to people. `own` names the fields
/// the business has defined itself.
pub fn changed<'a>(
    changes: impl IntoIterator<Item = &'a FieldChange>,
    own: impl Fn(&str) -> Option<&'a Label>,
) -> Sentence {
    let changes: Vec<&FieldChange> = changes.into_iter().collect();
    let is_told = |change: &&&FieldChange| match change.field.strip_suffix(".currency") {
        // An amount and its currency are one value.
        Some(money) => !changes.iter().any(|other| other.field.strip_suffix(".amount") == Some(money)),
        None => true,
    };
    let (mut en, mut de) = (Vec::new(), Vec::new());
    for change in changes.iter().filter(is_told) {
        let Name { names: (name_en, name_de), is_whole } = name(&change.field, &own);
        let (told_en, told_de) = match (&change.to, is_whole) {
            (Value::Null, true) => (format!("{name_en} removed"), format!("{name_de} entfernt")),
            (value, true) => match shown(&change.field, value) {
                Some((en, de)) => (format!("{name_en} set to {en}"), format!("{name_de} auf {de} gesetzt")),
                None => (format!("{name_en} changed"), format!("{name_de} geändert")),
            },
            (_, false) => (format!("{name_en} changed"), format!("{name_de} geändert")),
        };
        // Several members of one field are one change to people.
        if en.last() != Some(&told_en) {
            en.push(told_en);
            de.push(told_de);
        }
    }
    sentence(en.join(", "), de.join(", "))
}

/// A title with the fields that changed behind it, as far as they have names: what callers write, and not what follows
/// from it.
pub fn naming<'a>(title: &Sentence, changes: &'a [FieldChange], own: impl Fn(&str) -> Option<&'a Label>) -> Sentence {
    let is_known =
        |change: &&FieldChange| own(&change.field).is_some() || field_names::name(first(&change.field)).is_some();
    let Sentence { en, de } = changed(changes.iter().filter(is_known), &own);
    match en.is_empty() {
        true => title.clone(),
        false => sentence(format!("{}: {en}", title.en), format!("{}: {de}", title.de)),
    }
}

/// What a change is called.
struct Name<'a> {
    names: (&'a str, &'a str),
    /// Whether it is that of the field itself, or of its amount, and not of what it is a part of.
    is_whole: bool,
}

/// What people call a field, or what it is a part of; what has no name of its own is called by its path.
fn name<'a>(path: &'a str, own: &impl Fn(&str) -> Option<&'a Label>) -> Name<'a> {
    if let Some(label) = own(path) {
        return Name { names: (&label.en, &label.de), is_whole: true };
    }
    let amount = path.strip_suffix(".amount").and_then(field_names::name);
    if let Some(names) = field_names::name(path).or(amount) {
        return Name { names, is_whole: true };
    }
    match field_names::name(first(path)) {
        Some(names) => Name { names, is_whole: false },
        None => Name { names: (path, path), is_whole: true },
    }
}

fn first(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// A value as people read it in both languages. Ids say nothing to them.
fn shown(path: &str, value: &Value) -> Option<(String, String)> {
    let text = match value {
        Value::String(text) => text.as_str(),
        Value::Number(number) => return Some((number.to_string(), number.to_string())),
        _ => return None,
    };
    let is_line = !text.is_empty() && text.chars().count() <= VALUE_MAX && !text.chars().any(char::is_control);
    if !is_line || PROSE.contains(&path) || Uuid::try_parse(text).is_ok() {
        return None;
    }
    let enumerations = WORDS.iter().find(|(field, _)| *field == path).map_or(&[][..], |(_, names)| *names);
    if let Some(named) = enumerations.iter().find_map(|name| labels::named(name, text)) {
        return Some((named.en.to_owned(), named.de.to_owned()));
    }
    if path.ends_with("_at") && Instant::parse(text).is_some() {
        let minute = text.get(..16)?.replace('T', " ");
        return Some((format!("{minute} UTC"), format!("{minute} UTC")));
    }
    Some((text.to_owned(), text.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(changes: &[(&str, Value)]) -> (String, String) {
        let change =
            |(field, to): &(&str, Value)| FieldChange { field: (*field).to_owned(), from: json!("x"), to: to.clone() };
        let changes: Vec<FieldChange> = changes.iter().map(change).collect();
        let Sentence { en, de } = changed(&changes, |_| None);
        (en, de)
    }

    fn pair(en: &str, de: &str) -> (String, String) {
        (en.to_owned(), de.to_owned())
    }

    #[test]
    fn short_values_are_told_as_people_read_them() {
        let changes = [("priority", json!("high")), ("due_on", json!("2026-12-18")), ("payment_terms_days", json!(14))];
        let en = "Priority set to High, Due date set to 2026-12-18, Days to pay set to 14";
        assert_eq!(
            told(&changes),
            pair(
                en,
                "Priorität auf Hoch gesetzt, Fälligkeit auf 2026-12-18 gesetzt, Zahlungsziel in Tagen auf 14 gesetzt"
            )
        );
        let due = [("due_at", json!("2026-12-08T09:30:00.000000Z"))];
        assert_eq!(
            told(&due),
            pair("Due date set to 2026-12-08 09:30 UTC", "Fälligkeit auf 2026-12-08 09:30 UTC gesetzt")
        );
        assert_eq!(told(&[("method", json!("card"))]).1, "Zahlungsart auf Karte gesetzt");
        // A word of the business, though a group of events is called so as well.
        assert_eq!(told(&[("category", json!("purchase"))]).1, "Kategorie auf purchase gesetzt");
    }

    #[test]
    fn an_amount_and_its_currency_are_one_value() {
        let both = |amount: Value, currency: Value| told(&[("value.amount", amount), ("value.currency", currency)]).0;
        assert_eq!(both(json!("1200.00"), json!("EUR")), "Value set to 1200.00");
        assert_eq!(both(Value::Null, Value::Null), "Value removed");
        assert_eq!(told(&[("value.currency", json!("CHF"))]).0, "Value changed");
        let revenue = [("company.annual_revenue.amount", json!("5.00"))];
        assert_eq!(told(&revenue), pair("Annual revenue set to 5.00", "Jahresumsatz auf 5.00 gesetzt"));
    }

    #[test]
    fn ids_lists_and_parts_are_named_alone() {
        let id = json!("019a0000-0000-7000-8000-000000000000");
        assert_eq!(told(&[("order_id", id), ("lines", json!([]))]).0, "Order changed, Lines changed");
        let moved = [("billing_address.city", json!("Kiel")), ("billing_address.postal_code", Value::Null)];
        assert_eq!(told(&moved), pair("Billing address changed", "Rechnungsanschrift geändert"));
        assert_eq!(told(&[("notes", Value::Null), ("notes", json!("Kurz"))]).0, "Notes removed, Notes changed");
        assert_eq!(
            told(&[("subject", json!("a".repeat(61))), ("title", json!("a\nb"))]).0,
            "Subject changed, Title changed"
        );
    }

    #[test]
    fn what_follows_from_a_change_is_not_told() {
        let change = |field: &str| FieldChange { field: field.to_owned(), from: Value::Null, to: json!("1") };
        let title = sentence("Invoice changed: R-1", "Rechnung geändert: R-1");
        let label = Label { en: "Budget".to_owned(), de: "Etat".to_owned() };
        let own = |path: &str| path.starts_with("custom_fields.").then_some(&label);
        let changes = [change("open_amount.amount"), change("subject"), change("custom_fields.etat")];
        let told = naming(&title, &changes, own);
        assert_eq!(told.de, "Rechnung geändert: R-1: Betreff auf 1 gesetzt, Etat auf 1 gesetzt");
        assert_eq!(naming(&title, &[change("open_amount.amount")], own), title);
    }
}
