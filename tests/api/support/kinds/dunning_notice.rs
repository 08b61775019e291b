//! Dunning notices.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, Move, Need};

/// Dunning notices.
pub const KIND: Kind = Kind {
    one: "dunning_notice",
    many: "dunning_notices",
    read: Permission::FinanceRead,
    write: Permission::FinanceWrite,
    created: "sent",
    also: &["invoice.dunned"],
    needs: &[Need { field: "invoice_id", kind: "invoice", moves: &["issue"] }],
    create: || {
        json!({
            "level": 1, "sent_on": "2026-11-22", "due_on": "2026-12-06", "channel": "post",
            "fee": {"amount": "5.00", "currency": "EUR"},
        })
    },
    change: || json!({"due_on": "2026-12-11"}),
    moves: &[Move {
        verb: "withdraw",
        segment: "withdrawal",
        happened: "withdrawn",
        also: &["invoice.dunning_withdrawn"],
        body: || json!({"reason": "Zahlung war schon da"}),
        ..Move::PLAIN
    }],
    ..Kind::PLAIN
};
