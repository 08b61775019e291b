//! What is noticed of invoices and consents by itself as time goes by.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Since when an invoice is overdue; and the ways to those that have become so, and to consents that are over.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &[
                "ALTER TABLE invoices ADD COLUMN overdue_since {text}",
                "CREATE INDEX invoices_owed ON invoices (status, overdue_since, due_on) WHERE archived_at IS NULL",
                "CREATE INDEX consents_lasting ON consents (status, valid_until)
                    WHERE valid_until IS NOT NULL AND archived_at IS NULL",
            ],
        )
        .await
    }
}
