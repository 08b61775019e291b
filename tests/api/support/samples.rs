//! Records that tests begin with.

use kundenhistorie::domain::instant::Instant;
use kundenhistorie::entities::customer::{Column, Entity};
use kundenhistorie::history::change::Change;
use sea_orm::ColumnTrait;
use sea_orm::sea_query::{Expr, Query};
use serde_json::{Value, json};
use uuid::Uuid;

use super::app::TestApp;
use super::client::{Client, Reply};

/// A person as a caller would send it.
pub fn person() -> Value {
    json!({
        "kind": "person",
        "person": {
            "salutation": "ms", "academic_title": "Dr.", "given_name": "Änne", "family_name": "Öztürk",
            "birth_date": "1984-02-29", "occupation": "Architektin", "interests": [{"kind": "hobby", "name": "Segeln"}],
        },
        "contact_points": [
            {"type": "mobile", "value": "0171 1234567", "primary": true},
            {"type": "email", "value": "aenne.oeztuerk@example.org"},
        ],
        "addresses": [
            {"type": "private", "lines": ["Deichstraße 9"], "postal_code": "20459", "city": "Hamburg", "country": "DE"},
        ],
        "language": "de", "lifecycle_stage": "lead", "acquisition_channel": "trade_fair", "tags": ["neubau"],
        "external_ids": [{"system": "webshop", "id": "10023"}],
    })
}

/// A company as a caller would send it.
pub fn company() -> Value {
    json!({
        "kind": "company",
        "company": {
            "legal_name": "Müller & Söhne GmbH & Co. KG", "trade_name": null, "legal_form": "gmbh_co_kg",
            "industry": {"code": "43.32", "scheme": "WZ2008", "name": null}, "field_of_activity": "Innenausbau",
            "annual_revenue": {"amount": "4200000.00", "currency": "EUR"}, "employee_count": 38, "market_share": "2.5",
            "vat_id": "DE136695976", "registration": {"court": "Amtsgericht Hamburg", "number": "HRA 12345"},
            "credit_rating": {
                "agency": "Creditreform", "score": "212", "limit": {"amount": "50000.00", "currency": "EUR"},
                "checked_at": "2026-10-01",
            },
            "financial_figures": [{"year": 2025, "key": "equity_ratio", "value": "31.4"}],
            "competitors": [{"name": "Nordbau AG", "status": "potential"}],
        },
    })
}

/// A person with nothing but a name.
pub fn named(given_name: &str, family_name: &str) -> Value {
    json!({"kind": "person", "person": {"given_name": given_name, "family_name": family_name}})
}

/// A value with some members set, as a merge patch does.
pub fn with(mut value: Value, patch: Value) -> Value {
    merge(&mut value, patch);
    value
}

fn merge(target: &mut Value, patch: Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (name, value) in patch {
                merge(target.entry(name).or_insert(Value::Null), value);
            }
        }
        (target, patch) => *target = patch,
    }
}

/// Creates a customer.
pub async fn customer(client: &Client, body: Value) -> Reply {
    client.post("/v1/customers", body).send().await.expect(201)
}

/// Creates a tag.
pub async fn tag(client: &Client, name: &str) -> Reply {
    client.post("/v1/tags", json!({ "name": name })).send().await.expect(201)
}

/// The address of a customer.
pub fn address(customer: &Reply) -> String {
    format!("/v1/customers/{}", customer.id())
}

/// The id of the user behind a client.
pub async fn own_id(client: &Client) -> String {
    client.get("/v1/me").send().await.expect(200).id()
}

/// Sets when a customer was last in contact, as interactions do.
pub async fn last_interaction(app: &TestApp, customer: &Reply, at: &str) {
    let id: Uuid = customer.id().parse().expect("an id");
    let at = Instant::parse(at).expect("an instant");
    let change = Change::begin(&app.system()).await.expect("a change");
    let mut update = Query::update();
    update.table(Entity).value(Column::LastInteractionAt, Expr::value(at.micros())).and_where(Column::Id.eq(id));
    change.execute(update).await.expect("the row is changed");
    change.commit_unanswered().await.expect("the commit");
}
