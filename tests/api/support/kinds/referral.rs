//! Referrals.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, Move};

/// Referrals.
pub const KIND: Kind = Kind {
    one: "referral",
    many: "referrals",
    read: Permission::MarketingRead,
    write: Permission::MarketingWrite,
    created: "invited",
    create: || json!({"referred_name": "Jens Petersen", "referred_email": "jens.petersen@example.org"}),
    change: || json!({"notes": "Nachbar"}),
    moves: &[
        Move { verb: "register", segment: "registration", happened: "registered", ..Move::PLAIN },
        Move { verb: "convert", segment: "conversion", happened: "converted", ..Move::PLAIN },
        Move {
            verb: "reward",
            segment: "reward",
            happened: "rewarded",
            ends: true,
            body: || json!({"points": 500}),
            ..Move::PLAIN
        },
        Move {
            verb: "decline",
            segment: "decline",
            happened: "declined",
            ends: true,
            body: || json!({"reason": "Kein Bedarf"}),
            ..Move::PLAIN
        },
    ],
    ..Kind::PLAIN
};
