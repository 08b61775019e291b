//! Templates of tasks, which belong to no customer.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::Kind;

/// Templates of tasks.
pub const KIND: Kind = Kind {
    one: "task_template",
    many: "task_templates",
    read: Permission::TasksRead,
    write: Permission::TasksWrite,
    catalogue: true,
    create: || {
        let step = |subject: &str, days: i32| {
            json!({
                "subject": subject, "body": null, "due_after_days": days, "priority": "normal", "assignee_role": "owner",
                "assignee_id": null,
            })
        };
        json!({
            "names": {"en": "Onboarding", "de": "Einführung"}, "description": "Für jeden neuen Kunden",
            "steps": [step("Begrüßungsanruf", 1), step("Schulung", 14)],
        })
    },
    change: || json!({"description": "Für Kunden mit Wartungsvertrag"}),
    ..Kind::PLAIN
};
