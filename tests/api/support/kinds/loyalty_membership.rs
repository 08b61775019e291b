//! Loyalty memberships.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, Move, once};

/// Loyalty memberships.
pub const KIND: Kind = Kind {
    one: "loyalty_membership",
    many: "loyalty_memberships",
    read: Permission::MarketingRead,
    write: Permission::MarketingWrite,
    created: "begun",
    create: || json!({"program": once("Werkstatt"), "number": once("K"), "level": "Silber", "joined_on": "2026-11-20"}),
    change: || json!({"level": "Gold"}),
    moves: &[
        Move {
            verb: "pause",
            segment: "pause",
            happened: "paused",
            body: || json!({"reason": "Karte verloren"}),
            ..Move::PLAIN
        },
        Move { verb: "resume", segment: "resumption", happened: "resumed", ..Move::PLAIN },
        Move {
            verb: "end",
            segment: "ending",
            happened: "ended",
            ends: true,
            body: || json!({"reason": "Auf Wunsch"}),
            ..Move::PLAIN
        },
    ],
    ..Kind::PLAIN
};
