//! Orders, and which products they are of.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Orders.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = "number {text} NOT NULL,
            status {text} NOT NULL,
            placed_at {int} NOT NULL,
            gross {int} NOT NULL,
            currency {text} NOT NULL,";
        dialect::record_table(manager, "orders", own).await?;
        dialect::run(
            manager,
            &[
                "CREATE UNIQUE INDEX orders_number ON orders (number)",
                "CREATE INDEX orders_customer_id ON orders (customer_id, placed_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX orders_placed_at ON orders (placed_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX orders_status ON orders (status, placed_at, id) WHERE archived_at IS NULL",
                "CREATE TABLE order_products (
                    product_id {uuid} NOT NULL REFERENCES products (id),
                    order_id {uuid} NOT NULL REFERENCES orders (id),
                    PRIMARY KEY (product_id, order_id)
                ) {clustered}",
            ],
        )
        .await
    }
}
