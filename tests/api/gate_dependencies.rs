//! Licences, bans and known vulnerabilities of the dependencies, as `deny.toml` rules them.
//!
//! Licences are read from `cargo metadata`, bans and vulnerabilities from `Cargo.lock`. The RustSec database is read
//! from a local copy, so that the test neither needs nor waits for a network.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use semver::{Version, VersionReq};
use serde::Deserialize;

#[derive(Deserialize)]
struct Rules {
    licenses: Licenses,
    bans: Bans,
    advisories: Advisories,
}

#[derive(Deserialize)]
struct Licenses {
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    /// A name, or a name and the banned versions: `h2:<0.4`.
    #[serde(rename = "crate")]
    specification: String,
    reason: String,
}

#[derive(Deserialize)]
struct Advisories {
    ignore: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    id: String,
    reason: String,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: Version,
    /// Absent for the crates of this workspace.
    source: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
}

/// The front matter of an entry of the RustSec database.
#[derive(Deserialize)]
struct Entry {
    advisory: Advisory,
    versions: Versions,
}

#[derive(Deserialize)]
struct Advisory {
    id: String,
    package: String,
    withdrawn: Option<String>,
    /// `unmaintained`, `unsound` or `notice`; absent for a vulnerability.
    informational: Option<String>,
}

#[derive(Deserialize)]
struct Versions {
    patched: Vec<VersionReq>,
    #[serde(default)]
    unaffected: Vec<VersionReq>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rules() -> Rules {
    toml::from_str(&fs::read_to_string(root().join("deny.toml")).unwrap()).unwrap()
}

fn locked() -> Vec<Locked> {
    toml::from_str::<Lock>(&fs::read_to_string(root().join("Cargo.lock")).unwrap()).unwrap().package
}

#[test]
fn every_dependency_has_a_licence_on_the_list() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // Crates of other platforms are not downloaded, and offline nobody can read their licences.
    let output = Command::new(cargo)
        .args(["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", &platform()])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Metadata = serde_json::from_slice(&output.stdout).unwrap();
    assert!(metadata.packages.len() > 100, "only {} packages: this list is not the whole", metadata.packages.len());
    let allowed = rules().licenses.allow;
    let refused: Vec<_> = metadata
        .packages
        .iter()
        .filter(|package| !package.license.as_deref().is_some_and(|license| is_allowed(license, &allowed)))
        .map(|package| format!("{} {}: {:?}", package.name, package.version, package.license))
        .collect();
    assert!(refused.is_empty(), "not on the list of deny.toml:\n{}", refused.join("\n"));
}

#[test]
fn no_banned_crate_is_locked() {
    let locked = locked();
    for ban in rules().bans.deny {
        let found: Vec<_> =
            locked.iter().filter(|package| ban.matches(package)).map(|package| &package.version).collect();
        assert!(found.is_empty(), "{} ({found:?}) is banned: {}", ban.specification, ban.reason);
    }
}

#[test]
fn no_locked_crate_comes_from_outside_the_registry() {
    for package in locked() {
        if let Some(source) = package.source {
            assert_eq!(source, "registry+https://github.com/rust-lang/crates.io-index", "{}", package.name);
        }
    }
}

#[test]
fn no_locked_crate_has_a_known_vulnerability() {
    let Some(database) = database() else {
        say("SKIPPED: no copy of the RustSec database found; set KH_TEST_ADVISORY_DB to its folder");
        return;
    };
    let entries = entries(&database);
    assert!(entries.len() > 500, "only {} entries in {}", entries.len(), database.display());
    let (serious, notes) = findings(&locked(), &entries);
    for (id, crates) in notes {
        say(&format!("note: {id}: {crates}"));
    }
    let mut unexplained = serious.clone();
    for exception in rules().advisories.ignore {
        assert!(exception.reason.len() > 20, "{} needs a sentence", exception.id);
        assert!(unexplained.remove(&exception.id).is_some(), "{} is no longer needed in deny.toml", exception.id);
    }
    assert!(unexplained.is_empty(), "known vulnerabilities in {}: {unexplained:#?}", database.display());
}

/// Unlike `eprintln!`, this is shown for tests that pass, too.
fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").unwrap();
}

fn platform() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").current_dir(root()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

fn database() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("KH_TEST_ADVISORY_DB") {
        return Some(folder.into());
    }
    let beside = root().join("../shared/data/advisory-db");
    // Where cargo-audit keeps its copy.
    let home = std::env::var_os("CARGO_HOME").map(|home| PathBuf::from(home).join("advisory-db"));
    [Some(beside), home].into_iter().flatten().find(|folder| folder.join("crates").is_dir())
}

impl Ban {
    fn matches(&self, package: &Locked) -> bool {
        let (name, versions) = self.specification.split_once(':').unwrap_or((&self.specification, "*"));
        package.name == name && VersionReq::parse(versions).unwrap().matches(&package.version)
    }
}

