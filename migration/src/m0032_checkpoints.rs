//! Signed checkpoints and the Merkle tree under them.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Signed checkpoints and the Merkle tree under them.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &[
                "CREATE TABLE checkpoints (
                    number {int} NOT NULL PRIMARY KEY,
                    tree_size {int} NOT NULL,
                    root_hash {bytes} NOT NULL,
                    previous_hash {bytes} NOT NULL,
                    position {int} NOT NULL,
                    created_at {int} NOT NULL,
                    key_id {text} NOT NULL,
                    signature {bytes} NOT NULL
                ) {table}",
                "CREATE TABLE checkpoint_leaves (
                    place {int} NOT NULL PRIMARY KEY,
                    checkpoint_number {int} NOT NULL,
                    root_id {uuid} NOT NULL,
                    root_type {text} NOT NULL,
                    sequence {int} NOT NULL,
                    hash {bytes} NOT NULL
                ) {table}",
                "CREATE UNIQUE INDEX checkpoint_leaves_sequence ON checkpoint_leaves (root_id, sequence)",
                "CREATE TABLE checkpoint_nodes (
                    level {int} NOT NULL,
                    place {int} NOT NULL,
                    hash {bytes} NOT NULL,
                    PRIMARY KEY (level, place)
                ) {clustered}",
            ],
        )
        .await?;
        dialect::append_only(manager, "checkpoints", &[("checkpoints_number", &["number"])]).await?;
        let leaf: &[(&str, &[&str])] =
            &[("checkpoint_leaves_place", &["place"]), ("checkpoint_leaves_sequence", &["root_id", "sequence"])];
        dialect::append_only(manager, "checkpoint_leaves", leaf).await?;
        dialect::append_only(manager, "checkpoint_nodes", &[("checkpoint_nodes_place", &["level", "place"])]).await
    }
}
