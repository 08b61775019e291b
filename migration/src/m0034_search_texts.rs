//! What tickets and tasks are found by. What is there already is found by it once its fields are changed.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// The words of tickets and tasks.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &["ALTER TABLE tickets ADD COLUMN search_text {text}", "ALTER TABLE tasks ADD COLUMN search_text {text}"],
        )
        .await
    }
}
