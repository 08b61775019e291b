//! Tickets: by when we owe what, how long it took, and what was said. The business hours are those of the defaults: Monday
//! to Friday, nine to five in Berlin.

use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};
use crate::support::samples::{customer, named};

/// Somebody new, and where their tickets are.
pub async fn tickets(client: &Client) -> String {
    let customer = customer(client, named("Änne", "Öztürk")).await;
    format!("/v1/customers/{}/tickets", customer.id())
}

/// Opens a ticket.
pub async fn open(client: &Client, tickets: &str, more: Value) -> Reply {
    let mut body = json!({"subject": "Säge läuft nicht an"});
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    client.post(tickets, body).send().await.expect(201)
}

/// Where a ticket is.
pub fn at(ticket: &Reply) -> String {
    format!("/v1/tickets/{}", ticket.id())
}

/// Makes a move at a time in Berlin.
pub async fn step(client: &Client, at: &str, segment: &str, mut body: Value, when: &str) -> Reply {
    body["occurred_at"] = json!(format!("2026-11-{when}:00+01:00"));
    client.post(&format!("{at}/{segment}"), body).send().await
}

/// A time in Berlin as it is answered.
pub fn berlin(day: u32, hour: u32, minute: u32) -> Value {
    json!(format!("2026-11-{day:02}T{:02}:{minute:02}:00.000000Z", hour - 1))
}

fn subjects(reply: &Reply) -> Vec<&str> {
    reply.items().iter().filter_map(|ticket| ticket["subject"].as_str()).collect()
}

