//! Addresses of web pages.

use url::{Host, Url};

use super::fault::{Fault, FaultCode};

/// Longest address accepted, in bytes.
pub const BYTE_LIMIT: usize = 2_048;

/// The address as a browser writes it: scheme and host in lower case, international names in ASCII, `https://`
/// in front where no scheme was given.
///
/// # Errors
/// [`FaultCode::Url`] for schemes other than http and https, for names and passwords within the address,
/// and for words without a dot that do not say they are an address ("none").
pub fn normalize(value: &str) -> Result<String, Fault> {
    let fault = || Fault::of_value(FaultCode::Url, value);
    let written = value.trim();
    if written.len() > BYTE_LIMIT || written.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        return Err(fault());
    }
    let scheme = written.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let is_complete = matches!(scheme.as_deref(), Some("http" | "https"));
    if !is_complete && !written.starts_with(char::is_alphanumeric) {
        return Err(fault());
    }
    let address = if is_complete { Url::parse(written) } else { Url::parse(&format!("https://{written}")) };
    let address = address.map_err(|_| fault())?;
    let host_fits = match address.host() {
        Some(Host::Domain(domain)) => is_domain(domain, is_complete),
        Some(_) => is_complete,
        None => false,
    };
    let names_somebody = !address.username().is_empty() || address.password().is_some();
    if names_somebody || !host_fits || address.port() == Some(0) || address.as_str().len() > BYTE_LIMIT {
        return Err(fault());
    }
    Ok(address.into())
}

/// A domain as registries give them out; a single word ("intranet") only within a complete address.
fn is_domain(domain: &str, is_complete: bool) -> bool {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    let label_fits = |label: &str| !(label.is_empty() || label.starts_with('-') || label.ends_with('-'));
    let top_level_fits = match domain.rsplit_once('.') {
        Some((_, top_level)) => top_level.len() > 1,
        None => is_complete,
    };
    top_level_fits && domain.split('.').all(label_fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_completed_and_lower_cased() {
        for (value, expected) in [
            ("example.org", "https://example.org/"),
            (" www.Example.org/Pfad?x=1#y ", "https://www.example.org/Pfad?x=1#y"),
            ("HTTP://EXAMPLE.ORG:80", "http://example.org/"),
            ("https://müller.de", "https://xn--mller-kva.de/"),
            ("example.org:8080/a", "https://example.org:8080/a"),
            ("http://localhost:3000/", "http://localhost:3000/"),
            ("http://192.168.1.2/", "http://192.168.1.2/"),
            ("example.org/?url=http://a.b", "https://example.org/?url=http://a.b"),
        ] {
            assert_eq!(normalize(value), Ok(expected.to_owned()), "{value}");
        }
        for value in [
            "",
            "none",
            "keine Webseite",
            "mailto:a@example.org",
            "javascript:alert(1)",
            "ftp://example.org",
            "tel:123",
            "https://",
            "http:///",
            "https://anna@example.org",
            "https://anna:secret@example.org",
            "a b.de",
            "https://exa mple.org",
            "data:text/html,x",
            "file:///etc/passwd",
            "//example.org",
            "/example.org",
            ".com",
            "example.x",
            "http://-a.de",
            "http://a..de",
            "http://example.org:0",
            "1.2.3.4",
            "a@example.org",
        ] {
            assert_eq!(normalize(value), Err(Fault::of_value(FaultCode::Url, value)), "{value}");
        }
        assert!(normalize(&format!("example.org/{}", "a".repeat(BYTE_LIMIT))).is_err());
    }

    proptest::proptest! {
        #[test]
        fn normalisation_is_idempotent(value in r"(https?://)?[a-zA-Zäöü]{1,8}(\.[a-z]{1,4}){0,2}(:[0-9]{1,5})?(/\PC{0,10})?") {
            if let Ok(once) = normalize(&value) {
                proptest::prop_assert_eq!(normalize(&once), Ok(once.clone()));
            }
        }
    }
}
