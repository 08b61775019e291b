//! Quotes.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, Move, once};

/// The customer has it.
const SEND: Move = Move { verb: "send", segment: "dispatch", happened: "sent", body: || json!({}), ..Move::PLAIN };

/// Quotes.
pub const KIND: Kind = Kind {
    one: "quote",
    many: "quotes",
    read: Permission::SalesRead,
    write: Permission::SalesWrite,
    create: || {
        json!({"number": once("A"), "currency": "EUR", "valid_until": "2099-06-30", "probability": 60, "lines": [{
            "description": "Montage", "quantity": "2.5", "unit": "Stunde", "unit_price": "68.00", "tax_rate": "19",
        }]})
    },
    change: || json!({"terms": "30 Tage netto"}),
    moves: &[
        SEND,
        Move {
            verb: "decline",
            segment: "refusal",
            happened: "declined",
            body: || json!({"reason": "Zu teuer", "competitor": "Nordbau AG"}),
            ..Move::PLAIN
        },
        Move {
            verb: "revise",
            segment: "revision",
            happened: "revised",
            body: || json!({"reason": "Ohne Montage"}),
            ..Move::PLAIN
        },
        SEND,
        Move {
            verb: "extend",
            segment: "extension",
            happened: "extended",
            repeats: true,
            body: || json!({"valid_until": "2099-12-31"}),
            ..Move::PLAIN
        },
        Move {
            verb: "accept",
            segment: "acceptance",
            happened: "accepted",
            ends: true,
            body: || json!({"accepted_by": "Dr. Änne Öztürk"}),
            ..Move::PLAIN
        },
    ],
    ..Kind::PLAIN
};
