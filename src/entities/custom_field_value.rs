//! Values of custom fields, by which records are found and sorted. Records themselves keep them as well.

use sea_orm::entity::prelude::*;

/// What a record without values keeps of them.
pub const NO_CUSTOM_FIELDS: &str = "{}";

/// What a column holds that says nothing where there are none.
pub fn kept(values: Option<&String>) -> &str {
    values.map_or(NO_CUSTOM_FIELDS, String::as_str)
}

/// One value of one record.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "custom_field_values")]
pub struct Model {
    /// Of which field.
    #[sea_orm(primary_key, auto_increment = false)]
    pub definition_id: Uuid,
    /// Of which record.
    #[sea_orm(primary_key, auto_increment = false)]
    pub record_id: Uuid,
    /// The value as it is compared; a choice of many has a row for each.
    #[sea_orm(primary_key, auto_increment = false)]
    pub value: String,
    /// The value as it sorts.
    pub sort_key: String,
    /// Whether no other record may have it.
    pub is_unique: bool,
}

crate::cells! {
    Model { definition_id, record_id, value, sort_key, is_unique }
}

/// Records are found by id where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
