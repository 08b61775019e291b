//! Signed statements about the ends of all chains.

use sea_orm::entity::prelude::*;

use crate::domain::checkpoint::Checkpoint;
use crate::domain::instant::Instant;

/// One checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "checkpoints")]
pub struct Model {
    /// 1, 2, 3 …
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// Leaves of the tree.
    pub tree_size: i64,
    /// Root of the tree.
    pub root_hash: Vec<u8>,
    /// Hash of the statement before.
    pub previous_hash: Vec<u8>,
    /// Position of the newest event that is covered.
    pub position: i64,
    /// When it was signed.
    pub created_at: Instant,
    /// The key that signed it.
    pub key_id: String,
    /// The signature.
    pub signature: Vec<u8>,
}

crate::cells! {
    Model { number, tree_size, root_hash, previous_hash, position, created_at, key_id, signature }
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for Checkpoint {
    fn from(row: Model) -> Self {
        Self {
            number: row.number,
            tree_size: row.tree_size,
            root_hash: hex::encode(row.root_hash),
            previous_hash: hex::encode(row.previous_hash),
            position: row.position,
            created_at: row.created_at,
            key_id: row.key_id,
            signature: hex::encode(row.signature),
        }
    }
}
