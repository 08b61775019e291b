//! Contracts, and which products they are about.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Contracts.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = "number {text} NOT NULL,
            title_key {text} NOT NULL,
            status {text} NOT NULL,
            renewal {text} NOT NULL,
            starts_on {text} NOT NULL,
            current_term_ends_on {text},
            notice_by {text},
            value {int},
            currency {text},";
        dialect::record_table(manager, "contracts", own).await?;
        dialect::run(
            manager,
            &[
                "CREATE UNIQUE INDEX contracts_number ON contracts (number)",
                "CREATE INDEX contracts_customer_id ON contracts (customer_id, starts_on, id) WHERE archived_at IS NULL",
                "CREATE INDEX contracts_starts_on ON contracts (starts_on, id) WHERE archived_at IS NULL",
                "CREATE INDEX contracts_notice_by ON contracts (notice_by, id) WHERE archived_at IS NULL",
                "CREATE INDEX contracts_current_term_ends_on ON contracts (current_term_ends_on, id)
                    WHERE archived_at IS NULL",
                "CREATE TABLE contract_products (
                    product_id {uuid} NOT NULL REFERENCES products (id),
                    contract_id {uuid} NOT NULL REFERENCES contracts (id),
                    PRIMARY KEY (product_id, contract_id)
                ) {clustered}",
            ],
        )
        .await
    }
}
