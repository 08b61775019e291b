//! The last link of each chain.

use sea_orm::entity::prelude::*;

use crate::domain::instant::Instant;

/// Where the next event of a root attaches.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "timeline_heads")]
pub struct Model {
    /// The root.
    #[sea_orm(primary_key, auto_increment = false)]
    pub root_id: Uuid,
    /// What the root is.
    pub root_type: String,
    /// Sequence of its last event.
    pub sequence: i64,
    /// Hash of its last event.
    pub hash: Vec<u8>,
    /// When it was recorded: no event of the chain is recorded before.
    pub recorded_at: Instant,
    /// When the newest of its events happened, which need not be the last.
    pub newest_at: Instant,
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
