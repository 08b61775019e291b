//! How customers can belong together: the types of links, which customers each may join, and the words for both
//! directions.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::language::Phrase;

/// Most levels of a tree of companies, the top counted as one.
pub const LEVELS_MAX: usize = 20;

/// What a link says about its first end: "is employed by" the second one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RelationshipKind {
    /// A person works for a company.
    EmployeeOf,
    /// A person is whom one talks to at a company.
    ContactPersonOf,
    /// A company belongs to another one, its parent: one at a time.
    SubsidiaryOf,
    /// A person belongs to the household of another one.
    HouseholdMemberOf,
    /// Two customers are partners; the same in both directions.
    PartnerOf,
    /// Two companies compete; the same in both directions.
    CompetitorOf,
    /// A customer came through another one.
    ReferredBy,
}

/// Which end of a link somebody is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RelationshipDirection {
    /// The customer is the first end: "employed by".
    Outgoing,
    /// The customer is the second end: "employs".
    Incoming,
}

impl RelationshipDirection {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Outgoing => "outgoing",
            Self::Incoming => "incoming",
        }
    }
}

/// What part a person has in the decision to buy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BuyingRole {
    /// Without whom nothing works.
    KeyPerson,
    /// Decides.
    DecisionMaker,
    /// Is heard before the decision.
    Influencer,
    /// Works with what is bought.
    User,
    /// Decides who is let through.
    Gatekeeper,
    /// Leads the company.
    Management,
}

impl BuyingRole {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::KeyPerson, Self::DecisionMaker, Self::Influencer, Self::User, Self::Gatekeeper, Self::Management];

    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KeyPerson => "key_person",
            Self::DecisionMaker => "decision_maker",
            Self::Influencer => "influencer",
            Self::User => "user",
            Self::Gatekeeper => "gatekeeper",
            Self::Management => "management",
        }
    }

    /// Reads the word from the database.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.as_str() == text)
    }
}

/// What is fixed for a type of link.
#[derive(Debug)]
pub struct Facts {
    /// The word on the wire and in the database.
    pub name: &'static str,
    /// Kinds of customers the first end may be.
    pub from: &'static [&'static str],
    /// Kinds of customers the second end may be.
    pub to: &'static [&'static str],
    /// Seen from the first end.
    pub outgoing: Phrase,
    /// Seen from the second end.
    pub incoming: Phrase,
    /// Says the same in both directions.
    pub mutual: bool,
    /// May tell a part in the decision to buy.
    pub with_buying_role: bool,
    /// One of several may be marked as the primary one.
    pub with_primary: bool,
}

const PERSON: &[&str] = &["person"];
const COMPANY: &[&str] = &["company"];
const ANY: &[&str] = &["person", "company"];

const fn words(en: &'static str, de: &'static str) -> Phrase {
    Phrase { en, de }
}

/// A link that is neither mutual nor has anything of its own.
const fn plain(
    name: &'static str,
    from: &'static [&'static str],
    to: &'static [&'static str],
    outgoing: Phrase,
    incoming: Phrase,
) -> Facts {
    Facts { name, from, to, outgoing, incoming, mutual: false, with_buying_role: false, with_primary: false }
}

const EMPLOYEE_OF: Facts = Facts {
    with_buying_role: true,
    ..plain("employee_of", PERSON, COMPANY, words("employed by", "angestellt bei"), words("employs", "beschäftigt"))
};
const CONTACT_PERSON_OF: Facts = Facts {
    with_buying_role: true,
    with_primary: true,
    ..plain(
        "contact_person_of",
        PERSON,
        COMPANY,
        words("contact person of", "Ansprechpartner bei"),
        words("has as contact person", "hat als Ansprechpartner"),
    )
};
const SUBSIDIARY_OF: Facts = plain(
    "subsidiary_of",
    COMPANY,
    COMPANY,
    words("subsidiary of", "Tochtergesellschaft von"),
    words("parent of", "Muttergesellschaft von"),
);
const HOUSEHOLD_MEMBER_OF: Facts = plain(
    "household_member_of",
    PERSON,
    PERSON,
    words("member of the household of", "im Haushalt von"),
    words("has in the household", "hat im Haushalt"),
);
const PARTNER_OF: Facts = Facts {
    mutual: true,
    ..plain("partner_of", ANY, ANY, words("partner of", "Partner von"), words("partner of", "Partner von"))
};
const COMPETITOR_OF: Facts = Facts {
    mutual: true,
    ..plain(
        "competitor_of",
        COMPANY,
        COMPANY,
        words("competitor of", "Wettbewerber von"),
        words("competitor of", "Wettbewerber von"),
    )
};
const REFERRED_BY: Facts =
    plain("referred_by", ANY, ANY, words("referred by", "empfohlen von"), words("has referred", "hat empfohlen"));

impl RelationshipKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::EmployeeOf,
        Self::ContactPersonOf,
        Self::SubsidiaryOf,
        Self::HouseholdMemberOf,
        Self::PartnerOf,
        Self::CompetitorOf,
        Self::ReferredBy,
    ];

    /// What is fixed for it: the one table of links.
    pub fn facts(self) -> &'static Facts {
        match self {
            Self::EmployeeOf => &EMPLOYEE_OF,
            Self::ContactPersonOf => &CONTACT_PERSON_OF,
            Self::SubsidiaryOf => &SUBSIDIARY_OF,
            Self::HouseholdMemberOf => &HOUSEHOLD_MEMBER_OF,
            Self::PartnerOf => &PARTNER_OF,
            Self::CompetitorOf => &COMPETITOR_OF,
            Self::ReferredBy => &REFERRED_BY,
        }
    }

    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        self.facts().name
    }

    /// Reads the word from the database.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }

    /// How the link is told at one of its ends.
    pub fn words(self, direction: RelationshipDirection) -> Phrase {
        match direction {
            RelationshipDirection::Outgoing => self.facts().outgoing,
            RelationshipDirection::Incoming => self.facts().incoming,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_the_wire() {
        for kind in RelationshipKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(RelationshipKind::parse(kind.as_str()), Some(*kind));
        }
        for role in BuyingRole::ALL {
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
            assert_eq!(BuyingRole::parse(role.as_str()), Some(*role));
        }
    }

    #[test]
    fn what_says_the_same_in_both_directions_has_one_word_and_equal_ends() {
        for facts in RelationshipKind::ALL.iter().map(|kind| kind.facts()) {
            assert_eq!(facts.mutual, facts.outgoing == facts.incoming, "{}", facts.name);
            assert!(!facts.mutual || facts.from == facts.to, "{}", facts.name);
        }
    }
}
