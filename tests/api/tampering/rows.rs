//! Records that were changed behind the history's back.

use futures_util::future::join_all;
use kundenhistorie::history::rows::{RowFault, RowFinding};
use kundenhistorie::services::consistency;
use reqwest::Method;
use sea_orm::{ConnectionTrait, Database, DbBackend};
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::kinds::KINDS;

both! {
    async fn records_that_do_not_say_what_their_history_says_are_found(app: TestApp) {
        let admin = app.admin().await;
        let company = json!({"kind": "company", "company": {"legal_name": "Werft Nord GmbH"}});
        let customer = format!("/v1/customers/{}", admin.post("/v1/customers", company).send().await.expect(201).id());
        let call = json!({"kind": "call", "direction": "inbound", "subject": "Rückfrage"});
        admin.post(&format!("{customer}/interactions"), call).send().await.expect(201);
        let mut feedback = String::new();
        for kind in KINDS {
            let body = kind.body(&admin, &customer).await;
            let made = admin.post(&kind.creation(&customer), body).send().await;
            assert!(matches!(made.status, 201 | 409), "{}", kind.one);
            if kind.one == "feedback" {
                feedback = made.id();
            }
        }
        let tag = admin.post("/v1/tags", json!({"name": "neubau"})).send().await.expect(201).id();
        let found = async || consistency::verify(app.store()).await.expect("a report");
        let report = found().await;
        assert_eq!((report.findings, report.more), (Vec::new(), 0));
        assert!(report.rows > KINDS.len() as u64);

        let intruder = Database::connect(app.database().url()).await.expect("the database");
        let run = async |sql: String| intruder.execute_unprepared(&sql).await.expect("it is changed").rows_affected();
        for table in KINDS.iter().map(|kind| kind.many).chain(["customers", "interactions", "users"]) {
            let changed = run(format!("UPDATE {table} SET version = version + 1")).await;
            let findings = found().await.findings;
            assert_eq!(findings.len() as u64, changed, "{table}");
            for RowFinding { table: told, fault, .. } in findings {
                assert_eq!((told.as_str(), fault), (table, RowFault::Changed("version")));
            }
            run(format!("UPDATE {table} SET version = version - 1")).await;
        }

        run("UPDATE orders SET facts = replace(facts, 'placed', 'fulfilled')".to_owned()).await;
        let findings = found().await.findings;
        assert!(findings.iter().any(|finding| finding.table == "orders" && finding.fault == RowFault::Changed("facts")));

        let other = match intruder.get_database_backend() {
            DbBackend::Postgres => "'019a0000-0000-7000-8000-00000000dead'",
            _ => "x'019a000000007000800000000000dead'",
        };
        run(format!("UPDATE tags SET id = {other}")).await;
        let findings = found().await.findings;
        let of_tags = findings.iter().filter(|finding| finding.table == "tags");
        let of_tags: Vec<_> = of_tags.map(|finding| (finding.id.to_string(), &finding.fault)).collect();
        let stranger = "019a0000-0000-7000-8000-00000000dead".to_owned();
        assert_eq!(of_tags, [(stranger, &RowFault::Inserted), (tag, &RowFault::Missing)]);

        run("DELETE FROM feedback".to_owned()).await;
        let findings = found().await.findings;
        let gone = findings.iter().filter(|finding| finding.fault == RowFault::Missing);
        let gone: Vec<_> = gone.map(|finding| (finding.table.as_str(), finding.id.to_string())).collect();
        assert!(gone.contains(&("feedback", feedback)) && gone.iter().all(|(table, _)| ["feedback", "tags"].contains(table)), "{gone:?}");
    }

    async fn rows_beside_records_that_do_not_say_what_was_told_are_found(app: TestApp) {
        let admin = app.admin().await;
        let company = json!({"kind": "company", "company": {"legal_name": "Werft Nord GmbH"}});
        let customer = format!("/v1/customers/{}", admin.post("/v1/customers", company).send().await.expect(201).id());
        let make = async |path: String, body: Value| admin.post(&path, body).send().await.expect(201).id();
        let ticket = make(format!("{customer}/tickets"), json!({"subject": "Kein Strom"})).await;
        let comments = format!("/v1/tickets/{ticket}/comments");
        let membership = json!({"program": "Bonus"});
        let membership = make(format!("{customer}/loyalty-memberships"), membership).await;
        let transactions = format!("/v1/loyalty-memberships/{membership}/transactions");
        for number in 1..=3 {
            let comment = json!({"text": format!("Bild {number}"), "visibility": "public", "author_side": "us"});
            make(comments.clone(), comment).await;
            make(transactions.clone(), json!({"kind": "earned", "points": number})).await;
        }
        make(transactions, json!({"kind": "redeemed", "points": 2, "reason": "Tasse"})).await;
        let document = make(format!("{customer}/documents"), json!({"title": "Angebot"})).await;
        for text in ["eins", "zwei"] {
            let content = admin.call(Method::PUT, &format!("/v1/documents/{document}/content?file_name=a.bin"));
            content.body("application/octet-stream", text.as_bytes().to_vec()).send().await;
        }
        let found = async || consistency::verify(app.store()).await.expect("a report").findings;
        assert_eq!(found().await, []);

        let intruder = Database::connect(app.database().url()).await.expect("the database");
        let run = async |sql: &str| intruder.execute_unprepared(sql).await.expect("it is changed").rows_affected();
        for (table, column, other) in [
            ("ticket_comments", "text", "'nichts'"),
            ("ticket_comments", "author_name", "'Niemand'"),
            ("loyalty_transactions", "balance_after", "balance_after + 1"),
            ("loyalty_transactions", "reason", "'Geschenk'"),
            ("document_versions", "file_name", "'b.bin'"),
            ("document_versions", "sha256", "upper(sha256)"),
        ] {
            run(&format!("CREATE TABLE kept AS SELECT * FROM {table}")).await;
            let changed = run(&format!("UPDATE {table} SET {column} = {other}")).await;
            let findings = found().await;
            let of_table = findings.iter().filter(|it| it.table == table && it.fault == RowFault::Different);
            assert_eq!((findings.len() as u64, of_table.count() as u64), (changed, changed), "{table}.{column}");

            run(&format!("DELETE FROM {table}")).await;
            let gone = found().await;
            assert!(gone.len() as u64 == changed && gone.iter().all(|it| it.fault == RowFault::Missing), "{gone:?}");
            run(&format!("INSERT INTO {table} SELECT * FROM kept")).await;
            run("DROP TABLE kept").await;
            assert_eq!(found().await, []);
        }

        run("UPDATE ticket_comments SET created_at = created_at - 1 WHERE text = 'Bild 2'").await;
        let findings = found().await;
        assert_eq!(findings.len(), 1, "{findings:?}");
        run("INSERT INTO document_versions SELECT document_id, number + 7, file_name, media_type, size_bytes, sha256, \
             uploaded_at, uploaded_by FROM document_versions WHERE number = 1")
        .await;
        let findings = found().await;
        let inserted = findings.iter().filter(|it| it.table == "document_versions" && it.fault == RowFault::Inserted);
        assert_eq!((findings.len(), inserted.count()), (2, 1), "{findings:?}");
    }

    async fn rows_that_do_not_lead_to_records_as_they_are_are_found(app: TestApp) {
        let admin = app.admin().await;
        let make = async |path: &str, body: Value| admin.post(path, body).send().await.expect(201).id();
        let elsewhere = |id: &str| json!([{"system": "erp", "id": id}]);
        let field = json!({"resource": "customer", "key": "trade", "type": "text", "label": {"en": "Trade", "de": "Gewerk"}});
        make("/v1/custom-field-definitions", field).await;
        let company = json!({
            "kind": "company", "company": {"legal_name": "Werft Nord GmbH"}, "tags": ["neubau"],
            "addresses": [{"type": "billing", "city": "Kiel", "postal_code": "24103", "country": "DE"}],
            "external_ids": elsewhere("customer"), "custom_fields": {"trade": "Schiffbau"},
        });
        let home = format!("/v1/customers/{}", make("/v1/customers", company).await);
        let call = json!({"kind": "call", "direction": "inbound", "subject": "X", "external_ids": elsewhere("interaction"), "participants": [{"user_id": admin.user().id}]});
        make(&format!("{home}/interactions"), call).await;
        let product = make("/v1/products", json!({"sku": "KRAN", "name": "Kran", "tax_rate": "19"})).await;
        let line = json!({"position": 1, "product_id": product, "quantity": "2", "unit_price": "100.00"});
        make(&format!("{home}/orders"), json!({"currency": "EUR", "lines": [line]})).await;
        let member = json!({"name": "Umbau", "members": [{"user_id": admin.user().id}]});
        make(&format!("{home}/projects"), member).await;
        let person = make("/v1/customers", json!({"kind": "person", "person": {"family_name": "Öz"}})).await;
        let firm = home.rsplit('/').next().expect("an id");
        let link = json!({"type": "employee_of", "from_customer_id": person, "to_customer_id": firm, "external_ids": elsewhere("relationship")});
        make("/v1/relationships", link).await;
        let mut kinds = vec!["customer", "interaction", "relationship"];
        let mut refused = Vec::new();
        for kind in KINDS {
            let mut body = kind.body(&admin, &home).await;
            body["external_ids"] = elsewhere(kind.one);
            match admin.post(&kind.creation(&home), body).send().await.status {
                201 => kinds.push(kind.one),
                status => refused.push((kind.one, status)),
            }
        }
        assert_eq!(refused, []);
        let found = async || consistency::verify(app.store()).await.expect("a report").findings;
        assert_eq!(found().await, []);

        let intruder = Database::connect(app.database().url()).await.expect("the database");
        let run = async |sql: &str| intruder.execute_unprepared(sql).await.expect("it is changed").rows_affected();
        let is_of = |table: &'static str| move |it: &RowFinding| it.table == table && it.fault == RowFault::NotFollowing;
        for kind in kinds {
            let of_kind = format!("WHERE resource = '{kind}'");
            assert_eq!(run(&format!("UPDATE external_ids SET external_id = 'other' {of_kind}")).await, 1);
            let findings = found().await;
            assert!(findings.len() == 1 && findings.iter().all(is_of("external_ids")), "{kind}: {findings:?}");
            run(&format!("UPDATE external_ids SET external_id = '{kind}' {of_kind}")).await;
        }
        for (table, changed) in [
            ("customer_words", "UPDATE customer_words SET word = 'werf' WHERE word = 'werft'"),
            ("customer_places", "UPDATE customer_places SET city_key = 'bonn'"),
            ("customer_places", "DELETE FROM customer_places"),
            ("customer_tags", "DELETE FROM customer_tags"),
            ("customer_words", "INSERT INTO customer_words SELECT 'aal', id FROM customers"),
            ("custom_field_values", "UPDATE custom_field_values SET value = 'bergbau'"),
            ("custom_field_values", "UPDATE custom_field_values SET sort_key = 'z'"),
            ("custom_field_values", "UPDATE custom_field_values SET is_unique = NOT is_unique"),
            ("interaction_participants", "DELETE FROM interaction_participants"),
            ("order_products", "DELETE FROM order_products"),
            ("project_members", "DELETE FROM project_members"),
            ("quote_products", "INSERT INTO quote_products SELECT products.id, quotes.id FROM products, quotes"),
        ] {
            run(&format!("CREATE TABLE kept AS SELECT * FROM {table}")).await;
            assert_ne!(run(changed).await, 0, "{changed}");
            let findings = found().await;
            assert!(!findings.is_empty() && findings.iter().all(is_of(table)), "{changed}: {findings:?}");
            run(&format!("DELETE FROM {table}")).await;
            run(&format!("INSERT INTO {table} SELECT * FROM kept")).await;
            run("DROP TABLE kept").await;
            assert_eq!(found().await, []);
        }
    }

    async fn a_row_that_leads_nowhere_is_found(app: TestApp) {
        let intruder = Database::connect(app.database().url()).await.expect("the database");
        // Only SQLite keeps what is no identifier.
        let ids: &[&str] = match intruder.get_database_backend() {
            DbBackend::Postgres => &["'019a0000-0000-7000-8000-00000000dead'"],
            _ => &["x'019a000000007000800000000000dead'", "x'ff'", "x''"],
        };
        // Neither is what is no text.
        let texts: &[&str] = if ids.len() == 1 { &["'1'"] } else { &["'1'", "CAST(x'ff' AS TEXT)"] };
        for (id, text) in ids.iter().flat_map(|id| texts.iter().map(move |text| (id, text))) {
            let sql = format!("INSERT INTO external_ids VALUES ('customer', 'erp', {text}, {id})");
            intruder.execute_unprepared(&sql).await.expect("a row");
            let findings = consistency::verify(app.store()).await.expect("a report").findings;
            assert_eq!(findings.len(), 1, "{id}");
            intruder.execute_unprepared("DELETE FROM external_ids").await.expect("it goes");
        }
    }

    async fn nothing_is_found_while_others_write(app: TestApp) {
        let admin = app.admin().await;
        let make = async |path: &str, body: Value| admin.post(path, body).send().await.expect(201).id();
        let tag = make("/v1/tags", json!({"name": "neubau"})).await;
        let product = make("/v1/products", json!({"sku": "KRAN", "name": "Kran", "tax_rate": "19"})).await;
        let line = json!({"position": 1, "product_id": product, "quantity": "2", "unit_price": "100.00"});
        let text = json!({"position": 1, "description": "Seil", "quantity": "2", "unit_price": "1.00", "tax_rate": "19"});
        let work = async |number: usize| {
            for round in 0..12 {
                let id = |round: usize| json!([{"system": "erp", "id": format!("{number}-{round}")}]);
                let name = json!({"legal_name": format!("Werft {number} {round} GmbH")});
                let company = json!({"kind": "company", "company": name, "tags": ["neubau"], "external_ids": id(round)});
                let home = format!("/v1/customers/{}", make("/v1/customers", company).await);
                let order = make(&format!("{home}/orders"), json!({"currency": "EUR", "lines": [line]})).await;
                let renamed = json!({"company": {"legal_name": format!("Dock {round} AG")}, "tags": [], "external_ids": id(round + 100)});
                admin.patch(&home, "*", renamed).send().await.expect(200);
                admin.patch(&format!("/v1/orders/{order}"), "*", json!({"lines": [text]})).send().await.expect(200);
                if number == 0 {
                    let name = json!({"name": format!("neubau {round}")});
                    admin.patch(&format!("/v1/tags/{tag}"), "*", name).send().await.expect(200);
                }
            }
        };
        let done = std::sync::atomic::AtomicBool::new(false);
        let writers = async {
            join_all((0..4).map(work)).await;
            done.store(true, std::sync::atomic::Ordering::Release);
        };
        let checks = async {
            let mut checks = 0;
            while !done.load(std::sync::atomic::Ordering::Acquire) || checks == 0 {
                assert_eq!(consistency::verify(app.store()).await.expect("a report").findings, []);
                checks += 1;
            }
        };
        tokio::join!(writers, checks);
        assert_eq!(consistency::verify(app.store()).await.expect("a report").findings, []);
    }
}
