//! Products, which belong to no customer.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, Move, once};

/// Products, which belong to no customer.
pub const KIND: Kind = Kind {
    one: "product",
    many: "products",
    read: Permission::ProductsRead,
    write: Permission::ProductsWrite,
    catalogue: true,
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
            ..Move::PLAIN
        },
        Move {
            verb: "reactivate",
            segment: "reactivation",
            happened: "reactivated",
            body: || json!({"reason": "Wieder lieferbar"}),
            ..Move::PLAIN
        },
    ],
    ..Kind::PLAIN
};
