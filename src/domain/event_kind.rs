//! Kinds of events: their groups, and the names that are taken.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::instant::Instant;

/// Group of event kinds, for filtering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// E-mails, calls, meetings, notes …
    Communication,
    /// Opportunities and quotes.
    Sales,
    /// Orders, deliveries, invoices, payments.
    Purchase,
    /// Tickets and service.
    Support,
    /// Ratings, complaints, surveys.
    Feedback,
    /// Campaigns.
    Marketing,
    /// Changes of the record itself.
    MasterData,
    /// Consents.
    Consent,
    /// Documents.
    Document,
    /// Loyalty programmes.
    Loyalty,
}

impl Category {
    /// All groups.
    pub const ALL: &'static [Self] = &[
        Self::Communication,
        Self::Sales,
        Self::Purchase,
        Self::Support,
        Self::Feedback,
        Self::Marketing,
        Self::MasterData,
        Self::Consent,
        Self::Document,
        Self::Loyalty,
    ];

    /// The word in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Communication => "communication",
            Self::Sales => "sales",
            Self::Purchase => "purchase",
            Self::Support => "support",
            Self::Feedback => "feedback",
            Self::Marketing => "marketing",
            Self::MasterData => "master_data",
            Self::Consent => "consent",
            Self::Document => "document",
            Self::Loyalty => "loyalty",
        }
    }

    /// Reads the word from the database.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|category| category.as_str() == text)
    }
}

/// Kinds of records whose events are or will be built in: the first part of a kind is one of them. Own kinds
/// stay clear of all of them, so that a later version never collides with what an integrator called so.
const RESERVED: &[&str] = &[
    "api_key",
    "call",
    "campaign",
    "campaign_touch",
    "chat",
    "consent",
    "contract",
    "custom_field_definition",
    "custom_label",
    "customer",
    "delivery",
    "document",
    "dunning_notice",
    "email",
    "event_type",
    "feedback",
    "interaction",
    "invoice",
    "letter",
    "loyalty_membership",
    "loyalty_transaction",
    "meeting",
    "note",
    "opportunity",
    "order",
    "owned_product",
    "payment",
    "product",
    "project",
    "quote",
    "referral",
    "relationship",
    "social_post",
    "tag",
    "task",
    "task_set",
    "task_template",
    "team",
    "ticket",
    "timeline",
    "user",
    "visit",
];

/// Whether a kind, `<thing>.<past participle>`, is built in or kept for what will be.
pub fn is_reserved(kind: &str) -> bool {
    let thing = kind.split('.').next().unwrap_or_default();
    RESERVED.binary_search(&thing).is_ok()
}

/// What only tells that time has passed. It is noticed after it did, and stands in the way of nothing that is told later
/// still: what was paid in time was never overdue, whoever noticed it meanwhile.
pub const NOTICED: [&str; 5] = [
    "consent.expired",
    "delivery.became_late",
    "invoice.became_overdue",
    "ticket.first_response_overdue",
    "ticket.resolution_overdue",
];

/// How far ahead of us an event may claim to have happened: clocks differ, and time zones are mistaken.
const SECONDS_AHEAD: i64 = 24 * 60 * 60;

/// The latest time an event that is told now may have happened.
pub fn latest_occurrence(now: Instant) -> Instant {
    now.plus_seconds(SECONDS_AHEAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_of_our_own_are_kept() {
        assert!(RESERVED.is_sorted());
        for kind in ["customer.updated", "call.logged", "visit.anything", "email"] {
            assert!(is_reserved(kind), "{kind}");
        }
        for kind in ["machine.serviced", "customers.counted", "callback.promised"] {
            assert!(!is_reserved(kind), "{kind}");
        }
    }
}
