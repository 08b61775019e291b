//! Opportunities.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, Move, Need};

/// Opportunities.
pub const KIND: Kind = Kind {
    one: "opportunity",
    many: "opportunities",
    read: Permission::SalesRead,
    write: Permission::SalesWrite,
    created: "opened",
    needs: &[Need { field: "pipeline_id", kind: "pipeline", moves: &[] }],
    create: || {
        json!({
            "name": "Ausbau Halle 3", "amount": {"amount": "48000.00", "currency": "EUR"}, "probability": 30,
            "expected_close_date": "2027-02-26", "competitors": ["Nordbau AG"], "next_step": "Aufmaß vor Ort",
        })
    },
    change: || json!({"next_step": "Angebot nachfassen"}),
    moves: &[
        Move {
            verb: "advance",
            segment: "stage-change",
            happened: "stage_changed",
            repeats: true,
            body: || json!({}),
            ..Move::PLAIN
        },
        Move {
            verb: "lose",
            segment: "loss",
            happened: "lost",
            body: || json!({"reason": "Liefertermin zu spät", "competitor": "Nordbau AG"}),
            ..Move::PLAIN
        },
        Move {
            verb: "reopen",
            segment: "reopening",
            happened: "reopened",
            body: || json!({"reason": "Nordbau kann nicht liefern"}),
            ..Move::PLAIN
        },
        Move { verb: "win", segment: "win", happened: "won", body: || json!({"reason": "Preis"}), ..Move::PLAIN },
    ],
    ..Kind::PLAIN
};
