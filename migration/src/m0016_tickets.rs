//! Tickets, and what was said about them.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Tickets, and what was said about them.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = "number {text} NOT NULL,
            status {text} NOT NULL,
            priority {int} NOT NULL,
            category {text},
            channel {text},
            incident {bool} NOT NULL,
            assignee_id {uuid} REFERENCES users (id),
            product_id {uuid} REFERENCES products (id),
            order_id {uuid} REFERENCES orders (id),
            escalation_level {int} NOT NULL,
            opened_at {int} NOT NULL,
            resolved_at {int},
            first_response_due_at {int},
            resolution_due_at {int},
            first_response_breached {bool},
            resolution_breached {bool},";
        dialect::record_table(manager, "tickets", own).await?;
        dialect::run(
            manager,
            &[
                "CREATE UNIQUE INDEX tickets_number ON tickets (number)",
                "CREATE INDEX tickets_customer_id ON tickets (customer_id, opened_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX tickets_opened_at ON tickets (opened_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX tickets_status ON tickets (status, opened_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX tickets_assignee_id ON tickets (assignee_id, opened_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX tickets_first_response_due_at ON tickets (first_response_due_at, id)
                    WHERE archived_at IS NULL AND first_response_due_at IS NOT NULL",
                "CREATE INDEX tickets_resolution_due_at ON tickets (resolution_due_at, id)
                    WHERE archived_at IS NULL AND resolution_due_at IS NOT NULL",
                "CREATE INDEX tickets_order_id ON tickets (order_id) WHERE order_id IS NOT NULL",
                "CREATE INDEX tickets_product_id ON tickets (product_id) WHERE product_id IS NOT NULL",
                "CREATE TABLE ticket_comments (
                    id {uuid} NOT NULL PRIMARY KEY,
                    ticket_id {uuid} NOT NULL REFERENCES tickets (id),
                    customer_id {uuid} NOT NULL REFERENCES customers (id),
                    text {text} NOT NULL,
                    visibility {text} NOT NULL,
                    author_side {text} NOT NULL,
                    author_name {text},
                    written_at {int} NOT NULL,
                    source_system {text} NOT NULL,
                    source_reference {text},
                    created_at {int} NOT NULL,
                    created_by {text} NOT NULL
                ) {table}",
                "CREATE INDEX ticket_comments_ticket_id ON ticket_comments (ticket_id, written_at, id)",
                "CREATE UNIQUE INDEX ticket_comments_source ON ticket_comments (source_system, source_reference)
                    WHERE source_reference IS NOT NULL",
            ],
        )
        .await
    }
}
