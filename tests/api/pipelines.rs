//! Pipelines: stages that keep what they are, whatever they are called and wherever they stand.

use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};
use crate::support::samples::{address, customer, named};

fn stage(key: &str, percent: i32) -> Value {
    json!({"key": key, "name": {"en": key, "de": key}, "default_probability": percent})
}

fn pipeline(key: &str, stages: Value) -> Value {
    json!({"key": key, "name": {"en": "Sales", "de": "Vertrieb"}, "stages": stages})
}

async fn create(client: &Client, body: Value) -> Reply {
    client.post("/v1/pipelines", body).send().await
}

fn at(pipeline: &Reply) -> String {
    format!("/v1/pipelines/{}", pipeline.id())
}

async fn stages(client: &Client, pipeline: &Reply, stages: Value) -> Reply {
    client.patch(&at(pipeline), "*", json!({"stages": stages})).send().await
}

fn ids(pipeline: &Reply) -> Vec<Value> {
    let stages = pipeline["stages"].as_array().expect("stages");
    stages.iter().map(|stage| stage["id"].clone()).collect()
}

both! {
    async fn stages_keep_their_ids(app: TestApp) {
        let agent = app.agent().await;
        let made = create(&agent, pipeline("sales", json!([stage("a", 10), stage("b", 50), stage("c", 90)]))).await;
        let made = made.expect(201);
        let [a, b, c] = <[Value; 3]>::try_from(ids(&made)).expect("three stages");
        let positions: Vec<&Value> = (0..3).map(|index| made.at(&format!("/stages/{index}/position"))).collect();
        assert_eq!(positions, [1, 2, 3]);

        let mut renamed = made["stages"].clone();
        renamed[0]["key"] = json!("first");
        renamed[0]["name"] = json!({"en": "First talk", "de": "Erstgespräch"});
        let turned = json!([renamed[2], renamed[1], renamed[0]]);
        let turned = stages(&agent, &made, turned).await.expect(200);
        assert_eq!(ids(&turned), [c.clone(), b.clone(), a.clone()]);
        assert_eq!((turned.at("/stages/0/position"), turned.at("/stages/2/position")), (&json!(1), &json!(3)));
        assert_eq!(turned.at("/stages/2/name/de"), "Erstgespräch");

        let without_ids = json!([stage("b", 55), stage("new", 60), stage("first", 5)]);
        let kept = stages(&agent, &made, without_ids).await.expect(200);
        let kept_ids = ids(&kept);
        assert_eq!((&kept_ids[0], &kept_ids[2]), (&b, &a), "recognised by their keys");
        assert!(![&a, &b, &c].contains(&&kept_ids[1]), "a new one has an id of its own");

        // The key of a stage that is called otherwise now may be taken by a new one.
        let mut passed_on = kept["stages"].clone();
        passed_on[0]["key"] = json!("b_old");
        let passed_on = json!([passed_on[0], stage("b", 1)]);
        let passed_on = stages(&agent, &made, passed_on).await.expect(200);
        assert_eq!(ids(&passed_on)[0], b);
        assert_ne!(ids(&passed_on)[1], b);
    }

    async fn stages_that_do_not_fit_are_named(app: TestApp) {
        let agent = app.agent().await;
        let strange = json!({
            "id": "019a0000-0000-7000-8000-00000000dead", "key": "c", "name": {"en": "c", "de": "c"},
            "default_probability": 1,
        });
        for (stages, pointer, code) in [
            (json!([stage("a", 1), stage("a", 2)]), "/stages/1/key", "duplicate"),
            (json!([strange]), "/stages/0/id", "reference"),
            (json!([stage("a", 101)]), "/stages/0/default_probability", "too_large"),
            (json!([stage("A b", 1)]), "/stages/0/key", "pattern"),
            (json!([]), "/stages", "too_few_items"),
        ] {
            let refused = create(&agent, pipeline("sales", stages)).await.expect(422);
            assert_eq!(refused.faults().get(pointer), Some(&code), "{refused}");
        }
        let made = create(&agent, pipeline("sales", json!([stage("a", 1), stage("b", 2)]))).await.expect(201);
        let twice = json!([made.at("/stages/0"), {
            "id": made.at("/stages/0/id"), "key": "z", "name": {"en": "z", "de": "z"}, "default_probability": 1,
        }]);
        let refused = stages(&agent, &made, twice).await.expect(422);
        assert_eq!(refused.faults().get("/stages/1/id"), Some(&"duplicate"));

        let again = create(&agent, pipeline("sales", json!([stage("a", 1)]))).await.expect(409);
        assert_eq!((again.faults().get("/key"), &again["existing_id"]), (Some(&"taken"), &json!(made.id())));
        let found = agent.get("/v1/pipelines").query(&[("key", "sales")]).send().await.expect(200);
        assert_eq!(found.items().len(), 1);
    }

    async fn a_stage_in_use_stays(app: TestApp) {
        let agent = app.agent().await;
        let made = create(&agent, pipeline("sales", json!([stage("a", 1), stage("b", 2)]))).await.expect(201);
        let opportunities = format!("{}/opportunities", address(&customer(&agent, named("Änne", "Öztürk")).await));
        let body = json!({"name": "Halle", "pipeline_id": made.id()});
        let opportunity = agent.post(&opportunities, body.clone()).send().await.expect(201);
        assert_eq!(opportunity["stage_id"], ids(&made)[0], "the first one");
        let refused = stages(&agent, &made, json!([stage("b", 2)])).await.expect(409);
        assert_eq!(refused.code(), "in_use");
        assert_eq!(agent.delete(&at(&made), "*").send().await.expect(409).code(), "in_use");
        // It may come back.
        let path = format!("/v1/opportunities/{}", opportunity.id());
        agent.delete(&path, "*").send().await.expect(204);
        stages(&agent, &made, json!([stage("b", 2)])).await.expect(409);
        agent.call(reqwest::Method::POST, &format!("{path}/restoration")).send().await.expect(200);

        agent.post(&format!("{path}/loss"), json!({"reason": "Zu teuer"})).send().await.expect(200);
        let left = stages(&agent, &made, json!([stage("b", 2)])).await.expect(200);
        let refused = agent.post(&format!("{path}/reopening"), json!({})).send().await.expect(422);
        assert_eq!(refused.faults().get("/stage_id"), Some(&"required"), "its stage is gone");
        let into = json!({"stage_id": ids(&left)[0]});
        agent.post(&format!("{path}/reopening"), into).send().await.expect(200);
        agent.post(&format!("{path}/win"), json!({})).send().await.expect(200);

        agent.delete(&at(&made), "*").send().await.expect(204);
        let refused = agent.post(&opportunities, body).send().await.expect(422);
        assert_eq!(refused.faults().get("/pipeline_id"), Some(&"reference"), "archived");
        let still = agent.patch(&path, "*", json!({"next_step": "Danken"})).send().await.expect(200);
        assert_eq!(still["status"], "won", "what went it stays");
    }
}
