//! Checkpoints: what they cover, how they are linked, when they are made, and the file outside.

use futures_util::future::join_all;
use kundenhistorie::auth::checkpoint_key::{CheckpointKey, PublicKey};
use kundenhistorie::auth::keys::SigningKeys;
use kundenhistorie::config::CheckpointsConfig;
use kundenhistorie::domain::checkpoint::{Checkpoint, NOTHING_BEFORE};
use kundenhistorie::domain::merkle::Tree;
use kundenhistorie::domain::permission::Role;
use kundenhistorie::entities::{checkpoint, checkpoint_leaf};
use kundenhistorie::history::change::Change;
use kundenhistorie::services::checkpoints::{self, Notary, outside};
use reqwest::Method;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::both;
use crate::support::chains::{count, create_tag, events, heads};
use crate::support::client::Client;

async fn a_customer(client: &Client) {
    let body = json!({"kind": "company", "company": {"legal_name": "Muster GmbH"}});
    client.post("/v1/customers", body).send().await.expect(201);
}

async fn sign(client: &Client) -> Checkpoint {
    let reply = client.call(Method::POST, "/v1/checkpoints").send().await.expect(200);
    serde_json::from_value(reply.body).expect("a checkpoint")
}

async fn stored(app: &TestApp) -> Vec<Checkpoint> {
    let select = checkpoint::Entity::find().order_by_asc(checkpoint::Column::Number);
    select.all(&app.store().read).await.expect("checkpoints").into_iter().map(Checkpoint::from).collect()
}

/// # Panics
/// Unless all checkpoints are numbered, linked and signed, and each has the root of its leaves.
async fn hold_together(app: &TestApp) {
    let key = app.anonymous().get("/v1/checkpoints/keys").send().await.expect(200);
    let key = PublicKey::parse(key["keys"][0]["x"].as_str().expect("a key")).expect("a key");
    let leaves = checkpoint_leaf::Entity::find().order_by_asc(checkpoint_leaf::Column::Place);
    let leaves = leaves.all(&app.store().read).await.expect("leaves");
    let (mut tree, mut previous) = (Tree::default(), hex::encode(NOTHING_BEFORE));
    for (index, checkpoint) in stored(app).await.iter().enumerate() {
        assert_eq!(checkpoint.number, index as i64 + 1);
        assert_eq!(checkpoint.previous_hash, previous);
        previous = checkpoint.hash();
        assert!(checkpoint.tree_size > tree.size(), "it covers something new");
        for leaf in &leaves[tree.size() as usize..checkpoint.tree_size as usize] {
            assert_eq!((leaf.place, leaf.checkpoint_number), (tree.size(), checkpoint.number));
            tree.append(leaf.merkle_hash());
        }
        assert_eq!(checkpoint.root_hash, hex::encode(tree.root()));
        assert_eq!(checkpoint.key_id, key.id());
        assert!(key.verifies(&checkpoint.statement(), &hex::decode(&checkpoint.signature).expect("hexadecimal")));
    }
    assert_eq!(leaves.len() as i64, tree.size());
}

