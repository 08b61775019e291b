//! Invoices and payments of one customer.

use serde_json::{Value, json};

use super::app::TestApp;
use super::client::{Client, Reply};
use super::samples::{customer, named, with};

/// A customer, and what is done for them.
pub struct Books {
    pub client: Client,
    pub of: String,
}

impl Books {
    pub async fn open(app: &TestApp) -> Self {
        let client = app.admin().await;
        let of = format!("/v1/customers/{}", customer(&client, named("Änne", "Öztürk")).await.id());
        Self { client, of }
    }

    /// An invoice over nothing but this, issued.
    pub async fn invoice(&self, amount: &str) -> Reply {
        self.document(json!({}), amount).await
    }

    pub async fn document(&self, with_it: Value, amount: &str) -> Reply {
        let lines = json!([{"description": "Montage", "quantity": "1", "unit_price": amount, "tax_rate": "0"}]);
        let draft = with(json!({"currency": "EUR", "lines": lines}), with_it);
        let draft = self.client.post(&format!("{}/invoices", self.of), draft).send().await.expect(201);
        self.client.post(&format!("/v1/invoices/{}/issuance", draft.id()), json!({})).send().await
    }

    pub async fn credit(&self, invoice: &Reply, amount: &str) -> Reply {
        self.document(json!({"kind": "credit_note", "credited_invoice_id": invoice.id()}), amount).await
    }

    pub async fn pay(&self, payment: Value) -> Reply {
        let body = with(json!({"method": "bank_transfer"}), payment);
        self.client.post(&format!("{}/payments", self.of), body).send().await
    }

    /// Pays an amount for one invoice.
    pub async fn pay_for(&self, invoice: &Reply, amount: &str) -> Reply {
        self.pay(json!({"amount": euros(amount), "allocations": [of(invoice, amount)]})).await
    }

    pub async fn reverse(&self, payment: &Reply) -> Reply {
        self.client.post(&format!("{}/reversal", at(payment)), json!({"reason": "Konto nicht gedeckt"})).send().await
    }

    pub async fn now(&self, invoice: &Reply) -> Reply {
        self.client.get(&format!("/v1/invoices/{}", invoice.id())).send().await.expect(200)
    }

    /// How far an invoice has come, and what is open of it.
    pub async fn standing(&self, invoice: &Reply) -> (String, String) {
        let now = self.now(invoice).await;
        (text(&now["status"]), text(now.at("/open_amount/amount")))
    }

    /// What happened, oldest first: when, of which kind, and how people read it.
    pub async fn told(&self) -> Vec<(String, String, String)> {
        let client = self.client.speaking("de");
        let reply =
            client.get(&format!("{}/timeline", self.of)).query(&[("sort", "occurred_at"), ("category", "purchase")]);
        let reply = reply.send().await.expect(200);
        let event = |event: &Value| (text(&event["occurred_at"]), text(&event["kind"]), text(&event["title"]));
        reply.items().iter().map(event).collect()
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

pub fn euros(amount: &str) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

pub fn of(invoice: &Reply, amount: &str) -> Value {
    json!({"invoice_id": invoice.id(), "amount": euros(amount)})
}

pub fn at(payment: &Reply) -> String {
    format!("/v1/payments/{}", payment.id())
}

pub fn standing(status: &str, open: &str) -> (String, String) {
    (status.to_owned(), open.to_owned())
}
