//! Consents.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, Move, once};

/// Consents, each for another purpose: a customer has one that has effect for each.
pub const KIND: Kind = Kind {
    one: "consent",
    many: "consents",
    read: Permission::ConsentsRead,
    write: Permission::ConsentsWrite,
    created: "granted",
    create: || {
        json!({
            "purpose": once("purpose").replace('-', "_"), "channel": "email", "legal_basis": "consent",
            "obtained_through": "double_opt_in", "granted_at": "2024-03-01T09:00:00Z", "wording_version": "2024-01",
            "wording": "Ja, ich möchte den Newsletter erhalten.", "proof": "Bestätigungslink aufgerufen",
        })
    },
    change: || json!({"proof": "Formular vom 1. März"}),
    moves: &[
        Move {
            verb: "renew",
            segment: "renewal",
            happened: "renewed",
            repeats: true,
            body: || json!({"wording_version": "2025-02", "obtained_through": "web_form"}),
            ..Move::PLAIN
        },
        Move {
            verb: "withdraw",
            ends: true,
            segment: "withdrawal",
            happened: "withdrawn",
            body: || json!({"reason": "Zu viele E-Mails"}),
            ..Move::PLAIN
        },
    ],
    ..Kind::PLAIN
};
