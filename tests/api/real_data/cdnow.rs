//! CDNOW: the purchases of some of its customers, each an event of a kind of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use kundenhistorie::domain::money::Money;
use serde_json::json;

use super::{all, in_parallel, one_in, sum, text, twice, upsert};
use crate::support::app::TestApp;
use crate::support::both;
use crate::support::chains::holds_together;
use crate::support::client::Client;
use crate::support::data;

/// A line of the sample.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Purchase {
    customer: String,
    reference: String,
    day: String,
    quantity: i64,
    amount: String,
}

/// Purchases by customer, in the order of the file; every n-th customer.
fn purchases(folder: &Path, every: usize) -> Vec<Vec<Purchase>> {
    let mut customers: BTreeMap<String, Vec<Purchase>> = BTreeMap::new();
    for (number, line) in data::text(&folder.join("CDNOW_sample.txt")).lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, customer, day, quantity, amount] = words[..] else { continue };
        let (year, month, date) = (&day[..4], &day[4..6], &day[6..]);
        customers.entry(customer.to_owned()).or_default().push(Purchase {
            customer: customer.to_owned(),
            reference: format!("{customer}-{number}"),
            day: format!("{year}-{month}-{date}T00:00:00.000000Z"),
            quantity: quantity.parse().expect("a number"),
            amount: amount.to_owned(),
        });
    }
    customers.into_values().step_by(every).collect()
}

/// Sends a customer and the purchases one after another; same-day lines keep their order.
async fn send(client: &Client, purchases: &[Purchase], status: u16) {
    let person = json!({ "kind": "person", "display_name": "Jemand" });
    let (customer, _) = upsert(client, "cdnow", &purchases[0].customer, person, status).await;
    let path = format!("/v1/customers/{}/timeline", customer.id());
    for purchase in purchases {
        let body = json!({
            "kind": "basket.purchased", "occurred_at": purchase.day,
            "amount": { "amount": purchase.amount, "currency": "USD" },
            "source": { "system": "cdnow", "reference": purchase.reference },
            "payload": { "quantity": purchase.quantity },
        });
        client.post(&path, body).send().await.expect(status);
    }
}

both! {
    async fn cdnow_comes_in_once_and_adds_up(app: TestApp) {
        let Some(folder) = data::set("cdnow") else { return };
        let every = one_in(&app, 10);
        let customers = purchases(&folder, every);
        let lines: Vec<&Purchase> = customers.iter().flatten().collect();

        let admin = app.admin().await;
        let kind = json!({
            "name": "basket.purchased", "category": "purchase",
            "labels": { "en": "{payload.quantity} CDs bought", "de": "{payload.quantity} CDs gekauft" },
            "payload_schema": {
                "type": "object", "required": ["quantity"], "additionalProperties": false,
                "properties": { "quantity": { "type": "integer", "minimum": 0 } }
            }
        });
        admin.post("/v1/event-types", kind).send().await.expect(201);
        twice(&app, async |status| in_parallel(&customers, async |them| send(&admin, them, status).await).await).await;

        let mut read: BTreeMap<String, Vec<Purchase>> = BTreeMap::new();
        let query = [("kind", "basket.purchased"), ("sort", "occurred_at")];
        for event in all(&admin, "/v1/timeline", &query).await {
            let reference = text(&event["source"]["reference"]);
            let customer = reference.split('-').next().unwrap_or_default().to_owned();
            read.entry(text(&event["customer_id"]).to_owned()).or_default().push(Purchase {
                customer,
                reference: reference.to_owned(),
                day: text(&event["occurred_at"]).to_owned(),
                quantity: event["payload"]["quantity"].as_i64().expect("a number"),
                amount: text(&event["amount"]["amount"]).to_owned(),
            });
        }
        let mut read: Vec<Vec<Purchase>> = read.into_values().collect();
        read.sort_by(|one, other| one[0].customer.cmp(&other[0].customer));
        let as_money = |purchase: &Purchase| Purchase {
            amount: Money::parse(&purchase.amount, "USD").expect("money").amount(),
            ..purchase.clone()
        };
        let sent: Vec<Vec<Purchase>> = customers.iter().map(|lines| lines.iter().map(as_money).collect()).collect();
        assert!(read == sent, "something is missing, changed, or in another order");

        let total = sum(read.iter().flatten().map(|purchase| purchase.amount.as_str()));
        assert_eq!(total, sum(lines.iter().map(|purchase| purchase.amount.as_str())));
        if every == 1 {
            let days: BTreeSet<(&str, &str)> =
                read.iter().flatten().map(|it| (it.customer.as_str(), it.day.as_str())).collect();
            let free = read.iter().flatten().filter(|it| it.amount == "0.00").count();
            assert_eq!((read.len(), lines.len(), days.len(), free), (2_357, 6_919, 6_696, 8));
            assert_eq!(total.to_string(), "244091.94");
        }
        holds_together(app.store()).await;
    }
}
