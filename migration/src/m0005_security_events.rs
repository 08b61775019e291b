//! What is no change but must be known: sign-ins, refusals, sensitive reads. Chained by day.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// What is no change but must be known: sign-ins, refusals, sensitive reads. Chained by day.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &[
                "CREATE TABLE security_events (
                    id {uuid} NOT NULL PRIMARY KEY,
                    day {text} NOT NULL,
                    sequence {int} NOT NULL,
                    kind {text} NOT NULL,
                    outcome {text} NOT NULL,
                    occurred_at {int} NOT NULL,
                    actor_type {text} NOT NULL,
                    actor_id {uuid},
                    actor_name {text} NOT NULL,
                    subject_type {text},
                    subject_id {uuid},
                    address {text},
                    request_id {text},
                    detail {text} NOT NULL,
                    previous_hash {bytes} NOT NULL,
                    hash {bytes} NOT NULL
                ) {clustered}",
                "CREATE UNIQUE INDEX security_events_sequence ON security_events (day, sequence)",
                "CREATE INDEX security_events_occurred_at ON security_events (occurred_at, id)",
                "CREATE TABLE security_heads (
                    day {text} NOT NULL PRIMARY KEY,
                    sequence {int} NOT NULL,
                    hash {bytes} NOT NULL
                ) {clustered}",
            ],
        )
        .await?;
        let keys: &[(&str, &[&str])] =
            &[("security_events_pkey", &["id"]), ("security_events_sequence", &["day", "sequence"])];
        dialect::append_only(manager, "security_events", keys).await
    }
}
