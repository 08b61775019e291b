//! Feedback: scores within their scales, complaints with a life of their own.

use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};
use crate::support::samples::{customer, named};

async fn feedback(client: &Client) -> String {
    let customer = customer(client, named("Änne", "Öztürk")).await;
    format!("/v1/customers/{}/feedback", customer.id())
}

async fn give(client: &Client, feedback: &str, body: Value) -> Reply {
    client.post(feedback, body).send().await
}

fn at(reply: &Reply) -> String {
    format!("/v1/feedback/{}", reply.id())
}

both! {
    async fn scores_keep_to_their_scales(app: TestApp) {
        let agent = app.agent().await;
        let feedback = feedback(&agent).await;
        for (kind, lowest, highest) in [("rating", 1, 5), ("nps", 0, 10), ("csat", 1, 5), ("ces", 1, 7)] {
            for (score, fault) in [(lowest - 1, "too_small"), (highest + 1, "too_large")] {
                let refused = give(&agent, &feedback, json!({"kind": kind, "score": score})).await.expect(422);
                assert_eq!(refused.faults()["/score"], fault, "{kind} {score}");
            }
            for score in lowest..=highest {
                let given = give(&agent, &feedback, json!({"kind": kind, "score": score})).await.expect(201);
                let group = match (kind, score) {
                    ("nps", 9..) => json!("promoter"),
                    ("nps", 7..=8) => json!("passive"),
                    ("nps", _) => json!("detractor"),
                    _ => Value::Null,
                };
                assert_eq!((&given["nps_group"], &given["status"]), (&group, &json!("recorded")), "{kind} {score}");
            }
            assert_eq!(give(&agent, &feedback, json!({"kind": kind})).await.expect(422).faults()["/score"], "required");
            let severe = json!({"kind": kind, "score": highest, "severity": "low"});
            assert_eq!(give(&agent, &feedback, severe).await.expect(422).faults()["/severity"], "unfitting");
        }
        let scored = give(&agent, &feedback, json!({"kind": "complaint", "score": 1})).await.expect(422);
        assert_eq!((scored.faults()["/score"], scored.faults()["/subject"]), ("unfitting", "required"));

        let nps = give(&agent, &feedback, json!({"kind": "nps", "score": 6})).await.expect(201);
        let changed = agent.patch(&at(&nps), "*", json!({"score": 9})).send().await.expect(200);
        assert_eq!(changed["nps_group"], "promoter");
        for (patch, place) in [(json!({"score": null}), "/score"), (json!({"severity": "low"}), "/severity")] {
            assert!(agent.patch(&at(&nps), "*", patch).send().await.expect(422).faults().contains_key(place));
        }
        assert_eq!(agent.patch(&at(&nps), "*", json!({"kind": "ces"})).send().await.expect(422).faults()["/kind"], "read_only");
        let wrong = agent.post(&format!("{}/acknowledgement", at(&nps)), json!({})).send().await.expect(409);
        assert_eq!((&wrong["state"], &wrong["possible"]), (&json!("recorded"), &json!([])));
    }

    async fn a_complaint_is_dealt_with(app: TestApp) {
        let agent = app.agent().await;
        let feedback = feedback(&agent).await;
        let body = json!({"kind": "complaint", "subject": "Lieferung verspätet", "given_at": "2026-11-16T09:00:00+01:00"});
        let made = give(&agent, &feedback, body).await.expect(201);
        assert_eq!((&made["status"], &made["severity"]), (&json!("open"), &json!("medium")));
        let to = |segment: &str| format!("{}/{segment}", at(&made));
        let early = json!({"acknowledged_at": "2026-11-16T07:59:59Z"});
        let early = agent.post(&to("acknowledgement"), early).send().await.expect(422);
        assert_eq!(early.faults()["/acknowledged_at"], "before");
        let when = json!({"acknowledged_at": "2026-11-16T10:00:00Z"});
        agent.post(&to("acknowledgement"), when).send().await.expect(200);
        assert_eq!(agent.patch(&at(&made), "*", json!({"given_at": "2026-11-17T09:00:00Z"})).send().await.expect(422).faults()["/given_at"], "unfitting");
        let nothing = json!({"resolution": "Gutschein", "compensation": {"amount": "0.00", "currency": "EUR"}});
        assert_eq!(agent.post(&to("resolution"), nothing).send().await.expect(422).faults()["/compensation"], "too_small");
        let money = json!({"amount": "25.00", "currency": "EUR"});
        let done = json!({"resolution": "Gutschein", "compensation": money, "resolved_at": "2026-11-18T09:00:00Z"});
        let done = agent.post(&to("resolution"), done).send().await.expect(200);
        assert_eq!((&done["status"], &done["compensation"]), (&json!("resolved"), &money));

        let customer = feedback.trim_end_matches("/feedback");
        let german = agent.speaking("de");
        let timeline = german.get(&format!("{customer}/timeline"));
        let timeline = timeline.query(&[("category", "feedback"), ("sort", "occurred_at")]).send().await.expect(200);
        let titles: Vec<_> = timeline.items().iter().filter_map(|event| event["title"].as_str()).collect();
        assert_eq!(titles, [
            "Rückmeldung erhalten: Lieferung verspätet",
            "Rückmeldung in Bearbeitung: Lieferung verspätet",
            "Rückmeldung gelöst: Lieferung verspätet",
        ]);
        assert_eq!(timeline.items()[2]["amount"], money);
        assert_eq!(timeline.items()[0]["occurred_at"], "2026-11-16T08:00:00.000000Z");
    }

    async fn feedback_is_found_by_what_it_says_and_is_about(app: TestApp) {
        let agent = app.agent().await;
        let (mine, others) = (feedback(&agent).await, feedback(&agent).await);
        let made = async |what: &str, body: Value| {
            agent.post(&mine.replace("/feedback", what), body).send().await.expect(201).id()
        };
        let ticket = made("/tickets", json!({"subject": "Säge"})).await;
        let call = made("/interactions", json!({"kind": "call"})).await;
        let line = json!({"description": "Montage", "quantity": "1", "unit_price": "68", "tax_rate": "19"});
        let order = made("/orders", json!({"currency": "EUR", "lines": [line]})).await;
        let bad = json!({"kind": "csat", "score": 2, "ticket_id": ticket, "channel": "web", "given_at": "2026-11-10T08:00:00Z"});
        give(&agent, &mine, bad).await.expect(201);
        let good = json!({"kind": "nps", "score": 10, "order_id": order, "campaign": "Herbst", "given_at": "2026-11-11T08:00:00Z"});
        give(&agent, &mine, good).await.expect(201);
        let complaint = json!({"kind": "complaint", "subject": "Laut", "severity": "critical", "interaction_id": call});
        let complaint = give(&agent, &mine, complaint).await.expect(201);
        for (query, expected) in [
            (vec![], vec!["complaint", "nps", "csat"]),
            (vec![("sort", "score")], vec!["csat", "nps", "complaint"]),
            (vec![("kind", "nps"), ("kind", "csat")], vec!["nps", "csat"]),
            (vec![("status", "open")], vec!["complaint"]),
            (vec![("nps_group", "promoter")], vec!["nps"]),
            (vec![("severity", "critical")], vec!["complaint"]),
            (vec![("score_max", "2")], vec!["csat"]),
            (vec![("score_min", "3")], vec!["nps"]),
            (vec![("channel", "web")], vec!["csat"]),
            (vec![("campaign", "Herbst")], vec!["nps"]),
            (vec![("ticket_id", ticket.as_str())], vec!["csat"]),
            (vec![("order_id", order.as_str())], vec!["nps"]),
            (vec![("given_after", "2026-11-11T08:00:00Z"), ("given_before", "2026-11-12T08:00:00Z")], vec!["nps"]),
        ] {
            let reply = agent.get("/v1/feedback").query(&query).send().await.expect(200);
            let found: Vec<_> = reply.items().iter().filter_map(|one| one["kind"].as_str()).collect();
            assert_eq!(found, expected, "{query:?}");
        }
        for (name, id) in [("ticket_id", &ticket), ("order_id", &order), ("interaction_id", &call)] {
            let foreign = give(&agent, &others, json!({"kind": "rating", "score": 5, name: id})).await.expect(422);
            assert_eq!(foreign.faults()[format!("/{name}").as_str()], "reference");
        }
        agent.delete(&format!("/v1/interactions/{call}"), "*").send().await.expect(204);
        agent.patch(&at(&complaint), "*", json!({"severity": "low"})).send().await.expect(200);
        let gone = json!({"kind": "rating", "score": 5, "interaction_id": call});
        assert_eq!(give(&agent, &mine, gone).await.expect(422).faults()["/interaction_id"], "reference");
    }
}
