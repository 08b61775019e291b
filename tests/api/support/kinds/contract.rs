//! Contracts.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, Move, once};

/// Contracts.
pub const KIND: Kind = Kind {
    one: "contract",
    many: "contracts",
    read: Permission::SalesRead,
    write: Permission::SalesWrite,
    create: || {
        json!({
            "number": once("V"), "title": "Wartungsvertrag Werkstatt", "starts_on": "2026-01-01", "term_months": 24,
            "renewal": "automatic", "renewal_months": 12, "notice_period": {"count": 3, "unit": "months"},
            "value": {"amount": "89.00", "currency": "EUR"}, "billing_interval": "monthly",
            "items": [{"product_id": null, "description": "Wartung Tischkreissäge", "quantity": "1"}],
        })
    },
    change: || json!({"notes": "Reaktionszeit vier Stunden"}),
    moves: &[
        Move {
            verb: "activate",
            segment: "activation",
            happened: "activated",
            body: || json!({"signed_on": "2026-11-22"}),
            ..Move::PLAIN
        },
        Move {
            verb: "renew",
            segment: "renewal",
            happened: "renewed",
            repeats: true,
            body: || json!({"months": 12}),
            ..Move::PLAIN
        },
        Move {
            verb: "cancel",
            segment: "cancellation",
            happened: "cancelled",
            body: || json!({"reason": "Werkstatt wird verkleinert", "by": "customer"}),
            ..Move::PLAIN
        },
        Move {
            verb: "reinstate",
            segment: "reinstatement",
            happened: "reinstated",
            body: || json!({"reason": "Neue Konditionen vereinbart"}),
            ..Move::PLAIN
        },
        Move {
            verb: "end",
            ends: true,
            segment: "ending",
            happened: "ended",
            body: || json!({"ended_on": "2026-11-21"}),
            ..Move::PLAIN
        },
    ],
    ..Kind::PLAIN
};
