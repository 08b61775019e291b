//! The last link of each day's chain of security events.

use sea_orm::entity::prelude::*;

/// Where the next security event of a day attaches.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "security_heads")]
pub struct Model {
    /// The day in UTC.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: String,
    /// Sequence of its last entry.
    pub sequence: i64,
    /// Hash of its last entry.
    pub hash: Vec<u8>,
}

crate::cells! {
    Model {
        day, sequence, hash,
    }
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
