//! What holds for the history whatever is asked of the service, and in whatever order.

use futures_util::future::join_all;
use kundenhistorie::domain::clock::Clock;
use kundenhistorie::entities::{customer, timeline_event};
use proptest::prelude::*;
use proptest::sample::Index;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::chains::{count, heads, holds_together, row_counts};
use crate::support::client::{Client, Reply};
use crate::support::property;

/// Something a client does to one of few customers.
#[derive(Debug, Clone)]
enum Operation {
    Create,
    Change(Index),
    Archive(Index),
    Restore(Index),
    AddContactPoint(Index),
    /// A patch that says what is there already.
    ChangeNothing(Index),
    /// Of a version that was never there.
    ChangeStale(Index),
    /// A value that cannot be stored.
    ChangeWrongly(Index),
    CreateWrongly,
    /// Of a customer that does not exist.
    ChangeMissing,
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let one = prop_oneof![
        2 => Just(Operation::Create),
        8 => any::<Index>().prop_map(Operation::Change),
        2 => any::<Index>().prop_map(Operation::Archive),
        2 => any::<Index>().prop_map(Operation::Restore),
        2 => any::<Index>().prop_map(Operation::AddContactPoint),
        1 => any::<Index>().prop_map(Operation::ChangeNothing),
        1 => any::<Index>().prop_map(Operation::ChangeStale),
        1 => any::<Index>().prop_map(Operation::ChangeWrongly),
        1 => Just(Operation::CreateWrongly),
        1 => Just(Operation::ChangeMissing),
    ];
    proptest::collection::vec(one, 24..32)
}

/// Does it and answers how many events that makes.
async fn perform(client: &Client, operation: &Operation, customers: &[String]) -> i64 {
    let path = |index: &Index| format!("/v1/customers/{}", index.get(customers));
    let anything = "*";
    let (reply, accepted, refused): (Reply, &[u16], &[u16]) = match operation {
        Operation::Create => (client.post("/v1/customers", person()).send().await, &[201], &[]),
        Operation::Change(index) => {
            let patch = json!({ "needs": [word()] });
            (client.patch(&path(index), anything, patch).send().await, &[200], &[409])
        }
        Operation::Archive(index) => (client.delete(&path(index), anything).send().await, &[204], &[409]),
        Operation::Restore(index) => {
            (client.post(&format!("{}/restoration", path(index)), Value::Null).send().await, &[200], &[409])
        }
        Operation::AddContactPoint(index) => {
            let point = json!({ "type": "email", "value": format!("{}@example.org", word()) });
            (client.post(&format!("{}/contact-points", path(index)), point).send().await, &[201], &[409])
        }
        Operation::ChangeNothing(index) => {
            (client.patch(&path(index), anything, json!({})).send().await, &[], &[200, 409])
        }
        Operation::ChangeStale(index) => {
            let patch = json!({ "needs": ["never"] });
            (client.patch(&path(index), "\"4711\"", patch).send().await, &[], &[409, 412])
        }
        Operation::ChangeWrongly(index) => {
            (client.patch(&path(index), anything, json!({ "language": "?" })).send().await, &[], &[409, 422])
        }
        Operation::CreateWrongly => (client.post("/v1/customers", json!({})).send().await, &[], &[422]),
        Operation::ChangeMissing => {
            let path = format!("/v1/customers/{}", unknown());
            (client.patch(&path, anything, json!({ "needs": ["x"] })).send().await, &[], &[404])
        }
    };
    assert!(accepted.contains(&reply.status) || refused.contains(&reply.status), "{operation:?}\n{reply}");
    if reply.status == 409 {
        assert!(["archived", "not_archived"].contains(&reply.code()), "{operation:?}\n{reply}");
    }
    i64::from(accepted.contains(&reply.status))
}

fn unknown() -> Uuid {
    Clock::system().new_id()
}

fn word() -> String {
    unknown().simple().to_string()
}

fn person() -> Value {
    json!({ "kind": "person", "person": { "given_name": "Änne", "family_name": word() } })
}

/// The version counts the changes, and each is told once.
async fn versions_count_events(app: &TestApp) {
    for row in customer::Entity::find().all(&app.store().read).await.expect("the customers") {
        let told = timeline_event::Entity::find().filter(timeline_event::Column::SubjectId.eq(row.id));
        let told = told.count(&app.store().read).await.expect("a count");
        assert_eq!(u64::try_from(row.version).ok(), Some(told), "{}", row.id);
    }
}

