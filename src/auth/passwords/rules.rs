//! Which new passwords are refused: too short, too long, or among the first that anybody would try.
//!
//! NIST SP 800-63B, section 3.1.1.2: length counts, and a list of common passwords; no rules of composition, which only
//! lead to `Password1!`. The list catches that one too: capitals, digits and signs around a common word, and digits for
//! letters in it, are the first things a guesser tries.

use std::collections::HashSet;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use crate::domain::fault::{Fault, FaultCode};

/// Longest password in characters; hashing a longer one would only cost time.
pub const MAX_LENGTH: usize = 128;

const PRODUCT: &str = "kundenhistorie";

/// Shorter names in front of the `@` occur in too many good passwords.
const SHORTEST_TELLING_NAME: usize = 4;

/// Longest piece whose repetition makes no better password, in characters.
const LONGEST_PIECE: usize = 8;

/// One per line in lower case.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("common.txt").lines().collect());

/// Whether `password` may become the password of the user with this e-mail address: at least `min_length` characters
/// (Unicode code points), at most [`MAX_LENGTH`], and not easily guessed. Never names the password in its answer.
pub fn check_new(password: &str, email: &str, min_length: usize) -> Result<(), Fault> {
    let length = password.nfkc().count();
    if length < min_length {
        return Err(Fault::new(FaultCode::TooShort).with("limit", min_length.to_string()));
    }
    if length > MAX_LENGTH {
        return Err(Fault::new(FaultCode::TooLong).with("limit", MAX_LENGTH.to_string()));
    }
    if password.contains('\0') {
        return Err(FaultCode::InvalidCharacter.into());
    }
    let folded = folded(password);
    if names_the_obvious(&folded, email) {
        return Err(FaultCode::GuessablePassword.into());
    }
    if is_common(&folded) || is_pattern(&folded) {
        return Err(FaultCode::CommonPassword.into());
    }
    Ok(())
}

fn folded(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).collect()
}

fn names_the_obvious(password: &str, email: &str) -> bool {
    let email = folded(email);
    let name = email.split('@').next().unwrap_or_default();
    let telling = name.chars().count() >= SHORTEST_TELLING_NAME;
    password.contains(PRODUCT) || (telling && password.contains(name))
}

/// Whether the password is on the list, as it is or without its disguise.
fn is_common(password: &str) -> bool {
    let bare = password.trim_matches(|character: char| !character.is_alphabetic());
    ['i', 'l'].into_iter().any(|one| {
        let word = |text: &str| text.chars().filter_map(|character| letter_for(character, one)).collect::<String>();
        [password.to_owned(), bare.to_owned(), word(bare), word(password)]
            .iter()
            .any(|guess| COMMON.contains(guess.as_str()))
    })
}

/// The letter a digit or sign stands for; nothing for what only separates words.
fn letter_for(character: char, one: char) -> Option<char> {
    match character {
        '0' => Some('o'),
        '1' | '!' => Some(one),
        '3' | '€' => Some('e'),
        '4' | '@' => Some('a'),
        '5' | '$' => Some('s'),
        '7' => Some('t'),
        character => character.is_alphanumeric().then_some(character),
    }
}

/// Whether the password is one run (`abcdefgh`, `987654321098`) or one short piece again and again (`aaaaaaaa`,
/// `abcabcabc`, `hallohallo`).
fn is_pattern(password: &str) -> bool {
    let characters: Vec<char> = password.chars().collect();
    let runs = |step: i64| characters.windows(2).all(|pair| follows(pair[0], pair[1], step));
    let repeats = |piece: usize| characters.iter().zip(&characters[piece..]).all(|(one, next)| one == next);
    runs(1) || runs(-1) || (1..=LONGEST_PIECE.min(characters.len() / 2)).any(repeats)
}

