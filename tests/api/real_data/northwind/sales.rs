//! Products, orders, and deliveries of them.
//!
//! A line comes to quantity × price × (1 − discount), which often is no whole number of cents. Northwind's revenue adds
//! that up as it is; we round each line once (see `docs/api.md`). So both are asked for: what the lines come to when they
//! are read again and added up without rounding, and what our totals say.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::super::{all, count, country, decimal, instant, rounded, text};
use super::{Northwind, SYSTEM, id_of};
use crate::support::client::Client;
use crate::support::data::Row;

/// What a customer ordered: how many orders, what their lines come to exactly, and rounded line by line, and the freight.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Revenue {
    orders: usize,
    exact: Decimal,
    rounded: Decimal,
    freight: Decimal,
}

impl Revenue {
    fn add(&mut self, other: Self) {
        self.orders += other.orders;
        self.exact += other.exact;
        self.rounded += other.rounded;
        self.freight += other.freight;
    }
}

/// Sends the catalogue. Answers the ids we gave the products, by theirs.
pub async fn send_products(client: &Client, source: &Northwind, status: u16) -> BTreeMap<String, String> {
    let mut ids = BTreeMap::new();
    for row in &source.products {
        let product = json!({
            "sku": row["ProductID"], "name": row["ProductName"], "family": row["CategoryName"],
            "unit": row["QuantityPerUnit"], "tax_rate": "0",
            "unit_price": { "amount": row["UnitPrice"], "currency": "USD" },
            "source": { "system": SYSTEM, "reference": format!("product-{}", row["ProductID"]) },
        });
        let product = client.post("/v1/products", product).send().await.expect(status);
        ids.insert(row["ProductID"].clone(), product.id());
    }
    ids
}

/// Takes off the catalogue what is not sold any more.
pub async fn discontinue(client: &Client, source: &Northwind, products: &BTreeMap<String, String>) {
    for row in source.products.iter().filter(|row| row["Discontinued"] == "1") {
        let id = &row["ProductID"];
        let path = format!("/v1/products/{}/discontinuation", products[id]);
        client.post(&path, json!({})).idempotency_key(&format!("discontinued-{id}")).send().await.expect(200);
    }
}

/// Sends what a customer ordered, and what was sent of it.
pub async fn send(
    client: &Client,
    source: &Northwind,
    (row, customer): (&Row, &str),
    products: &BTreeMap<String, String>,
    status: u16,
) {
    for order in source.orders.get(&row["CustomerID"]).into_iter().flatten() {
        let id = &order["OrderID"];
        let lines = source.lines[id].iter().map(|line| {
            json!({
                "product_id": products[&line["ProductID"]], "quantity": line["Quantity"],
                "unit_price": line["UnitPrice"], "discount_percent": percent(&line["Discount"]),
            })
        });
        let body = json!({
            "number": id, "currency": "USD", "placed_at": instant(&order["OrderDate"]),
            "requested_delivery_on": order["RequiredDate"][..10], "lines": lines.collect::<Vec<_>>(),
            "freight_amount": order["Freight"],
            "shipping_address": {
                "name": order["ShipName"], "lines": [order["ShipAddress"]], "city": order["ShipCity"],
                "region": order.get("ShipRegion"), "postal_code": order.get("ShipPostalCode"),
                "country": country(&order["ShipCountry"]),
            },
            "source": { "system": SYSTEM, "reference": format!("order-{id}") },
        });
        let sent = client.post(&format!("/v1/customers/{customer}/orders"), body).send().await.expect(status);
        let Some(shipped) = order.get("ShippedDate") else { continue };
        let body = json!({
            "order_id": sent.id(), "prepared_at": instant(shipped), "carrier": order["Carrier"],
            "source": { "system": SYSTEM, "reference": format!("delivery-{id}") },
        });
        let sent = client.post(&format!("/v1/customers/{customer}/deliveries"), body).send().await.expect(status);
        let shipment =
            client.post(&format!("/v1/deliveries/{}/shipment", sent.id()), json!({"shipped_at": instant(shipped)}));
        let sent = shipment.idempotency_key(&format!("shipment-{id}")).send().await.expect(200);
        assert_eq!(sent["late"], is_late(order), "{order:?}");
    }
}

fn percent(fraction: &str) -> String {
    (decimal(fraction) * Decimal::ONE_HUNDRED).normalize().to_string()
}

fn is_late(order: &Row) -> bool {
    order.get("ShippedDate").is_some_and(|shipped| *shipped > order["RequiredDate"])
}

/// What one line comes to.
fn amount(quantity: &str, unit_price: &str, percent: &str) -> Decimal {
    decimal(quantity) * decimal(unit_price) * (Decimal::ONE_HUNDRED - decimal(percent)) / Decimal::ONE_HUNDRED
}

