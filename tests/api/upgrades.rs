//! Databases of before: what was written then is found and read as what is written now.

use kundenhistorie::services::consistency;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::books::Books;
use crate::support::both;

/// Undoes a migration by these statements, and migrates again what has been written since.
async fn migrated_again(app: &TestApp, migration: &str, undoing: &[&str]) {
    let before = Database::connect(app.database().url()).await.expect("the database");
    let unknown = format!("DELETE FROM seaql_migrations WHERE version = '{migration}'");
    for sql in undoing.iter().copied().chain([unknown.as_str()]) {
        assert!(before.execute_unprepared(sql).await.is_ok(), "{sql}");
    }
    Migrator::up(&before, None).await.expect("it is migrated");
    assert_eq!(consistency::verify(app.store()).await.expect("a report").findings, []);
}

both! {
    async fn interactions_of_before_are_found_by_who_took_part(app: TestApp) {
        let agent = app.agent().await;
        let company = json!({"kind": "company", "company": {"legal_name": "Werft Nord GmbH"}});
        let customer = agent.post("/v1/customers", company).send().await.expect(201).id();
        let log = async |participants: Value| {
            let call = json!({"kind": "call", "participants": participants});
            agent.post(&format!("/v1/customers/{customer}/interactions"), call).send().await.expect(201);
        };
        log(json!([])).await;
        log(json!([{"name": "Öz", "role": "caller"}])).await;
        log(json!([{"user_id": agent.user().id}, {"customer_id": customer, "user_id": agent.user().id}, {"customer_id": customer}])).await;
        migrated_again(&app, "m0039_interaction_participants", &[
            "DROP TABLE interaction_participants",
            "DROP INDEX interactions_thread_id",
            "DROP INDEX interactions_updated_at",
        ])
        .await;
        for who in ["me", customer.as_str()] {
            let found = agent.get("/v1/interactions").query(&[("participant_id", who)]).send().await.expect(200);
            assert_eq!(found.items().len(), 1, "{who}");
        }
    }

    async fn what_was_not_known_of_an_invoice_then_is_null(app: TestApp) {
        let books = Books::open(&app).await;
        let invoice = books.invoice("119.00").await;
        let before = Database::connect(app.database().url()).await.expect("the database");
        let unsaid = "UPDATE invoices SET facts = replace(facts, '\"overdue_since\":null,', '')";
        assert_eq!(before.execute_unprepared(unsaid).await.expect("it is changed").rows_affected(), 1);
        let read = books.now(&invoice).await;
        assert_eq!(read.body.get("overdue_since"), Some(&Value::Null));
    }

    async fn what_had_no_custom_fields_before_has_none(app: TestApp) {
        let admin = app.admin().await;
        let company = json!({"kind": "company", "company": {"legal_name": "Werft Nord GmbH"}});
        let works = admin.post("/v1/customers", company).send().await.expect(201).id();
        let person = json!({"kind": "person", "person": {"family_name": "Öztürk"}});
        let worker = admin.post("/v1/customers", person).send().await.expect(201).id();
        let note = json!({"kind": "note", "body": "Von früher"});
        let note = admin.post(&format!("/v1/customers/{works}/interactions"), note).send().await.expect(201);
        let link = json!({"type": "employee_of", "from_customer_id": worker, "to_customer_id": works});
        let link = admin.post("/v1/relationships", link).send().await.expect(201);
        let card = json!({"program": "Plus"});
        let card = admin.post(&format!("/v1/customers/{worker}/loyalty-memberships"), card).send().await.expect(201);
        let earned = json!({"kind": "earned", "points": 5});
        let booked = admin.post(&format!("/v1/loyalty-memberships/{}/transactions", card.id()), earned).send().await.expect(201);
        migrated_again(&app, "m0041_more_custom_fields", &[
            "ALTER TABLE interactions DROP COLUMN custom_fields",
            "ALTER TABLE loyalty_transactions DROP COLUMN custom_fields",
            "ALTER TABLE relationships DROP COLUMN custom_fields",
        ])
        .await;
        let places = [
            format!("/v1/interactions/{}", note.id()),
            format!("/v1/relationships/{}", link.id()),
            format!("/v1/loyalty-memberships/{}/transactions/{}", card.id(), booked.id()),
        ];
        for place in &places {
            assert_eq!(admin.get(place).send().await.expect(200)["custom_fields"], json!({}), "{place}");
        }
        for resource in ["interaction", "relationship"] {
            let field = json!({"resource": resource, "key": "ramp", "type": "text", "label": {"en": "Ramp", "de": "Rampe"}});
            admin.post("/v1/custom-field-definitions", field).send().await.expect(201);
        }
        for place in &places[..2] {
            let changed = admin.patch(place, "*", json!({"custom_fields": {"ramp": "3"}})).send().await.expect(200);
            assert_eq!(changed["custom_fields"], json!({"ramp": "3"}), "{place}");
        }
        assert_eq!(consistency::verify(app.store()).await.expect("a report").findings, []);
    }

    async fn a_tag_that_was_taken_off_leads_nowhere(app: TestApp) {
        let admin = app.admin().await;
        let company = |name: &str, tags: &[&str]| json!({"kind": "company", "company": {"legal_name": name}, "tags": tags});
        for (name, tags) in [("Werft Nord GmbH", &["Neubau", "Kran"][..]), ("Werft Süd GmbH", &[])] {
            admin.post("/v1/customers", company(name, tags)).send().await.expect(201);
        }
        let stray = "INSERT INTO customer_tags (tag_id, customer_id) SELECT tags.id, customers.id FROM tags, customers
            WHERE tags.name = 'Kran' AND customers.tags = '[]'";
        migrated_again(&app, "m0042_tags_taken_off", &[stray]).await;
        for tag in ["Neubau", "Kran"] {
            let found = admin.get("/v1/customers").query(&[("tag", tag)]).send().await.expect(200);
            assert_eq!(found.items().len(), 1, "{tag}");
        }
    }
}
