//! Answers already given under an Idempotency-Key.

use sea_orm::entity::prelude::*;

use crate::domain::instant::Instant;

/// One stored answer.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_records")]
pub struct Model {
    /// Who sent the key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub principal_id: Uuid,
    /// The key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// What the request was.
    pub fingerprint: Vec<u8>,
    /// HTTP status of the answer.
    pub status: i64,
    /// `Location` of the answer.
    pub location: Option<String>,
    /// Entity tag of the answer, without quotes.
    pub etag: Option<String>,
    /// Media type of the body.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
    /// When.
    pub created_at: Instant,
}

crate::cells! {
    Model { principal_id, key, fingerprint, status, location, etag, content_type, body, created_at }
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
