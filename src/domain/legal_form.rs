//! Legal forms of companies.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::language::Language;

/// The legal form of a company: the forms of German law, the most frequent ones of its neighbours, and `other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LegalForm {
    /// Gesellschaft mit beschränkter Haftung (GmbHG).
    Gmbh,
    /// Gemeinnützige GmbH (§ 4 GmbHG).
    Ggmbh,
    /// Kommanditgesellschaft whose general partner is a GmbH.
    GmbhCoKg,
    /// Unternehmergesellschaft (haftungsbeschränkt) (§ 5a GmbHG).
    Ug,
    /// Kommanditgesellschaft whose general partner is a UG.
    UgCoKg,
    /// Aktiengesellschaft (AktG).
    Ag,
    /// Kommanditgesellschaft auf Aktien (§ 278 AktG).
    Kgaa,
    /// Societas Europaea (Regulation (EC) 2157/2001).
    Se,
    /// Kommanditgesellschaft (§ 161 HGB).
    Kg,
    /// Offene Handelsgesellschaft (§ 105 HGB).
    Ohg,
    /// Gesellschaft bürgerlichen Rechts, registered or not (§ 705, § 707a BGB).
    Gbr,
    /// Partnerschaftsgesellschaft (PartGG).
    Partg,
    /// Partnerschaft mit beschränkter Berufshaftung (§ 8 PartGG).
    PartgMbb,
    /// Eingetragene Genossenschaft (GenG).
    Eg,
    /// Eingetragener Verein (§ 21 BGB).
    Ev,
    /// Eingetragener Kaufmann, eingetragene Kauffrau (§ 19 HGB).
    Ek,
    /// A business of one person without an entry in the commercial register.
    SoleProprietorship,
    /// A self-employed member of a liberal profession (§ 18 EStG).
    Freelancer,
    /// Foundation (§ 80 BGB).
    Foundation,
    /// Body, institution or foundation under public law.
    PublicBody,
    /// Versicherungsverein auf Gegenseitigkeit (§ 171 VAG).
    Vvag,
    /// Private company limited by shares.
    Ltd,
    /// Public limited company.
    Plc,
    /// Limited liability company of the United States.
    Llc,
    /// Corporation of the United States or Canada.
    Inc,
    /// Société à responsabilité limitée, Switzerland's Sàrl and Sagl included.
    Sarl,
    /// Société anonyme, and what other Romance languages call so.
    Sa,
    /// Besloten vennootschap.
    Bv,
    /// Any other form.
    Other,
}

impl LegalForm {
    /// Every form there is.
    pub const ALL: &'static [Self] = &[
        Self::Gmbh,
        Self::Ggmbh,
        Self::GmbhCoKg,
        Self::Ug,
        Self::UgCoKg,
        Self::Ag,
        Self::Kgaa,
        Self::Se,
        Self::Kg,
        Self::Ohg,
        Self::Gbr,
        Self::Partg,
        Self::PartgMbb,
        Self::Eg,
        Self::Ev,
        Self::Ek,
        Self::SoleProprietorship,
        Self::Freelancer,
        Self::Foundation,
        Self::PublicBody,
        Self::Vvag,
        Self::Ltd,
        Self::Plc,
        Self::Llc,
        Self::Inc,
        Self::Sarl,
        Self::Sa,
        Self::Bv,
        Self::Other,
    ];

    /// The word in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gmbh => "gmbh",
            Self::Ggmbh => "ggmbh",
            Self::GmbhCoKg => "gmbh_co_kg",
            Self::Ug => "ug",
            Self::UgCoKg => "ug_co_kg",
            Self::Ag => "ag",
            Self::Kgaa => "kgaa",
            Self::Se => "se",
            Self::Kg => "kg",
            Self::Ohg => "ohg",
            Self::Gbr => "gbr",
            Self::Partg => "partg",
            Self::PartgMbb => "partg_mbb",
            Self::Eg => "eg",
            Self::Ev => "ev",
            Self::Ek => "ek",
            Self::SoleProprietorship => "sole_proprietorship",
            Self::Freelancer => "freelancer",
            Self::Foundation => "foundation",
            Self::PublicBody => "public_body",
            Self::Vvag => "vvag",
            Self::Ltd => "ltd",
            Self::Plc => "plc",
            Self::Llc => "llc",
            Self::Inc => "inc",
            Self::Sarl => "sarl",
            Self::Sa => "sa",
            Self::Bv => "bv",
            Self::Other => "other",
        }
    }

    /// Reads the word from the database.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|form| form.as_str() == text)
    }

    /// What people call it. Abbreviations are names and stay as they are.
    pub fn label(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Gmbh, _) => "GmbH",
            (Self::Ggmbh, _) => "gGmbH",
            (Self::GmbhCoKg, _) => "GmbH & Co. KG",
            (Self::Ug, _) => "UG (haftungsbeschränkt)",
            (Self::UgCoKg, _) => "UG (haftungsbeschränkt) & Co. KG",
            (Self::Ag, _) => "AG",
            (Self::Kgaa, _) => "KGaA",
            (Self::Se, _) => "SE",
            (Self::Kg, _) => "KG",
            (Self::Ohg, _) => "OHG",
            (Self::Gbr, _) => "GbR",
            (Self::Partg, _) => "PartG",
            (Self::PartgMbb, _) => "PartG mbB",
            (Self::Eg, _) => "eG",
            (Self::Ev, _) => "e.V.",
            (Self::Ek, _) => "e.K.",
            (Self::SoleProprietorship, Language::En) => "Sole proprietorship",
            (Self::SoleProprietorship, Language::De) => "Einzelunternehmen",
            (Self::Freelancer, Language::En) => "Liberal profession",
            (Self::Freelancer, Language::De) => "Freier Beruf",
            (Self::Foundation, Language::En) => "Foundation",
            (Self::Foundation, Language::De) => "Stiftung",
            (Self::PublicBody, Language::En) => "Public body",
            (Self::PublicBody, Language::De) => "Juristische Person des öffentlichen Rechts",
            (Self::Vvag, _) => "VVaG",
            (Self::Ltd, _) => "Ltd.",
            (Self::Plc, _) => "PLC",
            (Self::Llc, _) => "LLC",
            (Self::Inc, _) => "Inc.",
            (Self::Sarl, _) => "SARL",
            (Self::Sa, _) => "SA",
            (Self::Bv, _) => "B.V.",
            (Self::Other, Language::En) => "Other",
            (Self::Other, Language::De) => "Sonstige",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_word_on_the_wire_and_in_the_database_is_the_same() {
        for form in LegalForm::ALL.iter().copied() {
            assert_eq!(serde_json::to_value(form).unwrap(), form.as_str());
            assert_eq!(LegalForm::parse(form.as_str()), Some(form));
        }
        assert_eq!(LegalForm::parse("GmbH"), None);
    }

    #[test]
    fn the_contract_knows_every_form_and_each_has_its_own_label() {
        let schema = serde_json::to_value(<LegalForm as utoipa::PartialSchema>::schema()).unwrap();
        let words: Vec<&str> = LegalForm::ALL.iter().map(|form| form.as_str()).collect();
        assert_eq!(schema["enum"], serde_json::json!(words));
        for language in [Language::En, Language::De] {
            let labels: BTreeSet<&str> = LegalForm::ALL.iter().map(|form| form.label(language)).collect();
            assert_eq!(labels.len(), words.len());
        }
    }
}
