//! Which generation the custom fields of a resource are in: a new one with each change of their definitions.

use sea_orm::entity::prelude::*;

/// One resource that has custom fields.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "custom_field_generations")]
pub struct Model {
    /// Which resource.
    #[sea_orm(primary_key, auto_increment = false)]
    pub resource: String,
    /// Which generation; no two are ever the same.
    pub generation: Uuid,
}

crate::cells! {
    Model { resource, generation }
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
