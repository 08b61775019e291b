//! Deliveries, and how far the shipping of orders is.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Deliveries.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = "number {text} NOT NULL,
            status {text} NOT NULL,
            order_id {uuid} NOT NULL REFERENCES orders (id),
            carrier {text},
            tracking_number {text},
            prepared_at {int} NOT NULL,
            shipped_at {int},
            delivered_at {int},
            due_on {text},
            is_late {bool} NOT NULL,";
        dialect::record_table(manager, "deliveries", own).await?;
        dialect::run(
            manager,
            &[
                "CREATE UNIQUE INDEX deliveries_number ON deliveries (number)",
                "CREATE INDEX deliveries_order_id ON deliveries (order_id)",
                "CREATE INDEX deliveries_customer_id ON deliveries (customer_id, prepared_at, id)
                    WHERE archived_at IS NULL",
                "CREATE INDEX deliveries_prepared_at ON deliveries (prepared_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX deliveries_status ON deliveries (status, due_on, id) WHERE archived_at IS NULL",
                "CREATE INDEX deliveries_tracking_number ON deliveries (tracking_number)
                    WHERE tracking_number IS NOT NULL",
                "ALTER TABLE orders ADD COLUMN shipping {text} NOT NULL DEFAULT 'none'",
            ],
        )
        .await
    }
}
