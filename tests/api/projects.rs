//! Projects: who works on them, how far they are, and since when.

use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::Client;
use crate::support::samples::{customer, named};

async fn projects(client: &Client) -> String {
    format!("/v1/customers/{}/projects", customer(client, named("Änne", "Öztürk")).await.id())
}

both! {
    async fn a_project_tells_since_when_it_is_where_it_is(app: TestApp) {
        let agent = app.agent().await;
        let projects = projects(&agent).await;
        let made = agent.post(&projects, json!({"name": "Umbau"})).send().await.expect(201);
        assert_eq!((&made["number"], &made["status"]), (&json!("P-000001"), &json!("planned")));
        let at = format!("/v1/projects/{}", made.id());
        let step = async |segment: &str, day: &str| {
            let body = json!({"at": format!("{day}T08:00:00.000000Z"), "reason": segment});
            agent.post(&format!("{at}/{segment}"), body).send().await
        };
        for (segment, day, status) in [
            ("start", "2025-01-02", "active"),
            ("pause", "2025-02-03", "on_hold"),
            ("resumption", "2025-03-04", "active"),
            ("completion", "2025-04-05", "completed"),
            ("reopening", "2025-05-06", "active"),
            ("cancellation", "2025-06-07", "cancelled"),
        ] {
            let moved = step(segment, day).await.expect(200);
            let since = json!(format!("{day}T08:00:00.000000Z"));
            assert_eq!(
                (&moved["status"], &moved["status_since"], &moved["status_reason"]),
                (&json!(status), &since, &json!(segment))
            );
        }
        let early = step("reopening", "2025-06-06").await.expect(422);
        assert_eq!(early.faults().get("/at"), Some(&"before"));
        let last = agent.get(&at).send().await.expect(200);
        assert_eq!(last["started_at"], "2025-01-02T08:00:00.000000Z");
        assert_eq!((&last["completed_at"], &last["cancelled_at"]), (&Value::Null, &last["status_since"]));
        let query = [("sort", "occurred_at"), ("kind", "project.paused")];
        let told = agent.speaking("de").get(&projects.replace("projects", "timeline")).query(&query).send().await;
        let told = told.expect(200);
        assert_eq!(told.items()[0]["title"], "Projekt unterbrochen: Umbau (P-000001)");
        assert_eq!(told.items()[0]["occurred_at"], "2025-02-03T08:00:00.000000Z");
        let silent = agent.post(&projects, json!({"name": "Neubau"})).send().await.expect(201);
        agent.post(&format!("/v1/projects/{}/cancellation", silent.id()), json!({})).send().await.expect(422);
        let given_up = json!({"reason": "Kein Geld"});
        agent.post(&format!("/v1/projects/{}/cancellation", silent.id()), given_up).send().await.expect(200);
        let again = agent.post(&format!("/v1/projects/{}/reopening", silent.id()), json!({})).send().await.expect(200);
        assert_eq!(again["status"], "planned", "it had never begun");
    }

    async fn what_does_not_fit_is_refused(app: TestApp) {
        let agent = app.agent().await;
        let (projects, me) = (projects(&agent).await, agent.user().id);
        for (body, pointer, code) in [
            (json!({"name": "X", "starts_on": "2026-02-02", "ends_on": "2026-02-01"}), "/ends_on", "before"),
            (json!({"name": "X", "members": [{"user_id": me}, {"user_id": me}]}), "/members/1/user_id", "duplicate"),
            (
                json!({"name": "X", "members": [{"user_id": "019a0000-0000-7000-8000-00000000dead"}]}),
                "/members/0/user_id",
                "reference",
            ),
            (json!({"name": " "}), "/name", "pattern"),
        ] {
            let refused = agent.post(&projects, body).send().await.expect(422);
            assert_eq!(refused.faults().get(pointer), Some(&code), "{refused}");
        }
        agent.post(&projects, json!({"name": "X", "number": "7"})).send().await.expect(201);
        let taken = agent.post(&projects, json!({"name": "Y", "number": "7"})).send().await.expect(409);
        assert_eq!(taken.faults().get("/number"), Some(&"taken"));
    }

    async fn projects_are_found_by_what_matters_of_them(app: TestApp) {
        let agent = app.agent().await;
        let (projects, me) = (projects(&agent).await, agent.user().id);
        for (name, starts_on, ends_on) in
            [("Öfen", "2026-01-01", "2026-06-30"), ("Anbau", "2026-02-01", "2026-04-30"), ("Zaun", "2026-03-01", "2026-05-31")]
        {
            let body = json!({
                "name": name, "starts_on": starts_on, "ends_on": ends_on, "number": name,
                "members": [{"user_id": me, "role": "Leitung"}],
            });
            agent.post(&projects, body).send().await.expect(201);
        }
        let zaun = agent.get(&projects).query(&[("number", "Zaun")]).send().await.expect(200).items()[0]["id"].clone();
        let zaun = format!("/v1/projects/{}", zaun.as_str().expect("an id"));
        agent.post(&format!("{zaun}/start"), json!({})).send().await.expect(200);
        agent.patch(&zaun, "*", json!({"members": []})).send().await.expect(200);
        for (query, expected) in [
            (vec![], vec!["Zaun", "Anbau", "Öfen"]),
            (vec![("sort", "name")], vec!["Anbau", "Öfen", "Zaun"]),
            (vec![("sort", "ends_on")], vec!["Anbau", "Zaun", "Öfen"]),
            (vec![("q", "of")], vec!["Öfen"]),
            (vec![("status", "active")], vec!["Zaun"]),
            (vec![("member_id", "me")], vec!["Anbau", "Öfen"]),
            (vec![("starts_from", "2026-02-01")], vec!["Zaun", "Anbau"]),
            (vec![("starts_to", "2026-02-01")], vec!["Anbau", "Öfen"]),
            (vec![("ends_from", "2026-05-31")], vec!["Zaun", "Öfen"]),
            (vec![("ends_to", "2026-05-31")], vec!["Zaun", "Anbau"]),
        ] {
            for list in ["/v1/projects", &projects] {
                let reply = agent.get(list).query(&query).send().await.expect(200);
                let found: Vec<&str> = reply.items().iter().filter_map(|item| item["name"].as_str()).collect();
                assert_eq!(found, expected, "{query:?}");
            }
        }
    }
}
