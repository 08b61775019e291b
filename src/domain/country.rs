//! Countries after ISO 3166-1.

use super::fault::{Fault, FaultCode};

/// The two capital letters of a country (ISO 3166-1 alpha-2; `XK` stands for Kosovo, as everywhere in practice).
///
/// # Errors
/// [`FaultCode::Country`] when the norm does not know them.
pub fn normalize(value: &str) -> Result<String, Fault> {
    celes::Country::from_alpha2(value.trim())
        .map(|country| country.alpha2.to_owned())
        .map_err(|_| Fault::of_value(FaultCode::Country, value))
}

/// Every code there is, in the order of the countries' names.
pub fn codes() -> Vec<&'static str> {
    celes::Country::get_countries().iter().map(|country| country.alpha2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_codes_are_accepted_in_either_case() {
        for (value, code) in [("DE", "DE"), (" at ", "AT"), ("Ch", "CH"), ("XK", "XK")] {
            assert_eq!(normalize(value), Ok(code.to_owned()));
        }
        for value in ["", "D", "DEU", "Germany", "276", "ZZ", "UK", "EU", "ＤＥ"] {
            assert_eq!(normalize(value), Err(Fault::of_value(FaultCode::Country, value)), "{value}");
        }
    }

    #[test]
    fn every_code_is_its_own_normal_form() {
        let letters = || 'A'..='Z';
        let codes = letters().flat_map(|first| letters().map(move |second| format!("{first}{second}")));
        let known: Vec<String> = codes.filter(|code| normalize(code).is_ok()).collect();
        // 249 of the norm and Kosovo.
        assert_eq!(known.len(), 250);
        let mut listed = super::codes();
        listed.sort_unstable();
        assert_eq!(listed, known);
        assert!(known.iter().all(|code| normalize(&code.to_lowercase()).as_ref() == Ok(code)));
    }
}
