//! The language of an answer: how it is chosen, and that every problem speaks both.

use std::collections::{BTreeMap, BTreeSet};

use kundenhistorie::domain::language::Language;
use kundenhistorie::error::Code;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::Reply;

both! {
    async fn every_problem_is_explained_in_both_languages(app: TestApp) {
        let stranger = app.anonymous();
        for code in Code::ALL {
            let path = format!("/problems/{}", code.as_str());
            let english = stranger.get(&path).send().await.expect(200);
            let german = stranger.speaking("de").get(&path).send().await.expect(200);
            assert_eq!((&english["code"], &english["status"]), (&json!(code.as_str()), &json!(code.status())));
            assert_eq!(english["title"], code.title(Language::En));
            assert_ne!(english["title"], german["title"], "{code:?}");
            assert_ne!(english["detail"], german["detail"], "{code:?}");
            let placeholders = |reply: &Reply| -> BTreeSet<String> {
                let text = reply["detail"].as_str().unwrap_or_default().to_owned();
                text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(str::to_owned).collect()
            };
            assert_eq!(placeholders(&english), placeholders(&german), "{code:?}");
        }
    }

    async fn the_language_is_chosen_by_the_caller(app: TestApp) {
        let stranger = app.anonymous();
        for (accepted, expected) in [
            ("de", "de"), ("de-CH", "de"), ("DE", "de"), ("en", "en"), ("fr", "en"), ("fr, de;q=0.2", "de"), ("*", "en"), ("", "en"),
            ("de;q=0.1, en;q=0.9", "en"),  ("nonsense;;;", "en"),
        ] {
            let reply = stranger.get("/v1/nowhere").language(accepted).send().await.expect(404);
            assert_eq!(reply.header("content-language"), Some(expected), "{accepted}");
        }
    }

    async fn timelines_say_which_language_they_speak(app: TestApp) {
        let agent = app.agent().await;
        let made = agent.post("/v1/customers", json!({"kind": "person", "person": {"family_name": "Öz"}}));
        let path = format!("/v1/customers/{}/timeline", made.send().await.expect(201).id());
        for language in ["de", "en"] {
            for path in [path.as_str(), "/v1/timeline"] {
                let reply = agent.get(path).language(language).send().await.expect(200);
                assert_eq!(reply.header("content-language"), Some(language), "{path}");
            }
            let reply = agent.get("/v1/customers").language(language).send().await.expect(200);
            assert_eq!(reply.header("content-language"), None);
        }
    }

    async fn a_language_that_cannot_be_read_is_refused_everywhere(app: TestApp) {
        let agent = app.agent().await;
        let too_long = "de,".repeat(334);
        for path in ["/v1/customers", "/v1/me", "/health/live", "/openapi.json", "/problems/not_found"] {
            for (language, fault) in [("dä", "pattern"), ("\u{84}", "pattern"), (too_long.as_str(), "too_long")] {
                let reply = agent.get(path).language(language).send().await.expect(400);
                assert_eq!(reply.faults(), BTreeMap::from([("Accept-Language", fault)]), "{path}");
            }
            agent.get(path).language(&too_long[..1000]).send().await.expect(200);
        }
    }
}
