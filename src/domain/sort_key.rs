//! Keys whose plain byte order is the order people expect of a list of names: DIN 5007-1.
//!
//! A key is ASCII, so SQLite (`BINARY`) and PostgreSQL (`COLLATE "C"`) sort it alike, and an index on it
//! serves the list. Product lists follow variant 1 of the norm for persons and companies (ä as a, ß as ss);
//! variant 2 (ä as ae, telephone books) is not used, so that one list has one order.

use unicode_normalization::UnicodeNormalization;

use super::folding::{Umlauts, fold};

/// Ends the part that carries the order; what follows only keeps equal names apart. Sorts before everything.
const TAIL: char = '\u{1}';
/// Stands between family name and given name. Sorts before the blank, so "Maier, Zoe" precedes "Maier Bau".
const PART: char = '\u{2}';
/// Bytes per part, so that a key fits into an index entry of either database.
const PART_LIMIT: usize = 200;

/// Words that end a company's name and carry no order.
const LEGAL_WORDS: &[&str] = &[
    "ab", "ag", "bv", "corp", "eg", "ek", "ev", "gbr", "ggmbh", "gmbh", "inc", "kg", "kgaa", "limited", "llc", "ltd",
    "mbb", "mbh", "nv", "ohg", "partg", "partgmbb", "plc", "sa", "sarl", "sas", "se", "spa", "srl", "ug",
];
/// The same, written with blanks or full stops.
const LEGAL_PHRASES: &[&[&str]] = &[
    &["gesellschaft", "mit", "beschrankter", "haftung"],
    &["haftungsbeschrankt"],
    &["e", "g"],
    &["e", "k"],
    &["e", "v"],
    &["b", "v"],
    &["n", "v"],
    &["s", "a"],
    &["s", "e"],
    &["s", "r", "l"],
    &["s", "p", "a"],
];
/// Joins two legal forms ("GmbH & Co. KG") and is none by itself.
const LEGAL_JOINTS: &[&str] = &["co", "cie", "und"];

/// Lower-case name particles behind which the family name begins: "von Berg" stands under B (RAK, DIN 5007).
const PARTICLES: &[&str] = &[
    "af", "am", "auf", "d", "da", "dal", "das", "de", "del", "della", "dem", "den", "der", "des", "di", "do", "dos",
    "du", "la", "le", "ten", "ter", "und", "van", "vom", "von", "zu", "zum", "zur",
];

/// The sort key of a company's name, a title or any other one-line text.
///
/// Case, accents and punctuation carry no order, nor does the legal form at the end of a name ("Müller GmbH"
/// precedes "Müller Bau AG"); texts that differ only in those still get different keys, plain letters first.
pub fn sort_key(text: &str) -> String {
    finish(clipped(without_legal_form(&letters(text))), text.nfc())
}

/// The sort key of a person: family name, then given name. Lower-case particles in front of the family name
/// ("von", "van der") carry no order; without a family name the given name takes its place.
pub fn person_sort_key(family_name: &str, given_name: &str) -> String {
    let family = letters(without_particles(family_name));
    let given = letters(given_name);
    let order = match (family.is_empty(), given.is_empty()) {
        (true, _) => clipped(&given).to_owned(),
        (false, true) => clipped(&family).to_owned(),
        (false, false) => format!("{}{PART}{}", clipped(&family), clipped(&given)),
    };
    finish(&order, family_name.nfc().chain([',']).chain(given_name.nfc()))
}

/// The folded words of `text`, one blank between them.
fn letters(text: &str) -> String {
    let mut letters = String::with_capacity(text.len());
    let mut gap = false;
    for letter in fold(text, Umlauts::Plain).chars() {
        if letter.is_alphanumeric() {
            if gap && !letters.is_empty() {
                letters.push(' ');
            }
            gap = false;
            push_ascii(&mut letters, letter);
        } else if letter != '\'' {
            gap = true;
        }
    }
    letters
}

/// Letters outside ASCII follow the Latin ones, in the order of their code points.
fn push_ascii(key: &mut String, letter: char) {
    if letter.is_ascii() {
        key.push(letter);
    } else {
        key.push_str(&format!("~{:06x}", u32::from(letter)));
    }
}

/// `words` without the legal form at their end; a name that is nothing else stays.
fn without_legal_form(words: &str) -> &str {
    let mut name = words;
    while let Some(shorter) = without_last_legal_part(name, name.len() < words.len()) {
        name = shorter;
    }
    name
}

fn without_last_legal_part(name: &str, after_form: bool) -> Option<&str> {
    for phrase in LEGAL_PHRASES {
        let rest = phrase.iter().rev().try_fold(name, |rest, word| rest.strip_suffix(word)?.strip_suffix(' '));
        if rest.is_some() {
            return rest;
        }
    }
    let (rest, last) = name.rsplit_once(' ')?;
    (LEGAL_WORDS.contains(&last) || (after_form && LEGAL_JOINTS.contains(&last))).then_some(rest)
}

