//! Who may import whom: `ARCHITECTURE.md`, checked. The lists of exceptions may only shrink.

use std::collections::BTreeSet;

use crate::support::source::{Source, root};

/// Each room and what it may use of ours. A room may only use what stands above it in this table, so that there is no
/// way back up; `room::module` allows that module only.
const ROOMS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("config", &["domain"]),
    ("telemetry", &["config"]),
    ("error", &["domain"]),
    ("entities", &["domain"]),
    ("schemas", &["domain", "entities", "error"]),
    ("history", &["entities", "domain", "error", "config"]),
    ("content", &["domain", "error", "config"]),
    ("auth", &["domain", "config", "error"]),
    ("services", &["history", "content", "auth", "schemas", "entities", "domain", "error", "config"]),
    ("web", &["auth", "history", "content", "schemas", "entities::keyset", "domain", "error", "config", "telemetry"]),
    ("handlers", &["services", "web", "schemas", "domain", "history::outcome", "error"]),
    ("routes", &["handlers"]),
    ("openapi", &["routes", "web", "schemas", "domain", "error"]),
    ("jobs", &["services", "web::state", "auth", "history", "domain", "error", "config"]),
    (
        "app",
        &[
            "routes",
            "openapi",
            "jobs",
            "handlers",
            "web",
            "services",
            "auth",
            "history",
            "content",
            "domain",
            "error",
            "config",
            "telemetry",
        ],
    ),
    ("demo", &["services", "auth", "schemas", "history", "content", "entities", "domain", "error", "config"]),
    (
        "cli",
        &["app", "demo", "openapi", "services", "auth", "schemas", "history", "domain", "error", "config", "telemetry"],
    ),
    ("main", &["cli"]),
];

/// What a room may not use of others, and in which files it may all the same.
const FOREIGN: &[(&str, &[&str], &[&str])] = &[
    (
        "domain",
        &["actix_web", "tokio", "reqwest", "sea_orm", "std::fs", "std::net::Tcp", "std::process", "std::env"],
        // The derive that lets an instant be a column; nothing is read or written.
        &["src/domain/instant.rs"],
    ),
    ("schemas", &["actix_web", "tokio", "sea_orm"], &[]),
    ("entities", &["actix_web", "tokio", "utoipa"], &[]),
    ("history", &["actix_web"], &[]),
    ("auth", &["actix_web", "sea_orm"], &[]),
    ("services", &["actix_web"], &[]),
    ("handlers", &["sea_orm", "sea_query"], &[]),
    ("routes", &["sea_orm", "sea_query"], &[]),
];

/// Words that begin a statement which writes. Only `history` and the migrations may.
const WRITES: &[&str] = &[
    "INSERT INTO",
    "INSERT OR",
    "UPDATE ",
    "DELETE FROM",
    "REPLACE INTO",
    "ALTER ",
    "CREATE TABLE",
    "CREATE INDEX",
    "CREATE UNIQUE",
    "DROP ",
    "TRUNCATE ",
];

/// A longer file is a folder of several capabilities.
const LINES_MAX: usize = 400;

/// Files longer than that, with their length. Shorten them and then this list; it never grows.
const TOO_LONG: &[(&str, usize)] = &[];

