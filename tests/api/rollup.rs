//! The histories of customers who belong together, read as one.

use std::collections::BTreeSet;

use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::instant::Instant;
use kundenhistorie::domain::permission::Role;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::Client;

async fn company(client: &Client, name: &str) -> String {
    let body = json!({"kind": "company", "company": {"legal_name": name}});
    client.post("/v1/customers", body).send().await.expect(201).id()
}

async fn person(client: &Client, name: &str) -> String {
    let body = json!({"kind": "person", "person": {"family_name": name}});
    client.post("/v1/customers", body).send().await.expect(201).id()
}

async fn link(client: &Client, kind: &str, from: &str, to: &str, days: Value) -> String {
    let mut body = json!({"type": kind, "from_customer_id": from, "to_customer_id": to});
    body.as_object_mut().expect("an object").extend(days.as_object().cloned().unwrap_or_default());
    client.post("/v1/relationships", body).send().await.expect(201).id()
}

async fn log(client: &Client, id: &str, at: &str) {
    let call = json!({"kind": "call", "direction": "inbound", "subject": at, "occurred_at": at});
    client.post(&format!("/v1/customers/{id}/interactions"), call).send().await.expect(201);
}

/// Whose calls are shown, with their subjects, in the order of the pages.
async fn calls(client: &Client, id: &str, include: &str, sort: &str, limit: &str) -> Vec<(String, String)> {
    let page = async |cursor: &str| {
        let mut query = vec![("kind", "call.logged"), ("include", include), ("sort", sort), ("limit", limit)];
        if !cursor.is_empty() {
            query.push(("cursor", cursor));
        }
        let page = client.get(&format!("/v1/customers/{id}/timeline")).query(&query).send().await.expect(200);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let calls = page.items().iter().map(|event| (text(&event["customer_id"]), text(&event["occurred_at"])));
        (calls.collect::<Vec<_>>(), text(&page["next_cursor"]), text(&page["prev_cursor"]))
    };
    let (mut seen, mut next, _) = page("").await;
    let first = seen.len();
    while !next.is_empty() {
        let (calls, behind, before) = page(&next).await;
        // Going back one page leads to the one that was left.
        let (back, ..) = page(&before).await;
        assert!(seen.ends_with(&back) && back.len() == first, "{back:?} is not the end of {seen:?}");
        seen.extend(calls);
        next = behind;
    }
    seen
}

fn whose(calls: &[(String, String)]) -> BTreeSet<&str> {
    calls.iter().map(|(id, _)| id.as_str()).collect()
}

