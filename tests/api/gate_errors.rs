//! Every code of the tables can happen. That no answer reveals our insides is seen to by the client of all tests.

use kundenhistorie::domain::fault::FaultCode;
use kundenhistorie::error::Code;

use crate::support::source::Source;

/// Codes nobody produces yet. Produce or remove them; this list never grows.
const UNUSED: &[&str] = &[];

/// The names of `codes` nothing of the product mentions, although it may.
fn unmentioned(table: &str, codes: impl Iterator<Item = String>) -> Vec<String> {
    let sources = Source::below("src");
    let is_mentioned =
        |name: &str| sources.iter().any(|source| !source.places_of(&format!("{table}::{name}")).is_empty());
    codes.filter(|name| !is_mentioned(name)).map(|name| format!("{table}::{name}")).collect()
}

#[test]
fn every_code_is_produced_somewhere() {
    let mut unused = unmentioned("Code", Code::ALL.iter().map(|code| format!("{code:?}")));
    unused.extend(unmentioned("FaultCode", FaultCode::ALL.iter().map(|code| format!("{code:?}"))));
    assert_eq!(unused, UNUSED, "these codes are promised and never produced");
}

#[test]
fn codes_are_words_and_each_has_its_page() {
    for code in Code::ALL {
        let is_word = code.as_str().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        assert!(is_word && !code.as_str().is_empty(), "{code:?}");
    }
    assert_eq!(unmentioned("Code", ["NoSuchCode".to_owned()].into_iter()), ["Code::NoSuchCode"]);
}