both! {
    async fn chains_are_gapless_after_any_concurrent_operations(app: TestApp) {
        let (admin, agent) = (app.admin().await, app.agent().await);
        property::holds(12, operations(), async |operations| {
            let mut customers = Vec::new();
            for _ in 0..3 {
                customers.push(admin.post("/v1/customers", person()).send().await.expect(201).id());
            }
            let before = count(app.store(), "timeline_events").await;
            let clients = [&admin, &agent].into_iter().cycle();
            let all = operations.iter().zip(clients).map(|(operation, client)| perform(client, operation, &customers));
            let told: i64 = join_all(all).await.into_iter().sum();
            assert_eq!(count(app.store(), "timeline_events").await, before + told);
            holds_together(app.store()).await;
        })
        .await;
        versions_count_events(&app).await;
    }

    async fn what_is_refused_changes_nothing(app: TestApp) {
        let (admin, reader) = (app.admin().await, app.read_only().await);
        let created = admin.post("/v1/customers", person()).send().await.expect(201);
        let path = format!("/v1/customers/{}", created.id());
        let mut known = person();
        known["external_ids"] = json!([{ "system": "erp", "id": "1" }]);
        admin.post("/v1/customers", known.clone()).send().await.expect(201);
        // Found out only when the number, the tag and more have been written.
        known["tags"] = json!(["never seen before"]);
        let archived = admin.post("/v1/customers", person()).send().await.expect(201);
        let archived = format!("/v1/customers/{}", archived.id());
        admin.delete(&archived, "*").send().await.expect(204);
        let tag = admin.post("/v1/tags", json!({ "name": "VIP" })).send().await.expect(201).id();

        // Refusals for want of rights are noted elsewhere, and are no change.
        let state = async || {
            let counts = row_counts(app.store()).await.into_iter().filter(|(table, _)| !table.starts_with("security"));
            let rows = customer::Entity::find().order_by_asc(customer::Column::Id).all(&app.store().read).await;
            (counts.collect::<Vec<_>>(), rows.expect("the customers"), heads(app.store()).await)
        };
        let before = state().await;
        let nobody = json!({ "owner_id": unknown() });
        let taken = json!({ "tags": known["tags"], "external_ids": known["external_ids"] });
        let refused = [
            admin.post("/v1/customers", known).send().await.expect(409),
            admin.patch(&path, "*", taken).send().await.expect(409),
            admin.post("/v1/customers", json!({})).send().await.expect(422),
            admin.post("/v1/customers", json!({ "kind": "company", "company": { "legal_name": "X" }, "owner_id": unknown() })).send().await.expect(422),
            reader.post("/v1/customers", person()).send().await.expect(403),
            app.anonymous().post("/v1/customers", person()).send().await.expect(401),
            admin.patch(&path, "\"99\"", json!({ "needs": ["x"] })).send().await.expect(412),
            admin.patch(&path, "*", nobody).send().await.expect(422),
            admin.patch(&path, "*", json!({ "tags": ["new"], "language": "?" })).send().await.expect(422),
            admin.patch(&archived, "*", json!({ "needs": ["x"] })).send().await.expect(409),
            admin.delete(&archived, "*").send().await.expect(409),
            admin.post(&format!("{path}/restoration"), Value::Null).send().await.expect(409),
            admin.post("/v1/tags", json!({ "name": "vip" })).send().await.expect(409),
            admin.patch(&format!("/v1/tags/{tag}"), "\"99\"", json!({ "name": "x" })).send().await.expect(412),
        ];
        assert!(refused.iter().all(|reply| reply.status >= 400));
        assert_eq!(state().await, before);
        holds_together(app.store()).await;
    }

    async fn a_change_that_changes_nothing_leaves_nothing(app: TestApp) {
        let admin = app.admin().await;
        let mut customer = person();
        customer["tags"] = json!(["VIP", "Stammkunde"]);
        customer["contact_points"] = json!([{ "type": "phone", "value": "089 123456" }]);
        let created = admin.post("/v1/customers", customer).send().await.expect(201);
        let path = format!("/v1/customers/{}", created.id());
        let before = (row_counts(app.store()).await, heads(app.store()).await);
        let read = admin.get(&path).send().await.expect(200);
        for patch in [json!({}), read.body.clone(), json!({ "tags": ["VIP", "Stammkunde"] })] {
            let reply = admin.patch(&path, &read.etag(), patch).send().await.expect(200);
            assert_eq!((reply.etag(), &reply.body), (read.etag(), &read.body));
        }
        assert_eq!((row_counts(app.store()).await, heads(app.store()).await), before);
    }

    async fn a_hundred_identical_requests_have_one_effect(app: TestApp) {
        let admin = app.admin().await;
        let (mut customer, key) = (person(), "one-and-the-same");
        // Their own twin is what all but one collide with.
        customer["customer_number"] = json!("K-4711");
        customer["external_ids"] = json!([{ "system": "erp", "id": "4711" }]);
        let before = count(app.store(), "customers").await;
        let all = (0..100).map(|_| admin.post("/v1/customers", customer.clone()).idempotency_key(key).send());
        let replies = join_all(all).await;
        let first = replies.iter().find(|reply| reply.status == 201).expect("one is answered").clone();
        for reply in &replies {
            match reply.status {
                201 => assert_eq!((&reply.bytes, reply.etag()), (&first.bytes, first.etag())),
                _ => assert_eq!(reply.code(), "idempotency_in_progress", "{reply}"),
            }
        }
        assert_eq!(count(app.store(), "customers").await, before + 1);
        let again = admin.post("/v1/customers", customer.clone()).idempotency_key(key).send().await.expect(201);
        assert_eq!((&again.bytes, again.header("idempotent-replayed")), (&first.bytes, Some("true")));
        customer["needs"] = json!(["another"]);
        admin.post("/v1/customers", customer).idempotency_key(key).send().await.expect(422);
        holds_together(app.store()).await;
    }

    async fn a_tag_that_many_customers_carry_is_renamed_in_one_change(app: TestApp) {
        let admin = app.admin().await;
        let tag = admin.post("/v1/tags", json!({ "name": "old" })).send().await.expect(201);
        let mut customer = person();
        customer["tags"] = json!(["old"]);
        let mut made = 0;
        for _ in 0..3 {
            let replies = join_all((0..50).map(|_| admin.post("/v1/customers", customer.clone()).send())).await;
            // A machine that is busy elsewhere may refuse some (503).
            made += replies.iter().filter(|reply| reply.status == 201).count();
        }
        let path = format!("/v1/tags/{}", tag.id());
        admin.patch(&path, &tag.etag(), json!({ "name": "new" })).send().await.expect(200);
        let carriers = admin.get("/v1/customers").query(&[("tag", "new"), ("limit", "200"), ("count", "exact")]).send().await;
        assert_eq!(carriers.expect(200).items().len(), made);
        holds_together(app.store()).await;
        versions_count_events(&app).await;
    }
}
