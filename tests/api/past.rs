//! What held at a moment in the past, as it was known then.

use kundenhistorie::domain::instant::Instant;
use proptest::prelude::*;
use proptest::sample::Index;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};
use crate::support::property;

/// Something that happens to a customer or to what belongs to them.
#[derive(Debug, Clone)]
enum Step {
    Describe(u8),
    Archive,
    Restore,
    AddContactPoint(u8),
    RenameTag(u8),
    Log(i64),
    Move(Index, i64),
    ArchiveInteraction(Index),
    RestoreInteraction(Index),
    Correct(Index, i64),
    Plan,
    Replan(Index, u8),
    Complete(Index),
    ArchiveTask(Index),
    Order(u8),
    Confirm(Index),
    Link,
    Relabel(Index, u8),
    End(Index),
    RenameOther(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let index = any::<Index>;
    let one = prop_oneof![
        3 => any::<u8>().prop_map(Step::Describe),
        1 => Just(Step::Archive),
        2 => Just(Step::Restore),
        1 => any::<u8>().prop_map(Step::AddContactPoint),
        1 => any::<u8>().prop_map(Step::RenameTag),
        4 => (0..100_000i64).prop_map(Step::Log),
        2 => (index(), 0..100_000i64).prop_map(|(which, at)| Step::Move(which, at)),
        2 => index().prop_map(Step::ArchiveInteraction),
        2 => index().prop_map(Step::RestoreInteraction),
        1 => (index(), 0..100_000i64).prop_map(|(which, at)| Step::Correct(which, at)),
        2 => Just(Step::Plan),
        2 => (index(), any::<u8>()).prop_map(|(which, word)| Step::Replan(which, word)),
        1 => index().prop_map(Step::Complete),
        1 => index().prop_map(Step::ArchiveTask),
        2 => (1..9u8).prop_map(Step::Order),
        1 => index().prop_map(Step::Confirm),
        2 => Just(Step::Link),
        2 => (index(), any::<u8>()).prop_map(|(which, word)| Step::Relabel(which, word)),
        1 => index().prop_map(Step::End),
        1 => any::<u8>().prop_map(Step::RenameOther),
    ];
    proptest::collection::vec(one, 18..26)
}

/// A customer and all that was made for them.
struct Life<'a> {
    app: &'a TestApp,
    client: &'a Client,
    customer: String,
    other: String,
    tag: String,
    interactions: Vec<String>,
    tasks: Vec<String>,
    orders: Vec<String>,
    links: Vec<String>,
}

impl<'a> Life<'a> {
    async fn begin(app: &'a TestApp, client: &'a Client) -> Self {
        let name = app.system().clock.new_id().to_string();
        let tag = client.post("/v1/tags", json!({"name": name})).send().await.expect(201).id();
        let company = json!({"kind": "company", "company": {"legal_name": "Werft Nord GmbH"}, "tags": [name]});
        let customer = client.post("/v1/customers", company).send().await.expect(201).id();
        let other = json!({"kind": "company", "company": {"legal_name": "Reederei Süd AG"}});
        let other = client.post("/v1/customers", other).send().await.expect(201).id();
        let nothing = Vec::new;
        let (interactions, tasks, orders, links) = (nothing(), nothing(), nothing(), nothing());
        Self { app, client, customer, other, tag, interactions, tasks, orders, links }
    }

    fn now(&self) -> Instant {
        self.app.system().clock.now()
    }

    fn earlier(&self, seconds: i64) -> Value {
        json!(Instant::from_micros(self.now().micros() - seconds * 1_000_000))
    }

    async fn make(&self, what: &str, body: Value) -> Option<String> {
        let made = self.client.post(&format!("/v1/customers/{}/{what}", self.customer), body).send().await;
        accepted(made).map(|made| made.id())
    }

    async fn patch(&self, what: &str, id: &str, body: Value) {
        accepted(self.client.patch(&format!("/v1/{what}/{id}"), "*", body).send().await);
    }

    async fn post(&self, path: String) {
        accepted(self.client.post(&path, json!({})).send().await);
    }

    async fn delete(&self, what: &str, id: &str) {
        accepted(self.client.delete(&format!("/v1/{what}/{id}"), "*").send().await);
    }

