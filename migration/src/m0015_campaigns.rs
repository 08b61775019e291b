//! Campaigns, and whom they reached.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Campaigns.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = "name_key {text} NOT NULL,
            name_folded {text} NOT NULL,
            channel {text} NOT NULL,
            status {text} NOT NULL,
            starts_on {text},
            ends_on {text},
            started_at {int},";
        dialect::record_table(manager, "campaigns", own).await?;
        let own = "campaign_id {uuid} NOT NULL REFERENCES campaigns (id),
            channel {text} NOT NULL,
            status {text} NOT NULL,
            sent_at {int} NOT NULL,";
        dialect::record_table(manager, "campaign_touches", own).await?;
        dialect::run(
            manager,
            &[
                "CREATE INDEX campaigns_starts_on ON campaigns (starts_on, id) WHERE archived_at IS NULL",
                "CREATE INDEX campaigns_name_folded ON campaigns (name_folded, id) WHERE archived_at IS NULL",
                "CREATE INDEX campaign_touches_customer_id ON campaign_touches (customer_id, sent_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX campaign_touches_campaign_id ON campaign_touches (campaign_id, status, sent_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX campaign_touches_sent_at ON campaign_touches (sent_at, id) WHERE archived_at IS NULL",
            ],
        )
        .await
    }
}