/// Whether `next` comes `step` places after `one`; after 9 comes 0.
fn follows(one: char, next: char, step: i64) -> bool {
    match (one.to_digit(10), next.to_digit(10)) {
        (Some(one), Some(next)) => (i64::from(one) + step).rem_euclid(10) == i64::from(next),
        _ => i64::from(u32::from(one)) + step == i64::from(u32::from(next)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EMAIL: &str = "anna.huber@example.org";

    fn code(password: &str) -> Option<FaultCode> {
        check_new(password, EMAIL, 8).err().map(|fault| fault.code)
    }

    #[test]
    fn the_list_is_long_sorted_and_written_as_it_is_compared() {
        let lines: Vec<_> = include_str!("common.txt").lines().collect();
        assert!(lines.len() >= 500, "{}", lines.len());
        assert!(lines.iter().all(|line| folded(line) == *line && !line.trim().is_empty() && line.trim() == *line));
        assert!(lines.is_sorted_by(|one, next| one < next), "sorted, nothing twice");
    }

    #[test]
    fn everything_on_the_list_is_refused() {
        for password in COMMON.iter().filter(|password| password.chars().count() >= 8) {
            assert!(code(password).is_some(), "{password}");
        }
    }

    #[test]
    fn good_passwords_need_no_signs_or_digits() {
        for password in [
            "Pinguine tanzen leise",
            "correct zebra staple lamp",
            "xkwqpvnt",
            "Æther über Nürnberg",
            "密码太长了所以很安全的",
            "my dog eats 7 shoes",
            "hubert und anna",
            "passwordless forever",
            "🦊🐻🐼🐨🐯🦁🐮🐷",
            "summer of 1969 again",
        ] {
            assert_eq!(code(password), None, "{password}");
        }
    }

    #[test]
    fn common_passwords_are_seen_through_their_disguise() {
        for password in [
            "password",
            "Password1",
            "PASSWORD",
            "passw0rd",
            "P@ssw0rd!",
            "Pa$$w0rd2026",
            "!!password!!",
            "12password34",
            "pass-word-123",
            "Passwort123",
            "we1come123",
            "Qwertz123456",
            "Hallo12345",
            "Sommer2026!",
            "letmein!!!",
            "ILOVEYOU",
            "correct horse battery staple",
        ] {
            assert_eq!(code(password), Some(FaultCode::CommonPassword), "{password}");
        }
    }

    #[test]
    fn runs_and_repetitions_are_common() {
        for password in [
            "aaaaaaaaaaaa",
            "12345678",
            "1234567890123",
            "98765432109",
            "abcdefghijkl",
            "zyxwvuts",
            "abcabcabcabc",
            "xyz1xyz1",
            "1212121212",
            "ääääääää",
            "        ",
            "🦊🦊🦊🦊🦊🦊🦊🦊",
        ] {
            assert_eq!(code(password), Some(FaultCode::CommonPassword), "{password}");
        }
    }

    #[test]
    fn the_own_address_and_the_product_are_guessable() {
        for password in
            ["anna.huber@example.org", "Anna.Huber is here", "x-ANNA.HUBER-x", "kundenhistorie", "MeineKundenhistorie1"]
        {
            assert_eq!(code(password), Some(FaultCode::GuessablePassword), "{password}");
        }
        assert_eq!(check_new("analytical engines", "al@example.org", 8), Ok(()), "a short name is no telling one");
        assert_eq!(check_new("analytical engines", "", 8), Ok(()));
    }

    #[test]
    fn length_counts_characters_and_names_its_limit() {
        assert_eq!(check_new("üöäßéñç", EMAIL, 8), Err(Fault::new(FaultCode::TooShort).with("limit", "8")));
        assert_eq!(check_new("", EMAIL, 12), Err(Fault::new(FaultCode::TooShort).with("limit", "12")));
        let long: String = ('a'..='z').cycle().step_by(7).take(129).collect();
        assert_eq!(check_new(&long, EMAIL, 8), Err(Fault::new(FaultCode::TooLong).with("limit", "128")));
        let fits: String = (0..128_u32).map(|index| char::from(b'a' + (index * index % 23).to_le_bytes()[0])).collect();
        assert_eq!(check_new(&fits, EMAIL, 8), Ok(()));
        assert_eq!(code("two\0parts of it"), Some(FaultCode::InvalidCharacter));
    }

    fn plain_words() -> Vec<&'static str> {
        let plain = |word: &&str| word.len() >= 4 && word.chars().all(|character| character.is_ascii_alphabetic());
        COMMON.iter().copied().filter(plain).collect()
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_rules_and_none_is_repeated_in_the_answer(password in ".{0,140}", email in ".{0,20}") {
            if let Err(fault) = check_new(&password, &email, 8) {
                prop_assert!(fault.params.keys().all(|name| *name == "limit"));
            }
        }

        #[test]
        fn common_words_stay_common_with_capitals_and_decoration(
            word in prop::sample::select(plain_words()),
            number in 100..10_000_u32,
        ) {
            let disguised = format!("{}{}{number}!", word[..1].to_uppercase(), &word[1..]);
            prop_assert!(code(&disguised).is_some(), "{}", disguised);
        }
    }
}
