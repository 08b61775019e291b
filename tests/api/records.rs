//! What every kind of record can do, tried with each of them.

use std::slice::from_ref;

use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use kundenhistorie::entities::timeline_event::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::chains::holds_together;
use crate::support::client::{Client, Reply};
use crate::support::kinds::{KINDS, Kind};

async fn customer(client: &Client) -> String {
    let body = json!({"kind": "company", "company": {"legal_name": "Werft Nord GmbH"}});
    client.post("/v1/customers", body).send().await.expect(201).id()
}

async fn create(client: &Client, customer_id: &str, kind: &Kind, body: Value) -> Reply {
    client.post(&kind.creation(&format!("/v1/customers/{customer_id}")), body).send().await
}

/// What makes one for a customer.
async fn body(client: &Client, customer_id: &str, kind: &Kind) -> Value {
    kind.body(client, &format!("/v1/customers/{customer_id}")).await
}

/// A new one.
async fn new(client: &Client, customer_id: &str, kind: &Kind) -> Reply {
    create(client, customer_id, kind, body(client, customer_id, kind).await).await.expect(201)
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

/// Whether a value is the one that was sent, apart from members of objects that were left out.
fn shows(stored: &Value, sent: &Value) -> bool {
    match (stored, sent) {
        (Value::Object(_), Value::Object(sent)) => sent.iter().all(|(name, value)| shows(&stored[name], value)),
        (Value::Array(stored), Value::Array(sent)) => {
            stored.len() == sent.len() && stored.iter().zip(sent).all(|(stored, sent)| shows(stored, sent))
        }
        _ => stored == sent,
    }
}

fn path(kind: &Kind, id: &str) -> String {
    format!("/v1/{}/{id}", kind.segment())
}

/// Where records of the kind are listed.
fn lists(kind: &Kind, customer_id: &str) -> Vec<String> {
    let all = format!("/v1/{}", kind.segment());
    match kind.catalogue {
        true => vec![all],
        false => vec![all, format!("/v1/customers/{customer_id}/{}", kind.segment())],
    }
}

/// What happened to records of the kind: on the customer's timeline, or in the histories of their own.
async fn events(app: &TestApp, client: &Client, customer_id: &str, kind: &Kind) -> Vec<Value> {
    if kind.catalogue {
        return histories(app, kind).await;
    }
    let timeline = client.get(&format!("/v1/customers/{customer_id}/timeline"));
    let reply = timeline.query(&[("sort", "occurred_at"), ("limit", "200")]).send().await.expect(200);
    let of_kind = |event: &&Value| event["subject"]["type"] == kind.one;
    reply.items().iter().filter(of_kind).cloned().collect()
}

async fn histories(app: &TestApp, kind: &Kind) -> Vec<Value> {
    let events = Entity::find().filter(Column::RootType.eq(kind.one)).order_by_asc(Column::Position);
    let events = events.all(&app.store().read).await.expect("the log can be read");
    let told = events.into_iter().map(|event| {
        assert_eq!((event.root_id, event.root_type), (event.subject_id, event.subject_type), "a root of its own");
        let payload: Value = serde_json::from_str(&event.payload).expect("JSON");
        json!({"kind": event.kind, "title": event.title_de, "payload": payload})
    });
    told.collect()
}

both! {
    async fn a_record_is_made_read_and_listed(app: TestApp) {
        let admin = app.admin().await;
        let id = customer(&admin).await;
        for kind in KINDS {
            let sent = body(&admin, &id, kind).await;
            let made = create(&admin, &id, kind, sent.clone()).await.expect(201);
            assert_eq!(made.header("location"), Some(path(kind, &made.id()).as_str()), "{}", kind.one);
            let whose = (!kind.catalogue).then(|| json!(id));
            assert_eq!((made.etag().as_str(), made.body.get("customer_id")), ("\"1\"", whose.as_ref()));
            for (name, value) in sent.as_object().expect("an object") {
                let stored = &made[name.as_str()];
                assert!(shows(stored, value) || name.ends_with("_at"), "{}: {name} is {stored}", kind.one);
            }
            let read = admin.get(&path(kind, &made.id())).send().await.expect(200);
            assert_eq!(read.body, made.body);
            let known = admin.get(&path(kind, &made.id())).header("if-none-match", made.etag()).send().await;
            known.expect(304);
            for list in lists(kind, &id) {
                let listed = admin.get(&list).query(&[("count", "exact")]).send().await.expect(200);
                assert_eq!((listed.items(), &listed["total"]), (from_ref(&made.body), &json!(1)));
                let of_me = admin.get(&list).query(&[("owner_id", "me")]).send().await.expect(200);
                assert!(of_me.items().is_empty(), "nobody is in charge");
            }
            let none = [("customer_id", "019a0000-0000-7000-8000-00000000dead")];
            let others = admin.get(&format!("/v1/{}", kind.segment())).query(&none).send().await;
            match kind.catalogue {
                true => assert_eq!(others.expect(400).faults().get("customer_id"), Some(&"unknown_parameter")),
                false => assert!(others.expect(200).items().is_empty()),
            }
        }
    }

    async fn a_change_is_told(app: TestApp) {
        let admin = app.admin().await;
        let id = customer(&admin).await;
        for kind in KINDS {
            let made = new(&admin, &id, kind).await;
            let at = path(kind, &made.id());
            admin.call(reqwest::Method::PATCH, &at).json((kind.change)()).send().await.expect(428);
            let changed = admin.patch(&at, &made.etag(), (kind.change)()).send().await.expect(200);
            assert_eq!(changed["version"], 2);
            let stale = admin.patch(&at, &made.etag(), json!({"owner_id": admin.user().id})).send().await.expect(412);
            assert_eq!((stale.code(), &stale["current_version"]), ("version_conflict", &json!(2)), "{stale}");
            assert!(stale["differences"].as_array().is_some_and(|all| !all.is_empty()), "{stale}");
            let same = admin.patch(&at, &changed.etag(), changed.body.clone()).send().await.expect(200);
            assert_eq!(same.body, changed.body, "what was read can be sent back");
            let owned = admin.patch(&at, &changed.etag(), json!({"owner_id": admin.user().id})).send().await;
            let owned = owned.expect(200);
            let mine = admin.get(&format!("/v1/{}", kind.segment())).query(&[("owner_id", "me")]).send().await;
            assert_eq!(mine.expect(200).items(), from_ref(&owned.body));

            let told = events(&app, &admin.speaking("de"), &id, kind).await;
            let names: Vec<&str> = told.iter().filter_map(|event| event["kind"].as_str()).collect();
            let one = kind.one;
            assert_eq!(names, [format!("{one}.{}", kind.created), format!("{one}.updated"), format!("{one}.updated")]);
            let title = told[1]["title"].as_str().unwrap_or_default();
            let names_a_field = [" gesetzt", " entfernt", " geändert"].iter().any(|end| title.ends_with(end));
            assert!(title.contains("geändert: ") && names_a_field, "{}", told[1]);
            assert_eq!(told[2]["payload"]["changes"][0]["field"], "owner_id", "{}", told[2]);
            admin.patch(&at, &owned.etag(), json!({"no_such_field": 1})).send().await.expect(422);
            admin.patch(&at, &owned.etag(), json!({"version": 9})).send().await.expect(422);
        }
        holds_together(app.store()).await;
    }

    async fn an_archived_record_is_hidden_until_it_is_restored(app: TestApp) {
        let admin = app.admin().await;
        let id = customer(&admin).await;
        for kind in KINDS {
            let made = new(&admin, &id, kind).await;
            let at = path(kind, &made.id());
            admin.call(reqwest::Method::POST, &format!("{at}/restoration")).send().await.expect(409);
            admin.delete(&at, &made.etag()).send().await.expect(204);
            let archived = admin.get(&at).send().await.expect(200);
            assert_ne!(archived["archived_at"], Value::Null);
            for list in lists(kind, &id) {
                assert!(admin.get(&list).send().await.expect(200).items().is_empty());
                let only = admin.get(&list).query(&[("archived", "only")]).send().await.expect(200);
                assert_eq!(only.items().len(), 1);
            }
            for refused in [admin.patch(&at, "*", (kind.change)()), admin.delete(&at, "*")] {
                assert_eq!(refused.send().await.expect(409).code(), "archived");
            }
            let back = admin.call(reqwest::Method::POST, &format!("{at}/restoration")).send().await.expect(200);
            assert_eq!((&back["archived_at"], &back["version"]), (&Value::Null, &json!(3)));
        }
        let mut bodies = Vec::new();
        for kind in KINDS.iter().filter(|kind| !kind.catalogue) {
            bodies.push((kind, body(&admin, &id, kind).await));
        }
        let at = format!("/v1/customers/{id}");
        let etag = admin.get(&at).send().await.expect(200).etag();
        admin.delete(&at, &etag).send().await.expect(204);
        for (kind, body) in bodies {
            assert_eq!(create(&admin, &id, kind, body).await.expect(409).code(), "archived");
        }
    }

    async fn moves_are_made_where_they_are_possible(app: TestApp) {
        let admin = app.admin().await;
        for kind in KINDS {
            let id = customer(&admin).await;
            let mut now = new(&admin, &id, kind).await;
            for step in kind.moves {
                let at = path(kind, &now.id());
                let to = format!("{at}/{}", step.segment);
                admin.post(&to, (step.body)()).header("if-match", "\"99\"").send().await.expect(412);
                let moved = admin.post(&to, (step.body)()).header("if-match", now.etag()).send().await.expect(200);
                if !step.repeats {
                    let again = admin.post(&to, (step.body)()).send().await.expect(409);
                    assert_eq!(again.code(), "wrong_state", "{again}");
                    let possible = again["possible"].as_array().expect("a list");
                    assert!(!possible.contains(&json!(step.segment)), "{again}");
                    assert!(!step.ends || possible.is_empty(), "{again}");
                }
                let told = events(&app, &admin, &id, kind).await;
                let of_another = |event: &Value| event.get("subject").is_some_and(|it| it["id"] != now.id());
                let last = told.iter().rfind(|event| !of_another(event)).expect("an event");
                assert_eq!(last["kind"], format!("{}.{}", kind.one, step.happened));
                for (name, value) in (step.body)().as_object().expect("an object") {
                    assert_eq!(&last["payload"][name.as_str()], value, "the facts are told");
                }
                now = moved;
                if step.ends {
                    now = new(&admin, &id, kind).await;
                }
            }
        }
        holds_together(app.store()).await;
    }

    async fn the_same_reference_makes_one_record(app: TestApp) {
        let admin = app.admin().await;
        let (id, other) = (customer(&admin).await, customer(&admin).await);
        for kind in KINDS {
            let reference = json!({"system": "erp", "reference": format!("{}-1", kind.one)});
            let sent = with(body(&admin, &id, kind).await, "source", reference.clone());
            let first = create(&admin, &id, kind, sent.clone()).await.expect(201);
            let again = create(&admin, &id, kind, sent.clone()).await.expect(200);
            assert_eq!(again.body, first.body);
            if !kind.catalogue {
                assert_eq!(create(&admin, &other, kind, sent).await.expect(409).code(), "already_exists");
            }
            assert_eq!(events(&app, &admin, &id, kind).await.len(), 1);

            let ids = json!([{"system": "erp", "id": "4711"}]);
            let mut known = Vec::new();
            for _ in 0..2 {
                known.push(with(body(&admin, &id, kind).await, "external_ids", ids.clone()));
            }
            create(&admin, &id, kind, known.remove(0)).await.expect(201);
            let taken = create(&admin, &id, kind, known.remove(0)).await.expect(409);
            assert_eq!((taken.code(), taken.faults().get("/external_ids/0")), ("already_exists", Some(&"taken")));
            let unknown = with(body(&admin, &id, kind).await, "owner_id", json!("019a0000-0000-7000-8000-00000000dead"));
            let refused = create(&admin, &id, kind, unknown).await.expect(422);
            assert_eq!(refused.faults().get("/owner_id"), Some(&"reference"));
        }
    }

    async fn records_are_seen_with_their_customer(app: TestApp) {
        let admin = app.admin().await;
        let id = customer(&admin).await;
        let stranger = app.user(Role::Admin, Visibility::Own).await;
        for kind in KINDS {
            let made = new(&admin, &id, kind).await;
            let at = path(kind, &made.id());
            if kind.catalogue {
                stranger.get(&at).send().await.expect(200);
                continue;
            }
            stranger.get(&at).send().await.expect(404);
            stranger.patch(&at, &made.etag(), (kind.change)()).send().await.expect(404);
            stranger.delete(&at, &made.etag()).send().await.expect(404);
            for step in kind.moves {
                stranger.post(&format!("{at}/{}", step.segment), (step.body)()).send().await.expect(404);
            }
            assert!(stranger.get(&format!("/v1/{}", kind.segment())).send().await.expect(200).items().is_empty());
            stranger.get(&format!("/v1/customers/{id}/{}", kind.segment())).send().await.expect(404);
        }
    }

    async fn lists_are_sorted_and_paged(app: TestApp) {
        let admin = app.admin().await;
        let id = customer(&admin).await;
        for kind in KINDS {
            let mut made = Vec::new();
            for _ in 0..5 {
                made.push(new(&admin, &id, kind).await.id());
                app.advance(1);
            }
            for (sort, expected) in [
                ("created_at", made.clone()),
                ("-created_at", made.iter().rev().cloned().collect()),
                ("-updated_at", made.iter().rev().cloned().collect()),
            ] {
                let mut seen = Vec::new();
                let mut cursor = String::new();
                loop {
                    let mut query = vec![("sort", sort), ("limit", "2")];
                    if !cursor.is_empty() {
                        query.push(("cursor", &cursor));
                    }
                    let page = admin.get(&format!("/v1/{}", kind.segment())).query(&query).send().await.expect(200);
                    seen.extend(page.items().iter().filter_map(|item| item["id"].as_str()).map(str::to_owned));
                    match page["next_cursor"].as_str() {
                        Some(next) => next.clone_into(&mut cursor),
                        None => break,
                    }
                }
                assert_eq!(seen, expected, "{}: {sort}", kind.one);
            }
            admin.get(&format!("/v1/{}", kind.segment())).query(&[("sort", "colour")]).send().await.expect(400);
        }
    }
}
