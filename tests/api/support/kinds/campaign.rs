//! Campaigns, which belong to no customer.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, Move};

/// Campaigns.
pub const KIND: Kind = Kind {
    one: "campaign",
    many: "campaigns",
    read: Permission::MarketingRead,
    write: Permission::MarketingWrite,
    catalogue: true,
    create: || {
        json!({
            "name": "Frühjahrskatalog", "channel": "email", "audience": "Tischlereien in Hamburg",
            "audience_filter": "kind=company&city=Hamburg", "consent_purpose": "marketing", "starts_on": "2027-02-15",
            "ends_on": "2027-04-30", "budget": {"amount": "3200.00", "currency": "EUR"},
        })
    },
    change: || json!({"ends_on": "2027-05-31"}),
    moves: &[
        Move {
            verb: "cancel",
            ends: true,
            segment: "cancellation",
            happened: "cancelled",
            body: || json!({"reason": "Budget gestrichen"}),
            ..Move::PLAIN
        },
        Move { verb: "start", segment: "start", happened: "started", ..Move::PLAIN },
        Move {
            verb: "finish",
            ends: true,
            segment: "finish",
            happened: "finished",
            body: || json!({"result": "41 Anfragen"}),
            ..Move::PLAIN
        },
    ],
    ..Kind::PLAIN
};