both! {
    async fn a_checkpoint_covers_the_end_of_every_chain_that_moved(app: TestApp) {
        let admin = app.admin().await;
        a_customer(&admin).await;
        let first = sign(&admin).await;
        let all = heads(app.store()).await.len() as i64;
        assert_eq!((first.number, first.tree_size), (1, all));
        assert_eq!(first.position, events(app.store()).await.last().expect("an event").position);
        assert_eq!(sign(&admin).await, first, "nothing has moved");

        a_customer(&admin).await;
        let second = sign(&admin).await;
        assert_eq!((second.number, second.tree_size), (2, all + 1));
        hold_together(&app).await;

        let list = admin.get("/v1/checkpoints?limit=1").send().await.expect(200);
        assert_eq!(list["items"], json!([second]));
        let next = format!("/v1/checkpoints?limit=1&cursor={}", list["next_cursor"].as_str().expect("a second page"));
        assert_eq!(admin.get(&next).send().await.expect(200)["items"], json!([first]));
        assert_eq!(app.read_only().await.get("/v1/checkpoints/2").send().await.expect(200).body, json!(second));
        for unknown in ["3", "0", "-1", "x", "99999999999999999999"] {
            admin.get(&format!("/v1/checkpoints/{unknown}")).send().await.expect(404);
        }
        app.as_role(Role::Auditor).await.call(Method::POST, "/v1/checkpoints").send().await.expect(403);
    }

    async fn many_at_the_same_time_do_not_collide(app: TestApp) {
        let admin = app.admin().await;
        let writers = (0..24).map(async |number| {
            if number % 3 == 0 { drop(sign(&admin).await) } else { a_customer(&admin).await }
        });
        join_all(writers).await;
        sign(&admin).await;
        hold_together(&app).await;
        let leaves = count(app.store(), "checkpoint_leaves").await;
        assert!(leaves >= heads(app.store()).await.len() as i64);
    }

    async fn the_turn_to_write_is_given_back_when_very_many_have_moved(app: TestApp) {
        let change = Change::begin(&app.system()).await.expect("a change");
        for number in 0..2_003 {
            create_tag(&change, &format!("tag {number}")).await.expect("a tag");
        }
        change.commit_unanswered().await.expect("a commit");
        let newest = sign(&app.admin().await).await;
        assert_eq!((newest.number, newest.tree_size), (2, heads(app.store()).await.len() as i64));
        hold_together(&app).await;
    }

    async fn they_are_made_when_it_is_time_or_much_has_happened(app: TestApp) {
        let keys = SigningKeys::load_or_create(&app.config.data.folder.join("keys")).expect("keys");
        let key = CheckpointKey::of(&keys).expect("a key").into();
        let settings = CheckpointsConfig { interval_seconds: 60, events: 5, file: None };
        let made_by = async |settings: &CheckpointsConfig| {
            checkpoints::make_when_due(&app.system(), Notary { key: &key, settings }).await.expect("a look");
            stored(&app).await.len()
        };
        let admin = app.admin().await;
        a_customer(&admin).await;
        assert_eq!(made_by(&settings).await, 0, "neither time nor events");
        app.advance(60);
        assert_eq!(made_by(&settings).await, 1);
        app.advance(60);
        assert_eq!(made_by(&settings).await, 1, "nothing has moved");
        a_customer(&admin).await;
        assert_eq!(made_by(&settings).await, 2);
        for _ in 0..4 {
            a_customer(&admin).await;
        }
        assert_eq!(made_by(&settings).await, 2);
        a_customer(&admin).await;
        assert_eq!(made_by(&settings).await, 3);
        hold_together(&app).await;
    }

    async fn the_database_keeps_them_as_they_are(app: TestApp) {
        sign(&app.admin().await).await;
        for table in ["checkpoints", "checkpoint_leaves", "checkpoint_nodes"] {
            let before = count(app.store(), table).await;
            for sql in [format!("DELETE FROM {table}"), format!("UPDATE {table} SET {}", match table {
                "checkpoints" => "position = 1",
                "checkpoint_leaves" => "sequence = 9",
                _ => "level = 7",
            })] {
                let refused = sea_orm::ConnectionTrait::execute_unprepared(app.store().migrator(), &sql).await;
                assert!(refused.expect_err("it is refused").to_string().contains("append-only"), "{sql}");
            }
            assert_eq!(count(app.store(), table).await, before);
        }
    }

    async fn the_file_outside_is_written_and_caught_up(app: TestApp) {
        let path = app.database().folder().join("outside.ndjson");
        let lines = || -> Vec<Checkpoint> {
            outside::read(&path).expect("the file").into_iter().map(|(_, line)| line.expect("a checkpoint")).collect()
        };
        let admin = app.admin().await;
        sign(&admin).await;
        assert!(!path.exists(), "none is configured");
        let app = app.restart_with(|config| config.checkpoints.file = Some(path.clone())).await;
        let admin = app.admin().await;
        a_customer(&admin).await;
        sign(&admin).await;
        assert_eq!(lines(), stored(&app).await);
        assert_eq!(lines().len(), 2);
        // A crash between the commit and the end of the line.
        let text = std::fs::read(&path).expect("the file");
        std::fs::write(&path, &text[..text.len() - 40]).expect("a shorter file");
        a_customer(&admin).await;
        sign(&admin).await;
        assert_eq!(lines(), stored(&app).await);
        assert_eq!(lines().len(), 3);
    }
}
