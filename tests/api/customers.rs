//! Customers: created, refused, read, changed, archived.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::client::Reply;
use crate::support::samples::{address, company, customer, named, own_id, person, with};
use crate::support::{both, data, history};

/// The members that tell one request from another.
fn without_identity(problem: &Value) -> Value {
    let mut problem = problem.clone();
    for member in ["instance", "request_id"] {
        problem.as_object_mut().expect("a problem").remove(member);
    }
    problem
}

/// Faults in the order of their places.
fn faults<const N: usize>(expected: [(&'static str, &'static str); N]) -> BTreeMap<&'static str, &'static str> {
    expected.into()
}

both! {
    async fn a_person_is_created_as_in_the_examples(app: TestApp) {
        let agent = app.agent().await;
        let reply = customer(&agent, person()).await;
        let id = reply.id();
        assert_eq!(reply.header("location"), Some(format!("/v1/customers/{id}").as_str()));
        assert_eq!(reply.etag(), "\"1\"");
        let expected = [
            ("/customer_number", json!("K-000001")),
            ("/kind", json!("person")),
            ("/display_name", json!("Dr. Änne Öztürk")),
            ("/person/birth_date", json!("1984-02-29")),
            ("/person/job_title", Value::Null),
            ("/person/interests", json!([{"kind": "hobby", "name": "Segeln"}])),
            ("/company", Value::Null),
            ("/contact_points/0/value", json!("0171 1234567")),
            ("/contact_points/0/normalized", json!("+491711234567")),
            ("/contact_points/0/primary", json!(true)),
            ("/contact_points/0/label", Value::Null),
            ("/contact_points/0/verified_at", Value::Null),
            ("/contact_points/0/status", json!("active")),
            ("/contact_points/1/normalized", json!("aenne.oeztuerk@example.org")),
            ("/contact_points/1/primary", json!(false)),
            ("/addresses/0/lines", json!(["Deichstraße 9"])),
            ("/addresses/0/geo", Value::Null),
            ("/lifecycle_stage", json!("lead")),
            ("/category", Value::Null),
            ("/tags", json!(["neubau"])),
            ("/custom_fields", json!({})),
            ("/external_ids", json!([{"system": "webshop", "id": "10023"}])),
            ("/first_contact_at", Value::Null),
            ("/restricted", json!(false)),
            ("/version", json!(1)),
            ("/created_at", json!("2026-11-22T08:00:00.000000Z")),
            ("/created_by/type", json!("user")),
            ("/created_by/id", json!(own_id(&agent).await)),
            ("/archived_at", Value::Null),
        ];
        for (pointer, value) in expected {
            assert_eq!(reply.at(pointer), &value, "{pointer}\n{reply}");
        }
        let read = agent.get(&address(&reply)).send().await.expect(200);
        assert_eq!(read.body, reply.body);
        assert_eq!(read.etag(), "\"1\"");
        assert_eq!(history::kinds(&app, &id).await, ["customer.created"]);
    }

    async fn a_company_is_created_as_in_the_examples(app: TestApp) {
        let agent = app.agent().await;
        let reply = customer(&agent, company()).await;
        assert_eq!(reply["display_name"], "Müller & Söhne GmbH & Co. KG");
        assert_eq!(reply["person"], Value::Null);
        assert_eq!(reply["company"], company()["company"]);
        assert_eq!(reply["lifecycle_stage"], "lead");
    }

    async fn nothing_but_the_kind_is_needed(app: TestApp) {
        let agent = app.agent().await;
        let person = customer(&agent, json!({"kind": "person"})).await;
        assert_eq!(person["display_name"], person["customer_number"]);
        assert_eq!(person.at("/person/given_name"), &Value::Null);
        assert_eq!(person["company"], Value::Null);
        let company = customer(&agent, json!({"kind": "company", "company": null, "tier": null})).await;
        assert_eq!(company.at("/company/competitors"), &json!([]));
        assert_eq!(company["person"], Value::Null);
    }

    async fn names_are_derived_unless_one_is_chosen(app: TestApp) {
        let agent = app.agent().await;
        let title = json!({"academic_title": "Prof. Dr.", "given_name": "Änne", "family_name": "Öztürk", "name_suffix": "MBA"});
        for (body, expected) in [
            (json!({"kind": "person", "person": title}), "Prof. Dr. Änne Öztürk, MBA"),
            (json!({"kind": "person", "display_name": "Die Chefin", "person": {"given_name": "Änne"}}), "Die Chefin"),
            (json!({"kind": "company", "company": {"legal_name": "A GmbH", "trade_name": "Alpha"}}), "Alpha"),
            (json!({"kind": "person", "contact_points": [{"type": "email", "value": "a@example.org"}]}), "a@example.org"),
            (json!({"kind": "company", "contact_points": [{"type": "phone", "value": "040 1234567"}]}), "040 1234567"),
        ] {
            assert_eq!(customer(&agent, body.clone()).await["display_name"], expected, "{body}");
        }
    }

    async fn values_are_brought_into_one_form(app: TestApp) {
        let agent = app.agent().await;
        let reply = customer(&agent, json!({
            "kind": "company", "language": "DE-at",
            "company": {"vat_id": "de 136 695 976", "market_share": "2.50", "annual_revenue": {"amount": "5", "currency": "EUR"}},
            "contact_points": [
                {"type": "phone", "value": "+49 (0) 40 / 123 45-0"},
                {"type": "fax", "value": "0049 40 1234567"},
                {"type": "email", "value": "Anna.Huber@EXAMPLE.org"},
                {"type": "website", "value": "Example.org/Über"},
            ],
            "addresses": [
                {"type": "business", "postal_code": "d-20459", "country": "de"},
                {"type": "billing", "postal_code": "1234ab", "country": "NL"},
            ],
        })).await;
        for (pointer, expected) in [
            ("/language", "de-AT"),
            ("/company/vat_id", "DE136695976"),
            ("/company/annual_revenue/amount", "5.00"),
            ("/contact_points/0/value", "+49 (0) 40 / 123 45-0"),
            ("/contact_points/0/normalized", "+4940123450"),
            ("/contact_points/1/normalized", "+49401234567"),
            ("/contact_points/2/value", "Anna.Huber@EXAMPLE.org"),
            ("/contact_points/2/normalized", "Anna.Huber@example.org"),
            ("/addresses/0/postal_code", "20459"),
            ("/addresses/0/country", "DE"),
            ("/addresses/1/postal_code", "1234 AB"),
        ] {
            assert_eq!(reply.at(pointer), expected, "{pointer}\n{reply}");
        }
        assert!(reply.at("/contact_points/3/normalized").as_str().is_some_and(|url| url.starts_with("https://example.org/")));
        // A national number belongs to the country of the address.
        let abroad = customer(&agent, json!({
            "kind": "person", "addresses": [{"type": "private", "country": "AT"}],
            "contact_points": [{"type": "phone", "value": "01 5880 0"}],
        })).await;
        assert_eq!(abroad.at("/contact_points/0/normalized"), "+43158800");
    }

    async fn numbers_without_a_fraction_are_whole_numbers(app: TestApp) {
        let agent = app.agent().await;
        let body = r#"{"kind": "company", "company": {"employee_count": 38.0}}"#;
        let reply = agent.post("/v1/customers", json!({})).body("application/json", body).send().await.expect(201);
        assert_eq!(reply.at("/company/employee_count"), &json!(38));
        let body = r#"{"kind": "company", "company": {"employee_count": 38.5}}"#;
        let reply = agent.post("/v1/customers", json!({})).body("application/json", body).send().await.expect(422);
        assert_eq!(reply.faults(), faults([("/company/employee_count", "type")]));
        let geo = json!({"kind": "person", "addresses": [{"type": "private", "geo": {"latitude": 53, "longitude": 9.985}}]});
        assert_eq!(customer(&agent, geo).await.at("/addresses/0/geo/latitude"), &json!(53.0));
    }

    async fn every_fault_names_its_field_and_its_code(app: TestApp) {
        let agent = app.agent().await;
        let nobody = Uuid::now_v7();
        let point = |members: Value| json!({"contact_points": [with(json!({"type": "phone", "value": "040 1234567"}), members)]});
        let place = |members: Value| json!({"addresses": [with(json!({"type": "private", "country": "DE"}), members)]});
        let long = |count: usize| "x".repeat(count);
        // What is wrong with a person …
        let of_a_person = [
            (json!({"kind": null}), "/kind", "not_nullable"),
            (json!({"kind": "robot"}), "/kind", "not_one_of"),
            (json!({"kind": 1}), "/kind", "type"),
            (json!({"persn": {}}), "/persn", "unknown_field"),
            (json!({"person": {"givenname": "x"}}), "/person/givenname", "unknown_field"),
            (json!({"person": {"salutation": "Frau"}}), "/person/salutation", "not_one_of"),
            (json!({"person": {"birth_date": "29.02.1984"}}), "/person/birth_date", "date"),
            (json!({"person": {"birth_date": "1985-02-29"}}), "/person/birth_date", "date"),
            (json!({"person": {"nationality": "Deutschland"}}), "/person/nationality", "country"),
            (json!({"person": {"nationality": "XX"}}), "/person/nationality", "country"),
            (json!({"person": {"household_size": 0}}), "/person/household_size", "too_small"),
            (json!({"person": {"household_size": 101}}), "/person/household_size", "too_large"),
            (json!({"person": {"given_name": long(201)}}), "/person/given_name", "too_long"),
            (json!({"person": {"given_name": "a\u{0}b"}}), "/person/given_name", "invalid_character"),
            (json!({"person": {"interests": [{"kind": "hobby"}]}}), "/person/interests/0/name", "required"),
            (json!({"person": {"interests": [{"kind": "hobby", "name": ""}]}}), "/person/interests/0/name", "too_short"),
            (json!({"person": {"employer": {"customer_id": nobody}}}), "/person/employer/customer_id", "reference"),
            (json!({"person": []}), "/person", "type"),
            (json!({"company": {}}), "/company", "kind_mismatch"),
            (json!({"owner_id": nobody}), "/owner_id", "reference"),
            (json!({"owner_id": "anna"}), "/owner_id", "uuid"),
            (json!({"referred_by": nobody}), "/referred_by", "reference"),
            (json!({"customer_number": ""}), "/customer_number", "too_short"),
            (json!({"customer_number": long(41)}), "/customer_number", "too_long"),
            (json!({"customer_since": "gestern"}), "/customer_since", "date"),
            (json!({"language": "Deutsch!"}), "/language", "language"),
            (json!({"lifecycle_stage": "friend"}), "/lifecycle_stage", "not_one_of"),
            (json!({"category": "D"}), "/category", "not_one_of"),
            (json!({"restricted": "yes"}), "/restricted", "type"),
            (json!({"tags": ["Neubau", "neubau"]}), "/tags/1", "duplicate"),
            (json!({"tags": ["Müller", "Mueller"]}), "/tags/1", "duplicate"),
            (json!({"tags": [" "]}), "/tags/0", "blank"),
            (json!({"tags": [""]}), "/tags/0", "too_short"),
            (json!({"tags": "neubau"}), "/tags", "type"),
            (json!({"tags": vec!["x"; 51]}), "/tags", "too_many_items"),
            (json!({"external_ids": [{"system": "a", "id": "1"}, {"system": "a", "id": "1"}]}), "/external_ids/1", "duplicate"),
            (json!({"external_ids": [{"system": "a b", "id": "1"}]}), "/external_ids/0/system", "pattern"),
            (json!({"preferences": [long(501)]}), "/preferences/0", "too_long"),
            (json!({"communication_preferences": {"preferred_channel": "pigeon"}}), "/communication_preferences/preferred_channel", "not_one_of"),
            (json!({"communication_preferences": {"quiet_hours": {"from": "25:00", "to": "08:00"}}}), "/communication_preferences/quiet_hours/from", "pattern"),
            (point(json!({"value": "4711"})), "/contact_points/0/value", "phone"),
            (point(json!({"type": "email", "value": "anna@"})), "/contact_points/0/value", "email"),
            (point(json!({"type": "website", "value": "mailto:anna@example.org"})), "/contact_points/0/value", "url"),
            (point(json!({"type": "social", "value": " "})), "/contact_points/0/value", "blank"),
            (point(json!({"type": "pager"})), "/contact_points/0/type", "not_one_of"),
            (point(json!({"valeu": "1"})), "/contact_points/0/valeu", "unknown_field"),
            (point(json!({"verified_at": "2026-11-22"})), "/contact_points/0/verified_at", "instant"),
            (point(json!({"id": nobody})), "/contact_points/0/id", "reference"),
            (json!({"contact_points": [{"type": "phone"}]}), "/contact_points/0/value", "required"),
            (place(json!({"postal_code": "2045"})), "/addresses/0/postal_code", "postal_code"),
            (place(json!({"postal_code": "20459", "country": "AT"})), "/addresses/0/postal_code", "postal_code"),
            (place(json!({"country": "XX"})), "/addresses/0/country", "country"),
            (place(json!({"geo": {"latitude": 91, "longitude": 0}})), "/addresses/0/geo/latitude", "too_large"),
            (place(json!({"geo": {"latitude": 9}})), "/addresses/0/geo/longitude", "required"),
            (place(json!({"valid_from": "2026-02-01", "valid_to": "2026-01-31"})), "/addresses/0/valid_to", "before"),
            (place(json!({"lines": vec!["x"; 7]})), "/addresses/0/lines", "too_many_items"),
            (json!({"contact_points": [
                {"type": "email", "value": "a@example.org", "primary": true}, {"type": "email", "value": "b@example.org", "primary": true},
            ]}), "/contact_points/1/primary", "one_primary"),
            (json!({"addresses": [{"type": "private", "primary": true}, {"type": "private", "primary": true}]}), "/addresses/1/primary", "one_primary"),
        ];
        // … and with a company.
        let company = |members: Value| json!({"kind": "company", "person": null, "company": members});
        let of_a_company = [
            (company(json!({"vat_id": "DE136695977"})), "/company/vat_id", "check_digit"),
            (company(json!({"vat_id": "DE12"})), "/company/vat_id", "vat_id"),
            (company(json!({"market_share": "2,5"})), "/company/market_share", "decimal"),
            (company(json!({"market_share": 2.5})), "/company/market_share", "type"),
            (company(json!({"annual_revenue": {"amount": 4200000.0, "currency": "EUR"}})), "/company/annual_revenue/amount", "money_number"),
            (company(json!({"annual_revenue": {"amount": "4.200.000,00", "currency": "EUR"}})), "/company/annual_revenue/amount", "money"),
            (company(json!({"annual_revenue": {"amount": "1.23456", "currency": "EUR"}})), "/company/annual_revenue/amount", "money"),
            (company(json!({"annual_revenue": {"amount": "1.00", "currency": "Euro"}})), "/company/annual_revenue/currency", "currency"),
            (company(json!({"annual_revenue": {"amount": "1.00", "currency": "XXY"}})), "/company/annual_revenue/currency", "currency"),
            (company(json!({"annual_revenue": {"amount": "1.00"}})), "/company/annual_revenue/currency", "required"),
            (company(json!({"annual_revenue": "1.00 EUR"})), "/company/annual_revenue", "type"),
            (company(json!({"legal_form": "GmbH"})), "/company/legal_form", "not_one_of"),
            (company(json!({"employee_count": -1})), "/company/employee_count", "too_small"),
            (company(json!({"financial_figures": [{"year": 2025, "key": "x", "value": "viel"}]})), "/company/financial_figures/0/value", "decimal"),
            (company(json!({"credit_rating": {"checked_at": "2026"}})), "/company/credit_rating/checked_at", "date"),
            (company(json!({"competitors": [{"name": "X", "status": "friend"}]})), "/company/competitors/0/status", "not_one_of"),
            (json!({"kind": "company", "person": {"given_name": "x"}}), "/person", "kind_mismatch"),
        ];
        for (patch, pointer, code) in of_a_person.into_iter().chain(of_a_company) {
            let body = with(json!({"kind": "person"}), patch);
            let english = agent.post("/v1/customers", body.clone()).send().await.expect(422);
            assert_eq!(english.faults(), BTreeMap::from([(pointer, code)]), "{body}\n{english}");
            let german = agent.speaking("de").post("/v1/customers", body.clone()).send().await.expect(422);
            assert_eq!(german.faults(), english.faults());
            assert_eq!(german.header("content-language"), Some("de"));
            let details = [&english, &german].map(|reply| reply.at("/errors/0/detail").clone());
            assert_ne!(details[0], details[1], "{body}");
            assert!(!details.iter().any(|detail| detail.as_str().is_some_and(|text| text.contains('{'))), "{details:?}");
        }
        let none = agent.get("/v1/customers").query(&[("count", "exact")]).send().await.expect(200);
        assert_eq!(none["total"], 0, "a refused customer leaves nothing behind");
    }

    async fn all_faults_come_in_one_answer(app: TestApp) {
        let agent = app.agent().await;
        let shape = json!({
            "kind": "company", "tier": 1,
            "company": {"vat_id": "DE136695977", "annual_revenue": {"amount": 5, "currency": "EUR"}},
            "contact_points": [{"type": "phone", "value": "040 1234567", "valeu": "x"}],
        });
        let reply = agent.post("/v1/customers", shape.clone()).send().await.expect(422);
        assert_eq!(reply.code(), "validation_failed");
        assert_eq!(reply["detail"], "4 fields are invalid.");
        assert_eq!(reply.faults(), faults([
            ("/company/annual_revenue/amount", "money_number"),
            ("/company/vat_id", "check_digit"),
            ("/contact_points/0/valeu", "unknown_field"),
            ("/tier", "type"),
        ]));
        let errors = reply["errors"].as_array().expect("faults");
        let of = |pointer: &str| errors.iter().find(|error| error["pointer"] == pointer).expect("a fault").clone();
        assert_eq!(of("/contact_points/0/valeu")["params"], json!({"suggestion": "value"}));
        assert_eq!(of("/contact_points/0/valeu")["detail"], "Unknown field. Did you mean 'value'?");
        assert_eq!(of("/company/vat_id")["params"]["value"], "DE136695977");
        let german = agent.speaking("de").post("/v1/customers", shape).send().await.expect(422);
        assert_eq!(german["title"], "Ungültige Eingabe");
        assert_eq!(german["detail"], "4 Felder sind ungültig.");
        assert!(german["errors"].as_array().expect("faults").iter().any(|error| error["detail"] == "Unbekanntes Feld. Meinten Sie 'value'?"));

        let rules = json!({
            "kind": "person", "company": {}, "tags": ["a", "A"],
            "contact_points": [{"type": "phone", "value": "1"}, {"type": "email", "value": "x"}],
            "addresses": [{"type": "private", "postal_code": "1", "country": "DE"}],
        });
        let reply = agent.post("/v1/customers", rules).send().await.expect(422);
        assert_eq!(reply.faults(), faults([
            ("/addresses/0/postal_code", "postal_code"),
            ("/company", "kind_mismatch"),
            ("/contact_points/0/value", "phone"),
            ("/contact_points/1/value", "email"),
            ("/tags/1", "duplicate"),
        ]));
        let one = agent.speaking("de").post("/v1/customers", json!({"kind": "x"})).send().await.expect(422);
        assert_eq!(one["detail"], "1 Feld ist ungültig.");
    }

    async fn absent_null_and_a_value_are_three_things(app: TestApp) {
        let agent = app.agent().await;
        let created = customer(&agent, with(person(), json!({"tier": "gold", "person": {"job_title": "Partnerin"}}))).await;
        let path = address(&created);
        app.advance(60);
        let changed = agent.patch(&path, "\"1\"", json!({"category": "A", "person": {"job_title": null}})).send().await.expect(200);
        assert_eq!(changed.etag(), "\"2\"");
        assert_eq!(changed["version"], 2);
        assert_eq!(changed["category"], "A");
        assert_eq!(changed.at("/person/job_title"), &Value::Null);
        assert_eq!(changed.at("/person/given_name"), "Änne");
        assert_eq!(changed["tier"], "gold");
        assert_eq!(changed["updated_at"], "2026-11-22T08:01:00.000000Z");
        assert_eq!(changed["created_at"], created["created_at"]);
        let (event, payload) = history::newest(&app, &created.id()).await;
        assert_eq!(event.kind, "customer.updated");
        assert_eq!(event.title_de, "Kategorie auf A gesetzt, Position entfernt");
        assert_eq!(payload["changes"], json!([
            {"field": "category", "from": null, "to": "A"},
            {"field": "person.job_title", "from": "Partnerin", "to": null},
        ]));
        // Null empties whatever it is: text, objects, lists.
        let emptied = agent.patch(&path, "\"2\"", json!({
            "category": null, "tier": null, "person": null, "contact_points": null, "addresses": null, "tags": null,
            "external_ids": null, "lifecycle_stage": null,
        })).send().await.expect(200);
        for (pointer, value) in [
            ("/category", Value::Null), ("/tier", Value::Null), ("/person/given_name", Value::Null), ("/person/interests", json!([])),
            ("/contact_points", json!([])), ("/addresses", json!([])), ("/tags", json!([])), ("/external_ids", json!([])),
            ("/lifecycle_stage", json!("lead")), ("/display_name", created["customer_number"].clone()),
        ] {
            assert_eq!(emptied.at(pointer), &value, "{pointer}");
        }
        // What is empty already stays so.
        let again = agent.patch(&path, "\"3\"", json!({"category": null, "tags": []})).send().await.expect(200);
        assert_eq!(again.etag(), "\"3\"");
        assert_eq!(history::kinds(&app, &created.id()).await.len(), 3);
    }

    async fn a_chosen_name_stays_until_it_is_cleared(app: TestApp) {
        let agent = app.agent().await;
        let created = customer(&agent, named("Anna", "Huber")).await;
        let path = address(&created);
        let derived = agent.patch(&path, "\"1\"", json!({"person": {"family_name": "Meier"}})).send().await.expect(200);
        assert_eq!(derived["display_name"], "Anna Meier");
        let chosen = agent.patch(&path, "\"2\"", json!({"display_name": "Annerl"})).send().await.expect(200);
        assert_eq!(chosen["display_name"], "Annerl");
        let kept = agent.patch(&path, "\"3\"", json!({"person": {"family_name": "Huber"}})).send().await.expect(200);
        assert_eq!(kept["display_name"], "Annerl");
        let cleared = agent.patch(&path, "\"4\"", json!({"display_name": null})).send().await.expect(200);
        assert_eq!(cleared["display_name"], "Anna Huber");
    }

    async fn what_was_read_can_be_sent_back(app: TestApp) {
        let agent = app.agent().await;
        let person = with(person(), json!({
            "communication_preferences": {"allowed_channels": ["email"], "quiet_hours": {"from": "20:00", "to": "08:00"}},
            "contact_points": [{"type": "email", "value": "Anna@EXAMPLE.org", "verified_at": "2026-11-01T10:00:00+01:00", "label": "privat"}],
        }));
        for body in [person, company()] {
            let created = customer(&agent, body).await;
            let path = address(&created);
            let unchanged = agent.patch(&path, "\"1\"", created.body.clone()).send().await.expect(200);
            assert_eq!(unchanged.body, created.body);
            assert_eq!(unchanged.etag(), "\"1\"");
            assert_eq!(history::kinds(&app, &created.id()).await, ["customer.created"]);
            let edited = with(created.body.clone(), json!({"tier": "gold"}));
            let edited = agent.patch(&path, "\"1\"", edited).send().await.expect(200);
            assert_eq!((&edited["tier"], edited.etag().as_str()), (&json!("gold"), "\"2\""));
        }
    }

    async fn one_value_deep_inside_can_be_edited_in_what_was_read(app: TestApp) {
        let agent = app.agent().await;
        let quiet = json!({"communication_preferences": {"quiet_hours": {"from": "20:00", "to": "08:00"}}});
        let geo = json!({"addresses": [{"type": "business", "geo": {"latitude": 53.5, "longitude": 9.9}}]});
        let created = customer(&agent, with(with(company(), quiet), geo)).await;
        let (path, mut etag) = (address(&created), created.etag());
        for (pointer, value) in [
            ("/company/annual_revenue/amount", json!("5000000.00")),
            ("/company/annual_revenue/currency", json!("CHF")),
            ("/company/credit_rating/limit/amount", json!("1.00")),
            ("/company/industry/code", json!("43.33")),
            ("/company/competitors/0/status", json!("current")),
            ("/company/financial_figures/0/value", json!("32")),
            ("/communication_preferences/quiet_hours/to", json!("07:00")),
            ("/addresses/0/geo/latitude", json!(54.0)),
        ] {
            let mut body = agent.get(&path).send().await.expect(200).body;
            *body.pointer_mut(pointer).expect(pointer) = value.clone();
            let changed = agent.patch(&path, &etag, body.clone()).send().await.expect(200);
            assert_eq!(changed.at(pointer), &value);
            let (_, payload) = history::newest(&app, &created.id()).await;
            assert_eq!(payload["changes"].as_array().map(Vec::len), Some(1), "{payload}");
            etag = changed.etag();
        }
    }

    async fn what_only_the_server_sets_cannot_be_changed(app: TestApp) {
        let agent = app.agent().await;
        let created = customer(&agent, person()).await;
        let path = address(&created);
        let other = Uuid::now_v7();
        for (member, value) in [
            ("id", json!(other)),
            ("kind", json!("company")),
            ("version", json!(7)),
            ("created_at", json!("2020-01-01T00:00:00Z")),
            ("created_by", json!({"type": "system", "id": null, "display_name": "x"})),
            ("updated_at", json!("2020-01-01T00:00:00Z")),
            ("updated_by", Value::Null),
            ("archived_at", json!("2020-01-01T00:00:00Z")),
            ("first_contact_at", json!("2020-01-01T00:00:00Z")),
            ("last_interaction_at", json!("2020-01-01T00:00:00Z")),
            ("data_quality", json!({"completeness": 1.0, "missing": [], "stale": []})),
            ("custom_fields", json!({"a": 1})),
        ] {
            let reply = agent.patch(&path, "\"1\"", json!({ member: value })).send().await.expect(422);
            assert_eq!(reply.faults(), BTreeMap::from([(format!("/{member}").as_str(), "read_only")]), "{reply}");
        }
        let mut points = created["contact_points"].clone();
        points[0]["normalized"] = json!("+49401234567");
        let reply = agent.patch(&path, "\"1\"", json!({"contact_points": points})).send().await.expect(422);
        assert_eq!(reply.faults(), faults([("/contact_points/0/normalized", "read_only")]));
        let reply = agent.patch(&path, "\"1\"", json!({"persn": {}, "version": 1})).send().await.expect(422);
        assert_eq!(reply.faults(), faults([("/persn", "unknown_field")]));
        for (body, pointer) in [(json!({"customer_number": 1}), "/customer_number"), (json!([]), ""), (json!(null), "")] {
            let reply = agent.patch(&path, "\"1\"", body).send().await.expect(422);
            assert_eq!(reply.faults().keys().copied().collect::<Vec<_>>(), [pointer]);
        }
        assert_eq!(history::kinds(&app, &created.id()).await, ["customer.created"]);
    }

    async fn lists_are_replaced_and_entries_keep_their_ids(app: TestApp) {
        let agent = app.agent().await;
        let body = with(person(), json!({"contact_points": [
            {"type": "mobile", "value": "0171 1234567", "verified_at": "2026-11-01T09:00:00Z"}, {"type": "email", "value": "a@example.org"},
        ]}));
        let created = customer(&agent, body).await;
        let path = address(&created);
        let mut points = created["contact_points"].clone();
        points[0]["label"] = json!("abends");
        points.as_array_mut().expect("a list").push(json!({"type": "fax", "value": "040 1234567"}));
        let changed = agent.patch(&path, "\"1\"", json!({"contact_points": points})).send().await.expect(200);
        assert_eq!(changed.at("/contact_points/0/id"), created.at("/contact_points/0/id"));
        assert_eq!(changed.at("/contact_points/1"), created.at("/contact_points/1"));
        assert_eq!(changed.at("/contact_points/0/label"), "abends");
        assert_eq!(changed.at("/contact_points/0/verified_at"), "2026-11-01T09:00:00.000000Z");
        assert_eq!(changed.at("/contact_points/2/normalized"), "+49401234567");
        // A new value is normalised anew, though the old normal form comes back with it.
        let mut points = changed["contact_points"].clone();
        points[0]["value"] = json!("0171 7654321");
        let renewed = agent.patch(&path, "\"2\"", json!({"contact_points": points})).send().await.expect(200);
        assert_eq!(renewed.at("/contact_points/0/normalized"), "+491717654321");
        // Left out is removed; an id twice or of somebody else is refused.
        let only = json!({"contact_points": [renewed.at("/contact_points/1").clone()]});
        let reduced = agent.patch(&path, "\"3\"", only).send().await.expect(200);
        assert_eq!(reduced["contact_points"].as_array().map(Vec::len), Some(1));
        let entry = json!({"id": reduced.at("/contact_points/0/id"), "type": "email", "value": "a@example.org"});
        let reply = agent.patch(&path, "\"4\"", json!({"contact_points": [entry, entry]})).send().await.expect(422);
        assert_eq!(reply.faults(), faults([("/contact_points/1/id", "duplicate")]));
        let gone = json!({"id": renewed.at("/contact_points/0/id"), "type": "email", "value": "a@example.org"});
        let reply = agent.patch(&path, "\"4\"", json!({"contact_points": [gone]})).send().await.expect(422);
        assert_eq!(reply.faults(), faults([("/contact_points/0/id", "reference")]));
    }

    async fn a_writer_says_which_version_was_read(app: TestApp) {
        let (agent, other) = (app.agent().await, app.admin().await);
        let created = customer(&agent, person()).await;
        let path = address(&created);
        let missing = agent.call(reqwest::Method::PATCH, &path).json(json!({"tier": "gold"})).send().await.expect(428);
        assert_eq!(missing.code(), "precondition_required");
        agent.call(reqwest::Method::DELETE, &path).send().await.expect(428);
        agent.patch(&path, "\"1\"", json!({"category": "B"})).send().await.expect(200);
        other.patch(&path, "\"2\"", json!({"category": "C", "person": {"job_title": "Partnerin"}})).send().await.expect(200);

        let stale = agent.speaking("de").patch(&path, "\"1\"", json!({"category": "A"})).send().await.expect(412);
        assert_eq!(stale.code(), "version_conflict");
        assert_eq!(stale["title"], "Der Datensatz wurde inzwischen geändert");
        assert_eq!(stale["detail"], "Version 1 erwartet, aktuell ist Version 3.");
        assert_eq!(stale["current_version"], 3);
        let differences = stale["differences"].as_array().expect("differences");
        assert_eq!(differences.len(), 2, "{stale}");
        let expected = json!({"pointer": "/category", "yours_was": null, "now": "C"});
        for member in ["pointer", "yours_was", "now"] {
            assert_eq!(differences[0][member], expected[member]);
        }
        assert_eq!(differences[0]["changed_by"]["id"], json!(own_id(&other).await));
        assert_eq!(differences[1]["pointer"], "/person/job_title");
        agent.delete(&path, "\"2\"").send().await.expect(412);
        for refused in ["3", "W/\"3\"", "", "\"3", "\"x\", 3", "\"x\",", "\"x\" \"3\"", "\"x y\""] {
            let reply = agent.patch(&path, refused, json!({"category": "A"})).send().await.expect(400);
            assert_eq!(reply.faults(), faults([("If-Match", "pattern")]), "{refused}");
        }
        for unknown in ["\"x\"", "\"99\"", "\"0\"", "\"3,1\"", "\"a,b\",\"c\"", "\",\", \"\""] {
            agent.patch(&path, unknown, json!({"category": "A"})).send().await.expect(412);
        }
        agent.patch(&path, "\"7\", \"3\"", json!({"category": "A"})).send().await.expect(200);
        let last = agent.patch(&path, "*", json!({"category": "B"})).send().await.expect(200);
        assert_eq!(last.etag(), "\"5\"");
        agent.patch(&format!("/v1/customers/{}", Uuid::now_v7()), "*", json!({})).send().await.expect(404);
    }

    async fn of_many_writers_with_one_version_one_wins(app: TestApp) {
        let agent = app.agent().await;
        let created = customer(&agent, person()).await;
        let path = address(&created);
        let write = |number: usize| {
            let (agent, path) = (&agent, &path);
            async move { agent.patch(path, "\"1\"", json!({"tier": format!("tier {number}")})).send().await }
        };
        let replies = join_all((0..50).map(write)).await;
        let won: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 200).collect();
        let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [vec![200], vec![412; 49]].concat());
        for lost in replies.iter().filter(|reply| reply.status == 412) {
            assert_eq!(lost["differences"][0]["now"], won[0]["tier"], "{lost}");
        }
        assert_eq!(history::kinds(&app, &created.id()).await, ["customer.created", "customer.updated"]);
    }

    async fn an_archived_customer_is_hidden_and_can_come_back(app: TestApp) {
        let agent = app.agent().await;
        let created = customer(&agent, person()).await;
        let (path, id) = (address(&created), created.id());
        let list = || async { agent.get("/v1/customers").send().await.expect(200).items().len() };
        let restore = || async { agent.post(&format!("{path}/restoration"), json!({})).send().await };
        assert_eq!(restore().await.expect(409).code(), "not_archived");
        agent.delete(&path, "\"1\"").send().await.expect(204);
        assert_eq!(list().await, 0);
        let archived = agent.get(&path).send().await.expect(200);
        assert_eq!(archived["archived_at"], "2026-11-22T08:00:00.000000Z");
        assert_eq!(archived.etag(), "\"2\"");
        let point = format!("{path}/contact-points/{}", created.at("/contact_points/0/id").as_str().expect("an id"));
        let refused = [
            agent.patch(&path, "\"2\"", json!({"tier": "gold"})).send().await,
            agent.delete(&path, "\"2\"").send().await,
            agent.post(&format!("{path}/contact-points"), json!({"type": "email", "value": "x@example.org"})).send().await,
            agent.post(&format!("{path}/addresses"), json!({"type": "private"})).send().await,
            agent.patch(&point, "\"2\"", json!({"label": "x"})).send().await,
            agent.delete(&point, "\"2\"").send().await,
        ];
        for reply in refused {
            assert_eq!(reply.expect(409).code(), "archived");
        }
        for (archived, count) in [("only", 1), ("include", 1), ("exclude", 0)] {
            let reply = agent.get("/v1/customers").query(&[("archived", archived)]).send().await.expect(200);
            assert_eq!(reply.items().len(), count, "{archived}");
        }
        let restored = restore().await.expect(200);
        assert_eq!((restored["archived_at"].clone(), restored.etag()), (Value::Null, "\"3\"".to_owned()));
        assert_eq!(list().await, 1);
        assert_eq!(history::kinds(&app, &id).await, ["customer.created", "customer.archived", "customer.restored"]);
    }

    async fn an_external_id_belongs_to_one_customer(app: TestApp) {
        let agent = app.agent().await;
        let with_id = |system: &str, id: &str| json!({"kind": "person", "external_ids": [{"system": system, "id": id}]});
        let first = customer(&agent, with_id("webshop", "1")).await;
        let taken = agent.speaking("de").post("/v1/customers", with_id("webshop", "1")).send().await.expect(409);
        assert_eq!(taken.code(), "already_exists");
        let second = customer(&agent, with_id("erp", "1")).await;
        let two = json!({"external_ids": [{"system": "erp", "id": "1"}, {"system": "webshop", "id": "1"}]});
        agent.patch(&address(&second), "\"1\"", two.clone()).send().await.expect(409);
        agent.patch(&address(&first), "\"1\"", json!({"external_ids": []})).send().await.expect(200);
        agent.patch(&address(&second), "\"1\"", two).send().await.expect(200);
        // Reordering is no collision with oneself.
        let turned = json!({"external_ids": [{"system": "webshop", "id": "1"}, {"system": "erp", "id": "1"}]});
        agent.patch(&address(&second), "\"2\"", turned).send().await.expect(200);
        let replies = join_all((0..20).map(|_| agent.post("/v1/customers", with_id("webshop", "2")).send())).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
        assert!(replies.iter().all(|reply| matches!(reply.status, 201 | 409)));
    }

    async fn assigned_numbers_have_no_gap(app: TestApp) {
        let agent = app.agent().await;
        customer(&agent, json!({"kind": "person", "customer_number": "K-000007"})).await;
        let taken = agent.post("/v1/customers", json!({"kind": "person", "customer_number": "K-000007"})).send().await.expect(409);
        assert_eq!(taken.code(), "already_exists");
        let create = |number: usize| {
            let agent = &agent;
            // Every third one fails, early or late.
            let body = match number % 6 {
                2 => json!({"kind": "person", "language": "?"}),
                5 => json!({"kind": "person", "customer_number": "K-000007", "tags": ["t"]}),
                _ => json!({"kind": "person", "tags": [format!("tag {}", number % 2)]}),
            };
            async move { agent.post("/v1/customers", body).send().await }
        };
        let replies = join_all((0..45).map(create)).await;
        let mut numbers: Vec<&str> =
            replies.iter().filter(|reply| reply.status == 201).filter_map(|reply| reply["customer_number"].as_str()).collect();
        numbers.sort_unstable();
        let expected: Vec<String> = (1..=31).filter(|number| *number != 7).map(|number| format!("K-{number:06}")).collect();
        assert_eq!(numbers, expected);
        let customer = customer(&agent, json!({"kind": "person"})).await;
        assert_eq!(customer["customer_number"], "K-000032");
        let renamed = agent.patch(&address(&customer), "\"1\"", json!({"customer_number": "ERP 1"})).send().await.expect(200);
        assert_eq!(renamed["customer_number"], "ERP 1");
        let kept = agent.patch(&address(&customer), "\"2\"", json!({"customer_number": null})).send().await.expect(200);
        assert_eq!(kept["customer_number"], "ERP 1");
        assert_eq!(agent.patch(&address(&customer), "*", json!({"customer_number": "K-000001"})).send().await.expect(409).code(), "already_exists");
    }

    async fn what_one_may_not_see_is_not_there(app: TestApp) {
        let own = app.user(Role::Agent, Visibility::Own).await;
        let agent = app.agent().await;
        let mine = customer(&own, named("Anna", "Huber")).await;
        assert_eq!(mine["owner_id"], json!(own_id(&own).await), "who sees only what they own, owns what they create");
        own.get(&address(&mine)).send().await.expect(200);
        let foreign = customer(&agent, with(person(), json!({"owner_id": own_id(&agent).await}))).await;
        let (there, nowhere) = (address(&foreign), format!("/v1/customers/{}", Uuid::now_v7()));
        let point = foreign.at("/contact_points/0/id").as_str().expect("an id").to_owned();
        for below in ["", "/contact-points", "/addresses", &format!("/contact-points/{point}")] {
            let replies = [
                own.get(&format!("{there}{below}")).send().await.expect(404),
                own.get(&format!("{nowhere}{below}")).send().await.expect(404),
            ];
            assert_eq!(without_identity(&replies[0].body), without_identity(&replies[1].body));
        }
        for path in [&there, &nowhere] {
            own.patch(path, "\"1\"", json!({"tier": "x"})).send().await.expect(404);
            own.patch(path, "\"9\"", json!({"tier": "x"})).send().await.expect(404);
            own.delete(path, "\"1\"").send().await.expect(404);
            own.post(&format!("{path}/restoration"), json!({})).send().await.expect(404);
            own.post(&format!("{path}/addresses"), json!({"type": "private"})).send().await.expect(404);
        }
        let list = own.get("/v1/customers").query(&[("count", "exact")]).send().await.expect(200);
        assert_eq!((list.items().len(), &list["total"]), (1, &json!(1)));
        let refers = own.post("/v1/customers", json!({"kind": "person", "referred_by": foreign.id()})).send().await.expect(422);
        assert_eq!(refers.faults(), faults([("/referred_by", "reference")]));
        // Given away is gone.
        own.patch(&address(&mine), "*", json!({"owner_id": own_id(&agent).await})).send().await.expect(200);
        own.get(&address(&mine)).send().await.expect(404);
    }

    async fn who_may_only_look_changes_nothing(app: TestApp) {
        let created = customer(&app.agent().await, person()).await;
        let reader = app.read_only().await;
        reader.get(&address(&created)).send().await.expect(200);
        let refused = reader.post("/v1/customers", person()).send().await.expect(403);
        assert_eq!((refused.code(), &refused["scope"]), ("insufficient_scope", &json!("customers:write")));
        reader.patch(&address(&created), "*", json!({"tier": "x"})).send().await.expect(403);
        reader.delete(&address(&created), "*").send().await.expect(403);
    }

    async fn naughty_strings_come_back_byte_for_byte(app: TestApp) {
        let Some(folder) = data::set("naughty_strings") else { return };
        let text = std::fs::read_to_string(folder.join("blns.json")).expect("the strings");
        let strings: Vec<String> = serde_json::from_str(&text).expect("JSON");
        assert!(strings.len() > 500);
        let agent = app.agent().await;
        for chunk in strings.chunks(32) {
            join_all(chunk.iter().map(|text| comes_back(&agent, text))).await;
        }
    }

    async fn customers_are_recorded_one_by_one(app: TestApp) {
        let agent = app.agent().await;
        let replies = join_all((0..30).map(|number| {
            let body = with(named("Anna", &format!("Huber {number}")), json!({"tags": ["gemeinsam"]}));
            let agent = &agent;
            async move { agent.post("/v1/customers", body).send().await.expect(201) }
        })).await;
        let ids: BTreeSet<String> = replies.iter().map(Reply::id).collect();
        assert_eq!(ids.len(), 30);
        let tags = agent.get("/v1/tags").send().await.expect(200);
        assert_eq!(tags.items().len(), 1, "customers created at the same time share one new tag");
    }
}

