//! Feedback: complaints, which have moves.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, Move};

/// Feedback: complaints, which have moves.
pub const KIND: Kind = Kind {
    one: "feedback",
    many: "feedback",
    read: Permission::SupportRead,
    write: Permission::SupportWrite,
    created: "given",
    create: || json!({"kind": "complaint", "subject": "Falsches Ersatzteil geliefert", "severity": "high"}),
    change: || json!({"text": "Bestellt war ein anderes."}),
    moves: &[
        Move {
            verb: "acknowledge",
            segment: "acknowledgement",
            happened: "acknowledged",
            body: || json!({"note": "Bis Freitag"}),
            ..Move::PLAIN
        },
        Move {
            verb: "resolve",
            segment: "resolution",
            happened: "resolved",
            ends: true,
            body: || {
                json!({
                    "resolution": "Richtiges Teil geschickt", "compensation": {"amount": "50.00", "currency": "EUR"},
                })
            },
            ..Move::PLAIN
        },
        Move {
            verb: "reject",
            segment: "rejection",
            happened: "rejected",
            ends: true,
            body: || json!({"reason": "Bedienungsfehler"}),
            ..Move::PLAIN
        },
    ],
    ..Kind::PLAIN
};
