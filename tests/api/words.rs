//! Records that are found by the beginnings of their words.

use serde_json::json;

use crate::support::app::TestApp;
use crate::support::both;

both! {
    async fn records_are_found_by_their_words(app: TestApp) {
        let agent = app.admin().await;
        let company = json!({"kind": "company", "company": {"legal_name": "Werft Nord GmbH"}});
        let home = format!("/v1/customers/{}", agent.post("/v1/customers", company).send().await.expect(201).id());
        let (pipeline, _) = crate::opportunities::pipeline(&agent, "sales").await;
        let money = |amount: &str| json!({"amount": amount, "currency": "EUR"});
        let cases = [
            ("opportunities", json!({"name": "Säge für Halle 2", "pipeline_id": pipeline}), json!({"name": "Hobel"}), "saege hal"),
            ("contracts", json!({"title": "Wartung Säge", "starts_on": "2026-01-01"}), json!({"title": "Hobel"}), "wart SÄGE"),
            ("contracts", json!({"title": "Miete", "number": "MV-77", "starts_on": "2026-01-01"}), json!({"title": "Hobel"}), "77 miete"),
            ("owned-products", json!({"name": "Säge", "serial_number": "TK-4711"}), json!({"name": "Hobel"}), "4711 säg"),
            ("feedback", json!({"kind": "complaint", "subject": "Säge", "text": "Kam zu spät"}), json!({"subject": "Hobel"}), "spaet säge"),
            ("payments", json!({"amount": money("5"), "method": "cash", "payer": "Änne Öztürk", "reference": "R-9"}), json!({"payer": "Hobel"}), "oeztuerk r"),
        ];
        for (kind, body, change, q) in cases {
            let made = agent.post(&format!("{home}/{kind}"), body).send().await.expect(201);
            let found = async |place: &str, q: &str| {
                let reply = agent.get(&format!("{place}/{kind}")).query(&[("q", q)]).send().await.expect(200);
                reply.items().iter().map(|it| it["id"].clone()).collect::<Vec<_>>()
            };
            assert_eq!((found(&home, q).await, found("/v1", q).await), (vec![json!(made.id())], vec![json!(made.id())]), "{kind} {q}");
            assert_eq!((found(&home, "äge").await.len(), found(&home, "%").await.len()), (0, 0), "{kind}");
            agent.patch(&format!("/v1/{kind}/{}", made.id()), "*", change).send().await.expect(200);
            assert_eq!((found("/v1", q).await.len(), found("/v1", "hobel").await.contains(&json!(made.id()))), (0, true), "{kind}");
        }
        let payments = async |query: &[(&str, &str)]| agent.get("/v1/payments").query(query).send().await.expect(200).items().len();
        assert_eq!((payments(&[("amount_min", "5")]).await, payments(&[("amount_min", "5.01")]).await), (1, 0));
        assert_eq!((payments(&[("amount_max", "5")]).await, payments(&[("amount_max", "4.99")]).await), (1, 0));
    }

    async fn interactions_are_found_by_what_the_timeline_tells(app: TestApp) {
        let agent = app.agent().await;
        let company = json!({"kind": "company", "company": {"legal_name": "Werft Nord GmbH"}});
        let home = format!("/v1/customers/{}", agent.post("/v1/customers", company).send().await.expect(201).id());
        let body = json!({"kind": "call", "direction": "inbound", "subject": "Rückfrage Säge", "body": "Kommt am Montag"});
        let made = agent.post(&format!("{home}/interactions"), body).send().await.expect(201);
        agent.post(&format!("{home}/interactions"), json!({"kind": "note", "body": "Hobel"})).send().await.expect(201);
        let found = async |place: &str, query: &[(&str, &str)]| {
            let reply = agent.get(&format!("{place}/interactions")).query(query).send().await.expect(200);
            reply.items().iter().map(|it| it["id"].clone()).collect::<Vec<_>>()
        };
        for q in ["saege", "mont rück", "ANRUF", "call säge"] {
            assert_eq!((found(&home, &[("q", q)]).await, found("/v1", &[("q", q)]).await), (vec![json!(made.id())], vec![json!(made.id())]), "{q}");
        }
        for q in ["äge", "säge hobel", "%", "call note"] {
            assert_eq!(found("/v1", &[("q", q)]).await.len(), 0, "{q}");
        }
        let moment = made["updated_at"].as_str().expect("a moment").to_owned();
        app.advance(1);
        let path = format!("/v1/interactions/{}", made.id());
        agent.patch(&path, "*", json!({"subject": "Liefertermin"})).send().await.expect(200);
        assert_eq!((found("/v1", &[("q", "säge")]).await.len(), found("/v1", &[("q", "liefer")]).await.len()), (0, 1));
        let then = found(&home, &[("q", "säge"), ("as_of", &moment)]).await;
        assert_eq!((then.len(), found(&home, &[("q", "liefer"), ("as_of", &moment)]).await.len()), (1, 0));
    }
}
