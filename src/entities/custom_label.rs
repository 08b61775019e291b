//! What the business calls values of enumerations instead.

use sea_orm::entity::prelude::*;

use crate::domain::instant::Instant;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "custom_labels")]
pub struct Model {
    /// Identifier, UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The enumeration.
    pub enumeration: String,
    /// The value, unique within it.
    pub value: String,
    /// In English.
    pub label_en: String,
    /// In German.
    pub label_de: String,
    /// Counts changes.
    pub version: i64,
    /// When it was first called otherwise.
    pub created_at: Instant,
    /// By whom.
    pub created_by: String,
    /// When that was last changed.
    pub updated_at: Instant,
    /// By whom.
    pub updated_by: String,
    /// Since when it is called again as at first.
    pub archived_at: Option<Instant>,
}

crate::cells! {
    Model {
        id, enumeration, value, label_en, label_de, version, created_at, created_by, updated_at, updated_by, archived_at,
    }
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
