//! Online Retail: invoices and credit notes of a British wholesaler to German customers, as copies of its own.
//!
//! What the wholesaler takes back names no invoice, and has quantities below zero: with us a credit note, whose amounts
//! are above zero.

use std::collections::BTreeMap;
use std::path::Path;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{all, count, decimal, in_parallel, one_in, text, twice, upsert};
use crate::support::app::TestApp;
use crate::support::both;
use crate::support::chains::holds_together;
use crate::support::client::Client;
use crate::support::data::{self, Row};

/// The name of this system in references.
const SYSTEM: &str = "online_retail";

/// An invoice with its lines.
struct Invoice {
    number: String,
    customer: String,
    lines: Vec<Row>,
}

impl Invoice {
    fn is_credit_note(&self) -> bool {
        self.number.starts_with('C')
    }

    fn kind(&self) -> &'static str {
        if self.is_credit_note() { "credit_note" } else { "invoice" }
    }

    fn day(&self) -> &str {
        &self.lines[0]["InvoiceDate"][..10]
    }

    /// What it comes to, below zero if it is taken back.
    fn net(&self) -> Decimal {
        self.lines.iter().map(|line| decimal(&line["Quantity"]) * decimal(&line["UnitPrice"])).sum()
    }
}

/// Invoices by customer; every n-th customer.
fn invoices(folder: &Path, every: usize) -> Vec<(String, Vec<Invoice>)> {
    let rows = data::separated(&data::text(&folder.join("online_retail_germany.csv")), ',');
    let customers = data::grouped(rows, "CustomerID").into_iter().step_by(every);
    let invoices = customers.map(|(customer, rows)| {
        let of_number = |(number, lines)| Invoice { number, customer: customer.clone(), lines };
        let invoices = data::grouped(rows, "InvoiceNo").into_iter().map(of_number).collect();
        (customer, invoices)
    });
    invoices.collect()
}

/// Sends a customer with all invoices.
async fn send(client: &Client, (id, invoices): &(String, Vec<Invoice>), status: u16) {
    // Nothing is known but the number.
    let company = json!({ "kind": "company", "display_name": id, "lifecycle_stage": "customer" });
    let (customer, _) = upsert(client, SYSTEM, id, company, status).await;
    for invoice in invoices {
        let lines = invoice.lines.iter().map(|line| {
            json!({
                "sku": line["StockCode"], "description": line["Description"], "unit_price": line["UnitPrice"],
                "quantity": decimal(&line["Quantity"]).abs().to_string(), "tax_rate": "0",
            })
        });
        let body = json!({
            "ledger": "external", "kind": invoice.kind(), "number": invoice.number, "currency": "GBP",
            "issued_on": invoice.day(), "lines": lines.collect::<Vec<_>>(),
            "source": { "system": SYSTEM, "reference": invoice.number },
        });
        client.post(&format!("/v1/customers/{}/invoices", customer.id()), body).send().await.expect(status);
    }
}

/// What it comes to, below zero for a credit note.
fn net(invoice: &Value) -> Decimal {
    let net = decimal(text(&invoice["totals"]["net"]["amount"]));
    if invoice["kind"] == "credit_note" { -net } else { net }
}

both! {
    async fn online_retail_comes_in_once_and_adds_up(app: TestApp) {
        let Some(folder) = data::set("online_retail_germany") else { return };
        let every = one_in(&app, 5);
        let customers = invoices(&folder, every);
        let admin = app.admin().await;
        twice(&app, async |status| in_parallel(&customers, async |them| send(&admin, them, status).await).await).await;

        let sent: BTreeMap<&str, &Invoice> =
            customers.iter().flat_map(|(_, invoices)| invoices).map(|it| (it.number.as_str(), it)).collect();
        let read = all(&admin, "/v1/invoices", &[]).await;
        assert_eq!(read.len(), sent.len());
        for invoice in &read {
            let sent = sent[text(&invoice["number"])];
            assert_eq!((&invoice["kind"], &invoice["issued_on"]), (&json!(sent.kind()), &json!(sent.day())));
            assert_eq!(net(invoice), sent.net(), "{}", sent.number);
            let lines = invoice["lines"].as_array().into_iter().flatten();
            let lines = lines.map(|line| ["sku", "description"].map(|member| text(&line[member])));
            let told = sent.lines.iter().map(|line| ["StockCode", "Description"].map(|column| line[column].as_str()));
            assert!(lines.eq(told), "{invoice}");
        }
        let credit_notes = sent.values().filter(|invoice| invoice.is_credit_note()).count();
        assert_eq!(count(&admin, "/v1/invoices", &[("kind", "credit_note")]).await, credit_notes);

        let mut invoiced = Decimal::ZERO;
        for customer in all(&admin, "/v1/customers", &[]).await {
            let summary = format!("/v1/customers/{}/summary", text(&customer["id"]));
            let summary = admin.get(&summary).send().await.expect(200);
            let of_customer = decimal(text(summary.at("/invoice_totals/0/invoiced/amount")));
            let theirs = sent.values().filter(|it| customer["external_ids"][0]["id"] == it.customer);
            assert_eq!(of_customer, theirs.map(|invoice| invoice.net()).sum(), "{customer}");
            invoiced += of_customer;
        }
        assert_eq!(invoiced, read.iter().map(net).sum());
        if every == 1 {
            let lines: usize = sent.values().map(|invoice| invoice.lines.len()).sum();
            assert_eq!((customers.len(), read.len(), credit_notes, lines), (95, 603, 146, 9_495));
            assert_eq!(invoiced, decimal("221698.21"));
        }
        holds_together(app.store()).await;
    }
}
