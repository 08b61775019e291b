//! What opportunities, contracts, owned products, feedback and payments are found by. What is there already is found by it
//! once its fields are changed.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// The words of further records.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &[
                "ALTER TABLE opportunities ADD COLUMN search_text {text}",
                "ALTER TABLE contracts ADD COLUMN search_text {text}",
                "ALTER TABLE owned_products ADD COLUMN search_text {text}",
                "ALTER TABLE feedback ADD COLUMN search_text {text}",
                "ALTER TABLE payments ADD COLUMN search_text {text}",
            ],
        )
        .await
    }
}
