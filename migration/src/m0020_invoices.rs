//! Invoices and credit notes.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Invoices and credit notes.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = "number {text},
            kind {text} NOT NULL,
            ledger {text} NOT NULL,
            status {text} NOT NULL,
            order_id {uuid} REFERENCES orders (id),
            credited_invoice_id {uuid} REFERENCES invoices (id),
            issued_on {text},
            due_on {text},
            gross {int} NOT NULL,
            open_amount {int} NOT NULL,
            currency {text} NOT NULL,
            dunning_level {int} NOT NULL,
            paid_at {int},";
        dialect::record_table(manager, "invoices", own).await?;
        dialect::run(
            manager,
            &[
                "CREATE UNIQUE INDEX invoices_number ON invoices (number)",
                "CREATE INDEX invoices_customer_id ON invoices (customer_id, issued_on, id) WHERE archived_at IS NULL",
                "CREATE INDEX invoices_issued_on ON invoices (issued_on, id) WHERE archived_at IS NULL",
                "CREATE INDEX invoices_status ON invoices (status, due_on, id) WHERE archived_at IS NULL",
                "CREATE INDEX invoices_order_id ON invoices (order_id) WHERE order_id IS NOT NULL",
                "CREATE INDEX invoices_credited_invoice_id ON invoices (credited_invoice_id)
                    WHERE credited_invoice_id IS NOT NULL",
            ],
        )
        .await
    }
}
