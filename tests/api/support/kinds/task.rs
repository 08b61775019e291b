//! Tasks.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, Move};

/// Tasks.
pub const KIND: Kind = Kind {
    one: "task",
    many: "tasks",
    read: Permission::TasksRead,
    write: Permission::TasksWrite,
    create: || json!({"subject": "Angebot nachfassen", "due_at": "2026-12-01T09:00:00Z"}),
    change: || json!({"priority": "urgent"}),
    moves: &[
        Move {
            verb: "complete",
            segment: "completion",
            happened: "completed",
            body: || json!({"outcome": "Zugesagt"}),
            ..Move::PLAIN
        },
        Move {
            verb: "reopen",
            segment: "reopening",
            happened: "reopened",
            body: || json!({"reason": "Doch nicht"}),
            ..Move::PLAIN
        },
        Move { verb: "cancel", segment: "cancellation", happened: "cancelled", body: || json!({}), ..Move::PLAIN },
    ],
    ..Kind::PLAIN
};
