//! Who took part in which interaction, the threads interactions belong to, and when they were changed.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::dialect;

/// Participants as rows, those of all interactions that are there already included.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let there = match manager.get_database_backend() {
            DbBackend::Postgres => {
                "SELECT DISTINCT said.id::uuid, interactions.id
                FROM interactions, jsonb_array_elements(interactions.participants::jsonb) AS one (participant),
                    (VALUES ('customer_id'), ('user_id')) AS member (name),
                    LATERAL (SELECT participant ->> member.name) AS said (id)
                WHERE said.id IS NOT NULL"
            }
            _ => {
                "SELECT DISTINCT unhex(replace(said.value, '-', '')), interactions.id
                FROM interactions, json_each(interactions.participants) AS one, json_each(one.value) AS said
                WHERE said.key IN ('customer_id', 'user_id') AND said.value IS NOT NULL"
            }
        };
        dialect::run(
            manager,
            &[
                "CREATE TABLE interaction_participants (
                    participant_id {uuid} NOT NULL,
                    interaction_id {uuid} NOT NULL REFERENCES interactions (id),
                    PRIMARY KEY (participant_id, interaction_id)
                ) {clustered}",
                &format!("INSERT INTO interaction_participants (participant_id, interaction_id) {there}"),
                "CREATE INDEX interactions_thread_id ON interactions (thread_id, occurred_at, id)
                    WHERE thread_id IS NOT NULL",
                "CREATE INDEX interactions_updated_at ON interactions (updated_at, id) WHERE archived_at IS NULL",
            ],
        )
        .await
    }
}
