//! Dunning notices.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Dunning notices.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = "status {text} NOT NULL,
            invoice_id {uuid} NOT NULL REFERENCES invoices (id),
            level {int} NOT NULL,
            sent_on {text} NOT NULL,
            due_on {text},";
        dialect::record_table(manager, "dunning_notices", own).await?;
        dialect::run(
            manager,
            &[
                "CREATE INDEX dunning_notices_customer_id ON dunning_notices (customer_id, sent_on, id)
                    WHERE archived_at IS NULL",
                "CREATE INDEX dunning_notices_sent_on ON dunning_notices (sent_on, id) WHERE archived_at IS NULL",
                "CREATE INDEX dunning_notices_invoice_id ON dunning_notices (invoice_id, level)
                    WHERE archived_at IS NULL",
            ],
        )
        .await
    }
}