    async fn take(&mut self, step: &Step) {
        let customer = self.customer.clone();
        match step {
            Step::Describe(word) => {
                self.patch("customers", &customer, json!({"needs": [format!("Bedarf {word}")]})).await
            }
            Step::Archive => self.delete("customers", &customer).await,
            Step::Restore => self.post(format!("/v1/customers/{customer}/restoration")).await,
            Step::AddContactPoint(word) => {
                self.make("contact-points", json!({"type": "email", "value": format!("a{word}@example.org")})).await;
            }
            Step::RenameTag(word) => {
                let name = format!("{}-{word}", self.tag);
                self.patch("tags", &self.tag.clone(), json!({"name": name})).await;
            }
            Step::Log(ago) => {
                let call = json!({"kind": "call", "direction": "inbound", "subject": "Rückfrage", "occurred_at": self.earlier(*ago)});
                self.interactions.extend(self.make("interactions", call).await);
            }
            Step::Move(which, ago) => {
                if let Some(id) = one(which, &self.interactions) {
                    self.patch("interactions", &id, json!({"occurred_at": self.earlier(*ago)})).await;
                }
            }
            Step::ArchiveInteraction(which) => {
                if let Some(id) = one(which, &self.interactions) {
                    self.delete("interactions", &id).await;
                }
            }
            Step::RestoreInteraction(which) => {
                if let Some(id) = one(which, &self.interactions) {
                    let path = format!("/v1/interactions/{id}/restoration");
                    accepted(self.client.call(Method::POST, &path).send().await);
                }
            }
            Step::Correct(which, ago) => self.correct(which, *ago).await,
            Step::Plan => self.tasks.extend(self.make("tasks", json!({"subject": "Nachfassen"})).await),
            Step::Replan(which, word) => {
                if let Some(id) = one(which, &self.tasks) {
                    self.patch("tasks", &id, json!({"subject": format!("Nachfassen {word}")})).await;
                }
            }
            Step::Complete(which) => {
                if let Some(id) = one(which, &self.tasks) {
                    self.post(format!("/v1/tasks/{id}/completion")).await;
                }
            }
            Step::ArchiveTask(which) => {
                if let Some(id) = one(which, &self.tasks) {
                    self.delete("tasks", &id).await;
                }
            }
            Step::Order(quantity) => {
                let line = json!({"position": 1, "description": "Montage", "quantity": quantity.to_string(), "unit_price": "68.00", "tax_rate": "19"});
                self.orders.extend(self.make("orders", json!({"currency": "EUR", "lines": [line]})).await);
            }
            Step::Confirm(which) => {
                if let Some(id) = one(which, &self.orders) {
                    self.post(format!("/v1/orders/{id}/confirmation")).await;
                }
            }
            Step::Link => {
                let link = json!({"type": "partner_of", "from_customer_id": customer, "to_customer_id": self.other});
                let made = self.client.post("/v1/relationships", link).send().await;
                self.links.extend(accepted(made).map(|made| made.id()));
            }
            Step::Relabel(which, word) => {
                if let Some(id) = one(which, &self.links) {
                    self.patch("relationships", &id, json!({"role": format!("Rolle {word}")})).await;
                }
            }
            Step::End(which) => {
                if let Some(id) = one(which, &self.links) {
                    self.post(format!("/v1/relationships/{id}/ending")).await;
                }
            }
            Step::RenameOther(word) => {
                let company = json!({"company": {"legal_name": format!("Reederei {word} AG")}});
                self.patch("customers", &self.other.clone(), company).await;
            }
        }
    }

    /// Puts an entry right, if there is one.
    async fn correct(&self, which: &Index, ago: i64) {
        let timeline = format!("/v1/customers/{}/timeline", self.customer);
        let calls = self.client.get(&timeline).query(&[("kind", "call.logged")]).send().await.expect(200);
        if let Some(event) = one(which, calls.items()) {
            let path = format!("{timeline}/{}/corrections", event["id"].as_str().expect("an id"));
            let body = json!({"reason": "Falsch notiert", "occurred_at": self.earlier(ago)});
            accepted(self.client.post(&path, body).send().await);
        }
    }

