//! Consents.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Consents.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = "purpose {text} NOT NULL,
            channel {text},
            legal_basis {text} NOT NULL,
            status {text} NOT NULL,
            granted_at {int} NOT NULL,
            valid_until {int},
            withdrawn_at {int},";
        dialect::record_table(manager, "consents", own).await?;
        dialect::run(
            manager,
            &[
                "CREATE INDEX consents_customer_id ON consents (customer_id, granted_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX consents_granted_at ON consents (granted_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX consents_purpose ON consents (purpose, channel, granted_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX consents_valid_until ON consents (valid_until, id) WHERE archived_at IS NULL",
            ],
        )
        .await
    }
}
