//! The product's own source text, for the gates that read it.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The folder of the crate.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One file of Rust, taken apart. All texts have the length and the lines of the file.
pub struct Source {
    /// Relative to the crate, with `/`: `src/domain/money.rs`.
    pub path: String,
    /// Lines in the file.
    pub lines: usize,
    /// What is compiled into the product: comments, literals and tests are blank.
    pub code: String,
    /// Nothing but the contents of the string literals in `code`.
    pub literals: String,
}

impl Source {
    /// Every file of Rust below a folder of the crate, in order of their paths.
    pub fn below(folder: &str) -> Vec<Self> {
        let mut files = Vec::new();
        collect(&root().join(folder), &mut files);
        files.sort();
        let read = |file: &PathBuf| {
            let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let path = file.strip_prefix(root()).expect("a file of this crate").to_string_lossy().replace('\\', "/");
            Self::new(path, &text)
        };
        let mut sources: Vec<_> = files.iter().map(read).collect();
        let of_tests: Vec<_> = files.iter().flat_map(|file| modules_of_tests(file)).collect();
        for (source, file) in sources.iter_mut().zip(&files) {
            if of_tests.iter().any(|module| file.starts_with(module) || *file == module.with_extension("rs")) {
                source.code.clear();
                source.literals.clear();
            }
        }
        sources
    }

    /// Takes a text apart.
    pub fn new(path: impl Into<String>, text: &str) -> Self {
        let pieces = pieces(text);
        let keep = |wanted: Piece| {
            let mut kept = blank(text);
            for (piece, range) in &pieces {
                if *piece == wanted {
                    kept[range.clone()].copy_from_slice(&text.as_bytes()[range.clone()]);
                }
            }
            String::from_utf8(kept).expect("pieces end between characters")
        };
        let mut source = Self {
            path: path.into(),
            lines: text.lines().count(),
            code: keep(Piece::Code),
            literals: keep(Piece::Literal),
        };
        for range in tests(&source.code) {
            let nothing = String::from_utf8(blank(&text[range.clone()])).expect("blanks");
            source.code.replace_range(range.clone(), &nothing);
            source.literals.replace_range(range, &nothing);
        }
        source
    }

    /// The room it belongs to: `domain` for `src/domain/money.rs`, `error` for `src/error.rs`.
    pub fn room(&self) -> &str {
        let inside = self.path.trim_start_matches("src/");
        inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
    }

    /// Path and line of a place in `code` or `literals`.
    pub fn place(&self, offset: usize) -> String {
        format!("{}:{}", self.path, self.code[..offset].matches('\n').count() + 1)
    }

