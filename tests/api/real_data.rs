//! Real data through the API: everything comes in once, however often it is sent, and comes out as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use futures_util::{StreamExt, stream};
use kundenhistorie::domain::money::Money;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::chains::{holds_together, row_counts};
use crate::support::client::{Client, Reply};
use crate::support::data;
use crate::support::database::Backend;

/// Requests on their way at the same time.
const PARALLEL: usize = 16;

/// A line of the CDNOW sample.
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
    let text = std::fs::read_to_string(folder.join("CDNOW_sample.txt")).expect("the file");
    let mut customers: BTreeMap<String, Vec<Purchase>> = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
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

/// Sends a customer and the purchases one after another; same-day lines keep their order. Answers the statuses.
async fn load(client: &Client, purchases: &[Purchase]) -> Vec<u16> {
    let id = &purchases[0].customer;
    let body = json!({ "kind": "person", "display_name": "Jemand", "external_ids": [{ "system": "cdnow", "id": id }] });
    let key = format!("cdnow-{id}");
    let created = client.post("/v1/customers", body).idempotency_key(&key).send().await.expect(201);
    let path = format!("/v1/customers/{}/timeline", created.id());
    let mut statuses = Vec::new();
    for purchase in purchases {
        let body = json!({
            "kind": "basket.purchased", "occurred_at": purchase.day,
            "amount": { "amount": purchase.amount, "currency": "USD" },
            "source": { "system": "cdnow", "reference": purchase.reference },
            "payload": { "quantity": purchase.quantity },
        });
        statuses.push(client.post(&path, body).send().await.status);
    }
    statuses
}

/// All entries of a list.
async fn all(client: &Client, path: &str, query: &[(&str, &str)]) -> Vec<Value> {
    let mut entries = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut query = query.to_vec();
        query.push(("limit", "200"));
        if let Some(cursor) = &cursor {
            query.push(("cursor", cursor));
        }
        let page = client.get(path).query(&query).send().await.expect(200);
        entries.extend(page.items().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return entries,
        }
    }
}

