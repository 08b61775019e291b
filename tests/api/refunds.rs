//! Refunds: of the payment they name, or of what is left of all.

use serde_json::json;

use crate::support::app::TestApp;
use crate::support::books::{Books, at, euros, of, standing, text};
use crate::support::both;
use crate::support::chains::holds_together;
use crate::support::client::Reply;
use crate::support::samples::with;

both! {
    async fn a_refund_gives_back_the_payment_it_names(app: TestApp) {
        let books = Books::open(&app).await;
        let invoice = books.invoice("119").await;
        let paid = json!({"amount": euros("130"), "allocations": [{"invoice_id": invoice.id()}]});
        let paid = books.pay(paid).await.expect(201);
        let francs = books.pay(json!({"amount": {"amount": "5", "currency": "CHF"}})).await.expect(201);
        let stranger = Books::open(&app).await.pay(json!({"amount": euros("50")})).await.expect(201);
        let refund = |of: &Reply, amount: &str| {
            json!({"direction": "refund", "amount": euros(amount), "refunded_payment_id": of.id()})
        };
        for (body, pointer, code) in [
            (refund(&paid, "11.01"), "/amount", "too_large"),
            (refund(&francs, "1"), "/amount", "other_currency"),
            (refund(&stranger, "1"), "/refunded_payment_id", "reference"),
            (with(refund(&paid, "1"), json!({"direction": "incoming"})), "/refunded_payment_id", "unfitting"),
            (with(refund(&paid, "1"), json!({"allocations": [of(&invoice, "1")]})), "/refunded_payment_id", "unfitting"),
        ] {
            let refused = books.pay(body).await.expect(422);
            assert_eq!(refused.faults().get(pointer), Some(&code), "{refused}");
        }
        let back = books.pay(refund(&paid, "4")).await.expect(201);
        assert_eq!(back["unallocated_amount"], euros("0.00"));
        let now = async || books.client.get(&at(&paid)).send().await.expect(200);
        let left = async || {
            let now = now().await;
            (text(now.at("/unallocated_amount/amount")), text(now.at("/refunded_amount/amount")))
        };
        let expected = |left: &str, refunded: &str| (left.to_owned(), refunded.to_owned());
        assert_eq!(left().await, expected("7.00", "4.00"));
        assert_eq!(books.standing(&invoice).await, standing("paid", "0.00"));
        assert_eq!(books.pay(refund(&back, "1")).await.expect(422).faults().get("/refunded_payment_id"), Some(&"unfitting"));
        books.client.patch(&at(&back), "*", json!({"amount": euros("11.01")})).send().await.expect(422);
        books.client.patch(&at(&back), "*", json!({"amount": euros("11")})).send().await.expect(200);
        assert_eq!(left().await, expected("0.00", "11.00"));
        let fixed = books.client.patch(&at(&back), "*", json!({"refunded_payment_id": null})).send().await.expect(422);
        assert_eq!(fixed.faults().get("/refunded_payment_id"), Some(&"read_only"));

        assert_eq!(books.reverse(&paid).await.expect(409).code(), "in_use");
        assert_eq!(books.client.delete(&at(&paid), "*").send().await.expect(409).code(), "in_use");
        let later = books.invoice("11").await;
        let allocations = json!({"allocations": [of(&invoice, "119"), {"invoice_id": later.id()}]});
        let used = books.client.patch(&at(&paid), "*", allocations.clone()).send().await.expect(422);
        assert_eq!(used.faults().get("/allocations/1/amount"), Some(&"too_small"), "nothing is left");
        let less = books.client.patch(&at(&paid), "*", json!({"amount": euros("129")})).send().await.expect(422);
        assert_eq!(less.faults().get("/allocations"), Some(&"too_large"));
        books.client.delete(&at(&back), "*").send().await.expect(204);
        assert_eq!(left().await, expected("11.00", "0.00"));
        books.client.patch(&at(&paid), "*", allocations).send().await.expect(200);
        let restore = books.client.call(reqwest::Method::POST, &format!("{}/restoration", at(&back))).send().await;
        assert_eq!(restore.expect(422).faults().get("/amount"), Some(&"too_large"));

        let kinds: Vec<String> = books.told().await.into_iter().map(|(_, kind, _)| kind).collect();
        for kind in ["payment.refunded", "payment.refund_reversed"] {
            assert!(kinds.iter().any(|told| told == kind), "{kinds:?}");
        }
        holds_together(app.store()).await;
    }

    async fn nobody_gets_back_more_than_is_left_of_what_was_paid(app: TestApp) {
        let books = Books::open(&app).await;
        let refund = |amount: &str| json!({"direction": "refund", "amount": euros(amount)});
        let refused = books.pay(refund("1000000")).await.expect(422);
        assert_eq!(refused.faults().get("/amount"), Some(&"too_large"), "{refused}");
        let paid = books.pay(json!({"amount": euros("30")})).await.expect(201);
        books.pay(json!({"amount": {"amount": "100", "currency": "CHF"}})).await.expect(201);
        let back = books.pay(refund("20")).await.expect(201);
        let refused = books.pay(refund("10.01")).await.expect(422);
        assert_eq!(refused.faults().get("/amount"), Some(&"too_large"));
        assert!(refused.body.to_string().contains("at most 10.00"), "{refused}");
        let invoice = books.invoice("100").await;
        let use_it = |amount: &str| json!({"allocations": [of(&invoice, amount)]});
        assert_eq!(books.client.patch(&at(&paid), "*", use_it("10.01")).send().await.expect(409).code(), "in_use");
        books.client.patch(&at(&paid), "*", use_it("10")).send().await.expect(200);
        let named = with(refund("1"), json!({"refunded_payment_id": paid.id()}));
        assert_eq!(books.pay(named).await.expect(409).code(), "in_use", "what is left of it was given back");
        assert_eq!(books.reverse(&paid).await.expect(409).code(), "in_use");
        books.reverse(&back).await.expect(200);
        books.reverse(&paid).await.expect(200);
        let copied = with(refund("1000000"), json!({"ledger": "external"}));
        let copied = books.pay(copied).await.expect(201);
        assert_eq!(copied["unallocated_amount"], euros("1000000.00"), "another system knows better");
    }
}
