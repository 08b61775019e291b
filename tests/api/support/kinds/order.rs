//! Orders.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, Move, once};

/// Orders.
pub const KIND: Kind = Kind {
    one: "order",
    many: "orders",
    read: Permission::SalesRead,
    write: Permission::SalesWrite,
    created: "placed",
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
            ends: true,
            segment: "cancellation",
            happened: "cancelled",
            body: || json!({"reason": "Anderswo gekauft"}),
            ..Move::PLAIN
        },
        Move { verb: "confirm", segment: "confirmation", happened: "confirmed", body: || json!({}), ..Move::PLAIN },
        Move {
            verb: "fulfil",
            ends: true,
            segment: "fulfilment",
            happened: "fulfilled",
            body: || json!({}),
            ..Move::PLAIN
        },
    ],
    ..Kind::PLAIN
};
