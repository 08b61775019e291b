//! The sentences in which a timeline tells of interactions.

use crate::domain::language::Sentence;
use crate::schemas::interaction::InteractionKind;
use crate::services::sentences::sentence;

/// German articles are left out, but adjectives still agree.
enum Gender {
    Feminine,
    Masculine,
    Neuter,
}

/// "Eingehender Anruf: Rückfrage Lieferung".
pub fn logged(kind: InteractionKind, direction: Option<&str>, subject: Option<&str>) -> Sentence {
    let (en, de) = names(kind, direction);
    match subject.map(str::trim).filter(|subject| !subject.is_empty()) {
        Some(subject) => sentence(format!("{en}: {subject}"), format!("{de}: {subject}")),
        None => sentence(en, de),
    }
}

/// The interaction was archived.
pub fn archived(logged: &Sentence) -> Sentence {
    sentence(format!("Archived: {}", logged.en), format!("Archiviert: {}", logged.de))
}

fn names(kind: InteractionKind, direction: Option<&str>) -> (String, String) {
    let (noun_en, noun_de, gender) = match kind {
        InteractionKind::Email => ("e-mail", "E-Mail", Gender::Feminine),
        InteractionKind::Call => ("call", "Anruf", Gender::Masculine),
        InteractionKind::Meeting => ("meeting", "Meeting", Gender::Neuter),
        InteractionKind::Note => ("note", "Notiz", Gender::Feminine),
        InteractionKind::Chat => ("chat", "Chat", Gender::Masculine),
        InteractionKind::Letter => ("letter", "Brief", Gender::Masculine),
        InteractionKind::Visit => ("visit", "Besuch", Gender::Masculine),
        InteractionKind::SocialPost => ("social media post", "Beitrag in sozialen Medien", Gender::Masculine),
    };
    let (adjective_en, stem_de) = match direction {
        Some("inbound") => ("Inbound", "Eingehend"),
        Some("outbound") => ("Outbound", "Ausgehend"),
        Some("internal") => ("Internal", "Intern"),
        _ => return (capitalised(noun_en), noun_de.to_owned()),
    };
    let ending = match gender {
        Gender::Feminine => "e",
        Gender::Masculine => "er",
        Gender::Neuter => "es",
    };
    (format!("{adjective_en} {noun_en}"), format!("{stem_de}{ending} {noun_de}"))
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjectives_agree_with_their_nouns() {
        for (kind, direction, en, de) in [
            (InteractionKind::Call, Some("inbound"), "Inbound call: X", "Eingehender Anruf: X"),
            (InteractionKind::Email, Some("outbound"), "Outbound e-mail: X", "Ausgehende E-Mail: X"),
            (InteractionKind::Meeting, Some("internal"), "Internal meeting: X", "Internes Meeting: X"),
            (InteractionKind::Email, None, "E-mail: X", "E-Mail: X"),
        ] {
            let title = logged(kind, direction, Some(" X "));
            assert_eq!((title.en.as_str(), title.de.as_str()), (en, de));
        }
        let title = archived(&logged(InteractionKind::Note, None, Some(" ")));
        assert_eq!((title.en.as_str(), title.de.as_str()), ("Archived: Note", "Archiviert: Notiz"));
    }
}