/// A text as the name of a person and of a company; what is too long is refused with that reason.
async fn comes_back(agent: &crate::support::client::Client, text: &str) {
    let letters = text.chars().count();
    let mut body = json!({"kind": "person", "person": {"given_name": text, "family_name": text}});
    if letters > 0 {
        body["display_name"] = json!(text);
    }
    let reply = agent.post("/v1/customers", body).send().await;
    if letters > 200 {
        assert_eq!(reply.expect(422).faults().values().copied().collect::<BTreeSet<_>>(), ["too_long"].into());
        return;
    }
    let reply = agent.get(&address(&reply.expect(201))).send().await.expect(200);
    assert_eq!(reply.at("/person/given_name"), text);
    assert_eq!(reply.at("/person/family_name"), text);
    assert!(letters == 0 || reply["display_name"] == text, "{reply}");
    let company = json!({"kind": "company", "company": {"legal_name": text}});
    let reply = agent.post("/v1/customers", company).send().await.expect(201);
    assert_eq!(reply.at("/company/legal_name"), text);
    if letters > 0 {
        // Whatever it is, searching for it is no error but where nothing is left to search for.
        let found = agent.get("/v1/customers").query(&[("q", text)]).send().await;
        assert!(matches!(found.status, 200 | 400), "{found}");
    }
}
