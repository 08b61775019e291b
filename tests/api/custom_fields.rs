//! Fields a business defines itself: what they take, on customers and on every kind of record.

use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::custom_field::{FieldType, Resource};
use kundenhistorie::domain::permission::Role;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};
use crate::support::kinds::KINDS;

fn label() -> Value {
    json!({"en": "Field", "de": "Feld"})
}

/// Defines a field of customers.
async fn define(client: &Client, key: &str, kind: &str, more: Value) -> Reply {
    define_for(client, "customer", key, kind, more).await.expect(201)
}

async fn define_for(client: &Client, resource: &str, key: &str, kind: &str, more: Value) -> Reply {
    let mut body = json!({"resource": resource, "key": key, "type": kind, "label": label()});
    body.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
    client.post("/v1/custom-field-definitions", body).send().await
}

fn options(keys: &[&str]) -> Value {
    keys.iter().map(|key| json!({"key": key, "label": label()})).collect()
}

/// Makes a customer with values.
async fn customer(client: &Client, values: Value) -> Reply {
    let body = json!({"kind": "company", "company": {"legal_name": "Werft Nord GmbH"}, "custom_fields": values});
    client.post("/v1/customers", body).send().await
}

fn at(reply: &Reply) -> String {
    format!("/v1/customers/{}", reply.id())
}

/// Changes values of a customer.
async fn set(client: &Client, path: &str, values: Value) -> Reply {
    client.patch(path, "*", json!({"custom_fields": values})).send().await
}

fn definition(reply: &Reply) -> String {
    format!("/v1/custom-field-definitions/{}", reply.id())
}

