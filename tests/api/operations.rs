//! Health, the document, and what the explanations of problems say.

use kundenhistorie::domain::permission::Role;

use crate::support::accounts::Account;
use crate::support::app::TestApp;
use crate::support::both;

both! {
    async fn health_needs_no_token(app: TestApp) {
        let stranger = app.anonymous();
        for path in ["/health/live", "/health/ready"] {
            let reply = stranger.get(path).send().await.expect(200);
            assert_eq!(reply["status"], "ok");
        }
    }

    async fn the_document_is_served_and_known_by_its_etag(app: TestApp) {
        let stranger = app.anonymous();
        let reply = stranger.get("/openapi.json").send().await.expect(200);
        assert_eq!(reply["openapi"], "3.1.0");
        let again = stranger.get("/openapi.json").header("if-none-match", reply.etag()).send().await;
        assert!(again.expect(304).bytes.is_empty());
    }

    async fn everything_that_is_measured_is_explained(app: TestApp) {
        let account = Account::create(&app, Role::Agent).await;
        account.try_password(&app, "wrong").await.expect(401);
        app.anonymous().with_token("x").get("/v1/me").send().await.expect(401);
        app.admin().await.get("/v1/customers").send().await.expect(200);
        let text = String::from_utf8(app.anonymous().get("/metrics").send().await.expect(200).bytes).expect("a text");
        let helped: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("# HELP ")?.split_once(' ')).map(|(name, _)| name).collect();
        let names = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
        let unexplained: Vec<&str> = names.filter(|name| !helped.contains(name)).collect();
        assert!(unexplained.is_empty(), "no help for {unexplained:?}");
        for name in ["logins_total", "access_tokens_refused_total"] {
            assert!(helped.contains(&name), "{name} is not there\n{text}");
        }
        for pool in ["reader", "writer", "other"] {
            let open = text.lines().filter(|line| line.contains(&format!("database_pool_connections{{pool=\"{pool}\"")));
            let open = open.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum::<f64>();
            assert!(open >= 1.0, "no connection of {pool}\n{text}");
        }
    }

    async fn a_restart_keeps_users_and_keys(app: TestApp) {
        let token = app.admin().await.token().map(str::to_owned).expect("a token");
        app.admin().await.get("/v1/customers").send().await.expect(200);
        let app = app.restart().await;
        app.anonymous().with_token(token).get("/v1/customers").send().await.expect(200);
    }
}
