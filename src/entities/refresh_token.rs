//! Refresh tokens: only their digests are kept.

use std::fmt;

use sea_orm::entity::prelude::*;

use crate::domain::instant::Instant;

/// One refresh token. It is used once; a second use after the grace means that somebody copied it.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_tokens")]
pub struct Model {
    /// SHA-256 of the token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Vec<u8>,
    /// The session it renews.
    pub session_id: Uuid,
    /// When it was issued.
    pub created_at: Instant,
    /// Until when it can be used.
    pub expires_at: Instant,
    /// When it was used first.
    pub used_at: Option<Instant>,
}

crate::cells! {
    Model {
        digest, session_id, created_at, expires_at, used_at,
    }
}

/// A digest belongs into no log.
impl fmt::Debug for Model {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("refresh_token").field("session_id", &self.session_id).finish_non_exhaustive()
    }
}

/// Sessions are found by id where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
