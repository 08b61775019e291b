//! The words of one customer by their beginnings: whether somebody has a certain one is read from the index alone.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// The words of one customer, in order.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &[
                "DROP INDEX customer_words_customer_id",
                "CREATE INDEX customer_words_customer_id ON customer_words (customer_id, word)",
            ],
        )
        .await
    }
}
