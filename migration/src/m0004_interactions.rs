//! Interactions, and the event types integrators register.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Interactions, and the event types integrators register.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &[
                "CREATE TABLE interactions (
                    id {uuid} NOT NULL PRIMARY KEY,
                    customer_id {uuid} NOT NULL REFERENCES customers (id),
                    kind {text} NOT NULL,
                    direction {text},
                    channel {text},
                    initiative {text},
                    subject {text},
                    body {text},
                    occurred_at {int} NOT NULL,
                    ended_at {int},
                    outcome {text},
                    thread_id {text},
                    participants {text} NOT NULL,
                    external_ids {text} NOT NULL,
                    source_system {text} NOT NULL,
                    source_reference {text},
                    owner_id {uuid} REFERENCES users (id),
                    event_id {uuid} NOT NULL,
                    version {int} NOT NULL,
                    created_at {int} NOT NULL,
                    created_by {text} NOT NULL,
                    updated_at {int} NOT NULL,
                    updated_by {text} NOT NULL,
                    archived_at {int}
                ) {table}",
                "CREATE INDEX interactions_customer_id ON interactions (customer_id, occurred_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX interactions_occurred_at ON interactions (occurred_at, id) WHERE archived_at IS NULL",
                "CREATE TABLE event_types (
                    id {uuid} NOT NULL PRIMARY KEY,
                    name {text} NOT NULL,
                    category {text} NOT NULL,
                    label_en {text} NOT NULL,
                    label_de {text} NOT NULL,
                    payload_schema {text} NOT NULL,
                    version {int} NOT NULL,
                    created_at {int} NOT NULL,
                    created_by {text} NOT NULL,
                    updated_at {int} NOT NULL,
                    updated_by {text} NOT NULL,
                    archived_at {int}
                ) {table}",
                "CREATE UNIQUE INDEX event_types_name ON event_types (name)",
            ],
        )
        .await
    }
}
