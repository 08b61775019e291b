//! Languages people speak, after BCP 47.

use oxilangtag::LanguageTag;

use super::fault::{Fault, FaultCode};

/// Longest tag accepted, the buffer size RFC 5646, section 4.4.1 recommends.
pub const BYTE_LIMIT: usize = 35;

/// The tag in the case BCP 47 recommends: `de`, `de-AT`, `zh-Hant-TW`. The underscore of locales counts as hyphen.
///
/// # Errors
/// [`FaultCode::LanguageTag`] when the tag is not well-formed or does not begin with a language of ISO 639
/// (two or three letters), such as "Deutsch".
pub fn normalize(value: &str) -> Result<String, Fault> {
    let fault = || Fault::of_value(FaultCode::LanguageTag, value);
    let written = value.trim().replace('_', "-");
    if written.len() > BYTE_LIMIT {
        return Err(fault());
    }
    let tag = LanguageTag::parse_and_normalize(&written).map_err(|_| fault())?;
    // Four letters and more are reserved, "i-" and "x-" are grandfathered or private.
    let language = tag.as_str().split('-').next().unwrap_or_default();
    if !(2..=3).contains(&language.len()) {
        return Err(fault());
    }
    Ok(tag.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_get_their_recommended_case() {
        for (value, expected) in [
            ("de", "de"),
            ("DE-at", "de-AT"),
            ("de_CH", "de-CH"),
            (" zh-hant-tw ", "zh-Hant-TW"),
            ("gsw", "gsw"),
            ("de-1996", "de-1996"),
            ("es-419", "es-419"),
        ] {
            assert_eq!(normalize(value), Ok(expected.to_owned()));
        }
        for value in ["", "d", "deutsch", "German", "de-", "de--AT", "de AT", "x-private", "i-klingon", "ＤＥ", "1a"]
        {
            assert_eq!(normalize(value), Err(Fault::of_value(FaultCode::LanguageTag, value)), "{value}");
        }
        assert!(normalize(&format!("de-x-{}", "abcdefgh-".repeat(4))).is_err());
    }

    proptest::proptest! {
        #[test]
        fn normalisation_is_idempotent(value in "[a-zA-Z]{1,4}([-_][a-zA-Z0-9]{1,8}){0,4}") {
            if let Ok(once) = normalize(&value) {
                proptest::prop_assert_eq!(normalize(&once), Ok(once.clone()));
            }
        }
    }
}