both! {
    async fn a_company_is_read_with_its_people_and_subsidiaries_while_they_belonged_to_it(app: TestApp) {
        let agent = app.agent().await;
        let (holding, plant) = (company(&agent, "Holding AG").await, company(&agent, "Werk GmbH").await);
        let (buyer, worker, other) = (person(&agent, "Öz").await, person(&agent, "Yılmaz").await, person(&agent, "Fremd").await);
        link(&agent, "subsidiary_of", &plant, &holding, json!({"valid_from": "2022-01-01"})).await;
        link(&agent, "employee_of", &buyer, &holding, json!({"valid_from": "2020-01-01", "valid_to": "2021-12-31"})).await;
        link(&agent, "contact_person_of", &buyer, &holding, json!({"valid_from": "2024-01-01"})).await;
        link(&agent, "employee_of", &worker, &plant, json!({"valid_from": "2020-01-01"})).await;
        link(&agent, "partner_of", &other, &holding, json!({})).await;
        for year in 2019..=2025 {
            for id in [&holding, &plant, &buyer, &worker, &other] {
                log(&agent, id, &format!("{year}-12-31T23:00:00Z")).await;
            }
        }
        let years = |calls: &[(String, String)], id: &str| -> Vec<String> {
            calls.iter().filter(|(whose, _)| whose == id).map(|(_, at)| at[..4].to_owned()).collect()
        };
        let alone = calls(&agent, &holding, "household", "occurred_at", "200").await;
        assert_eq!(whose(&alone), BTreeSet::from([holding.as_str()]));
        let people = calls(&agent, &holding, "people", "occurred_at", "200").await;
        assert_eq!(whose(&people), BTreeSet::from([holding.as_str(), buyer.as_str()]));
        assert_eq!(years(&people, &buyer), ["2020", "2021", "2024", "2025"], "while there was a link");
        let all = calls(&agent, &holding, "people,subsidiaries", "occurred_at", "200").await;
        assert_eq!(whose(&all), BTreeSet::from([holding.as_str(), buyer.as_str(), plant.as_str(), worker.as_str()]));
        assert_eq!(years(&all, &plant), ["2022", "2023", "2024", "2025"]);
        assert_eq!(years(&all, &worker), ["2022", "2023", "2024", "2025"], "while the plant belonged to the holding");
        assert_eq!(years(&all, &holding).len(), 7);

        for limit in ["1", "3"] {
            assert_eq!(calls(&agent, &holding, "people,subsidiaries", "occurred_at", limit).await, all);
            let mut newest_first = calls(&agent, &holding, "people,subsidiaries", "-occurred_at", limit).await;
            newest_first.reverse();
            assert_eq!(newest_first, all);
        }
        let counted = agent.get(&format!("/v1/customers/{holding}/timeline?kind=call.logged&include=people&count=exact"));
        assert_eq!(counted.send().await.expect(200)["total"], people.len());
        agent.get(&format!("/v1/customers/{holding}/timeline?include=friends")).send().await.expect(400);
    }

    async fn as_many_are_read_as_there_may_be(app: TestApp) {
        let agent = app.agent().await;
        let firm = company(&agent, "Werft Nord GmbH").await;
        // The company itself is one of them.
        for number in 0..399 {
            let worker = person(&agent, &format!("Nummer {number}")).await;
            link(&agent, "employee_of", &worker, &firm, json!({})).await;
        }
        let timeline = format!("/v1/customers/{firm}/timeline?include=people&kind=customer.created&limit=200");
        let page = agent.get(&timeline).query(&[("count", "exact")]).send().await.expect(200);
        assert_eq!((page.items().len(), &page["total"]), (200, &json!(400)));
        let worker = person(&agent, "Eine zu viel").await;
        link(&agent, "employee_of", &worker, &firm, json!({})).await;
        let refused = agent.get(&timeline).send().await.expect(400);
        assert_eq!(refused.faults().get("include"), Some(&"too_many_items"));
    }

    async fn every_page_is_a_part_of_the_whole(app: TestApp) {
        let agent = app.agent().await;
        let firm = company(&agent, "Werft Nord GmbH").await;
        for number in 0..16 {
            let worker = person(&agent, &format!("Nummer {number}")).await;
            let days = if number % 5 == 0 { json!({"valid_to": "2026-11-10"}) } else { json!({}) };
            link(&agent, "employee_of", &worker, &firm, days).await;
            // Some happened at the same moment as another's.
            for day in [1 + number / 3, 9, 12 + number % 4] {
                log(&agent, &worker, &format!("2026-11-{day:02}T08:00:00Z")).await;
            }
            // Some have far more than others.
            for hour in 8..8 + 6 * usize::from(number % 6 == 2) {
                log(&agent, &worker, &format!("2026-11-16T{hour:02}:00:00Z")).await;
            }
            if number % 4 == 0 {
                let newest = format!("/v1/customers/{worker}/timeline?kind=call.logged&limit=1");
                let newest = agent.get(&newest).send().await.expect(200).items()[0]["id"].as_str().expect("an id").to_owned();
                let corrected = json!({"summary": "Verwählt", "reason": "irrtümlich"});
                let path = format!("/v1/customers/{worker}/timeline/{newest}/corrections");
                agent.post(&path, corrected).send().await.expect(201);
            }
        }
        let timeline = format!("/v1/customers/{firm}/timeline?include=people");
        let read = async |query: &str, limit: usize| {
            let (mut ids, mut pages, mut next) = (Vec::new(), Vec::new(), String::new());
            loop {
                let page = agent.get(&format!("{timeline}&{query}&limit={limit}{next}")).send().await.expect(200);
                let page_ids: Vec<Value> = page.items().iter().map(|event| event["id"].clone()).collect();
                ids.extend(page_ids.clone());
                if let (Some(previous), Some(before)) = (page["prev_cursor"].as_str(), pages.last()) {
                    let back = format!("{timeline}&{query}&limit={limit}&cursor={previous}");
                    let back = agent.get(&back).send().await.expect(200);
                    assert_eq!(&back.items().iter().map(|event| event["id"].clone()).collect::<Vec<_>>(), before);
                }
                pages.push(page_ids);
                match page["next_cursor"].as_str() {
                    Some(cursor) => next = format!("&cursor={cursor}"),
                    None => return ids,
                }
            }
        };
        for query in ["sort=-occurred_at", "sort=occurred_at", "sort=-occurred_at&as_of=2026-11-13T09:00:00Z&known_at=2030-01-01T00:00:00Z"] {
            let whole = read(query, 200).await;
            assert!(whole.len() > 30, "{query}: {}", whole.len());
            for limit in [1, 2, 3, 5, 7] {
                assert_eq!(read(query, limit).await, whole, "{query}, {limit} a page");
            }
        }
    }

    async fn pages_are_whole_however_much_of_the_newest_is_left_out(app: TestApp) {
        let agent = app.agent().await;
        let firm = company(&agent, "Werft Nord GmbH").await;
        let mut people = Vec::new();
        for number in 0..7 {
            let worker = person(&agent, &format!("Nummer {number}")).await;
            link(&agent, "employee_of", &worker, &firm, json!({})).await;
            people.push(worker);
        }
        let mut expected = Vec::new();
        for step in 0..40_usize {
            app.advance(10);
            // Some have been quiet for long, and of some the newest is no call.
            let id = &people[(step * step / 3) % people.len()];
            let now = app.system().clock.now().to_string();
            if step % 5 < 2 {
                log(&agent, id, &now).await;
                expected.push((id.clone(), now));
            } else {
                let note = json!({"kind": "note", "subject": "Notiz", "occurred_at": now});
                agent.post(&format!("/v1/customers/{id}/interactions"), note).send().await.expect(201);
            }
        }
        for limit in ["1", "2", "3", "5", "200"] {
            assert_eq!(calls(&agent, &firm, "people", "occurred_at", limit).await, expected, "{limit}");
            let newest_first: Vec<_> = expected.iter().rev().cloned().collect();
            assert_eq!(calls(&agent, &firm, "people", "-occurred_at", limit).await, newest_first, "{limit}");
        }
    }

    async fn a_household_is_read_from_any_member(app: TestApp) {
        let agent = app.agent().await;
        let (mother, father, child) = (person(&agent, "A").await, person(&agent, "B").await, person(&agent, "C").await);
        link(&agent, "household_member_of", &mother, &father, json!({"valid_from": "2020-01-01"})).await;
        link(&agent, "household_member_of", &child, &mother, json!({"valid_from": "2023-01-01"})).await;
        for id in [&mother, &father, &child] {
            log(&agent, id, "2021-05-05T12:00:00Z").await;
            log(&agent, id, "2024-05-05T12:00:00Z").await;
        }
        for id in [&mother, &father, &child] {
            let seen = calls(&agent, id, "household", "-occurred_at", "200").await;
            assert_eq!(whose(&seen).len(), 3);
        }
        let of_father = calls(&agent, &father, "household", "occurred_at", "200").await;
        assert_eq!(of_father.iter().filter(|(id, _)| *id == child).count(), 1, "not before the child came");
    }

    async fn whom_the_caller_may_not_see_is_left_out(app: TestApp) {
        let admin = app.admin().await;
        let seller = app.user(Role::Agent, Visibility::Own).await;
        let (own, hidden) = (company(&seller, "Sichtbar GmbH").await, person(&admin, "Verborgen").await);
        link(&admin, "employee_of", &hidden, &own, json!({})).await;
        for id in [&own, &hidden] {
            log(&admin, id, "2024-05-05T12:00:00Z").await;
        }
        assert_eq!(whose(&calls(&admin, &own, "people", "occurred_at", "200").await).len(), 2);
        assert_eq!(whose(&calls(&seller, &own, "people", "occurred_at", "200").await), BTreeSet::from([own.as_str()]));
        seller.get(&format!("/v1/customers/{hidden}/timeline?include=people")).send().await.expect(404);
        let past = Instant::from_micros(app.system().clock.now().micros() + 1);
        let query = format!("/v1/customers/{own}/timeline?include=people&as_of={past}");
        assert!(!admin.get(&query).send().await.expect(200).items().is_empty(), "both can be asked at once");
    }

    async fn links_of_the_past_are_those_known_then(app: TestApp) {
        let agent = app.agent().await;
        let (firm, anna) = (company(&agent, "Werft Nord GmbH").await, person(&agent, "Anna").await);
        log(&agent, &anna, "2026-11-20T08:00:00Z").await;
        app.advance(10);
        let before = app.system().clock.now();
        app.advance(10);
        link(&agent, "employee_of", &anna, &firm, json!({"valid_from": "2020-01-01"})).await;
        let learned = app.system().clock.now();
        let timeline = |query: &str| format!("/v1/customers/{firm}/timeline?include=people&kind=call.logged&{query}");
        let found = async |query: &str| agent.get(&timeline(query)).send().await.expect(200).items().len();
        assert_eq!(found(&format!("as_of={before}")).await, 0, "nobody knew of the link");
        assert_eq!(found(&format!("as_of={learned}")).await, 1);
        let links = async |query: &str| {
            let path = format!("/v1/customers/{firm}/relationships?{query}");
            agent.get(&path).send().await.expect(200).items().len()
        };
        assert_eq!(links(&format!("as_of={before}")).await, 0);
        assert_eq!(links(&format!("as_of=2021-01-01T00:00:00Z&known_at={learned}")).await, 1, "it is known to have held");
    }

    async fn what_happened_with_a_record_is_found_whosever_it_is(app: TestApp) {
        let agent = app.agent().await;
        let (home, buyer, worker) = (company(&agent, "Werk GmbH").await, person(&agent, "Öz").await, person(&agent, "Yılmaz").await);
        for who in [&buyer, &worker] {
            link(&agent, "employee_of", who, &home, json!({})).await;
            log(&agent, who, "2024-05-01T10:00:00Z").await;
        }
        let ticket = agent.post(&format!("/v1/customers/{buyer}/tickets"), json!({"subject": "Kein Strom"})).send().await.expect(201).id();
        agent.post(&format!("/v1/tickets/{ticket}/acceptance"), json!({})).send().await.expect(200);
        let told = async |include: &str, limit: &str| {
            let query = [("subject_id", ticket.as_str()), ("include", include), ("limit", limit), ("count", "exact")];
            let query = if include.is_empty() { &query[..1] } else { &query };
            let page = agent.get(&format!("/v1/customers/{home}/timeline")).query(query).send().await.expect(200);
            let kinds = page.items().iter().filter_map(|event| event["kind"].as_str().map(str::to_owned)).collect::<Vec<_>>();
            (kinds, page["total"].clone())
        };
        assert_eq!(told("people", "50").await, (vec!["ticket.accepted".to_owned(), "ticket.created".to_owned()], json!(2)));
        assert_eq!(told("people", "1").await, (vec!["ticket.accepted".to_owned()], json!(2)));
        assert_eq!(told("subsidiaries", "50").await, (vec![], json!(0)));
        assert!(told("", "50").await.0.is_empty());
    }
}
