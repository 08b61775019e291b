//! What customers own.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, Move, once};

/// What customers own.
pub const KIND: Kind = Kind {
    one: "owned_product",
    many: "owned_products",
    read: Permission::SalesRead,
    write: Permission::SalesWrite,
    create: || {
        json!({
            "name": "Tischkreissäge TK-200", "sku": "TK-200", "serial_number": once("TK200"), "quantity": "1",
            "acquired_on": "2026-11-22", "warranty_until": "2028-11-22",
        })
    },
    change: || json!({"location": "Werkstatt, Halle 3"}),
    moves: &[
        Move {
            verb: "decommission",
            segment: "decommissioning",
            happened: "decommissioned",
            body: || json!({"reason": "Motorschaden"}),
            ..Move::PLAIN
        },
        Move {
            verb: "return",
            segment: "return",
            happened: "returned",
            body: || json!({"reason": "Garantie", "given_up_on": "2026-11-22"}),
            ..Move::PLAIN
        },
        Move {
            verb: "reactivate",
            segment: "reactivation",
            happened: "reactivated",
            body: || json!({"reason": "Repariert"}),
            ..Move::PLAIN
        },
        Move {
            verb: "replace",
            segment: "replacement",
            happened: "replaced",
            body: || json!({"reason": "Garantietausch"}),
            ..Move::PLAIN
        },
    ],
    ..Kind::PLAIN
};
