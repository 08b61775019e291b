//! External ids without their system.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// An index to find records by an external id alone.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, &["CREATE INDEX external_ids_external_id ON external_ids (resource, external_id)"]).await
    }
}
