//! Tasks: what is due, for whom, and how urgent.

use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;

both! {
    async fn tasks_are_found_by_what_matters_of_them(app: TestApp) {
        let agent = app.agent().await;
        let body = json!({"kind": "company", "company": {"legal_name": "Werft Nord GmbH"}});
        let id = agent.post("/v1/customers", body).send().await.expect(201).id();
        let me = agent.user().id;
        for body in [
            json!({"subject": "A", "due_at": "2026-12-03T09:00:00Z", "priority": "low"}),
            json!({"subject": "B", "due_at": "2026-12-01T09:00:00+01:00", "assignee_id": me}),
            json!({"subject": "C", "priority": "urgent"}),
            json!({"subject": "D", "due_at": "2026-11-01T09:00:00Z"}),
            json!({"subject": "E", "due_at": "2026-11-01T09:00:00Z"}),
        ] {
            let made = agent.post(&format!("/v1/customers/{id}/tasks"), body).send().await.expect(201);
            if made["subject"] == "E" {
                agent.post(&format!("/v1/tasks/{}/completion", made.id()), json!({})).send().await.expect(200);
            }
        }
        for (query, expected) in [
            (vec![], vec!["D", "E", "B", "A", "C"]),
            (vec![("sort", "-priority,subject")], vec!["C", "B", "D", "E", "A"]),
            (vec![("overdue", "true")], vec!["D"]),
            (vec![("overdue", "false")], vec!["E", "B", "A", "C"]),
            (vec![("priority", "low"), ("priority", "urgent")], vec!["A", "C"]),
            (vec![("assignee_id", "me")], vec!["B"]),
            (vec![("due_before", "2026-12-01T08:00:00.000001Z")], vec!["D", "E", "B"]),
            (vec![("due_after", "2026-12-03T09:00:00Z")], vec!["A"]),
            (vec![("status", "completed")], vec!["E"]),
        ] {
            let reply = agent.get("/v1/tasks").query(&query).send().await.expect(200);
            let found: Vec<&str> = reply.items().iter().filter_map(|task| task["subject"].as_str()).collect();
            assert_eq!(found, expected, "{query:?}");
        }
    }

    async fn tasks_and_tickets_are_found_by_their_words(app: TestApp) {
        let agent = app.agent().await;
        let body = json!({"kind": "company", "company": {"legal_name": "Werft Nord GmbH"}});
        let customer = format!("/v1/customers/{}", agent.post("/v1/customers", body).send().await.expect(201).id());
        for kind in ["tasks", "tickets"] {
            for subject in ["Säge läuft nicht an", "Rückruf wegen 100%_Rabatt", "Angebot für Säge"] {
                agent.post(&format!("{customer}/{kind}"), json!({"subject": subject})).send().await.expect(201);
            }
            let found = async |place: &str, q: &str| {
                let query = [("q", q), ("sort", "created_at")];
                let reply = agent.get(&format!("{place}/{kind}")).query(&query).send().await.expect(200);
                let subjects = reply.items().iter().map(|it| it["subject"].as_str().unwrap_or_default().to_owned());
                subjects.collect::<Vec<_>>()
            };
            for (q, expected) in [
                ("saege", &["Säge läuft nicht an", "Angebot für Säge"][..]),
                ("SÄGE ang", &["Angebot für Säge"]),
                ("äge", &[]),
                ("100", &["Rückruf wegen 100%_Rabatt"]),
                ("%", &[]),
            ] {
                assert_eq!(found("/v1", q).await, expected, "{kind} {q}");
                assert_eq!(found(&customer, q).await, expected, "{kind} {q}");
            }
            let first = agent.get(&format!("/v1/{kind}")).query(&[("q", "saege"), ("limit", "1")]).send().await.expect(200);
            let at = format!("/v1/{kind}/{}", first.items()[0]["id"].as_str().expect("an id"));
            agent.patch(&at, "*", json!({"subject": "Hobel"})).send().await.expect(200);
            assert_eq!((found("/v1", "saege").await.len(), found("/v1", "hobel").await.len()), (1, 1), "{kind}");
            agent.get(&format!("/v1/{kind}")).query(&[("q", "")]).send().await.expect(400);
        }
        assert_eq!(agent.get("/v1/tickets").query(&[("q", "t-000003")]).send().await.expect(200).items().len(), 1);
    }

    async fn a_closed_task_says_when_and_what_came_of_it(app: TestApp) {
        let agent = app.agent().await;
        let body = json!({"kind": "person", "person": {"family_name": "Öztürk"}});
        let id = agent.post("/v1/customers", body).send().await.expect(201).id();
        let tasks = format!("/v1/customers/{id}/tasks");
        let open = agent.post(&tasks, json!({"subject": "Anrufen"})).send().await.expect(201);
        assert_eq!((&open["status"], &open["priority"], &open["closed_at"]), (&json!("open"), &json!("normal"), &Value::Null));
        let at = format!("/v1/tasks/{}", open.id());
        let done = agent.post(&format!("{at}/completion"), json!({"outcome": "Erreicht"})).send().await.expect(200);
        assert_eq!((&done["status"], &done["outcome"]), (&json!("completed"), &json!("Erreicht")));
        assert_ne!(done["closed_at"], Value::Null);
        let wrong = agent.speaking("de").post(&format!("{at}/cancellation"), json!({})).send().await.expect(409);
        assert_eq!(wrong["detail"], "Der Zustand ist „Erledigt“. Jetzt möglich: reopening.");
        let again = agent.post(&format!("{at}/reopening"), json!({})).send().await.expect(200);
        assert_eq!((&again["status"], &again["outcome"], &again["closed_at"]), (&json!("open"), &Value::Null, &Value::Null));
        let earlier = "2026-11-18T10:00:00.000000Z";
        let dated = json!({"closed_at": earlier, "outcome": "Am Mittwoch schon"});
        let dated = agent.post(&format!("{at}/cancellation"), dated).send().await.expect(200);
        assert_eq!(dated["closed_at"], earlier);
        let told = agent.get("/v1/timeline").query(&[("kind", "task.cancelled")]).send().await.expect(200);
        assert_eq!(told.items()[0]["occurred_at"], earlier);
        agent.post(&format!("{at}/reopening"), json!({})).send().await.expect(200);
        let ahead = json!({"closed_at": "2999-01-01T00:00:00Z"});
        let ahead = agent.post(&format!("{at}/completion"), ahead).send().await.expect(422);
        assert_eq!(ahead.faults().get("/closed_at"), Some(&"in_the_future"));
        agent.post(&tasks, json!({"subject": "  "})).send().await.expect(422);
        // PostgreSQL has no letter with the number zero.
        agent.post(&tasks, json!({"subject": "a\u{0}"})).send().await.expect(422);
        let stranger = json!({"subject": "X", "assignee_id": "019a0000-0000-7000-8000-00000000dead"});
        let refused = agent.post(&tasks, stranger).send().await.expect(422);
        assert_eq!(refused.faults().get("/assignee_id"), Some(&"reference"));
    }
}
