//! Sets of tasks.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, Need};

/// Sets of tasks, each with those of its template.
pub const KIND: Kind = Kind {
    one: "task_set",
    many: "task_sets",
    read: Permission::TasksRead,
    write: Permission::TasksWrite,
    created: "started",
    also: &["task.created", "task.created"],
    needs: &[Need { field: "template_id", kind: "task_template", moves: &[] }],
    create: || json!({"starts_at": "2026-11-23T08:00:00Z", "note": "Erstes Werk"}),
    change: || json!({"note": "Zweites Werk"}),
    ..Kind::PLAIN
};
