//! Trees of companies and households.

use futures_util::future::join_all;
use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use kundenhistorie::domain::relationship::LEVELS_MAX;
use serde_json::{Value, json};

use crate::relationships::{company, create, person};
use crate::support::app::TestApp;
use crate::support::both;
use crate::support::chains::holds_together;
use crate::support::client::{Client, Reply};

async fn tree(client: &Client, id: &str, query: &[(&str, &str)]) -> Reply {
    client.get(&format!("/v1/customers/{id}/company-tree")).query(query).send().await
}

/// Each company of a tree: how deep, and below which one.
fn places(tree: &Reply) -> Vec<(String, i64, Value)> {
    let nodes = tree["nodes"].as_array().expect("a list").iter();
    let place = |node: &Value| {
        let id = node["customer"]["id"].as_str().expect("an id").to_owned();
        (id, node["depth"].as_i64().expect("a depth"), node["parent_id"].clone())
    };
    nodes.map(place).collect()
}

async fn companies(client: &Client, count: usize) -> Vec<String> {
    let mut all = Vec::new();
    for number in 0..count {
        all.push(company(client, &format!("Firma {number} GmbH")).await);
    }
    all
}

both! {
    async fn the_whole_tree_is_read_from_any_of_its_companies(app: TestApp) {
        let agent = app.agent().await;
        let all = companies(&agent, 6).await;
        // 0 is the top of 1 and 2, 1 of 3 and 4; 5 stands alone.
        for (child, parent) in [(1, 0), (2, 0), (3, 1), (4, 1)] {
            create(&agent, "subsidiary_of", &all[child], &all[parent], json!({})).await.expect(201);
        }
        let at = |child: usize, depth: i64, parent: usize| (all[child].clone(), depth, json!(all[parent]));
        let expected = [(all[0].clone(), 0, Value::Null), at(1, 1, 0), at(2, 1, 0), at(3, 2, 1), at(4, 2, 1)];
        for id in &all[..5] {
            assert_eq!(places(&tree(&agent, id, &[]).await.expect(200)), expected);
        }
        let leaf = tree(&agent, &all[4], &[]).await.expect(200);
        assert_eq!((&leaf["ancestor_ids"], &leaf["truncated"]), (&json!([all[0], all[1]]), &json!(false)));
        assert_eq!(leaf["current_on"], "2026-11-22");
        let alone = tree(&agent, &all[5], &[]).await.expect(200);
        assert_eq!((places(&alone).len(), &alone["ancestor_ids"]), (1, &json!([])));
        tree(&agent, &all[0], &[("current_on", "gestern")]).await.expect(400);
    }

    async fn a_company_has_one_parent_at_a_time(app: TestApp) {
        let agent = app.agent().await;
        let all = companies(&agent, 3).await;
        let first = create(&agent, "subsidiary_of", &all[0], &all[1], json!({"valid_to": "2020-12-31"})).await.expect(201);
        let overlapping = create(&agent, "subsidiary_of", &all[0], &all[2], json!({"valid_from": "2020-12-31"})).await.expect(422);
        assert_eq!(overlapping.faults().get("/to_customer_id"), Some(&"one_parent"));
        assert_eq!(overlapping["existing_id"], first.id().as_str());
        create(&agent, "subsidiary_of", &all[0], &all[2], json!({"valid_from": "2021-01-01"})).await.expect(201);
        let then = tree(&agent, &all[0], &[("current_on", "2020-06-01")]).await.expect(200);
        assert_eq!(then["ancestor_ids"], json!([all[1]]));
        assert_eq!(tree(&agent, &all[0], &[]).await.expect(200)["ancestor_ids"], json!([all[2]]));
        // The parent of before may become a child afterwards, and not while it is the parent.
        let circle = create(&agent, "subsidiary_of", &all[1], &all[0], json!({})).await.expect(422);
        assert_eq!(circle.faults().get("/to_customer_id"), Some(&"circle"));
        create(&agent, "subsidiary_of", &all[1], &all[0], json!({"valid_from": "2021-01-01"})).await.expect(201);
        let longer = agent.patch(&format!("/v1/relationships/{}", first.id()), "*", json!({"valid_to": "2021-01-01"}));
        longer.send().await.expect(422);
    }

    async fn no_company_becomes_its_own_parent(app: TestApp) {
        let agent = app.agent().await;
        let all = companies(&agent, 4).await;
        for (child, parent) in [(0, 1), (1, 2), (2, 3)] {
            create(&agent, "subsidiary_of", &all[child], &all[parent], json!({})).await.expect(201);
        }
        let refused = create(&agent, "subsidiary_of", &all[3], &all[0], json!({})).await.expect(422);
        assert_eq!(refused.faults().get("/to_customer_id"), Some(&"circle"));
        // An archived link is no link; coming back it would close the circle.
        let link = tree(&agent, &all[3], &[]).await.expect(200);
        let link = link.at("/nodes/1/relationship_id").as_str().expect("a link").to_owned();
        agent.delete(&format!("/v1/relationships/{link}"), "*").send().await.expect(204);
        create(&agent, "subsidiary_of", &all[3], &all[0], json!({})).await.expect(201);
        let restoration = format!("/v1/relationships/{link}/restoration");
        let back = agent.call(reqwest::Method::POST, &restoration).send().await.expect(422);
        assert_eq!(back.faults().get("/to_customer_id"), Some(&"circle"));
    }

    async fn writers_at_the_same_time_close_no_circle(app: TestApp) {
        let agent = app.agent().await;
        for _ in 0..5 {
            let all = companies(&agent, 4).await;
            let (ours, theirs) = (&agent, &agent);
            let opposite = [create(ours, "subsidiary_of", &all[0], &all[1], json!({})), create(theirs, "subsidiary_of", &all[1], &all[0], json!({}))];
            let made = join_all(opposite).await.iter().filter(|reply| reply.status == 201).count();
            assert_eq!(made, 1);
            // Links without a customer in common close a circle as well.
            let all = companies(&agent, 4).await;
            create(&agent, "subsidiary_of", &all[0], &all[1], json!({})).await.expect(201);
            create(&agent, "subsidiary_of", &all[2], &all[3], json!({})).await.expect(201);
            let closing = [create(ours, "subsidiary_of", &all[1], &all[2], json!({})), create(theirs, "subsidiary_of", &all[3], &all[0], json!({}))];
            let made = join_all(closing).await.iter().filter(|reply| reply.status == 201).count();
            assert_eq!(made, 1);
        }
        holds_together(app.store()).await;
    }

    async fn a_tree_has_only_so_many_levels(app: TestApp) {
        let agent = app.agent().await;
        let all = companies(&agent, LEVELS_MAX + 1).await;
        let half = LEVELS_MAX / 2;
        for (at, pair) in all.windows(2).enumerate() {
            if at + 1 != half {
                create(&agent, "subsidiary_of", &pair[1], &pair[0], json!({})).await.expect(201);
            }
        }
        // The two parts together have one level too many.
        let joined = create(&agent, "subsidiary_of", &all[half], &all[half - 1], json!({})).await.expect(422);
        assert_eq!(joined.faults().get("/to_customer_id"), Some(&"too_deep"));
        let one_up = create(&agent, "subsidiary_of", &all[half], &all[half - 2], json!({})).await.expect(201);
        let deepest = tree(&agent, &all[LEVELS_MAX], &[]).await.expect(200);
        assert_eq!(deepest["ancestor_ids"].as_array().map(Vec::len), Some(LEVELS_MAX - 1));
        assert_eq!(places(&deepest).len(), LEVELS_MAX + 1);
        assert_eq!(one_up["to"]["id"], all[half - 2].as_str());
    }

    async fn only_what_one_may_see_is_in_the_tree(app: TestApp) {
        let agent = app.agent().await;
        let stranger = app.user(Role::Admin, Visibility::Own).await;
        let own = companies(&stranger, 3).await;
        let foreign = companies(&agent, 2).await;
        // A foreign top; below it one of their own with one below; and one of their own below a foreign one.
        for (child, parent) in [(&own[0], &foreign[0]), (&own[1], &own[0]), (&foreign[1], &own[0]), (&own[2], &foreign[1])] {
            create(&agent, "subsidiary_of", child, parent, json!({})).await.expect(201);
        }
        assert_eq!(places(&tree(&agent, &own[1], &[]).await.expect(200)).len(), 5);
        let seen = places(&tree(&stranger, &own[1], &[]).await.expect(200));
        assert_eq!(seen, [(own[0].clone(), 0, Value::Null), (own[1].clone(), 1, json!(own[0]))]);
        tree(&stranger, &foreign[0], &[]).await.expect(404);
        stranger.get(&format!("/v1/customers/{}/household", foreign[0])).send().await.expect(404);
    }

    async fn a_tree_and_a_household_are_told_as_they_were_known(app: TestApp) {
        let agent = app.agent().await;
        let all = companies(&agent, 3).await;
        let path = |link: &Reply| format!("/v1/relationships/{}", link.id());
        let first = create(&agent, "subsidiary_of", &all[1], &all[0], json!({})).await.expect(201);
        let archived = create(&agent, "subsidiary_of", &all[2], &all[0], json!({})).await.expect(201);
        let home = [person(&agent, "Anna").await, person(&agent, "Bernd").await];
        let shared = create(&agent, "household_member_of", &home[1], &home[0], json!({})).await.expect(201);
        let then = app.clock.now().to_string();
        app.advance(600);
        agent.patch(&path(&first), "*", json!({"valid_to": "2025-12-31"})).send().await.expect(200);
        for link in [&archived, &shared] {
            agent.delete(&path(link), "*").send().await.expect(204);
        }
        let name = format!("/v1/customers/{}", all[0]);
        agent.patch(&name, "*", json!({"company": {"legal_name": "Neu AG"}})).send().await.expect(200);

        let now = tree(&agent, &all[0], &[]).await.expect(200);
        assert_eq!((places(&now).len(), now.at("/nodes/0/customer/display_name")), (1, &json!("Neu AG")));
        let past = tree(&agent, &all[1], &[("as_of", &then)]).await.expect(200);
        let below = |child: usize| (all[child].clone(), 1, json!(all[0]));
        assert_eq!(places(&past), [(all[0].clone(), 0, Value::Null), below(1), below(2)]);
        assert_eq!(past.at("/nodes/0/customer/display_name"), "Firma 0 GmbH");
        assert_eq!(past["current_on"], "2026-11-22");
        // What is known today about that day.
        let both = [("as_of", then.as_str()), ("known_at", &app.clock.now().to_string())];
        assert_eq!(places(&tree(&agent, &all[0], &both).await.expect(200)).len(), 1);
        let earlier = [("as_of", then.as_str()), ("current_on", "2025-12-31")];
        assert_eq!(places(&tree(&agent, &all[0], &earlier).await.expect(200)).len(), 3);
        tree(&agent, &all[0], &[("as_of", "2026-01-01T00:00:00Z")]).await.expect(404);

        let members = async |query: &[(&str, &str)]| {
            let reply = agent.get(&format!("/v1/customers/{}/household", home[0])).query(query).send().await.expect(200);
            reply["members"].as_array().map(Vec::len)
        };
        assert_eq!((members(&[]).await, members(&[("as_of", &then)]).await), (Some(1), Some(2)));
    }

    async fn a_household_is_the_same_for_all_its_members(app: TestApp) {
        let agent = app.agent().await;
        let mut all = Vec::new();
        for name in ["Anna", "Bernd", "Clara", "Dora"] {
            all.push(person(&agent, name).await);
        }
        create(&agent, "household_member_of", &all[1], &all[0], json!({})).await.expect(201);
        create(&agent, "household_member_of", &all[2], &all[0], json!({"valid_to": "2025-12-31"})).await.expect(201);
        let members = |id: &str, day: &'static str| {
            let call = agent.get(&format!("/v1/customers/{id}/household")).query(&[("current_on", day)]);
            async move {
                let reply = call.send().await.expect(200);
                let ids = reply["members"].as_array().expect("a list").iter().filter_map(|it| it["id"].as_str());
                let mut ids: Vec<String> = ids.map(str::to_owned).collect();
                assert_eq!(reply["truncated"], false);
                ids[1..].sort();
                ids
            }
        };
        assert_eq!(members(&all[0], "2025-12-31").await, all[..3]);
        assert_eq!(members(&all[1], "2025-12-31").await, [all[1].clone(), all[0].clone(), all[2].clone()]);
        assert_eq!(members(&all[1], "2026-01-01").await, [all[1].clone(), all[0].clone()]);
        assert_eq!(members(&all[3], "2026-01-01").await, [all[3].clone()]);
    }
}
