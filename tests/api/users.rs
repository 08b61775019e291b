//! Users: who may sign in, with which rights, from which moment on.

use kundenhistorie::auth::authority::Authority;
use kundenhistorie::auth::authority::ENDED;
use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::instant::Instant;
use kundenhistorie::domain::permission::Role;
use kundenhistorie::entities::timeline_event;
use kundenhistorie::services::{sessions, users};
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::accounts::{Account, OTHER_PASSWORD, PASSWORD};
use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};

async fn patch(admin: &Client, path: &str, body: Value) -> Reply {
    let etag = admin.get(path).send().await.expect(200).etag();
    admin.patch(path, &etag, body).send().await
}

async fn deactivate(admin: &Client, path: &str) -> Reply {
    admin.call(Method::POST, &format!("{path}/deactivation")).send().await
}

async fn reactivate(admin: &Client, path: &str) -> Reply {
    admin.call(Method::DELETE, &format!("{path}/deactivation")).send().await
}

async fn events_of(app: &TestApp, user_id: Uuid) -> Vec<timeline_event::Model> {
    timeline_event::Entity::find()
        .filter(timeline_event::Column::RootId.eq(user_id))
        .order_by_asc(timeline_event::Column::Sequence)
        .all(&app.store().read)
        .await
        .unwrap()
}

async fn names(client: &Client, query: &str) -> Vec<String> {
    let reply = client.get(&format!("/v1/users?{query}")).send().await.expect(200);
    reply.items().iter().map(|user| user["display_name"].as_str().unwrap().to_owned()).collect()
}

