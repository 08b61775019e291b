//! Fields a business defines itself, of interactions, relationships and entries of loyalty ledgers.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Their values.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &[
                "ALTER TABLE interactions ADD COLUMN custom_fields {text}",
                "ALTER TABLE loyalty_transactions ADD COLUMN custom_fields {text}",
                "ALTER TABLE relationships ADD COLUMN custom_fields {text}",
            ],
        )
        .await
    }
}
