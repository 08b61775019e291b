//! Deliveries.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, Move, Need, once};

/// What a delivery does to its order while not all of it is delivered.
const CHANGED: &[&str] = &["order.deliveries_changed"];

/// Deliveries.
pub const KIND: Kind = Kind {
    one: "delivery",
    many: "deliveries",
    read: Permission::SalesRead,
    write: Permission::SalesWrite,
    created: "prepared",
    also: CHANGED,
    needs: &[Need { field: "order_id", kind: "order", moves: &[] }],
    create: || {
        json!({
            "number": once("L"), "lines": [{"position": 1, "quantity": "1.5"}], "promised_on": "2026-12-04",
            "carrier": "DHL", "tracking_number": "00340434161094015902", "tracking_url": "https://www.dhl.de/",
        })
    },
    change: || json!({"notes": "Beim Nachbarn abgeben."}),
    moves: &[
        Move {
            verb: "cancel",
            segment: "cancellation",
            happened: "cancelled",
            also: CHANGED,
            ends: true,
            body: || json!({"reason": "Mit der nächsten"}),
            ..Move::PLAIN
        },
        Move {
            verb: "ship",
            segment: "shipment",
            happened: "shipped",
            also: CHANGED,
            body: || json!({}),
            ..Move::PLAIN
        },
        Move {
            verb: "deliver",
            segment: "arrival",
            happened: "delivered",
            also: CHANGED,
            body: || json!({"received_by": "Pförtner"}),
            ..Move::PLAIN
        },
        Move {
            verb: "return",
            segment: "return",
            happened: "returned",
            also: CHANGED,
            ends: true,
            body: || json!({"reason": "Nicht bestellt"}),
            ..Move::PLAIN
        },
    ],
    ..Kind::PLAIN
};
