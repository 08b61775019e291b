//! How far the invoicing of orders is.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// How much of an order is invoiced; unknown of those that were there before.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, &["ALTER TABLE orders ADD COLUMN invoicing {text}"]).await
    }
}
