//! The one log, and the head of each of its chains.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::dialect;

/// The one log, and the head of each of its chains.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &[
                "CREATE TABLE timeline_heads (
                    root_id {uuid} NOT NULL PRIMARY KEY,
                    root_type {text} NOT NULL,
                    sequence {int} NOT NULL,
                    hash {bytes} NOT NULL
                ) {clustered}",
                "CREATE TABLE timeline_events (
                    root_id {uuid} NOT NULL,
                    occurred_at {int} NOT NULL,
                    sequence {int} NOT NULL,
                    id {uuid} NOT NULL,
                    position {int} NOT NULL,
                    root_type {text} NOT NULL,
                    kind {text} NOT NULL,
                    category {text} NOT NULL,
                    recorded_at {int} NOT NULL,
                    actor_type {text} NOT NULL,
                    actor_id {uuid},
                    actor_name {text} NOT NULL,
                    source_system {text} NOT NULL,
                    source_reference {text},
                    request_id {text},
                    direction {text},
                    channel {text},
                    title_en {text} NOT NULL,
                    title_de {text} NOT NULL,
                    summary {text},
                    amount {int},
                    currency {text},
                    payload {text} NOT NULL,
                    subject_type {text} NOT NULL,
                    subject_id {uuid} NOT NULL,
                    supersedes {uuid},
                    search_text {text} NOT NULL,
                    salt {bytes} NOT NULL,
                    content_digest {bytes} NOT NULL,
                    previous_hash {bytes} NOT NULL,
                    hash {bytes} NOT NULL,
                    PRIMARY KEY (root_id, occurred_at, sequence)
                ) {clustered}",
                "CREATE UNIQUE INDEX timeline_events_sequence ON timeline_events (root_id, sequence)",
                "CREATE UNIQUE INDEX timeline_events_id ON timeline_events (id)",
                "CREATE UNIQUE INDEX timeline_events_position ON timeline_events (position)",
                "CREATE UNIQUE INDEX timeline_events_supersedes ON timeline_events (supersedes) WHERE supersedes IS NOT NULL",
                "CREATE UNIQUE INDEX timeline_events_source ON timeline_events (source_system, source_reference) WHERE source_reference IS NOT NULL",
                "CREATE INDEX timeline_events_kind ON timeline_events (root_id, kind, occurred_at, sequence)",
                "CREATE INDEX timeline_events_occurred_at ON timeline_events (occurred_at, position) WHERE root_type = 'customer'",
                "CREATE INDEX timeline_events_subject ON timeline_events (subject_id, sequence)",
            ],
        )
        .await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            dialect::run(manager, &["CREATE SEQUENCE timeline_position"]).await?;
        }
        dialect::append_only(
            manager,
            "timeline_events",
            // Whoever collides by the primary key collides by the sequence as well.
            &[
                ("timeline_events_sequence", &["root_id", "sequence"]),
                ("timeline_events_id", &["id"]),
                ("timeline_events_position", &["position"]),
                ("timeline_events_supersedes", &["supersedes"]),
                ("timeline_events_source", &["source_system", "source_reference"]),
            ],
        )
        .await
    }
}
