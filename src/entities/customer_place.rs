//! Where customers are, for filters.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customer_places")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub customer_id: Uuid,
    /// ISO 3166-1 alpha-2; empty if unknown.
    #[sea_orm(primary_key, auto_increment = false)]
    pub country: String,
    /// Postal code; empty if unknown.
    #[sea_orm(primary_key, auto_increment = false)]
    pub postal_code: String,
    /// The city, folded.
    #[sea_orm(primary_key, auto_increment = false)]
    pub city_key: String,
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
