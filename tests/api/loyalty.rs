//! Loyalty: one membership per programme, and points that are never less than none, whoever redeems at the same time.

use futures_util::future::join_all;
use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::chains::holds_together;
use crate::support::client::{Client, Reply};
use crate::support::samples::{customer, named};

async fn memberships(client: &Client) -> String {
    let customer = customer(client, named("Änne", "Öztürk")).await;
    format!("/v1/customers/{}/loyalty-memberships", customer.id())
}

async fn join(client: &Client, memberships: &str, program: &str) -> Reply {
    client.post(memberships, json!({"program": program})).send().await
}

fn at(membership: &Reply) -> String {
    format!("/v1/loyalty-memberships/{}", membership.id())
}

async fn book(client: &Client, at: &str, kind: &str, points: i64) -> Reply {
    let body = json!({"kind": kind, "points": points, "reason": "Einkauf"});
    client.post(&format!("{at}/transactions"), body).send().await
}

both! {
    async fn who_books_a_moment_too_early_books_behind_the_last_entry(app: TestApp) {
        let agent = app.agent().await;
        let card = at(&join(&agent, &memberships(&agent).await, "Plus").await.expect(201));
        // Another instance's clock is ahead of ours.
        let ahead = async |seconds| {
            let occurred_at = json!(app.system().clock.now().plus_seconds(seconds));
            let body = json!({"kind": "earned", "points": 5, "occurred_at": occurred_at});
            agent.post(&format!("{card}/transactions"), body).send().await.expect(201);
            occurred_at
        };
        let first = ahead(30).await;
        let second = book(&agent, &card, "redeemed", 5).await.expect(201);
        assert_eq!(second["occurred_at"], first);
        ahead(90).await;
        assert_eq!(book(&agent, &card, "earned", 5).await.expect(422).faults()["/occurred_at"], "before");
    }

    async fn a_customer_has_one_membership_in_a_programme(app: TestApp) {
        let agent = app.agent().await;
        let mine = memberships(&agent).await;
        let first = join(&agent, &mine, "Plus").await.expect(201);
        assert_eq!((&first["number"], &first["joined_on"], &first["balance"]), (&json!("M-000001"), &json!("2026-11-22"), &json!(0)));
        let again = join(&agent, &mine, "Plus").await.expect(409);
        assert_eq!((again.faults()["/program"], &again["existing_id"]), ("taken", &json!(first.id())));
        let other = join(&agent, &mine, "Werkstatt").await.expect(201);
        agent.patch(&at(&other), "*", json!({"program": "Plus"})).send().await.expect(409);
        join(&agent, &memberships(&agent).await, "Plus").await.expect(201);
        agent.delete(&at(&first), "*").send().await.expect(204);
        let second = join(&agent, &mine, "Plus").await.expect(201);
        let back = agent.call(reqwest::Method::POST, &format!("{}/restoration", at(&first))).send().await.expect(409);
        assert_eq!((back.code(), back.faults()["/program"]), ("already_exists", "taken"));
        agent.post(&format!("{}/ending", at(&second)), json!({"reason": "Umzug"})).send().await.expect(200);
        agent.call(reqwest::Method::POST, &format!("{}/restoration", at(&first))).send().await.expect(200);
        agent.patch(&at(&second), "*", json!({"notes": "Karte eingezogen"})).send().await.expect(200);
        let same = json!({"program": "Dritte", "number": "M-000001"});
        assert_eq!(agent.post(&mine, same).send().await.expect(409).faults()["/number"], "taken");
    }

    async fn what_is_booked_late_comes_behind_the_last_entry(app: TestApp) {
        let agent = app.agent().await;
        let at = at(&join(&agent, &memberships(&agent).await, "Plus").await.expect(201));
        let book = async |kind: &str, points: i64, occurred_at: &str| {
            let body = json!({"kind": kind, "points": points, "occurred_at": occurred_at});
            agent.post(&format!("{at}/transactions"), body).send().await
        };
        book("earned", 100, "2026-11-20T08:00:00Z").await.expect(201);
        let early = book("redeemed", 50, "2026-11-19T08:00:00Z").await.expect(422);
        assert_eq!(early.faults()["/occurred_at"], "before");
        assert_eq!(early.at("/errors/0/params/other"), "last_transaction_at");
        book("redeemed", 50, "2026-11-20T08:00:00Z").await.expect(201);
        for (language, title) in [("de", "50 Punkte eingelöst: Plus M-000001"), ("en", "50 points redeemed: Plus M-000001")] {
            let told = agent.get("/v1/timeline").language(language);
            let told = told.query(&[("kind", "loyalty_membership.points_redeemed")]).send().await.expect(200);
            assert_eq!(told.items()[0]["title"], title);
        }
    }

    async fn points_add_up_and_are_never_less_than_none(app: TestApp) {
        let agent = app.agent().await;
        let membership = join(&agent, &memberships(&agent).await, "Plus").await.expect(201);
        let at = at(&membership);
        for (kind, points, balance) in [
            ("earned", 100, 100), ("redeemed", 30, 70), ("expired", 20, 50), ("adjusted", -50, 0), ("adjusted", 5, 5),
        ] {
            let booked = book(&agent, &at, kind, points).await.expect(201);
            assert_eq!((&booked["points"], &booked["balance_after"]), (&json!(points), &json!(balance)), "{kind}");
            let change = if matches!(kind, "redeemed" | "expired") { -points } else { points };
            assert_eq!(booked["balance_change"], change);
            let read = agent.get(booked.header("location").expect("a place")).send().await.expect(200);
            assert_eq!(read.body, booked.body);
        }
        for (kind, points, fault, limit) in [
            ("redeemed", 6, "too_large", "5"), ("expired", 6, "too_large", "5"), ("adjusted", -6, "too_small", "-5"),
            ("earned", 0, "too_small", "1"), ("redeemed", -1, "too_small", "1"),
        ] {
            let refused = book(&agent, &at, kind, points).await.expect(422);
            assert_eq!(refused.faults()["/points"], fault, "{kind} {points}");
            assert_eq!(refused.at("/errors/0/params/limit"), limit);
        }
        assert_eq!(book(&agent, &at, "adjusted", 0).await.expect(422).faults()["/points"], "nothing_changed");
        let unexplained = json!({"kind": "adjusted", "points": 1});
        let unexplained = agent.post(&format!("{at}/transactions"), unexplained).send().await.expect(422);
        assert_eq!(unexplained.faults()["/reason"], "required");
        let now = agent.get(&at).send().await.expect(200);
        let sums = ["balance", "earned_points", "redeemed_points", "expired_points", "adjusted_points", "transaction_count"];
        assert_eq!(sums.map(|name| now[name].clone()), [5, 100, 30, 20, -45, 5].map(|sum| json!(sum)));
        agent.patch(&at, "*", json!({"balance": 1000})).send().await.expect(422);

        agent.post(&format!("{at}/pause"), json!({})).send().await.expect(200);
        let paused = book(&agent, &at, "earned", 1).await.expect(409);
        assert_eq!((paused.code(), &paused["state"]), ("wrong_state", &json!("paused")));
        agent.post(&format!("{at}/ending"), json!({"reason": "Umzug"})).send().await.expect(200);
        book(&agent, &at, "redeemed", 1).await.expect(409);
        book(&agent, &at, "expired", 5).await.expect(201);
        agent.delete(&at, "*").send().await.expect(204);
        assert_eq!(book(&agent, &at, "adjusted", 5).await.expect(409).code(), "archived");
    }

    async fn points_are_booked_once_and_told(app: TestApp) {
        let admin = app.admin().await;
        let mine = memberships(&admin).await;
        let (one, other) = (join(&admin, &mine, "Plus").await.expect(201), join(&admin, &mine, "Werkstatt").await.expect(201));
        let ledger = format!("{}/transactions", at(&one));
        let line = json!({"description": "Montage", "quantity": "1", "unit_price": "68", "tax_rate": "19"});
        let orders = mine.replace("/loyalty-memberships", "/orders");
        let order = admin.post(&orders, json!({"currency": "EUR", "lines": [line]})).send().await.expect(201).id();
        let body = json!({
            "kind": "earned", "points": 120, "order_id": order, "occurred_at": "2026-11-20T09:00:00Z",
            "source": {"system": "shop", "reference": "bon-1"},
        });
        let first = admin.post(&ledger, body.clone()).send().await.expect(201);
        assert_eq!(admin.post(&ledger, body.clone()).send().await.expect(200).body, first.body);
        let taken = admin.post(&format!("{}/transactions", at(&other)), body.clone()).send().await.expect(409);
        assert_eq!(taken.faults()["/source/reference"], "taken");
        assert_eq!(admin.get(&at(&one)).send().await.expect(200)["balance"], 120);
        let foreign = join(&admin, &memberships(&admin).await, "Plus").await.expect(201);
        let strange = json!({"kind": "earned", "points": 1, "order_id": order});
        let strange = admin.post(&format!("{}/transactions", at(&foreign)), strange).send().await.expect(422);
        assert_eq!(strange.faults()["/order_id"], "reference");
        book(&admin, &at(&one), "redeemed", 20).await.expect(201);
        book(&admin, &at(&other), "earned", 7).await.expect(201);

        let german = admin.speaking("de");
        let timeline = mine.replace("/loyalty-memberships", "/timeline");
        let told = german.get(&timeline).query(&[("kind", "loyalty_membership.points_earned"), ("sort", "occurred_at")]);
        let told = told.send().await.expect(200);
        assert_eq!(told.at("/items/0/title"), "120 Punkte gesammelt: Plus M-000001");
        assert_eq!(told.at("/items/0/occurred_at"), "2026-11-20T09:00:00.000000Z");
        assert_eq!(told.at("/items/0/payload/transaction/id"), &json!(first.id()));
        let changes = told.at("/items/0/payload/changes").as_array().expect("what changed");
        assert!(changes.contains(&json!({"field": "balance", "from": 0, "to": 120})), "{changes:?}");

        let customer = one["customer_id"].as_str().expect("an id");
        for (address, query, expected) in [
            (ledger.as_str(), vec![], vec![20, 120]),
            (ledger.as_str(), vec![("sort", "occurred_at"), ("kind", "earned")], vec![120]),
            ("/v1/loyalty-transactions", vec![("customer_id", customer)], vec![7, 20, 120]),
            ("/v1/loyalty-transactions", vec![("order_id", order.as_str())], vec![120]),
            ("/v1/loyalty-transactions", vec![("occurred_to", "2026-11-21T00:00:00Z")], vec![120]),
            ("/v1/loyalty-transactions", vec![("occurred_from", "2026-11-21T00:00:00Z"), ("limit", "1")], vec![7]),
        ] {
            let page = admin.get(address).query(&query).send().await.expect(200);
            let points: Vec<_> = page.items().iter().filter_map(|one| one["points"].as_i64()).collect();
            assert_eq!(points, expected, "{address} {query:?}");
        }
        let stranger = app.user(Role::Admin, Visibility::Own).await;
        assert!(stranger.get("/v1/loyalty-transactions").send().await.expect(200).items().is_empty());
        let booked = format!("{ledger}/{}", first.id());
        admin.get(&format!("{}/transactions/{}", at(&other), first.id())).send().await.expect(404);
        for address in [&ledger, &booked] {
            stranger.get(address).send().await.expect(404);
        }
        stranger.post(&ledger, body).send().await.expect(404);
        admin.delete(&booked, "*").send().await.expect(405);
        for (query, found) in [
            (vec![("balance_min", "100")], 1), (vec![("balance_max", "7")], 2), (vec![("program", "Plus")], 2),
            (vec![("joined_after", "2026-11-23")], 0), (vec![("joined_before", "2026-11-23")], 3), (vec![("status", "paused")], 0),
        ] {
            let page = admin.get("/v1/loyalty-memberships").query(&query).send().await.expect(200);
            assert_eq!(page.items().len(), found, "{query:?}");
        }
    }

    async fn of_many_who_redeem_at_once_only_those_get_it_for_whom_there_is_enough(app: TestApp) {
        let agent = app.agent().await;
        let membership = join(&agent, &memberships(&agent).await, "Plus").await.expect(201);
        let at = at(&membership);
        book(&agent, &at, "earned", 50).await.expect(201);
        let replies = join_all((0..12).map(|_| book(&agent, &at, "redeemed", 10))).await;
        let count = |status: u16| replies.iter().filter(|reply| reply.status == status).count();
        assert_eq!((count(201), count(422)), (5, 7));
        let mut left: Vec<_> = replies.iter().filter_map(|reply| reply["balance_after"].as_i64()).collect();
        left.sort_unstable();
        assert_eq!(left, [0, 10, 20, 30, 40]);
        assert_eq!(agent.get(&at).send().await.expect(200)["balance"], 0);
        // The same sale, sent by several tills at once, counts once.
        let sale = json!({"kind": "earned", "points": 9, "source": {"system": "till", "reference": "bon-7"}});
        let to = format!("{at}/transactions");
        let replies = join_all((0..6).map(|_| agent.post(&to, sale.clone()).send())).await;
        let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 200, 200, 200, 200, 201]);
        assert_eq!(agent.get(&at).send().await.expect(200)["balance"], 9);
        holds_together(app.store()).await;
    }
}
