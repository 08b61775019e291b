//! The list of customers: filters, search, order.

use std::collections::{BTreeMap, BTreeSet};

use kundenhistorie::entities::customer_word;
use kundenhistorie::history::change::Change;
use sea_orm::sea_query::{Expr, Query};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Client, Reply};
use crate::support::samples::{address, customer, last_interaction, own_id};

async fn list(client: &Client, query: &[(&str, &str)]) -> Reply {
    client.get("/v1/customers").query(query).send().await
}

/// Names in the order of the list.
async fn names(client: &Client, query: &[(&str, &str)]) -> Vec<String> {
    let reply = list(client, query).await.expect(200);
    reply.items().iter().map(|item| item["display_name"].as_str().expect("a name").to_owned()).collect()
}

async fn found(client: &Client, query: &[(&str, &str)]) -> BTreeSet<String> {
    names(client, query).await.into_iter().collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Gives a customer so many words with a beginning that it is common.
async fn many_words(app: &TestApp, beginning: &str, customer: &Reply) {
    let id: Uuid = customer.id().parse().expect("an id");
    let change = Change::begin(&app.system()).await.expect("a change");
    for part in (0..50_001).collect::<Vec<u32>>().chunks(5_000) {
        let mut insert = Query::insert();
        insert
            .into_table(customer_word::Entity)
            .columns([customer_word::Column::Word, customer_word::Column::CustomerId]);
        for number in part {
            insert.values_panic([Expr::value(format!("{beginning}{number:05}")), Expr::value(id)]);
        }
        change.execute(insert).await.expect("the words are written");
    }
    change.commit_unanswered().await.expect("the commit");
}

both! {
    async fn each_filter_alone_and_with_others(app: TestApp) {
        let agent = app.agent().await;
        let owner = own_id(&agent).await;
        let place = |country: &str, code: &str, city: &str| json!({"type": "private", "country": country, "postal_code": code, "city": city});
        let anna = customer(&agent, json!({
            "kind": "person", "display_name": "Anna", "lifecycle_stage": "customer", "category": "A", "owner_id": owner, "tags": ["neubau", "x"],
            "addresses": [place("DE", "20459", "Hamburg"), place("AT", "1010", "Wien")],
        })).await;
        app.advance(60);
        customer(&agent, json!({
            "kind": "person", "display_name": "Bert", "lifecycle_stage": "prospect", "category": "B", "tags": ["x"],
            "addresses": [place("DE", "50667", "Köln")],
        })).await;
        app.advance(60);
        let cölln = customer(&agent, json!({
            "kind": "company", "display_name": "Cölln AG", "category": "C", "tags": ["neubau"], "addresses": [place("AT", "2045", "Hamburg")],
        })).await;
        last_interaction(&app, &anna, "2026-11-01T00:00:00Z").await;
        last_interaction(&app, &cölln, "2026-11-02T00:00:00Z").await;
        app.advance(60);
        agent.patch(&address(&anna), "\"1\"", json!({"tier": "gold"})).send().await.expect(200);
        let created = |name: &str| if name == "Anna" { "2026-11-22T08:00:00Z" } else { "2026-11-22T09:01:00+01:00" };
        for (query, expected) in [
            (vec![], vec!["Anna", "Bert", "Cölln AG"]),
            (vec![("kind", "person")], vec!["Anna", "Bert"]),
            (vec![("lifecycle_stage", "customer")], vec!["Anna"]),
            (vec![("lifecycle_stage", "customer"), ("lifecycle_stage", "lead")], vec!["Anna", "Cölln AG"]),
            (vec![("category", "A"), ("category", "B")], vec!["Anna", "Bert"]),
            (vec![("owner_id", owner.as_str())], vec!["Anna"]),
            (vec![("tag", "NEUBAU")], vec!["Anna", "Cölln AG"]),
            (vec![("tag", "x"), ("tag", "neubau")], vec!["Anna", "Bert", "Cölln AG"]),
            (vec![("tag", "nobody")], vec![]),
            (vec![("city", "hamburg")], vec!["Anna", "Cölln AG"]),
            (vec![("city", "KOELN")], vec!["Bert"]),
            (vec![("city", "Ham")], vec![]),
            (vec![("postal_code", "204")], vec!["Anna", "Cölln AG"]),
            (vec![("postal_code", "2_4")], vec![]),
            (vec![("country", "at")], vec!["Anna", "Cölln AG"]),
            (vec![("city", "Hamburg"), ("country", "AT")], vec!["Cölln AG"]),
            (vec![("created_after", created("Bert"))], vec!["Bert", "Cölln AG"]),
            (vec![("created_before", created("Bert"))], vec!["Anna"]),
            (vec![("created_after", created("Anna")), ("created_before", created("Bert"))], vec!["Anna"]),
            (vec![("updated_after", "2026-11-22T08:02:30Z")], vec!["Anna"]),
            (vec![("updated_before", "2026-11-22T08:02:30Z")], vec!["Bert", "Cölln AG"]),
            (vec![("last_interaction_after", "2026-11-02T00:00:00Z")], vec!["Cölln AG"]),
            (vec![("last_interaction_before", "2026-11-02T00:00:00Z")], vec!["Anna"]),
            (vec![("kind", "person"), ("tag", "neubau"), ("country", "DE"), ("q", "an"), ("category", "A")], vec!["Anna"]),
            (vec![("kind", "company"), ("tag", "x")], vec![]),
        ] {
            assert_eq!(names(&agent, &query).await, expected, "{query:?}");
            let counted = list(&agent, &[&query[..], &[("count", "exact"), ("limit", "1")]].concat()).await.expect(200);
            assert_eq!(counted["total"], expected.len(), "{query:?}");
        }
        assert_eq!(list(&agent, &[]).await["total"], Value::Null);
    }

    async fn words_are_found_by_their_beginnings(app: TestApp) {
        let agent = app.agent().await;
        for body in [
            json!({"kind": "person", "person": {"given_name": "Änne", "family_name": "Müller"}}),
            json!({"kind": "person", "person": {"given_name": "Max", "family_name": "Mueller"}}),
            json!({"kind": "company", "company": {"legal_name": "Müller & Söhne GmbH & Co. KG", "vat_id": "DE136695976"}}),
            json!({"kind": "person", "customer_number": "ERP-4711", "display_name": "Nobody", "contact_points": [
                {"type": "mobile", "value": "0171 1234567"}, {"type": "email", "value": "Anna.Huber@Example.org"},
            ], "addresses": [{"type": "private", "city": "Bad Oeynhausen"}]}),
        ] {
            customer(&agent, body).await;
        }
        let all_müllers = set(&["Änne Müller", "Max Mueller", "Müller & Söhne GmbH & Co. KG"]);
        for q in ["Mueller", "Müller", "müller", "MÜLLER", "MUELLER", "Mu\u{308}ller", "mül", "  müller  "] {
            assert_eq!(found(&agent, &[("q", q)]).await, all_müllers, "{q}");
        }
        for (q, expected) in [
            ("muller", &["Änne Müller", "Müller & Söhne GmbH & Co. KG"][..]),
            ("anne mul", &["Änne Müller"]),
            ("mueller aenne", &["Änne Müller"]),
            ("müll söh", &["Müller & Söhne GmbH & Co. KG"]),
            ("soe muel", &["Müller & Söhne GmbH & Co. KG"]),
            ("DE136695976", &["Müller & Söhne GmbH & Co. KG"]),
            ("müller huber", &[]),
            ("0171 123", &["Nobody"]),
            ("0171/1234567", &["Nobody"]),
            ("+49 171 1234567", &["Nobody"]),
            ("+49 (0) 171 123", &["Nobody"]),
            ("0049171", &["Nobody"]),
            ("0171 124", &[]),
            ("anna.huber@example.org", &["Nobody"]),
            ("ANNA.HUB", &["Nobody"]),
            ("huber example", &["Nobody"]),
            ("erp-4711", &["Nobody"]),
            ("4711", &["Nobody"]),
            ("oeynh bad", &["Nobody"]),
            ("Öynhausen", &["Nobody"]),
            ("%", &[]),
            ("m_ller", &[]),
            ("' OR 'x'='x", &[]),
        ] {
            assert_eq!(found(&agent, &[("q", q)]).await, set(expected), "{q}");
        }
        for q in ["%", "  ", "&", "\u{90}"] {
            assert_eq!(found(&agent, &[("q", q)]).await, set(&[]), "{q:?}");
        }
    }

    async fn what_is_common_is_found_like_what_is_rare(app: TestApp) {
        let agent = app.agent().await;
        let names_of = [("Xaver", "Yps"), ("Xenia", "Zander"), ("Yvonne", "Zander")];
        let mut made = Vec::new();
        for (given_name, family_name) in names_of {
            let person = json!({"given_name": given_name, "family_name": family_name});
            made.push(customer(&agent, json!({"kind": "person", "person": person})).await);
        }
        for (beginning, customer) in ["x", "y", "z"].into_iter().zip(&made) {
            many_words(&app, beginning, customer).await;
        }
        for (q, expected) in [
            ("x", &["Xaver Yps", "Xenia Zander"][..]),
            ("y", &["Xaver Yps", "Xenia Zander", "Yvonne Zander"]),
            ("z", &["Xenia Zander", "Yvonne Zander"]),
            ("x z", &["Xenia Zander"]),
            ("x y z", &["Xenia Zander"]),
            ("x yvonne", &[]),
            ("y xenia", &["Xenia Zander"]),
            ("z x xaver", &[]),
            ("x z xe za", &["Xenia Zander"]),
        ] {
            assert_eq!(names(&agent, &[("q", q)]).await, expected, "{q}");
            let counted = list(&agent, &[("q", q), ("count", "exact"), ("limit", "1")]).await.expect(200);
            assert_eq!(counted["total"], expected.len(), "{q}");
        }
        let backwards = [("q", "x"), ("kind", "person"), ("sort", "-display_name"), ("limit", "1")];
        assert_eq!(names(&agent, &backwards).await, ["Xenia Zander"]);
    }

    async fn what_changes_is_found_anew(app: TestApp) {
        let agent = app.agent().await;
        let anna = customer(&agent, json!({"kind": "person", "person": {"given_name": "Anna", "family_name": "Huber"},
            "contact_points": [{"type": "phone", "value": "040 1234567"}]})).await;
        agent.patch(&address(&anna), "*", json!({"person": {"family_name": "Bäcker"}, "contact_points": []})).send().await.expect(200);
        for (q, count) in [("anna", 1), ("huber", 0), ("Baecker", 1), ("040 123", 0)] {
            assert_eq!(names(&agent, &[("q", q)]).await.len(), count, "{q}");
        }
    }

    async fn names_sort_as_in_din_5007_on_both_databases(app: TestApp) {
        let agent = app.agent().await;
        let expected = [
            "3M", "Ärzte", "Arzthaus", "Goldmann", "Göldner", "Gölz", "Götz", "Masse", "Maße", "Massen", "Muller", "Müller",
            "Müller GmbH", "Mullerbau", "O'Brien", "Öztürk", "Zürich", "Яндекс",
        ];
        for name in expected.iter().rev() {
            customer(&agent, json!({"kind": "company", "company": {"legal_name": name}})).await;
        }
        assert_eq!(names(&agent, &[]).await, expected);
        assert_eq!(names(&agent, &[("sort", "display_name")]).await, expected);
        let turned: Vec<_> = expected.iter().rev().copied().collect();
        assert_eq!(names(&agent, &[("sort", "-display_name")]).await, turned);
        // A chosen name takes its own place; persons stand by family name, without particles.
        customer(&agent, json!({"kind": "person", "person": {"given_name": "Ursula", "family_name": "von der Grün"}})).await;
        customer(&agent, json!({"kind": "person", "display_name": "Aa", "person": {"family_name": "Zz"}})).await;
        let names = names(&agent, &[]).await;
        assert_eq!(names[1], "Aa");
        let grün = names.iter().position(|name| name == "Ursula von der Grün").expect("there");
        assert_eq!((names[grün - 1].as_str(), names[grün + 1].as_str()), ("Götz", "Masse"));
    }

    async fn every_order_is_the_documented_one(app: TestApp) {
        let agent = app.agent().await;
        let mut made = Vec::new();
        for name in ["d", "a", "c", "b"] {
            made.push(customer(&agent, json!({"kind": "person", "display_name": name})).await);
            app.advance(1);
        }
        last_interaction(&app, &made[1], "2026-11-01T00:00:00Z").await;
        last_interaction(&app, &made[3], "2026-11-02T00:00:00Z").await;
        agent.patch(&address(&made[0]), "*", json!({"tier": "x"})).send().await.expect(200);
        for (sort, expected) in [
            ("customer_number", "dacb"),
            ("-customer_number", "bcad"),
            ("created_at", "dacb"),
            ("-created_at", "bcad"),
            ("updated_at", "acbd"),
            ("-updated_at", "dbca"),
            // Nulls last in both directions; the id breaks ties in the direction of the first column.
            ("last_interaction_at", "abdc"),
            ("-last_interaction_at", "bacd"),
            ("last_interaction_at,display_name", "abcd"),
            ("-last_interaction_at,display_name", "bacd"),
            ("-last_interaction_at,-display_name", "badc"),
        ] {
            assert_eq!(names(&agent, &[("sort", sort)]).await.concat(), expected, "{sort}");
        }
    }

    async fn unreadable_parameters_are_all_named(app: TestApp) {
        let agent = app.agent().await;
        for (query, parameter, code) in [
            (vec![("limit", "0")], "limit", "too_small"),
            (vec![("limit", "201")], "limit", "too_large"),
            (vec![("limit", "abc")], "limit", "type"),
            (vec![("limit", "")], "limit", "type"),
            (vec![("limit", "1.5")], "limit", "type"),
            (vec![("limit", "99999999999999999999")], "limit", "type"),
            (vec![("limit", "1"), ("limit", "2")], "limit", "repeated_parameter"),
            (vec![("kind", "person"), ("kind", "company")], "kind", "repeated_parameter"),
            (vec![("count", "all")], "count", "not_one_of"),
            (vec![("offset", "10")], "offset", "unknown_parameter"),
            (vec![("citi", "Hamburg")], "citi", "unknown_parameter"),
            (vec![("Kind", "person")], "Kind", "unknown_parameter"),
            (vec![("", "x")], "", "unknown_parameter"),
            (vec![("kind", "robot")], "kind", "not_one_of"),
            (vec![("category", "A"), ("category", "Z")], "category", "not_one_of"),
            (vec![("owner_id", "anna")], "owner_id", "owner"),
            (vec![("country", "Germany")], "country", "country"),
            (vec![("country", "XX")], "country", "country"),
            (vec![("created_after", "gestern")], "created_after", "instant"),
            (vec![("created_after", "2026-11-22")], "created_after", "instant"),
            (vec![("archived", "yes")], "archived", "not_one_of"),
            (vec![("sort", "name")], "sort", "sort"),
            (vec![("sort", "display_name;DROP")], "sort", "sort"),
            (vec![("q", "")], "q", "too_short"),
            (vec![("q", "a\u{0}")], "q", "invalid_character"),
        ] {
            let reply = list(&agent, &query).await.expect(400);
            assert_eq!(reply.code(), "invalid_request");
            assert_eq!(reply.faults(), BTreeMap::from([(parameter, code)]), "{query:?}\n{reply}");
        }
        let many = list(&agent.speaking("de"), &[("limit", "0"), ("citi", "x"), ("kind", "robot")]).await.expect(400);
        let expected = [("citi", "unknown_parameter"), ("kind", "not_one_of"), ("limit", "too_small")];
        assert_eq!(many.faults(), BTreeMap::from(expected));
        let details: BTreeSet<&str> = many["errors"].as_array().into_iter().flatten().filter_map(|error| error["detail"].as_str()).collect();
        assert!(details.contains("Unbekannter Parameter. Meinten Sie 'city'?"), "{details:?}");
        for path in ["/v1/me?x=1", "/health/live?x=1", "/v1/customers/019a0000-0000-7000-8000-000000000001?fields=id"] {
            let reply = agent.get(path).send().await.expect(400);
            assert_eq!(reply.faults().values().copied().collect::<Vec<_>>(), ["unknown_parameter"], "{path}");
        }
        agent.post("/v1/customers?dry_run=true", json!({"kind": "person", "display_name": "Jemand"})).send().await.expect(400);
    }
}
