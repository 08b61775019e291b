//! Who can own records, and whose records they are.

use std::collections::BTreeMap;

use kundenhistorie::domain::permission::Role;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::samples::{address, customer, named, own_id, with};

both! {
    async fn every_role_reads_names_and_nobody_addresses(app: TestApp) {
        let admin = app.admin().await;
        let user = |name: &str, role: &str| json!({"email": format!("{role}@example.org"), "display_name": name, "role": role});
        admin.post("/v1/users", user("Aal, Äva", "manager")).send().await.expect(201);
        let gone = admin.post("/v1/users", user("Zuse, Konrad", "privacy")).send().await.expect(201);
        admin.post(&format!("/v1/users/{}/deactivation", gone.id()), json!({})).send().await.expect(200);
        for role in Role::ALL {
            let client = app.as_role(*role).await;
            let reply = client.get("/v1/owners").query(&[("role", "privacy"), ("active", "false")]).send().await.expect(200);
            let expected = json!([{"id": gone.id(), "display_name": "Zuse, Konrad", "role": "privacy", "active": false}]);
            assert_eq!(reply["items"], expected, "{role}");
        }
        let agent = app.agent().await;
        let all = agent.get("/v1/owners").query(&[("count", "exact")]).send().await.expect(200);
        let names: Vec<&str> = all.items().iter().filter_map(|owner| owner["display_name"].as_str()).collect();
        assert_eq!((names.first(), names.last(), &all["total"]), (Some(&"Aal, Äva"), Some(&"Zuse, Konrad"), &json!(names.len())));
        assert!(!all.body.to_string().contains('@'), "{all}");
        let active = agent.get("/v1/owners").query(&[("active", "true"), ("limit", "200")]).send().await.expect(200);
        assert_eq!(active.items().len(), names.len() - 1);
        let mine = active.items().iter().find(|owner| owner["id"] == json!(agent.user_id()));
        assert_eq!(mine.map(|owner| &owner["active"]), Some(&json!(true)));
        agent.get("/v1/users").send().await.expect(403);
    }

    async fn the_caller_is_called_me(app: TestApp) {
        let (agent, other) = (app.agent().await, app.as_role(Role::Manager).await);
        let owned = async |owner: &str, name: &str| customer(&agent, with(named("Anna", name), json!({"owner_id": owner}))).await;
        let mine = owned(&own_id(&agent).await, "Huber").await;
        let theirs = owned(&own_id(&other).await, "Weber").await;
        customer(&agent, named("Nie", "Mandes")).await;
        for (it, owner) in [(&mine, own_id(&other).await), (&theirs, own_id(&agent).await)] {
            let body = json!({"kind": "call", "subject": it["display_name"], "owner_id": owner});
            agent.post(&format!("{}/interactions", address(it)), body).send().await.expect(201);
        }
        let other_id = own_id(&other).await;
        for (path, member, expected) in [
            ("/v1/customers", "display_name", ["Anna Huber", "Anna Weber"]),
            ("/v1/interactions", "subject", ["Anna Weber", "Anna Huber"]),
        ] {
            for (client, expected) in [(&agent, expected[0]), (&other, expected[1])] {
                let reply = client.get(path).query(&[("owner_id", "me")]).send().await.expect(200);
                let found: Vec<_> = reply.items().iter().map(|it| it[member].clone()).collect();
                assert_eq!(found, [json!(expected)], "{path}");
            }
            let both = agent.get(path).query(&[("owner_id", "me"), ("owner_id", &other_id)]).send().await.expect(200);
            assert_eq!(both.items().len(), 2);
            let refused = agent.get(path).query(&[("owner_id", "mine")]).send().await.expect(400);
            assert_eq!(refused.faults(), BTreeMap::from([("owner_id", "owner")]));
            assert!(refused.to_string().contains("neither the id of a user nor 'me'"), "{refused}");
        }
    }

    async fn what_a_list_is_sorted_by_is_told(app: TestApp) {
        let admin = app.admin().await;
        for (path, fields) in [
            ("/v1/customers", "display_name, customer_number, created_at, updated_at, last_interaction_at"),
            ("/v1/users", "display_name, email, created_at, updated_at"),
            ("/v1/tags", "name, created_at"),
            ("/v1/timeline", "occurred_at"),
        ] {
            for sort in ["name_", "-", "display_name desc", "created_at,,"] {
                let reply = admin.get(path).query(&[("sort", sort)]).send().await.expect(400);
                assert_eq!(reply.faults(), BTreeMap::from([("sort", "sort")]), "{path}");
                assert_eq!(reply.at("/errors/0/params/fields"), &json!(fields));
                assert!(reply.at("/errors/0/detail").as_str().is_some_and(|detail| detail.contains(fields)), "{reply}");
            }
        }
    }
}
