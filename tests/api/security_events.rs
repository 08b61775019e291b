//! Sign-ins and refusals, as auditors read them.

use std::collections::BTreeMap;

use kundenhistorie::domain::permission::Role;
use kundenhistorie::entities::security_event;
use kundenhistorie::history::change::Change;
use kundenhistorie::history::security::{self, SecurityEntry};
use kundenhistorie::history::security_chain::{self, DayVerification};
use reqwest::Method;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};

use crate::support::accounts::{Account, PASSWORD};
use crate::support::app::TestApp;
use crate::support::both;

async fn kinds(app: &TestApp, query: &str) -> Vec<String> {
    let auditor = app.as_role(Role::Auditor).await;
    let reply = auditor.get(&format!("/v1/security-events?{query}")).send().await.expect(200);
    // The users who only look on have signed in as well.
    let looks_on = |event: &&Value| event["actor"]["display_name"].as_str().unwrap().ends_with("of a test");
    reply
        .items()
        .iter()
        .filter(|event| !looks_on(event))
        .map(|event| event["kind"].as_str().unwrap().to_owned())
        .collect()
}

both! {
    async fn events_are_filtered_and_ordered(app: TestApp) {
        let (anna, jonas) = (Account::create(&app, Role::Agent).await, Account::create(&app, Role::Agent).await);
        anna.sign_in(&app).await;
        app.advance(60);
        let between = app.clock.now();
        jonas.try_password(&app, "wrong").await.expect(401);
        app.advance(60);
        anna.try_password(&app, PASSWORD).await.expect(200);

        assert_eq!(kinds(&app, "").await, ["session.opened", "login.refused", "session.opened"]);
        assert_eq!(kinds(&app, "kind=login.refused&kind=session.revoked").await, ["login.refused"]);
        assert_eq!(kinds(&app, "outcome=refused").await, ["login.refused"]);
        assert_eq!(kinds(&app, &format!("actor_id={}", anna.id)).await, ["session.opened", "session.opened"]);
        assert_eq!(kinds(&app, &format!("subject_id={}", jonas.id)).await, ["login.refused"]);
        let (from, to) = (between, between.plus_seconds(60));
        assert_eq!(kinds(&app, &format!("occurred_from={from}&occurred_to={to}")).await, ["login.refused"]);
        assert_eq!(kinds(&app, &format!("occurred_from={from}&sort=occurred_at")).await, ["login.refused", "session.opened"]);

        let auditor = app.as_role(Role::Auditor).await;
        let path = format!("/v1/security-events?limit=1&actor_id={}", anna.id);
        let page = auditor.get(&path).send().await.expect(200);
        let cursor = page["next_cursor"].as_str().unwrap();
        let rest = auditor.get(&format!("{path}&cursor={cursor}")).send().await.expect(200);
        assert_eq!((page.items().len(), rest.items().len()), (1, 1));
        assert_eq!(rest.at("/items/0/occurred_at"), "2026-11-22T08:00:00.000000Z");
    }

    async fn an_event_says_who_from_where_and_in_which_request(app: TestApp) {
        let account = Account::create(&app, Role::Agent).await;
        let opened = account.try_password(&app, PASSWORD).await.expect(200);
        let path = format!("/v1/security-events?actor_id={}", account.id);
        let events = app.admin().await.get(&path).send().await.expect(200);
        let event = &events.items()[0];
        assert_eq!(event["actor"], json!({"type": "user", "id": account.id, "display_name": "Anna Huber"}));
        assert_eq!((&event["address"], &event["outcome"]), (&json!("127.0.0.1"), &json!("succeeded")));
        assert_eq!(event["request_id"], json!(opened.header("x-request-id")));
        assert_eq!(event["subject"]["type"], "session");
        assert_eq!(event["integrity"]["day"], "2026-11-22");
        assert!(event["integrity"]["sequence"].as_i64().unwrap() >= 1);
    }

    async fn only_administrators_and_auditors_read_them(app: TestApp) {
        for role in Role::ALL {
            let status = if matches!(role, Role::Admin | Role::Auditor) { 200 } else { 403 };
            app.as_role(*role).await.get("/v1/security-events").send().await.expect(status);
        }
    }

    async fn who_asks_for_more_than_they_may_is_noted(app: TestApp) {
        let agent = app.agent().await;
        agent.get("/v1/users").send().await.expect(403);
        let refused = agent.call(Method::POST, &format!("/v1/users/{}/deactivation", app.clock.new_id())).send().await;
        let events = app.admin().await.get("/v1/security-events?kind=access.refused").send().await.expect(200);
        assert_eq!(events.items().len(), 2);
        let event = &events.items()[0];
        assert_eq!((&event["actor"]["id"], &event["outcome"]), (&json!(agent.user_id()), &json!("refused")));
        assert_eq!(event["request_id"], json!(refused.expect(403).header("x-request-id")));
        let detail = json!({"scope": "users:write", "method": "POST", "route": "/v1/users/{user_id}/deactivation"});
        assert_eq!(event["detail"], detail, "the pattern of the address, and no id");
    }

    async fn a_forged_address_is_not_believed(app: TestApp) {
        let account = Account::create(&app, Role::Agent).await;
        let body = json!({"email": account.email, "password": "wrong"});
        for header in ["x-forwarded-for", "forwarded", "x-real-ip"] {
            let stranger = app.anonymous();
            let call = stranger.post("/v1/auth/login", body.clone()).header(header, "203.0.113.9");
            call.send().await.expect(401);
        }
        let events = app.admin().await.get("/v1/security-events?kind=login.refused").send().await.expect(200);
        assert!(events.items().iter().all(|event| event["address"] == "127.0.0.1"), "{events}");
    }

    async fn each_day_is_a_chain_even_when_many_sign_in_at_once(app: TestApp) {
        let accounts = futures_util::future::join_all((0..4).map(|_| Account::create(&app, Role::Agent))).await;
        for day in 0..2 {
            let sign_ins = (0..16).map(|index| {
                let password = if index % 4 == 0 { "wrong" } else { PASSWORD };
                accounts[index % accounts.len()].try_password(&app, password)
            });
            futures_util::future::join_all(sign_ins).await;
            app.advance((1 - day) * 86_400);
        }
        let rows = security_event::Entity::find().order_by_asc(security_event::Column::Sequence);
        let rows = rows.all(&app.store().read).await.unwrap();
        let attempts = rows.iter().filter(|row| !row.actor_name.ends_with("of a test")).count();
        assert_eq!(attempts, 32, "each attempt is noted once");
        let mut heads: BTreeMap<String, (i64, Vec<u8>)> = BTreeMap::new();
        for row in rows {
            let start = || (0, security::genesis(&row.day));
            let (sequence, hash) = heads.get(&row.day).cloned().unwrap_or_else(start);
            assert_eq!((row.sequence, &row.previous_hash), (sequence + 1, &hash), "no gap, no fork");
            assert_eq!(security::hash(&row).unwrap(), row.hash);
            heads.insert(row.day, (row.sequence, row.hash));
        }
        assert_eq!(heads.into_keys().collect::<Vec<_>>(), ["2026-11-22", "2026-11-23"]);
    }

    async fn one_change_notes_as_much_as_it_has_to(app: TestApp) {
        let cx = app.system();
        let note = async |count: usize| {
            let change = Change::begin(&cx).await.expect("a turn");
            for number in 0..count {
                let entry = SecurityEntry::refused("thing.refused").with_detail(json!({ "number": number }));
                change.note_security(entry).await.expect("an entry");
            }
            change.commit_unanswered().await.expect("a commit");
        };
        futures_util::future::join_all([1, 3, 2, 5].map(note)).await;
        let days = security_chain::verify(app.store()).await.expect("a verification");
        let whole = DayVerification { day: "2026-11-22".to_owned(), entries: 11, broken_at: None };
        assert_eq!(days, [whole]);
        let rows = security_event::Entity::find().order_by_asc(security_event::Column::Sequence);
        let rows = rows.all(&app.store().read).await.unwrap();
        // Those of one change stand together, in the order in which they were noted.
        let numbers: Vec<Value> =
            rows.iter().map(|row| serde_json::from_str::<Value>(&row.detail).unwrap()["number"].clone()).collect();
        let follow = numbers.windows(2).filter(|pair| pair[1] != 0);
        assert!(follow.clone().all(|pair| pair[1].as_u64() == pair[0].as_u64().map(|number| number + 1)), "{numbers:?}");
        assert_eq!(follow.count(), 7, "{numbers:?}");
    }

    async fn a_sign_in_that_came_too_soon_is_noted(app: TestApp) {
        let account = Account::create(&app, Role::Agent).await;
        let nobody = Account { id: account.id, email: "nobody@example.org".to_owned() };
        for account in [&account, &nobody] {
            for _ in 0..5 {
                account.try_password(&app, "wrong").await.expect(401);
            }
            account.try_password(&app, PASSWORD).await.expect(429);
        }
        let path = "/v1/security-events?kind=login.refused&limit=200&sort=occurred_at";
        let events = app.admin().await.get(path).send().await.expect(200);
        let throttled: Vec<&Value> =
            events.items().iter().filter(|event| event["detail"] == json!({"reason": "throttled"})).collect();
        assert_eq!((events.items().len(), throttled.len()), (12, 2), "{events}");
        assert_eq!(throttled[0]["subject"], json!({"type": "user", "id": account.id}));
        assert_eq!((&throttled[1]["subject"], &throttled[1]["address"]), (&Value::Null, &json!("127.0.0.1")));
    }

    async fn what_is_no_filter_is_refused(app: TestApp) {
        let admin = app.admin().await;
        for query in ["outcome=maybe", "kind=Login", "actor_id=1", "occurred_from=2026-11-22", "sort=kind", "limit=0", "colour=red"] {
            let refused = admin.get(&format!("/v1/security-events?{query}")).send().await.expect(400);
            let name = query.split('=').next().unwrap();
            assert_eq!(refused.faults().into_keys().collect::<Vec<_>>(), [name]);
        }
        assert_eq!(admin.get("/v1/security-events?cursor=AAAA").send().await.expect(400).code(), "invalid_cursor");
        assert_eq!(Value::Null, *admin.get("/v1/security-events").send().await.at("/next_cursor"));
    }
}
