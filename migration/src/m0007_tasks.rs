//! Tasks.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Tasks.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = "subject {text} NOT NULL,
            status {text} NOT NULL,
            priority {int} NOT NULL,
            due_at {int},
            assignee_id {uuid} REFERENCES users (id),
            closed_at {int},";
        dialect::record_table(manager, "tasks", own).await?;
        dialect::run(
            manager,
            &[
                "CREATE INDEX tasks_customer_id ON tasks (customer_id, due_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX tasks_due_at ON tasks (due_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX tasks_assignee_id ON tasks (assignee_id, due_at, id) WHERE archived_at IS NULL",
            ],
        )
        .await
    }
}
