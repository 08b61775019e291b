//! Campaigns: how far they are, whom they reached, and what that means for consents.

use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};
use crate::support::samples::{customer, named};

async fn campaign(client: &Client, body: Value) -> Reply {
    client.post("/v1/campaigns", body).send().await.expect(201)
}

/// A campaign by e-mail that has begun.
async fn running(client: &Client) -> String {
    let id = campaign(client, json!({"name": "Katalog", "channel": "email"})).await.id();
    let started = json!({"started_at": "2026-10-01T08:00:00Z"});
    client.post(&format!("/v1/campaigns/{id}/start"), started).send().await.expect(200);
    id
}

async fn new_customer(client: &Client) -> String {
    format!("/v1/customers/{}", customer(client, named("Änne", "Öztürk")).await.id())
}

both! {
    async fn a_campaign_tells_how_far_it_is(app: TestApp) {
        let manager = app.admin().await;
        let made = campaign(&manager, json!({"name": "Katalog", "channel": "email"})).await;
        assert_eq!((&made["status"], &made["consent_purpose"]), (&json!("planned"), &json!("marketing")));
        let at = format!("/v1/campaigns/{}", made.id());
        manager.patch(&at, "*", json!({"channel": "post"})).send().await.expect(200);
        let started = json!({"started_at": "2026-10-01T08:00:00.000000Z"});
        manager.post(&format!("{at}/start"), started.clone()).send().await.expect(200);
        let fixed = manager.patch(&at, "*", json!({"channel": "email"})).send().await.expect(409);
        assert_eq!((fixed.code(), &fixed["state"]), ("wrong_state", &json!("running")));
        manager.patch(&at, "*", json!({"name": "Katalog 2027"})).send().await.expect(200);
        let early = json!({"finished_at": "2026-09-30T08:00:00Z"});
        let early = manager.post(&format!("{at}/finish"), early).send().await.expect(422);
        assert_eq!(early.faults().get("/finished_at"), Some(&"before"));
        let done = json!({"finished_at": "2026-10-31T08:00:00.000000Z", "result": "41 Anfragen"});
        let done = manager.post(&format!("{at}/finish"), done).send().await.expect(200);
        assert_eq!(
            (&done["status"], &done["started_at"], &done["result"]),
            (&json!("finished"), &started["started_at"], &json!("41 Anfragen"))
        );
        let again = manager.post(&format!("{at}/cancellation"), json!({"reason": "x"})).send().await.expect(409);
        assert_eq!(again["possible"], json!([]));
        for (body, pointer) in [
            (json!({"name": "X", "channel": "email", "audience_filter": "Hamburg"}), "/audience_filter"),
            (json!({"name": "X", "channel": "carrier_pigeon"}), "/channel"),
            (json!({"name": "X", "channel": "email", "starts_on": "2027-01-02", "ends_on": "2027-01-01"}), "/ends_on"),
        ] {
            let refused = manager.post("/v1/campaigns", body).send().await.expect(422);
            assert!(refused.faults().contains_key(pointer), "{refused}");
        }
    }

    async fn campaigns_are_found_by_what_matters_of_them(app: TestApp) {
        let manager = app.admin().await;
        for (name, channel, starts_on) in
            [("Öffnung", "event", "2027-01-01"), ("Anruf", "phone", "2027-02-01"), ("Zeitung", "post", "2027-03-01")]
        {
            let body = json!({"name": name, "channel": channel, "starts_on": starts_on});
            let made = campaign(&manager, body).await.id();
            if name != "Zeitung" {
                let started = json!({"started_at": format!("2026-{}T00:00:00Z", &starts_on[5..])});
                manager.post(&format!("/v1/campaigns/{made}/start"), started).send().await.expect(200);
            }
        }
        for (query, expected) in [
            (vec![], vec!["Zeitung", "Anruf", "Öffnung"]),
            (vec![("sort", "name")], vec!["Anruf", "Öffnung", "Zeitung"]),
            (vec![("sort", "started_at")], vec!["Öffnung", "Anruf", "Zeitung"]),
            (vec![("q", "of")], vec!["Öffnung"]),
            (vec![("status", "planned")], vec!["Zeitung"]),
            (vec![("channel", "phone"), ("channel", "event")], vec!["Anruf", "Öffnung"]),
            (vec![("starts_from", "2027-02-01")], vec!["Zeitung", "Anruf"]),
            (vec![("starts_to", "2027-02-01")], vec!["Anruf", "Öffnung"]),
            (vec![("started_after", "2026-02-01T00:00:00Z")], vec!["Anruf"]),
            (vec![("started_before", "2026-02-01T00:00:00Z")], vec!["Öffnung"]),
        ] {
            let reply = manager.get("/v1/campaigns").query(&query).send().await.expect(200);
            let found: Vec<&str> = reply.items().iter().filter_map(|item| item["name"].as_str()).collect();
            assert_eq!(found, expected, "{query:?}");
        }
    }

    async fn a_campaign_reaches_customers_once_it_has_begun(app: TestApp) {
        let manager = app.admin().await;
        let customer = new_customer(&manager).await;
        let touches = format!("{customer}/campaign-touches");
        let planned = campaign(&manager, json!({"name": "Katalog", "channel": "email"})).await.id();
        let early = json!({"campaign_id": planned});
        let early = manager.speaking("de").post(&touches, early).send().await.expect(422);
        assert_eq!(early.faults().get("/campaign_id"), Some(&"reference_state"));
        assert!(early.body.to_string().contains("Kampagne"), "{early}");

        let id = running(&manager).await;
        let sent = json!({"campaign_id": id, "sent_at": "2026-10-02T08:00:00.000000Z", "subject": "Neu"});
        let sent = manager.post(&touches, sent).send().await.expect(201);
        assert_eq!((&sent["campaign_name"], &sent["channel"]), (&json!("Katalog"), &json!("email")));
        let at = format!("/v1/campaign-touches/{}", sent.id());
        let before = json!({"opened_at": "2026-10-01T08:00:00Z"});
        let before = manager.post(&format!("{at}/opening"), before).send().await.expect(422);
        assert_eq!(before.faults().get("/opened_at"), Some(&"before"));
        let opened = json!({"opened_at": "2026-10-03T08:00:00.000000Z"});
        manager.post(&format!("{at}/opening"), opened).send().await.expect(200);
        let responded = json!({"responded_at": "2026-10-04T08:00:00.000000Z", "response": "Bitte ein Angebot"});
        manager.post(&format!("{at}/response"), responded).send().await.expect(200);
        let never = manager.patch(&at, "*", json!({"sent_at": "2026-10-04T09:00:00Z"})).send().await.expect(422);
        assert_eq!(never.faults().get("/sent_at"), Some(&"unfitting"));
        manager.post(&format!("{at}/bounce"), json!({})).send().await.expect(409);

        let query = [("sort", "occurred_at"), ("category", "marketing")];
        let told = manager.speaking("de").get(&format!("{customer}/timeline")).query(&query).send().await.expect(200);
        let told: Vec<_> =
            told.items().iter().map(|event| (event["occurred_at"].clone(), event["title"].clone())).collect();
        let happened = |day: &str, what: &str| {
            (json!(format!("2026-10-{day}T08:00:00.000000Z")), json!(format!("Kampagnenkontakt {what}: Katalog (Neu)")))
        };
        assert_eq!(told, [happened("02", "versandt"), happened("03", "geöffnet"), happened("04", "beantwortet")]);

        let other = running(&manager).await;
        manager.post(&touches, json!({"campaign_id": other})).send().await.expect(201);
        let ids = [id.as_str(), other.as_str()];
        for (query, expected) in [
            (vec![("sort", "sent_at")], ids.to_vec()),
            (vec![("campaign_id", ids[1])], vec![ids[1]]),
            (vec![("status", "responded")], vec![ids[0]]),
            (vec![("channel", "post")], vec![]),
            (vec![("opened", "true")], vec![ids[0]]),
            (vec![("opened", "false"), ("responded", "false")], vec![ids[1]]),
            (vec![("responded", "true"), ("campaign_id", ids[1])], vec![]),
            (vec![("sent_after", "2026-10-03T00:00:00Z")], vec![ids[1]]),
            (vec![("sent_before", "2026-10-03T00:00:00Z")], vec![ids[0]]),
        ] {
            for list in ["/v1/campaign-touches", &touches] {
                let reply = manager.get(list).query(&query).send().await.expect(200);
                let found: Vec<&str> = reply.items().iter().filter_map(|item| item["campaign_id"].as_str()).collect();
                assert_eq!(found, expected, "{query:?}");
            }
        }
    }

    async fn opting_out_withdraws_the_consent_the_campaign_rested_on(app: TestApp) {
        let manager = app.admin().await;
        let customer = new_customer(&manager).await;
        let consent = async |purpose: &str, channel: &str, granted_at: &str| {
            let body = json!({"purpose": purpose, "channel": channel, "granted_at": granted_at});
            manager.post(&format!("{customer}/consents"), body).send().await.expect(201).id()
        };
        let matching = consent("marketing", "email", "2025-01-01T00:00:00Z").await;
        let others = [
            consent("marketing", "post", "2025-01-01T00:00:00Z").await,
            consent("newsletter", "email", "2025-01-01T00:00:00Z").await,
        ];
        let sent = json!({"campaign_id": running(&manager).await, "sent_at": "2026-10-02T08:00:00Z"});
        let touch = async || {
            let made = manager.post(&format!("{customer}/campaign-touches"), sent.clone()).send().await.expect(201);
            format!("/v1/campaign-touches/{}/opt-out", made.id())
        };
        let at = "2026-10-05T08:00:00.000000Z";
        let out = json!({"opted_out_at": at, "reason": "Kein Bedarf"});
        let gone = manager.post(&touch().await, out.clone()).send().await.expect(200);
        assert_eq!((&gone["status"], &gone["withdrawn_consent_id"]), (&json!("opted_out"), &json!(matching)));
        let withdrawn = manager.get(&format!("/v1/consents/{matching}")).send().await.expect(200);
        assert_eq!(
            (&withdrawn["status"], &withdrawn["withdrawn_at"], &withdrawn["withdrawal_reason"]),
            (&json!("withdrawn"), &json!(at), &json!("Kein Bedarf"))
        );
        for other in others {
            assert_eq!(manager.get(&format!("/v1/consents/{other}")).send().await.expect(200)["status"], "granted");
        }
        let query = [("kind", "consent.withdrawn")];
        let told = manager.get(&format!("{customer}/timeline")).query(&query).send().await.expect(200);
        assert_eq!((told.items().len(), &told.items()[0]["occurred_at"]), (1, &json!(at)));
        let none = manager.post(&touch().await, out.clone()).send().await.expect(200);
        assert_eq!(none["withdrawn_consent_id"], Value::Null);
        let later = consent("marketing", "email", "2026-11-01T00:00:00Z").await;
        let none = manager.post(&touch().await, out).send().await.expect(200);
        assert_eq!(none["withdrawn_consent_id"], Value::Null, "it was given after the opting out");
        for sent_at in [json!(at), Value::Null] {
            let again = json!({"campaign_id": sent["campaign_id"], "sent_at": sent_at});
            let again = manager.post(&format!("{customer}/campaign-touches"), again).send().await.expect(422);
            assert_eq!(again.faults().get("/campaign_id"), Some(&"opted_out"), "{sent_at}");
        }
        let elsewhere = json!({"campaign_id": running(&manager).await});
        manager.post(&format!("{customer}/campaign-touches"), elsewhere).send().await.expect(201);
        let now = manager.post(&touch().await, json!({})).send().await.expect(200);
        assert_eq!(now["withdrawn_consent_id"], json!(later));
    }
}
