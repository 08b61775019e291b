//! Products.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Products.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = "sku {text} NOT NULL,
            name_key {text} NOT NULL,
            name_folded {text} NOT NULL,
            family {text},
            status {text} NOT NULL,";
        dialect::record_table(manager, "products", own).await?;
        dialect::run(
            manager,
            &[
                "CREATE UNIQUE INDEX products_sku ON products (sku)",
                "CREATE INDEX products_name_key ON products (name_key, id) WHERE archived_at IS NULL",
                "CREATE INDEX products_name_folded ON products (name_folded) WHERE archived_at IS NULL",
                "CREATE INDEX products_family ON products (family, name_key, id) WHERE archived_at IS NULL",
            ],
        )
        .await
    }
}
