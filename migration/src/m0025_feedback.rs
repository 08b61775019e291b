//! Feedback.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Feedback.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = "kind {text} NOT NULL,
            status {text} NOT NULL,
            score {int},
            nps_group {text},
            severity {int},
            channel {text},
            campaign {text},
            ticket_id {uuid} REFERENCES tickets (id),
            order_id {uuid} REFERENCES orders (id),
            interaction_id {uuid} REFERENCES interactions (id),
            given_at {int} NOT NULL,";
        dialect::record_table(manager, "feedback", own).await?;
        dialect::run(
            manager,
            &[
                "CREATE INDEX feedback_customer_id ON feedback (customer_id, given_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX feedback_given_at ON feedback (given_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX feedback_kind ON feedback (kind, given_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX feedback_status ON feedback (status, given_at, id)
                    WHERE archived_at IS NULL AND kind = 'complaint'",
                "CREATE INDEX feedback_ticket_id ON feedback (ticket_id) WHERE ticket_id IS NOT NULL",
                "CREATE INDEX feedback_order_id ON feedback (order_id) WHERE order_id IS NOT NULL",
            ],
        )
        .await
    }
}
