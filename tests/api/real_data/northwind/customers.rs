//! Companies and the people we talk to there.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{all, count, country, is_reached, note, text, upsert};
use super::{Northwind, SYSTEM, id_of};
use crate::support::client::Client;
use crate::support::data::Row;

/// Sends a company and whom we talk to there. Answers the company.
pub async fn send(client: &Client, row: &Row, status: u16) -> String {
    let id = id_of(row);
    let numbers = [("phone", "Phone"), ("fax", "Fax")].into_iter();
    let numbers = numbers.filter_map(|(kind, column)| Some(json!({ "type": kind, "value": row.get(column)? })));
    let address = row.get("Address").map(|line| {
        json!({
            "type": "business", "lines": [line], "postal_code": row.get("PostalCode"), "city": row.get("City"),
            "region": row.get("Region"), "country": country(&row["Country"]),
        })
    });
    let company = json!({
        "kind": "company", "company": { "legal_name": row["CompanyName"] }, "lifecycle_stage": "customer",
        "contact_points": numbers.collect::<Vec<_>>(), "addresses": address.into_iter().collect::<Vec<_>>(),
    });
    let sent = upsert(client, SYSTEM, id, company, status).await;
    note(client, (SYSTEM, id), &sent, status).await;
    let company = sent.0.id();

    let reference = format!("{id}-contact");
    // A single column holds the whole name: which part of it is the family's is not known.
    let person = json!({
        "kind": "person", "display_name": row["ContactName"], "person": { "job_title": row["ContactTitle"] },
    });
    let (person, _) = upsert(client, SYSTEM, &reference, person, status).await;
    let contact = json!({
        "type": "contact_person_of", "from_customer_id": person.id(), "to_customer_id": company, "primary": true,
        "role": row["ContactTitle"], "buying_role": buying_role(&row["ContactTitle"]),
        "source": { "system": SYSTEM, "reference": reference },
    });
    client.post("/v1/relationships", contact).send().await.expect(status);
    company
}

/// Who owns the business decides; everybody else is the one who matters to us there.
fn buying_role(title: &str) -> &'static str {
    if title.starts_with("Owner") { "decision_maker" } else { "key_person" }
}

/// Everything is there as it was sent. Answers the ids we gave the companies, by theirs.
pub async fn come_back(client: &Client, source: &Northwind, every: usize) -> BTreeMap<String, String> {
    let read = all(client, "/v1/customers", &[("kind", "company")]).await;
    assert_eq!(read.len(), source.customers.len());
    let by_id: BTreeMap<&str, &Value> =
        read.iter().map(|customer| (text(&customer["external_ids"][0]["id"]), customer)).collect();
    for row in &source.customers {
        let customer = by_id[id_of(row)];
        assert_eq!(customer["company"]["legal_name"], row["CompanyName"]);
        let address = &customer["addresses"][0];
        for (member, column) in [("city", "City"), ("region", "Region")] {
            assert_eq!(text(&address[member]), row.get(column).map_or("", String::as_str), "{row:?}");
        }
        assert_eq!(text(&address["lines"][0]), row.get("Address").map_or("", String::as_str));
        is_reached(client, customer, row).await;

        let summary = format!("/v1/customers/{}/summary", text(&customer["id"]));
        let summary = client.get(&summary).send().await.expect(200);
        let [person] = summary["key_persons"].as_array().expect("a list").as_slice() else { panic!("{summary}") };
        let (link, other) = (&person["relationship"], &person["other"]);
        assert_eq!(other["display_name"], row["ContactName"]);
        assert_eq!((&link["role"], &link["primary"]), (&json!(row["ContactTitle"]), &json!(true)));
        assert_eq!(link["buying_role"], buying_role(&row["ContactTitle"]));
    }
    assert_eq!(count(client, "/v1/customers", &[("kind", "person")]).await, source.customers.len());
    if every == 1 {
        assert_eq!(count(client, "/v1/customers", &[("country", "DE")]).await, 11);
        assert_eq!(read.len(), 93);
    }
    by_id.into_iter().map(|(id, customer)| (id.to_owned(), text(&customer["id"]).to_owned())).collect()
}
