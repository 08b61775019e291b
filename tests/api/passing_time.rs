//! What happens to invoices and consents by itself, and is told as of when it happened.

use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use kundenhistorie::services::{consents, invoices};
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::books::{Books, euros, of};
use crate::support::both;
use crate::support::chains::holds_together;
use crate::support::client::{Client, Reply};
use crate::support::samples::{customer, named, with};

async fn told(client: &Client, kind: &str) -> Vec<Value> {
    client.get("/v1/timeline").query(&[("kind", kind)]).send().await.expect(200).items().to_vec()
}

async fn consent(client: &Client, place: &str, valid_until: &str) -> Reply {
    let body = json!({"purpose": "newsletter", "channel": "email", "granted_at": "2026-01-01T00:00:00Z"});
    client.post(place, with(body, json!({"valid_until": valid_until}))).send().await.expect(201)
}

both! {
    async fn an_invoice_becomes_overdue_once_its_day_is_over(app: TestApp) {
        let books = Books::open(&app).await;
        let due = |day: &str| json!({"issued_on": "2026-11-01", "due_on": day});
        let invoice = books.document(due("2026-11-20"), "119.00").await;
        books.document(due("2026-11-22"), "50.00").await;
        let paid = books.document(due("2026-11-10"), "10.00").await;
        books.pay_for(&paid, "10").await.expect(201);
        assert_eq!(invoice["overdue_since"], Value::Null);
        for _ in 0..2 {
            invoices::notice(&app.system()).await.expect("a look at what is due");
        }
        let now = books.now(&invoice).await;
        assert_eq!((&now["overdue_since"], &now["status"]), (&json!("2026-11-21"), &json!("issued")));
        let events = told(&books.client.speaking("de"), "invoice.became_overdue").await;
        assert_eq!((events.len(), &events[0]["title"]), (1, &json!("Rechnung überfällig: R-000001 (119.00 EUR)")));
        assert_eq!(events[0]["amount"], euros("119.00"));
        assert_eq!((&events[0]["occurred_at"], &events[0]["payload"]["open_amount"]), (&json!("2026-11-21T00:00:00.000000Z"), &euros("119.00")));

        // Put off, it is due once more.
        let at = format!("/v1/invoices/{}", invoice.id());
        let put_off = books.client.patch(&at, "*", json!({"due_on": "2026-11-21"})).send().await.expect(200);
        assert_eq!(put_off["overdue_since"], Value::Null);
        invoices::notice(&app.system()).await.expect("a look at what is due");
        assert_eq!(told(&books.client, "invoice.became_overdue").await.len(), 2);
        // A part of it changes nothing, all of it ends it, and what is taken back is owed again since then.
        books.pay_for(&invoice, "19").await.expect(201);
        assert_eq!(books.now(&invoice).await["overdue_since"], "2026-11-22");
        let rest = json!({"amount": euros("100"), "allocations": [of(&invoice, "100")]});
        let rest = books.pay(rest).await.expect(201);
        assert_eq!(books.now(&invoice).await["overdue_since"], Value::Null);
        let back = format!("/v1/payments/{}/reversal", rest.id());
        books.client.post(&back, json!({"reason": "Rücklastschrift"})).send().await.expect(200);
        assert_eq!(books.now(&invoice).await["overdue_since"], "2026-11-22");
        invoices::notice(&app.system()).await.expect("a look at what is due");
        assert_eq!(told(&books.client, "invoice.became_overdue").await.len(), 2, "that it is open again tells so");
        holds_together(app.store()).await;
    }

    async fn what_is_given_up_is_not_overdue_until_it_is_owed_again(app: TestApp) {
        let books = Books::open(&app).await;
        let invoice = books.document(json!({"issued_on": "2026-11-01", "due_on": "2026-11-10"}), "119.00").await;
        let at = |step: &str| format!("/v1/invoices/{}/{step}", invoice.id());
        invoices::notice(&app.system()).await.expect("a look at what is due");
        let given_up = books.client.post(&at("write-off"), json!({"reason": "Insolvenz"})).send().await.expect(200);
        assert_eq!(given_up["overdue_since"], Value::Null);
        let again = books.client.post(&at("reinstatement"), json!({"reason": "Quote aus der Insolvenz"})).send().await;
        assert_eq!(again.expect(200)["overdue_since"], "2026-11-11");
    }

    async fn a_consent_expires_when_its_time_is_over(app: TestApp) {
        let agent = app.agent().await;
        let place = format!("/v1/customers/{}/consents", customer(&agent, named("Änne", "Öztürk")).await.id());
        let until = "2026-11-22T12:00:00.000000Z";
        let made = consent(&agent, &place, until).await;
        consents::expire(&app.system()).await.expect("a look at what is over");
        let at = format!("/v1/consents/{}", made.id());
        assert_eq!(agent.get(&at).send().await.expect(200)["status"], "granted");
        app.advance(17 * 3_600);
        let agent = app.user(Role::Agent, Visibility::All).await;
        for _ in 0..2 {
            consents::expire(&app.system()).await.expect("a look at what is over");
        }
        assert_eq!(agent.get(&at).send().await.expect(200)["status"], "expired");
        let events = told(&agent.speaking("de"), "consent.expired").await;
        assert_eq!((events.len(), &events[0]["occurred_at"]), (1, &json!(until)));
        assert_eq!(events[0]["title"], "Einwilligung abgelaufen: newsletter (email)");
        let found = agent.get(&place).query(&[("status", "expired"), ("effective", "false")]).send().await.expect(200);
        assert_eq!(found.items().len(), 1);

        // Given anew, or found to last longer, it has effect again.
        let renewed = agent.post(&format!("{at}/renewal"), json!({"valid_until": "2026-12-01T00:00:00Z"})).send().await;
        assert_eq!(renewed.expect(200)["status"], "granted");
        app.advance(30 * 86_400);
        consents::expire(&app.system()).await.expect("a look at what is over");
        let agent = app.user(Role::Agent, Visibility::All).await;
        assert_eq!(agent.get(&at).send().await.expect(200)["status"], "expired");
        let longer = agent.patch(&at, "*", json!({"valid_until": null})).send().await.expect(200);
        assert_eq!(longer["status"], "granted");
        holds_together(app.store()).await;
    }

    async fn what_is_told_late_counts_though_time_was_noticed_to_pass_meanwhile(app: TestApp) {
        let books = Books::open(&app).await;
        let agent = &books.client;
        let invoice = books.document(json!({"issued_on": "2026-11-01", "due_on": "2026-11-20"}), "119.00").await;
        let place = format!("{}/consents", books.of);
        let consent = consent(agent, &place, "2026-11-20T00:00:00Z").await;
        invoices::notice(&app.system()).await.expect("a look at what is due");
        consents::expire(&app.system()).await.expect("a look at what is over");
        app.advance(10);
        let paid = json!({"amount": euros("119"), "received_at": "2026-11-19T09:00:00Z", "allocations": [of(&invoice, "119")]});
        books.pay(paid).await.expect(201);
        let withdrawn = json!({"withdrawn_at": "2026-11-10T09:00:00Z"});
        agent.post(&format!("/v1/consents/{}/withdrawal", consent.id()), withdrawn).send().await.expect(200);
        let known = app.clock.now();
        let then = format!("/v1/invoices/{}?as_of=2026-11-20T12:00:00Z&known_at={known}", invoice.id());
        assert_eq!(agent.get(&then).send().await.expect(200)["status"], "paid");
        let then = format!("{place}?effective=true&as_of=2026-11-15T00:00:00Z&known_at={known}");
        assert!(agent.get(&then).send().await.expect(200).items().is_empty());
    }

    async fn a_consent_that_is_over_can_be_withdrawn(app: TestApp) {
        let agent = app.agent().await;
        let place = format!("/v1/customers/{}/consents", customer(&agent, named("Änne", "Öztürk")).await.id());
        let over = consent(&agent, &place, "2026-02-01T00:00:00Z").await;
        consents::expire(&app.system()).await.expect("a look at what is over");
        let at = format!("/v1/consents/{}/withdrawal", over.id());
        assert_eq!(agent.post(&at, json!({})).send().await.expect(200)["status"], "withdrawn");
    }
}