    /// Every place in `code` where `word` stands and is no part of a longer name.
    pub fn places_of(&self, word: &str) -> Vec<usize> {
        let in_name = |letter: char| letter.is_alphanumeric() || letter == '_';
        let found = self.code.match_indices(word).map(|(start, _)| start);
        let whole = |start: &usize| {
            let before = self.code[..*start].chars().next_back().is_some_and(in_name);
            let after = self.code[start + word.len()..].chars().next().is_some_and(in_name);
            !(before || after && word.ends_with(in_name))
        };
        found.filter(whole).collect()
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for path in entries.map(|entry| entry.expect("an entry of a folder").path()) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Modules with a file of their own that are declared behind `#[cfg(test)]`.
fn modules_of_tests(file: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let folder = match file.file_stem().and_then(|stem| stem.to_str()) {
        Some("mod" | "lib" | "main") | None => file.parent().unwrap_or(file).to_owned(),
        Some(stem) => file.with_file_name(stem),
    };
    let declared = text.split("#[cfg(test)]").skip(1).filter_map(|rest| rest.trim_start().strip_prefix("mod "));
    declared
        .filter_map(|rest| rest.split_once(';'))
        .filter(|(name, _)| !name.contains('{'))
        .map(|(name, _)| folder.join(name))
        .collect()
}

fn blank(text: &str) -> Vec<u8> {
    text.bytes().map(|byte| if byte == b'\n' { byte } else { b' ' }).collect()
}

/// What stands behind `#[cfg(test)]`: an item up to its `;` or its closing brace.
fn tests(code: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (start, _) in code.match_indices("#[cfg(test)]") {
        if ranges.last().is_some_and(|range| range.contains(&start)) {
            continue;
        }
        let mut depth = 0_usize;
        let end = code[start..].char_indices().find_map(|(offset, letter)| {
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            (matches!(letter, ';' | '}') && depth == 0).then_some(start + offset + 1)
        });
        ranges.push(start..end.unwrap_or(code.len()));
    }
    ranges
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    Code,
    Literal,
    Comment,
}

/// Splits a text of Rust at its comments and literals. Quotes stay with the code.
fn pieces(text: &str) -> Vec<(Piece, Range<usize>)> {
    let mut pieces = Vec::new();
    let (mut begun, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let in_name = text[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        let found = comment(rest).or_else(|| literal(rest, in_name));
        match found {
            Some((piece, inside)) => {
                pieces.push((Piece::Code, begun..at + inside.start));
                pieces.push((piece, at + inside.start..at + inside.end));
                begun = at + inside.end;
                // The quote that ends a literal must not begin the next one.
                at = if piece == Piece::Literal { (begun + closing(&text[begun..])).min(text.len()) } else { begun };
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    pieces.push((Piece::Code, begun..text.len()));
    pieces
}

fn comment(rest: &str) -> Option<(Piece, Range<usize>)> {
    if rest.starts_with("//") {
        return Some((Piece::Comment, 0..rest.find('\n').unwrap_or(rest.len())));
    }
    if !rest.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        let tail = &rest[at..];
        match (tail.starts_with("/*"), tail.starts_with("*/")) {
            (true, _) => (depth, at) = (depth + 1, at + 2),
            (_, true) => (depth, at) = (depth - 1, at + 2),
            _ => at += tail.chars().next().map_or(1, char::len_utf8),
        }
        if depth == 0 || at >= rest.len() {
            return Some((Piece::Comment, 0..at.min(rest.len())));
        }
    }
}

fn literal(rest: &str, in_name: bool) -> Option<(Piece, Range<usize>)> {
    let hashes = |text: &str| text.bytes().take_while(|byte| *byte == b'#').count();
    if let Some(raw) = rest.strip_prefix('r').filter(|_| !in_name).or(rest.strip_prefix("br").filter(|_| !in_name)) {
        let count = hashes(raw);
        if raw[count..].starts_with('"') {
            let start = rest.len() - raw.len() + count + 1;
            let end = rest[start..].find(&format!("\"{}", "#".repeat(count)))?;
            return Some((Piece::Literal, start..start + end));
        }
    }
    let quote = rest.chars().next().filter(|letter| matches!(letter, '"' | '\''))?;
    let mut escaped = false;
    let end = rest[1..].char_indices().find_map(|(offset, letter)| {
        let ends = letter == quote && !escaped;
        escaped = letter == '\\' && !escaped;
        ends.then_some(1 + offset)
    })?;
    // `'a` is a lifetime, unless exactly one character stands between two quotes.
    let is_character = rest[1..].starts_with('\\') || rest[1..end].chars().count() == 1;
    (quote == '"' || is_character).then_some((Piece::Literal, 1..end))
}

/// The length of what closes a literal: a quote and the hashes of a raw string.
fn closing(rest: &str) -> usize {
    1 + rest.get(1..).map_or(0, |tail| tail.bytes().take_while(|byte| *byte == b'#').count())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r##"
//! crate::web in a comment
use crate::domain::money; /* crate::web /* nested */ crate::web */
fn quote<'a>(text: &'a str) -> (char, char, &'a str) { ('"', '\'', "a \" crate::web \\") }
const SQL: &str = r#"INSERT INTO "users""#; // ü
#[cfg(test)]
mod tests { use crate::web; const BRACE: &str = "}"; }
fn last() { crate::history::begin("UPDATE tags"); }
"##;

    #[test]
    fn comments_literals_and_tests_are_told_from_code() {
        let source = Source::new("src/entities/tag.rs", TEXT);
        assert_eq!(source.code.len(), TEXT.len());
        assert!(!source.code.contains("crate::web"), "{}", source.code);
        assert!(source.code.contains("use crate::domain::money;") && source.code.contains("crate::history::begin("));
        assert!(source.literals.contains("INSERT INTO \"users\"") && source.literals.contains("UPDATE tags"));
        assert!(source.literals.contains("a \\\" crate::web \\\\"), "{}", source.literals);
        assert!(!source.literals.contains('}') && !source.literals.contains("nested"));
    }

    #[test]
    fn places_name_the_line_and_whole_words_only() {
        let source = Source::new("src/entities/tag.rs", TEXT);
        let places = source.places_of("history");
        assert_eq!(places.iter().map(|place| source.place(*place)).collect::<Vec<_>>(), ["src/entities/tag.rs:8"]);
        assert!(source.places_of("hist").is_empty() && source.places_of("istory").is_empty());
        assert_eq!((source.room(), Source::new("src/error.rs", "").room()), ("entities", "error"));
    }
}
