//! One-time tokens for setting a new password: only their digests are kept.

use std::fmt;

use sea_orm::entity::prelude::*;

use crate::domain::instant::Instant;

/// One token; a user has at most one, and using it removes it.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "password_resets")]
pub struct Model {
    /// SHA-256 of the token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Vec<u8>,
    /// Whose password it sets.
    pub user_id: Uuid,
    /// Until when it can be used.
    pub expires_at: Instant,
}

/// A digest belongs into no log.
impl fmt::Debug for Model {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("password_reset").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

/// Users are found by id where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
