//! Opportunities: how far they come, how long that takes, and what becomes of them.

use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};
use crate::support::samples::{address, customer, named};

/// A pipeline and a customer's address.
struct Stage {
    agent: Client,
    pipeline: String,
    stages: Vec<Value>,
    customer: String,
}

impl Stage {
    async fn set(app: &TestApp) -> Self {
        let agent = app.agent().await;
        let customer = address(&customer(&agent, named("Änne", "Öztürk")).await);
        let (pipeline, stages) = pipeline(&agent, "sales").await;
        Self { agent, pipeline, stages, customer }
    }

    fn body(&self) -> Value {
        json!({"name": "Ausbau Halle 3", "pipeline_id": self.pipeline, "amount": euros("48000.00")})
    }

    async fn open(&self, body: Value) -> Reply {
        self.agent.post(&format!("{}/opportunities", self.customer), body).send().await
    }

    async fn step(&self, opportunity: &Reply, step: &str, facts: Value) -> Reply {
        self.agent.post(&format!("/v1/opportunities/{}/{step}", opportunity.id()), facts).send().await
    }

    async fn change(&self, opportunity: &Reply, changes: Value) -> Reply {
        self.agent.patch(&format!("/v1/opportunities/{}", opportunity.id()), "*", changes).send().await
    }
}

pub async fn pipeline(client: &Client, key: &str) -> (String, Vec<Value>) {
    let stage = |key: &str, en: &str, de: &str, percent: i32| json!({"key": key, "name": {"en": en, "de": de}, "default_probability": percent});
    let stages = json!([
        stage("qualified", "Qualified", "Qualifiziert", 20),
        stage("offered", "Offered", "Angebot liegt vor", 50),
        stage("negotiation", "Negotiation", "Verhandlung", 70),
    ]);
    let body = json!({"key": key, "name": {"en": "Sales", "de": "Vertrieb"}, "stages": stages});
    let made = client.post("/v1/pipelines", body).send().await.expect(201);
    let stages = made["stages"].as_array().expect("stages");
    (made.id(), stages.iter().map(|stage| stage["id"].clone()).collect())
}

fn euros(amount: &str) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

