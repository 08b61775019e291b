//! Relationships between customers.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Relationships between customers.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &[
                "CREATE TABLE relationships (
                    id {uuid} NOT NULL PRIMARY KEY,
                    kind {text} NOT NULL,
                    from_id {uuid} NOT NULL REFERENCES customers (id),
                    to_id {uuid} NOT NULL REFERENCES customers (id),
                    role {text},
                    buying_role {text},
                    is_primary {bool} NOT NULL,
                    valid_from {text},
                    valid_to {text},
                    note {text},
                    ended_at {int},
                    end_reason {text},
                    external_ids {text} NOT NULL,
                    source_system {text} NOT NULL,
                    source_reference {text},
                    version {int} NOT NULL,
                    created_at {int} NOT NULL,
                    created_by {text} NOT NULL,
                    updated_at {int} NOT NULL,
                    updated_by {text} NOT NULL,
                    archived_at {int}
                ) {table}",
                "CREATE INDEX relationships_from_id ON relationships (from_id, kind)",
                "CREATE INDEX relationships_to_id ON relationships (to_id, kind)",
                "CREATE INDEX relationships_created_at ON relationships (created_at, id) WHERE archived_at IS NULL",
            ],
        )
        .await
    }
}
