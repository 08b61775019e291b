//! The name a customer is shown under.

/// The parts of a person's name, without salutation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PersonName<'a> {
    /// "Prof. Dr."
    pub academic_title: Option<&'a str>,
    /// "Anna Maria"
    pub given_name: Option<&'a str>,
    /// What stands before the family name without being sorted by: "von", "van der". May also be kept within the family name.
    pub particle: Option<&'a str>,
    /// "Öztürk"
    pub family_name: Option<&'a str>,
    /// What follows the family name: "Jr.", "III", "MBA".
    pub suffix: Option<&'a str>,
}

impl PersonName<'_> {
    /// "Prof. Dr. Änne Öztürk", "Ursula von der Leyen", "Max Muster Jr.", "Max Muster, MBA"; `None` without a given
    /// or family name, for a title alone names nobody.
    pub fn display(&self) -> Option<String> {
        let (given, family) = (tidy(self.given_name), tidy(self.family_name));
        if given.is_none() && family.is_none() {
            return None;
        }
        let particle = family.as_ref().and(tidy(self.particle));
        let parts = [tidy(self.academic_title), given, particle, family];
        let mut name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        if let Some(suffix) = tidy(self.suffix) {
            name.push_str(if is_generation(&suffix) { " " } else { ", " });
            name.push_str(&suffix);
        }
        Some(name)
    }
}

/// The name of a company: the one it trades under, else the registered one.
pub fn company(trade_name: Option<&str>, legal_name: Option<&str>) -> Option<String> {
    tidy(trade_name).or_else(|| tidy(legal_name))
}

/// What a customer is known by as long as nobody has given it a name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fallback<'a> {
    /// The preferred e-mail address.
    pub email: Option<&'a str>,
    /// The preferred telephone number.
    pub phone: Option<&'a str>,
}

impl Fallback<'_> {
    /// `name`, else the e-mail address, the telephone number; `None` when nothing is known.
    pub fn or_name(&self, name: Option<String>) -> Option<String> {
        name.or_else(|| [self.email, self.phone].into_iter().find_map(tidy))
    }
}

/// One blank between words, none around them; nothing left is no name.
fn tidy(part: Option<&str>) -> Option<String> {
    let words: Vec<&str> = part?.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// "Jr.", "III": part of the name. Anything else behind the name is a degree or an honour and takes a comma.
fn is_generation(suffix: &str) -> bool {
    let word = suffix.trim_end_matches('.').to_lowercase();
    matches!(word.as_str(), "jr" | "sr" | "jun" | "sen" | "junior" | "senior" | "ii" | "iii" | "iv" | "v")
        || word.starts_with("d. ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(parts: [&str; 5]) -> Option<String> {
        let [academic_title, given_name, particle, family_name, suffix] = parts.map(Some);
        PersonName { academic_title, given_name, particle, family_name, suffix }.display()
    }

    #[test]
    fn the_parts_of_a_name_stand_in_their_order() {
        for (parts, expected) in [
            (["Prof. Dr.", "Änne", "", "Öztürk", ""], "Prof. Dr. Änne Öztürk"),
            (["", "Ursula", "von der", "Leyen", ""], "Ursula von der Leyen"),
            ([" Dr. ", " Anna  Maria ", "", " Huber", ""], "Dr. Anna Maria Huber"),
            (["", "Max", "", "Muster", "Jr."], "Max Muster Jr."),
            (["", "Max", "", "Muster", "d. J."], "Max Muster d. J."),
            (["", "Max", "", "Muster", "MBA"], "Max Muster, MBA"),
            (["Dr.", "", "", "Muster", ""], "Dr. Muster"),
            (["", "Cher", "von", "", ""], "Cher"),
        ] {
            assert_eq!(shown(parts).as_deref(), Some(expected));
        }
        assert_eq!(shown(["Dr.", " ", "von", "", "Jr."]), None);
        assert_eq!(PersonName::default().display(), None);
    }

    #[test]
    fn a_company_is_shown_as_it_trades() {
        assert_eq!(company(Some("Müller"), Some("Müller GmbH")).as_deref(), Some("Müller"));
        assert_eq!(company(Some(" "), Some(" Müller  GmbH ")).as_deref(), Some("Müller GmbH"));
        assert_eq!(company(None, None), None);
    }

    #[test]
    fn without_a_name_the_best_known_fact_is_shown() {
        let all = Fallback { email: Some("a@example.org"), phone: Some("+49401234567") };
        assert_eq!(all.or_name(Some("Anna Huber".to_owned())).as_deref(), Some("Anna Huber"));
        assert_eq!(all.or_name(None).as_deref(), Some("a@example.org"));
        assert_eq!(Fallback { email: None, ..all }.or_name(None).as_deref(), Some("+49401234567"));
        assert_eq!(Fallback { email: Some(" "), phone: None }.or_name(None), None);
        assert_eq!(Fallback::default().or_name(None), None);
    }

    proptest! {
        #[test]
        fn a_shown_name_is_tidy_and_holds_every_part(title in r"\PC{0,8}", given in r"\PC{0,8}", family in r"\PC{0,8}") {
            if let Some(name) = shown([&title, &given, "", &family, ""]) {
                prop_assert_eq!(tidy(Some(&name)), Some(name.clone()));
                for part in [&title, &given, &family] {
                    prop_assert!(name.contains(&tidy(Some(part)).unwrap_or_default()));
                }
            }
        }
    }
}
