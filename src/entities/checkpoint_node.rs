//! Complete subtrees of the tree under the checkpoints.

use sea_orm::entity::prelude::*;

/// A complete subtree, which never changes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "checkpoint_nodes")]
pub struct Model {
    /// 0 for a leaf.
    #[sea_orm(primary_key, auto_increment = false)]
    pub level: i64,
    /// 0, 1, 2 … from left to right.
    #[sea_orm(primary_key, auto_increment = false)]
    pub place: i64,
    /// Its root.
    pub hash: Vec<u8>,
}

crate::cells! {
    Model { level, place, hash }
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
