//! Health, the document, and what the explanations of problems say.

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

    async fn a_restart_keeps_users_and_keys(app: TestApp) {
        let token = app.admin().await.token().map(str::to_owned).expect("a token");
        app.admin().await.get("/v1/customers").send().await.expect(200);
        let app = app.restart().await;
        app.anonymous().with_token(token).get("/v1/customers").send().await.expect(200);
    }
}
