//! Links between customers: what they may join, when they hold, and what both ends are told.

use futures_util::future::join_all;
use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use kundenhistorie::domain::relationship::RelationshipKind;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::chains::holds_together;
use crate::support::client::{Client, Reply};

const LINKS: &str = "/v1/relationships";
const NOBODY: &str = "019a0000-0000-7000-8000-00000000dead";

pub async fn company(client: &Client, name: &str) -> String {
    let body = json!({"kind": "company", "company": {"legal_name": name}});
    client.post("/v1/customers", body).send().await.expect(201).id()
}

pub async fn person(client: &Client, name: &str) -> String {
    let body = json!({"kind": "person", "person": {"family_name": name}});
    client.post("/v1/customers", body).send().await.expect(201).id()
}

/// A new link, with more members.
pub fn link(kind: &str, from: &str, to: &str, more: Value) -> Value {
    let mut body = json!({"type": kind, "from_customer_id": from, "to_customer_id": to});
    let more = more.as_object().cloned().unwrap_or_default();
    body.as_object_mut().expect("an object").extend(more);
    body
}

pub async fn create(client: &Client, kind: &str, from: &str, to: &str, more: Value) -> Reply {
    client.post(LINKS, link(kind, from, to, more)).send().await
}

async fn of_customer(client: &Client, id: &str, query: &[(&str, &str)]) -> Vec<Value> {
    let list = client.get(&format!("/v1/customers/{id}/relationships")).query(query);
    list.send().await.expect(200).items().to_vec()
}

async fn told(client: &Client, id: &str) -> Vec<Value> {
    let timeline = client.get(&format!("/v1/customers/{id}/timeline")).query(&[("sort", "occurred_at")]);
    let reply = timeline.send().await.expect(200);
    reply.items().iter().filter(|event| event["subject"]["type"] == "relationship").cloned().collect()
}

fn ids(items: &[Value]) -> Vec<&str> {
    let id = |item: &Value| item.get("relationship").unwrap_or(item)["id"].as_str().map(str::len);
    assert!(items.iter().all(|item| id(item) == Some(36)), "{items:?}");
    items.iter().filter_map(|item| item.get("relationship").unwrap_or(item)["id"].as_str()).collect()
}