    /// Everything that can be asked of the past as well as of the present.
    fn questions(&self) -> Vec<String> {
        let at = format!("/v1/customers/{}", self.customer);
        let mut all = vec![at.clone(), format!("/v1/customers/{}", self.other)];
        for list in [
            "timeline?limit=200",
            "timeline?limit=200&view=full&sort=occurred_at",
            "interactions?limit=200",
            "interactions?archived=only",
            "tasks?archived=include&sort=subject",
            "tasks?status=completed",
            "orders?count=exact&limit=200",
            "orders?status=placed&sort=-gross",
            "relationships",
            "relationships?archived=include",
        ] {
            all.push(format!("{at}/{list}"));
        }
        for (what, ids) in [
            ("interactions", &self.interactions),
            ("tasks", &self.tasks),
            ("orders", &self.orders),
            ("relationships", &self.links),
        ] {
            all.extend(ids.iter().map(|id| format!("/v1/{what}/{id}")));
        }
        all
    }

    async fn answers(&self) -> Vec<(String, Value)> {
        let mut answers = Vec::new();
        for question in self.questions() {
            let answer = self.client.get(&question).send().await.expect(200).body;
            answers.push((question, answer));
        }
        answers
    }
}

/// Refusals change nothing, and are as good as any other answer here.
fn accepted(reply: Reply) -> Option<Reply> {
    (reply.status < 300).then_some(reply).or_else(|| None)
}

fn one<T: Clone>(which: &Index, all: &[T]) -> Option<T> {
    (!all.is_empty()).then(|| which.get(all).clone())
}

fn as_of(question: &str, at: Instant) -> String {
    let sign = if question.contains('?') { '&' } else { '?' };
    format!("{question}{sign}as_of={at}")
}

