//! Projects, and who works on them.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Projects.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = "number {text} NOT NULL,
            name_key {text} NOT NULL,
            name_folded {text} NOT NULL,
            status {text} NOT NULL,
            starts_on {text},
            ends_on {text},";
        dialect::record_table(manager, "projects", own).await?;
        dialect::run(
            manager,
            &[
                "CREATE UNIQUE INDEX projects_number ON projects (number)",
                "CREATE INDEX projects_customer_id ON projects (customer_id, starts_on, id) WHERE archived_at IS NULL",
                "CREATE INDEX projects_starts_on ON projects (starts_on, id) WHERE archived_at IS NULL",
                "CREATE INDEX projects_status ON projects (status, ends_on, id) WHERE archived_at IS NULL",
                "CREATE INDEX projects_name_folded ON projects (name_folded, id) WHERE archived_at IS NULL",
                "CREATE TABLE project_members (
                    user_id {uuid} NOT NULL REFERENCES users (id),
                    project_id {uuid} NOT NULL REFERENCES projects (id),
                    PRIMARY KEY (user_id, project_id)
                ) {clustered}",
            ],
        )
        .await
    }
}
