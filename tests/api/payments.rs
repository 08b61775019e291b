//! Payments: what they are for, what they leave open, and what becomes of an invoice when they are taken back.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::books::{Books, at, euros, of, standing, text};
use crate::support::both;
use crate::support::chains::holds_together;
use crate::support::client::Reply;
use crate::support::property;
use crate::support::samples::with;

both! {
    async fn payments_lead_their_invoices_on(app: TestApp) {
        let books = Books::open(&app).await;
        let issued = "2026-11-19T12:00:00.000000Z";
        let invoice = books.document(json!({"issued_on": "2026-11-19"}), "119.00").await;
        let (first, second) = ("2026-11-20T09:00:00.000000Z", "2026-11-21T09:00:00.000000Z");
        let part = json!({"amount": euros("19"), "received_at": first, "allocations": [of(&invoice, "19")]});
        let part = books.pay(part).await.expect(201);
        assert_eq!(part["amount"], euros("19.00"));
        let now = books.now(&invoice).await;
        assert_eq!((&now["status"], &now["paid_amount"]), (&json!("partially_paid"), &euros("19.00")));
        assert_eq!((&now["open_amount"], &now["paid_at"]), (&euros("100.00"), &Value::Null));

        // Whatever is open, as far as it goes; the rest is credit.
        let rest = json!({"amount": euros("150"), "received_at": second, "reference": "R-000001",
            "allocations": [{"invoice_id": invoice.id()}]});
        let rest = books.pay(rest).await.expect(201);
        assert_eq!(rest.at("/allocations/0/amount"), &euros("100.00"));
        assert_eq!((&rest["allocated_amount"], &rest["unallocated_amount"]), (&euros("100.00"), &euros("50.00")));
        let now = books.now(&invoice).await;
        assert_eq!((&now["status"], &now["open_amount"]), (&json!("paid"), &euros("0.00")));
        assert_eq!((&now["paid_at"], &now["paid_amount"]), (&json!(second), &euros("119.00")));

        let twice = books.pay_for(&invoice, "1").await.expect(409);
        assert_eq!((twice.code(), &twice["state"]), ("wrong_state", &json!("paid")));
        let twice = json!({"amount": euros("1"), "allocations": [{"invoice_id": invoice.id()}]});
        assert_eq!(books.pay(twice).await.expect(409)["state"], "paid");
        let again = books.client.post(&format!("/v1/invoices/{}/issuance", invoice.id()), json!({})).send().await;
        assert_eq!(again.expect(409)["state"], "paid", "a paid invoice is not sent again");

        let told = books.told().await;
        let told: Vec<_> = told.iter().map(|(at, kind, title)| (at.as_str(), kind.as_str(), title.as_str())).collect();
        let expected = [
            (issued, "invoice.created", "Rechnung angelegt: 119.00 EUR"),
            (issued, "invoice.issued", "Rechnung gestellt: R-000001 (119.00 EUR)"),
            (first, "payment.recorded", "Zahlung erfasst: 19.00 EUR"),
            (first, "invoice.partially_paid", "Rechnung teilweise bezahlt: R-000001 (119.00 EUR)"),
            (second, "payment.recorded", "Zahlung erfasst: 150.00 EUR (R-000001)"),
            (second, "invoice.paid", "Rechnung bezahlt: R-000001 (119.00 EUR)"),
        ];
        assert_eq!(told, expected);
        holds_together(app.store()).await;
    }

    async fn one_payment_is_for_several_invoices_and_for_later_ones(app: TestApp) {
        let books = Books::open(&app).await;
        let (one, other) = (books.invoice("30").await, books.invoice("50").await);
        let both = json!([of(&one, "30"), of(&other, "20")]);
        let paid = books.pay(json!({"amount": euros("100"), "allocations": both})).await.expect(201);
        assert_eq!(paid["unallocated_amount"], euros("50.00"));
        assert_eq!(books.standing(&one).await, standing("paid", "0.00"));
        assert_eq!(books.standing(&other).await, standing("partially_paid", "30.00"));

        let later = books.invoice("40").await;
        let allocations = json!([of(&one, "30"), of(&other, "50"), {"invoice_id": later.id()}]);
        let used = books.client.patch(&at(&paid), "*", json!({"allocations": allocations})).send().await.expect(200);
        assert_eq!((used.at("/allocations/2/amount"), &used["unallocated_amount"]), (&euros("20.00"), &euros("0.00")));
        assert_eq!(books.standing(&other).await, standing("paid", "0.00"));
        assert_eq!(books.standing(&later).await, standing("partially_paid", "20.00"));
        let moved = json!({"allocations": [of(&other, "50"), of(&later, "40")]});
        books.client.patch(&at(&paid), "*", moved).send().await.expect(200);
        assert_eq!(books.standing(&one).await, standing("issued", "30.00"));
        assert_eq!(books.standing(&later).await, standing("paid", "0.00"));
        for (invoice, found) in [(&one, 0), (&other, 1)] {
            let list = books.client.get("/v1/payments").query(&[("invoice_id", invoice.id().as_str())]);
            assert_eq!(list.send().await.expect(200).items().len(), found);
        }
    }

    async fn what_does_not_fit_is_refused(app: TestApp) {
        let books = Books::open(&app).await;
        let invoice = books.invoice("100").await;
        let stranger = Books::open(&app).await.invoice("100").await;
        let francs = json!({"amount": "10", "currency": "CHF"});
        let unknown = json!({"invoice_id": "019a0000-0000-7000-8000-00000000dead"});
        for (payment, pointer, code) in [
            (json!({"amount": euros("0")}), "/amount", "too_small"),
            (json!({"amount": euros("-1")}), "/amount", "too_small"),
            (json!({"amount": euros("0.005")}), "/amount", "money"),
            (json!({"amount": francs, "allocations": [{"invoice_id": invoice.id()}]}), "/amount", "other_currency"),
            (json!({"amount": francs, "allocations": [of(&invoice, "1")]}), "/allocations/0/amount", "other_currency"),
            (
                json!({"amount": francs, "allocations": [{"invoice_id": invoice.id(), "amount": francs}]}),
                "/allocations/0/amount",
                "other_currency",
            ),
            (json!({"amount": euros("10"), "allocations": [of(&invoice, "11")]}), "/allocations", "too_large"),
            (json!({"amount": euros("110"), "allocations": [of(&invoice, "100.01")]}), "/allocations/0/amount", "too_large"),
            (json!({"amount": euros("10"), "allocations": [of(&invoice, "0")]}), "/allocations/0/amount", "too_small"),
            (
                json!({"amount": euros("10"), "allocations": [of(&invoice, "1"), of(&invoice, "1")]}),
                "/allocations/1/invoice_id",
                "duplicate",
            ),
            (json!({"amount": euros("10"), "allocations": [unknown]}), "/allocations/0/invoice_id", "reference"),
            (json!({"amount": euros("10"), "allocations": [of(&stranger, "1")]}), "/allocations/0/invoice_id", "reference"),
            (json!({"amount": euros("10"), "received_at": "2027-01-01T00:00:00Z"}), "/received_at", "in_the_future"),
            (
                json!({"amount": euros("10"), "direction": "refund", "allocations": [of(&invoice, "1")]}),
                "/allocations/0/amount",
                "too_large",
            ),
        ] {
            let refused = books.pay(payment).await.expect(422);
            assert_eq!(refused.faults().get(pointer), Some(&code), "{refused}");
        }
        assert_eq!(books.standing(&invoice).await, standing("issued", "100.00"));
        let draft = json!({"currency": "EUR", "lines": [{"description": "X", "quantity": "1", "unit_price": "1", "tax_rate": "0"}]});
        let draft = books.client.post(&format!("{}/invoices", books.of), draft).send().await.expect(201);
        assert_eq!(books.pay_for(&draft, "1").await.expect(409)["state"], "draft");
    }

    async fn a_payment_that_is_taken_back_opens_its_invoice_again(app: TestApp) {
        let books = Books::open(&app).await;
        let invoice = books.invoice("100").await;
        let (first, second) = (books.pay_for(&invoice, "30").await.expect(201), books.pay_for(&invoice, "70").await.expect(201));
        let fee = json!({"reason": "Konto nicht gedeckt", "fee": euros("4.50")});
        let back = books.client.post(&format!("{}/reversal", at(&second)), fee).send().await.expect(200);
        assert_eq!((&back["status"], &back["reversal_fee"]), (&json!("reversed"), &euros("4.50")));
        let now = books.now(&invoice).await;
        assert_eq!((&now["status"], &now["paid_at"]), (&json!("partially_paid"), &Value::Null));
        assert_eq!(books.reverse(&second).await.expect(409)["state"], "reversed");
        let change = json!({"allocations": []});
        assert_eq!(books.client.patch(&at(&second), "*", change).send().await.expect(409).code(), "wrong_state");
        books.client.patch(&at(&second), "*", json!({"notes": "Angerufen"})).send().await.expect(200);
        books.client.delete(&at(&second), "*").send().await.expect(204);
        assert_eq!(books.standing(&invoice).await, standing("partially_paid", "70.00"), "it counted no more");

        books.client.delete(&at(&first), "*").send().await.expect(204);
        assert_eq!(books.standing(&invoice).await, standing("issued", "100.00"));
        let restore = |payment: &Reply| books.client.call(reqwest::Method::POST, &format!("{}/restoration", at(payment)));
        restore(&first).send().await.expect(200);
        assert_eq!(books.standing(&invoice).await, standing("partially_paid", "70.00"));
        books.client.delete(&at(&first), "*").send().await.expect(204);
        books.pay_for(&invoice, "80").await.expect(201);
        let refused = restore(&first).send().await.expect(422);
        assert_eq!(refused.faults().get("/allocations/0/amount"), Some(&"too_large"), "no more than is open");
        assert_eq!(books.client.delete(&format!("/v1/invoices/{}", invoice.id()), "*").send().await.expect(409).code(), "in_use");

        let told = books.told().await;
        let kinds: Vec<&str> = told.iter().map(|(_, kind, _)| kind.as_str()).filter(|kind| kind.starts_with("invoice")).collect();
        let expected = [
            "invoice.created", "invoice.issued", "invoice.partially_paid", "invoice.paid", "invoice.reopened",
            "invoice.payment_reversed", "invoice.partially_paid", "invoice.payment_reversed", "invoice.partially_paid",
        ];
        assert_eq!(kinds, expected);
    }

    async fn what_is_given_back_is_owed_no_more(app: TestApp) {
        let books = Books::open(&app).await;
        let invoice = books.invoice("100").await;
        let paid = books.pay_for(&invoice, "100").await.expect(201);
        books.credit(&invoice, "40").await.expect(200);
        assert_eq!(books.standing(&invoice).await, standing("paid", "-40.00"), "we owe it");
        let refund = |amount: &str| json!({"amount": euros(amount), "direction": "refund", "allocations": [of(&invoice, amount)]});
        books.pay(refund("40")).await.expect(201);
        assert_eq!(books.standing(&invoice).await, standing("paid", "0.00"));
        assert_eq!(books.reverse(&paid).await.expect(409).code(), "in_use", "a part of it was given back");
        let too_much = books.pay(refund("60.01")).await.expect(422);
        assert_eq!(too_much.faults().get("/allocations/0/amount"), Some(&"too_large"));
        let out = books.pay(refund("10")).await.expect(201);
        assert_eq!(books.standing(&invoice).await, standing("partially_paid", "10.00"), "given back without a reason");
        books.reverse(&out).await.expect(200);
        assert_eq!(books.standing(&invoice).await, standing("paid", "0.00"));

        let alone = json!({"kind": "credit_note", "ledger": "external", "number": "G-9", "issued_on": "2026-11-01"});
        let lines = json!([{"description": "Bonus", "quantity": "1", "unit_price": "25", "tax_rate": "0"}]);
        let alone = with(alone, json!({"currency": "EUR", "lines": lines}));
        let alone = books.client.post(&format!("{}/invoices", books.of), alone).send().await.expect(201);
        let paid_out = json!({"amount": euros("25"), "direction": "refund", "allocations": [{"invoice_id": alone.id()}]});
        let paid_out = books.pay(paid_out).await.expect(201);
        assert_eq!(paid_out["allocated_amount"], euros("25.00"));
        assert_eq!(books.standing(&alone).await, standing("paid", "0.00"));
        let told = books.told().await;
        assert!(told.iter().any(|(_, _, title)| title == "Zahlung erfasst: -25.00 EUR"), "{told:?}");
        assert!(told.iter().any(|(_, kind, _)| kind == "invoice.refunded"), "{told:?}");
    }

    async fn an_event_tells_what_was_booked(app: TestApp) {
        let books = Books::open(&app).await;
        let invoice = books.invoice("100").await;
        let part = books.pay_for(&invoice, "30").await.expect(201);
        books.credit(&invoice, "20").await.expect(200);
        books.reverse(&part).await.expect(200);
        books.pay_for(&invoice, "80").await.expect(201);
        let reply = books.client.get(&format!("{}/timeline", books.of)).query(&[("sort", "occurred_at")]);
        let reply = reply.send().await.expect(200);
        let of_invoice = reply.items().iter().filter(|event| event.pointer("/subject/id") == Some(&json!(invoice.id())));
        let told: Vec<(String, String)> = of_invoice
            .map(|event| (text(&event["kind"]), event.pointer("/amount/amount").map(text).unwrap_or_default()))
            .collect();
        let expected = [
            ("invoice.created", "100.00"), ("invoice.issued", "100.00"), ("invoice.partially_paid", "30.00"),
            ("invoice.credited", "20.00"), ("invoice.payment_reversed", "30.00"), ("invoice.paid", "80.00"),
        ];
        assert_eq!(told, expected.map(|(kind, amount)| (kind.to_owned(), amount.to_owned())));
    }

    async fn nothing_is_paid_before_it_is_charged(app: TestApp) {
        let books = Books::open(&app).await;
        let invoice = books.document(json!({"issued_on": "2026-11-19"}), "100").await;
        let early = json!({"amount": euros("100"), "received_at": "2026-11-10T09:00:00Z", "allocations": [of(&invoice, "100")]});
        books.pay(early).await.expect(201);
        assert_eq!(books.now(&invoice).await["paid_at"], "2026-11-19T12:00:00.000000Z");
        let told = books.told().await;
        let kinds: Vec<&str> = told.iter().map(|(_, kind, _)| kind.as_str()).collect();
        assert_eq!(kinds, ["payment.recorded", "invoice.created", "invoice.issued", "invoice.paid"]);
        let summary = books.client.get(&format!("{}/summary", books.of)).send().await.expect(200);
        assert_eq!(summary.at("/invoice_totals/0/average_days_to_pay"), &json!(0.0));
    }

    async fn payments_at_the_same_time_lose_nothing(app: TestApp) {
        let books = Books::open(&app).await;
        let invoice = books.invoice("100").await;
        let replies = join_all((0..14).map(|_| books.pay_for(&invoice, "10"))).await;
        let paid = replies.iter().filter(|reply| reply.status == 201).count();
        let refused = replies.iter().filter(|reply| reply.status == 409).count();
        assert_eq!((paid, refused), (10, 4));
        let now = books.now(&invoice).await;
        assert_eq!((&now["status"], &now["paid_amount"]), (&json!("paid"), &euros("100.00")));
        assert_eq!(now["version"], 12, "issued, and led on ten times");
        let back = join_all(replies.iter().filter(|reply| reply.status == 201).map(|payment| books.reverse(payment))).await;
        assert!(back.iter().all(|reply| reply.status == 200));
        assert_eq!(books.standing(&invoice).await, standing("issued", "100.00"));
        holds_together(app.store()).await;
    }

    async fn what_is_open_follows_from_what_happened(app: TestApp) {
        let books = Books::open(&app).await;
        let step = (0..4_u8, 1..6000_i64);
        property::holds(8, proptest::collection::vec(step, 1..14), async |steps: Vec<(u8, i64)>| {
            let invoice = books.invoice("100").await;
            let (mut credited, mut paid, mut refunded) = (0, 0, 0);
            let mut payments: BTreeMap<usize, (Reply, i64)> = BTreeMap::new();
            for (index, (what, cents)) in steps.iter().enumerate() {
                let amount = format!("{}.{:02}", cents / 100, cents % 100);
                let reply = match what {
                    0 => books.pay_for(&invoice, &amount).await,
                    1 => {
                        let allocation = of(&invoice, &amount);
                        books.pay(json!({"amount": euros(&amount), "direction": "refund", "allocations": [allocation]})).await
                    }
                    2 => books.credit(&invoice, &amount).await,
                    _ => match payments.pop_first() {
                        Some((_, (payment, cents))) => {
                            let reply = books.reverse(&payment).await;
                            paid -= if reply.status == 200 { cents } else { 0 };
                            reply
                        }
                        None => continue,
                    },
                };
                assert!([200, 201, 409, 422].contains(&reply.status), "{reply}");
                if reply.status == 201 || reply.status == 200 {
                    match what {
                        0 => {
                            paid += cents;
                            payments.insert(index, (reply, *cents));
                        }
                        1 => refunded += cents,
                        2 => credited += cents,
                        _ => {}
                    }
                }
                let now = books.now(&invoice).await;
                let cents_of = |name: &str| text(&now[name]["amount"]).replace('.', "").parse::<i64>().expect("an amount");
                let sums = (cents_of("credited_amount"), cents_of("paid_amount"), cents_of("refunded_amount"));
                assert_eq!(sums, (credited, paid, refunded), "{now}");
                let open = 10_000 - credited - paid + refunded;
                assert_eq!(cents_of("open_amount"), open, "{now}");
                let is_settled = now["status"] == "paid" || now["status"] == "cancelled";
                assert_eq!(is_settled, open <= 0, "{now}");
            }
        })
        .await;
    }

    async fn payments_are_found_by_what_matters_of_them(app: TestApp) {
        let books = Books::open(&app).await;
        for (reference, amount, method, received_at) in [
            ("A", "30", "card", "2026-11-03T00:00:00Z"),
            ("B", "10", "cash", "2026-11-01T00:00:00Z"),
            ("C", "20", "paypal", "2026-11-02T00:00:00Z"),
        ] {
            let direction = if reference == "B" { "refund" } else { "incoming" };
            let payment = json!({"amount": euros(amount), "reference": reference, "method": method,
                "received_at": received_at, "direction": direction});
            let made = books.pay(payment).await.expect(201);
            if reference == "C" {
                books.reverse(&made).await.expect(200);
            }
        }
        for (query, expected) in [
            (vec![], vec!["A", "C", "B"]),
            (vec![("sort", "amount")], vec!["B", "C", "A"]),
            (vec![("method", "card"), ("method", "cash")], vec!["A", "B"]),
            (vec![("direction", "refund")], vec!["B"]),
            (vec![("status", "reversed")], vec!["C"]),
            (vec![("unallocated", "true")], vec!["A", "B"]),
            (vec![("unallocated", "false")], vec!["C"]),
            (vec![("currency", "CHF")], vec![]),
            (vec![("received_after", "2026-11-02T00:00:00Z")], vec!["A", "C"]),
            (vec![("received_before", "2026-11-02T00:00:00Z")], vec!["B"]),
        ] {
            for list in ["/v1/payments", &format!("{}/payments", books.of)] {
                let reply = books.client.get(list).query(&query).send().await.expect(200);
                let found: Vec<&str> = reply.items().iter().filter_map(|one| one["reference"].as_str()).collect();
                assert_eq!(found, expected, "{query:?}");
            }
        }
    }
}
