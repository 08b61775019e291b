//! What a text is found by, and what a query asks for.
//!
//! Both sides fold alike, so the database only compares prefixes of words: a record matches when every word
//! of the query is a prefix of one of its index words. An index holds umlauts in both spellings (Müller:
//! `mueller`, `muller`), a query asks for the spelled-out one, hence Mueller = Müller = müller and "muller"
//! finds Müller. Beginnings of anything as it was written are always found: names, numbers with their
//! blanks, slashes and "(0)", e-mail addresses whole or from any of their parts.

use std::collections::BTreeSet;

use super::folding::{Umlauts, fold};

/// Most words of one query that count.
pub const QUERY_WORD_LIMIT: usize = 12;
/// Longest word, in bytes; what is longer is cut.
pub const WORD_BYTE_LIMIT: usize = 64;
/// Digits in groups count as one number from this many on: more than a postal code and a house number have.
const NUMBER_DIGITS: usize = 9;

/// The index words of a text.
pub fn words(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let plain = fold(text, Umlauts::Plain);
    let spelled = fold(text, Umlauts::Spelled);
    collect_words(&plain, &mut found);
    if spelled != plain {
        collect_words(&spelled, &mut found);
    }
    found
}

/// The index words of a telephone number in E.164: international with `+` or `00`, national with and without `0`.
pub fn phone_words(e164: &str) -> BTreeSet<String> {
    let digits: String = e164.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return BTreeSet::new();
    }
    let mut found = BTreeSet::from([clipped(&format!("00{digits}")), clipped(&digits)]);
    if let Ok(number) = phonenumber::parse(None, e164) {
        let national = number.national().to_string();
        found.insert(clipped(&format!("0{national}")));
        found.insert(clipped(&national));
    }
    found
}

/// The folded prefixes a query asks for, all of which must be found; at most [`QUERY_WORD_LIMIT`].
///
/// A word that begins another one of the query is left out: it asks for nothing more.
pub fn query_words(query: &str) -> Vec<String> {
    let folded = fold(query, Umlauts::Spelled);
    let mut asked: Vec<String> = Vec::new();
    let mut rest = folded.as_str();
    while let Some((before, address, after)) = next_address(rest) {
        collect_asked(before, &mut asked);
        if !address.is_empty() {
            asked.push(clipped(address));
        }
        rest = after;
    }
    collect_asked(rest, &mut asked);
    let mut distinct: Vec<String> = Vec::new();
    for (index, word) in asked.iter().enumerate() {
        let implied = |other: usize, longer: &String| {
            other != index && longer.starts_with(word.as_str()) && (longer != word || other < index)
        };
        if !asked.iter().enumerate().any(|(other, longer)| implied(other, longer)) {
            distinct.push(word.clone());
            if distinct.len() == QUERY_WORD_LIMIT {
                break;
            }
        }
    }
    distinct
}

/// A run of letters and digits, and what stands between it and the run before.
struct Token<'a> {
    gap: &'a str,
    word: &'a str,
}

impl Token<'_> {
    /// The digits it begins with.
    fn digits(&self) -> &str {
        let end = self.word.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(self.word.len());
        &self.word[..end]
    }

    fn is_number(&self) -> bool {
        self.digits().len() == self.word.len()
    }

    /// Whether it goes on with the number the token before belongs to.
    fn continues_number(&self) -> bool {
        !self.digits().is_empty() && self.gap.chars().all(|letter| " -/.()+".contains(letter))
    }

    /// The national prefix in the middle of an international number: "+49 (0) 40".
    fn is_trunk_prefix(&self) -> bool {
        self.word == "0" && self.gap.ends_with('(')
    }
}

fn tokens(folded: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = folded;
    while let Some(start) = rest.find(char::is_alphanumeric) {
        let (gap, tail) = rest.split_at(start);
        let end = tail.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(tail.len());
        let (word, after) = tail.split_at(end);
        tokens.push(Token { gap, word });
        rest = after;
    }
    tokens
}

