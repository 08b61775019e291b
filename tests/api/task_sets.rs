//! Sets of tasks: made from a template in one change, and completed with their last task.

use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};
use crate::support::samples::{customer, named};

async fn template(client: &Client, steps: Value) -> String {
    let body = json!({"names": {"en": "Onboarding", "de": "Einführung"}, "steps": steps});
    client.post("/v1/task-templates", body).send().await.expect(201).id()
}

/// A customer whom the caller is in charge of.
async fn new_customer(client: &Client) -> String {
    let mut body = named("Änne", "Öztürk");
    body["owner_id"] = json!(client.user().id);
    format!("/v1/customers/{}", customer(client, body).await.id())
}

async fn tasks(client: &Client, set: &Reply) -> Vec<Value> {
    let of_set = [("task_set_id", set["id"].as_str().expect("an id"))];
    client.get("/v1/tasks").query(&of_set).send().await.expect(200).items().to_vec()
}

fn at(task: &Value) -> String {
    format!("/v1/tasks/{}", task["id"].as_str().expect("an id"))
}

both! {
    async fn a_set_makes_the_dated_tasks_of_its_template(app: TestApp) {
        let (agent, trainer) = (app.agent().await, app.admin().await.user().id);
        let customer = new_customer(&agent).await;
        let template = template(&agent, json!([
            {"subject": "Begrüßungsanruf", "due_after_days": 1, "assignee_role": "owner", "priority": "high"},
            {"subject": "Schulung", "body": "Zwei Stunden", "due_after_days": 14, "assignee_role": "trainer"},
            {"subject": "Nachfassen", "due_after_days": 30},
        ])).await;
        let body = json!({
            "template_id": template, "starts_at": "2026-11-23T08:00:00Z",
            "assignees": [{"role": "trainer", "user_id": trainer}],
        });
        let sets = format!("{customer}/task-sets");
        let made = agent.post(&sets, body.clone()).idempotency_key("onboarding").send().await.expect(201);
        assert_eq!(
            (&made["status"], &made["task_count"], &made["template_names"]),
            (&json!("active"), &json!(3), &json!({"en": "Onboarding", "de": "Einführung"}))
        );
        let me = &agent.user().id;
        let found: Vec<_> = tasks(&agent, &made).await.iter().map(|task| {
            json!([task["subject"], task["due_at"], task["priority"], task["assignee_id"], task["owner_id"]])
        }).collect();
        assert_eq!(found, [
            json!(["Begrüßungsanruf", "2026-11-24T08:00:00.000000Z", "high", me, me]),
            json!(["Schulung", "2026-12-07T08:00:00.000000Z", "normal", trainer, me]),
            json!(["Nachfassen", "2026-12-23T08:00:00.000000Z", "normal", null, me]),
        ]);

        let again = agent.post(&sets, body.clone()).idempotency_key("onboarding").send().await.expect(201);
        assert_eq!((again.body, again.headers.contains_key("idempotent-replayed")), (made.body.clone(), true));
        let twice = agent.post(&sets, body.clone()).send().await.expect(409);
        assert_eq!((twice.code(), &twice["existing_id"]), ("already_exists", &made["id"]));
        assert_eq!(agent.get(&format!("{customer}/tasks")).send().await.expect(200).items().len(), 3);
        agent.post(&format!("{}/task-sets", new_customer(&agent).await), body).send().await.expect(201);

        let query = [("sort", "-occurred_at"), ("kind", "task_set.started")];
        let told = agent.speaking("de").get(&format!("{customer}/timeline")).query(&query).send().await.expect(200);
        assert_eq!(told.at("/items/0/title"), "Aufgabenpaket begonnen: Einführung / Onboarding");
    }

    async fn a_set_is_completed_with_its_last_task(app: TestApp) {
        let agent = app.agent().await;
        let customer = new_customer(&agent).await;
        let steps = json!([{"subject": "A", "due_after_days": 1}, {"subject": "B", "due_after_days": 2}]);
        let body = json!({"template_id": template(&agent, steps).await});
        let sets = format!("{customer}/task-sets");
        let made = agent.post(&sets, body.clone()).send().await.expect(201);
        let set = format!("/v1/task-sets/{}", made.id());
        let status = async || agent.get(&set).send().await.expect(200)["status"].clone();
        let all = tasks(&agent, &made).await;
        agent.post(&format!("{}/completion", at(&all[0])), json!({})).send().await.expect(200);
        let done = [("task_set_id", made["id"].as_str().expect("an id")), ("status", "completed"), ("count", "exact")];
        assert_eq!(agent.get("/v1/tasks").query(&done).send().await.expect(200)["total"], 1);
        assert_eq!(status().await, "active");
        agent.post(&format!("{}/cancellation", at(&all[1])), json!({})).send().await.expect(200);
        assert_eq!(status().await, "completed");
        agent.post(&format!("{}/reopening", at(&all[1])), json!({})).send().await.expect(200);
        assert_eq!(status().await, "active");
        agent.delete(&at(&all[1]), "*").send().await.expect(204);
        assert_eq!(status().await, "completed", "an archived task is not to be done");
        let more = json!({"subject": "C", "task_set_id": made.id()});
        let more = agent.post(&format!("{customer}/tasks"), more).send().await.expect(201);
        assert_eq!(status().await, "active");
        agent.post(&format!("{}/completion", at(&more.body)), json!({})).send().await.expect(200);
        let second = agent.post(&sets, body).send().await.expect(201);
        agent.delete(&format!("/v1/task-sets/{}", second.id()), "*").send().await.expect(204);
        agent.post(&format!("/v1/task-sets/{}/restoration", second.id()), json!({})).send().await.expect(200);
        assert_eq!(tasks(&agent, &second).await.len(), 2, "a restored set has its tasks already");

        let query = [("sort", "occurred_at"), ("limit", "200")];
        let told = agent.get(&format!("{customer}/timeline")).query(&query).send().await.expect(200);
        let of_set = told.items().iter().filter(|event| event["subject"]["id"] == made["id"]);
        let of_set: Vec<_> = of_set.filter_map(|event| event["kind"].as_str()).collect();
        let started = ["task_set.started"].into_iter();
        let turns = ["task_set.completed", "task_set.reopened"].into_iter().cycle().take(5);
        assert_eq!(of_set, started.chain(turns).collect::<Vec<_>>());
    }

    async fn a_set_is_completed_when_the_last_of_its_tasks_was(app: TestApp) {
        let agent = app.agent().await;
        let customer = new_customer(&agent).await;
        let steps = json!([{"subject": "A", "due_after_days": 1}, {"subject": "B", "due_after_days": 2}]);
        let body = json!({"template_id": template(&agent, steps).await});
        let made = agent.post(&format!("{customer}/task-sets"), body).send().await.expect(201);
        let all = tasks(&agent, &made).await;
        let last = "2026-11-20T09:00:00.000000Z";
        for (task, closed_at) in all.iter().zip([last, "2026-11-19T09:00:00.000000Z"]) {
            agent.post(&format!("{}/completion", at(task)), json!({"closed_at": closed_at})).send().await.expect(200);
        }
        let set = agent.get(&format!("/v1/task-sets/{}", made.id())).send().await.expect(200);
        assert_eq!((&set["status"], &set["completed_at"]), (&json!("completed"), &json!(last)));
        let told = agent.get("/v1/timeline").query(&[("kind", "task_set.completed")]).send().await.expect(200);
        assert_eq!(told.items()[0]["occurred_at"], last);
    }

    async fn what_does_not_fit_is_refused(app: TestApp) {
        let agent = app.agent().await;
        let customer = new_customer(&agent).await;
        let sets = format!("{customer}/task-sets");
        let template = template(&agent, json!([{"subject": "A", "due_after_days": 1, "assignee_role": "trainer"}])).await;
        let me = agent.user().id;
        let assigned = |assignees: Value| json!({"template_id": template, "assignees": assignees});
        let (nobody, other) = ("019a0000-0000-7000-8000-00000000dead", json!({"role": "cook", "user_id": me}));
        let trainer = json!({"role": "trainer", "user_id": me});
        for (body, pointer, code) in [
            (json!({"template_id": nobody}), "/template_id", "reference"),
            (assigned(json!([other])), "/assignees/0/role", "reference"),
            (assigned(json!([trainer, trainer])), "/assignees/1/role", "duplicate"),
            (assigned(json!([{"role": "trainer", "user_id": nobody}])), "/assignees/0/user_id", "reference"),
        ] {
            let refused = agent.post(&sets, body).send().await.expect(422);
            assert_eq!(refused.faults().get(pointer), Some(&code), "{refused}");
        }
        assert!(agent.get(&format!("{customer}/tasks")).send().await.expect(200).items().is_empty());
        let stranger = json!({"subject": "X", "task_set_id": nobody});
        let refused = agent.post(&format!("{customer}/tasks"), stranger).send().await.expect(422);
        assert_eq!(refused.faults().get("/task_set_id"), Some(&"reference"));
        for steps in [json!([]), json!([{"subject": "A"}]), json!([{"subject": "A", "due_after_days": -1}])] {
            let body = json!({"names": {"en": "X", "de": "X"}, "steps": steps});
            agent.post("/v1/task-templates", body).send().await.expect(422);
        }
        agent.delete(&format!("/v1/task-templates/{template}"), "*").send().await.expect(204);
        let gone = agent.post(&sets, json!({"template_id": template})).send().await.expect(422);
        assert_eq!(gone.faults().get("/template_id"), Some(&"reference"));
    }
}