both! {
    async fn a_link_is_read_from_both_ends(app: TestApp) {
        let agent = app.agent().await;
        let (person, company) = (person(&agent, "Öztürk").await, company(&agent, "Werft Nord GmbH").await);
        let more = json!({"role": "Einkauf", "buying_role": "decision_maker", "valid_from": "2022-04-01", "note": "Mo bis Do"});
        let made = create(&agent, "employee_of", &person, &company, more.clone()).await.expect(201);
        let at = format!("{LINKS}/{}", made.id());
        assert_eq!((made.header("location"), made.etag().as_str()), (Some(at.as_str()), "\"1\""));
        for (name, value) in more.as_object().expect("an object") {
            assert_eq!(&made[name.as_str()], value, "{name}");
        }
        let shown = json!({"id": company, "kind": "company", "display_name": "Werft Nord GmbH", "archived": false});
        assert_eq!((&made["to"], &made["from"]["display_name"]), (&shown, &json!("Öztürk")));
        assert_eq!(agent.get(&at).send().await.expect(200).body, made.body);
        agent.get(&at).header("if-none-match", made.etag()).send().await.expect(304);

        let seen = of_customer(&agent, &person, &[]).await;
        assert_eq!(seen.len(), 1);
        assert_eq!((&seen[0]["direction"], &seen[0]["other"]), (&json!("outgoing"), &shown));
        assert_eq!(seen[0]["words"], json!({"en": "employed by", "de": "angestellt bei"}));
        assert_eq!(seen[0]["relationship"], made.body);
        let seen = of_customer(&agent, &company, &[]).await;
        assert_eq!((&seen[0]["direction"], &seen[0]["other"]["id"]), (&json!("incoming"), &json!(person)));
        assert_eq!(seen[0]["words"], json!({"en": "employs", "de": "beschäftigt"}));

        let german = agent.speaking("de");
        let (first, second) = (told(&german, &person).await, told(&german, &company).await);
        assert_eq!(first[0]["title"], "Beziehung angelegt: angestellt bei Werft Nord GmbH (Einkauf)");
        assert_eq!(second[0]["title"], "Beziehung angelegt: beschäftigt Öztürk (Einkauf)");
        assert_eq!(told(&agent, &company).await[0]["title"], "Relationship created: employs Öztürk (Einkauf)");
        for event in [&first[0], &second[0]] {
            assert_eq!((&event["kind"], &event["category"]), (&json!("relationship.created"), &json!("master_data")));
        }
        holds_together(app.store()).await;
    }

    async fn each_type_joins_the_customers_it_is_made_for(app: TestApp) {
        let agent = app.agent().await;
        let mut customers = Vec::new();
        for name in ["A", "B"] {
            customers.push(("person", person(&agent, name).await));
            customers.push(("company", company(&agent, name).await));
        }
        for facts in RelationshipKind::ALL.iter().map(|kind| kind.facts()) {
            for (from_kind, from) in &customers {
                for (to_kind, to) in customers.iter().filter(|(_, to)| to != from) {
                    let reply = create(&agent, facts.name, from, to, json!({"valid_to": "2020-01-01"})).await;
                    let fits = (facts.from.contains(from_kind), facts.to.contains(to_kind));
                    let name = facts.name;
                    match fits {
                        // Of two ways round the second one may be the same, or a circle.
                        (true, true) => assert!(matches!(reply.status, 201 | 409 | 422), "{name}\n{reply}"),
                        _ => {
                            let faults = reply.expect(422);
                            let faults = faults.faults();
                            let wrong = Some(&"kind_mismatch");
                            assert_eq!(faults.get("/from_customer_id"), if fits.0 { None } else { wrong }, "{name}");
                            assert_eq!(faults.get("/to_customer_id"), if fits.1 { None } else { wrong }, "{name}");
                        }
                    }
                    if fits == (true, true) && from < to {
                        assert_eq!(create(&agent, name, from, to, json!({})).await.code(), "already_exists", "{name}");
                    }
                }
            }
        }
    }

    async fn what_does_not_fit_is_named(app: TestApp) {
        let agent = app.agent().await;
        let (person, company) = (person(&agent, "Öztürk").await, company(&agent, "Werft Nord GmbH").await);
        for (kind, from, to, more, pointer, code) in [
            ("partner_of", &company, &company, json!({}), "/to_customer_id", "with_itself"),
            ("partner_of", &company, &person, json!({"buying_role": "user"}), "/buying_role", "type_mismatch"),
            ("employee_of", &person, &company, json!({"primary": true}), "/primary", "type_mismatch"),
            ("employee_of", &person, &company, json!({"valid_from": "2026-02-01", "valid_to": "2026-01-31"}), "/valid_to", "before"),
            ("employee_of", &person, &company, json!({"valid_from": "2026-02-30"}), "/valid_from", "date"),
            ("employee_of", &person, &company, json!({"role": " "}), "/role", "pattern"),
            ("employee_of", &NOBODY.to_owned(), &company, json!({}), "/from_customer_id", "reference"),
            ("employee_of", &person, &NOBODY.to_owned(), json!({}), "/to_customer_id", "reference"),
        ] {
            let refused = create(&agent, kind, from, to, more).await.expect(422);
            assert_eq!(refused.faults().get(pointer), Some(&code), "{refused}");
        }
        agent.post(LINKS, link("friend_of", &person, &company, json!({}))).send().await.expect(422);
    }

    async fn the_same_link_is_made_once_for_a_time(app: TestApp) {
        let agent = app.agent().await;
        let (one, other) = (company(&agent, "Eins GmbH").await, company(&agent, "Zwei GmbH").await);
        let then = |first: &str, last: &str| json!({"valid_from": first, "valid_to": last});
        let first = create(&agent, "partner_of", &one, &other, then("2020-01-01", "2020-12-31")).await.expect(201);
        for (from, to) in [(&one, &other), (&other, &one)] {
            let again = create(&agent, "partner_of", from, to, then("2020-12-31", "2021-12-31")).await.expect(409);
            assert_eq!((again.code(), &again["existing_id"]), ("already_exists", &json!(first.id())));
        }
        let second = create(&agent, "partner_of", &other, &one, json!({"valid_from": "2021-01-01"})).await.expect(201);
        create(&agent, "competitor_of", &one, &other, json!({})).await.expect(201);
        // A change or a restoration does not get round the rule either.
        let at = format!("{LINKS}/{}", first.id());
        let longer = agent.patch(&at, "*", json!({"valid_to": null})).send().await.expect(409);
        assert_eq!(longer["existing_id"], second.id().as_str());
        agent.delete(&at, "*").send().await.expect(204);
        agent.patch(&format!("{LINKS}/{}", second.id()), "*", json!({"valid_from": null})).send().await.expect(200);
        let back = agent.call(reqwest::Method::POST, &format!("{at}/restoration")).send().await.expect(409);
        assert_eq!((back.code(), &back["existing_id"]), ("already_exists", &json!(second.id())));

        let (from, to) = (person(&agent, "Weber").await, company(&agent, "Drei GmbH").await);
        let calls = (0..10).map(|_| create(&agent, "employee_of", &from, &to, json!({})));
        let mut statuses: Vec<u16> = join_all(calls).await.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [vec![201], vec![409; 9]].concat());
        assert_eq!(told(&agent, &to).await.len(), 1);
    }

    async fn a_link_ends_and_is_known_to_have_held(app: TestApp) {
        let agent = app.agent().await;
        let someone = person(&agent, "Öztürk").await;
        let (old, new) = (company(&agent, "Alt GmbH").await, company(&agent, "Neu GmbH").await);
        let first = create(&agent, "employee_of", &someone, &old, json!({"valid_from": "2020-01-01"})).await.expect(201);
        let at = format!("{LINKS}/{}", first.id());
        let ending = |day: &str| json!({"ended_on": day, "reason": "Wechsel"});
        let to = format!("{at}/ending");
        let early = agent.post(&to, ending("2019-12-31")).send().await.expect(422);
        assert_eq!(early.faults().get("/ended_on"), Some(&"before"));
        agent.post(&to, ending("2024-06-30")).header("if-match", "\"9\"").send().await.expect(412);
        let ended = agent.post(&to, ending("2024-06-30")).header("if-match", first.etag()).send().await.expect(200);
        assert_eq!((&ended["valid_to"], &ended["end_reason"]), (&json!("2024-06-30"), &json!("Wechsel")));
        assert_ne!(ended["ended_at"], Value::Null);
        assert_eq!(agent.post(&to, ending("2024-07-31")).send().await.expect(409).code(), "wrong_state");
        let second = create(&agent, "employee_of", &someone, &new, json!({"valid_from": "2024-07-01"})).await.expect(201);

        for (day, expected) in [
            ("2019-12-31", vec![]),
            ("2020-01-01", vec![first.id()]),
            ("2024-06-30", vec![first.id()]),
            ("2024-07-01", vec![second.id()]),
        ] {
            assert_eq!(ids(&of_customer(&agent, &someone, &[("current_on", day)]).await), expected, "{day}");
        }
        assert_eq!(of_customer(&agent, &someone, &[]).await.len(), 2, "past ones are kept");
        for id in [&someone, &old] {
            let told = told(&agent, id).await;
            let ended: Vec<_> = told.iter().filter(|event| event["kind"] == "relationship.ended").collect();
            assert_eq!(ended.len(), 1);
            assert_eq!((&ended[0]["payload"]["ended_on"], &ended[0]["payload"]["reason"]), (&json!("2024-06-30"), &json!("Wechsel")));
        }
        let again = agent.patch(&at, &ended.etag(), json!({"valid_to": null})).send().await.expect(200);
        assert_eq!((&again["ended_at"], &again["end_reason"], &again["valid_to"]), (&Value::Null, &Value::Null, &Value::Null));
        holds_together(app.store()).await;
    }

    async fn a_link_is_changed_archived_and_restored(app: TestApp) {
        let agent = app.agent().await;
        let (person, company) = (person(&agent, "Öztürk").await, company(&agent, "Werft Nord GmbH").await);
        let made = create(&agent, "employee_of", &person, &company, json!({"role": "Einkauf"})).await.expect(201);
        let at = format!("{LINKS}/{}", made.id());
        agent.call(reqwest::Method::PATCH, &at).json(json!({"role": "x"})).send().await.expect(428);
        let changed = agent.patch(&at, &made.etag(), json!({"role": "Leitung", "buying_role": "management"})).send().await.expect(200);
        assert_eq!((&changed["version"], &changed["role"]), (&json!(2), &json!("Leitung")));
        let stale = agent.patch(&at, &made.etag(), json!({"role": "x"})).send().await.expect(412);
        let differences: Vec<_> = stale["differences"].as_array().expect("a list").iter().map(|it| it["pointer"].clone()).collect();
        assert_eq!((&stale["current_version"], differences.len()), (&json!(2), 2), "{stale}");
        let same = agent.patch(&at, &changed.etag(), changed.body.clone()).send().await.expect(200);
        assert_eq!(same.body, changed.body, "what was read can be sent back");
        for fixed in [json!({"type": "referred_by"}), json!({"to_customer_id": person}), json!({"version": 9})] {
            agent.patch(&at, "*", fixed).send().await.expect(422);
        }
        let cleared = agent.patch(&at, &changed.etag(), json!({"buying_role": null})).send().await.expect(200);
        assert_eq!(cleared["buying_role"], Value::Null);
        let last = told(&agent, &person).await.pop().expect("an event");
        assert_eq!((&last["kind"], &last["payload"]["version"]), (&json!("relationship.updated"), &json!(3)));
        assert_eq!(last["payload"]["changes"][0]["field"], "buying_role");

        agent.call(reqwest::Method::POST, &format!("{at}/restoration")).send().await.expect(409);
        agent.delete(&at, &cleared.etag()).send().await.expect(204);
        assert!(of_customer(&agent, &company, &[]).await.is_empty());
        assert_eq!(of_customer(&agent, &company, &[("archived", "only")]).await.len(), 1);
        for refused in [agent.patch(&at, "*", json!({"role": "x"})), agent.delete(&at, "*"), agent.post(&format!("{at}/ending"), json!({"ended_on": "2027-01-01"}))] {
            assert_eq!(refused.send().await.expect(409).code(), "archived");
        }
        let back = agent.call(reqwest::Method::POST, &format!("{at}/restoration")).send().await.expect(200);
        assert_eq!((&back["archived_at"], &back["version"]), (&Value::Null, &json!(5)));
        for id in [&person, &company] {
            let kinds: Vec<_> = told(&agent, id).await.iter().map(|event| event["kind"].clone()).collect();
            let happened = ["created", "updated", "updated", "archived", "restored"];
            assert_eq!(kinds, happened.map(|what| json!(format!("relationship.{what}"))));
        }
        let etag = agent.get(&format!("/v1/customers/{company}")).send().await.expect(200).etag();
        agent.delete(&format!("/v1/customers/{company}"), &etag).send().await.expect(204);
        assert_eq!(of_customer(&agent, &person, &[]).await[0]["other"]["archived"], true);
        let refused = create(&agent, "contact_person_of", &person, &company, json!({})).await.expect(409);
        assert_eq!(refused.code(), "archived");
    }

    async fn one_contact_person_is_the_primary_one(app: TestApp) {
        let agent = app.agent().await;
        let firm = company(&agent, "Werft Nord GmbH").await;
        let (first, second) = (person(&agent, "Eins").await, person(&agent, "Zwei").await);
        let primary = || json!({"primary": true});
        let one = create(&agent, "contact_person_of", &first, &firm, primary()).await.expect(201);
        let two = create(&agent, "contact_person_of", &second, &firm, primary()).await.expect(201);
        let marked = || async { ids(&of_customer(&agent, &firm, &[("primary", "true")]).await).iter().map(|id| (*id).to_owned()).collect::<Vec<_>>() };
        assert_eq!(marked().await, [two.id()]);
        let moved = told(&agent, &first).await.pop().expect("an event");
        assert_eq!((&moved["kind"], &moved["payload"]["primary_moved_to"]), (&json!("relationship.updated"), &json!(two.id())));
        assert_eq!(told(&agent, &firm).await.len(), 3);
        let at = format!("{LINKS}/{}", one.id());
        agent.patch(&at, &one.etag(), json!({"primary": true})).send().await.expect(412);
        agent.patch(&at, "*", json!({"primary": true})).send().await.expect(200);
        assert_eq!(marked().await, [one.id()]);
        // Whoever comes back finds the mark where it is now.
        agent.delete(&at, "*").send().await.expect(204);
        agent.patch(&format!("{LINKS}/{}", two.id()), "*", json!({"primary": true})).send().await.expect(200);
        let back = agent.call(reqwest::Method::POST, &format!("{at}/restoration")).send().await.expect(200);
        assert_eq!(back["primary"], false);
        assert_eq!(marked().await, [two.id()]);
        // One after another is not at the same time.
        let past = person(&agent, "Früher").await;
        let before = json!({"primary": true, "valid_to": "2019-12-31"});
        agent.patch(&format!("{LINKS}/{}", two.id()), "*", json!({"valid_from": "2020-01-01"})).send().await.expect(200);
        create(&agent, "contact_person_of", &past, &firm, before).await.expect(201);
        assert_eq!(marked().await.len(), 2);

        let long_ago = person(&agent, "Lange her").await;
        agent.patch(&format!("{LINKS}/{}", two.id()), "*", json!({"valid_from": null})).send().await.expect(200);
        let mark = json!({"primary": true, "valid_from": "2010-01-01", "valid_to": "2012-12-31"});
        let ended = create(&agent, "contact_person_of", &long_ago, &firm, mark).await.expect(201);
        assert_eq!(ended["primary"], true, "it was so then");
        let now = of_customer(&agent, &firm, &[("primary", "true"), ("current_on", "2026-11-22")]).await;
        assert_eq!(ids(&now), [two.id()], "and is not so now");

        let mut people = Vec::new();
        for number in 0..8 {
            people.push(person(&agent, &format!("Person {number}")).await);
        }
        let calls = people.iter().map(|id| create(&agent, "contact_person_of", id, &firm, primary()));
        assert!(join_all(calls).await.iter().all(|reply| reply.status == 201));
        let now = of_customer(&agent, &firm, &[("primary", "true"), ("current_on", "2026-11-22")]).await;
        assert_eq!(now.len(), 1, "{now:?}");
        holds_together(app.store()).await;
    }

    async fn lists_are_filtered_sorted_and_paged(app: TestApp) {
        let agent = app.agent().await;
        let firm = company(&agent, "Werft Nord GmbH").await;
        let parent = company(&agent, "Holding AG").await;
        let mut made = Vec::new();
        for (number, role) in ["user", "user", "gatekeeper"].into_iter().enumerate() {
            let someone = person(&agent, &format!("Person {number}")).await;
            let more = json!({"buying_role": role, "valid_from": format!("202{number}-01-01")});
            made.push((create(&agent, "employee_of", &someone, &firm, more).await.expect(201).id(), someone));
            app.advance(1);
        }
        let up = create(&agent, "subsidiary_of", &firm, &parent, json!({})).await.expect(201).id();
        let id = |at: usize| made[at].0.as_str();
        for (query, expected) in [
            (vec![("sort", "created_at")], vec![id(0), id(1), id(2), up.as_str()]),
            (vec![], vec![up.as_str(), id(2), id(1), id(0)]),
            (vec![("sort", "-valid_from")], vec![id(2), id(1), id(0), up.as_str()]),
            (vec![("direction", "outgoing")], vec![up.as_str()]),
            (vec![("direction", "incoming"), ("sort", "valid_from")], vec![id(0), id(1), id(2)]),
            (vec![("type", "subsidiary_of"), ("type", "partner_of")], vec![up.as_str()]),
            (vec![("buying_role", "gatekeeper")], vec![id(2)]),
            (vec![("other_customer_id", made[1].1.as_str())], vec![id(1)]),
            (vec![("current_on", "2020-12-31"), ("type", "employee_of")], vec![id(0)]),
            (vec![("primary", "true")], vec![]),
        ] {
            assert_eq!(ids(&of_customer(&agent, &firm, &query).await), expected, "{query:?}");
        }
        let list = |query: Vec<(&'static str, String)>| {
            let agent = &agent;
            async move {
                let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
                agent.get(LINKS).query(&query).send().await.expect(200)
            }
        };
        assert_eq!(ids(list(vec![("customer_id", made[0].1.clone()), ("customer_id", parent.clone()), ("sort", "created_at".into())]).await.items()), [id(0), &up]);
        for sort in ["valid_from", "-valid_from", "type,-valid_to", "-created_at"] {
            let whole = list(vec![("sort", sort.into())]).await;
            let mut seen = Vec::new();
            let mut query = vec![("sort", sort.to_owned()), ("limit", "1".to_owned())];
            loop {
                let page = list(query.clone()).await;
                seen.extend(page.items().iter().cloned());
                let Some(next) = page["next_cursor"].as_str() else { break };
                query.truncate(2);
                query.push(("cursor", next.to_owned()));
            }
            assert_eq!(seen, whole.items(), "{sort}");
        }
        for wrong in [("current_on", "heute"), ("sort", "role"), ("direction", "inbound")] {
            agent.get(&format!("/v1/customers/{firm}/relationships")).query(&[wrong]).send().await.expect(400);
        }
    }

    async fn links_are_seen_by_those_who_see_both_ends(app: TestApp) {
        let agent = app.agent().await;
        let stranger = app.user(Role::Admin, Visibility::Own).await;
        let (own, other) = (company(&stranger, "Eigene GmbH").await, company(&stranger, "Andere GmbH").await);
        let foreign = company(&agent, "Fremde GmbH").await;
        let hidden = create(&agent, "partner_of", &own, &foreign, json!({})).await.expect(201).id();
        let shown = create(&agent, "partner_of", &own, &other, json!({})).await.expect(201).id();
        assert_eq!(of_customer(&agent, &own, &[]).await.len(), 2);
        assert_eq!(ids(&of_customer(&stranger, &own, &[]).await), [shown.as_str()]);
        assert_eq!(ids(stranger.get(LINKS).send().await.expect(200).items()), [shown.as_str()]);
        let at = format!("{LINKS}/{hidden}");
        stranger.get(&at).send().await.expect(404);
        stranger.patch(&at, "*", json!({"note": "x"})).send().await.expect(404);
        stranger.delete(&at, "*").send().await.expect(404);
        stranger.post(&format!("{at}/ending"), json!({"ended_on": "2026-01-01"})).send().await.expect(404);
        stranger.get(&format!("/v1/customers/{foreign}/relationships")).send().await.expect(404);
        let refused = create(&stranger, "referred_by", &own, &foreign, json!({})).await.expect(422);
        assert_eq!(refused.faults().get("/to_customer_id"), Some(&"reference"));
        for role in [Role::ReadOnly, Role::Auditor, Role::Privacy] {
            let client = app.as_role(role).await;
            assert_eq!(of_customer(&client, &own, &[]).await.len(), 2);
            create(&client, "referred_by", &own, &foreign, json!({})).await.expect(403);
        }
    }

    async fn the_same_reference_makes_one_link(app: TestApp) {
        let agent = app.agent().await;
        let (one, other) = (company(&agent, "Eins GmbH").await, company(&agent, "Zwei GmbH").await);
        let more = || json!({"source": {"system": "crm", "reference": "R-1"}, "external_ids": [{"system": "crm", "id": "1"}]});
        let first = create(&agent, "partner_of", &one, &other, more()).await.expect(201);
        assert_eq!(first["source"], json!({"system": "crm", "reference": "R-1"}));
        let again = create(&agent, "partner_of", &one, &other, more()).await.expect(200);
        assert_eq!(again.body, first.body);
        assert_eq!(create(&agent, "partner_of", &other, &one, more()).await.expect(409).code(), "already_exists");
        let taken = json!({"external_ids": [{"system": "crm", "id": "1"}]});
        let refused = create(&agent, "referred_by", &one, &other, taken).await.expect(409);
        assert_eq!((refused.faults().get("/external_ids/0"), &refused["existing_id"]), (Some(&"taken"), &json!(first.id())));
        let body = link("referred_by", &one, &other, json!({}));
        let call = || agent.post(LINKS, body.clone()).header("idempotency-key", "einmal");
        let made = call().send().await.expect(201);
        let replayed = call().send().await.expect(201);
        assert_eq!((made.body, replayed.header("idempotent-replayed")), (replayed.body.clone(), Some("true")));
        assert_eq!(told(&agent, &one).await.len(), 2);
    }
}
