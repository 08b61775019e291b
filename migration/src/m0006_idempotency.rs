//! Answers already given under an Idempotency-Key.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Answers already given under an Idempotency-Key.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &[
                "CREATE TABLE idempotency_records (
                    principal_id {uuid} NOT NULL,
                    key {text} NOT NULL,
                    fingerprint {bytes} NOT NULL,
                    status {int} NOT NULL,
                    location {text},
                    etag {text},
                    content_type {text} NOT NULL,
                    body {bytes} NOT NULL,
                    created_at {int} NOT NULL,
                    PRIMARY KEY (principal_id, key)
                ) {clustered}",
                "CREATE INDEX idempotency_records_created_at ON idempotency_records (created_at)",
            ],
        )
        .await
    }
}
