//! Tickets.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, Move, once};

/// Tickets.
pub const KIND: Kind = Kind {
    one: "ticket",
    many: "tickets",
    read: Permission::SupportRead,
    write: Permission::SupportWrite,
    create: || {
        json!({
            "number": once("T"), "subject": "Säge läuft nicht an", "channel": "phone", "category": "Reparatur",
            "priority": "high", "incident": true, "serial_number": "TK-200-00471",
        })
    },
    change: || json!({"priority": "urgent"}),
    moves: &[
        Move {
            verb: "accept",
            segment: "acceptance",
            happened: "accepted",
            body: || json!({"note": "Ich kümmere mich"}),
            ..Move::PLAIN
        },
        Move {
            verb: "answer",
            segment: "answer",
            happened: "answered",
            repeats: true,
            body: || json!({"note": "Sicherung geprüft?"}),
            ..Move::PLAIN
        },
        Move {
            verb: "escalate",
            segment: "escalation",
            happened: "escalated",
            repeats: true,
            body: || json!({"reason": "Kunde steht"}),
            ..Move::PLAIN
        },
        Move { verb: "hold", segment: "hold", happened: "held", body: || json!({}), ..Move::PLAIN },
        Move { verb: "wait", segment: "waiting", happened: "paused", body: || json!({}), ..Move::PLAIN },
        Move { verb: "resume", segment: "resumption", happened: "resumed", body: || json!({}), ..Move::PLAIN },
        Move {
            verb: "resolve",
            segment: "resolution",
            happened: "resolved",
            body: || json!({"resolution": "Kondensator getauscht"}),
            ..Move::PLAIN
        },
        Move { verb: "close", segment: "closure", happened: "closed", body: || json!({}), ..Move::PLAIN },
        Move {
            verb: "reopen",
            segment: "reopening",
            happened: "reopened",
            body: || json!({"reason": "Tritt wieder auf"}),
            ..Move::PLAIN
        },
    ],
    ..Kind::PLAIN
};
