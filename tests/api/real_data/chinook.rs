//! Chinook: people who buy music, who looks after them, their invoices and payments. The originals of the invoices stand
//! in another system: ours are copies of them.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{all, count, country, decimal, in_parallel, instant, is_reached, note, one_in, sum, text, twice, upsert};
use crate::support::app::TestApp;
use crate::support::both;
use crate::support::chains::holds_together;
use crate::support::client::Client;
use crate::support::data::{self, Row};

/// The name of this system in references.
const SYSTEM: &str = "chinook";

/// What is read of it.
struct Chinook {
    representatives: Vec<Row>,
    customers: Vec<Row>,
    /// By customer, in the order of time.
    invoices: BTreeMap<String, Vec<Row>>,
    /// By invoice.
    lines: BTreeMap<String, Vec<Row>>,
}

impl Chinook {
    fn read(folder: &Path, every: usize) -> Self {
        let file = folder.join("Chinook_Sqlite.sqlite");
        let database = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("a database");
        let rows = |query: &str| data::rows(&database, query);
        let customers: Vec<Row> =
            rows("SELECT * FROM Customer ORDER BY CustomerId").into_iter().step_by(every).collect();
        let mut invoices = data::grouped(rows("SELECT * FROM Invoice ORDER BY InvoiceDate, InvoiceId"), "CustomerId");
        invoices.retain(|customer, _| customers.iter().any(|row| row["CustomerId"] == *customer));
        let lines = "SELECT InvoiceLine.*, Name FROM InvoiceLine JOIN Track USING (TrackId) ORDER BY InvoiceLineId";
        Self {
            representatives: rows(
                "SELECT * FROM Employee WHERE EmployeeId IN (SELECT SupportRepId FROM Customer) ORDER BY EmployeeId",
            ),
            customers,
            invoices,
            lines: data::grouped(rows(lines), "InvoiceId"),
        }
    }

    fn invoices(&self) -> impl Iterator<Item = &Row> {
        self.invoices.values().flatten()
    }
}

/// Makes users of those who look after customers. Answers their ids, by those of the employees.
async fn send_users(client: &Client, source: &Chinook) -> BTreeMap<String, String> {
    let mut ids = BTreeMap::new();
    for row in &source.representatives {
        let name = format!("{} {}", row["FirstName"], row["LastName"]);
        let user = json!({ "email": row["Email"], "display_name": name, "role": "agent", "language": "en" });
        // A user has no reference: the key alone makes it repeatable.
        let key = format!("chinook-{}", row["EmployeeId"]);
        let user = client.post("/v1/users", user).idempotency_key(&key).send().await.expect(201);
        ids.insert(row["EmployeeId"].clone(), user.id());
    }
    ids
}

/// Sends a customer with everything.
async fn send(client: &Client, source: &Chinook, row: &Row, users: &BTreeMap<String, String>, status: u16) {
    let id = &row["CustomerId"];
    let points = [("phone", "Phone"), ("fax", "Fax"), ("email", "Email")].into_iter();
    let points = points.filter_map(|(kind, column)| Some(json!({ "type": kind, "value": row.get(column)? })));
    let person = json!({
        "kind": "person", "lifecycle_stage": "customer", "owner_id": users[&row["SupportRepId"]],
        "person": {
            "given_name": row["FirstName"], "family_name": row["LastName"],
            "employer": row.get("Company").map(|name| json!({ "name": name })),
        },
        "contact_points": points.collect::<Vec<_>>(),
        "addresses": [{
            "type": "billing", "lines": [row["Address"]], "city": row["City"], "region": row.get("State"),
            "postal_code": row.get("PostalCode"), "country": country(&row["Country"]),
        }],
    });
    let sent = upsert(client, SYSTEM, id, person, status).await;
    note(client, (SYSTEM, id), &sent, status).await;
    for invoice in source.invoices.get(id).into_iter().flatten() {
        send_invoice(client, source, &sent.0.id(), invoice, status).await;
    }
}

