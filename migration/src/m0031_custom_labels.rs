//! What the business calls values of enumerations.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Labels of values.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &[
                "CREATE TABLE custom_labels (
                    id {uuid} NOT NULL PRIMARY KEY,
                    enumeration {text} NOT NULL,
                    value {text} NOT NULL,
                    label_en {text} NOT NULL,
                    label_de {text} NOT NULL,
                    version {int} NOT NULL,
                    created_at {int} NOT NULL,
                    created_by {text} NOT NULL,
                    updated_at {int} NOT NULL,
                    updated_by {text} NOT NULL,
                    archived_at {int}
                ) {table}",
                "CREATE UNIQUE INDEX custom_labels_value ON custom_labels (enumeration, value)",
            ],
        )
        .await
    }
}
