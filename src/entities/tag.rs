//! Tags.

use sea_orm::entity::prelude::*;

use crate::domain::instant::Instant;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tags")]
pub struct Model {
    /// Identifier, UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The word.
    pub name: String,
    /// The word folded, unique among tags that are not archived.
    pub name_key: String,
    /// What it means.
    pub description: Option<String>,
    /// `#rrggbb`.
    pub color: Option<String>,
    /// Counts changes.
    pub version: i64,
    /// When it was created.
    pub created_at: Instant,
    /// By whom.
    pub created_by: String,
    /// When it was last changed.
    pub updated_at: Instant,
    /// By whom.
    pub updated_by: String,
    /// When it was archived.
    pub archived_at: Option<Instant>,
}

crate::cells! {
    Model {
        id, name, name_key, description, color, version, created_at, created_by, updated_at, updated_by, archived_at,
    }
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