/// Whether one may use something under this SPDX expression with nothing but the allowed licences: every part of an
/// `AND` must be allowed, and one part of an `OR`. `/` is the `OR` of old manifests.
fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let result = any_of(&mut words, allowed);
    assert!(words.next().is_none(), "not an SPDX expression: {expression}");
    result
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any_of(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut result = all_of(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        result |= all_of(words, allowed);
    }
    result
}

fn all_of(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut result = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        result &= one(words, allowed);
    }
    result
}

fn one(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    if words.next_if_eq(&"(").is_some() {
        let result = any_of(words, allowed);
        assert_eq!(words.next(), Some(")"));
        return result;
    }
    let licence = words.next().unwrap();
    match words.next_if_eq(&"WITH") {
        None => allowed.contains(licence),
        Some(_) => allowed.contains(&format!("{licence} WITH {}", words.next().unwrap())),
    }
}

fn entries(database: &Path) -> Vec<Entry> {
    let mut files = Vec::new();
    for folder in fs::read_dir(database.join("crates")).unwrap() {
        let folder = folder.unwrap().path();
        if folder.is_dir() {
            files.extend(fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()));
        }
    }
    files.iter().map(|file| entry(&fs::read_to_string(file).unwrap())).collect()
}

/// An entry is a Markdown text that begins with a block of TOML.
fn entry(text: &str) -> Entry {
    let front = text.split_once("```toml").and_then(|(_, rest)| rest.split_once("```")).unwrap().0;
    toml::from_str(front).unwrap_or_else(|error| panic!("{error}\n{front}"))
}

/// Vulnerable or unsound crates, and those that merely deserve a look (unmaintained, notices), by advisory.
fn findings(locked: &[Locked], entries: &[Entry]) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let (mut serious, mut notes) = (BTreeMap::new(), BTreeMap::new());
    for entry in entries.iter().filter(|entry| entry.advisory.withdrawn.is_none()) {
        let hit: Vec<_> = locked
            .iter()
            // Crates of this workspace only share a name with those in the database.
            .filter(|package| package.source.is_some() && package.name == entry.advisory.package)
            .filter(|package| {
                let fixed = entry.versions.patched.iter().chain(&entry.versions.unaffected);
                !fixed.into_iter().any(|versions| versions.matches(&package.version))
            })
            .map(|package| format!("{} {}", package.name, package.version))
            .collect();
        if !hit.is_empty() {
            let list = match entry.advisory.informational.as_deref() {
                None | Some("unsound") => &mut serious,
                Some(_) => &mut notes,
            };
            list.insert(entry.advisory.id.clone(), hit.join(", "));
        }
    }
    (serious, notes)
}

#[test]
fn licence_expressions_are_read_as_spdx_defines_them() {
    let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned).into();
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0/MIT", true),
        ("GPL-3.0 AND MIT", false),
        ("MIT AND ISC OR GPL-3.0", true),
        ("(GPL-3.0 OR MIT) AND ISC", true),
        ("ISC AND (GPL-3.0 OR AGPL-3.0)", false),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0", false),
    ] {
        assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
    }
}

#[test]
fn planted_vulnerabilities_and_bans_are_found() {
    let plant = |name: &str, version: &str| Locked {
        name: name.to_owned(),
        version: version.parse().unwrap(),
        source: Some("registry".to_owned()),
    };
    let advisory = |id: &str, name: &str, kind: &str| {
        entry(&format!(
            "```toml\n[advisory]\nid = \"{id}\"\npackage = \"{name}\"\n{kind}\n[versions]\npatched = [\"^1.2.3\", \
             \">= 2.0.1\"]\nunaffected = [\"< 1.0\"]\n```\n# Title\n"
        ))
    };
    let entries = [
        advisory("A-1", "leaky", ""),
        advisory("A-2", "stale", "informational = \"unmaintained\""),
        advisory("A-3", "shaky", "informational = \"unsound\""),
        advisory("A-4", "fine", "withdrawn = \"2026-01-01\""),
    ];
    let crates = [
        plant("leaky", "0.9.0"),
        plant("leaky", "1.2.2"),
        plant("leaky", "1.9.0"),
        plant("leaky", "2.0.0"),
        plant("stale", "1.0.0"),
        plant("shaky", "1.0.0"),
        plant("fine", "1.0.0"),
        plant("other", "1.0.0"),
        Locked { source: None, ..plant("leaky", "1.0.0") },
    ];
    let (serious, notes) = findings(&crates, &entries);
    let pair = |id: &str, found: &str| (id.to_owned(), found.to_owned());
    assert_eq!(serious, [pair("A-1", "leaky 1.2.2, leaky 2.0.0"), pair("A-3", "shaky 1.0.0")].into());
    assert_eq!(notes, [pair("A-2", "stale 1.0.0")].into());

    let ban = Ban { specification: "leaky:<2".to_owned(), reason: String::new() };
    assert!(ban.matches(&crates[1]) && !ban.matches(&crates[3]) && !ban.matches(&crates[4]));
}
