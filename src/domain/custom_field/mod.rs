//! Fields a business defines itself: what they belong to, which types there are, and which values each takes.

mod order;
mod rules;

pub use order::decimal_key;
pub use rules::{Choice, Misfit, Rules};

use super::permission::named;

/// Characters of a one-line text at most: with these an entry of an index is never too large.
pub const TEXT_MAX: u32 = 500;
/// Characters of a long text at most.
pub const LONG_TEXT_MAX: u32 = 20_000;

named! {
    /// What can have fields of one's own, as the records are called one by one.
    Resource {
        /// Customers.
        Customer "customer",
        /// Campaigns.
        Campaign "campaign",
        /// Whom a campaign reached.
        CampaignTouch "campaign_touch",
        /// Consents.
        Consent "consent",
        /// Contracts.
        Contract "contract",
        /// Deliveries.
        Delivery "delivery",
        /// Documents.
        Document "document",
        /// Dunning notices.
        DunningNotice "dunning_notice",
        /// Feedback.
        Feedback "feedback",
        /// Interactions.
        Interaction "interaction",
        /// Invoices.
        Invoice "invoice",
        /// Loyalty memberships.
        LoyaltyMembership "loyalty_membership",
        /// Entries of loyalty ledgers.
        LoyaltyTransaction "loyalty_transaction",
        /// Opportunities.
        Opportunity "opportunity",
        /// Orders.
        Order "order",
        /// Products customers own.
        OwnedProduct "owned_product",
        /// Payments.
        Payment "payment",
        /// Pipelines.
        Pipeline "pipeline",
        /// Products.
        Product "product",
        /// Projects.
        Project "project",
        /// Quotes.
        Quote "quote",
        /// Referrals.
        Referral "referral",
        /// Relationships between customers.
        Relationship "relationship",
        /// Tasks.
        Task "task",
        /// Sets of tasks.
        TaskSet "task_set",
        /// Templates of sets of tasks.
        TaskTemplate "task_template",
        /// Tickets.
        Ticket "ticket",
    }
}

named! {
    /// What the values of a field are.
    FieldType {
        /// One line.
        Text "text",
        /// Any text; not looked for.
        LongText "long_text",
        /// A whole number, exact in every JSON reader.
        Integer "integer",
        /// An exact decimal, written as a string.
        Decimal "decimal",
        /// An amount and its currency.
        Money "money",
        /// True or false.
        Boolean "boolean",
        /// A day.
        Date "date",
        /// A point in time.
        Instant "instant",
        /// One of the options.
        OneOf "one_of",
        /// Any of the options.
        ManyOf "many_of",
        /// A web address.
        Url "url",
        /// An e-mail address.
        Email "email",
        /// The id of a customer.
        Customer "customer",
    }
}

impl FieldType {
    /// Whether lists can be filtered by it.
    pub const fn is_found(self) -> bool {
        !matches!(self, Self::LongText)
    }

    /// Whether lists can be sorted by it.
    pub const fn is_sorted(self) -> bool {
        !matches!(self, Self::LongText | Self::ManyOf | Self::Customer)
    }

    /// Whether no two records may have the same value.
    pub const fn is_unique(self) -> bool {
        !matches!(self, Self::LongText | Self::ManyOf | Self::Boolean | Self::Money)
    }

    /// Whether it is a number or an amount, and has a smallest and a largest value.
    pub const fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal | Self::Money)
    }

    /// Whether it is a day or a point in time, and has an earliest and a latest value.
    pub const fn is_time(self) -> bool {
        matches!(self, Self::Date | Self::Instant)
    }

    /// Whether its values are chosen from options.
    pub const fn has_options(self) -> bool {
        matches!(self, Self::OneOf | Self::ManyOf)
    }

    /// Characters it has at most, where its length can be limited.
    pub const fn longest(self) -> Option<u32> {
        match self {
            Self::Text => Some(TEXT_MAX),
            Self::LongText => Some(LONG_TEXT_MAX),
            _ => None,
        }
    }
}
