//! Loyalty memberships and their points.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Loyalty memberships and their points.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = "program {text} NOT NULL,
            number {text} NOT NULL,
            level {text},
            joined_on {text} NOT NULL,
            status {text} NOT NULL,
            balance {int} NOT NULL CHECK (balance >= 0),";
        dialect::record_table(manager, "loyalty_memberships", own).await?;
        dialect::run(
            manager,
            &[
                "CREATE UNIQUE INDEX loyalty_memberships_number ON loyalty_memberships (number)",
                "CREATE UNIQUE INDEX loyalty_memberships_program ON loyalty_memberships (customer_id, program)
                    WHERE archived_at IS NULL AND status <> 'ended'",
                "CREATE INDEX loyalty_memberships_customer_id ON loyalty_memberships (customer_id, joined_on, id)
                    WHERE archived_at IS NULL",
                "CREATE INDEX loyalty_memberships_joined_on ON loyalty_memberships (joined_on, id)
                    WHERE archived_at IS NULL",
                "CREATE TABLE loyalty_transactions (
                    id {uuid} NOT NULL PRIMARY KEY,
                    loyalty_membership_id {uuid} NOT NULL REFERENCES loyalty_memberships (id),
                    customer_id {uuid} NOT NULL REFERENCES customers (id),
                    kind {text} NOT NULL,
                    balance_change {int} NOT NULL,
                    balance_after {int} NOT NULL CHECK (balance_after >= 0),
                    reason {text},
                    order_id {uuid} REFERENCES orders (id),
                    occurred_at {int} NOT NULL,
                    source_system {text} NOT NULL,
                    source_reference {text},
                    created_at {int} NOT NULL,
                    created_by {text} NOT NULL
                ) {table}",
                "CREATE INDEX loyalty_transactions_loyalty_membership_id
                    ON loyalty_transactions (loyalty_membership_id, occurred_at, id)",
                "CREATE INDEX loyalty_transactions_customer_id ON loyalty_transactions (customer_id, occurred_at, id)",
                "CREATE INDEX loyalty_transactions_occurred_at ON loyalty_transactions (occurred_at, id)",
                "CREATE UNIQUE INDEX loyalty_transactions_source
                    ON loyalty_transactions (source_system, source_reference) WHERE source_reference IS NOT NULL",
            ],
        )
        .await
    }
}
