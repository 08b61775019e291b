//! The sessions of a user, as they see and end them.

use kundenhistorie::domain::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::accounts::{Account, PASSWORD, SignedIn};
use crate::support::app::TestApp;
use crate::support::both;

async fn revoke(session: &SignedIn, id: &str) -> u16 {
    session.client.call(Method::DELETE, &format!("/v1/me/sessions/{id}")).send().await.status
}

both! {
    async fn a_user_sees_where_they_are_signed_in(app: TestApp) {
        let account = Account::create(&app, Role::Agent).await;
        let body = json!({"email": account.email, "password": PASSWORD});
        app.anonymous().post("/v1/auth/login", body).header("user-agent", "Fernsprecher/1.0").send().await.expect(200);
        app.advance(60);
        let here = account.sign_in(&app).await;
        Account::create(&app, Role::Agent).await.sign_in(&app).await;

        let list = here.client.get("/v1/me/sessions?count=exact").send().await.expect(200);
        assert_eq!((&list["total"], list.items().len()), (&json!(2), 2), "own ones only");
        let [newest, oldest] = list.items() else { panic!("{list}") };
        assert_eq!((&newest["current"], &oldest["current"]), (&json!(true), &json!(false)));
        assert_eq!((&newest["user_agent"], &oldest["user_agent"]), (&Value::Null, &json!("Fernsprecher/1.0")));
        assert_eq!(newest["id"], json!(here.session_id().await));
        assert_eq!(newest["expires_at"], json!(app.clock.now().plus_seconds(1_209_600)));

        app.advance(600);
        here.refresh(&app).await;
        let first = here.client.get("/v1/me/sessions?limit=1").send().await.expect(200);
        assert_eq!(first.at("/items/0/last_used_at"), &json!(app.clock.now()));
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = here.client.get(&format!("/v1/me/sessions?limit=1&cursor={cursor}")).send().await.expect(200);
        assert_eq!((second.at("/items/0/id"), &second["next_cursor"]), (&oldest["id"], &Value::Null));
    }

    async fn a_user_ends_their_sessions_one_by_one(app: TestApp) {
        let account = Account::create(&app, Role::Agent).await;
        let (here, lost) = (account.sign_in(&app).await, account.sign_in(&app).await);
        let (here_id, lost_id) = (here.session_id().await, lost.session_id().await);
        assert_eq!(revoke(&here, &lost_id).await, 204);
        assert_eq!((lost.status().await, lost.try_refresh(&app).await.status), (401, 401));
        assert_eq!(revoke(&here, &lost_id).await, 404, "it has ended already");
        assert_eq!(here.client.get("/v1/me/sessions").send().await.items().len(), 1);
        assert_eq!((revoke(&here, &here_id).await, here.status().await), (204, 401));
    }

    async fn the_sessions_of_others_do_not_exist(app: TestApp) {
        let (anna, jonas) = (Account::create(&app, Role::Admin).await, Account::create(&app, Role::Agent).await);
        let (anna, jonas) = (anna.sign_in(&app).await, jonas.sign_in(&app).await);
        let id = jonas.session_id().await;
        let foreign = anna.client.call(Method::DELETE, &format!("/v1/me/sessions/{id}")).send().await.expect(404);
        let missing = format!("/v1/me/sessions/{}", app.clock.new_id());
        let missing = anna.client.call(Method::DELETE, &missing).send().await.expect(404);
        assert_eq!((foreign.code(), &foreign["detail"]), (missing.code(), &missing["detail"]));
        assert_eq!(jonas.status().await, 200);
        assert_eq!(revoke(&anna, "not-an-id").await, 400);
    }
}
