//! Consents: one that has effect at a time, given, renewed and withdrawn when it happened.

use std::slice::from_ref;

use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};
use crate::support::samples::{customer, named};

async fn consents(client: &Client) -> String {
    format!("/v1/customers/{}/consents", customer(client, named("Änne", "Öztürk")).await.id())
}

fn for_purpose(purpose: &str, channel: Value) -> Value {
    json!({"purpose": purpose, "channel": channel})
}

fn at(consent: &Reply) -> String {
    format!("/v1/consents/{}", consent.id())
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

both! {
    async fn a_customer_has_one_effective_consent_for_a_purpose_and_a_channel(app: TestApp) {
        let agent = app.agent().await;
        let consents = consents(&agent).await;
        let newsletter = || for_purpose("newsletter", json!("email"));
        let first = agent.post(&consents, newsletter()).send().await.expect(201);
        let again = agent.post(&consents, newsletter()).send().await.expect(409);
        assert_eq!((again.code(), &again["existing_id"]), ("already_exists", &json!(first.id())));
        for other in [
            for_purpose("newsletter", json!("sms")),
            for_purpose("market_research", json!("email")),
            for_purpose("newsletter", Value::Null),
        ] {
            agent.post(&consents, other).send().await.expect(201);
        }
        agent.post(&consents, for_purpose("newsletter", Value::Null)).send().await.expect(409);
        agent.post(&self::consents(&agent).await, newsletter()).send().await.expect(201);

        let withdrawn = agent.post(&format!("{}/withdrawal", at(&first)), json!({})).send().await.expect(200);
        assert_eq!((&withdrawn["status"], &withdrawn["withdrawal_reason"]), (&json!("withdrawn"), &Value::Null));
        assert_ne!(withdrawn["withdrawn_at"], Value::Null);
        let second = agent.post(&consents, newsletter()).send().await.expect(201);

        agent.delete(&at(&second), "*").send().await.expect(204);
        let third = agent.post(&consents, newsletter()).send().await.expect(201);
        let refused = agent.post(&format!("{}/restoration", at(&second)), json!({})).send().await.expect(409);
        assert_eq!((refused.code(), &refused["existing_id"]), ("already_exists", &json!(third.id())));
    }

    async fn a_consent_is_over_when_its_time_is(app: TestApp) {
        let agent = app.agent().await;
        let consents = consents(&agent).await;
        let ends = |day: &str| {
            let body = with(for_purpose("newsletter", json!("email")), "granted_at", json!("2020-01-01T00:00:00Z"));
            with(body, "valid_until", json!(format!("{day}T00:00:00.000000Z")))
        };
        let over = agent.post(&consents, ends("2021-01-01")).send().await.expect(201);
        let lasting = agent.post(&consents, ends("2999-01-01")).send().await.expect(201);
        let found = async |effective: &str| agent.get(&consents).query(&[("effective", effective)]).send().await;
        assert_eq!(found("true").await.expect(200).items(), from_ref(&lasting.body));
        assert_eq!(found("false").await.expect(200).items(), from_ref(&over.body));
        let longer = json!({"valid_until": null});
        let refused = agent.patch(&at(&over), "*", longer.clone()).send().await.expect(409);
        assert_eq!(&refused["existing_id"], &json!(lasting.id()));
        let wrong = agent.patch(&at(&over), "*", json!({"valid_until": "2019-12-31T00:00:00Z"})).send().await.expect(422);
        assert_eq!(wrong.faults().get("/valid_until"), Some(&"before"));
        agent.post(&format!("{}/withdrawal", at(&lasting)), json!({})).send().await.expect(200);
        assert!(found("true").await.expect(200).items().is_empty());
        let revived = agent.patch(&at(&over), "*", longer.clone()).send().await.expect(422);
        assert_eq!(revived.faults().get("/granted_at"), Some(&"before"), "it was withdrawn since");
        agent.delete(&at(&lasting), "*").send().await.expect(204);
        agent.patch(&at(&over), "*", longer).send().await.expect(200);
        assert_eq!(found("true").await.expect(200).items().len(), 1);
        let refused = agent.post(&format!("{}/restoration", at(&lasting)), json!({})).send().await.expect(409);
        assert_eq!(&refused["existing_id"], &json!(over.id()), "the withdrawal is later than what is in force");
        for body in [json!({"purpose": "market_research"}), json!({"channel": "sms"})] {
            agent.patch(&at(&over), "*", body).send().await.expect(422);
        }
    }

    async fn what_was_withdrawn_is_not_revived_by_an_older_consent(app: TestApp) {
        let agent = app.agent().await;
        let consents = consents(&agent).await;
        let given = |day: &str| with(for_purpose("newsletter", json!("email")), "granted_at", json!(format!("{day}T08:00:00Z")));
        let first = agent.post(&consents, given("2025-01-01")).send().await.expect(201);
        let withdrawn = json!({"withdrawn_at": "2026-11-20T08:00:00Z"});
        agent.post(&format!("{}/withdrawal", at(&first)), withdrawn).send().await.expect(200);
        let older = agent.speaking("de").post(&consents, given("2026-01-01")).send().await.expect(422);
        assert_eq!(older.faults().get("/granted_at"), Some(&"before"));
        assert_eq!(older.at("/errors/0/detail"), "Das darf nicht vor withdrawn_at liegen.");
        for (channel, purpose) in [("sms", "newsletter"), ("email", "market_research")] {
            let other = with(given("2026-01-01"), "channel", json!(channel));
            agent.post(&consents, with(other, "purpose", json!(purpose))).send().await.expect(201);
        }
        let over = with(given("2026-01-01"), "valid_until", json!("2026-02-01T00:00:00Z"));
        let over = agent.post(&consents, over).send().await.expect(201);
        let anew = json!({"granted_at": "2026-11-20T07:59:59Z"});
        let renewed = agent.post(&format!("{}/renewal", at(&over)), anew).send().await.expect(422);
        assert_eq!(renewed.faults().get("/granted_at"), Some(&"before"));
        let again = agent.post(&consents, given("2026-11-20")).send().await.expect(201);
        let earlier = json!({"granted_at": "2026-01-01T08:00:00Z"});
        agent.patch(&at(&again), "*", earlier).send().await.expect(422);
    }

    async fn a_renewal_takes_the_place_of_what_was_there(app: TestApp) {
        let agent = app.agent().await;
        let consents = consents(&agent).await;
        let body = json!({
            "purpose": "newsletter", "channel": "email", "granted_at": "2024-05-01T08:00:00Z", "proof": "Papier",
            "wording_version": "1", "valid_until": "2999-01-01T00:00:00Z", "legal_basis": "consent",
        });
        let made = agent.post(&consents, body).send().await.expect(201);
        let early = json!({"granted_at": "2024-04-30T08:00:00Z"});
        let early = agent.post(&format!("{}/renewal", at(&made)), early).send().await.expect(422);
        assert_eq!(early.faults().get("/granted_at"), Some(&"before"));
        let anew = json!({"granted_at": "2025-05-01T08:00:00.000000Z", "wording_version": "2"});
        let renewed = agent.post(&format!("{}/renewal", at(&made)), anew).send().await.expect(200);
        assert_eq!(
            (&renewed["wording_version"], &renewed["proof"], &renewed["valid_until"], &renewed["status"]),
            (&json!("2"), &Value::Null, &Value::Null, &json!("granted"))
        );
        let early = json!({"withdrawn_at": "2025-04-30T08:00:00Z"});
        let early = agent.post(&format!("{}/withdrawal", at(&made)), early).send().await.expect(422);
        assert_eq!(early.faults().get("/withdrawn_at"), Some(&"before"));
        let withdrawal = json!({"withdrawn_at": "2025-06-01T08:00:00.000000Z", "reason": "Zu oft"});
        agent.post(&format!("{}/withdrawal", at(&made)), withdrawal).send().await.expect(200);
        let never = agent.patch(&at(&made), "*", json!({"granted_at": "2025-07-01T08:00:00Z"})).send().await.expect(422);
        assert_eq!(never.faults().get("/granted_at"), Some(&"unfitting"));

        let timeline = consents.replace("/consents", "/timeline");
        let query = [("sort", "occurred_at"), ("category", "consent")];
        let told = agent.speaking("de").get(&timeline).query(&query).send().await.expect(200);
        let told: Vec<_> =
            told.items().iter().map(|event| (event["occurred_at"].clone(), event["title"].clone())).collect();
        let happened = |day: &str, what: &str| {
            (json!(format!("{day}T08:00:00.000000Z")), json!(format!("Einwilligung {what}: newsletter (email)")))
        };
        let expected =
            [happened("2024-05-01", "erteilt"), happened("2025-05-01", "erneuert"), happened("2025-06-01", "widerrufen")];
        assert_eq!(told, expected);
    }

    async fn consents_are_found_by_what_matters_of_them(app: TestApp) {
        let agent = app.agent().await;
        let consents = consents(&agent).await;
        for (purpose, channel, basis, day) in [
            ("a", "email", "consent", "2024-01-01"),
            ("b", "post", "legitimate_interests", "2024-02-01"),
            ("c", "phone", "contract", "2024-03-01"),
        ] {
            let body = json!({
                "purpose": purpose, "channel": channel, "legal_basis": basis,
                "granted_at": format!("{day}T00:00:00Z"), "valid_until": format!("2999-{}T00:00:00Z", &day[5..]),
            });
            agent.post(&consents, body).send().await.expect(201);
        }
        for (query, expected) in [
            (vec![], vec!["c", "b", "a"]),
            (vec![("sort", "purpose")], vec!["a", "b", "c"]),
            (vec![("sort", "valid_until")], vec!["a", "b", "c"]),
            (vec![("purpose", "a"), ("purpose", "b"), ("sort", "granted_at")], vec!["a", "b"]),
            (vec![("channel", "phone")], vec!["c"]),
            (vec![("legal_basis", "legitimate_interests")], vec!["b"]),
            (vec![("status", "withdrawn")], vec![]),
            (vec![("granted_after", "2024-02-01T00:00:00Z")], vec!["c", "b"]),
            (vec![("granted_before", "2024-02-01T00:00:00Z")], vec!["a"]),
            (vec![("valid_until_before", "2999-02-01T00:00:00Z")], vec!["a"]),
            (vec![("valid_until_after", "2999-03-01T00:00:00Z")], vec!["c"]),
        ] {
            for list in ["/v1/consents", &consents] {
                let reply = agent.get(list).query(&query).send().await.expect(200);
                let found: Vec<&str> = reply.items().iter().filter_map(|item| item["purpose"].as_str()).collect();
                assert_eq!(found, expected, "{query:?}");
            }
        }
        agent.post(&consents, json!({"purpose": "Newsletter!"})).send().await.expect(422);
        agent.post(&consents, json!({"purpose": "d", "granted_at": "2999-01-01T00:00:00Z"})).send().await.expect(422);
    }
}
