//! Pipelines, the opportunities in them, and which products those are about.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Pipelines and opportunities.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = "key {text} NOT NULL,
            name_key {text} NOT NULL,";
        dialect::record_table(manager, "pipelines", own).await?;
        let own = "name_key {text} NOT NULL,
            status {text} NOT NULL,
            pipeline_id {uuid} NOT NULL REFERENCES pipelines (id),
            stage_id {uuid} NOT NULL,
            amount {int},
            currency {text},
            probability {int} NOT NULL,
            expected_close_date {text},
            closed_at {int},";
        dialect::record_table(manager, "opportunities", own).await?;
        dialect::run(
            manager,
            &[
                "CREATE UNIQUE INDEX pipelines_key ON pipelines (key)",
                "CREATE INDEX opportunities_customer_id ON opportunities (customer_id, expected_close_date, id)
                    WHERE archived_at IS NULL",
                "CREATE INDEX opportunities_expected_close_date ON opportunities (expected_close_date, id)
                    WHERE archived_at IS NULL",
                "CREATE INDEX opportunities_status ON opportunities (status, expected_close_date, id)
                    WHERE archived_at IS NULL",
                "CREATE INDEX opportunities_pipeline_id ON opportunities (pipeline_id, stage_id, status)",
                "CREATE TABLE opportunity_products (
                    product_id {uuid} NOT NULL REFERENCES products (id),
                    opportunity_id {uuid} NOT NULL REFERENCES opportunities (id),
                    PRIMARY KEY (product_id, opportunity_id)
                ) {clustered}",
            ],
        )
        .await
    }
}
