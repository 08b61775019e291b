//! Payments, and which invoices they are for.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Payments.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = "status {text} NOT NULL,
            direction {text} NOT NULL,
            method {text} NOT NULL,
            received_at {int} NOT NULL,
            amount {int} NOT NULL,
            unallocated {int} NOT NULL,
            currency {text} NOT NULL,";
        dialect::record_table(manager, "payments", own).await?;
        dialect::run(
            manager,
            &[
                "CREATE INDEX payments_customer_id ON payments (customer_id, received_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX payments_received_at ON payments (received_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX payments_unallocated ON payments (received_at, id)
                    WHERE archived_at IS NULL AND unallocated > 0",
                "CREATE TABLE payment_invoices (
                    invoice_id {uuid} NOT NULL REFERENCES invoices (id),
                    payment_id {uuid} NOT NULL REFERENCES payments (id),
                    PRIMARY KEY (invoice_id, payment_id)
                ) {clustered}",
            ],
        )
        .await
    }
}
