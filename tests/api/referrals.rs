//! Referrals: who was recommended to whom, what came of it, and the reward.

use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::Client;
use crate::support::samples::{customer, named};

async fn person(client: &Client, given: &str, family: &str) -> String {
    customer(client, named(given, family)).await.id()
}

both! {
    async fn a_referral_names_somebody_else(app: TestApp) {
        let agent = app.agent().await;
        let (me, friend) = (person(&agent, "Änne", "Öztürk").await, person(&agent, "Jens", "Petersen").await);
        let referrals = format!("/v1/customers/{me}/referrals");
        let refer = async |body: Value| agent.post(&referrals, body).send().await;
        assert_eq!(refer(json!({})).await.expect(422).faults()["/referred_name"], "required");
        let myself = refer(json!({"referred_customer_id": me})).await.expect(422);
        assert_eq!(myself.faults()["/referred_customer_id"], "with_itself");
        let nobody = json!({"referred_customer_id": "019a0000-0000-7000-8000-00000000dead"});
        assert_eq!(refer(nobody).await.expect(422).faults()["/referred_customer_id"], "reference");
        let wrong = refer(json!({"referred_email": "jens@nirgends"})).await.expect(422);
        assert!(wrong.faults().contains_key("/referred_email"), "{wrong}");
        let known = refer(json!({"referred_customer_id": friend})).await.expect(201);
        assert_eq!((&known["referred_name"], &known["status"]), (&Value::Null, &json!("invited")), "not for everybody");
        assert_eq!(known["referred_customer_number"], "K-000002");
        let mailed = refer(json!({"referred_email": "Jens@Example.ORG"})).await.expect(201);
        assert_eq!(mailed["referred_email"], "Jens@example.org");
        let at = format!("/v1/referrals/{}", mailed.id());
        agent.patch(&at, "*", json!({"referred_email": null})).send().await.expect(422);
        let came = json!({"referred_customer_id": me});
        agent.post(&format!("{at}/registration"), came).send().await.expect(422);
        let came = json!({"referred_customer_id": friend});
        let came = agent.post(&format!("{at}/registration"), came).send().await.expect(200);
        assert_eq!((&came["referred_customer_id"], &came["referred_name"]), (&json!(friend), &Value::Null));
        let german = agent.speaking("de");
        let told = german.get(&format!("/v1/customers/{me}/timeline")).query(&[("category", "marketing")]).send().await.expect(200);
        assert!(!told.body.to_string().contains("Petersen"), "{told}");
        let titles: Vec<_> = told.items().iter().map(|event| event["title"].clone()).collect();
        assert!(titles.contains(&json!("Empfehlung ausgesprochen: K-000002")), "{titles:?}");
        for (query, found) in [
            (vec![("referred_customer_id", friend.as_str())], 2),
            (vec![("status", "registered")], 1),
            (vec![("invited_before", "2026-11-22T00:00:00Z")], 0),
            (vec![("converted_after", "2026-11-22T00:00:00Z")], 0),
        ] {
            assert_eq!(agent.get("/v1/referrals").query(&query).send().await.expect(200).items().len(), found, "{query:?}");
        }
    }

    async fn two_may_point_at_each_other_at_once(app: TestApp) {
        let agent = app.agent().await;
        for _ in 0..8 {
            let (one, other) = (person(&agent, "Änne", "Öztürk").await, person(&agent, "Jens", "Petersen").await);
            let referral = agent.post(&format!("/v1/customers/{one}/referrals"), json!({"referred_customer_id": other}));
            let referred = agent.patch(&format!("/v1/customers/{other}"), "*", json!({"referred_by": one}));
            let back = agent.patch(&format!("/v1/customers/{one}"), "*", json!({"referred_by": other}));
            let (referral, referred, back) = tokio::join!(referral.send(), referred.send(), back.send());
            referral.expect(201);
            referred.expect(200);
            back.expect(200);
        }
    }

    async fn a_reward_is_points_or_money(app: TestApp) {
        let agent = app.agent().await;
        let (me, other) = (person(&agent, "Änne", "Öztürk").await, person(&agent, "Jens", "Petersen").await);
        let refer = json!({"referred_name": "Eva Lorenz", "program": "KwK", "invited_at": "2026-11-10T09:00:00Z"});
        let mut converted = Vec::new();
        for _ in 0..2 {
            let made = agent.post(&format!("/v1/customers/{me}/referrals"), refer.clone()).send().await.expect(201);
            let at = format!("/v1/referrals/{}", made.id());
            let early = json!({"converted_at": "2026-11-10T08:59:59Z"});
            let early = agent.post(&format!("{at}/conversion"), early).send().await.expect(422);
            assert_eq!(early.faults()["/converted_at"], "before");
            agent.post(&format!("{at}/reward"), json!({"points": 1})).send().await.expect(409);
            let bought = json!({"converted_at": "2026-11-12T09:00:00Z"});
            agent.post(&format!("{at}/conversion"), bought).send().await.expect(200);
            let late = agent.patch(&at, "*", json!({"invited_at": "2026-11-13T09:00:00Z"})).send().await.expect(422);
            assert_eq!(late.faults()["/invited_at"], "unfitting");
            converted.push(format!("{at}/reward"));
        }
        let join = async |id: &str| {
            let card = json!({"program": "Plus"});
            agent.post(&format!("/v1/customers/{id}/loyalty-memberships"), card).send().await.expect(201).id()
        };
        let (card, foreign) = (join(&me).await, join(&other).await);
        let euros = json!({"amount": "25.00", "currency": "EUR"});
        for (body, place, fault) in [
            (json!({}), "/points", "required"),
            (json!({"points": 5, "amount": euros}), "/amount", "unfitting"),
            (json!({"amount": {"amount": "0", "currency": "EUR"}}), "/amount", "too_small"),
            (json!({"amount": euros, "loyalty_membership_id": card}), "/loyalty_membership_id", "unfitting"),
            (json!({"points": 5, "loyalty_membership_id": foreign}), "/loyalty_membership_id", "reference"),
        ] {
            let refused = agent.post(&converted[0], body.clone()).send().await.expect(422);
            assert_eq!(refused.faults()[place], fault, "{body}");
        }
        let money = agent.post(&converted[0], json!({"amount": euros})).send().await.expect(200);
        assert_eq!((&money["status"], &money["reward_amount"], &money["reward_points"]), (&json!("rewarded"), &euros, &Value::Null));
        let points = json!({"points": 500, "loyalty_membership_id": card, "rewarded_at": "2026-11-14T09:00:00Z"});
        let points = agent.post(&converted[1], points).send().await.expect(200);
        let booked = points["loyalty_transaction_id"].as_str().expect("a transaction");
        let booked = agent.get(&format!("/v1/loyalty-memberships/{card}/transactions/{booked}")).send().await.expect(200);
        assert_eq!(points["loyalty_membership_id"], json!(card));
        assert_eq!((&booked["points"], &booked["reason"]), (&json!(500), &json!("Eva Lorenz")));
        assert_eq!(booked["occurred_at"], "2026-11-14T09:00:00.000000Z");
        let card = agent.get(&format!("/v1/loyalty-memberships/{card}")).send().await.expect(200);
        assert_eq!(card["balance"], 500);
    }
}
