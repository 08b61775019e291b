//! Ends of chains as checkpoints saw them: the leaves of the tree.

use sea_orm::entity::prelude::*;

/// The end of a chain as it was.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "checkpoint_leaves")]
pub struct Model {
    /// 0, 1, 2 … in the order they were added.
    #[sea_orm(primary_key, auto_increment = false)]
    pub place: i64,
    /// The checkpoint that added it.
    pub checkpoint_number: i64,
    /// The root of the chain.
    pub root_id: Uuid,
    /// What the root is.
    pub root_type: String,
    /// Sequence of the last event.
    pub sequence: i64,
    /// Hash of the last event.
    pub hash: Vec<u8>,
}

crate::cells! {
    Model { place, checkpoint_number, root_id, root_type, sequence, hash }
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Its hash in the tree.
    pub fn merkle_hash(&self) -> crate::domain::merkle::Hash {
        crate::domain::checkpoint::leaf(&self.root_type, self.root_id, self.sequence, &self.hash)
    }
}
