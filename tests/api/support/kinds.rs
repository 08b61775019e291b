//! Kinds of records that are made of the same parts: what the gates and the tests of all kinds need to know of each.

use kundenhistorie::domain::permission::Permission;
use serde_json::{Value, json};

/// One kind of record.
pub struct Kind {
    /// `task`.
    pub one: &'static str,
    /// `tasks`.
    pub many: &'static str,
    /// What it takes to read it.
    pub read: Permission,
    /// What it takes to write it.
    pub write: Permission,
    /// A new one.
    pub create: fn() -> Value,
    /// A change of it.
    pub change: fn() -> Value,
    /// Its moves, each possible in the state the one before leads to, the first in the state of a new record.
    pub moves: &'static [Move],
}

/// A move.
pub struct Move {
    /// `complete`.
    pub verb: &'static str,
    /// `completion`.
    pub segment: &'static str,
    /// `completed`.
    pub happened: &'static str,
    /// The facts sent with it.
    pub body: fn() -> Value,
}

/// All of them.
pub const KINDS: &[Kind] = &[Kind {
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
        },
        Move { verb: "reopen", segment: "reopening", happened: "reopened", body: || json!({"reason": "Doch nicht"}) },
        Move { verb: "cancel", segment: "cancellation", happened: "cancelled", body: || json!({}) },
    ],
}];

impl Kind {
    /// The part of addresses.
    pub fn segment(&self) -> String {
        self.many.replace('_', "-")
    }

    /// Every operation, and what it takes to call it.
    pub fn policy(&self) -> Vec<(String, Option<Permission>)> {
        let Self { one, many, read, write, .. } = self;
        let mut policy = vec![
            (format!("list_customer_{many}"), Some(*read)),
            (format!("list_{many}"), Some(*read)),
            (format!("get_{one}"), Some(*read)),
        ];
        policy.extend(self.events().into_iter().map(|(operation, _)| (operation, Some(*write))));
        policy
    }

    /// Every operation that changes something, and the event it leaves.
    pub fn events(&self) -> Vec<(String, String)> {
        let one = self.one;
        let common = [("create", "created"), ("update", "updated"), ("archive", "archived"), ("restore", "restored")];
        let moves = self.moves.iter().map(|step| (step.verb, step.happened));
        let all = common.into_iter().chain(moves);
        all.map(|(verb, happened)| (format!("{verb}_{one}"), format!("{one}.{happened}"))).collect()
    }
}