both! {
    async fn the_stage_gives_the_probability_unless_the_caller_does(app: TestApp) {
        let stage = Stage::set(&app).await;
        let shows = |opportunity: &Reply, percent: i32, from_stage: bool, weighted: &str| {
            assert_eq!(opportunity["probability"], percent, "{opportunity}");
            assert_eq!(opportunity["probability_from_stage"], from_stage, "{opportunity}");
            assert_eq!(opportunity["weighted_amount"], euros(weighted), "{opportunity}");
        };
        let made = stage.open(stage.body()).await.expect(201);
        shows(&made, 20, true, "9600.00");
        shows(&stage.step(&made, "stage-change", json!({})).await.expect(200), 50, true, "24000.00");
        shows(&stage.change(&made, json!({"probability": 35})).await.expect(200), 35, false, "16800.00");
        let last = json!({"stage_id": stage.stages[2]});
        shows(&stage.step(&made, "stage-change", last).await.expect(200), 35, false, "16800.00");
        shows(&stage.change(&made, json!({"probability": null})).await.expect(200), 70, true, "33600.00");
        let exact = json!({"amount": euros("0.33"), "probability": 33});
        shows(&stage.change(&made, exact).await.expect(200), 33, false, "0.1089");
        let none = stage.change(&made, json!({"amount": null})).await.expect(200);
        assert_eq!(none["weighted_amount"], Value::Null);
        let of_its_own = json!({"name": "X", "pipeline_id": stage.pipeline, "stage_id": stage.stages[1], "probability": 0});
        let of_its_own = stage.open(of_its_own).await.expect(201);
        assert_eq!((&of_its_own["probability"], &of_its_own["stage_name"]["de"]), (&json!(0), &json!("Angebot liegt vor")));
    }

    async fn each_change_of_stage_tells_how_long_it_took(app: TestApp) {
        let stage = Stage::set(&app).await;
        let mut body = stage.body();
        body["opened_at"] = json!("2026-11-02T09:00:00+01:00");
        let made = stage.open(body).await.expect(201);
        let at = |instant: &str| json!({"changed_at": instant});
        let early = stage.step(&made, "stage-change", at("2026-11-02T07:59:59Z")).await.expect(422);
        assert_eq!(early.faults().get("/changed_at"), Some(&"before"));
        let second = stage.step(&made, "stage-change", at("2026-11-03T08:00:00Z")).await.expect(200);
        assert_eq!(second["stage_id"], stage.stages[1]);
        stage.step(&made, "stage-change", at("2026-11-05T08:00:30Z")).await.expect(200);
        let end = stage.step(&made, "stage-change", json!({})).await.expect(422);
        assert_eq!(end.faults().get("/stage_id"), Some(&"required"), "there is no next stage");
        let back = json!({"stage_id": stage.stages[1], "changed_at": "2026-11-06T08:00:30Z"});
        let back = stage.step(&made, "stage-change", back).await.expect(200);
        assert_eq!(back["stage_entered_at"], "2026-11-06T08:00:30.000000Z");
        let same = stage.step(&made, "stage-change", json!({"stage_id": stage.stages[1]})).await.expect(422);
        assert_eq!(same.faults().get("/stage_id"), Some(&"nothing_changed"));
        let lost = json!({"reason": "Zu teuer", "lost_at": "2026-11-06T08:01:30Z"});
        let lost = stage.step(&made, "loss", lost).await.expect(200);
        let times = json!([
            {"stage_id": stage.stages[0], "seconds": 86_400, "visits": 1},
            {"stage_id": stage.stages[2], "seconds": 86_400, "visits": 1},
            {"stage_id": stage.stages[1], "seconds": 2 * 86_400 + 30 + 60, "visits": 2},
        ]);
        assert_eq!(lost["stage_times"], times);

        let of_sales = [("sort", "occurred_at"), ("category", "sales")];
        let timeline = format!("{}/timeline", stage.customer);
        let told = stage.agent.speaking("de").get(&timeline).query(&of_sales).send().await.expect(200);
        let titles: Vec<&str> = told.items().iter().filter_map(|event| event["title"].as_str()).collect();
        let expected = [
            "Chance eröffnet: Ausbau Halle 3 (48000.00 EUR)",
            "Chance jetzt in Phase Angebot liegt vor: Ausbau Halle 3 (48000.00 EUR)",
            "Chance jetzt in Phase Verhandlung: Ausbau Halle 3 (48000.00 EUR)",
            "Chance jetzt in Phase Angebot liegt vor: Ausbau Halle 3 (48000.00 EUR)",
            "Chance verloren: Ausbau Halle 3 (48000.00 EUR)",
        ];
        assert_eq!(titles, expected);
        let third = &told.items()[2];
        assert_eq!(third["occurred_at"], "2026-11-05T08:00:30.000000Z");
        assert_eq!((&third["kind"], &third["amount"]), (&json!("opportunity.stage_changed"), &euros("48000.00")));
        let facts = &third["payload"];
        assert_eq!((&facts["from"]["stage_id"], &facts["to"]["stage_id"]), (&stage.stages[1], &stage.stages[2]));
        assert_eq!(facts["seconds_in_stage"], 2 * 86_400 + 30);
        assert_eq!(facts["to"]["stage_name"], json!({"en": "Negotiation", "de": "Verhandlung"}));
    }

    async fn an_opportunity_may_change_its_pipeline(app: TestApp) {
        let stage = Stage::set(&app).await;
        let (other, stages) = pipeline(&stage.agent, "service").await;
        let made = stage.open(stage.body()).await.expect(201);
        let foreign = stage.step(&made, "stage-change", json!({"stage_id": stages[0]})).await.expect(422);
        assert_eq!(foreign.faults().get("/stage_id"), Some(&"reference"));
        let moved = stage.step(&made, "stage-change", json!({"pipeline_id": other})).await.expect(200);
        assert_eq!((&moved["pipeline_id"], &moved["stage_id"]), (&json!(other), &stages[0]));
        let by_patch = stage.change(&made, json!({"stage_id": stages[1]})).await.expect(422);
        assert_eq!(by_patch.faults().get("/stage_id"), Some(&"read_only"));
        let nowhere = json!({"name": "X", "pipeline_id": "019a0000-0000-7000-8000-00000000dead"});
        assert_eq!(stage.open(nowhere).await.expect(422).faults().get("/pipeline_id"), Some(&"reference"));
    }

    async fn what_is_decided_is_certain_until_it_is_reopened(app: TestApp) {
        let stage = Stage::set(&app).await;
        let made = stage.open(stage.body()).await.expect(201);
        let won = json!({"reason": "Kurze Lieferzeit"});
        let won = stage.step(&made, "win", won).await.expect(200);
        assert_eq!((&won["status"], &won["probability"]), (&json!("won"), &json!(100)));
        assert_eq!((&won["weighted_amount"], &won["close_reason"]), (&euros("48000.00"), &json!("Kurze Lieferzeit")));
        let refused = stage.change(&made, json!({"probability": 50})).await.expect(409);
        assert_eq!(refused["possible"], json!(["reopening"]));
        let open = stage.step(&made, "reopening", json!({})).await.expect(200);
        assert_eq!((&open["probability"], &open["probability_from_stage"]), (&json!(20), &json!(true)));
        assert_eq!((&open["closed_at"], &open["close_reason"]), (&Value::Null, &Value::Null));
        stage.step(&made, "loss", json!({"competitor": "Nordbau AG"})).await.expect(422);
        let lost = json!({"reason": "Zu spät", "competitor": "Nordbau AG"});
        let lost = stage.step(&made, "loss", lost).await.expect(200);
        assert_eq!((&lost["probability"], &lost["lost_to"]), (&json!(0), &json!("Nordbau AG")));
        assert_eq!((&lost["weighted_amount"], &lost["reopenings"]), (&euros("0.00"), &json!(1)));
    }

    async fn opportunities_are_found_by_what_matters_of_them(app: TestApp) {
        let stage = Stage::set(&app).await;
        let product = json!({"sku": "TK-200", "name": "Tischkreissäge", "tax_rate": "19"});
        let product = app.admin().await.post("/v1/products", product).send().await.expect(201).id();
        for (name, day, amount, index) in
            [("A", "2027-03-01", "30", 0), ("Ä", "2027-01-01", "10.50", 1), ("B", "2027-02-01", "20", 2)]
        {
            let body = json!({
                "name": name, "pipeline_id": stage.pipeline, "stage_id": stage.stages[index], "amount": euros(amount),
                "expected_close_date": day, "product_ids": if index == 2 { json!([product]) } else { json!([]) },
            });
            stage.open(body).await.expect(201);
        }
        stage.open(json!({"name": "C", "pipeline_id": stage.pipeline})).await.expect(201);
        let b = stage.agent.get("/v1/opportunities").query(&[("product_id", product.as_str())]).send().await.expect(200);
        let b = b.items()[0]["id"].as_str().expect("an id").to_owned();
        let won = json!({"won_at": "2026-11-20T12:00:00Z"});
        stage.agent.post(&format!("/v1/opportunities/{b}/win"), won).send().await.expect(422);
        stage.agent.post(&format!("/v1/opportunities/{b}/win"), json!({})).send().await.expect(200);
        let second = stage.stages[1].as_str().expect("an id");
        for (query, expected) in [
            (vec![], vec!["Ä", "B", "A", "C"]),
            (vec![("sort", "name")], vec!["A", "Ä", "B", "C"]),
            (vec![("sort", "-amount")], vec!["A", "B", "Ä", "C"]),
            (vec![("sort", "-probability,name")], vec!["B", "Ä", "A", "C"]),
            (vec![("status", "won")], vec!["B"]),
            (vec![("stage_id", second)], vec!["Ä"]),
            (vec![("pipeline_id", &stage.pipeline), ("status", "open")], vec!["Ä", "A", "C"]),
            (vec![("expected_close_after", "2027-02-01")], vec!["B", "A"]),
            (vec![("expected_close_before", "2027-02-01")], vec!["Ä"]),
            (vec![("amount_min", "20")], vec!["B", "A"]),
            (vec![("amount_max", "19.9999")], vec!["Ä"]),
            (vec![("currency", "CHF")], vec![]),
            (vec![("closed_after", "2026-11-01T00:00:00Z")], vec!["B"]),
            (vec![("product_id", &product)], vec!["B"]),
        ] {
            for list in ["/v1/opportunities", &format!("{}/opportunities", stage.customer)] {
                let reply = stage.agent.get(list).query(&query).send().await.expect(200);
                let found: Vec<&str> = reply.items().iter().filter_map(|item| item["name"].as_str()).collect();
                assert_eq!(found, expected, "{query:?}");
            }
        }
        let cleared = stage.agent.patch(&format!("/v1/opportunities/{b}"), "*", json!({"product_ids": []})).send().await;
        cleared.expect(200);
        let found = stage.agent.get("/v1/opportunities").query(&[("product_id", &product)]).send().await.expect(200);
        assert!(found.items().is_empty());
        let unknown = json!({"product_ids": ["019a0000-0000-7000-8000-00000000dead", product, product]});
        let refused = stage.agent.patch(&format!("/v1/opportunities/{b}"), "*", unknown).send().await.expect(422);
        let faults = refused.faults();
        assert_eq!((faults["/product_ids/0"], faults["/product_ids/2"]), ("reference", "duplicate"));
        for bad in [("amount_min", "1,5"), ("expected_close_after", "2027-02-30")] {
            stage.agent.get("/v1/opportunities").query(&[bad]).send().await.expect(400);
        }
    }
}
