//! Lists as they were: found by what records said then, and of what never changes what was there.

use kundenhistorie::domain::instant::Instant;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;

fn as_of(question: &str, at: Instant) -> String {
    let sign = if question.contains('?') { '&' } else { '?' };
    format!("{question}{sign}as_of={at}")
}

both! {
    async fn what_never_changes_is_listed_as_far_as_it_was_there(app: TestApp) {
        let agent = app.admin().await;
        let make = async |path: &str, body: Value| agent.post(path, body).send().await.expect(201).id();
        let company = json!({"kind": "company", "company": {"legal_name": "Werft Nord GmbH"}});
        let home = format!("/v1/customers/{}", make("/v1/customers", company).await);
        let before = app.clock.now();
        app.advance(10);
        let ticket = make(&format!("{home}/tickets"), json!({"subject": "Kein Strom"})).await;
        let card = make(&format!("{home}/loyalty-memberships"), json!({"program": "Bonus"})).await;
        let document = make(&format!("{home}/documents"), json!({"title": "Angebot"})).await;
        let comments = format!("/v1/tickets/{ticket}/comments");
        let points = format!("/v1/loyalty-memberships/{card}/transactions");
        let versions = format!("/v1/documents/{document}/versions");
        let mut moments = vec![app.clock.now()];
        for number in 1..=3 {
            app.advance(10);
            let comment = json!({"text": format!("Bild {number}"), "visibility": "public", "author_side": "us"});
            make(&comments, comment).await;
            make(&points, json!({"kind": "earned", "points": number})).await;
            let content = agent.call(Method::PUT, &format!("/v1/documents/{document}/content?file_name=a.bin"));
            content.body("application/octet-stream", vec![number; 9]).send().await;
            moments.push(app.clock.now());
        }
        for list in [&comments, &points, &versions] {
            for (there, moment) in moments.iter().enumerate() {
                let told = agent.get(&as_of(list, *moment)).send().await.expect(200);
                assert_eq!(told.items().len(), there, "{list}");
            }
            agent.get(&as_of(list, before)).send().await.expect(404);
        }
        // Written before it was entered.
        app.advance(10);
        let late = json!({"text": "Nachtrag", "visibility": "public", "author_side": "us", "written_at": moments[1]});
        make(&comments, late).await;
        let told = async |question: String| agent.get(&question).send().await.expect(200).items().len();
        assert_eq!(told(as_of(&comments, moments[1])).await, 1);
        assert_eq!(told(format!("{}&known_at={}", as_of(&comments, moments[1]), app.clock.now())).await, 2);
    }

    async fn records_are_found_by_what_they_were_linked_with(app: TestApp) {
        let (agent, admin) = (app.agent().await, app.admin().await);
        let company = json!({"kind": "company", "company": {"legal_name": "Werft Nord GmbH"}});
        let home = format!("/v1/customers/{}", agent.post("/v1/customers", company).send().await.expect(201).id());
        let product = json!({"sku": "KRAN", "name": "Kran", "tax_rate": "19"});
        let product = admin.post("/v1/products", product).send().await.expect(201).id();
        let line = json!({"position": 1, "product_id": product, "quantity": "2", "unit_price": "100.00"});
        let text = json!({"position": 1, "description": "Seil", "quantity": "2", "unit_price": "1.00", "tax_rate": "19"});
        let (with, without) = (json!({"currency": "EUR", "lines": [line]}), json!({"lines": [text]}));
        let member = json!({"name": "Umbau", "members": [{"user_id": agent.user().id}]});
        let took_part = json!({"kind": "call", "subject": "Umbau", "participants": [{"name": "Öz"}, {"user_id": agent.user().id}]});
        let (pipeline, _) = crate::opportunities::pipeline(&agent, "sales").await;
        let wish = json!({"name": "Kran", "pipeline_id": pipeline, "product_ids": [product]});
        let items = json!({"title": "Wartung", "starts_on": "2026-01-01", "items": [{"product_id": product, "description": "Kran", "quantity": "1"}]});
        let invoice = json!({"currency": "EUR", "lines": [text]});
        let invoice = agent.post(&format!("{home}/invoices"), invoice).send().await.expect(201).id();
        agent.post(&format!("/v1/invoices/{invoice}/issuance"), json!({})).send().await.expect(200);
        let allocation = json!({"invoice_id": invoice, "amount": {"amount": "1.00", "currency": "EUR"}});
        let paid = json!({"amount": {"amount": "1.00", "currency": "EUR"}, "method": "bank_transfer", "allocations": [allocation]});
        let cases = [
            ("orders", with.clone(), without.clone(), format!("product_id={product}")),
            ("quotes", with, without, format!("product_id={product}")),
            ("contracts", items, json!({"items": []}), format!("product_id={product}")),
            ("payments", paid, json!({"allocations": []}), format!("invoice_id={invoice}")),
            ("interactions", took_part, json!({"participants": []}), "participant_id=me".to_owned()),
            ("projects", member, json!({"members": []}), "member_id=me".to_owned()),
            ("opportunities", wish, json!({"product_ids": []}), format!("product_id={product}")),
        ];
        for (kind, begun, left, asked) in cases {
            let made = agent.post(&format!("{home}/{kind}"), begun).send().await.expect(201);
            let then = app.system().clock.now();
            app.advance(10);
            agent.patch(&format!("/v1/{kind}/{}", made.id()), "*", left).send().await.expect(200);
            let list = format!("{home}/{kind}?{asked}");
            assert_eq!(agent.get(&list).send().await.expect(200).items().len(), 0, "{kind}");
            let past = agent.get(&as_of(&list, then)).send().await.expect(200);
            assert_eq!(past.items().iter().map(|it| &it["id"]).collect::<Vec<_>>(), [&made["id"]], "{kind}");
            let (parameter, _) = asked.split_once('=').expect("a parameter");
            let other = format!("{home}/{kind}?{parameter}={}", made.id());
            assert_eq!(agent.get(&as_of(&other, then)).send().await.expect(200).items().len(), 0, "{kind}");
        }
    }
}
