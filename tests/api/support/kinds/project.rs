//! Projects.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, Move, once};

/// Projects.
pub const KIND: Kind = Kind {
    one: "project",
    many: "projects",
    read: Permission::ProjectsRead,
    write: Permission::ProjectsWrite,
    create: || {
        json!({
            "number": once("P"), "name": "Umbau der Lackiererei", "starts_on": "2026-12-01", "ends_on": "2027-03-31",
            "members": [], "budget": {"amount": "48000.00", "currency": "EUR"},
        })
    },
    change: || json!({"ends_on": "2027-04-30"}),
    moves: &[
        Move { verb: "start", segment: "start", happened: "started", ..Move::PLAIN },
        Move {
            verb: "pause",
            segment: "pause",
            happened: "paused",
            body: || json!({"reason": "Warten auf die Genehmigung"}),
            ..Move::PLAIN
        },
        Move { verb: "resume", segment: "resumption", happened: "resumed", ..Move::PLAIN },
        Move {
            verb: "complete",
            segment: "completion",
            happened: "completed",
            body: || json!({"reason": "Abgenommen"}),
            ..Move::PLAIN
        },
        Move { verb: "reopen", segment: "reopening", happened: "reopened", ..Move::PLAIN },
        Move {
            verb: "cancel",
            segment: "cancellation",
            happened: "cancelled",
            body: || json!({"reason": "Kein Geld"}),
            ..Move::PLAIN
        },
    ],
    ..Kind::PLAIN
};
