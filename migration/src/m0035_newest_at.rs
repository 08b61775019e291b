//! When the newest event of each chain happened: who comes first in a page of many histories is known without a look at
//! each of them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::dialect;

/// The newest moment of each chain.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &[
                // Before every other moment: what a chain without events has.
                "ALTER TABLE timeline_heads ADD COLUMN newest_at {int} NOT NULL DEFAULT -9223372036854775807",
                "UPDATE timeline_heads SET newest_at = coalesce((
                    SELECT max(occurred_at) FROM timeline_events WHERE timeline_events.root_id = timeline_heads.root_id
                ), newest_at)",
            ],
        )
        .await?;
        // An older service that still runs fails instead of writing heads that do not tell it.
        if manager.get_database_backend() == DbBackend::Postgres {
            dialect::run(manager, &["ALTER TABLE timeline_heads ALTER COLUMN newest_at DROP DEFAULT"]).await?;
        }
        Ok(())
    }
}
