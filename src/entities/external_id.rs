//! Ids of records in other systems: one record per system and id.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "external_ids")]
pub struct Model {
    /// Kind of record.
    #[sea_orm(primary_key, auto_increment = false)]
    pub resource: String,
    /// The other system.
    #[sea_orm(primary_key, auto_increment = false)]
    pub system: String,
    /// The id over there.
    #[sea_orm(primary_key, auto_increment = false)]
    pub external_id: String,
    /// The record here.
    pub record_id: Uuid,
}

crate::cells! {
    Model { resource, system, external_id, record_id }
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