#[test]
fn rooms_use_only_what_stands_below_them() {
    let mut breaches = Vec::new();
    for source in Source::below("src").iter().filter(|source| source.room() != "lib") {
        let Some((_, allowed)) = ROOMS.iter().find(|(room, _)| *room == source.room()) else {
            breaches.push(format!("{}: there is no room '{}'; add it to the table", source.path, source.room()));
            continue;
        };
        breaches.extend(
            imports(source)
                .into_iter()
                .filter(|(_, path)| !is_allowed(source.room(), allowed, path))
                .map(|(place, path)| format!("{place}: '{}' may not use {}", source.room(), path.join("::"))),
        );
    }
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

#[test]
fn the_root_of_the_crate_only_lists_its_rooms() {
    let sources = Source::below("src");
    let root = sources.iter().find(|source| source.path == "src/lib.rs").expect("lib.rs");
    let items: Vec<_> = root.code.split(';').map(str::trim).filter(|item| !item.is_empty()).collect();
    assert!(items.iter().all(|item| item.starts_with("pub mod ")), "{items:?}");
}

#[test]
fn the_table_of_rooms_has_no_way_back_up() {
    for (index, (room, allowed)) in ROOMS.iter().enumerate() {
        for used in *allowed {
            let below = ROOMS[..index].iter().any(|(other, _)| used.split("::").next() == Some(other));
            assert!(below, "'{room}' uses '{used}', which does not stand above it in the table");
        }
    }
}

#[test]
fn rooms_keep_to_their_trade() {
    let mut breaches = Vec::new();
    for source in Source::below("src") {
        let rules =
            FOREIGN.iter().filter(|(room, _, but)| *room == source.room() && !but.contains(&source.path.as_str()));
        for word in rules.flat_map(|(_, words, _)| *words) {
            let places = source.places_of(word);
            breaches.extend(places.iter().map(|at| format!("{}: no {word} in '{}'", source.place(*at), source.room())));
        }
    }
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

#[test]
fn only_the_history_writes() {
    let mut breaches = Vec::new();
    for source in Source::below("src").iter().filter(|source| source.room() != "history") {
        breaches.extend(source.places_of("execute_unprepared").iter().map(|at| source.place(*at)));
        let literals = source.literals.to_ascii_uppercase();
        for word in WRITES {
            let written = literals.match_indices(word).map(|(at, _)| at);
            let begins = written.filter(|at| source.literals[..*at].ends_with([' ', '\n', '(', ';']));
            // Prose has small letters.
            let shouted = begins.filter(|at| source.literals[*at..].starts_with(word));
            breaches.extend(shouted.map(|at| format!("{}: {word}", source.place(at))));
        }
    }
    assert!(breaches.is_empty(), "raw statements that write, outside of history::Change:\n{}\n", breaches.join("\n"));
}

#[test]
fn no_file_is_too_long() {
    let folders = ["src", "migration/src", "verifier/src", "tests", "benches"];
    let there = folders.into_iter().filter(|folder| root().join(folder).exists());
    let sources: Vec<_> = there.flat_map(Source::below).collect();
    let mut breaches = Vec::new();
    for source in &sources {
        let known = TOO_LONG.iter().find(|(path, _)| *path == source.path).map(|(_, lines)| *lines);
        match known {
            None if source.lines > LINES_MAX => {
                breaches.push(format!("{} has {} lines: split it by capability", source.path, source.lines));
            }
            Some(lines) if source.lines > lines => {
                breaches.push(format!("{} has grown from {lines} to {} lines", source.path, source.lines));
            }
            Some(lines) if source.lines < lines => {
                breaches.push(format!("{} has {} lines only: correct TOO_LONG", source.path, source.lines));
            }
            _ => {}
        }
    }
    let paths: BTreeSet<_> = sources.iter().map(|source| source.path.as_str()).collect();
    let gone = TOO_LONG.iter().filter(|(path, _)| !paths.contains(path));
    breaches.extend(gone.map(|(path, _)| format!("{path} is gone: correct TOO_LONG")));
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

fn is_allowed(room: &str, allowed: &[&str], path: &[String]) -> bool {
    // Exported macros live at the root of the crate; `lib.rs` has nothing else.
    let is_macro = path.len() == 1 && ROOMS.iter().all(|(room, _)| *room != path[0]);
    is_macro
        || path.first().is_some_and(|first| first == room)
        || allowed.iter().any(|entry| {
            entry.split("::").zip(path).all(|(wanted, used)| wanted == used) && {
                entry.split("::").count() <= path.len()
            }
        })
}

/// Everything of ours a file names, with its place: `["domain", "money"]`.
fn imports(source: &Source) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for word in ["crate", "kundenhistorie"] {
        for at in source.places_of(word) {
            let Some(rest) = source.code[at + word.len()..].strip_prefix("::") else { continue };
            found.extend(leaves(rest).into_iter().map(|path| (source.place(at), path)));
        }
    }
    // `super` chains that leave the room are imports as well.
    let depth = source.path.matches('/').count();
    let is_root = source.path.ends_with("/mod.rs");
    for at in source.places_of("super") {
        let rest = &source.code[at..];
        let ups = rest.split("::").take_while(|part| *part == "super").count();
        let begins = !source.code[..at].ends_with("super::");
        if begins && ups + usize::from(is_root) >= depth {
            let path = rest.split("::").skip(ups).map(name).next().unwrap_or_default();
            found.push((source.place(at), vec![path]));
        }
    }
    found
}

/// The first two names of every path in a use tree: `{domain::money, error::{Code, Error}}`.
fn leaves(tree: &str) -> Vec<Vec<String>> {
    let Some(group) = tree.strip_prefix('{') else {
        let first = name(tree);
        let after = &tree[first.len()..];
        let Some(rest) = after.strip_prefix("::") else {
            return vec![vec![first]];
        };
        let seconds = leaves(rest).into_iter();
        return seconds.map(|second| vec![first.clone(), second.into_iter().next().unwrap_or_default()]).collect();
    };
    let (mut depth, mut begun, mut parts) = (0_usize, 0, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' | ',' if depth == 0 => {
                parts.push(group[begun..at].trim());
                begun = at + 1;
            }
            _ => {}
        }
        if letter == '}' && begun == at + 1 {
            break;
        }
    }
    parts.into_iter().filter(|part| !part.is_empty()).flat_map(leaves).collect()
}

fn name(text: &str) -> String {
    text.trim_start().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches(path: &str, text: &str) -> Vec<String> {
        let source = Source::new(path, text);
        let allowed = ROOMS.iter().find(|(room, _)| *room == source.room()).expect("a room").1;
        let bad = imports(&source).into_iter().filter(|(_, path)| !is_allowed(source.room(), allowed, path));
        bad.map(|(_, path)| path.join("::")).collect()
    }

    #[test]
    fn every_way_to_name_another_room_is_seen() {
        let text =
            "use crate::{domain::{money, email}, web::{Valid, reply}};\nfn f() { crate::services::tags::list() }";
        assert_eq!(breaches("src/handlers/tags.rs", text), Vec::<String>::new());
        assert_eq!(breaches("src/entities/tag.rs", text), ["web::Valid", "web::reply", "services::tags"]);
        assert_eq!(breaches("src/entities/tag.rs", "use super::super::web::reply;"), ["web"]);
        assert_eq!(breaches("src/entities/mod.rs", "use super::web::reply;"), ["web"]);
        assert_eq!(breaches("src/entities/tag/row.rs", "use super::super::customer;"), Vec::<String>::new());
        assert_eq!(breaches("src/schemas/tag.rs", "use crate::page_of;\ncrate::page_of! {}"), Vec::<String>::new());
        assert_eq!(breaches("src/schemas/tag.rs", "use crate::web;"), ["web"]);
    }

    #[test]
    fn a_module_may_be_allowed_without_its_room() {
        assert_eq!(breaches("src/web/cursor.rs", "use crate::entities::keyset::Mark;"), Vec::<String>::new());
        assert_eq!(breaches("src/web/cursor.rs", "use crate::entities::user::Model;"), ["entities::user"]);
        assert_eq!(breaches("src/web/cursor.rs", "use crate::entities;"), ["entities"]);
    }
}
