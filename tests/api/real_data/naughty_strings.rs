//! Strings that have broken software before.

use serde_json::json;

use super::in_parallel;
use crate::support::app::TestApp;
use crate::support::both;
use crate::support::chains::holds_together;
use crate::support::client::{Client, Reply};
use crate::support::data;

both! {
    async fn naughty_strings_come_back_byte_for_byte(app: TestApp) {
        let Some(folder) = data::set("naughty_strings") else { return };
        let strings: Vec<String> = serde_json::from_str(&data::text(&folder.join("blns.json"))).expect("JSON");
        assert_eq!(strings.len(), 515);
        let admin = app.admin().await;
        let company = json!({ "kind": "company", "company": { "legal_name": "Naughty" } });
        let path = format!("/v1/customers/{}/interactions", admin.post("/v1/customers", company).send().await.id());
        in_parallel(&strings, async |string| {
            let note = admin.post(&path, json!({ "kind": "note", "subject": "Naughty", "body": string })).send().await;
            comes_back(&admin, note, "/body", string).await;
            let person = json!({ "kind": "person", "display_name": "Naughty", "person": { "family_name": string } });
            let person = admin.post("/v1/customers", person).send().await;
            comes_back(&admin, person, "/person/family_name", string).await;
        })
        .await;
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
