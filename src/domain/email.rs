//! E-mail addresses.

use email_address::{EmailAddress, Options};
use unicode_normalization::UnicodeNormalization;
use url::Host;

use super::fault::{Fault, FaultCode};

/// Longest address accepted, in bytes (RFC 5321, section 4.5.3.1.3, less the angle brackets).
pub const BYTE_LIMIT: usize = 254;

/// The address without surrounding blanks and with its domain in lower case.
///
/// The part before the `@` stays as it is: only its own server may say whether case matters there
/// (RFC 5321, section 2.4). International addresses are accepted (RFC 6531); a domain needs a dot.
///
/// # Errors
/// [`FaultCode::Email`].
pub fn normalize(value: &str) -> Result<String, Fault> {
    let fault = || Fault::of_value(FaultCode::Email, value);
    let written: String = value.trim().nfc().collect();
    let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
    let (local, domain) = written.rsplit_once('@').ok_or_else(fault)?;
    let domain = domain.to_lowercase();
    let address = format!("{local}@{domain}");
    let is_valid = address.len() <= BYTE_LIMIT
        && !address.contains(char::is_control)
        && EmailAddress::parse_with_options(&address, options).is_ok()
        && is_mail_domain(&domain);
    if is_valid { Ok(address) } else { Err(fault()) }
}

/// What two spellings of one mailbox have in common: the whole address in lower case. For searching and
/// comparing, not for sending.
pub fn key(normalized: &str) -> String {
    normalized.to_lowercase()
}

fn is_mail_domain(domain: &str) -> bool {
    let label = |label: &str| label.chars().all(|letter| letter.is_alphanumeric() || letter == '-');
    let top_level = domain.rsplit('.').next().unwrap_or_default();
    // Compatibility forms ("ｇｍａｉｌ") are a second spelling of another domain.
    let one_spelling = domain.nfkc().eq(domain.chars());
    let resolvable = matches!(Host::parse(domain), Ok(Host::Domain(_)));
    domain.split('.').all(label) && top_level.chars().nth(1).is_some() && one_spelling && resolvable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_domain_is_lower_cased() {
        for (value, expected) in [
            (" Anna.Huber@Example.ORG ", "Anna.Huber@example.org"),
            ("info@MÜLLER.de", "info@müller.de"),
            ("info@mu\u{308}ller.de", "info@müller.de"),
            ("änne+neu@xn--mller-kva.de", "änne+neu@xn--mller-kva.de"),
            ("\"a b\"@example.org", "\"a b\"@example.org"),
        ] {
            assert_eq!(normalize(value), Ok(expected.to_owned()));
        }
        assert_eq!(key("Anna.Huber@example.org"), "anna.huber@example.org");
    }

    #[test]
    fn what_cannot_be_delivered_is_refused() {
        let long = format!("{}@example.org", "a".repeat(65));
        for value in [
            "",
            "@",
            "anna",
            "anna@",
            "@example.org",
            "anna@example",
            "anna@@example.org",
            "anna huber@example.org",
            "anna@exam ple.org",
            "anna@example..org",
            ".anna@example.org",
            "anna.@example.org",
            "anna@-example.org",
            "anna@example.org.",
            "anna@192.168.1.1",
            "anna@[192.168.1.1]",
            "anna@ｇｍａｉｌ.com",
            "anna@co.c",
            "Anna <anna@example.org>",
            "anna@example.org, bert@example.org",
            "anna\u{0}@example.org",
            "anna@_example.org",
            &long,
        ] {
            assert_eq!(normalize(value), Err(Fault::of_value(FaultCode::Email, value)), "{value}");
        }
    }

    proptest::proptest! {
        #[test]
        fn normalisation_is_idempotent(value in r"[A-Za-zäÖ.+]{1,10}@[A-Za-zÄöİ.-]{1,12}\.[A-Za-z]{2,4}") {
            if let Ok(once) = normalize(&value) {
                proptest::prop_assert_eq!(normalize(&once), Ok(once.clone()));
            }
        }
    }
}
