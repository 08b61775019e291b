//! Fields a business defines itself, and their values.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Definitions of custom fields, their generations, and the values records are found by.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = "resource {text} NOT NULL,
            key {text} NOT NULL,
            kind {text} NOT NULL,
            position {int} NOT NULL,";
        dialect::record_table(manager, "custom_field_definitions", own).await?;
        dialect::run(
            manager,
            &[
                "CREATE UNIQUE INDEX custom_field_definitions_key ON custom_field_definitions (resource, key)",
                "CREATE TABLE custom_field_generations (
                    resource {text} NOT NULL PRIMARY KEY,
                    generation {uuid} NOT NULL
                ) {clustered}",
                // Without a foreign key: checking it would wait for whoever is changing the definition, who waits for
                // whoever writes values. Definitions are never removed.
                "CREATE TABLE custom_field_values (
                    definition_id {uuid} NOT NULL,
                    record_id {uuid} NOT NULL,
                    value {text} NOT NULL,
                    sort_key {text} NOT NULL,
                    is_unique {bool} NOT NULL,
                    PRIMARY KEY (definition_id, record_id, value)
                ) {clustered}",
                "CREATE INDEX custom_field_values_value ON custom_field_values (definition_id, value, record_id)",
                "CREATE INDEX custom_field_values_sort_key
                    ON custom_field_values (definition_id, sort_key, record_id)",
                "CREATE UNIQUE INDEX custom_field_values_unique ON custom_field_values (definition_id, value)
                    WHERE is_unique",
            ],
        )
        .await
    }
}