both! {
    async fn values_of_every_type_have_one_form(app: TestApp) {
        let admin = app.admin().await;
        let other = customer(&admin, json!({})).await.expect(201);
        assert_eq!(other["custom_fields"], json!({}));
        let values = [
            ("text", json!("Rampe 3"), json!("Rampe 3")),
            ("long_text", json!("Zeile 1\nZeile 2"), json!("Zeile 1\nZeile 2")),
            ("integer", json!(12), json!(12)),
            ("decimal", json!("012.50"), json!("12.5")),
            ("money", json!({"amount": "5", "currency": "EUR"}), json!({"amount": "5.00", "currency": "EUR"})),
            ("boolean", json!(false), json!(false)),
            ("date", json!("2026-02-28"), json!("2026-02-28")),
            ("instant", json!("2026-11-20T14:05:00+01:00"), json!("2026-11-20T13:05:00.000000Z")),
            ("one_of", json!("a"), json!("a")),
            ("many_of", json!(["b", "a"]), json!(["a", "b"])),
            ("url", json!("Example.org/x"), json!("https://example.org/x")),
            ("email", json!("Anna@Example.org"), json!("Anna@example.org")),
            ("customer", json!(other.id()), json!(other.id())),
        ];
        assert_eq!(values.each_ref().map(|(kind, ..)| *kind).len(), FieldType::ALL.len());
        let (mut sent, mut expected) = (json!({}), json!({}));
        for (kind, value, kept) in values {
            let more = if kind.ends_with("_of") { json!({"options": options(&["a", "b"])}) } else { json!({}) };
            define(&admin, &format!("my_{kind}"), kind, more).await;
            sent[format!("my_{kind}")] = value;
            expected[format!("my_{kind}")] = kept;
        }
        let made = customer(&admin, sent).await.expect(201);
        assert_eq!(made["custom_fields"], expected);
        assert_eq!(admin.get(&at(&made)).send().await.expect(200)["custom_fields"], expected);
        let same = admin.patch(&at(&made), &made.etag(), made.body.clone()).send().await.expect(200);
        assert_eq!(same["version"], 1, "what was read can be sent back");
    }

    async fn what_does_not_fit_is_told_with_its_place(app: TestApp) {
        let admin = app.admin().await;
        let refused = customer(&admin, json!({"colour": "red"})).await.expect(422);
        assert_eq!(refused.faults().get("/custom_fields/colour"), Some(&"unknown_field"));
        let refused = customer(&admin, json!({"colour": null})).await.expect(422);
        assert_eq!(refused.faults().get("/custom_fields/colour"), Some(&"unknown_field"), "{refused}");
        define(&admin, "color", "one_of", json!({"options": options(&["red", "blue"])})).await;
        define(&admin, "seats", "integer", json!({"limits": {"minimum": "1", "maximum": "50"}})).await;
        define(&admin, "code", "text", json!({"limits": {"pattern": "^[A-Z]{2}-[0-9]+$", "max_length": 8}})).await;
        define(&admin, "budget", "money", json!({"limits": {"currency": "EUR", "minimum": "0"}})).await;
        define(&admin, "broker", "customer", json!({})).await;
        define(&admin, "lanes", "many_of", json!({"options": options(&["north", "south"])})).await;
        let refused = customer(&admin, json!({"colour": "red"})).await.expect(422);
        assert_eq!(refused["errors"][0]["params"]["suggestion"], "color", "{refused}");
        let stranger = app.user(Role::Admin, Visibility::Own).await;
        let hidden = customer(&admin, json!({})).await.expect(201).id();
        for (key, value, place, code) in [
            ("color", json!("green"), "", "not_one_of"),
            ("color", json!(5), "", "type"),
            ("seats", json!("5"), "", "type"),
            ("seats", json!(0), "", "too_small"),
            ("seats", json!(51), "", "too_large"),
            ("code", json!("ab-1"), "", "pattern"),
            ("code", json!("AB-123456"), "", "too_long"),
            ("code", json!("   "), "", "blank"),
            ("budget", json!({"amount": "5", "currency": "CHF"}), "/currency", "not_one_of"),
            ("budget", json!({"amount": "-5", "currency": "EUR"}), "/amount", "too_small"),
            ("budget", json!("5"), "", "type"),
            ("lanes", json!(["north", "east"]), "/1", "not_one_of"),
            ("lanes", json!(["north", "north"]), "/1", "duplicate"),
            ("broker", json!("019a0000-0000-7000-8000-00000000dead"), "", "reference"),
            ("broker", json!(hidden), "", "reference"),
        ] {
            let refused = customer(&stranger, json!({ key: value })).await.expect(422);
            let place = format!("/custom_fields/{key}{place}");
            assert_eq!(refused.faults().get(place.as_str()), Some(&code), "{refused}");
        }
        let both = customer(&admin.speaking("de"), json!({"seats": 0, "color": "green"})).await.expect(422);
        assert_eq!(both.faults().len(), 2, "every fault is named: {both}");
        assert_eq!(both["errors"][1]["detail"], "Der Wert muss mindestens 1 sein.", "{both}");
    }

    async fn a_patch_changes_single_values(app: TestApp) {
        let admin = app.admin().await;
        for key in ["first", "second"] {
            define(&admin, key, "text", json!({})).await;
        }
        define(&admin, "budget", "money", json!({"label": {"en": "Budget", "de": "Etat"}})).await;
        let made = customer(&admin, json!({"first": "a", "second": "b"})).await.expect(201);
        let path = at(&made);
        let changed = set(&admin, &path, json!({"second": null, "first": "c"})).await.expect(200);
        assert_eq!(changed["custom_fields"], json!({"first": "c"}));
        let money = json!({"budget": {"amount": "5", "currency": "EUR"}});
        set(&admin, &path, money).await.expect(200);
        let changed = set(&admin, &path, json!({"budget": {"amount": "7.50"}})).await.expect(200);
        assert_eq!(changed.at("/custom_fields/budget"), &json!({"amount": "7.50", "currency": "EUR"}));
        let timeline = admin.speaking("de").get(&format!("{path}/timeline")).send().await.expect(200);
        let newest = &timeline.items()[0];
        assert_eq!(newest["title"], "Etat auf 7.50 gesetzt");
        assert_eq!(
            newest["payload"]["changes"],
            json!([{"field": "custom_fields.budget.amount", "from": "5.00", "to": "7.50"}])
        );
        let cleared = admin.patch(&path, "*", json!({"custom_fields": null})).send().await.expect(200);
        assert_eq!(cleared["custom_fields"], json!({}));
        let created = timeline.items().last().expect("the first event");
        assert_eq!(created["payload"]["fields"]["custom_fields"], json!({"first": "a", "second": "b"}));
    }

    async fn defaults_and_required_values(app: TestApp) {
        let admin = app.admin().await;
        let old = customer(&admin, json!({})).await.expect(201);
        define(&admin, "window", "one_of", json!({"options": options(&["am", "pm"]), "default": "am", "required": true})).await;
        define(&admin, "level", "integer", json!({"required": true})).await;
        let refused = customer(&admin, json!({})).await.expect(422);
        assert_eq!(refused.faults(), [("/custom_fields/level", "required")].into());
        let refused = customer(&admin, json!({"level": 1, "window": null})).await.expect(422);
        assert_eq!(refused.faults(), [("/custom_fields/window", "required")].into(), "null is no value");
        let made = customer(&admin, json!({"level": 1})).await.expect(201);
        assert_eq!(made["custom_fields"], json!({"level": 1, "window": "am"}));

        let path = at(&old);
        assert_eq!(admin.get(&path).send().await.expect(200)["custom_fields"], json!({}), "what is stored stays");
        let refused = admin.patch(&path, "*", json!({"tier": "gold"})).send().await.expect(422);
        assert_eq!(refused.faults().len(), 2, "the next change must bring them: {refused}");
        let values = json!({"tier": "gold", "custom_fields": {"level": 2, "window": "pm"}});
        admin.patch(&path, "*", values).send().await.expect(200);
        let refused = set(&admin, &path, json!({"level": null})).await.expect(422);
        assert_eq!(refused.faults(), [("/custom_fields/level", "required")].into());

        let point = json!({"type": "email", "value": "werft@example.org"});
        define(&admin, "late", "text", json!({"required": true})).await;
        admin.post(&format!("{path}/contact-points"), point).send().await.expect(201);
        admin.delete(&path, "*").send().await.expect(204);
        admin.call(reqwest::Method::POST, &format!("{path}/restoration")).send().await.expect(200);
    }

    async fn no_two_records_have_the_same_unique_value(app: TestApp) {
        let admin = app.admin().await;
        let field = define(&admin, "code", "text", json!({"unique": true})).await;
        let first = customer(&admin, json!({"code": "A"})).await.expect(201);
        let taken = customer(&admin, json!({"code": "A"})).await.expect(409);
        assert_eq!((taken.code(), taken.faults().get("/custom_fields/code")), ("already_exists", Some(&"taken")));
        assert_eq!(taken["existing_id"], first.id());
        let stranger = app.user(Role::Admin, Visibility::Own).await;
        assert!(customer(&stranger, json!({"code": "A"})).await.expect(409)["existing_id"].is_null());
        set(&admin, &at(&first), json!({"code": "B"})).await.expect(200);
        let second = customer(&admin, json!({"code": "A"})).await.expect(201);
        set(&admin, &at(&second), json!({"code": "B"})).await.expect(409);

        let calls = (0..8).map(|_| customer(&admin, json!({"code": "C"})));
        let replies = futures_util::future::join_all(calls).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1, "the database sees to it");
        assert_eq!(replies.iter().filter(|reply| reply.status == 409).count(), 7);

        let path = definition(&field);
        admin.patch(&path, "*", json!({"unique": false})).send().await.expect(200);
        set(&admin, &at(&second), json!({"code": "B"})).await.expect(200);
        let refused = admin.patch(&path, "*", json!({"unique": true})).send().await.expect(422);
        assert_eq!(refused.faults().get("/unique"), Some(&"not_unique"));
        set(&admin, &at(&second), json!({"code": "D"})).await.expect(200);
        admin.patch(&path, "*", json!({"unique": true})).send().await.expect(200);
        set(&admin, &at(&second), json!({"code": "B"})).await.expect(409);
    }

    async fn a_changed_definition_loses_no_values(app: TestApp) {
        let admin = app.admin().await;
        let field = define(&admin, "size", "one_of", json!({"options": options(&["small", "large"]), "default": "small"})).await;
        let path = definition(&field);
        let made = customer(&admin, json!({"size": "large"})).await.expect(201);
        for (patch, place, code) in [
            (json!({"type": "text"}), "/type", "read_only"),
            (json!({"key": "width"}), "/key", "read_only"),
            (json!({"resource": "order"}), "/resource", "read_only"),
            (json!({"options": options(&["small"])}), "/options", "option_removed"),
            (json!({"options": options(&["small", "large", "small"])}), "/options/2/key", "duplicate"),
            (json!({"unique": true}), "/default", "unfitting"),
            (json!({"default": "huge"}), "/default", "not_one_of"),
            (json!({"limits": {"max_length": 5}}), "/limits/max_length", "not_for_type"),
        ] {
            let refused = admin.patch(&path, "*", patch).send().await.expect(422);
            assert_eq!(refused.faults().get(place), Some(&code), "{refused}");
        }
        let mut archived = options(&["small", "large"]);
        archived[1]["archived"] = json!(true);
        admin.patch(&path, "*", json!({"options": archived})).send().await.expect(200);
        let kept = admin.patch(&at(&made), "*", json!({"tier": "gold"})).send().await.expect(200);
        assert_eq!(kept["custom_fields"], json!({"size": "large"}));
        assert_eq!(customer(&admin, json!({"size": "large"})).await.expect(422).faults().len(), 1);

        admin.delete(&path, "*").send().await.expect(204);
        assert_eq!(customer(&admin, json!({})).await.expect(201)["custom_fields"], json!({}), "no default any more");
        let refused = set(&admin, &at(&made), json!({"size": "small"})).await.expect(422);
        assert_eq!(refused.faults().get("/custom_fields/size"), Some(&"field_archived"));
        let kept = admin.patch(&at(&made), "*", json!({"tier": "silver"})).send().await.expect(200);
        assert_eq!(kept["custom_fields"], json!({"size": "large"}), "its values stay readable");
        assert_eq!(set(&admin, &at(&made), json!({"size": null})).await.expect(200)["custom_fields"], json!({}));
        admin.call(reqwest::Method::POST, &format!("{path}/restoration")).send().await.expect(200);
        set(&admin, &at(&made), json!({"size": "small"})).await.expect(200);
    }

    async fn narrower_limits_are_asked_of_new_values(app: TestApp) {
        let admin = app.admin().await;
        let field = define(&admin, "seats", "integer", json!({})).await;
        let made = customer(&admin, json!({"seats": 900})).await.expect(201);
        admin.patch(&definition(&field), "*", json!({"limits": {"maximum": "50"}})).send().await.expect(200);
        let kept = admin.patch(&at(&made), "*", json!({"tier": "gold"})).send().await.expect(200);
        assert_eq!(kept["custom_fields"], json!({"seats": 900}));
        assert_eq!(set(&admin, &at(&made), json!({"seats": 800})).await.expect(422).faults().len(), 1);
        set(&admin, &at(&made), json!({"seats": 40})).await.expect(200);
    }

    async fn definitions_are_checked(app: TestApp) {
        let admin = app.admin().await;
        for (kind, more, place, code) in [
            ("text", json!({"key": "Farbe"}), "/key", "pattern"),
            ("text", json!({"resource": "user"}), "/resource", "not_one_of"),
            ("text", json!({"options": options(&["a"])}), "/options", "not_for_type"),
            ("one_of", json!({}), "/options", "required"),
            ("text", json!({"limits": {"minimum": "5"}}), "/limits/minimum", "not_for_type"),
            ("text", json!({"limits": {"pattern": "("}}), "/limits/pattern", "schema"),
            ("text", json!({"limits": {"pattern": "(a)\\1"}}), "/limits/pattern", "schema"),
            ("text", json!({"limits": {"max_length": 501}}), "/limits/max_length", "too_large"),
            ("integer", json!({"limits": {"minimum": "1.5"}}), "/limits/minimum", "type"),
            ("integer", json!({"limits": {"minimum": "5", "maximum": "4"}}), "/limits/maximum", "too_small"),
            ("date", json!({"limits": {"minimum": "2026-13-01"}}), "/limits/minimum", "date"),
            ("integer", json!({"limits": {"currency": "EUR"}}), "/limits/currency", "not_for_type"),
            ("integer", json!({"default": "5"}), "/default", "type"),
            ("boolean", json!({"unique": true}), "/unique", "not_for_type"),
            ("customer", json!({"default": "019a0000-0000-7000-8000-00000000dead"}), "/default", "not_for_type"),
        ] {
            let refused = define_for(&admin, "customer", "field", kind, more).await.expect(422);
            assert_eq!(refused.faults().get(place), Some(&code), "{refused}");
        }
        let first = define(&admin, "field", "text", json!({})).await;
        let again = define_for(&admin, "customer", "field", "date", json!({})).await.expect(409);
        assert_eq!((again.code(), &again["existing_id"]), ("already_exists", &json!(first.id())));
        define_for(&admin, "order", "field", "text", json!({})).await.expect(201);
        let found = admin.get("/v1/custom-field-definitions").query(&[("resource", "order"), ("type", "text")]);
        assert_eq!(found.send().await.expect(200).items().len(), 1);
        let agent = app.agent().await;
        agent.get(&definition(&first)).send().await.expect(200);
        define_for(&agent, "customer", "other", "text", json!({})).await.expect(403);
    }

    async fn every_kind_of_record_can_have_them(app: TestApp) {
        let admin = app.admin().await;
        let of = format!("/v1/customers/{}", customer(&admin, json!({})).await.expect(201).id());
        for kind in KINDS.iter().filter(|kind| kind.one != "custom_field_definition") {
            define_for(&admin, kind.one, "ramp", "text", json!({"default": "1", "required": true})).await.expect(201);
            let at = kind.creation(&of);
            let mut body = kind.body(&admin, &of).await;
            assert_eq!(admin.post(&at, body.clone()).send().await.expect(201).at("/custom_fields/ramp"), "1", "{}", kind.one);
            body = kind.body(&admin, &of).await;
            body["custom_fields"] = json!({"ramp": 5});
            let refused = admin.post(&at, body.clone()).send().await.expect(422);
            assert_eq!(refused.faults().get("/custom_fields/ramp"), Some(&"type"), "{refused}");
            body["custom_fields"] = json!({"ramp": "3"});
            let made = admin.post(&at, body).send().await.expect(201);
            let path = made.header("location").expect("a place").to_owned();
            app.advance(1);
            let changed = admin.patch(&path, &made.etag(), json!({"custom_fields": {"ramp": "4"}})).send().await.expect(200);
            assert_eq!(changed["custom_fields"], json!({"ramp": "4"}), "{}", kind.one);
            let then = [("as_of", made["updated_at"].as_str().expect("a moment"))];
            let before = admin.get(&path).query(&then).send().await.expect(200);
            assert_eq!(before["custom_fields"], json!({"ramp": "3"}), "{}: as it was", kind.one);
            let refused = admin.patch(&path, "*", json!({"custom_fields": {"ramp": null}})).send().await.expect(422);
            assert_eq!(refused.faults().get("/custom_fields/ramp"), Some(&"required"), "{refused}");
        }
        let task = admin.get(&format!("{of}/timeline")).query(&[("kind", "task.updated")]).send().await.expect(200);
        let changes = &task.items()[0]["payload"]["changes"];
        assert_eq!(changes, &json!([{"field": "custom_fields.ramp", "from": "3", "to": "4"}]));
    }
}

#[test]
fn every_resource_can_be_filled() {
    let document = kundenhistorie::openapi::document();
    let upper = |word: &str| word[..1].to_uppercase() + &word[1..];
    let schema = |resource: &Resource| resource.as_str().split('_').map(upper).collect::<String>();
    let names = Resource::ALL.iter().map(schema).flat_map(|name| [format!("Create{name}"), name]);
    let members = |name: &String| document["components"]["schemas"][name].to_string();
    let missing: Vec<String> = names.filter(|name| !members(name).contains("\"custom_fields\":")).collect();
    assert!(missing.is_empty(), "custom fields can be defined for these, and have no place: {missing:?}");
}

#[test]
fn every_kind_of_record_is_a_resource() {
    let missing = KINDS.iter().map(|kind| kind.one).filter(|one| *one != "custom_field_definition");
    let missing: Vec<&str> = missing.filter(|one| Resource::ALL.iter().all(|known| known.as_str() != *one)).collect();
    assert!(missing.is_empty(), "name these in domain::custom_field::Resource: {missing:?}");
}
