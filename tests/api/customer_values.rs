//! What may stand in a customer, and in which form it is kept.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::samples::{address, customer, with};
use crate::support::{both, data};

both! {
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

    async fn nobody_is_without_a_name(app: TestApp) {
        let agent = app.agent().await;
        let nameless = [
            (json!({"kind": "person"}), "/person/family_name", "name_required"),
            (json!({"kind": "person", "person": {"academic_title": "Dr.", "given_name": " "}}), "/person/family_name", "name_required"),
            (json!({"kind": "person", "contact_points": [{"type": "fax", "value": "040 1234567"}]}), "/person/family_name", "name_required"),
            (json!({"kind": "company", "company": {"vat_id": "DE136695976"}}), "/company/legal_name", "name_required"),
            (json!({"kind": "company", "display_name": " "}), "/display_name", "blank"),
        ];
        for (body, pointer, code) in nameless {
            let reply = agent.post("/v1/customers", body.clone()).send().await.expect(422);
            assert_eq!(reply.faults(), BTreeMap::from([(pointer, code)]), "{body}");
        }
        let email = json!([{"type": "email", "value": "a@example.org"}]);
        let made = customer(&agent, json!({"kind": "person", "person": {"given_name": "Anna"}, "contact_points": email})).await;
        let path = address(&made);
        let without = agent.patch(&path, "*", json!({"person": {"given_name": null}})).send().await.expect(200);
        assert_eq!(without["display_name"], "a@example.org");
        for patch in [json!({"contact_points": []}), json!({"contact_points": null})] {
            let reply = agent.patch(&path, "*", patch).send().await.expect(422);
            assert_eq!(reply.faults(), BTreeMap::from([("/person/family_name", "name_required")]));
        }
        let point = made.at("/contact_points/0/id").as_str().expect("an id");
        agent.delete(&format!("{path}/contact-points/{point}"), "*").send().await.expect(409);
        agent.patch(&path, "*", json!({"display_name": "Die Neue", "contact_points": []})).send().await.expect(200);
    }

    async fn values_are_brought_into_one_form(app: TestApp) {
        let agent = app.agent().await;
        let reply = customer(&agent, json!({
            "kind": "company", "display_name": "Jemand", "language": "DE-at",
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
            "kind": "person", "display_name": "Jemand", "addresses": [{"type": "private", "country": "AT"}],
            "contact_points": [{"type": "phone", "value": "01 5880 0"}],
        })).await;
        assert_eq!(abroad.at("/contact_points/0/normalized"), "+43158800");
    }

    async fn numbers_without_a_fraction_are_whole_numbers(app: TestApp) {
        let agent = app.agent().await;
        let body = r#"{"kind": "company", "display_name": "x", "company": {"employee_count": 38.0}}"#;
        let reply = agent.post("/v1/customers", json!({})).body("application/json", body).send().await.expect(201);
        assert_eq!(reply.at("/company/employee_count"), &json!(38));
        let body = r#"{"kind": "company", "company": {"employee_count": 38.5}}"#;
        let reply = agent.post("/v1/customers", json!({})).body("application/json", body).send().await.expect(422);
        assert_eq!(reply.faults(), BTreeMap::from([("/company/employee_count", "type")]));
        let geo = json!({"kind": "person", "display_name": "Jemand", "addresses": [{"type": "private", "geo": {"latitude": 53, "longitude": 9.985}}]});
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
            let body = with(json!({"kind": "person", "display_name": "Jemand"}), patch);
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
            "kind": "company", "display_name": "Jemand", "tier": 1,
            "company": {"vat_id": "DE136695977", "annual_revenue": {"amount": 5, "currency": "EUR"}},
            "contact_points": [{"type": "phone", "value": "040 1234567", "valeu": "x"}],
        });
        let reply = agent.post("/v1/customers", shape.clone()).send().await.expect(422);
        assert_eq!(reply.code(), "validation_failed");
        assert_eq!(reply["detail"], "4 fields are invalid.");
        assert_eq!(reply.faults(), BTreeMap::from([
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
        assert_eq!(reply.faults(), BTreeMap::from([
            ("/addresses/0/postal_code", "postal_code"),
            ("/company", "kind_mismatch"),
            ("/contact_points/0/value", "phone"),
            ("/contact_points/1/value", "email"),
            ("/tags/1", "duplicate"),
        ]));
        let one = agent.speaking("de").post("/v1/customers", json!({"kind": "x"})).send().await.expect(422);
        assert_eq!(one["detail"], "1 Feld ist ungültig.");
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
}

/// A text as the name of a person and of a company; what is too long is refused with that reason.
async fn comes_back(agent: &crate::support::client::Client, text: &str) {
    let letters = text.chars().count();
    let mut body = json!({"kind": "person", "person": {"given_name": text, "family_name": text}});
    // Blanks alone are no name.
    let chosen = if text.trim().is_empty() { "Niemand" } else { text };
    body["display_name"] = json!(chosen);
    let reply = agent.post("/v1/customers", body).send().await;
    if letters > 200 {
        assert_eq!(reply.expect(422).faults().values().copied().collect::<BTreeSet<_>>(), ["too_long"].into());
        return;
    }
    let reply = agent.get(&address(&reply.expect(201))).send().await.expect(200);
    assert_eq!(reply.at("/person/given_name"), text);
    assert_eq!(reply.at("/person/family_name"), text);
    assert_eq!(reply["display_name"], chosen);
    let company = json!({"kind": "company", "display_name": chosen, "company": {"legal_name": text}});
    let reply = agent.post("/v1/customers", company).send().await.expect(201);
    assert_eq!(reply.at("/company/legal_name"), text);
    if letters > 0 {
        // Whatever it is, searching for it is no error but where nothing is left to search for.
        let found = agent.get("/v1/customers").query(&[("q", text)]).send().await;
        assert!(matches!(found.status, 200 | 400), "{found}");
    }
}
