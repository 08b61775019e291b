//! Signing in, staying signed in, signing out, and setting passwords.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use kundenhistorie::entities::{idempotency_record, security_event, timeline_event, user};
use reqwest::Method;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::support::accounts::{Account, OTHER_PASSWORD, PASSWORD, SignedIn};
use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};
use crate::support::database::TestDatabase;

/// The grace of the default settings, and a second more.
const AFTER_THE_GRACE: i64 = 11;

/// An administrator who has just signed in: tokens end when a test lets time pass.
async fn admin(app: &TestApp) -> Client {
    app.user(Role::Admin, Visibility::All).await
}

async fn kinds_of_security_events(app: &TestApp) -> Vec<String> {
    let reply = admin(app).await.get("/v1/security-events?sort=occurred_at&limit=200").send().await.expect(200);
    reply.items().iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
}

/// What two refusals must have in common to tell nothing.
fn outside(reply: &Reply) -> (u16, Value, Option<String>) {
    let mut body = reply.body.clone();
    body["request_id"] = Value::Null;
    (reply.status, body, reply.header("www-authenticate").map(str::to_owned))
}

async fn issue_reset(app: &TestApp, account: &Account) -> String {
    let path = format!("{}/password-reset", account.path());
    let reply = admin(app).await.call(Method::POST, &path).send().await.expect(200);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    reply["token"].as_str().unwrap().to_owned()
}

async fn redeem(app: &TestApp, token: &str, password: &str) -> Reply {
    let body = json!({"token": token, "new_password": password});
    app.anonymous().post("/v1/auth/password-reset", body).send().await
}

