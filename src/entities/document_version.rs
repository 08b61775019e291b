//! The versions of the content of documents. None is ever changed.

use sea_orm::entity::prelude::*;

use crate::domain::instant::Instant;

/// One version.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "document_versions")]
pub struct Model {
    /// Of which document.
    #[sea_orm(primary_key, auto_increment = false)]
    pub document_id: Uuid,
    /// 1, 2, 3 … of each document.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// How the file was called.
    pub file_name: String,
    /// What kind of file it is.
    pub media_type: String,
    /// How many bytes.
    pub size_bytes: i64,
    /// SHA-256, in hexadecimal digits: the name under which the content is kept.
    pub sha256: String,
    /// When it came in.
    pub uploaded_at: Instant,
    /// From whom: JSON.
    pub uploaded_by: String,
}

crate::cells! {
    Model { document_id, number, file_name, media_type, size_bytes, sha256, uploaded_at, uploaded_by }
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