both! {
    async fn what_is_due_follows_priority_and_working_time(app: TestApp) {
        let agent = app.agent().await;
        let tickets = tickets(&agent).await;
        let friday = json!({"opened_at": "2026-11-20T15:00:00+01:00"});
        let made = open(&agent, &tickets, friday).await;
        assert_eq!((&made["number"], &made["status"], &made["priority"]), (&json!("T-000001"), &json!("new"), &json!("normal")));
        assert_eq!(made["first_response_due_at"], berlin(23, 15, 0));
        assert_eq!(made["resolution_due_at"], berlin(27, 15, 0));
        let urgent = agent.patch(&at(&made), "*", json!({"priority": "urgent"})).send().await.expect(200);
        assert_eq!(urgent["first_response_due_at"], berlin(20, 16, 0));
        assert_eq!(urgent["resolution_due_at"], berlin(23, 11, 0));
        // What has come is not judged anew.
        step(&agent, &at(&made), "answer", json!({}), "20T16:30").await.expect(200);
        let low = agent.patch(&at(&made), "*", json!({"priority": "low"})).send().await.expect(200);
        assert_eq!((&low["first_response_due_at"], &low["first_response_breached"]), (&berlin(20, 16, 0), &json!(true)));
        assert_ne!(low["resolution_due_at"], urgent["resolution_due_at"]);

        let before = json!({"subject": "Früher", "opened_at": "1994-12-31T23:59:59Z"});
        assert_eq!(agent.post(&tickets, before).send().await.expect(422).faults()["/opened_at"], "before");
        let later = json!({"subject": "Später", "opened_at": "2026-11-24T08:00:00Z"});
        assert_eq!(agent.post(&tickets, later).send().await.expect(422).faults()["/opened_at"], "in_the_future");
        let fixed = agent.patch(&at(&made), "*", json!({"opened_at": "2026-11-19T15:00:00Z"})).send().await;
        assert_eq!(fixed.expect(422).faults()["/opened_at"], "read_only");
    }

    async fn waiting_for_the_customer_stops_the_clock(app: TestApp) {
        let agent = app.agent().await;
        let tickets = tickets(&agent).await;
        // The life of a ticket, told afterwards by a helpdesk.
        let made = open(&agent, &tickets, json!({"opened_at": "2026-11-16T09:00:00+01:00"})).await;
        let at = at(&made);
        step(&agent, &at, "acceptance", json!({}), "16T09:30").await.expect(200);
        let answered = step(&agent, &at, "answer", json!({"note": "Sicherung?"}), "16T09:42").await.expect(200);
        assert_eq!((&answered["first_response_at"], &answered["first_response_minutes"]), (&berlin(16, 9, 42), &json!(42)));
        assert_eq!((&answered["first_response_breached"], &answered["status"]), (&json!(false), &json!("open")));
        let early = step(&agent, &at, "waiting", json!({}), "16T09:41").await.expect(422);
        assert_eq!(early.faults()["/occurred_at"], "before");
        let ahead = step(&agent, &at, "waiting", json!({}), "24T09:00").await.expect(422);
        assert_eq!(ahead.faults()["/occurred_at"], "in_the_future");

        let waiting = step(&agent, &at, "waiting", json!({}), "16T10:00").await.expect(200);
        assert_eq!((&waiting["status"], &waiting["resolution_due_at"]), (&json!("pending"), &Value::Null));
        assert_eq!(waiting["clock_stopped_at"], berlin(16, 10, 0));
        let said = json!({"text": "Sicherung war es nicht.", "author_side": "customer", "written_at": "2026-11-17T10:00:00+01:00"});
        agent.post(&format!("{at}/comments"), said).send().await.expect(201);
        let resumed = agent.get(&at).send().await.expect(200);
        assert_eq!((&resumed["status"], &resumed["clock_stopped_at"]), (&json!("open"), &Value::Null));
        assert_eq!(resumed["clock_stopped_seconds"], 8 * 3600);
        assert_eq!(resumed["resolution_due_at"], berlin(23, 17, 0), "five working days, and the one we waited");

        let resolved = step(&agent, &at, "resolution", json!({"resolution": "Kondensator"}), "17T11:00").await.expect(200);
        assert_eq!((&resolved["resolution_minutes"], &resolved["resolution_breached"]), (&json!(120), &json!(false)));
        assert_eq!((&resolved["resolved_at"], &resolved["resolved_on_first_contact"]), (&berlin(17, 11, 0), &json!(true)));
        let wrong = agent.speaking("de").post(&format!("{at}/waiting"), json!({})).send().await.expect(409);
        assert_eq!(wrong["detail"], "Der Zustand ist „Gelöst“. Jetzt möglich: closure, reopening.");
        step(&agent, &at, "closure", json!({}), "17T12:00").await.expect(200);
        let reopened = step(&agent, &at, "reopening", json!({"reason": "Wieder"}), "18T09:00").await.expect(200);
        for none in ["resolved_at", "resolution", "resolution_minutes", "resolution_breached", "resolved_on_first_contact", "closed_at"] {
            assert_eq!(reopened[none], Value::Null, "{none}");
        }
        assert_eq!((&reopened["reopen_count"], &reopened["clock_stopped_seconds"]), (&json!(1), &json!(14 * 3600)));
        let again = step(&agent, &at, "resolution", json!({"resolution": "Motor"}), "18T10:00").await.expect(200);
        assert_eq!((&again["resolution_minutes"], &again["resolved_on_first_contact"]), (&json!(180), &json!(false)));

        let customer = tickets.trim_end_matches("/tickets");
        let german = agent.speaking("de");
        let timeline = german.get(&format!("{customer}/timeline"));
        let timeline = timeline.query(&[("category", "support"), ("sort", "occurred_at")]).send().await.expect(200);
        let told: Vec<_> = timeline.items().iter().map(|event| (event["kind"].as_str().unwrap(), event["occurred_at"].clone())).collect();
        assert_eq!(told, [
            ("ticket.created", berlin(16, 9, 0)), ("ticket.accepted", berlin(16, 9, 30)), ("ticket.answered", berlin(16, 9, 42)),
            ("ticket.paused", berlin(16, 10, 0)), ("ticket.commented", berlin(17, 10, 0)), ("ticket.resolved", berlin(17, 11, 0)),
            ("ticket.closed", berlin(17, 12, 0)), ("ticket.reopened", berlin(18, 9, 0)), ("ticket.resolved", berlin(18, 10, 0)),
        ]);
        let titles: Vec<_> = timeline.items().iter().filter_map(|event| event["title"].as_str()).collect();
        assert_eq!(titles[3], "Supportanfrage wartet auf den Kunden: T-000001 Säge läuft nicht an");
        assert_eq!(titles[4], "Supportanfrage vom Kunden kommentiert: T-000001 Säge läuft nicht an");
        assert_eq!(timeline.items()[4]["payload"]["comment"]["text"], "Sicherung war es nicht.");
    }

    async fn waiting_for_others_does_not_stop_the_clock(app: TestApp) {
        let agent = app.agent().await;
        let tickets = tickets(&agent).await;
        let made = open(&agent, &tickets, json!({"opened_at": "2026-11-16T09:00:00+01:00", "priority": "high"})).await;
        let at = at(&made);
        let held = step(&agent, &at, "acceptance", json!({}), "16T09:00").await.expect(200);
        let due = held["resolution_due_at"].clone();
        step(&agent, &at, "waiting", json!({}), "16T10:00").await.expect(200);
        let held = step(&agent, &at, "hold", json!({}), "16T11:00").await.expect(200);
        assert_eq!((&due, &held["resolution_due_at"]), (&berlin(17, 17, 0), &berlin(18, 10, 0)));
        let resolved = step(&agent, &at, "resolution", json!({"resolution": "Ersatzteil"}), "18T10:01").await.expect(200);
        assert_eq!((&resolved["resolution_breached"], &resolved["resolution_minutes"]), (&json!(true), &json!(961)));
        assert_eq!(resolved["first_response_at"], resolved["resolved_at"], "nobody had answered before");
        assert_eq!((&resolved["first_response_breached"], &resolved["answer_count"]), (&json!(true), &json!(0)));
        assert_eq!(resolved["resolved_on_first_contact"], true);
    }

    async fn a_ticket_is_escalated_up_to_the_highest_level(app: TestApp) {
        let agent = app.agent().await;
        let tickets = tickets(&agent).await;
        let made = open(&agent, &tickets, json!({})).await;
        let to = format!("{}/escalation", at(&made));
        let reason = json!({"reason": "Kunde steht"});
        assert_eq!(agent.post(&to, reason.clone()).send().await.expect(200)["escalation_level"], 1);
        let mine = json!({"reason": "Kunde steht", "assignee_id": agent.user().id});
        let second = agent.post(&to, mine).send().await.expect(200);
        assert_eq!((&second["assignee_id"], &second["escalation_level"]), (&json!(agent.user().id), &json!(2)));
        let nobody = json!({"reason": "Kunde steht", "assignee_id": "019a0000-0000-7000-8000-00000000dead"});
        assert_eq!(agent.post(&to, nobody).send().await.expect(422).faults()["/assignee_id"], "reference");
        agent.post(&to, reason.clone()).send().await.expect(200);
        let beyond = agent.post(&to, reason).send().await.expect(409);
        assert_eq!((beyond.code(), &beyond["level"]), ("highest_level", &json!(3)));
        agent.post(&to, json!({"reason": " "})).send().await.expect(422);
        let resolution = json!({"resolution": "Getauscht"});
        let resolved = agent.post(&format!("{}/resolution", at(&made)), resolution).send().await.expect(200);
        assert_eq!(resolved["resolved_on_first_contact"], false);
    }

    async fn tickets_are_found_by_what_is_overdue_and_by_what_they_are(app: TestApp) {
        let agent = app.agent().await;
        let tickets = tickets(&agent).await;
        let me = agent.user().id;
        let old = json!({"subject": "Alt", "opened_at": "2026-11-16T09:00:00+01:00", "category": "Reparatur", "assignee_id": me});
        let old = open(&agent, &tickets, old).await;
        let urgent = json!({"subject": "Eilig", "priority": "urgent", "incident": true, "channel": "phone", "opened_at": "2026-11-20T09:00:00+01:00"});
        let urgent = open(&agent, &tickets, urgent).await;
        open(&agent, &tickets, json!({"subject": "Neu"})).await;
        step(&agent, &at(&old), "answer", json!({}), "18T09:00").await.expect(200);
        agent.post(&format!("{}/escalation", at(&urgent)), json!({"reason": "Kunde steht"})).send().await.expect(200);
        let now = "2026-11-22T08:00:00Z";
        for (query, expected) in [
            (vec![], vec!["Neu", "Eilig", "Alt"]),
            (vec![("sort", "-priority,opened_at")], vec!["Eilig", "Alt", "Neu"]),
            (vec![("sort", "resolution_due_at")], vec!["Eilig", "Alt", "Neu"]),
            (vec![("first_response_due_before", now)], vec!["Eilig"]),
            (vec![("resolution_due_before", now)], vec!["Eilig", "Alt"]),
            (vec![("first_response_breached", "true")], vec!["Alt"]),
            (vec![("resolution_breached", "false")], vec![]),
            (vec![("status", "new")], vec!["Neu", "Eilig"]),
            (vec![("status", "open")], vec!["Alt"]),
            (vec![("priority", "urgent"), ("incident", "true"), ("channel", "phone")], vec!["Eilig"]),
            (vec![("incident", "false")], vec!["Neu", "Alt"]),
            (vec![("category", "Reparatur")], vec!["Alt"]),
            (vec![("assignee_id", "me")], vec!["Alt"]),
            (vec![("escalation_level_min", "1")], vec!["Eilig"]),
            (vec![("opened_after", "2026-11-20T08:00:00Z"), ("opened_before", now)], vec!["Eilig"]),
            (vec![("number", "T-000003")], vec!["Neu"]),
            (vec![("resolved_after", "2026-01-01T00:00:00Z")], vec![]),
        ] {
            let reply = agent.get("/v1/tickets").query(&query).send().await.expect(200);
            assert_eq!(subjects(&reply), expected, "{query:?}");
        }
    }

    async fn a_ticket_names_what_it_is_about(app: TestApp) {
        let admin = app.admin().await;
        let (mine, others) = (tickets(&admin).await, tickets(&admin).await);
        let product = json!({"sku": "TK-200", "name": "Tischkreissäge", "tax_rate": "19"});
        let product = admin.post("/v1/products", product).send().await.expect(201).id();
        let line = json!({"description": "Montage", "quantity": "1", "unit_price": "68", "tax_rate": "19"});
        let order = json!({"currency": "EUR", "lines": [line]});
        let order = admin.post(&mine.replace("/tickets", "/orders"), order).send().await.expect(201).id();
        let about = json!({"product_id": product, "order_id": order, "serial_number": "0471"});
        let made = open(&admin, &mine, about.clone()).await;
        for (name, value) in about.as_object().expect("an object") {
            assert_eq!(&made[name.as_str()], value);
            if name != "serial_number" {
                let found = admin.get("/v1/tickets").query(&[(name.as_str(), value.as_str().expect("an id"))]).send().await;
                assert_eq!(found.expect(200).items().len(), 1);
            }
        }
        let foreign = json!({"subject": "Fremd", "order_id": order});
        assert_eq!(admin.post(&others, foreign).send().await.expect(422).faults()["/order_id"], "reference");
        admin.delete(&format!("/v1/products/{product}"), "*").send().await.expect(204);
        admin.patch(&at(&made), "*", json!({"subject": "Immer noch"})).send().await.expect(200);
        let gone = json!({"subject": "Weg", "product_id": product});
        assert_eq!(admin.post(&mine, gone).send().await.expect(422).faults()["/product_id"], "reference");
        let same = json!({"subject": "Gleiche Nummer", "number": made["number"]});
        assert_eq!(admin.post(&mine, same).send().await.expect(409).faults()["/number"], "taken");
    }

    async fn comments_are_said_once_and_stay(app: TestApp) {
        let agent = app.agent().await;
        let tickets = tickets(&agent).await;
        let opened = json!({"opened_at": "2026-11-19T09:00:00+01:00"});
        let ticket = open(&agent, &tickets, opened.clone()).await;
        let comments = format!("{}/comments", at(&ticket));
        let say = async |body: Value| agent.post(&comments, body).send().await;

        let noted = say(json!({"text": "Rückfrage bei Werkstatt", "visibility": "internal"})).await.expect(201);
        let now = agent.get(&at(&ticket)).send().await.expect(200);
        assert_eq!((&now["status"], &now["comment_count"], &now["first_response_at"]), (&json!("new"), &json!(1), &Value::Null));
        let read = agent.get(noted.header("location").expect("a place")).send().await.expect(200);
        assert_eq!(read.body, noted.body);
        assert_eq!((&read["author_side"], &read["author_name"], &read["customer_id"]), (&json!("us"), &Value::Null, &ticket["customer_id"]));

        let source = json!({"system": "helpdesk", "reference": "c-1"});
        let late = json!({"text": "Wir kommen.", "author_name": "Anna", "written_at": "2026-11-20T11:00:00+01:00", "source": source});
        let first = say(late.clone()).await.expect(201);
        assert_eq!(say(late.clone()).await.expect(200).body, first.body, "once only");
        let now = agent.get(&at(&ticket)).send().await.expect(200);
        assert_eq!((&now["status"], &now["comment_count"], &now["answer_count"]), (&json!("open"), &json!(2), &json!(1)));
        assert_eq!((&now["first_response_minutes"], &now["first_response_breached"]), (&json!(600), &json!(true)));
        let other = open(&agent, &tickets, opened).await;
        let taken = agent.post(&format!("{}/comments", at(&other)), late).send().await.expect(409);
        assert_eq!(taken.faults()["/source/reference"], "taken");

        // Told late, but said before: it was the first answer.
        say(json!({"text": "Schon unterwegs.", "written_at": "2026-11-19T09:10:00+01:00"})).await.expect(201);
        let now = agent.get(&at(&ticket)).send().await.expect(200);
        assert_eq!((&now["first_response_minutes"], &now["first_response_breached"]), (&json!(10), &json!(false)));
        assert_eq!(now["answer_count"], 2);
        assert_eq!(say(json!({"text": "Nein", "written_at": "2026-11-19T08:59:59+01:00"})).await.expect(422).faults()["/written_at"], "before");
        let secret = json!({"text": "Nein", "author_side": "customer", "visibility": "internal"});
        assert_eq!(say(secret).await.expect(422).faults()["/visibility"], "unfitting");
        say(json!({"text": "\n "})).await.expect(422);

        let texts = async |query: &[(&str, &str)]| -> Vec<String> {
            let page = agent.get(&comments).query(query).send().await.expect(200);
            page.items().iter().filter_map(|comment| comment["text"].as_str().map(str::to_owned)).collect()
        };
        assert_eq!(texts(&[]).await, ["Schon unterwegs.", "Wir kommen.", "Rückfrage bei Werkstatt"]);
        assert_eq!(texts(&[("sort", "-written_at"), ("visibility", "public")]).await, ["Wir kommen.", "Schon unterwegs."]);
        assert_eq!(texts(&[("author_side", "customer")]).await, Vec::<String>::new());
        let page = agent.get(&comments).query(&[("limit", "2"), ("count", "exact")]).send().await.expect(200);
        assert_eq!((page.items().len(), &page["total"]), (2, &json!(3)));
        let next = page["next_cursor"].as_str().expect("a further page");
        assert_eq!(texts(&[("limit", "2"), ("cursor", next)]).await, ["Rückfrage bei Werkstatt"]);

        let one = format!("{comments}/{}", first.id());
        agent.call(reqwest::Method::PATCH, &one).json(json!({"text": "anders"})).send().await.expect(405);
        agent.delete(&one, "*").send().await.expect(405);
        agent.get(&format!("{}/comments/{}", at(&other), first.id())).send().await.expect(404);
        let stranger = app.user(Role::Agent, Visibility::Own).await;
        stranger.get(&comments).send().await.expect(404);
        stranger.get(&one).send().await.expect(404);
        stranger.post(&comments, json!({"text": "Hallo"})).send().await.expect(404);
        agent.delete(&at(&ticket), "*").send().await.expect(204);
        assert_eq!(say(json!({"text": "Zu spät"})).await.expect(409).code(), "archived");
        assert_eq!(texts(&[]).await.len(), 3, "what was said stays");
    }

    async fn only_what_comes_after_the_question_ends_the_waiting(app: TestApp) {
        let agent = app.agent().await;
        let ticket = open(&agent, &tickets(&agent).await, json!({"opened_at": "2026-11-18T09:00:00+01:00"})).await;
        step(&agent, &at(&ticket), "answer", json!({}), "18T10:00").await.expect(200);
        step(&agent, &at(&ticket), "answer", json!({}), "18T11:00").await.expect(200);
        step(&agent, &at(&ticket), "waiting", json!({}), "19T10:00").await.expect(200);
        let said = |day: u32| json!({"text": "Hallo?", "author_side": "customer", "written_at": berlin(day, 9, 0)});
        let comments = format!("{}/comments", at(&ticket));
        agent.post(&comments, said(19)).send().await.expect(201);
        assert_eq!(agent.get(&at(&ticket)).send().await.expect(200)["status"], "pending");
        agent.post(&comments, said(20)).send().await.expect(201);
        assert_eq!(agent.get(&at(&ticket)).send().await.expect(200)["status"], "open");
        let early = step(&agent, &at(&ticket), "resolution", json!({"resolution": "Gelöst"}), "20T08:59").await;
        assert_eq!(early.expect(422).faults()["/occurred_at"], "before");
        let resolved = step(&agent, &at(&ticket), "resolution", json!({"resolution": "Gelöst"}), "20T10:00").await;
        assert_eq!(resolved.expect(200)["resolved_on_first_contact"], false, "it took two answers");
    }
}
