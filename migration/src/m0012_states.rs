//! Events keep the whole row of the record they are about, as they left it.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// States of records.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &[
                "ALTER TABLE timeline_events ADD COLUMN state {text}",
                // The last interaction that was known at some time tells when there was contact.
                "CREATE INDEX timeline_events_contacts ON timeline_events (root_id, sequence) WHERE subject_type = 'interaction'",
            ],
        )
        .await
    }
}
