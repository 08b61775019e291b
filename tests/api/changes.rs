//! The history of fields: every change of every record, from the beginning.

use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use serde_json::{Map, Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::Client;
use crate::support::kinds::{KINDS, Kind};

async fn customer(client: &Client) -> String {
    let person = json!({"kind": "person", "person": {"given_name": "Änne", "family_name": "Öztürk"}, "category": "C"});
    client.post("/v1/customers", person).send().await.expect(201).id()
}

/// What a record says, put together from its changes alone.
fn replayed(changes: &[Value]) -> Map<String, Value> {
    let mut record = json!({});
    for field in changes.iter().flat_map(|change| change["fields"].as_array().expect("fields")) {
        let mut place = &mut record;
        for member in field["field"].as_str().expect("a path").split('.') {
            if place.is_null() {
                *place = json!({});
            }
            place = &mut place[member];
        }
        assert_eq!(&field["from"], place, "{field}");
        *place = field["to"].clone();
    }
    record.as_object().cloned().unwrap_or_default()
}

/// Whether both say the same: a member that is empty may as well be missing.
fn fits(told: &Value, shown: &Value) -> bool {
    match (told, shown) {
        (Value::Object(told), Value::Object(shown)) => {
            let names = told.keys().chain(shown.keys());
            names.into_iter().all(|name| {
                fits(&told.get(name).cloned().unwrap_or_default(), &shown.get(name).cloned().unwrap_or_default())
            })
        }
        (Value::Null, Value::Object(_)) => fits(&json!({}), shown),
        (Value::Object(_), Value::Null) => fits(told, &json!({})),
        (told, shown) => told == shown,
    }
}

async fn of(client: &Client, at: &str, query: &[(&str, &str)]) -> Vec<Value> {
    client.get(&format!("{at}/changes")).query(query).send().await.expect(200).items().to_vec()
}

async fn change(client: &Client, kind: &Kind, at: &str) {
    client.patch(at, "*", (kind.change)()).send().await.expect(200);
    if let Some(step) = kind.moves.first() {
        client.post(&format!("{at}/{}", step.segment), (step.body)()).send().await.expect(200);
    }
    client.delete(at, "*").send().await.expect(204);
}

both! {
    async fn every_kind_of_record_can_be_told_from_its_changes(app: TestApp) {
        let admin = app.admin().await;
        let customer = format!("/v1/customers/{}", customer(&admin).await);
        for kind in KINDS {
            let body = kind.body(&admin, &customer).await;
            let made = admin.post(&kind.creation(&customer), body).send().await.expect(201);
            let at = made.header("location").expect("an address").to_owned();
            change(&admin, kind, &at).await;
            let now = admin.get(&at).send().await.expect(200).body;
            let changes = of(&admin, &at, &[("sort", "changed_at")]).await;
            for (name, value) in replayed(&changes) {
                assert!(fits(&value, &now[name.as_str()]), "{}: {name} is told as {value} and is {now}", kind.one);
            }
            let versions: Vec<i64> = changes.iter().filter_map(|change| change["version"].as_i64()).collect();
            assert_eq!(versions, (1..=now["version"].as_i64().expect("a version")).collect::<Vec<_>>(), "{}", kind.one);
            assert_eq!(changes[0]["kind"], format!("{}.{}", kind.one, kind.created));
            admin.get(&format!("{at}/changes?field=x%00")).send().await.expect(400);
            admin.get(&format!("/v1/{}/019a0000-0000-7000-8000-00000000dead/changes", kind.segment())).send().await.expect(404);
        }
    }

    async fn changes_of_a_customer_say_who_when_and_from_where(app: TestApp) {
        let (admin, agent) = (app.admin().await, app.agent().await);
        let id = customer(&admin).await;
        let at = format!("/v1/customers/{id}");
        let patches = [
            json!({"category": "A", "person": {"job_title": "Partnerin"}}),
            json!({"person": {"job_title": null, "given_name": "Anna"}}),
            json!({"lifecycle_stage": "customer"}),
        ];
        for patch in patches {
            app.advance(60);
            agent.patch(&at, "*", patch).send().await.expect(200);
        }
        let now = admin.get(&at).send().await.expect(200).body;
        let changes = of(&admin, &at, &[]).await;
        assert_eq!(changes.len(), 4);
        assert_eq!((&changes[0]["kind"], &changes[0]["version"]), (&json!("customer.updated"), &json!(4)));
        assert_eq!(changes[0]["changed_by"]["id"], json!(agent.user().id));
        assert_eq!(changes[0]["changed_at"], now["updated_at"]);
        assert_eq!(changes[0]["source"], json!({"system": "api", "reference": null}));
        assert_eq!(changes[0]["fields"], json!([{"field": "lifecycle_stage", "from": "lead", "to": "customer"}]));
        assert_eq!(changes[3]["kind"], "customer.created");
        let first = changes[3]["fields"].as_array().expect("fields");
        assert!(first.contains(&json!({"field": "category", "from": null, "to": "C"})), "{first:?}");

        let of_field = of(&admin, &at, &[("field", "category")]).await;
        let told: Vec<&Value> = of_field.iter().map(|change| &change["fields"][0]["to"]).collect();
        assert_eq!(told, [&json!("A"), &json!("C")]);
        let title = of(&admin, &at, &[("field", "person.job_title")]).await;
        let told: Vec<Option<&Value>> = title.iter().map(|change| change["fields"].get(0).map(|field| &field["to"])).collect();
        assert_eq!(told, [Some(&Value::Null), Some(&json!("Partnerin")), None], "nothing at the beginning");
        assert_eq!(of(&admin, &at, &[("field", "person")]).await.len(), 3);
        assert_eq!(of(&admin, &at, &[("field", "perso_")]).await.len(), 1, "signs stand for themselves");

        let page = admin.get(&format!("{at}/changes?limit=3&count=exact")).send().await.expect(200);
        assert_eq!((page.items(), &page["total"]), (&changes[..3], &json!(4)));
        let cursor = page["next_cursor"].as_str().expect("a cursor");
        let rest = admin.get(&format!("{at}/changes?limit=3&count=exact")).query(&[("cursor", cursor)]).send().await;
        assert_eq!(rest.expect(200).items(), &changes[3..]);

        admin.get(&format!("{at}/changes?sort=version")).send().await.expect(400);
        let stranger = app.user(Role::Agent, Visibility::Own).await;
        stranger.get(&format!("{at}/changes")).send().await.expect(404);
    }

    async fn secrets_of_users_are_kept_from_their_history(app: TestApp) {
        let admin = app.admin().await;
        let user = json!({"email": "neu@example.org", "display_name": "Neu", "role": "agent", "password": "Korrekt-Pferd-Batterie-9"});
        let id = admin.post("/v1/users", user).send().await.expect(201).id();
        let changes = of(&admin, &format!("/v1/users/{id}"), &[]).await;
        assert!(!changes.is_empty() && !json!(changes).to_string().contains("argon2"), "{changes:?}");
        let names: Vec<&str> = changes[0]["fields"].as_array().expect("fields").iter().filter_map(|field| field["field"].as_str()).collect();
        assert!(names.contains(&"email") && !names.iter().any(|name| name.contains("password_hash")), "{names:?}");
        let stored = crate::support::chains::events(app.store()).await;
        assert!(stored.iter().all(|event| !event.state.as_deref().unwrap_or_default().contains("argon2")));
    }

    async fn a_schema_is_told_as_one_value(app: TestApp) {
        let admin = app.admin().await;
        let schema = |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}});
        let kind = json!({
            "name": "machine.serviced", "category": "support", "labels": {"en": "Serviced", "de": "Gewartet"},
            "payload_schema": schema("Zähler\u{0}"),
        });
        let made = admin.post("/v1/event-types", kind).send().await.expect(201);
        let at = format!("/v1/event-types/{}", made.id());
        let patch = json!({"properties": {"Zähler\u{0}": null, "meter": {"type": "string"}}});
        admin.patch(&at, &made.etag(), json!({"payload_schema": patch})).send().await.expect(200);
        let changes = of(&admin, &at, &[("field", "payload_schema")]).await;
        let fields: Vec<_> = changes.iter().map(|change| change["fields"].clone()).collect();
        assert_eq!(fields, [
            json!([{"field": "payload_schema", "from": schema("Zähler\u{0}"), "to": schema("meter")}]),
            json!([{"field": "payload_schema", "from": null, "to": schema("Zähler\u{0}")}]),
        ]);
    }
}
