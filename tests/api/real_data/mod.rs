//! Real data through the API, sent as another system would: everything comes in once, however often it is sent, and
//! comes out as it was.

mod cdnow;
mod chinook;
mod helpdesk;
mod naughty_strings;
mod northwind;
mod online_retail;

use futures_util::{StreamExt, stream};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::chains::row_counts;
use crate::support::client::{Client, Reply};
use crate::support::data::Row;
use crate::support::database::Backend;

/// Requests on their way at the same time.
const PARALLEL: usize = 16;

/// Set to anything, all of every set is sent to both databases.
const WHOLE: &str = "KH_TEST_WHOLE";

/// Whether all of every set is sent to both databases, however long it takes.
fn is_whole() -> bool {
    std::env::var_os(WHOLE).is_some()
}

/// 1 on SQLite, where all of a set is sent; `n` on PostgreSQL, where all of it takes long.
fn one_in(app: &TestApp, n: usize) -> usize {
    if is_whole() || app.database().backend() == Backend::Sqlite { 1 } else { n }
}

/// Sends everything twice: the second time finds what the first time made, and changes nothing. `send` is told which
/// status is the answer to what makes something.
async fn twice(app: &TestApp, send: impl AsyncFn(u16)) {
    send(201).await;
    let once = records(app).await;
    send(200).await;
    assert_eq!(records(app).await, once, "the second time changes nothing");
}

/// How many rows each table has, apart from those of checkpoints: they are made in the background of what was written
/// before.
async fn records(app: &TestApp) -> Vec<(String, i64)> {
    let mut counts = row_counts(app.store()).await;
    counts.retain(|(table, _)| !table.starts_with("checkpoint"));
    counts
}

/// Sends several things at a time.
async fn in_parallel<'a, T>(things: &'a [T], send: impl AsyncFn(&'a T)) {
    let sent: Vec<()> = stream::iter(things).map(|thing| send(thing)).buffer_unordered(PARALLEL).collect().await;
    assert_eq!(sent.len(), things.len());
}

/// Keeps a customer in step. Numbers and postal codes no country has are left out, and answered.
async fn upsert(client: &Client, system: &str, id: &str, mut body: Value, status: u16) -> (Reply, Vec<String>) {
    let path = format!("/v1/customers-by-external-id/{system}/{id}");
    let mut refused = Vec::new();
    for _ in 0..3 {
        let reply = client.call(reqwest::Method::PUT, &path).json(body.clone()).send().await;
        if reply.status != 422 {
            return (reply.expect(status), refused);
        }
        for (place, code) in reply.faults().into_iter().rev() {
            assert!(["phone", "postal_code"].contains(&code), "{reply}");
            refused.push(text(&body.pointer_mut(place).expect("what was refused").take()).to_owned());
        }
        let points = body["contact_points"].as_array_mut();
        points.into_iter().for_each(|points| points.retain(|point| !point["value"].is_null()));
    }
    panic!("{id} is refused again and again");
}

/// Keeps what was refused in a note.
async fn note(client: &Client, (system, id): (&str, &str), (customer, refused): &(Reply, Vec<String>), status: u16) {
    if refused.is_empty() {
        return;
    }
    let note = json!({
        "kind": "note", "subject": "Refused", "body": refused.join("\n"),
        "source": { "system": system, "reference": format!("{id}-refused") },
    });
    let path = format!("/v1/customers/{}/interactions", customer.id());
    client.post(&path, note).send().await.expect(status);
}

/// Every number is a contact point and the postal code stands in the address, or they stand in the note.
async fn is_reached(client: &Client, customer: &Value, row: &Row) {
    let path = format!("/v1/customers/{}/interactions", text(&customer["id"]));
    let notes = all(client, &path, &[]).await;
    let note = notes.first().map(|note| text(&note["body"])).unwrap_or_default();
    for (kind, column) in [("phone", "Phone"), ("fax", "Fax")] {
        let Some(number) = row.get(column) else { continue };
        let mut points = customer["contact_points"].as_array().into_iter().flatten();
        match points.find(|point| point["type"] == kind) {
            Some(point) => assert_eq!(point["value"], number.as_str()),
            None => {
                assert!(note.contains(number), "{number} of {row:?} is lost");
                assert_ne!(row["Country"], "Germany", "{number} can be dialled");
            }
        }
    }
    let Some(postal_code) = row.get("PostalCode") else { return };
    match customer["addresses"][0]["postal_code"].as_str() {
        // It is kept as its country writes it: 147 00 for 14700, 958 22 for S-958 22.
        Some(kept) => assert!(!kept.is_empty() && bare(postal_code).ends_with(&bare(kept)), "{kept} of {row:?}"),
        None => assert!(note.contains(postal_code), "{postal_code} of {row:?} is lost"),
    }
}

fn bare(postal_code: &str) -> String {
    postal_code.chars().filter(|sign| sign.is_alphanumeric()).collect()
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

/// How many entries a list has.
async fn count(client: &Client, path: &str, query: &[(&str, &str)]) -> usize {
    let query = [query, &[("count", "exact"), ("limit", "1")]].concat();
    let total = client.get(path).query(&query).send().await.expect(200)["total"].as_u64();
    total.and_then(|total| usize::try_from(total).ok()).expect("a number")
}

/// A number as it is written.
fn decimal(text: &str) -> Decimal {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is no number"))
}

fn sum<'a>(amounts: impl Iterator<Item = &'a str>) -> Decimal {
    amounts.map(decimal).sum()
}

/// As amounts of two places are rounded: halves away from zero.
fn rounded(number: Decimal) -> Decimal {
    number.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// `2010-01-04 08:57:16` as an instant of UTC.
fn instant(time: &str) -> String {
    let (day, time) = time.split_once(' ').unwrap_or((time, "00:00:00"));
    let (time, _) = time.split_once('.').unwrap_or((time, ""));
    format!("{day}T{time}.000000Z")
}

fn country(name: &str) -> &'static str {
    match name {
        "Argentina" => "AR",
        "Australia" => "AU",
        "Austria" => "AT",
        "Belgium" => "BE",
        "Brazil" => "BR",
        "Canada" => "CA",
        "Chile" => "CL",
        "Czech Republic" => "CZ",
        "Denmark" => "DK",
        "Finland" => "FI",
        "France" => "FR",
        "Germany" => "DE",
        "Hungary" => "HU",
        "India" => "IN",
        "Ireland" => "IE",
        "Italy" => "IT",
        "Mexico" => "MX",
        "Netherlands" => "NL",
        "Norway" => "NO",
        "Poland" => "PL",
        "Portugal" => "PT",
        "Spain" => "ES",
        "Sweden" => "SE",
        "Switzerland" => "CH",
        "UK" | "United Kingdom" => "GB",
        "USA" => "US",
        "Venezuela" => "VE",
        other => panic!("{other}"),
    }
}