both! {
    async fn a_user_signs_in_and_is_known(app: TestApp) {
        let account = Account::create(&app, Role::Agent).await;
        let tokens = account.try_password(&app, PASSWORD).await.expect(200);
        assert_eq!(tokens.header("cache-control"), Some("no-store"));
        assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(900)));
        let me = app.anonymous().with_token(tokens["access_token"].as_str().unwrap());
        let me = me.get("/v1/me").send().await.expect(200);
        assert_eq!((&me["email"], &me["role"], &me["visibility"]), (&json!(account.email), &json!("agent"), &json!("all")));
        assert_eq!((me.id(), &me["last_login_at"]), (account.id.to_string(), &json!(app.clock.now())));
        let scopes: Vec<_> = me["scopes"].as_array().unwrap().iter().map(|scope| scope.as_str().unwrap()).collect();
        assert!(scopes.contains(&"customers:write") && !scopes.contains(&"users:write"), "{scopes:?}");
        assert!(kinds_of_security_events(&app).await.contains(&"session.opened".to_owned()));
    }

    async fn spellings_of_an_address_are_one_account(app: TestApp) {
        let body = json!({"email": "Änne.Huber@Example.ORG", "display_name": "Änne", "role": "agent", "password": PASSWORD});
        let user = admin(&app).await.post("/v1/users", body).send().await.expect(201);
        assert_eq!(user["email"], "änne.huber@example.org");
        let body = json!({"email": " ÄNNE.HUBER@example.org", "password": PASSWORD});
        app.anonymous().post("/v1/auth/login", body).send().await.expect(200);
    }

    async fn a_refusal_does_not_tell_who_is_a_user(app: TestApp) {
        let known = Account::create(&app, Role::Agent).await;
        let disabled = Account::create(&app, Role::Agent).await;
        admin(&app).await.call(Method::POST, &format!("{}/deactivation", disabled.path())).send().await.expect(200);
        let body = json!({"email": "neu@example.org", "display_name": "Neu", "role": "agent"});
        let without_password = admin(&app).await.post("/v1/users", body).send().await.expect(201);
        let without_password = Account { id: without_password.id().parse().unwrap(), email: "neu@example.org".into() };
        let unknown = Account { id: known.id, email: "nobody@example.org".into() };

        let expected = outside(&known.try_password(&app, "wrong").await.expect(401));
        assert_eq!(expected.1["code"], "invalid_credentials");
        for (account, password) in [(&unknown, PASSWORD), (&disabled, PASSWORD), (&without_password, PASSWORD)] {
            assert_eq!(outside(&account.try_password(&app, password).await), expected, "{}", account.email);
        }

        let events = admin(&app).await.get("/v1/security-events?kind=login.refused&sort=occurred_at").send().await;
        let reasons: BTreeSet<_> = events.items().iter().map(|event| event["detail"]["reason"].as_str().unwrap()).collect();
        assert_eq!(reasons, BTreeSet::from(["disabled", "no_password", "unknown_account", "wrong_password"]));
        for event in events.items() {
            let is_unknown = event["detail"]["reason"] == "unknown_account";
            assert_eq!(event["subject"].is_null(), is_unknown, "{event}");
            assert_eq!((&event["actor"]["id"], &event["outcome"]), (&Value::Null, &json!("refused")));
            assert!(!event.to_string().contains("nobody@"), "{event}");
        }
    }

    async fn refreshing_goes_on_for_as_long_as_it_is_used(app: TestApp) {
        let account = Account::create(&app, Role::Agent).await;
        let mut session = account.sign_in(&app).await;
        for _ in 0..3 {
            // Longer than the access token, shorter than the refresh token.
            app.advance(1_200_000);
            assert_eq!(session.status().await, 401);
            let next = session.refresh(&app).await;
            assert_ne!(next.refresh_token, session.refresh_token);
            assert_eq!(next.status().await, 200);
            session = next;
        }
        app.advance(1_209_600);
        assert_eq!(session.try_refresh(&app).await.expect(401).code(), "invalid_refresh_token");
    }

    async fn an_expired_token_is_refused_with_a_challenge(app: TestApp) {
        let session = Account::create(&app, Role::Agent).await.sign_in(&app).await;
        app.advance(904);
        assert_eq!(session.status().await, 200, "clocks may differ by five seconds");
        app.advance(1);
        let reply = session.client.get("/v1/me").send().await.expect(401);
        assert_eq!(reply.code(), "unauthenticated");
        assert!(reply.header("www-authenticate").unwrap().contains(r#"error="invalid_token""#));
    }

    async fn a_copied_refresh_token_ends_the_session(app: TestApp) {
        let account = Account::create(&app, Role::Agent).await;
        let (other, first) = (account.sign_in(&app).await, account.sign_in(&app).await);
        let second = first.refresh(&app).await;
        app.advance(AFTER_THE_GRACE);
        assert_eq!(first.try_refresh(&app).await.expect(401).code(), "invalid_refresh_token");
        for tokens in [&first, &second] {
            assert_eq!(tokens.status().await, 401, "access tokens end with the session");
            assert_eq!(tokens.try_refresh(&app).await.status, 401);
        }
        assert_eq!(other.status().await, 200, "another session of the same user goes on");
        let events = admin(&app).await.get("/v1/security-events?kind=refresh_token.reused").send().await;
        assert_eq!(events.items().len(), 1, "told once");
        assert_eq!(events.items()[0]["actor"]["id"], json!(account.id));
    }

    async fn two_tabs_that_refresh_at_the_same_time_stay_signed_in(app: TestApp) {
        let session = Account::create(&app, Role::Agent).await.sign_in(&app).await;
        let tabs: Vec<_> = futures_util::future::join_all((0..8).map(|_| session.refresh(&app))).await;
        let distinct: BTreeSet<_> = tabs.iter().map(|tab| tab.refresh_token.clone()).collect();
        assert_eq!(distinct.len(), tabs.len());
        // A lost answer is asked for again.
        app.advance(AFTER_THE_GRACE - 1);
        session.refresh(&app).await;
        for tab in &tabs {
            let next: SignedIn = tab.refresh(&app).await;
            assert_eq!((tab.status().await, next.status().await), (200, 200));
        }
        assert!(!kinds_of_security_events(&app).await.contains(&"refresh_token.reused".to_owned()));
    }

    async fn what_is_no_refresh_token_is_refused(app: TestApp) {
        let session = Account::create(&app, Role::Agent).await.sign_in(&app).await;
        let reset = session.refresh_token.replace("kh_rt_", "kh_pr_");
        for token in ["x", "kh_rt_", reset.as_str(), "kh_rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            let reply = app.anonymous().post("/v1/auth/refresh", json!({"refresh_token": token})).send().await;
            assert_eq!(reply.expect(401).code(), "invalid_refresh_token", "{token}");
        }
    }

    async fn signing_out_ends_the_session_at_once(app: TestApp) {
        let account = Account::create(&app, Role::Agent).await;
        let (leaving, staying) = (account.sign_in(&app).await, account.sign_in(&app).await);
        leaving.client.call(Method::POST, "/v1/auth/logout").send().await.expect(204);
        assert_eq!((leaving.status().await, leaving.try_refresh(&app).await.status), (401, 401));
        assert_eq!((staying.status().await, staying.try_refresh(&app).await.status), (200, 200));
        assert!(kinds_of_security_events(&app).await.contains(&"session.revoked".to_owned()));

        let app = app.restart().await;
        let client = app.anonymous().with_token(leaving.client.token().unwrap());
        assert_eq!(client.get("/v1/me").send().await.status, 401, "an ended session stays ended");
    }

    async fn guessing_is_slowed_and_nobody_is_locked_out(app: TestApp) {
        let (guessed, other) = (Account::create(&app, Role::Agent).await, Account::create(&app, Role::Agent).await);
        for _ in 0..5 {
            guessed.try_password(&app, "wrong").await.expect(401);
        }
        let refused = guessed.try_password(&app, PASSWORD).await.expect(429);
        assert_eq!(refused.code(), "login_throttled");
        let seconds: i64 = refused.header("retry-after").unwrap().parse().unwrap();
        other.try_password(&app, PASSWORD).await.expect(200);
        app.advance(seconds);
        guessed.try_password(&app, PASSWORD).await.expect(200);
        guessed.try_password(&app, "wrong").await.expect(401);
    }

    async fn a_one_time_token_sets_a_password_once(app: TestApp) {
        let account = Account::create(&app, Role::Agent).await;
        let session = account.sign_in(&app).await;
        let (replaced, token) = (issue_reset(&app, &account).await, issue_reset(&app, &account).await);
        assert_eq!(session.status().await, 200, "nothing happens before it is used");

        let weak = redeem(&app, &token, "kurz").await.expect(422);
        assert_eq!(weak.faults().get("/new_password"), Some(&"too_short"));
        redeem(&app, &token, OTHER_PASSWORD).await.expect(204);
        for used_or_replaced in [&token, &replaced] {
            let reply = redeem(&app, used_or_replaced, OTHER_PASSWORD).await.expect(422);
            assert_eq!(reply.faults().get("/token"), Some(&"one_time_token"));
        }
        assert_eq!((session.status().await, session.try_refresh(&app).await.status), (401, 401));
        account.try_password(&app, PASSWORD).await.expect(401);
        account.try_password(&app, OTHER_PASSWORD).await.expect(200);
        let kinds = kinds_of_security_events(&app).await;
        assert!(kinds.contains(&"password.reset".to_owned()), "{kinds:?}");
    }

    async fn a_one_time_token_is_used_once_even_by_two_at_the_same_time(app: TestApp) {
        let account = Account::create(&app, Role::Agent).await;
        let token = issue_reset(&app, &account).await;
        let replies = futures_util::future::join_all((0..8).map(|_| redeem(&app, &token, OTHER_PASSWORD))).await;
        let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 422, 422, 422, 422, 422, 422, 422]);
    }

    async fn a_one_time_token_expires_and_opens_no_disabled_account(app: TestApp) {
        let account = Account::create(&app, Role::Agent).await;
        let token = issue_reset(&app, &account).await;
        app.advance(86_400);
        redeem(&app, &token, OTHER_PASSWORD).await.expect(422);

        let token = issue_reset(&app, &account).await;
        let deactivation = format!("{}/deactivation", account.path());
        admin(&app).await.call(Method::POST, &deactivation).send().await.expect(200);
        redeem(&app, &token, OTHER_PASSWORD).await.expect(422);
        admin(&app).await.call(Method::DELETE, &deactivation).send().await.expect(200);
        redeem(&app, &token, OTHER_PASSWORD).await.expect(422);
        account.try_password(&app, PASSWORD).await.expect(200);
    }

    async fn a_user_changes_their_password_and_other_sessions_end(app: TestApp) {
        let account = Account::create(&app, Role::Agent).await;
        let (here, elsewhere) = (account.sign_in(&app).await, account.sign_in(&app).await);
        let change = |current: &str, new: &str| {
            here.client.post("/v1/me/password", json!({"current_password": current, "new_password": new})).send()
        };
        let wrong = change("wrong", OTHER_PASSWORD).await.expect(422);
        assert_eq!(wrong.faults().get("/current_password"), Some(&"wrong_password"));
        let long = "x".repeat(129);
        for (password, fault) in [
            ("zu kurz", "too_short"),
            ("password1234", "common_password"),
            ("Kundenhistorie 2026", "guessable_password"),
            (account.email.as_str(), "guessable_password"),
            (long.as_str(), "too_long"),
        ] {
            let reply = change(PASSWORD, password).await.expect(422);
            assert_eq!(reply.faults().get("/new_password"), Some(&fault), "{password}");
        }
        assert_eq!(elsewhere.status().await, 200);

        change(PASSWORD, OTHER_PASSWORD).await.expect(204);
        assert_eq!((here.status().await, here.try_refresh(&app).await.status), (200, 200));
        assert_eq!((elsewhere.status().await, elsewhere.try_refresh(&app).await.status), (401, 401));
        account.try_password(&app, PASSWORD).await.expect(401);
        account.try_password(&app, OTHER_PASSWORD).await.expect(200);
        let kinds = kinds_of_security_events(&app).await;
        assert!(["password.refused", "password.changed"].iter().all(|kind| kinds.contains(&(*kind).to_owned())));
    }

    async fn guessing_the_current_password_is_slowed(app: TestApp) {
        let session = Account::create(&app, Role::Agent).await.sign_in(&app).await;
        let guess = || {
            let body = json!({"current_password": "wrong", "new_password": OTHER_PASSWORD});
            session.client.post("/v1/me/password", body).send()
        };
        for _ in 0..5 {
            guess().await.expect(422);
        }
        assert_eq!(guess().await.expect(429).code(), "login_throttled");
    }

    async fn public_keys_name_the_key_of_a_token(app: TestApp) {
        let session = Account::create(&app, Role::Agent).await.sign_in(&app).await;
        let reply = app.anonymous().get("/.well-known/jwks.json").send().await.expect(200);
        let header = session.client.token().unwrap().split('.').next().unwrap();
        let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        assert_eq!(*reply.at("/keys/0/kid"), header["kid"]);
        assert!(reply.at("/keys/0/d").is_null());
    }

    async fn secrets_are_kept_nowhere(app: TestApp) {
        let account = Account::create(&app, Role::Agent).await;
        let session = account.sign_in(&app).await;
        let body = json!({"email": account.email, "password": PASSWORD});
        let repeated = session.client.post("/v1/auth/login", body).idempotency_key("k1").send().await.expect(200);
        let token = issue_reset(&app, &account).await;
        let path = format!("{}/password-reset", account.path());
        let again = admin(&app).await.call(Method::POST, &path).idempotency_key("k2").send().await.expect(200);
        redeem(&app, &token, OTHER_PASSWORD).await.expect(422);
        redeem(&app, again["token"].as_str().unwrap(), OTHER_PASSWORD).await.expect(204);

        let read = &app.store().read;
        let events = format!("{:?}", timeline_event::Entity::find().all(read).await.unwrap());
        let noted = format!("{:?}", security_event::Entity::find().all(read).await.unwrap());
        let answers = idempotency_record::Entity::find().all(read).await.unwrap();
        let answers: String = answers.iter().map(|answer| String::from_utf8_lossy(&answer.body).into_owned()).collect();
        let users = user::Entity::find().all(read).await.unwrap();
        assert!(events.contains("user.password_changed") && noted.contains("password.reset"));
        let hash = users.iter().find(|user| user.id == account.id).unwrap().password_hash.clone().unwrap();
        for secret in [PASSWORD, OTHER_PASSWORD, "argon2", &hash, "kh_rt_", "kh_pr_", repeated["access_token"].as_str().unwrap()] {
            for place in [&events, &noted, &answers, &format!("{users:?}")] {
                assert!(!place.contains(secret), "{secret} in {place:.300}");
            }
        }
    }

    async fn raised_costs_renew_the_hash_at_the_next_sign_in(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let account = Account::create(&app, Role::Agent).await;
        let hash = async |app: &TestApp| {
            let row = user::Entity::find_by_id(account.id).one(&app.store().read).await.unwrap().unwrap();
            (row.password_hash.unwrap(), row.version)
        };
        let (cheap, version) = hash(&app).await;
        let app = app.restart_with(|config| config.auth.hashing_memory_kib = 128).await;
        account.sign_in(&app).await;
        let (dear, same_version) = hash(&app).await;
        assert!(cheap.contains("m=64,") && dear.contains("m=128,"), "{cheap} {dear}");
        assert_eq!(version, same_version, "it is the same password");
        account.sign_in(&app).await;
        assert_eq!(hash(&app).await.0, dear, "and is not hashed again");
    }
}