both! {
    async fn what_was_answered_once_is_answered_again(app: TestApp) {
        property::holds(4, steps(), async |steps| {
            let client = app.admin().await;
            let before = app.system().clock.now();
            app.advance(1);
            let mut life = Life::begin(&app, &client).await;
            let mut truth = vec![(life.now(), life.answers().await)];
            for step in &steps {
                app.advance(1);
                life.take(step).await;
                truth.push((life.now(), life.answers().await));
            }
            for (at, answers) in &truth {
                for (question, answer) in answers {
                    let again = client.get(&as_of(question, *at)).send().await.expect(200);
                    assert_eq!(&again.body, answer, "{question} as of {at}");
                }
            }
            let customer = format!("/v1/customers/{}", life.customer);
            client.get(&as_of(&customer, before)).send().await.expect(404);
        })
        .await;
    }

    async fn what_was_known_later_is_told_apart(app: TestApp) {
        let agent = app.agent().await;
        let company = json!({"kind": "company", "company": {"legal_name": "Werft Nord GmbH"}});
        let id = agent.post("/v1/customers", company).send().await.expect(201).id();
        let ago = |seconds: i64| Instant::from_micros(app.system().clock.now().micros() - seconds * 1_000_000);
        app.advance(100);
        let (then, learned) = (ago(50), ago(0));
        let call = json!({"kind": "call", "direction": "inbound", "subject": "Rückfrage", "occurred_at": ago(60)});
        let call = agent.post(&format!("/v1/customers/{id}/interactions"), call).send().await.expect(201);
        let at = format!("/v1/interactions/{}", call.id());
        agent.get(&as_of(&at, then)).send().await.expect(404);
        let known = |question: &str| format!("{}&known_at={learned}", as_of(question, then));
        assert_eq!(agent.get(&known(&at)).send().await.expect(200).body, call.body);
        let timeline = format!("/v1/customers/{id}/timeline?kind=call.logged");
        assert!(agent.get(&as_of(&timeline, then)).send().await.expect(200).items().is_empty());
        assert_eq!(agent.get(&known(&timeline)).send().await.expect(200).items().len(), 1);

        let alone = agent.get(&format!("/v1/interactions/{}?known_at={learned}", call.id())).send().await.expect(200);
        assert_eq!(alone.body, call.body);
        agent.get(&format!("/v1/customers/{id}?as_of=gestern")).send().await.expect(400);
        let stranger = app.user(kundenhistorie::domain::permission::Role::Agent, kundenhistorie::domain::actor::Visibility::Own).await;
        stranger.get(&as_of(&format!("/v1/customers/{id}"), learned)).send().await.expect(404);
        stranger.get(&as_of(&at, learned)).send().await.expect(404);
    }

    async fn what_had_not_happened_yet_is_not_told(app: TestApp) {
        let agent = app.agent().await;
        let company = json!({"kind": "company", "company": {"legal_name": "Werft Nord GmbH"}});
        let id = agent.post("/v1/customers", company).send().await.expect(201).id();
        let line = json!({"position": 1, "description": "Kran", "quantity": "2", "unit_price": "100.00", "tax_rate": "19"});
        let order = json!({"currency": "EUR", "placed_at": "2026-11-01T08:00:00Z", "lines": [line]});
        let order = agent.post(&format!("/v1/customers/{id}/orders"), order).send().await.expect(201);
        let at = format!("/v1/orders/{}", order.id());
        agent.post(&format!("{at}/confirmation"), json!({"confirmed_at": "2026-11-20T08:00:00Z"})).send().await.expect(200);
        // Shipped before the order was confirmed, and entered last: what it left behind knows of the confirmation.
        let shipped = json!({"order_id": order.id(), "prepared_at": "2026-11-09T08:00:00Z", "lines": [{"position": 1, "quantity": "1"}]});
        let shipped = agent.post(&format!("/v1/customers/{id}/deliveries"), shipped).send().await.expect(201);
        let ship = json!({"shipped_at": "2026-11-10T08:00:00Z"});
        agent.post(&format!("/v1/deliveries/{}/shipment", shipped.id()), ship).send().await.expect(200);
        let learned = app.system().clock.now();
        for (day, status) in [("2026-11-12", "placed"), ("2026-11-21", "confirmed")] {
            let question = format!("{at}?as_of={day}T00:00:00Z&known_at={learned}");
            let told = agent.get(&question).send().await.expect(200);
            assert_eq!((&told["status"], told["confirmed_at"].is_null()), (&json!(status), status == "placed"), "{day}");
        }

        for moment in ["2026-11-02T09:00:00Z", "2026-11-21T09:00:00Z"] {
            let call = json!({"kind": "call", "direction": "inbound", "subject": "Rückfrage", "occurred_at": moment});
            agent.post(&format!("/v1/customers/{id}/interactions"), call).send().await.expect(201);
        }
        app.advance(1);
        let learned = app.system().clock.now();
        let summary = format!("/v1/customers/{id}?as_of=2026-11-22T08:00:00Z&known_at={learned}");
        assert_eq!(agent.get(&summary).send().await.expect(200)["last_interaction_at"], "2026-11-21T09:00:00.000000Z");
    }

    async fn a_contact_that_was_known_and_still_to_come_does_not_count(app: TestApp) {
        let agent = app.agent().await;
        let person = json!({"kind": "person", "person": {"family_name": "Öztürk"}});
        let id = agent.post("/v1/customers", person).send().await.expect(201).id();
        let day = 86_400;
        let begun = app.clock.now();
        app.advance(20 * day);
        let agent = app.user(kundenhistorie::domain::permission::Role::Agent, kundenhistorie::domain::actor::Visibility::All).await;
        let after = |days: i64| Instant::from_micros(begun.micros() + days * day * 1_000_000);
        let call = async |days: i64| {
            let call = json!({"kind": "call", "direction": "inbound", "subject": "Rückfrage", "occurred_at": after(days)});
            agent.post(&format!("/v1/customers/{id}/interactions"), call).send().await.expect(201);
            app.advance(1);
        };
        let told = async |days: i64| {
            let question = format!("/v1/customers/{id}?as_of={}&known_at={}", after(days), app.clock.now());
            let told = agent.get(&question).send().await.expect(200);
            (told["first_contact_at"].clone(), told["last_interaction_at"].clone())
        };
        call(2).await;
        call(15).await;
        assert_eq!(told(10).await, (json!(after(2)), json!(after(2))));
        // Entered last, what it left behind knows of the one of the 15th day.
        call(5).await;
        let (first, last) = told(10).await;
        assert_eq!(first, json!(after(2)));
        assert!(last == json!(after(2)) || last == json!(after(5)), "{last}");
        assert_eq!(told(16).await, (json!(after(2)), json!(after(15))));
        assert_eq!(told(1).await, (json!(null), json!(null)));
    }
}