/// The number that begins with the first token, its groups put together, and how many tokens it takes.
fn joined_number(tokens: &[Token<'_>]) -> Option<(String, usize)> {
    let (first, others) = tokens.split_first().filter(|(first, _)| first.is_number())?;
    let mut digits = first.word.to_owned();
    let mut length = 1;
    for token in others.iter().take_while(|token| token.continues_number()) {
        if !token.is_trunk_prefix() {
            digits.push_str(token.digits());
        }
        length += 1;
        if !token.is_number() || digits.len() >= WORD_BYTE_LIMIT {
            break;
        }
    }
    (length > 1).then_some((digits, length))
}

/// The first e-mail address of a folded text, between what stands before and after it.
fn next_address(folded: &str) -> Option<(&str, &str, &str)> {
    let at = folded.find('@')?;
    let within = |letter: char| letter.is_alphanumeric() || "@._%+-'".contains(letter);
    let start = folded[..at]
        .rfind(|letter| !within(letter))
        .map_or(0, |found| found + folded[found..].chars().next().map_or(0, char::len_utf8));
    let end = folded[at..].find(|letter| !within(letter)).map_or(folded.len(), |found| at + found);
    let address = folded[start..end].trim_matches(|letter: char| !letter.is_alphanumeric());
    Some((&folded[..start], address, &folded[end..]))
}

fn collect_words(folded: &str, found: &mut BTreeSet<String>) {
    let tokens = tokens(folded);
    for (index, token) in tokens.iter().enumerate() {
        found.insert(clipped(token.word));
        if let Some((digits, _)) = joined_number(&tokens[index..]) {
            found.insert(clipped(&digits));
        }
        // "O'Brien" is also typed "OBrien".
        let elided = tokens[index + 1..].iter().take_while(|next| next.gap == "'").map(|next| next.word);
        let elided: String = elided.collect();
        if !elided.is_empty() {
            found.insert(clipped(&format!("{}{elided}", token.word)));
        }
    }
    let mut rest = folded;
    while let Some((_, address, after)) = next_address(rest) {
        // Also from each of its parts on: "example.org".
        let mut from = address;
        while !from.is_empty() {
            found.insert(clipped(from));
            let part_end = from.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(from.len());
            from = from[part_end..].trim_start_matches(|letter: char| !letter.is_alphanumeric());
        }
        rest = after;
    }
}

fn collect_asked(folded: &str, asked: &mut Vec<String>) {
    let tokens = tokens(folded);
    let mut rest = tokens.as_slice();
    while let Some((first, others)) = rest.split_first() {
        match number_asked(rest) {
            Some((digits, length)) => {
                asked.push(clipped(&digits));
                rest = &rest[length..];
            }
            None => {
                asked.push(clipped(first.word));
                rest = others;
            }
        }
    }
}

/// A telephone number or another long number written in groups.
fn number_asked(tokens: &[Token<'_>]) -> Option<(String, usize)> {
    // A group with letters behind its digits stays a word of its own: "Weg 040 12b".
    let pure = tokens.iter().take_while(|token| token.is_number()).count();
    let (digits, length) = joined_number(&tokens[..pure])?;
    let dialled = digits.starts_with('0') || tokens.first().is_some_and(|first| first.gap.ends_with('+'));
    (dialled || digits.len() >= NUMBER_DIGITS).then_some((digits, length))
}

fn clipped(word: &str) -> String {
    word[..word.floor_char_boundary(WORD_BYTE_LIMIT)].to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn finds(index: &BTreeSet<String>, query: &str) -> bool {
        let asked = query_words(query);
        !asked.is_empty() && asked.iter().all(|prefix| index.iter().any(|word| word.starts_with(prefix)))
    }

    #[test]
    fn umlauts_are_found_however_they_are_written() {
        for (text, query, expected) in [
            ("Müller", "müller", true),
            ("Müller", "MUELLER", true),
            ("Müller", "muller", true),
            ("Mueller", "Müller", true),
            ("Mu\u{308}ller", "mü", true),
            ("Weiß", "weiss", true),
            ("Weiss", "Weiß", true),
            ("Änne Öztürk", "Oeztuerk anne", true),
            ("Søren Ågård", "soeren aagaard", true),
            ("Muller", "Mueller", false),
            ("Müller", "Muster", false),
        ] {
            assert_eq!(finds(&words(text), query), expected, "{text} by {query}");
        }
    }

    #[test]
    fn names_are_found_by_their_parts() {
        for (text, query) in [
            ("Müller & Söhne GmbH & Co. KG", "söhne müll"),
            ("Patrick O’Brien", "obri"),
            ("Patrick O'Brien", "o'brien pat"),
            ("Leutheusser-Schnarrenberger", "schnarr leut"),
            ("K-000042", "K-000042"),
            ("HRA 12345", "hra 123"),
        ] {
            assert!(finds(&words(text), query), "{text} by {query}");
        }
        assert_eq!(query_words("  &  "), Vec::<String>::new());
    }

    #[test]
    fn telephone_numbers_are_found_national_and_international() {
        let index = phone_words("+491711234567");
        for query in
            ["0171 123", "+49171123", "0049 171 1234567", "+49 (0) 171 / 123", "0171/1234567", "171 1234567", "0171"]
        {
            assert!(finds(&index, query), "{query}");
        }
        assert!(!finds(&index, "0171 124"));
        assert!(finds(&phone_words("+14155552671"), "415-555-2671"));
        assert_eq!(query_words("Müller 0171 123"), ["mueller", "0171123"]);
        assert_eq!(query_words("20459 12"), ["20459", "12"]);
        assert!(finds(&words("Rückruf unter +49 (0) 40 / 123 45-0, danke"), "+49 40 12345"));
        assert!(finds(&words("20459 Hamburg, 040-1234567"), "040 123"));
        assert_eq!(phone_words("x"), BTreeSet::new());
    }

    #[test]
    fn email_addresses_are_found_whole_and_by_their_parts() {
        let index = words("Anna Huber <Anna.Huber@Example.org>");
        for query in ["anna.huber@example.org", "anna.hu", "Anna.Huber@", "@example.org", "huber@exa", "example"] {
            assert!(finds(&index, query), "{query}");
        }
        assert_eq!(query_words("anna.huber@example.org"), ["anna.huber@example.org"]);
        assert!(!finds(&index, "anna@example.org"));
        assert!(finds(&words("info@müller.de"), "info@mueller.de"));
        assert!(finds(&words("info@müller.de"), "info@müller"));
    }

    #[test]
    fn a_query_asks_for_few_short_and_different_words() {
        let many: String = (0..40).map(|number| format!("x{number}y ")).collect();
        assert_eq!(query_words(&many).len(), QUERY_WORD_LIMIT);
        let long = "ж".repeat(100);
        assert_eq!(query_words(&long), ["ж".repeat(32)]);
        assert_eq!(query_words("max Maxwell MAX max"), ["maxwell"]);
    }

    /// Every text in which something was seen or can be expected to go wrong is likely here.
    const TEXT: &str = r"(\PC|[a-zäöüß]{1,4}|[0-9]{1,6}|[-@.()/+ ']){0,30}";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn a_text_is_found_by_any_part_that_begins_at_a_word(
            text in TEXT, start in any::<prop::sample::Index>(), end in any::<prop::sample::Index>(),
        ) {
            let letters: Vec<char> = text.chars().collect();
            let ends_word = |letter: char| {
                fold(letter.encode_utf8(&mut [0; 4]), Umlauts::Plain).ends_with(|last: char| !last.is_alphanumeric())
            };
            let starts: Vec<usize> = (0..letters.len())
                .filter(|&at| letters[at].is_alphanumeric() && (at == 0 || ends_word(letters[at - 1])))
                .collect();
            if starts.is_empty() {
                return Ok(());
            }
            let start = starts[start.index(starts.len())];
            let end = start + 1 + end.index(letters.len() - start);
            let typed: String = letters[start..end].iter().collect();
            let index = words(&text);
            for prefix in query_words(&typed) {
                prop_assert!(index.iter().any(|word| word.starts_with(&prefix)), "{:?} of {:?} not in {:?}", prefix, typed, index);
            }
        }

        #[test]
        fn words_are_folded_and_short(text in TEXT) {
            for word in words(&text).iter().chain(&query_words(&text)) {
                prop_assert!(!word.is_empty() && word.len() <= WORD_BYTE_LIMIT);
                prop_assert_eq!(&fold(word, Umlauts::Plain), word);
            }
            prop_assert!(query_words(&text).len() <= QUERY_WORD_LIMIT);
        }
    }
}
