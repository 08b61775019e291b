//! Referrals.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Referrals.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = "status {text} NOT NULL,
            referred_customer_id {uuid} REFERENCES customers (id),
            program {text},
            channel {text},
            invited_at {int} NOT NULL,
            converted_at {int},";
        dialect::record_table(manager, "referrals", own).await?;
        dialect::run(
            manager,
            &[
                "CREATE INDEX referrals_customer_id ON referrals (customer_id, invited_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX referrals_invited_at ON referrals (invited_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX referrals_status ON referrals (status, invited_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX referrals_referred_customer_id ON referrals (referred_customer_id)
                    WHERE referred_customer_id IS NOT NULL",
            ],
        )
        .await
    }
}
