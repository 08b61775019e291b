//! A tag that was taken off while it was renamed or merged could lead to the customer nevertheless: such rows go.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::dialect;

/// Rows of tags that customers do not carry.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let names = match manager.get_database_backend() {
            DbBackend::Postgres => "jsonb_array_elements_text(customers.tags::jsonb) AS carried (value)",
            _ => "json_each(customers.tags) AS carried",
        };
        let stray = format!(
            "DELETE FROM customer_tags WHERE NOT EXISTS (
                SELECT 1 FROM tags, customers, {names}
                WHERE tags.id = customer_tags.tag_id AND tags.archived_at IS NULL
                    AND customers.id = customer_tags.customer_id AND carried.value = tags.name
            )"
        );
        dialect::run(manager, &[&stray]).await
    }
}
