//! Documents: what they are attached to, and their content: versions, parts, what is refused, where it is kept.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Call, Client, Reply};
use crate::support::samples::{customer, named};

const PDF: &str = "%PDF-1.7\n1 0 obj\nAngebot 4711\nendobj\n%%EOF";

async fn documents(client: &Client) -> String {
    format!("/v1/customers/{}/documents", customer(client, named("Änne", "Öztürk")).await.id())
}

/// A document without content; where it is.
async fn document(client: &Client) -> String {
    let documents = documents(client).await;
    let made = client.post(&documents, json!({"title": "Angebot/Säge"})).send().await.expect(201);
    format!("/v1/documents/{}", made.id())
}

fn put<'a>(client: &'a Client, document: &str, content: &[u8]) -> Call<'a> {
    client.call(Method::PUT, &format!("{document}/content")).body("application/octet-stream", content.to_vec())
}

async fn upload(client: &Client, document: &str, content: &[u8], file_name: &str) -> Reply {
    put(client, document, content).query(&[("file_name", file_name)]).send().await
}

fn sha256(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

/// The files below a folder.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path);
        }
    }
    found
}

both! {
    async fn content_comes_back_as_it_was_sent(app: TestApp) {
        let agent = app.agent().await;
        let at = document(&agent).await;
        let empty = agent.get(&at).send().await.expect(200);
        assert_eq!((&empty["version_count"], &empty["sha256"]), (&json!(0), &Value::Null));
        agent.get(&format!("{at}/content")).send().await.expect(404);

        let filled = upload(&agent, &at, PDF.as_bytes(), "Angebot Öl.pdf").await.expect(200);
        let sha256 = sha256(PDF.as_bytes());
        assert_eq!(
            (&filled["version_count"], &filled["file_name"], &filled["media_type"], &filled["size_bytes"]),
            (&json!(1), &json!("Angebot Öl.pdf"), &json!("application/pdf"), &json!(PDF.len()))
        );
        assert_eq!((&filled["sha256"], filled.etag()), (&json!(sha256), format!("\"{sha256}\"")));
        assert_eq!(agent.get(&at).send().await.expect(200).body, filled.body);

        let content = agent.get(&format!("{at}/content")).send().await.expect(200);
        assert_eq!((content.bytes.as_slice(), content.etag()), (PDF.as_bytes(), format!("\"{sha256}\"")));
        for (name, expected) in [
            ("content-type", "application/octet-stream"),
            ("content-length", "42"),
            ("accept-ranges", "bytes"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "sandbox; default-src 'none'"),
            (
                "content-disposition",
                "attachment; filename=\"Angebot _l.pdf\"; filename*=UTF-8''Angebot%20%C3%96l.pdf",
            ),
        ] {
            assert_eq!(content.header(name), Some(expected), "{name}");
        }
        let known = agent.get(&format!("{at}/content")).header("if-none-match", content.etag()).send().await;
        assert!(known.expect(304).bytes.is_empty());
        let head = agent.call(Method::HEAD, &format!("{at}/content")).send().await.expect(200);
        assert_eq!((head.header("content-length"), head.bytes.len()), (Some("42"), 0));
    }

    async fn every_upload_is_a_version(app: TestApp) {
        let agent = app.agent().await;
        let documents = documents(&agent).await;
        let made = agent.post(&documents, json!({"title": "Angebot/Säge"})).send().await.expect(201);
        let at = format!("/v1/documents/{}", made.id());
        let first = put(&agent, &at, b"eins").send().await.expect(200);
        assert_eq!((&first["file_name"], &first["media_type"]), (&json!("Angebot_Säge"), &json!("text/plain")));
        let again = put(&agent, &at, b"eins").send().await.expect(200);
        assert_eq!(again.body, first.body, "the same again is no version");
        let second = put(&agent, &at, b"zwei").send().await.expect(200);
        assert_eq!((&second["version_count"], &second["version"]), (&json!(2), &json!(3)));
        let renamed = upload(&agent, &at, b"zwei", "b.txt").await.expect(200);
        assert_eq!((&renamed["version_count"], &renamed["sha256"]), (&json!(3), &second["sha256"]));

        let versions = agent.get(&format!("{at}/versions")).query(&[("count", "exact")]).send().await.expect(200);
        let numbers: Vec<_> = versions.items().iter().map(|it| it["number"].clone()).collect();
        assert_eq!((numbers, &versions["total"]), (vec![json!(3), json!(2), json!(1)], &json!(3)));
        assert_eq!(versions.at("/items/2/uploaded_by/id"), &json!(agent.user().id));
        let query = [("sort", "number"), ("limit", "2")];
        let page = agent.get(&format!("{at}/versions")).query(&query).send().await.expect(200);
        let next = page["next_cursor"].as_str().expect("a further page").to_owned();
        let query = [query.as_slice(), &[("cursor", next.as_str())]].concat();
        let last = agent.get(&format!("{at}/versions")).query(&query).send().await.expect(200);
        assert_eq!((last.items().len(), last.at("/items/0/number")), (1, &json!(3)));
        for (number, content) in [("1", "eins"), ("2", "zwei"), ("3", "zwei")] {
            let read = agent.get(&format!("{at}/versions/{number}/content")).send().await.expect(200);
            assert_eq!(read.bytes, content.as_bytes());
        }
        agent.get(&format!("{at}/versions/4/content")).send().await.expect(404);
        let unreadable = agent.get(&format!("{at}/versions/x/content")).send().await.expect(400);
        assert_eq!(unreadable.faults().get("number"), Some(&"type"));

        let timeline = documents.replace("/documents", "/timeline");
        let query = [("sort", "occurred_at"), ("category", "document")];
        let told = agent.speaking("de").get(&timeline).query(&query).send().await.expect(200);
        let told: Vec<_> = told.items().iter().map(|event| event["title"].clone()).collect();
        assert_eq!(
            told,
            [
                "Dokument angelegt: Angebot/Säge",
                "Dokument hochgeladen: Angebot/Säge (Angebot_Säge)",
                "Dokument in neuer Fassung hochgeladen: Angebot/Säge (Angebot_Säge)",
                "Dokument in neuer Fassung hochgeladen: Angebot/Säge (b.txt)",
            ]
        );
    }

    async fn a_part_is_read_where_one_is_asked_for(app: TestApp) {
        let agent = app.agent().await;
        let at = document(&agent).await;
        let etag = upload(&agent, &at, b"0123456789", "ziffern.txt").await.expect(200).etag();
        let asked = |range: &str| agent.get(&format!("{at}/content")).header("range", range.to_owned());
        for (range, part, told) in [
            ("bytes=0-3", "0123", "bytes 0-3/10"),
            ("bytes=7-", "789", "bytes 7-9/10"),
            ("bytes=-2", "89", "bytes 8-9/10"),
            ("bytes=5-99", "56789", "bytes 5-9/10"),
        ] {
            let reply = asked(range).send().await.expect(206);
            assert_eq!((reply.bytes.as_slice(), reply.header("content-range")), (part.as_bytes(), Some(told)));
            assert_eq!((reply.etag(), reply.header("content-length")), (etag.clone(), Some(part.len().to_string().as_str())));
        }
        for range in ["bytes=0-1,4-5", "bytes=3-2", "zeilen=1-2"] {
            assert_eq!(asked(range).send().await.expect(200).bytes, b"0123456789");
        }
        let beyond = asked("bytes=10-").send().await.expect(416);
        assert_eq!((beyond.code(), beyond.header("content-range")), ("range_not_satisfiable", Some("bytes */10")));
        let same = asked("bytes=0-0").header("if-range", etag.clone()).send().await.expect(206);
        assert_eq!(same.bytes, b"0");
        let other = asked("bytes=0-0").header("if-range", "\"other\"").send().await.expect(200);
        assert_eq!(other.bytes.len(), 10);
        let packed = asked("bytes=0-3").header("accept-encoding", "gzip").send().await.expect(206);
        assert_eq!(packed.bytes, b"0123", "a part is never compressed");
    }

    async fn what_is_no_document_is_refused(app: TestApp) {
        let agent = app.agent().await;
        let at = document(&agent).await;
        for (content, query, place, code) in [
            (b"MZ\x90\0\x03".as_slice(), vec![("file_name", "brief.pdf")], "", "executable"),
            (b"#!/bin/sh\nrm -rf /", vec![], "", "executable"),
            (b"Hallo", vec![("file_name", "setup.exe")], "file_name", "executable"),
            (b"Hallo", vec![("media_type", "application/pdf")], "media_type", "media_type_mismatch"),
            (PDF.as_bytes(), vec![("media_type", "image/png")], "media_type", "media_type_mismatch"),
            (b"", vec![], "", "empty_content"),
        ] {
            let refused = put(&agent, &at, content).query(&query).send().await.expect(422);
            assert_eq!(refused.faults().get(place), Some(&code), "{refused}");
        }
        for name in ["../x.pdf", "a\\b", "a\nb", " "] {
            let refused = upload(&agent, &at, b"Hallo", name).await.expect(400);
            assert_eq!(refused.faults().get("file_name"), Some(&"pattern"), "{name}");
        }
        let pdf = agent.call(Method::PUT, &format!("{at}/content")).body("application/pdf", PDF);
        assert_eq!(pdf.send().await.expect(415).code(), "unsupported_media_type");
        let packed = put(&agent, &at, b"x").header("content-encoding", "gzip").send().await.expect(415);
        assert_eq!(packed.code(), "unsupported_media_type");
        assert_eq!(agent.get(&at).send().await.expect(200)["version_count"], 0);
        let claimed = [("media_type", "application/pdf"), ("file_name", "a.pdf")];
        put(&agent, &at, PDF.as_bytes()).query(&claimed).send().await.expect(200);
        assert!(files(&app.config.documents_folder()).iter().all(|file| file.ends_with(sha256(PDF.as_bytes()))));

        agent.delete(&at, "*").send().await.expect(204);
        assert_eq!(put(&agent, &at, b"x").send().await.expect(409).code(), "archived");
        assert_eq!(agent.get(&format!("{at}/content")).send().await.expect(200).bytes, PDF.as_bytes());
        let stranger = app.user(Role::Admin, Visibility::Own).await;
        put(&stranger, &at, b"x").send().await.expect(404);
        for address in ["content", "versions", "versions/1/content"] {
            stranger.get(&format!("{at}/{address}")).send().await.expect(404);
        }
    }

    async fn the_same_content_is_kept_once(app: TestApp) {
        let agent = app.agent().await;
        let folder = app.config.documents_folder();
        let (one, other) = (document(&agent).await, document(&agent).await);
        upload(&agent, &one, PDF.as_bytes(), "a.pdf").await.expect(200);
        let kept = files(&folder);
        upload(&agent, &other, PDF.as_bytes(), "b.pdf").await.expect(200);
        assert_eq!((kept.len(), &files(&folder)), (1, &kept));
        let sha256 = sha256(PDF.as_bytes());
        let with_it = agent.get("/v1/documents").query(&[("sha256", sha256.as_str())]).send().await.expect(200);
        assert_eq!(with_it.items().len(), 2);
        upload(&agent, &other, b"anderes", "c.txt").await.expect(200);
        assert_eq!(files(&folder).len(), 2);
        assert_eq!(agent.get(&format!("{one}/content")).send().await.expect(200).bytes, PDF.as_bytes());

        let restarted = app.restart().await;
        let agent = restarted.agent().await;
        assert_eq!(agent.get(&format!("{one}/content")).send().await.expect(200).bytes, PDF.as_bytes());
    }

    async fn uploads_at_the_same_time_are_versions_one_after_another(app: TestApp) {
        let agent = app.agent().await;
        let at = document(&agent).await;
        let uploads = (0..8).map(|number| {
            let (agent, at) = (&agent, &at);
            async move { put(agent, at, format!("Fassung {number}").as_bytes()).send().await.expect(200) }
        });
        futures_util::future::join_all(uploads).await;
        let versions = agent.get(&format!("{at}/versions")).query(&[("sort", "number")]).send().await.expect(200);
        let numbers: Vec<_> = versions.items().iter().map(|it| it["number"].clone()).collect();
        assert_eq!(numbers, (1..=8).map(|number| json!(number)).collect::<Vec<_>>());
        let contents: BTreeSet<_> = versions.items().iter().map(|it| it["sha256"].to_string()).collect();
        assert_eq!(contents.len(), 8);
    }

    async fn what_is_too_large_is_refused_and_not_kept(app: TestApp) {
        let app = app.restart_with(|config| config.documents.max_bytes = 100_000).await;
        let agent = app.agent().await;
        let at = document(&agent).await;
        let refused = put(&agent, &at, &vec![b'a'; 100_001]).send().await.expect(413);
        assert_eq!(refused.code(), "payload_too_large");
        let folder = app.config.documents_folder();
        assert!(files(&folder).is_empty());
        put(&agent, &at, &vec![b'a'; 100_000]).send().await.expect(200);
        assert_eq!(files(&folder).len(), 1);
    }

    async fn a_document_of_a_customer_is_about_a_product_or_a_campaign(app: TestApp) {
        let agent = app.admin().await;
        let mine = documents(&agent).await;
        let product = json!({"sku": "KRAN", "name": "Kran", "tax_rate": "19"});
        let product = agent.post("/v1/products", product).send().await.expect(201).id();
        let attached = |kind: &str| json!({"title": "Datenblatt", "attached_to": {"type": kind, "id": product}});
        let made = agent.post(&mine, attached("product")).send().await.expect(201);
        let found = agent.get("/v1/documents").query(&[("attached_to_id", product.as_str())]).send().await.expect(200);
        assert_eq!(found.items(), [made.body]);
        for kind in ["campaign", "user", "tag"] {
            let refused = agent.post(&mine, attached(kind)).send().await.expect(422);
            assert_eq!(refused.faults().get("/attached_to"), Some(&"reference"), "{kind}");
        }
        let user = json!({"title": "X", "attached_to": {"type": "user", "id": agent.user().id}});
        agent.post(&mine, user).send().await.expect(422);
    }

    async fn a_document_belongs_to_a_record_of_the_same_customer(app: TestApp) {
        let agent = app.agent().await;
        let (mine, other) = (documents(&agent).await, documents(&agent).await);
        let call = agent.post(&mine.replace("documents", "interactions"), json!({"kind": "call"})).send().await.expect(201);
        let task = agent.post(&other.replace("documents", "tasks"), json!({"subject": "Anrufen"})).send().await.expect(201);
        let attached = |kind: &str, id: &str| json!({"title": "Notiz", "attached_to": {"type": kind, "id": id}});
        let made = agent.post(&mine, attached("interaction", &call.id())).send().await.expect(201);
        for body in [
            attached("task", &task.id()),
            attached("task", &call.id()),
            attached("order", "019a0000-0000-7000-8000-00000000dead"),
        ] {
            let refused = agent.post(&mine, body).send().await.expect(422);
            assert_eq!(refused.faults().get("/attached_to"), Some(&"reference"));
        }
        let wrong = json!({"title": "X", "language": "deutsch!"});
        assert_eq!(agent.post(&mine, wrong).send().await.expect(422).faults().get("/language"), Some(&"language"));
        let plain = agent.post(&other, json!({"title": "Öffnungszeiten", "category": "photo"})).send().await.expect(201);
        upload(&agent, &format!("/v1/documents/{}", plain.id()), PDF.as_bytes(), "a.pdf").await.expect(200);
        let (mine, plain, call) = (made.id(), plain.id(), call.id());
        for (query, expected) in [
            (vec![("sort", "title")], vec![mine.as_str(), plain.as_str()]),
            (vec![("sort", "size_bytes")], vec![plain.as_str(), mine.as_str()]),
            (vec![("q", "of")], vec![plain.as_str()]),
            (vec![("category", "photo")], vec![plain.as_str()]),
            (vec![("media_type", "application/pdf")], vec![plain.as_str()]),
            (vec![("attached_to_type", "interaction")], vec![mine.as_str()]),
            (vec![("attached_to_id", call.as_str())], vec![mine.as_str()]),
            (vec![("has_content", "true")], vec![plain.as_str()]),
            (vec![("has_content", "false")], vec![mine.as_str()]),
            (vec![("uploaded_after", "2026-11-22T08:00:00Z")], vec![plain.as_str()]),
            (vec![("uploaded_before", "2026-11-22T08:00:00Z")], vec![]),
        ] {
            let reply = agent.get("/v1/documents").query(&query).send().await.expect(200);
            let found: Vec<&str> = reply.items().iter().filter_map(|item| item["id"].as_str()).collect();
            assert_eq!(found, expected, "{query:?}");
        }
    }
}
