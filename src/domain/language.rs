//! The two languages people are answered in.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Language of titles, details and timeline sentences. Codes and field names are never translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English, also the answer to a language we do not speak.
    #[default]
    En,
    /// German.
    De,
}

impl Language {
    /// The BCP 47 tag, as it stands in `Content-Language`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// Reads the tag from the database.
    pub fn parse(tag: &str) -> Self {
        if tag == "de" { Self::De } else { Self::En }
    }

    /// The preferred supported language of an `Accept-Language` header (RFC 9110, section 12.5.4).
    pub fn from_accept_language(header: &str) -> Self {
        let mut best = (0.0_f32, Self::En);
        for range in header.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default().to_ascii_lowercase();
            let quality = parts
                .find_map(|part| part.strip_prefix("q="))
                .and_then(|value| value.parse::<f32>().ok())
                .unwrap_or(1.0);
            let language = match tag.split('-').next() {
                Some("de") => Self::De,
                Some("en" | "*") => Self::En,
                _ => continue,
            };
            if quality > best.0 {
                best = (quality, language);
            }
        }
        best.1
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.tag())
    }
}

/// One sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// English text.
    pub en: String,
    /// German text.
    pub de: String,
}

impl Sentence {
    /// The text in one language.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::De => &self.de,
        }
    }
}

/// One fixed sentence in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phrase {
    /// English text.
    pub en: &'static str,
    /// German text.
    pub de: &'static str,
}

impl From<Phrase> for Sentence {
    fn from(phrase: Phrase) -> Self {
        Self { en: phrase.en.to_owned(), de: phrase.de.to_owned() }
    }
}

/// Fills `{name}` placeholders of a template; a placeholder without a value stays as it is written.
pub fn fill<'a>(template: &str, value: impl Fn(&str) -> Option<std::borrow::Cow<'a, str>>) -> String {
    let mut filled = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        filled.push_str(&rest[..start]);
        let tail = &rest[start..];
        let Some(end) = tail.find('}') else {
            filled.push_str(tail);
            return filled;
        };
        match value(&tail[1..end]) {
            Some(text) => filled.push_str(&text),
            None => filled.push_str(&tail[..=end]),
        }
        rest = &tail[end + 1..];
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_quality_supported_language_wins() {
        for (header, expected) in [
            ("", Language::En),
            ("de", Language::De),
            ("de-AT,de;q=0.9,en;q=0.8", Language::De),
            ("en;q=0.3, de;q=0.7", Language::De),
            ("fr, en;q=0.5", Language::En),
            ("fr", Language::En),
            ("de;q=0", Language::En),
        ] {
            assert_eq!(Language::from_accept_language(header), expected, "{header}");
        }
    }

    #[test]
    fn templates_are_filled_and_unknown_names_stay() {
        let filled = fill("{a} and {b} {", |name| (name == "a").then(|| "x".into()));
        assert_eq!(filled, "x and {b} {");
    }
}
