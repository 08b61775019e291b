//! Filters of the lists of relationships.

use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::domain::relationship::{BuyingRole, RelationshipDirection, RelationshipKind};
use crate::schemas::ArchivedFilter;

/// Both lists have these filters in common, besides those of their own.
macro_rules! relationship_filter {
    ($(#[$doc:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, Deserialize, IntoParams)]
        #[into_params(parameter_in = Query)]
        #[serde(default)]
        pub struct $name {
            $($own)*
            /// What the first customer is to the second one.
            #[serde(rename = "type")]
            #[param(inline, max_items = 7)]
            pub kind: Vec<RelationshipKind>,
            /// Part in the decision to buy.
            #[param(inline, max_items = 6)]
            pub buying_role: Vec<BuyingRole>,
            /// `true`: only primary contact persons; `false`: all but them.
            #[param(nullable = false, example = true)]
            pub primary: Option<bool>,
            /// Those that hold on this day; all, also past and future ones, without it.
            #[param(format = "date", max_length = 10, nullable = false, example = "2026-11-22")]
            pub current_on: Option<String>,
            /// Archived relationships: left out unless they are asked for.
            #[param(inline, nullable = false)]
            pub archived: Option<ArchivedFilter>,
            /// Order; a minus sign turns it round. `-created_at` unless it is given.
            #[param(
                max_length = 60,
                pattern = "^-?(type|valid_from|valid_to|created_at|updated_at)(,-?(type|valid_from|valid_to|created_at|updated_at))?$",
                nullable = false,
                example = "-created_at"
            )]
            pub sort: Option<String>,
        }

        impl $name {
            /// The filters both lists have.
            pub fn common(&self) -> CommonRelationshipFilter<'_> {
                CommonRelationshipFilter {
                    kind: &self.kind,
                    buying_role: &self.buying_role,
                    primary: self.primary,
                    current_on: self.current_on.as_deref(),
                    archived: self.archived.unwrap_or_default(),
                    sort: self.sort.as_deref(),
                }
            }
        }
    };
}

/// What both lists are filtered by.
#[derive(Debug, Clone, Copy)]
pub struct CommonRelationshipFilter<'a> {
    /// Types, joined by "or".
    pub kind: &'a [RelationshipKind],
    /// Parts in the decision to buy, joined by "or".
    pub buying_role: &'a [BuyingRole],
    /// Primary ones, or all but them.
    pub primary: Option<bool>,
    /// Those that hold on this day.
    pub current_on: Option<&'a str>,
    /// Whether archived ones are shown.
    pub archived: ArchivedFilter,
    /// The order.
    pub sort: Option<&'a str>,
}

relationship_filter! {
    /// Which relationships of one customer. Repeated parameters mean "or", different ones "and".
    CustomerRelationshipQuery {
        /// Which end the customer is; both without it.
        #[param(inline, nullable = false)]
        pub direction: Option<RelationshipDirection>,
        /// With these customers at the other end.
        #[param(max_items = 50)]
        pub other_customer_id: Vec<Uuid>,
    }
}

relationship_filter! {
    /// Which relationships between customers the caller may see.
    RelationshipQuery {
        /// With one of these customers at either end.
        #[param(max_items = 50)]
        pub customer_id: Vec<Uuid>,
    }
}