both! {
    async fn a_user_is_created_read_and_changed(app: TestApp) {
        let admin = app.admin().await;
        let body = json!({"email": "Jonas.Weber@example.org", "display_name": "Jonas Weber", "role": "agent"});
        let created = admin.post("/v1/users", body).language("de").send().await.expect(201);
        assert_eq!(created["email"], "jonas.weber@example.org");
        assert_eq!((&created["visibility"], &created["language"]), (&json!("all"), &json!("de")));
        assert_eq!(created.at("/created_by/id"), &json!(admin.user_id()));

        let path = created.header("location").unwrap();
        let read = admin.get(path).send().await.expect(200);
        assert_eq!((&read.body, read.etag()), (&created.body, created.etag()));
        admin.get(path).header("if-none-match", read.etag()).send().await.expect(304);

        let body = json!({"role": "manager", "visibility": "own", "display_name": "Jonas Weber-Öz"});
        let changed = admin.patch(path, &read.etag(), body).send().await.expect(200);
        assert_eq!((&changed["role"], &changed["visibility"], &changed["version"]), (&json!("manager"), &json!("own"), &json!(2)));
        let stale = admin.patch(path, &read.etag(), json!({"role": "agent"})).send().await.expect(412);
        assert_eq!((&stale["current_version"], stale.at("/differences").as_array().unwrap().len()), (&json!(2), 3));
        admin.call(Method::PATCH, path).json(json!({})).send().await.expect(428);
    }

    async fn what_is_sent_back_unchanged_is_no_change(app: TestApp) {
        let account = Account::create(&app, Role::Agent).await;
        account.sign_in(&app).await;
        let read = app.admin().await.get(&account.path()).send().await.expect(200);
        let same = app.admin().await.patch(&account.path(), &read.etag(), read.body.clone()).send().await.expect(200);
        assert_eq!((same.body, events_of(&app, account.id).await.len()), (read.body.clone(), 1));

        let mut changed = read.body;
        changed["last_login_at"] = json!("2020-01-01T00:00:00.000000Z");
        changed["role"] = Value::Null;
        changed["display_name"] = Value::Null;
        changed["password_hash"] = json!("x");
        let refused = patch(&app.admin().await, &account.path(), changed).await.expect(422);
        let faults = refused.faults();
        assert_eq!(faults.get("/last_login_at"), Some(&"read_only"));
        assert_eq!(faults.get("/role"), Some(&"not_nullable"));
        assert_eq!(faults.get("/display_name"), Some(&"not_nullable"));
        assert_eq!(faults.get("/password_hash"), Some(&"unknown_field"));
    }

    async fn faults_are_named_all_at_once(app: TestApp) {
        let admin = app.admin().await;
        let body = json!({"email": "nobody", "display_name": " ", "role": "root", "visibilty": "all"});
        let refused = admin.post("/v1/users", body).send().await.expect(422);
        let faults = refused.faults();
        assert_eq!(faults.get("/email"), Some(&"email"));
        assert_eq!(faults.get("/display_name"), Some(&"pattern"));
        assert_eq!(faults.get("/role"), Some(&"not_one_of"));
        assert_eq!(faults.get("/visibilty"), Some(&"unknown_field"));

        let body = json!({"email": "a@example.org", "display_name": "A", "role": "agent", "password": "password123456"});
        let refused = admin.post("/v1/users", body).send().await.expect(422);
        assert_eq!(refused.faults().get("/password"), Some(&"common_password"));
        assert!(!refused.body.to_string().contains("password123456"), "a password never comes back");
    }

    async fn an_address_belongs_to_one_user(app: TestApp) {
        let (one, other) = (Account::create(&app, Role::Agent).await, Account::create(&app, Role::Agent).await);
        let body = json!({"email": one.email.to_uppercase(), "display_name": "Zwei", "role": "agent"});
        let refused = app.admin().await.post("/v1/users", body).send().await.expect(409);
        assert_eq!(refused.code(), "already_exists");
        let refused = patch(&app.admin().await, &other.path(), json!({"email": one.email})).await;
        assert_eq!(refused.expect(409).code(), "already_exists");
        patch(&app.admin().await, &other.path(), json!({"email": "neu@example.org"})).await.expect(200);
        let moved = Account { email: "neu@example.org".to_owned(), ..other };
        moved.sign_in(&app).await;
    }

    async fn lists_are_filtered_and_in_the_order_of_names(app: TestApp) {
        let admin = app.admin().await;
        for (index, (name, role)) in
            [("Zoe", "agent"), ("Öztürk", "agent"), ("Ortmann", "manager"), ("Özdemir", "auditor")].into_iter().enumerate()
        {
            app.advance(1);
            let body = json!({"email": format!("{index}@example.org"), "display_name": name, "role": role});
            let user = admin.post("/v1/users", body).send().await.expect(201);
            if name == "Zoe" {
                deactivate(&admin, user.header("location").unwrap()).await.expect(200);
            }
        }
        let but_me = |names: Vec<String>| names.into_iter().filter(|name| !name.starts_with("admin ")).collect::<Vec<_>>();
        assert_eq!(but_me(names(&admin, "").await), ["Ortmann", "Özdemir", "Öztürk", "Zoe"]);
        assert_eq!(names(&admin, "role=agent&role=auditor&sort=-display_name").await, ["Zoe", "Öztürk", "Özdemir"]);
        assert_eq!(names(&admin, "disabled=true").await, ["Zoe"]);
        assert_eq!(names(&admin, "disabled=false&role=agent").await, ["Öztürk"]);
        assert_eq!(but_me(names(&admin, "sort=-created_at").await), ["Özdemir", "Ortmann", "Öztürk", "Zoe"]);
        let refused = admin.get("/v1/users?rolle=agent&disabled=maybe&sort=role").send().await.expect(400);
        assert_eq!(refused.faults().into_keys().collect::<Vec<_>>(), ["disabled", "rolle", "sort"]);

        let mut seen = Vec::new();
        let mut path = "/v1/users?limit=2&count=exact".to_owned();
        loop {
            let page = admin.get(&path).send().await.expect(200);
            assert_eq!(page["total"], 5);
            seen.extend(page.items().iter().map(|user| user["display_name"].as_str().unwrap().to_owned()));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/v1/users?limit=2&count=exact&cursor={cursor}");
        }
        assert_eq!(but_me(seen), ["Ortmann", "Özdemir", "Öztürk", "Zoe"]);
    }

    async fn only_administrators_administer(app: TestApp) {
        let account = Account::create(&app, Role::Agent).await;
        let new = json!({"email": "x@example.org", "display_name": "X", "role": "admin"});
        for role in Role::ALL.iter().filter(|role| **role != Role::Admin) {
            let client = app.as_role(*role).await;
            client.post("/v1/users", new.clone()).send().await.expect(403);
            client.patch(&account.path(), "*", json!({"role": "admin"})).send().await.expect(403);
            deactivate(&client, &account.path()).await.expect(403);
            reactivate(&client, &account.path()).await.expect(403);
            client.call(Method::POST, &format!("{}/password-reset", account.path())).send().await.expect(403);
            let may_read = if *role == Role::Manager { 200 } else { 403 };
            client.get("/v1/users").send().await.expect(may_read);
            client.get(&account.path()).send().await.expect(may_read);
        }
        app.anonymous().get("/v1/users").send().await.expect(401);
        let unknown = format!("/v1/users/{}", app.clock.new_id());
        app.admin().await.get(&unknown).send().await.expect(404);
        deactivate(&app.admin().await, &unknown).await.expect(404);
    }

    async fn other_rights_take_effect_at_once(app: TestApp) {
        let account = Account::create(&app, Role::Manager).await;
        let session = account.sign_in(&app).await;
        session.client.get("/v1/users").send().await.expect(200);
        let body = json!({"role": "read_only", "visibility": "own", "display_name": "Anna Öz"});
        patch(&app.admin().await, &account.path(), body).await.expect(200);
        assert_eq!(session.client.get("/v1/users").send().await.expect(403).code(), "insufficient_scope");
        let me = session.client.get("/v1/me").send().await.expect(200);
        assert_eq!((&me["role"], &me["visibility"], &me["display_name"]), (&json!("read_only"), &json!("own"), &json!("Anna Öz")));

        // Twice within one tick of the clock: the later change counts.
        patch(&app.admin().await, &account.path(), json!({"role": "manager"})).await.expect(200);
        session.client.get("/v1/users").send().await.expect(200);
        let refreshed = session.refresh(&app).await;
        refreshed.client.get("/v1/users").send().await.expect(200);
        let app = app.restart().await;
        let client = app.anonymous().with_token(session.client.token().unwrap());
        client.get("/v1/users").send().await.expect(200);
    }

    async fn the_history_names_a_renamed_user_by_the_new_name(app: TestApp) {
        let account = Account::create(&app, Role::Agent).await;
        let session = account.sign_in(&app).await;
        patch(&app.admin().await, &account.path(), json!({"display_name": "Anna Öz"})).await.expect(200);
        let body = json!({"kind": "person", "person": {"family_name": "Öztürk"}});
        let customer = session.client.post("/v1/customers", body).send().await.expect(201);
        assert_eq!(customer.at("/created_by/display_name"), "Anna Öz");
    }

    async fn a_disabled_user_is_out_at_once_and_stays_out_of_old_sessions(app: TestApp) {
        let account = Account::create(&app, Role::Agent).await;
        let session = account.sign_in(&app).await;
        let disabled = deactivate(&app.admin().await, &account.path()).await.expect(200);
        assert!(disabled["disabled_at"].is_string());
        assert_eq!((session.status().await, session.try_refresh(&app).await.status), (401, 401));
        account.try_password(&app, PASSWORD).await.expect(401);
        let again = deactivate(&app.admin().await, &account.path()).await.expect(200);
        assert_eq!(again.body, disabled.body, "doing it again changes nothing");

        let enabled = reactivate(&app.admin().await, &account.path()).await.expect(200);
        assert!(enabled["disabled_at"].is_null());
        assert_eq!(reactivate(&app.admin().await, &account.path()).await.expect(200).body, enabled.body);
        assert_eq!((session.status().await, session.try_refresh(&app).await.status), (401, 401));
        assert_eq!(account.sign_in(&app).await.status().await, 200);
        let kinds: Vec<_> = events_of(&app, account.id).await.into_iter().map(|event| event.kind).collect();
        assert_eq!(kinds, ["user.created", "user.disabled", "user.enabled"]);
    }

    async fn the_last_administrator_stays_one(app: TestApp) {
        let admin = app.admin().await;
        let me = format!("/v1/users/{}", admin.user_id());
        assert_eq!(deactivate(&admin, &me).await.expect(409).code(), "last_administrator");
        assert_eq!(patch(&admin, &me, json!({"role": "manager"})).await.expect(409).code(), "last_administrator");
        patch(&admin, &me, json!({"display_name": "Chefin"})).await.expect(200);

        let other = app.user(Role::Admin, Visibility::All).await;
        let path = format!("/v1/users/{}", other.user_id());
        deactivate(&admin, &path).await.expect(200);
        assert_eq!(deactivate(&admin, &me).await.expect(409).code(), "last_administrator", "a disabled one does not count");
        reactivate(&admin, &path).await.expect(200);
        patch(&admin, &me, json!({"role": "manager"})).await.expect(200);
        deactivate(&admin, &path).await.expect(403);
    }

    async fn two_administrators_who_demote_each_other_do_not_both_succeed(app: TestApp) {
        let mut one = app.admin().await;
        for round in 0..8 {
            let other = app.user(Role::Admin, Visibility::All).await;
            let path = |client: &Client| format!("/v1/users/{}", client.user_id());
            let (first, second) = if round % 2 == 0 {
                let demote = json!({"role": "manager"});
                let (one_path, other_path) = (path(&one), path(&other));
                tokio::join!(
                    one.patch(&other_path, "*", demote.clone()).send(),
                    other.patch(&one_path, "*", demote).send()
                )
            } else {
                let (one_path, other_path) = (path(&one), path(&other));
                tokio::join!(deactivate(&one, &other_path), deactivate(&other, &one_path))
            };
            // Who comes second is told so, or is no administrator any more.
            let winner = match (first.status, second.status) {
                (200, 401 | 403 | 409) => one.clone(),
                (401 | 403 | 409, 200) => other.clone(),
                statuses => panic!("{statuses:?}"),
            };
            let left = winner.get("/v1/users?role=admin&disabled=false").send().await.expect(200);
            assert_eq!(left.items().len(), 1);
            one = winner;
        }
    }

    async fn the_history_of_a_user_is_told_in_both_languages_and_without_secrets(app: TestApp) {
        let account = Account::create(&app, Role::Agent).await;
        patch(&app.admin().await, &account.path(), json!({"role": "manager", "language": "de"})).await.expect(200);
        app.admin().await.call(Method::POST, &format!("{}/password-reset", account.path())).send().await.expect(200);
        let session = account.sign_in(&app).await;
        let body = json!({"current_password": PASSWORD, "new_password": OTHER_PASSWORD});
        session.client.post("/v1/me/password", body).send().await.expect(204);
        deactivate(&app.admin().await, &account.path()).await.expect(200);

        let events = events_of(&app, account.id).await;
        let told: Vec<_> = events.iter().map(|event| (event.kind.as_str(), event.title_en.as_str(), event.title_de.as_str())).collect();
        assert_eq!(told, [
            ("user.created", "User created: Anna Huber", "Benutzer angelegt: Anna Huber"),
            ("user.updated", "Language set to German, Role set to Manager", "Sprache auf Deutsch gesetzt, Rolle auf Leitung gesetzt"),
            (
                "user.password_reset_issued",
                "One-time token for a new password issued: Anna Huber",
                "Einmal-Token für ein neues Passwort ausgestellt: Anna Huber",
            ),
            ("user.password_changed", "Password changed: Anna Huber", "Passwort geändert: Anna Huber"),
            ("user.disabled", "User disabled: Anna Huber", "Benutzer gesperrt: Anna Huber"),
        ]);
        assert!(events.iter().all(|event| event.category == "master_data" && event.root_type == "user"));
        assert_eq!(events[3].actor_id, Some(account.id));
        let changes: Value = serde_json::from_str(&events[1].payload).unwrap();
        assert_eq!(changes["changes"][1], json!({"field": "role", "from": "agent", "to": "manager"}));
    }

    async fn other_instances_learn_of_it(app: TestApp) {
        let account = Account::create(&app, Role::Manager).await;
        let (session, left) = (account.sign_in(&app).await, account.sign_in(&app).await);
        // Another instance: the same keys, a memory of its own.
        let other = Authority::new(&app.config).unwrap();
        let now = app.clock.now();
        let recognised = |token: &str| other.recognise(token, now).map(|actor| actor.permissions);
        let (token, left_token) = (session.client.token().unwrap(), left.client.token().unwrap());
        let since = sessions::follow_revocations(&app.system(), &other, Instant::from_micros(0)).await.unwrap();
        assert!(since < now);
        assert_eq!(recognised(token), Ok(Role::Manager.permissions()));

        patch(&app.admin().await, &account.path(), json!({"role": "auditor"})).await.expect(200);
        left.client.call(Method::POST, "/v1/auth/logout").send().await.expect(204);
        assert_eq!(recognised(left_token), Ok(Role::Manager.permissions()), "not yet");
        let since = sessions::follow_revocations(&app.system(), &other, since).await.unwrap();
        assert_eq!(recognised(token), Ok(Role::Auditor.permissions()));
        assert_eq!(recognised(left_token), Err(ENDED));

        deactivate(&app.admin().await, &account.path()).await.expect(200);
        sessions::follow_revocations(&app.system(), &other, since).await.unwrap();
        assert_eq!(recognised(token), Err(ENDED));

        let started = Authority::new(&app.config).unwrap();
        let since = sessions::look_back(&app.system(), &started);
        sessions::follow_revocations(&app.system(), &started, since).await.unwrap();
        assert!(started.recognise(token, now).is_err(), "and one that starts later knows it as well");
    }

    async fn the_first_administrator_is_created_once(app: TestApp) {
        let authority = Authority::new(&app.config).unwrap();
        let create = async |email: &str| {
            users::ensure_first_administrator(&app.system(), &authority, email, PASSWORD).await.unwrap()
        };
        assert!(create("Chef@example.org").await);
        assert!(!create("chef@example.org").await && !create("other@example.org").await);
        let body = json!({"email": "chef@example.org", "password": PASSWORD});
        let tokens = app.anonymous().post("/v1/auth/login", body).send().await.expect(200);
        let admin = app.anonymous().with_token(tokens["access_token"].as_str().unwrap());
        assert_eq!(names(&admin, "").await, ["Administrator"]);
    }

    async fn tokens_outlive_neither_their_expiry_nor_their_session_in_the_database(app: TestApp) {
        let account = Account::create(&app, Role::Agent).await;
        let session = account.sign_in(&app).await;
        app.advance(1_209_600 - 1);
        sessions::prune(&app.system()).await.unwrap();
        let session = session.refresh(&app).await;
        app.advance(1_209_600);
        sessions::prune(&app.system()).await.unwrap();
        session.try_refresh(&app).await.expect(401);
        let kept = kundenhistorie::entities::refresh_token::Entity::find().all(&app.store().read).await.unwrap();
        assert_eq!(kept, []);
        app.advance(31 * 24 * 3600);
        sessions::prune(&app.system()).await.unwrap();
        let kept = kundenhistorie::entities::session::Entity::find().all(&app.store().read).await.unwrap();
        assert_eq!(kept, []);
    }
}
