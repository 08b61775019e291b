//! Typed samples: the examples of the OpenAPI document, which work when they are sent unchanged.

use serde_json::{Value, json};

/// A person.
pub fn create_person() -> Value {
    json!({
        "kind": "person",
        "person": {
            "salutation": "ms", "academic_title": "Dr.", "given_name": "Änne", "family_name": "Öztürk",
            "birth_date": "1984-02-29", "occupation": "Architektin", "interests": [{"kind": "hobby", "name": "Segeln"}]
        },
        "contact_points": [
            {"type": "mobile", "value": "0171 1234567", "primary": true},
            {"type": "email", "value": "aenne.oeztuerk@example.org"}
        ],
        "addresses": [{"type": "private", "lines": ["Deichstraße 9"], "postal_code": "20459", "city": "Hamburg", "country": "DE"}],
        "language": "de", "lifecycle_stage": "lead", "acquisition_channel": "trade_fair", "tags": ["neubau"]
    })
}

/// A company.
pub fn create_company() -> Value {
    json!({
        "kind": "company",
        "company": {
            "legal_name": "Müller & Söhne GmbH & Co. KG", "legal_form": "gmbh_co_kg",
            "industry": {"code": "43.32", "scheme": "WZ2008", "name": "Bautischlerei"},
            "annual_revenue": {"amount": "4200000.00", "currency": "EUR"}, "employee_count": 38, "market_share": "2.5",
            "vat_id": "DE136695976", "registration": {"court": "Amtsgericht Hamburg", "number": "HRA 12345"}
        },
        "contact_points": [{"type": "phone", "label": "Zentrale", "value": "040 1234567", "primary": true}],
        "addresses": [{"type": "business", "lines": ["Werftstraße 1"], "postal_code": "20457", "city": "Hamburg", "country": "DE"}],
        "lifecycle_stage": "customer", "category": "A"
    })
}

/// A change of a customer.
pub fn update_customer() -> Value {
    json!({"category": "A", "tier": null})
}

/// Signing in.
pub fn login() -> Value {
    json!({"email": "anna.huber@example.org", "password": "korrekt-pferd-batterie-heftklammer"})
}

/// Staying signed in.
pub fn refresh() -> Value {
    json!({"refresh_token": "kh_rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})
}

/// A new password by a one-time token.
pub fn reset_password() -> Value {
    json!({
        "token": "kh_pr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "new_password": "leuchtturm-segelt-morgens-leise"
    })
}

/// A new password of one's own.
pub fn change_password() -> Value {
    json!({
        "current_password": "korrekt-pferd-batterie-heftklammer",
        "new_password": "leuchtturm-segelt-morgens-leise"
    })
}

/// A user.
pub fn create_user() -> Value {
    json!({"email": "jonas.weber@example.org", "display_name": "Jonas Weber", "role": "agent", "language": "de"})
}

/// A change of a user.
pub fn update_user() -> Value {
    json!({"role": "manager"})
}

/// A call that is entered later.
pub fn create_call() -> Value {
    json!({
        "kind": "call", "direction": "inbound", "channel": "phone", "initiative": "reactive",
        "subject": "Rückfrage Lieferung", "body": "Fragt nach dem Termin für Auftrag 4711.",
        "occurred_at": "2025-11-20T14:05:00+01:00", "ended_at": "2025-11-20T14:11:00+01:00",
        "participants": [{"name": "Änne Öztürk", "role": "caller"}], "outcome": "resolved"
    })
}

/// An e-mail from another system.
pub fn create_email() -> Value {
    json!({
        "kind": "email", "direction": "outbound", "channel": "email", "subject": "Ihr Angebot",
        "body": "Anbei das besprochene Angebot.", "thread_id": "angebot-2025-17",
        "participants": [{"email": "aenne.oeztuerk@example.org", "role": "to"}]
    })
}

/// A change of an interaction.
pub fn update_interaction() -> Value {
    json!({"outcome": "resolved", "ended_at": null})
}

/// What the payload of a sample kind of event looks like.
pub fn payload_schema() -> Value {
    json!({
        "type": "object", "required": ["machine"], "additionalProperties": false,
        "properties": {
            "machine": {"type": "string", "maxLength": 100, "pattern": "^[^\\x00]*$"},
            "hours": {"type": "number", "minimum": 0}
        }
    })
}

/// A kind of event.
pub fn create_event_type() -> Value {
    json!({
        "name": "machine.serviced", "category": "support",
        "labels": {"en": "Machine serviced: {payload.machine}", "de": "Maschine gewartet: {payload.machine}"},
        "payload_schema": payload_schema()
    })
}

/// An event of that kind.
pub fn append_event() -> Value {
    json!({
        "kind": "machine.serviced", "occurred_at": "2025-11-20T09:00:00+01:00",
        "amount": {"amount": "320.00", "currency": "EUR"}, "summary": "Spindel getauscht",
        "payload": {"machine": "CNC 4", "hours": 2.5}
    })
}

/// A correction.
pub fn correct_event() -> Value {
    json!({"reason": "Falscher Tag eingetragen", "occurred_at": "2025-11-19T09:00:00+01:00"})
}