fn without_particles(family_name: &str) -> &str {
    let mut name = family_name.trim();
    while let Some((first, rest)) = name.split_once([' ', '\'', '’']) {
        if !PARTICLES.contains(&first) || rest.trim().is_empty() {
            break;
        }
        name = rest.trim_start();
    }
    name
}

fn clipped(order: &str) -> &str {
    // Keys are ASCII: every byte is a boundary.
    &order[..order.len().min(PART_LIMIT)]
}

/// Appends what keeps names apart that sort alike: the name itself, in ASCII.
fn finish(order: &str, name: impl Iterator<Item = char>) -> String {
    let mut tail = String::new();
    for letter in name.filter(|letter| !letter.is_control()) {
        if letter == '~' {
            tail.push_str("~00007e");
        } else {
            push_ascii(&mut tail, letter);
        }
        if tail.len() >= PART_LIMIT {
            break;
        }
    }
    format!("{order}{TAIL}{}", clipped(&tail))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assert_ascending(keys: &[(String, &str)]) {
        for pair in keys.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} must precede {}", pair[0].1, pair[1].1);
        }
    }

    #[test]
    fn texts_sort_as_in_din_5007_variant_1() {
        let expected = [
            "1000 Töpfe",
            "3M",
            "Aachen",
            "Ärzte",
            "Arzthaus",
            "Goldmann",
            "Göldner",
            "Gölz",
            "Götz",
            "Masse",
            "Maße",
            "Massen",
            "Muller",
            "Müller",
            "Müller & Söhne",
            "Müller, Zoe",
            "Mullerbau",
            "O'Brien",
            "Öztürk",
            "Zürich",
            "Ωmega",
            "Яндекс",
        ];
        assert_ascending(&expected.map(|text| (sort_key(text), text)));
    }

    #[test]
    fn the_legal_form_carries_no_order() {
        let expected = [
            "Müller AG",
            "Müller GmbH",
            "Müller Gesellschaft mit beschränkter Haftung",
            "Müller Bau GmbH & Co. KG",
            "Müller Dach e.K.",
            "Müller Erd UG (haftungsbeschränkt)",
            "Müller Fenster",
        ];
        let keys = expected.map(|text| (sort_key(text), text));
        for (key, text) in &keys[..3] {
            assert!(key.starts_with("muller\u{1}"), "{text}");
        }
        assert_ascending(&keys[2..]);
        assert!(sort_key("KG").starts_with("kg\u{1}"));
        assert!(sort_key("Hansen & Co.").starts_with("hansen co\u{1}"));
        assert!(sort_key("Bäckerei e.G.").starts_with("backerei\u{1}"));
    }

    #[test]
    fn persons_sort_by_family_name_then_given_name() {
        let expected = [
            ("", "Cäsar"),
            ("Maier", ""),
            ("Maier", "Anna"),
            ("Maier", "Änne"),
            ("Maier", "Zoe"),
            ("Maier-Schmidt", "Anna"),
            ("Meier", "Anna"),
            ("Von Arx", "Beat"),
            ("von Zitzewitz", "Anna"),
        ];
        let keys = expected.map(|(family, given)| (person_sort_key(family, given), family));
        assert_ascending(&keys);
        assert!(person_sort_key("van der Berg", "Jan").starts_with("berg\u{2}jan\u{1}"));
        assert!(person_sort_key("d’Arcy", "").starts_with("arcy\u{1}"));
        assert!(person_sort_key("von", "Jan").starts_with("von\u{2}jan\u{1}"));
    }

    proptest! {
        #[test]
        fn keys_are_ascii_and_fit_into_an_index(text in r"\PC{0,300}", given in r"\PC{0,300}") {
            for key in [sort_key(&text), person_sort_key(&text, &given)] {
                prop_assert!(key.is_ascii() && !key.contains('\0'));
                prop_assert!(key.len() <= 3 * PART_LIMIT + 2);
            }
        }

        #[test]
        fn case_and_accents_never_decide_before_letters(text in "[a-zäöüß ]{1,30}", other in "[a-zäöüß ]{1,30}") {
            let order = |text: &str| sort_key(text).split(TAIL).next().map(str::to_owned);
            prop_assert_eq!(order(&text), order(&text.to_uppercase()));
            let plain = |text: &str| fold(text, Umlauts::Plain);
            prop_assert_eq!(order(&text), order(&plain(&text)));
            if order(&text) != order(&other) {
                prop_assert_eq!(sort_key(&text).cmp(&sort_key(&other)), order(&text).cmp(&order(&other)));
            }
        }

        #[test]
        fn different_short_texts_have_different_keys(text in r"[A-Za-zäöüß~.]{0,20}", other in r"[A-Za-zäöüß~.]{0,20}") {
            prop_assert_eq!(text == other, sort_key(&text) == sort_key(&other));
        }
    }
}