/// Sends an invoice, and that it was paid at once.
async fn send_invoice(client: &Client, source: &Chinook, customer: &str, row: &Row, status: u16) {
    let id = &row["InvoiceId"];
    let lines = source.lines[id].iter().map(|line| {
        json!({
            "sku": line["TrackId"], "description": line["Name"], "quantity": line["Quantity"],
            "unit_price": line["UnitPrice"], "tax_rate": "0",
        })
    });
    let total = json!({ "amount": row["Total"], "currency": "USD" });
    let invoice = json!({
        "ledger": "external", "number": id, "currency": "USD", "issued_on": row["InvoiceDate"][..10],
        "lines": lines.collect::<Vec<_>>(), "totals": { "gross": total },
        "billing_address": {
            "lines": [row["BillingAddress"]], "city": row["BillingCity"], "region": row.get("BillingState"),
            "postal_code": row.get("BillingPostalCode"), "country": country(&row["BillingCountry"]),
        },
        "source": { "system": SYSTEM, "reference": format!("invoice-{id}") },
    });
    let path = format!("/v1/customers/{customer}/invoices");
    let invoice = client.post(&path, invoice).send().await.expect(status);
    let payment = json!({
        "amount": total, "method": "other", "received_at": instant(&row["InvoiceDate"]),
        "allocations": [{ "invoice_id": invoice.id() }],
        "source": { "system": SYSTEM, "reference": format!("payment-{id}") },
    });
    client.post(&format!("/v1/customers/{customer}/payments"), payment).send().await.expect(status);
}

/// Customers are there as they were sent. Answers the ids we gave them, by theirs.
async fn customers_come_back(
    client: &Client,
    source: &Chinook,
    users: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let read = all(client, "/v1/customers", &[]).await;
    assert_eq!(read.len(), source.customers.len());
    let by_id: BTreeMap<&str, &Value> =
        read.iter().map(|customer| (text(&customer["external_ids"][0]["id"]), customer)).collect();
    for row in &source.customers {
        let customer = by_id[row["CustomerId"].as_str()];
        assert_eq!(customer["display_name"], format!("{} {}", row["FirstName"], row["LastName"]));
        assert_eq!(customer["person"]["employer"]["name"].as_str(), row.get("Company").map(String::as_str));
        assert_eq!(customer["owner_id"], users[&row["SupportRepId"]]);
        let mut points = customer["contact_points"].as_array().into_iter().flatten();
        assert!(points.any(|point| point["value"] == row["Email"]), "{row:?}");
        assert_eq!(customer["addresses"][0]["city"], row["City"]);
        is_reached(client, customer, row).await;
    }
    for (employee, user) in users {
        let expected = source.customers.iter().filter(|row| row["SupportRepId"] == *employee).count();
        assert_eq!(count(client, "/v1/customers", &[("owner_id", user)]).await, expected);
    }
    by_id.into_iter().map(|(id, customer)| (id.to_owned(), text(&customer["id"]).to_owned())).collect()
}

