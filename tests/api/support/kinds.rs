//! Kinds of records that are made of the same parts: what the gates and the tests of all kinds need to know of each.

use std::sync::atomic::{AtomicU64, Ordering};

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
    /// A new one, each time with other values where no two records may have the same.
    pub create: fn() -> Value,
    /// A change of it.
    pub change: fn() -> Value,
    /// Its moves, each possible in the state the one before leads to; the first, and those behind one that leads to an
    /// end, in the state of a new record.
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

/// Those that belong to no customer.
const CATALOGUE: &[&str] = &["product"];

/// What the creation of some is called; `created` otherwise.
const CREATED: &[(&str, &str)] = &[("order", "placed")];

/// Moves that lead to an end: no other one is possible afterwards.
const ENDS: &[(&str, &str)] = &[("order", "cancel"), ("order", "fulfil")];

/// A text that is used once only.
fn once(prefix: &str) -> String {
    static USED: AtomicU64 = AtomicU64::new(1);
    format!("{prefix}-{}", USED.fetch_add(1, Ordering::Relaxed))
}

/// All of them.
pub const KINDS: &[Kind] = &[
    Kind {
        one: "order",
        many: "orders",
        read: Permission::SalesRead,
        write: Permission::SalesWrite,
        create: || {
            json!({"number": once("B"), "currency": "EUR", "lines": [{
                "position": 1, "product_id": null, "sku": "M-1", "description": "Montage", "quantity": "2.5",
                "unit": "Stunde", "unit_price": "68.00", "discount_percent": "0", "tax_rate": "19",
            }]})
        },
        change: || json!({"notes": "Anlieferung nur vormittags."}),
        moves: &[
            Move {
                verb: "cancel",
                segment: "cancellation",
                happened: "cancelled",
                body: || json!({"reason": "Anderswo gekauft"}),
            },
            Move { verb: "confirm", segment: "confirmation", happened: "confirmed", body: || json!({}) },
            Move { verb: "fulfil", segment: "fulfilment", happened: "fulfilled", body: || json!({}) },
        ],
    },
    Kind {
        one: "product",
        many: "products",
        read: Permission::ProductsRead,
        write: Permission::ProductsWrite,
        create: || {
            json!({
                "sku": once("TK"), "name": "Tischkreissäge", "family": "Sägen", "unit": "Stück",
                "unit_price": {"amount": "1249.00", "currency": "EUR"}, "tax_rate": "19",
            })
        },
        change: || json!({"unit_price": {"amount": "1299.00", "currency": "EUR"}}),
        moves: &[
            Move {
                verb: "discontinue",
                segment: "discontinuation",
                happened: "discontinued",
                body: || json!({"reason": "Nachfolger"}),
            },
            Move {
                verb: "reactivate",
                segment: "reactivation",
                happened: "reactivated",
                body: || json!({"reason": "Wieder lieferbar"}),
            },
        ],
    },
    Kind {
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
            Move {
                verb: "reopen",
                segment: "reopening",
                happened: "reopened",
                body: || json!({"reason": "Doch nicht"}),
            },
            Move { verb: "cancel", segment: "cancellation", happened: "cancelled", body: || json!({}) },
        ],
    },
];

impl Kind {
    /// The part of addresses.
    pub fn segment(&self) -> String {
        self.many.replace('_', "-")
    }

    /// Whether its records belong to no customer.
    pub fn is_catalogue(&self) -> bool {
        CATALOGUE.contains(&self.one)
    }

    /// How its first event is called: `created`.
    pub fn created(&self) -> &'static str {
        CREATED.iter().find(|(kind, _)| *kind == self.one).map_or("created", |(_, happened)| happened)
    }

    /// Whether nothing is possible after a move.
    pub fn ends_with(&self, step: &Move) -> bool {
        ENDS.contains(&(self.one, step.verb))
    }

    /// Where one is made, for a customer if it belongs to one.
    pub fn creation(&self, customer: &str) -> String {
        match self.is_catalogue() {
            true => format!("/v1/{}", self.segment()),
            false => format!("{customer}/{}", self.segment()),
        }
    }

    /// Every operation, and what it takes to call it.
    pub fn policy(&self) -> Vec<(String, Option<Permission>)> {
        let Self { one, many, read, write, .. } = self;
        let mut policy = vec![(format!("list_{many}"), Some(*read)), (format!("get_{one}"), Some(*read))];
        if !self.is_catalogue() {
            policy.push((format!("list_customer_{many}"), Some(*read)));
        }
        policy.extend(self.events().into_iter().map(|(operation, _)| (operation, Some(*write))));
        policy
    }

    /// Every operation that changes something, and the event it leaves.
    pub fn events(&self) -> Vec<(String, String)> {
        let one = self.one;
        let common =
            [("create", self.created()), ("update", "updated"), ("archive", "archived"), ("restore", "restored")];
        let moves = self.moves.iter().map(|step| (step.verb, step.happened));
        let all = common.into_iter().chain(moves);
        all.map(|(verb, happened)| (format!("{verb}_{one}"), format!("{one}.{happened}"))).collect()
    }
}
