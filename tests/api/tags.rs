//! Tags: made when they are first used, renamed and merged on all who carry them.

use std::collections::BTreeMap;

use kundenhistorie::services::consistency;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::TestApp;
use crate::support::client::{Client, Reply};
use crate::support::gate::Gate;
use crate::support::samples::{address, customer, tag};
use crate::support::{both, history};

async fn tagged(client: &Client, tags: &[&str]) -> Reply {
    customer(client, json!({"kind": "person", "display_name": "Jemand", "tags": tags})).await
}

async fn carried(client: &Client, of: &Reply) -> Value {
    client.get(&address(of)).send().await.expect(200)["tags"].clone()
}

async fn names(client: &Client, query: &[(&str, &str)]) -> Vec<String> {
    let reply = client.get("/v1/tags").query(query).send().await.expect(200);
    reply.items().iter().map(|tag| tag["name"].as_str().expect("a name").to_owned()).collect()
}

fn at(tag: &Reply) -> String {
    format!("/v1/tags/{}", tag.id())
}

both! {
    async fn a_tag_is_created_read_changed_archived_and_restored(app: TestApp) {
        let manager = app.admin().await;
        let body = json!({"name": "Neubau", "description": "Plant oder baut neu", "color": "#1f77b4"});
        let created = manager.post("/v1/tags", body).send().await.expect(201);
        assert_eq!(created.header("location"), Some(at(&created).as_str()));
        assert_eq!((created.etag().as_str(), &created["name"], &created["archived_at"]), ("\"1\"", &json!("Neubau"), &Value::Null));
        let read = manager.get(&at(&created)).send().await.expect(200);
        assert_eq!(read.body, created.body);
        manager.get(&at(&created)).header("if-none-match", "\"1\"").send().await.expect(304);

        let same = manager.patch(&at(&created), "\"1\"", created.body.clone()).send().await.expect(200);
        assert_eq!(same.etag(), "\"1\"");
        let changed = manager.patch(&at(&created), "\"1\"", json!({"description": null})).send().await.expect(200);
        assert_eq!((&changed["description"], &changed["color"], changed.etag().as_str()), (&Value::Null, &json!("#1f77b4"), "\"2\""));
        manager.patch(&at(&created), "\"1\"", json!({"color": null})).send().await.expect(412);
        manager.call(reqwest::Method::PATCH, &at(&created)).json(json!({})).send().await.expect(428);

        manager.delete(&at(&created), "\"2\"").send().await.expect(204);
        assert_eq!(manager.delete(&at(&created), "\"3\"").send().await.expect(409).code(), "archived");
        assert_eq!(manager.patch(&at(&created), "\"3\"", json!({"name": "x"})).send().await.expect(409).code(), "archived");
        assert_eq!(names(&manager, &[]).await, [] as [&str; 0]);
        assert_eq!(names(&manager, &[("archived", "only")]).await, ["Neubau"]);
        let restored = manager.post(&format!("{}/restoration", at(&created)), json!({})).send().await.expect(200);
        assert_eq!(restored["archived_at"], Value::Null);
        assert_eq!(manager.post(&format!("{}/restoration", at(&created)), json!({})).send().await.expect(409).code(), "not_archived");
        assert_eq!(history::kinds(&app, &created.id()).await, ["tag.created", "tag.updated", "tag.archived", "tag.restored"]);
    }

    async fn one_spelling_is_one_tag(app: TestApp) {
        let manager = app.admin().await;
        let first = tagged(&manager, &["Müller-Kunde", "b"]).await;
        let second = tagged(&manager, &["MUELLER-KUNDE"]).await;
        assert_eq!(second["tags"], json!(["Müller-Kunde"]), "the spelling of the first one");
        assert_eq!(names(&manager, &[]).await, ["b", "Müller-Kunde"]);
        assert_eq!(manager.post("/v1/tags", json!({"name": "müller-kunde"})).send().await.expect(409).code(), "already_exists");
        for tag in ["müller-kunde", "Mueller-Kunde"] {
            let found = manager.get("/v1/customers").query(&[("tag", tag)]).send().await.expect(200);
            assert_eq!(found.items().len(), 2, "{tag}");
        }
        let changed = manager.patch(&address(&first), "*", json!({"tags": ["b", "c"]})).send().await.expect(200);
        assert_eq!(changed["tags"], json!(["b", "c"]));
        let either = manager.get("/v1/customers").query(&[("tag", "c"), ("tag", "Müller-Kunde")]).send().await.expect(200);
        assert_eq!(either.items().len(), 2);
    }

    async fn faults_are_named(app: TestApp) {
        let manager = app.admin().await;
        for (body, pointer, code) in [
            (json!({}), "/name", "required"),
            (json!({"name": null}), "/name", "not_nullable"),
            (json!({"name": ""}), "/name", "too_short"),
            (json!({"name": " "}), "/name", "blank"),
            (json!({"name": "x".repeat(61)}), "/name", "too_long"),
            (json!({"name": "a\u{0}"}), "/name", "invalid_character"),
            (json!({"name": "x", "color": "red"}), "/color", "pattern"),
            (json!({"name": "x", "colour": "#000000"}), "/colour", "unknown_field"),
        ] {
            let reply = manager.post("/v1/tags", body.clone()).send().await.expect(422);
            assert_eq!(reply.faults(), BTreeMap::from([(pointer, code)]), "{body}");
        }
        let there = tag(&manager, "x").await;
        for (body, pointer, code) in [
            (json!({"name": null}), "/name", "not_nullable"),
            (json!({"name": "\u{a0}"}), "/name", "blank"),
            (json!({"version": 2}), "/version", "read_only"),
        ] {
            let reply = manager.patch(&at(&there), "*", body.clone()).send().await.expect(422);
            assert_eq!(reply.faults(), BTreeMap::from([(pointer, code)]), "{body}");
        }
        tag(&manager, "y").await;
        assert_eq!(manager.patch(&at(&there), "*", json!({"name": "Y"})).send().await.expect(409).code(), "already_exists");
        let agent = app.agent().await;
        agent.post("/v1/tags", json!({"name": "z"})).send().await.expect(403);
    }

    async fn a_new_name_appears_on_all_who_carry_the_tag(app: TestApp) {
        let manager = app.admin().await;
        let carriers = [tagged(&manager, &["a", "neubau"]).await, tagged(&manager, &["neubau"]).await];
        let other = tagged(&manager, &["a"]).await;
        let list = manager.get("/v1/tags").query(&[("q", "neu")]).send().await.expect(200);
        let path = format!("/v1/tags/{}", list.items()[0]["id"].as_str().expect("an id"));
        // Another case only is a new name as well.
        for (version, name) in [(1, "Neubau"), (2, "Baut neu")] {
            let renamed = manager.patch(&path, &format!("\"{version}\""), json!({"name": name})).send().await.expect(200);
            assert_eq!(renamed["name"], name);
            assert_eq!(carried(&manager, &carriers[0]).await, json!(["a", name]));
            assert_eq!(carried(&manager, &carriers[1]).await, json!([name]));
            for carrier in &carriers {
                let (event, payload) = history::newest(&app, &carrier.id()).await;
                assert_eq!((event.kind.as_str(), event.sequence), ("customer.updated", version + 1));
                assert_eq!(payload["changes"][0]["field"], "tags");
            }
            let found = manager.get("/v1/customers").query(&[("tag", name)]).send().await.expect(200);
            assert_eq!(found.items().len(), 2);
        }
        assert_eq!(history::kinds(&app, &other.id()).await, ["customer.created"]);
        assert_eq!(manager.get(&address(&carriers[0])).send().await.expect(200).etag(), "\"3\"");
        // The old name is free again.
        tag(&manager, "neubau").await;
    }

    async fn a_merged_tag_gives_way_on_all_who_carry_it(app: TestApp) {
        let manager = app.admin().await;
        let (old, kept) = (tag(&manager, "Alt").await, tag(&manager, "Neu").await);
        let (both, one, none) = (tagged(&manager, &["Neu", "Alt", "x"]).await, tagged(&manager, &["Alt"]).await, tagged(&manager, &["Neu"]).await);
        let merge = |into: String, etag: &'static str| manager.post(&format!("{}/merge", at(&old)), json!({ "into": into })).header("if-match", etag).send();
        for wrong in [old.id(), Uuid::now_v7().to_string()] {
            assert_eq!(merge(wrong, "\"1\"").await.expect(422).faults(), BTreeMap::from([("/into", "reference")]));
        }
        merge(kept.id(), "\"7\"").await.expect(412);
        let reply = merge(kept.id(), "\"1\"").await.expect(200);
        assert_eq!(reply.id(), kept.id());
        assert_eq!(carried(&manager, &both).await, json!(["Neu", "x"]));
        assert_eq!(carried(&manager, &one).await, json!(["Neu"]));
        let events = [&both, &one, &none].map(|carrier| history::kinds(&app, carrier.id().leak()));
        let counts: Vec<usize> = futures_util::future::join_all(events).await.iter().map(Vec::len).collect();
        assert_eq!(counts, [2, 2, 1]);
        let (event, payload) = history::newest(&app, &old.id()).await;
        assert_eq!((event.kind.as_str(), &payload["merged_into"]["name"]), ("tag.merged", &json!("Neu")));
        assert_eq!(names(&manager, &[]).await, ["Neu", "x"]);
        assert_eq!(manager.get("/v1/customers").query(&[("tag", "Neu")]).send().await.expect(200).items().len(), 3);
        assert_eq!(merge(kept.id(), "*").await.expect(409).code(), "archived");
        // A used tag of the old name is a new one.
        assert_eq!(tagged(&manager, &["Alt"]).await["tags"], json!(["Alt"]));
        assert_eq!(manager.post(&format!("{}/restoration", at(&old)), json!({})).send().await.expect(409).code(), "already_exists");
    }

    async fn a_tag_taken_off_meanwhile_stays_off(app: TestApp) {
        let manager = app.admin().await;
        let verified = async || consistency::verify(app.store()).await.expect("a report").findings;
        for (round, (merges, first)) in [(true, true), (true, false), (false, true), (false, false)].into_iter().enumerate() {
            let old = tag(&manager, &format!("alt {round}")).await;
            let new = tag(&manager, &format!("neu {round}")).await;
            let carrier = tagged(&manager, &[&format!("alt {round}")]).await;
            let take_off = manager.patch(&address(&carrier), "*", json!({"tags": []}));
            let replace = if merges {
                manager.post(&format!("{}/merge", at(&old)), json!({"into": new.id()})).header("if-match", "*")
            } else {
                manager.patch(&at(&old), "*", json!({"name": format!("anders {round}")}))
            };
            let [earlier, later] = if first { [take_off, replace] } else { [replace, take_off] };
            for reply in Gate::before(&app, &carrier.id()).await.pass(earlier, later).await {
                reply.expect(200);
            }
            assert_eq!(carried(&manager, &carrier).await, json!([]), "{round}");
            assert_eq!(verified().await, [], "{round}");
            let found = manager.get("/v1/customers").query(&[("tag", &format!("neu {round}"))]).send().await.expect(200);
            assert_eq!(found.items(), [] as [Value; 0]);
        }
    }

    async fn merges_crosswise_leave_one_tag(app: TestApp) {
        let manager = app.admin().await;
        for round in 0..8 {
            let names = ["rot", "blau"].map(|name| format!("{name} {round}"));
            let tags = [tag(&manager, &names[0]).await, tag(&manager, &names[1]).await];
            let carriers = [tagged(&manager, &[&names[0]]).await, tagged(&manager, &[&names[1]]).await];
            let merge = |from: usize| {
                let path = format!("{}/merge", at(&tags[from]));
                manager.post(&path, json!({"into": tags[1 - from].id()})).header("if-match", "*").send()
            };
            let (one, other) = tokio::join!(merge(0), merge(1));
            let mut answers = [one.status, other.status];
            answers.sort_unstable();
            assert_eq!(answers, [200, 422], "{one} {other}");
            let left = if one.status == 200 { &names[1] } else { &names[0] };
            for carrier in &carriers {
                assert_eq!(carried(&manager, carrier).await, json!([left]));
            }
        }
        assert_eq!(consistency::verify(app.store()).await.expect("a report").findings, []);
    }

    async fn a_tag_may_be_given_while_another_is_merged_into_it(app: TestApp) {
        let manager = app.admin().await;
        for round in 0..8 {
            let names = ["rot", "blau"].map(|name| format!("{name} {round}"));
            let tags = [tag(&manager, &names[0]).await, tag(&manager, &names[1]).await];
            let carrier = tagged(&manager, &[&names[0]]).await;
            let merge = manager.post(&format!("{}/merge", at(&tags[0])), json!({"into": tags[1].id()})).header("if-match", "*");
            let give = manager.patch(&address(&carrier), "*", json!({"tags": names}));
            let (merged, given) = tokio::join!(merge.send(), give.send());
            merged.expect(200);
            given.expect(200);
        }
        assert_eq!(consistency::verify(app.store()).await.expect("a report").findings, []);
    }

    async fn a_carried_tag_cannot_be_archived(app: TestApp) {
        let manager = app.admin().await;
        let carrier = tagged(&manager, &["a"]).await;
        let list = manager.get("/v1/tags").send().await.expect(200);
        let path = format!("/v1/tags/{}", list.items()[0]["id"].as_str().expect("an id"));
        let refused = manager.speaking("de").delete(&path, "\"1\"").send().await.expect(409);
        assert_eq!((refused.code(), &refused["customers"], &refused["title"]), ("in_use", &json!(1), &json!("In Verwendung")));
        manager.patch(&address(&carrier), "*", json!({"tags": null})).send().await.expect(200);
        manager.delete(&path, "\"1\"").send().await.expect(204);
    }

    async fn the_list_is_searched_by_beginnings_and_sorted(app: TestApp) {
        let manager = app.admin().await;
        for name in ["zebra", "Änderung", "100%", "a_b", "axb", "Österreich", "alpha"] {
            tag(&manager, name).await;
        }
        assert_eq!(names(&manager, &[]).await, ["100%", "a_b", "Änderung", "alpha", "axb", "Österreich", "zebra"]);
        assert_eq!(names(&manager, &[("sort", "-name"), ("limit", "2")]).await, ["zebra", "Österreich"]);
        for (q, expected) in [("%", vec![]), ("a_", vec!["a_b"]), ("100%", vec!["100%"]), ("ÖST", vec!["Österreich"]), ("oest", vec!["Österreich"]), ("lpha", vec![])] {
            assert_eq!(names(&manager, &[("q", q)]).await, expected, "{q}");
        }
        assert!(names(&manager, &[("q", " ")]).await.is_empty());
        assert_eq!(manager.get("/v1/tags").query(&[("q", "a"), ("count", "exact"), ("limit", "1")]).send().await.expect(200)["total"], 4);
    }
}
