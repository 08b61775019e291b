//! Whom campaigns reached.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, Move, Need};

/// Whom campaigns reached.
pub const KIND: Kind = Kind {
    one: "campaign_touch",
    many: "campaign_touches",
    read: Permission::MarketingRead,
    write: Permission::MarketingWrite,
    created: "sent",
    needs: &[Need { field: "campaign_id", kind: "campaign", moves: &["start"] }],
    create: || json!({"recipient": "einkauf@werft-nord.example", "subject": "Der Katalog ist da"}),
    change: || json!({"notes": "Variante B"}),
    moves: &[
        Move {
            verb: "bounce",
            ends: true,
            segment: "bounce",
            happened: "bounced",
            body: || json!({"reason": "550 5.1.1"}),
            ..Move::PLAIN
        },
        Move { verb: "open", segment: "opening", happened: "opened", ..Move::PLAIN },
        Move {
            verb: "respond",
            segment: "response",
            happened: "responded",
            body: || json!({"response": "Bitte ein Angebot"}),
            ..Move::PLAIN
        },
        Move {
            verb: "unsubscribe",
            ends: true,
            segment: "opt-out",
            happened: "opted_out",
            body: || json!({"reason": "Kein Bedarf"}),
            ..Move::PLAIN
        },
    ],
    ..Kind::PLAIN
};
