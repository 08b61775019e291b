//! Documents, and the versions of their content.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Documents.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = "title_key {text} NOT NULL,
            title_folded {text} NOT NULL,
            category {text},
            attached_type {text},
            attached_id {uuid},
            media_type {text},
            size_bytes {int},
            sha256 {text},
            uploaded_at {int},";
        dialect::record_table(manager, "documents", own).await?;
        dialect::run(
            manager,
            &[
                "CREATE INDEX documents_customer_id ON documents (customer_id, created_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX documents_created_at ON documents (created_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX documents_attached_id ON documents (attached_id, created_at, id) WHERE attached_id IS NOT NULL",
                "CREATE INDEX documents_sha256 ON documents (sha256, id) WHERE sha256 IS NOT NULL",
                "CREATE INDEX documents_title_folded ON documents (title_folded, id) WHERE archived_at IS NULL",
                "CREATE TABLE document_versions (
                    document_id {uuid} NOT NULL REFERENCES documents (id),
                    number {int} NOT NULL,
                    file_name {text} NOT NULL,
                    media_type {text} NOT NULL,
                    size_bytes {int} NOT NULL,
                    sha256 {text} NOT NULL,
                    uploaded_at {int} NOT NULL,
                    uploaded_by {text} NOT NULL,
                    PRIMARY KEY (document_id, number)
                ) {clustered}",
            ],
        )
        .await
    }
}