/// What the source says of an order.
fn told(source: &Northwind, order: &Row) -> Revenue {
    let amounts: Vec<Decimal> = source.lines[&order["OrderID"]]
        .iter()
        .map(|line| amount(&line["Quantity"], &line["UnitPrice"], &percent(&line["Discount"])))
        .collect();
    Revenue {
        orders: 1,
        exact: amounts.iter().sum(),
        rounded: amounts.iter().copied().map(rounded).sum(),
        freight: decimal(&order["Freight"]),
    }
}

/// What we say of it.
fn read(order: &Value) -> Revenue {
    let lines = order["lines"].as_array().into_iter().flatten();
    let amount =
        |line: &Value| amount(text(&line["quantity"]), text(&line["unit_price"]), text(&line["discount_percent"]));
    Revenue {
        orders: 1,
        exact: lines.map(amount).sum(),
        rounded: decimal(text(&order["totals"]["goods"]["amount"])),
        freight: decimal(text(&order["totals"]["freight"]["amount"])),
    }
}

/// The order a delivery or an order of the API is of, by the reference it was sent with.
fn order_id(record: &Value) -> &str {
    text(&record["source"]["reference"]).rsplit('-').next().unwrap_or_default()
}

/// Everything is there as it was sent, and adds up.
pub async fn come_back(client: &Client, source: &Northwind, ids: &BTreeMap<String, String>, every: usize) {
    let orders: Vec<&Row> = source.orders.values().flatten().collect();
    let mut expected: BTreeMap<&str, Revenue> = BTreeMap::new();
    for customer in &source.customers {
        let revenue = expected.entry(id_of(customer)).or_default();
        let orders = source.orders.get(&customer["CustomerID"]).into_iter().flatten();
        orders.for_each(|order| revenue.add(told(source, order)));
    }
    let names: BTreeMap<&str, &str> = ids.iter().map(|(name, id)| (id.as_str(), name.as_str())).collect();
    let mut found: BTreeMap<&str, Revenue> = names.values().map(|name| (*name, Revenue::default())).collect();
    let listed = all(client, "/v1/orders", &[]).await;
    for order in &listed {
        let row = orders.iter().find(|row| row["OrderID"] == order["number"]).expect("an order that was sent");
        assert_eq!(order["placed_at"], instant(&row["OrderDate"]));
        assert_eq!(order["shipping_address"]["name"], row["ShipName"]);
        found.entry(names[text(&order["customer_id"])]).or_default().add(read(order));
    }
    assert_eq!(found, expected);

    let late = |rows: &[&Row]| -> BTreeSet<String> {
        rows.iter().filter(|row| is_late(row)).map(|row| row["OrderID"].clone()).collect()
    };
    let listed = all(client, "/v1/deliveries", &[("late", "true")]).await;
    assert_eq!(listed.iter().map(|it| order_id(it).to_owned()).collect::<BTreeSet<_>>(), late(&orders));
    let shipped = orders.iter().filter(|order| order.contains_key("ShippedDate")).count();
    let buyers = expected.values().filter(|revenue| revenue.orders > 0).count();
    for (query, expected) in [
        (("shipping", "none"), orders.len() - shipped),
        (("shipping", "complete"), shipped),
        (("status", "fulfilled"), shipped),
        (("repeat", "false"), buyers),
    ] {
        assert_eq!(count(client, "/v1/orders", &[query]).await, expected, "{query:?}");
    }
    assert_eq!(count(client, "/v1/products", &[("status", "discontinued")]).await, 8);
    if every == 1 {
        golden(client, &found, ids).await;
        assert_eq!((late(&orders).len(), orders.len() - shipped, orders.len()), (37, 21, 830));
    }
}

/// What is known of all of it.
async fn golden(client: &Client, found: &BTreeMap<&str, Revenue>, ids: &BTreeMap<String, String>) {
    let mut total = Revenue::default();
    found.values().for_each(|revenue| total.add(*revenue));
    assert_eq!((total.exact.to_string().as_str(), rounded(total.exact)), ("1265793.0395", decimal("1265793.04")));
    assert_eq!((total.rounded, total.freight), (decimal("1265793.29"), decimal("64942.69")));
    for (customer, orders, exact, by_line) in [
        ("QUICK", 28, "110277.305", "110277.32"),
        ("ERNSH", 30, "104874.9785", "104875.00"),
        ("SAVEA", 31, "104361.95", "104361.96"),
    ] {
        let revenue = found[customer];
        assert_eq!((revenue.orders, revenue.exact), (orders, decimal(exact)), "{customer}");
        assert_eq!(revenue.rounded, decimal(by_line), "{customer}");
        let summary = client.get(&format!("/v1/customers/{}/summary", ids[customer])).send().await.expect(200);
        let totals = &summary["order_totals"][0];
        assert_eq!(decimal(text(&totals["gross"]["amount"])), revenue.rounded + revenue.freight);
        assert_eq!(totals["orders"], orders);
    }
    let without: Vec<&str> = found.iter().filter(|(_, revenue)| revenue.orders == 0).map(|(name, _)| *name).collect();
    assert_eq!(without, ["FISSA", "PARIS", "VALON", "Val2"]);
}
