//! Templates of tasks, and the sets of tasks made from them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::dialect;

/// Templates and sets of tasks.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = "name_key {text} NOT NULL,
            name_folded {text} NOT NULL,";
        dialect::record_table(manager, "task_templates", own).await?;
        let own = "template_id {uuid} NOT NULL REFERENCES task_templates (id),
            status {text} NOT NULL,
            starts_at {int} NOT NULL,
            completed_at {int},";
        dialect::record_table(manager, "task_sets", own).await?;
        // Tasks that are there belong to none; they say so like all others.
        let none = match manager.get_database_backend() {
            DbBackend::Postgres => "UPDATE tasks SET fields = (fields::jsonb || '{\"task_set_id\": null}')::text",
            _ => "UPDATE tasks SET fields = json_set(fields, '$.task_set_id', NULL)",
        };
        dialect::run(
            manager,
            &[
                "CREATE INDEX task_sets_customer_id ON task_sets (customer_id, starts_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX task_sets_starts_at ON task_sets (starts_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX task_sets_template_id ON task_sets (template_id, starts_at, id)",
                "ALTER TABLE tasks ADD COLUMN task_set_id {uuid} REFERENCES task_sets (id)",
                "CREATE INDEX tasks_task_set_id ON tasks (task_set_id, due_at, id) WHERE task_set_id IS NOT NULL",
                none,
            ],
        )
        .await
    }
}
