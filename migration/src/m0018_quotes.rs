//! Quotes, which products they are of, and which orders come from them.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Quotes.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = "number {text} NOT NULL,
            status {text} NOT NULL,
            quoted_at {int} NOT NULL,
            valid_until {text},
            opportunity_id {uuid} REFERENCES opportunities (id),
            gross {int} NOT NULL,
            currency {text} NOT NULL,";
        dialect::record_table(manager, "quotes", own).await?;
        dialect::run(
            manager,
            &[
                "CREATE UNIQUE INDEX quotes_number ON quotes (number)",
                "CREATE INDEX quotes_customer_id ON quotes (customer_id, quoted_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX quotes_quoted_at ON quotes (quoted_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX quotes_status ON quotes (status, valid_until, id) WHERE archived_at IS NULL",
                "CREATE INDEX quotes_opportunity_id ON quotes (opportunity_id) WHERE opportunity_id IS NOT NULL",
                "CREATE TABLE quote_products (
                    product_id {uuid} NOT NULL REFERENCES products (id),
                    quote_id {uuid} NOT NULL REFERENCES quotes (id),
                    PRIMARY KEY (product_id, quote_id)
                ) {clustered}",
                "ALTER TABLE orders ADD COLUMN quote_id {uuid} REFERENCES quotes (id)",
                "CREATE INDEX orders_quote_id ON orders (quote_id) WHERE quote_id IS NOT NULL",
                "ALTER TABLE orders ADD COLUMN requested_delivery_on {text}",
                "ALTER TABLE orders ADD COLUMN is_repeat {bool} NOT NULL DEFAULT FALSE",
            ],
        )
        .await
    }
}