/// Invoices and payments are there as they were sent, and nothing is owed.
async fn money_comes_back(client: &Client, source: &Chinook, ids: &BTreeMap<String, String>) {
    let read = all(client, "/v1/invoices", &[("sort", "issued_on")]).await;
    assert_eq!(read.len(), source.invoices().count());
    let by_number: BTreeMap<&str, &Value> = read.iter().map(|invoice| (text(&invoice["number"]), invoice)).collect();
    for row in source.invoices() {
        let invoice = by_number[row["InvoiceId"].as_str()];
        assert_eq!(invoice["customer_id"], ids[&row["CustomerId"]]);
        assert_eq!((&invoice["status"], &invoice["issued_on"]), (&json!("paid"), &json!(row["InvoiceDate"][..10])));
        let lines = invoice["lines"].as_array().into_iter().flatten();
        let lines = lines.map(|line| ["sku", "description", "unit_price"].map(|member| text(&line[member])));
        let sent = source.lines[&row["InvoiceId"]].iter();
        let sent = sent.map(|line| ["TrackId", "Name", "UnitPrice"].map(|column| line[column].as_str()));
        assert!(lines.eq(sent), "{invoice}");
    }
    let paid = all(client, "/v1/payments", &[("unallocated", "false")]).await;
    let paid_in = |payment: &Value| text(&payment["received_at"]).to_owned();
    let mut days: Vec<String> = paid.iter().map(paid_in).collect();
    let mut sent: Vec<String> = source.invoices().map(|row| instant(&row["InvoiceDate"])).collect();
    days.sort();
    sent.sort();
    assert_eq!(days, sent);
    for row in &source.customers {
        let summary = format!("/v1/customers/{}/summary", ids[&row["CustomerId"]]);
        let summary = client.get(&summary).send().await.expect(200);
        let [totals] = summary["invoice_totals"].as_array().expect("a list").as_slice() else { panic!("{summary}") };
        let invoices = &source.invoices[&row["CustomerId"]];
        let amount = |member: &str| decimal(text(&totals[member]["amount"]));
        assert_eq!(amount("invoiced"), sum(invoices.iter().map(|row| row["Total"].as_str())), "{row:?}");
        assert_eq!((amount("open"), &totals["paid_invoices"]), (decimal("0"), &json!(invoices.len())));
        assert_eq!(totals["average_days_to_pay"], 0.0, "all were paid on the day of issue");
    }
}

both! {
    async fn chinook_comes_in_once_and_adds_up(app: TestApp) {
        let Some(folder) = data::set("chinook") else { return };
        let every = one_in(&app, 5);
        let source = Chinook::read(&folder, every);
        let admin = app.admin().await;
        twice(&app, async |status| {
            let users = send_users(&admin, &source).await;
            in_parallel(&source.customers, async |row| send(&admin, &source, row, &users, status).await).await;
        })
        .await;
        let users = send_users(&admin, &source).await;
        let ids = customers_come_back(&admin, &source, &users).await;
        money_comes_back(&admin, &source, &ids).await;
        if every == 1 {
            golden(&admin, &ids).await;
        }
        holds_together(app.store()).await;
    }
}

/// What is known of all of it.
async fn golden(client: &Client, ids: &BTreeMap<String, String>) {
    let customers = all(client, "/v1/customers", &[]).await;
    let at_companies = customers.iter().filter(|customer| !customer["person"]["employer"].is_null()).count();
    assert_eq!((ids.len(), at_companies), (59, 10));

    let invoices = all(client, "/v1/invoices", &[("sort", "issued_on")]).await;
    let lines: usize = invoices.iter().filter_map(|invoice| invoice["lines"].as_array()).map(Vec::len).sum();
    assert_eq!((invoices.len(), lines), (412, 2_240));
    let gross = |invoice: &Value| text(&invoice["totals"]["gross"]["amount"]).to_owned();
    let total: Decimal = invoices.iter().map(|invoice| decimal(&gross(invoice))).sum();
    assert_eq!(total.to_string(), "2328.60");
    let days = [&invoices[0], &invoices[411]].map(|invoice| text(&invoice["issued_on"]));
    assert_eq!(days, ["2021-01-01", "2025-12-22"]);

    let mut sums: BTreeMap<&str, Decimal> = BTreeMap::new();
    for invoice in &invoices {
        *sums.entry(text(&invoice["customer_id"])).or_default() += decimal(&gross(invoice));
    }
    let (best, sum) = sums.into_iter().max_by_key(|(_, sum)| *sum).expect("a customer");
    let best = client.get(&format!("/v1/customers/{best}")).send().await.expect(200);
    assert_eq!((best.at("/person/family_name"), sum), (&json!("Holý"), decimal("49.62")));
}
