//! Invoices.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, Move};

/// Invoices.
pub const KIND: Kind = Kind {
    one: "invoice",
    many: "invoices",
    read: Permission::FinanceRead,
    write: Permission::FinanceWrite,
    kept: true,
    // Overdue once it is issued.
    create: || {
        json!({"currency": "EUR", "issued_on": "2026-10-01", "due_on": "2026-10-15", "lines": [{
            "position": 1, "product_id": null, "sku": "M-1", "description": "Montage", "quantity": "2.5",
            "unit": "Stunde", "unit_price": "68.00", "discount_percent": "0", "tax_rate": "19",
        }]})
    },
    change: || json!({"notes": "Zahlbar ohne Abzug."}),
    moves: &[
        Move {
            verb: "cancel",
            ends: true,
            segment: "cancellation",
            happened: "cancelled",
            body: || json!({"reason": "Falscher Empfänger"}),
            ..Move::PLAIN
        },
        Move {
            verb: "issue",
            segment: "issuance",
            happened: "issued",
            body: || json!({"sent_by": "email"}),
            ..Move::PLAIN
        },
        Move {
            verb: "write_off",
            segment: "write-off",
            happened: "written_off",
            body: || json!({"reason": "Insolvenz mangels Masse abgelehnt"}),
            ..Move::PLAIN
        },
        Move {
            verb: "reinstate",
            segment: "reinstatement",
            happened: "reinstated",
            body: || json!({"reason": "Ratenzahlung angeboten"}),
            ..Move::PLAIN
        },
    ],
    ..Kind::PLAIN
};