fn sum<'a>(amounts: impl Iterator<Item = &'a str>) -> Money {
    let zero = Money::parse("0", "USD").expect("money");
    amounts.fold(zero, |sum, amount| sum.checked_add(Money::parse(amount, "USD").expect("money")).expect("a sum"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

both! {
    async fn cdnow_comes_in_once_and_adds_up(app: TestApp) {
        let Some(folder) = data::set("cdnow") else { return };
        // All of it on SQLite; every tenth customer on PostgreSQL, where all of it takes more than a minute.
        let every = if app.database().backend() == Backend::Sqlite { 1 } else { 10 };
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
        let mut counts = Vec::new();
        for expected in [201, 200] {
            let loads = stream::iter(&customers).map(|purchases| load(&admin, purchases)).buffer_unordered(PARALLEL);
            let statuses: Vec<u16> = loads.concat().await;
            assert_eq!(statuses, vec![expected; lines.len()]);
            counts.push(row_counts(app.store()).await);
        }
        assert_eq!(counts[0], counts[1], "the second time changes nothing");

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
            assert_eq!(total.amount(), "244091.94");
        }
        holds_together(app.store()).await;
    }

    async fn northwinds_customers_come_in_once_with_everything(app: TestApp) {
        let Some(folder) = data::set("northwind") else { return };
        let rows = northwind(&folder);
        assert_eq!(rows.len(), 93);
        let admin = app.admin().await;
        let mut counts = Vec::new();
        for _ in 0..2 {
            let sent: Vec<()> =
                stream::iter(&rows).map(|row| send(&admin, row)).buffer_unordered(PARALLEL).collect().await;
            assert_eq!(sent.len(), rows.len());
            counts.push(row_counts(app.store()).await);
        }
        assert_eq!(counts[0], counts[1], "the second time changes nothing");

        let query = [("country", "DE"), ("count", "exact")];
        assert_eq!(admin.get("/v1/customers").query(&query).send().await.expect(200)["total"], 11);
        let read = all(&admin, "/v1/customers", &[]).await;
        assert_eq!(read.len(), 93);
        let by_id: BTreeMap<&str, &Value> =
            read.iter().map(|customer| (text(&customer["external_ids"][0]["id"]), customer)).collect();
        for row in &rows {
            let customer = by_id[row["CustomerID"].trim()];
            assert_eq!(customer["company"]["legal_name"], row["CompanyName"].as_str());
            let address = &customer["addresses"][0];
            for (member, column) in [("city", "City"), ("region", "Region")] {
                assert_eq!(text(&address[member]), row.get(column).map_or("", String::as_str), "{row:?}");
            }
            assert_eq!(text(&address["lines"][0]), row.get("Address").map_or("", String::as_str));
            // What no numbering plan has room for any more stands in a note; nothing is lost.
            let path = format!("/v1/customers/{}/interactions", text(&customer["id"]));
            let note = all(&admin, &path, &[]).await;
            let note = note.first().map(|note| text(&note["body"]).to_owned()).unwrap_or_default();
            for (kind, column) in [("phone", "Phone"), ("fax", "Fax")] {
                let Some(number) = row.get(column) else { continue };
                let points = customer["contact_points"].as_array().into_iter().flatten();
                let point = points.clone().find(|point| point["type"] == kind);
                match point {
                    Some(point) => {
                        assert_eq!(point["value"], number.as_str());
                        assert_eq!(text(&point["label"]), contact(row));
                    }
                    None => {
                        assert!(note.contains(number), "{number} of {row:?} is lost");
                        assert_ne!(row["Country"], "Germany", "{number} can be dialled");
                    }
                }
            }
        }
        holds_together(app.store()).await;
    }

    async fn naughty_strings_come_back_byte_for_byte(app: TestApp) {
        let Some(folder) = data::set("naughty_strings") else { return };
        let strings = std::fs::read(folder.join("blns.json")).expect("the file");
        let strings: Vec<String> = serde_json::from_slice(&strings).expect("JSON");
        let admin = app.admin().await;
        let company = json!({ "kind": "company", "company": { "legal_name": "Naughty" } });
        let path = format!("/v1/customers/{}/interactions", admin.post("/v1/customers", company).send().await.id());
        let send = async |string: &String| {
            let note = admin.post(&path, json!({ "kind": "note", "subject": "Naughty", "body": string })).send().await;
            comes_back(&admin, note, "/body", string).await;
            let person = json!({ "kind": "person", "display_name": "Naughty", "person": { "family_name": string } });
            let person = admin.post("/v1/customers", person).send().await;
            comes_back(&admin, person, "/person/family_name", string).await;
        };
        let sent: Vec<()> = stream::iter(&strings).map(send).buffer_unordered(PARALLEL).collect().await;
        assert_eq!(sent.len(), 515);
        holds_together(app.store()).await;
    }
}

/// It is stored as it was sent; only a name can be too long.
async fn comes_back(client: &Client, made: Reply, pointer: &str, sent: &str) {
    if made.status == 422 {
        assert!(pointer.starts_with("/person") && sent.chars().count() > 200, "{sent:?} is refused\n{made}");
        return;
    }
    let place = made.expect(201).header("location").expect("a place").to_owned();
    let read = client.get(&place).send().await.expect(200);
    assert_eq!(read.at(pointer).as_str(), Some(sent));
}

/// The rows of Northwind's table of customers, by column; empty columns are absent.
fn northwind(folder: &Path) -> Vec<BTreeMap<String, String>> {
    let script = std::fs::read_to_string(folder.join("create.sql")).expect("the file");
    let database = Connection::open_in_memory().expect("a database");
    database.execute_batch(&script).expect("the script runs");
    let mut statement = database.prepare("SELECT * FROM Customers").expect("a query");
    let columns: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let rows = statement.query_map([], |row| {
        let mut values = BTreeMap::new();
        for (index, column) in columns.iter().enumerate() {
            if let Some(value) = row.get::<_, Option<String>>(index)? {
                values.insert(column.clone(), value);
            }
        }
        Ok(values)
    });
    rows.expect("the rows").map(|row| row.expect("a row")).collect()
}

fn contact(row: &BTreeMap<String, String>) -> String {
    format!("{}, {}", row["ContactName"], row["ContactTitle"])
}

/// Sends a customer; numbers that are refused go into a note.
async fn send(client: &Client, row: &BTreeMap<String, String>) {
    let id = row["CustomerID"].trim();
    let numbers = [("phone", "Phone"), ("fax", "Fax")].into_iter().filter_map(|(kind, column)| {
        let value = row.get(column)?;
        Some(json!({ "type": kind, "label": contact(row), "value": value }))
    });
    let mut numbers: Vec<Value> = numbers.collect();
    let address = row.get("Address").map(|line| {
        json!({
            "type": "business", "lines": [line], "postal_code": row.get("PostalCode"), "city": row.get("City"),
            "region": row.get("Region"), "country": country(&row["Country"]),
        })
    });
    let mut refused = Vec::new();
    for attempt in 1..=3 {
        let body = json!({
            "kind": "company", "company": { "legal_name": row["CompanyName"] },
            "external_ids": [{ "system": "northwind", "id": id }],
            "contact_points": numbers, "addresses": address.as_ref().map_or_else(Vec::new, |it| vec![it]),
        });
        let key = format!("northwind-{id}-{attempt}");
        let reply = client.post("/v1/customers", body).idempotency_key(&key).send().await;
        if reply.status == 422 {
            for (place, code) in reply.faults().into_iter().rev() {
                let index = place.strip_prefix("/contact_points/").and_then(|rest| rest.strip_suffix("/value"));
                let index: usize = index.and_then(|index| index.parse().ok()).unwrap_or_else(|| panic!("{reply}"));
                assert_eq!(code, "phone", "{reply}");
                refused.push(text(&numbers.remove(index)["value"]).to_owned());
            }
            continue;
        }
        let customer = reply.expect(201).id();
        if !refused.is_empty() {
            let note = json!({
                "kind": "note", "subject": contact(row), "body": refused.join("\n"),
                "source": { "system": "northwind", "reference": format!("{id}-numbers") },
            });
            let path = format!("/v1/customers/{customer}/interactions");
            let key = format!("northwind-{id}-note");
            client.post(&path, note).idempotency_key(&key).send().await.expect(201);
        }
        return;
    }
    panic!("{id} is refused again and again");
}

fn country(name: &str) -> &'static str {
    match name {
        "Argentina" => "AR",
        "Austria" => "AT",
        "Belgium" => "BE",
        "Brazil" => "BR",
        "Canada" => "CA",
        "Denmark" => "DK",
        "Finland" => "FI",
        "France" => "FR",
        "Germany" => "DE",
        "Ireland" => "IE",
        "Italy" => "IT",
        "Mexico" => "MX",
        "Norway" => "NO",
        "Poland" => "PL",
        "Portugal" => "PT",
        "Spain" => "ES",
        "Sweden" => "SE",
        "Switzerland" => "CH",
        "UK" => "GB",
        "USA" => "US",
        "Venezuela" => "VE",
        other => panic!("{other}"),
    }
}
