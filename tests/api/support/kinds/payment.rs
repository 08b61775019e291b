//! Payments.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, Move};

/// Payments.
pub const KIND: Kind = Kind {
    one: "payment",
    many: "payments",
    read: Permission::FinanceRead,
    write: Permission::FinanceWrite,
    created: "recorded",
    create: || json!({"amount": {"amount": "119.00", "currency": "EUR"}, "method": "direct_debit", "reference": "R-000001"}),
    change: || json!({"notes": "Skonto nicht gezogen"}),
    moves: &[Move {
        verb: "reverse",
        ends: true,
        segment: "reversal",
        happened: "reversed",
        body: || json!({"reason": "Konto nicht gedeckt"}),
        ..Move::PLAIN
    }],
    ..Kind::PLAIN
};
