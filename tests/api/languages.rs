//! The language of an answer: how it is chosen, and that every problem speaks both.

use std::collections::{BTreeMap, BTreeSet};

use kundenhistorie::domain::language::Language;
use kundenhistorie::error::Code;
use reqwest::Method;
use serde_json::{Value, json};

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

    async fn what_is_told_in_german_holds_no_english(app: TestApp) {
        let (admin, stranger) = (app.admin().await, app.anonymous());
        let english = |text: &str| {
            let words = text.to_lowercase();
            let words: Vec<&str> = words.split(|letter: char| !letter.is_alphanumeric() && letter != '_').collect();
            ENGLISH.iter().find(|word| words.contains(word)).map(|word| format!("'{word}' in '{text}'"))
        };
        let found = std::cell::RefCell::new(BTreeSet::new());
        let judge = |german: &Reply, reply: &Reply| {
            assert_eq!((german.status, german.code()), (reply.status, reply.code()));
            let faults = |reply: &Reply| reply["errors"].as_array().cloned().unwrap_or_default();
            let said = |reply: &Reply| {
                let mut said = vec![reply["title"].clone(), reply["detail"].clone(), reply["reason"].clone()];
                said.extend(faults(reply).into_iter().map(|fault| fault["detail"].clone()));
                said.into_iter().filter_map(|text| text.as_str().map(str::to_owned)).collect::<Vec<_>>()
            };
            for (german, english_text) in said(german).iter().zip(said(reply)) {
                let alike = (*german == english_text).then(|| format!("'{german}' in both languages"));
                found.borrow_mut().extend(alike.or_else(|| english(german)));
            }
            assert_eq!(
                faults(german).iter().map(|fault| fault["params"].clone()).collect::<Vec<_>>(),
                faults(reply).iter().map(|fault| fault["params"].clone()).collect::<Vec<_>>(),
                "what programs read is the same in every language"
            );
        };
        for token in ["forged", ""] {
            let ask = |language| stranger.get("/v1/me").header("authorization", format!("Bearer {token}")).language(language);
            judge(&ask("de").send().await.expect(401), &ask("en").send().await.expect(401));
        }
        let ask = |language| stranger.get("/v1/me").header("authorization", "Basic YTpi").language(language);
        judge(&ask("de").send().await.expect(401), &ask("en").send().await.expect(401));
        for body in ["", "{", "[1", "{\"a\" 1}", "{\"a\": 1,}", "{'a': 1}", "{\"a\": 1, \"a\": 2}", "nul", "{} x", "{\"a\": 1e999}", "[]", "null"] {
            let send = |language| admin.call(Method::POST, "/v1/tags").body("application/json", body).language(language);
            judge(&send("de").send().await, &send("en").send().await);
        }
        let plain = |language| admin.call(Method::PATCH, "/v1/tags/019a0000-0000-7000-8000-00000000dead")
            .header("if-match", "*").body("text/plain", "x").language(language);
        judge(&plain("de").send().await.expect(415), &plain("en").send().await.expect(415));
        let nobody = "019a0000-0000-7000-8000-00000000dead";
        let labels = json!({"en": "Machine", "de": "Maschine"});
        let kind = |schema: Value| json!({"name": "a.done", "category": "support", "labels": labels, "payload_schema": schema});
        let inputs = [
            ("/v1/tags", json!({"name": 5, "color": [], "nmae": "x"})),
            ("/v1/customers", json!({"kind": "person", "company": {}, "person": 5, "tags": {}, "tier": {}})),
            ("/v1/customers", json!({"kind": "robot", "customer_since": "gestern", "language": "?", "owner_id": "anna"})),
            ("/v1/customers", json!({"kind": "person", "display_name": "x", "owner_id": nobody, "referred_by": nobody})),
            ("/v1/customers", json!({"kind": "person", "display_name": "x", "contact_points": [{"id": nobody, "type": "email", "value": "x"}]})),
            ("/v1/customers", json!({"kind": "company", "company": {"annual_revenue": {"amount": 5, "currency": "EUR"}}})),
            ("/v1/event-types", kind(json!({"type": "wrong"}))),
            ("/v1/event-types", kind(json!({"properties": {"maschine": {"pattern": "("}}}))),
            ("/v1/event-types", kind(json!({"minLength": -1}))),
            ("/v1/event-types", kind(json!({"required": "a"}))),
        ];
        for (path, body) in inputs {
            let send = |language| admin.post(path, body.clone()).language(language);
            judge(&send("de").send().await.expect(422), &send("en").send().await.expect(422));
        }
        for query in ["sort=x", "limit=0", "limit=x", "archived=maybe", "owner_id=x", "created_after=now", "kindd=person", "cursor=x"] {
            let ask = |language| admin.get(&format!("/v1/customers?{query}")).language(language);
            judge(&ask("de").send().await.expect(400), &ask("en").send().await.expect(400));
        }
        assert_eq!(found.into_inner(), BTreeSet::new());
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

/// Words of English sentences that are no names of fields and no German ones.
const ENGLISH: &[&str] = &[
    "a",
    "an",
    "and",
    "are",
    "array",
    "at",
    "boolean",
    "by",
    "cannot",
    "character",
    "characters",
    "column",
    "contact_point",
    "customer",
    "ended",
    "ends",
    "expected",
    "expired",
    "field",
    "found",
    "has",
    "integer",
    "invalid",
    "is",
    "it",
    "key",
    "line",
    "must",
    "not",
    "number",
    "object",
    "of",
    "or",
    "parsing",
    "string",
    "the",
    "there",
    "this",
    "too",
    "trailing",
    "unexpected",
    "user",
    "valid",
    "value",
    "while",
    "with",
];
