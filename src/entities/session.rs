//! Sessions: what a sign-in begins, and what ends its tokens.

use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryFilter};

use crate::domain::instant::Instant;

/// One session. It has no version: it is only ever prolonged or ended.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// Identifier, UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose.
    pub user_id: Uuid,
    /// The program that signed in, as it names itself.
    pub user_agent: Option<String>,
    /// When it began.
    pub created_at: Instant,
    /// When its tokens were last renewed.
    pub last_used_at: Instant,
    /// When it ends by itself.
    pub expires_at: Instant,
    /// When it was ended.
    pub revoked_at: Option<Instant>,
}

crate::cells! {
    Model {
        id, user_id, user_agent, created_at, last_used_at, expires_at, revoked_at,
    }
}

/// Users are found by id where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether its tokens may be renewed.
    pub fn is_open(&self, now: Instant) -> bool {
        self.revoked_at.is_none() && self.expires_at > now
    }
}

/// The sessions of a user that have not ended.
pub fn open_of(user_id: Uuid, now: Instant) -> Condition {
    Condition::all().add(Column::UserId.eq(user_id)).add(Column::RevokedAt.is_null()).add(Column::ExpiresAt.gt(now))
}

impl Entity {
    /// The open sessions of a user.
    pub fn find_open(user_id: Uuid, now: Instant) -> Select<Self> {
        Self::find().filter(open_of(user_id, now))
    }
}
