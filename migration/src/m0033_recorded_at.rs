//! When things were recorded, in the order they were: what a moment of the past is found by.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// The time of the last event of each chain, and indexes of events by the time they were recorded.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &[
                "ALTER TABLE timeline_heads ADD COLUMN recorded_at {int} NOT NULL DEFAULT 0",
                "CREATE INDEX timeline_events_states ON timeline_events (subject_id, recorded_at, sequence)
                    WHERE state IS NOT NULL",
                "DROP INDEX timeline_events_contacts",
                "CREATE INDEX timeline_events_contacts ON timeline_events (root_id, recorded_at, sequence)
                    WHERE subject_type = 'interaction'",
            ],
        )
        .await
    }
}
