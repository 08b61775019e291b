//! The sentences people read in a timeline, in both languages.

use serde_json::Value;

use crate::domain::changes::FieldChange;
use crate::domain::language::Sentence;
use crate::schemas::custom_field::Label;

/// Longest title.
const TITLE_MAX: usize = 300;

/// A sentence in both languages, cut to the length of a title.
pub fn sentence(en: impl Into<String>, de: impl Into<String>) -> Sentence {
    Sentence { en: cut(&en.into(), TITLE_MAX), de: cut(&de.into(), TITLE_MAX) }
}

/// The beginning of a text, at most `max` characters, with an ellipsis where something is left out.
pub fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// A customer was created.
pub fn customer_created(name: &str) -> Sentence {
    sentence(format!("Customer created: {name}"), format!("Kunde angelegt: {name}"))
}

/// A customer was archived.
pub fn customer_archived(name: &str) -> Sentence {
    sentence(format!("Customer archived: {name}"), format!("Kunde archiviert: {name}"))
}

/// A customer was restored.
pub fn customer_restored(name: &str) -> Sentence {
    sentence(format!("Customer restored: {name}"), format!("Kunde wiederhergestellt: {name}"))
}

/// Fields of a customer changed: each is named, with its new value where that is short. `own` names those the business
/// has defined itself.
pub fn customer_updated<'a>(changes: &'a [FieldChange], own: impl Fn(&str) -> Option<&'a Label>) -> Sentence {
    let (mut en, mut de) = (Vec::new(), Vec::new());
    for change in changes {
        let own = own(&change.field).map(|label| (label.en.as_str(), label.de.as_str()));
        let (name_en, name_de) = own.unwrap_or_else(|| field(&change.field));
        match &change.to {
            Value::Null => {
                en.push(format!("{name_en} removed"));
                de.push(format!("{name_de} entfernt"));
            }
            Value::String(value) if value.chars().count() <= 60 && !value.is_empty() => {
                en.push(format!("{name_en} set to {value}"));
                de.push(format!("{name_de} auf {value} gesetzt"));
            }
            _ => {
                en.push(format!("{name_en} changed"));
                de.push(format!("{name_de} geändert"));
            }
        }
    }
    sentence(en.join(", "), de.join(", "))
}

/// What people call a field; what has no name of its own is called by its path.
fn field(path: &str) -> (&str, &str) {
    let known = FIELDS.iter().find(|(field, _, _)| *field == path);
    known.map_or((path, path), |(_, en, de)| (en, de))
}

const FIELDS: &[(&str, &str, &str)] = &[
    ("acquisition_channel", "Acquisition channel", "Akquisekanal"),
    ("addresses", "Addresses", "Adressen"),
    ("category", "Category", "Kategorie"),
    ("communication_preferences.allowed_channels", "Allowed channels", "Erlaubte Kanäle"),
    ("communication_preferences.preferred_channel", "Preferred channel", "Bevorzugter Kanal"),
    ("company.annual_revenue.amount", "Annual revenue", "Jahresumsatz"),
    ("company.competitors", "Competitors", "Wettbewerber"),
    ("company.employee_count", "Number of employees", "Mitarbeiterzahl"),
    ("company.legal_form", "Legal form", "Rechtsform"),
    ("company.legal_name", "Registered name", "Firma"),
    ("company.trade_name", "Trade name", "Geschäftsbezeichnung"),
    ("company.vat_id", "VAT id", "USt-IdNr."),
    ("contact_points", "Contact details", "Kontaktdaten"),
    ("customer_number", "Customer number", "Kundennummer"),
    ("customer_since", "Customer since", "Kunde seit"),
    ("display_name", "Name", "Name"),
    ("external_ids", "External ids", "Externe Kennungen"),
    ("language", "Language", "Sprache"),
    ("lifecycle_stage", "Lifecycle stage", "Lebenszyklusphase"),
    ("needs", "Needs", "Bedürfnisse"),
    ("owner_id", "Account manager", "Betreuer"),
    ("person.academic_title", "Academic title", "Titel"),
    ("person.birth_date", "Birthday", "Geburtsdatum"),
    ("person.employer.name", "Employer", "Arbeitgeber"),
    ("person.family_name", "Family name", "Nachname"),
    ("person.given_name", "Given name", "Vorname"),
    ("person.household_members", "Household", "Haushalt"),
    ("person.interests", "Interests", "Interessen"),
    ("person.job_title", "Position", "Position"),
    ("person.marital_status", "Marital status", "Familienstand"),
    ("person.nationality", "Nationality", "Staatsangehörigkeit"),
    ("person.occupation", "Occupation", "Beruf"),
    ("person.salutation", "Salutation", "Anrede"),
    ("preferences", "Preferences", "Vorlieben"),
    ("purchase_criteria", "Purchase criteria", "Kaufkriterien"),
    ("referred_by", "Referred by", "Empfohlen von"),
    ("relationship_type", "Kind of relationship", "Art der Beziehung"),
    ("restricted", "Restriction of processing", "Einschränkung der Verarbeitung"),
    ("tags", "Tags", "Schlagwörter"),
    ("team_id", "Team", "Team"),
    ("tier", "Tier", "Servicestufe"),
];
