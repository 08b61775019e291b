//! What customers own.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// What customers own.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = "product_id {uuid} REFERENCES products (id),
            sku {text},
            name_key {text} NOT NULL,
            serial_number {text},
            status {text} NOT NULL,
            acquired_on {text},
            warranty_until {text},
            order_id {uuid} REFERENCES orders (id),
            contract_id {uuid} REFERENCES contracts (id),";
        dialect::record_table(manager, "owned_products", own).await?;
        dialect::run(
            manager,
            &[
                "CREATE INDEX owned_products_customer_id ON owned_products (customer_id, acquired_on, id)
                    WHERE archived_at IS NULL",
                "CREATE INDEX owned_products_acquired_on ON owned_products (acquired_on, id) WHERE archived_at IS NULL",
                "CREATE INDEX owned_products_product_id ON owned_products (product_id) WHERE archived_at IS NULL",
                "CREATE UNIQUE INDEX owned_products_in_use ON owned_products (product_id, serial_number)
                    WHERE archived_at IS NULL AND status = 'in_use'",
                "CREATE INDEX owned_products_serial_number ON owned_products (serial_number) WHERE archived_at IS NULL",
                "CREATE INDEX owned_products_warranty_until ON owned_products (warranty_until, id)
                    WHERE archived_at IS NULL",
                "CREATE INDEX owned_products_order_id ON owned_products (order_id) WHERE order_id IS NOT NULL",
                "CREATE INDEX owned_products_contract_id ON owned_products (contract_id) WHERE contract_id IS NOT NULL",
            ],
        )
        .await
    }
}
