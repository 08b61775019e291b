//! Pages: nothing skipped, nothing repeated, whatever others write meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::client::{Client, Reply};
use crate::support::samples::{address, customer, last_interaction, tag};
use crate::support::{both, property};

const SORTS: &[&str] = &[
    "display_name",
    "-display_name",
    "customer_number",
    "-created_at",
    "updated_at",
    "last_interaction_at",
    "-last_interaction_at",
    "-last_interaction_at,display_name",
    "created_at,-display_name",
    "-updated_at,-last_interaction_at,customer_number",
];

/// A list, as it is asked for.
#[derive(Debug, Clone)]
struct Asked {
    sort: &'static str,
    limit: usize,
    /// After which page others write.
    disturbed_after: usize,
}

fn asked() -> impl Strategy<Value = Asked> {
    (proptest::sample::select(SORTS), 1_usize..9, 0_usize..6).prop_map(|(sort, limit, disturbed_after)| Asked {
        sort,
        limit,
        disturbed_after,
    })
}

fn ids(reply: &Reply) -> Vec<String> {
    reply.items().iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

fn cursor(reply: &Reply, name: &str) -> Option<String> {
    reply[name].as_str().map(str::to_owned)
}

async fn page(client: &Client, sort: &str, limit: usize, cursor: Option<&str>) -> Reply {
    let limit = limit.to_string();
    let mut query = vec![("sort", sort), ("limit", limit.as_str()), ("archived", "include")];
    query.extend(cursor.map(|cursor| ("cursor", cursor)));
    client.get("/v1/customers").query(&query).send().await.expect(200)
}

both! {
    async fn paging_neither_skips_nor_repeats(app: TestApp) {
        let agent = app.agent().await;
        let names = ["Müller", "Mueller", "muller", "Ähre", "Zorn", "Öse", "Müller", "x"];
        let mut known = BTreeSet::new();
        for number in 0..23_usize {
            let made = customer(&agent, json!({"kind": "company", "company": {"legal_name": names[number % names.len()]}})).await;
            known.insert(made.id());
            if number % 3 == 0 {
                last_interaction(&app, &made, &format!("2026-11-01T0{}:00:00Z", number % 6)).await;
            }
            if number % 4 == 0 {
                app.advance(1);
            }
        }
        let known = &known;
        property::holds(24, asked(), async |asked| {
            let Asked { sort, limit, disturbed_after } = asked;
            let (mut seen, mut at, mut pages): (Vec<String>, Option<String>, Vec<Reply>) = (Vec::new(), None, Vec::new());
            loop {
                let reply = page(&agent, sort, limit, at.as_deref()).await;
                assert!(reply.items().len() <= limit);
                assert_eq!(reply["prev_cursor"].is_null(), pages.is_empty());
                seen.extend(ids(&reply));
                at = cursor(&reply, "next_cursor");
                pages.push(reply);
                if pages.len() == disturbed_after {
                    for name in ["Aal", "Zzz"] {
                        customer(&agent, json!({"kind": "company", "company": {"legal_name": name}})).await;
                    }
                }
                if at.is_none() {
                    break;
                }
            }
            assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "repeated: {asked:?}");
            assert!(known.iter().all(|id| seen.contains(id)), "skipped: {asked:?}");

            // All the way back: what was there from the beginning comes in the same order.
            let mut back: Vec<String> = ids(pages.last().expect("a page"));
            let mut at = cursor(pages.last().expect("a page"), "prev_cursor");
            while let Some(cursor_back) = at {
                let reply = page(&agent, sort, limit, Some(&cursor_back)).await;
                assert!(!reply["next_cursor"].is_null());
                back.splice(0..0, ids(&reply));
                at = cursor(&reply, "prev_cursor");
            }
            let of_known = |ids: &[String]| -> Vec<String> { ids.iter().filter(|id| known.contains(*id)).cloned().collect() };
            assert_eq!(of_known(&back), of_known(&seen), "{asked:?}");
            let whole = page(&agent, sort, 200, None).await;
            assert_eq!(of_known(&ids(&whole)), of_known(&seen), "{asked:?}");
        }).await;
    }

    async fn a_page_and_its_links_agree(app: TestApp) {
        let agent = app.agent().await;
        for number in 0..5 {
            customer(&agent, json!({"kind": "person", "display_name": format!("ü{number}"), "tags": ["a b&c"]})).await;
        }
        let first = agent.get("/v1/customers").query(&[("tag", "a b&c"), ("limit", "2"), ("count", "exact")]).send().await.expect(200);
        assert_eq!((first.items().len(), &first["total"], &first["prev_cursor"]), (2, &json!(5), &Value::Null));
        let link = first.header("link").expect("a Link").to_owned();
        let next = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).expect("one link");
        let second = agent.get(next).send().await.expect(200);
        assert_eq!((second.items().len(), &second["total"]), (2, &json!(5)), "the link keeps filter, limit and count");
        let links = second.header("link").expect("a Link");
        assert!(links.contains("rel=\"next\"") && links.contains("rel=\"prev\""), "{links}");
        let third = page_of(&agent, &second, "next_cursor").await;
        assert_eq!((third.items().len(), &third["next_cursor"]), (1, &Value::Null));
        let back = page_of(&agent, &third, "prev_cursor").await;
        assert_eq!(ids(&back), ids(&second));
        let start = page_of(&agent, &back, "prev_cursor").await;
        assert_eq!((ids(&start), &start["prev_cursor"]), (ids(&first), &Value::Null));
        let empty = agent.get("/v1/customers").query(&[("tag", "none")]).send().await.expect(200);
        assert_eq!(empty.body, json!({"items": [], "next_cursor": null, "prev_cursor": null, "total": null}));
        assert!(empty.header("link").is_none());
    }

    async fn pages_stay_whole_while_the_row_at_their_edge_goes(app: TestApp) {
        let agent = app.agent().await;
        let mut made = Vec::new();
        for name in ["a", "b", "c", "d"] {
            made.push(customer(&agent, json!({"kind": "person", "display_name": name})).await);
        }
        let first = agent.get("/v1/customers").query(&[("limit", "2")]).send().await.expect(200);
        agent.delete(&address(&made[1]), "*").send().await.expect(204);
        agent.delete(&address(&made[2]), "*").send().await.expect(204);
        let at = cursor(&first, "next_cursor").expect("a cursor");
        let second = agent.get("/v1/customers").query(&[("limit", "2"), ("cursor", &at)]).send().await.expect(200);
        assert_eq!(ids(&second), [made[3].id()]);
    }

    async fn a_cursor_opens_its_own_list_only(app: TestApp) {
        let agent = app.agent().await;
        for number in 0..3 {
            customer(&agent, json!({"kind": "person", "display_name": format!("{number}")})).await;
            tag(&app.admin().await, &format!("t{number}")).await;
        }
        let first = agent.get("/v1/customers").query(&[("limit", "1"), ("kind", "person")]).send().await.expect(200);
        let at = cursor(&first, "next_cursor").expect("a cursor");
        for query in [
            vec![],
            vec![("kind", "company")],
            vec![("kind", "person"), ("sort", "created_at")],
            vec![("kind", "person"), ("q", "a")],
        ] {
            let query = [&query[..], &[("cursor", at.as_str())]].concat();
            let reply = agent.get("/v1/customers").query(&query).send().await.expect(400);
            assert_eq!(reply.code(), "cursor_mismatch", "{query:?}");
        }
        assert_eq!(agent.get("/v1/tags").query(&[("cursor", at.as_str())]).send().await.expect(400).code(), "cursor_mismatch");
        // Limit and count belong to the page, not to the list; neither do parameters in another order.
        let query = [("cursor", at.as_str()), ("limit", "2"), ("count", "exact"), ("kind", "person")];
        assert_eq!(agent.get("/v1/customers").query(&query).send().await.expect(200).items().len(), 2);

        let mut turned: Vec<char> = at.chars().collect();
        let middle = turned.len() / 2;
        turned[middle] = if turned[middle] == 'A' { 'B' } else { 'A' };
        for wrong in [turned.iter().collect::<String>(), at[..at.len() - 4].to_owned(), "AAAA".to_owned(), "eyJhIjoxfQ".to_owned()] {
            let query = [("kind", "person"), ("cursor", wrong.as_str())];
            let reply = agent.speaking("de").get("/v1/customers").query(&query).send().await.expect(400);
            assert_eq!((reply.code(), &reply["title"]), ("invalid_cursor", &json!("Ungültiger Cursor")), "{wrong}");
        }
        for wrong in ["a b", "ä", "a\"", "%"] {
            let reply = agent.get("/v1/customers").query(&[("cursor", wrong)]).send().await.expect(400);
            assert_eq!(reply.faults(), BTreeMap::from([("cursor", "pattern")]), "{wrong}");
        }
        // Another start of the service reads the cursors of the one before.
        let token = agent.token().map(str::to_owned).expect("a token");
        let app = app.restart().await;
        let query = [("cursor", at.as_str()), ("kind", "person")];
        app.anonymous().with_token(token).get("/v1/customers").query(&query).send().await.expect(200);
    }
}

/// The page a cursor of the list of these tests leads to.
async fn page_of(client: &Client, reply: &Reply, name: &str) -> Reply {
    let at = cursor(reply, name).expect("a cursor");
    let query = [("tag", "a b&c"), ("limit", "2"), ("cursor", at.as_str())];
    client.get("/v1/customers").query(&query).send().await.expect(200)
}
