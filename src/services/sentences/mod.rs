//! The sentences people read in a timeline, in both languages.

mod changed;

pub use changed::{changed, naming};

use crate::domain::language::Sentence;

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
