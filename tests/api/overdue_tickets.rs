//! Tickets whose first answer or resolution is due and has not come.

use kundenhistorie::config::Config;
use kundenhistorie::services;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::Reply;
use crate::tickets::{at, berlin, open, step, tickets};

both! {
    async fn what_is_overdue_is_noticed_and_escalated(app: TestApp) {
        let policy = |config: &mut Config| {
            config.support.escalation_when_answer_overdue = 1;
            config.support.escalation_when_resolution_overdue = 2;
        };
        let app = app.restart_with(policy).await;
        let agent = app.agent().await;
        let home = tickets(&agent).await;
        let urgent = json!({"priority": "urgent", "opened_at": "2026-11-20T09:00:00+01:00"});
        let mut made = Vec::new();
        for _ in 0..3 {
            made.push(open(&agent, &home, urgent.clone()).await);
        }
        let early = open(&agent, &home, json!({"opened_at": "2026-11-20T15:00:00+01:00"})).await;
        for answered in &made[1..] {
            step(&agent, &at(answered), "answer", json!({}), "20T09:30").await.expect(200);
        }
        step(&agent, &at(&made[2]), "waiting", json!({}), "20T10:00").await.expect(200);
        for _ in 0..2 {
            services::tickets::notice(&app.system()).await.expect("a look at what is due");
        }
        let read = async |ticket: &Reply| agent.get(&at(ticket)).send().await.expect(200);
        let told = async |ticket: &Reply| {
            let read = read(ticket).await;
            ["version", "escalation_level", "first_response_breached", "resolution_breached"].map(|name| read[name].clone())
        };
        assert_eq!(told(&made[0]).await, [json!(3), json!(2), json!(true), json!(true)]);
        assert_eq!(told(&made[1]).await, [json!(3), json!(2), json!(false), json!(true)]);
        assert_eq!(told(&made[2]).await, [json!(3), json!(0), json!(false), json!(null)], "we wait for the customer");
        assert_eq!(told(&early).await, [json!(1), json!(0), json!(null), json!(null)]);
        let late = agent.get("/v1/tickets?resolution_breached=true&sort=number").send().await.expect(200);
        assert_eq!(late.items().iter().map(|it| &it["id"]).collect::<Vec<_>>(), [&json!(made[0].id()), &json!(made[1].id())]);

        let timeline = home.replace("/tickets", "/timeline");
        let subject = made[0].id();
        let query = [("subject_id", subject.as_str()), ("sort", "occurred_at")];
        let events = agent.speaking("de").get(&timeline).query(&query).send().await.expect(200);
        let facts: Vec<_> = events.items()[1..].iter().map(|event| (&event["kind"], &event["occurred_at"], &event["actor"]["type"])).collect();
        let (first, second) = (json!("ticket.first_response_overdue"), json!("ticket.resolution_overdue"));
        assert_eq!(facts, [(&first, &berlin(20, 10, 0), &json!("system")), (&second, &berlin(20, 13, 0), &json!("system"))]);
        let title = events.items()[1]["title"].as_str().expect("a title");
        assert_eq!(title, "Supportanfrage ohne erste Antwort überfällig: T-000001 Säge läuft nicht an");

        // With more time it is overdue no more; the level stays.
        agent.patch(&at(&made[1]), "*", json!({"priority": "low"})).send().await.expect(200);
        services::tickets::notice(&app.system()).await.expect("a look at what is due");
        assert_eq!(told(&made[1]).await, [json!(4), json!(2), json!(false), json!(null)]);
        let resolved = step(&agent, &at(&made[0]), "resolution", json!({"resolution": "Kabel getauscht"}), "21T10:00").await.expect(200);
        assert_eq!((&resolved["resolution_breached"], &resolved["resolved_on_first_contact"]), (&json!(true), &json!(false)));
        // It came before it was due, as we hear now.
        let in_time = open(&agent, &home, urgent).await;
        services::tickets::notice(&app.system()).await.expect("a look at what is due");
        let resolved = step(&agent, &at(&in_time), "resolution", json!({"resolution": "Kabel getauscht"}), "20T09:50").await.expect(200);
        assert_eq!((&resolved["first_response_breached"], &resolved["resolution_breached"]), (&json!(false), &json!(false)));
    }

    async fn what_is_told_late_puts_right_what_was_overdue(app: TestApp) {
        let agent = app.agent().await;
        let home = tickets(&agent).await;
        let urgent = json!({"priority": "urgent", "opened_at": "2026-11-20T09:00:00+01:00"});
        let answered = async || {
            let made = open(&agent, &home, urgent.clone()).await;
            step(&agent, &at(&made), "answer", json!({}), "20T09:30").await.expect(200);
            made
        };
        let notice = async || services::tickets::notice(&app.system()).await.expect("a look at what is due");
        let (in_time, too_late) = (answered().await, answered().await);
        notice().await;
        // It was due at one.
        let waiting = step(&agent, &at(&in_time), "waiting", json!({}), "20T12:00").await.expect(200);
        assert_eq!((&waiting["resolution_breached"], &waiting["escalation_level"]), (&json!(null), &json!(0)));
        let waiting = step(&agent, &at(&too_late), "waiting", json!({}), "20T13:30").await.expect(200);
        assert_eq!(waiting["resolution_breached"], true);
        for (ticket, overdue) in [(&in_time, json!(null)), (&too_late, json!(true))] {
            let resumed = step(&agent, &at(ticket), "resumption", json!({}), "21T10:00").await.expect(200);
            assert_eq!(resumed["resolution_breached"], overdue);
        }
        // Nobody has looked in time: the step itself finds it out, and no event tells of a time we were waiting.
        let unseen = answered().await;
        let waiting = step(&agent, &at(&unseen), "waiting", json!({}), "20T13:30").await.expect(200);
        assert_eq!(waiting["resolution_breached"], true);
        step(&agent, &at(&unseen), "resumption", json!({}), "21T10:00").await.expect(200);
        notice().await;
        let query = [("kind", "ticket.resolution_overdue")];
        let told = agent.get(&home.replace("/tickets", "/timeline")).query(&query).send().await.expect(200);
        assert_eq!(told.items().len(), 2);
        // Resolved in time and reopened much later: it was never overdue.
        let reopened = answered().await;
        step(&agent, &at(&reopened), "resolution", json!({"resolution": "Kabel"}), "20T10:00").await.expect(200);
        let again = step(&agent, &at(&reopened), "reopening", json!({"reason": "Wieder defekt"}), "22T08:00").await.expect(200);
        assert_eq!(again["resolution_breached"], json!(null));
        notice().await;
        assert_eq!(agent.get(&at(&reopened)).send().await.expect(200)["version"], again["version"]);
    }
}
