//! What all kinds of records have in common: their fields as one JSON text, and beside it, in columns, what every record
//! has and what lists are filtered and sorted by.

use sea_orm::sea_query::{BinOper, Expr, ExprTrait};
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, IntoActiveModel, ModelTrait};
use uuid::Uuid;

use super::cells::Row;
use crate::domain::instant::Instant;

/// What every record has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common {
    /// Identifier, UUIDv7.
    pub id: Uuid,
    /// Whose history it belongs to; a record of nobody's has a history of its own.
    pub customer_id: Option<Uuid>,
    /// What callers write: a JSON object with every field.
    pub fields: String,
    /// What the service adds: a JSON object with every field.
    pub facts: String,
    /// Values of fields the business defines itself: a JSON object.
    pub custom_fields: String,
    /// The user in charge.
    pub owner_id: Option<Uuid>,
    /// Ids in other systems: JSON.
    pub external_ids: String,
    /// Where it was first recorded.
    pub source_system: String,
    /// Its own id there.
    pub source_reference: Option<String>,
    /// Counts changes.
    pub version: i64,
    /// When it was recorded.
    pub created_at: Instant,
    /// By whom: JSON.
    pub created_by: String,
    /// When it was last changed.
    pub updated_at: Instant,
    /// By whom: JSON.
    pub updated_by: String,
    /// When it was archived.
    pub archived_at: Option<Instant>,
}

/// The columns every table of records has, as far as lists ask for them.
#[derive(Debug, Clone, Copy)]
pub struct Columns<C> {
    /// Identifier.
    pub id: C,
    /// Whose history it belongs to.
    pub customer_id: C,
    /// What callers write; what a record is linked with stands in it.
    pub fields: C,
    /// The user in charge.
    pub owner_id: C,
    /// When it was recorded.
    pub created_at: C,
    /// When it was last changed.
    pub updated_at: C,
    /// When it was archived.
    pub archived_at: C,
}

/// Whether a record tells a fact that no column of its own keeps. `name` is ours.
pub fn is_told(facts: impl ColumnTrait, name: &str, wanted: bool, backend: DbBackend) -> Expr {
    let facts = Expr::col(facts.as_column_ref());
    let facts = if backend == DbBackend::Postgres { facts.cast_as("jsonb") } else { facts };
    let fact = facts.binary(BinOper::Custom("->>"), Expr::cust(format!("'{name}'")));
    if wanted { fact.is_not_null() } else { fact.is_null() }
}

/// The columns of a table.
pub type ColumnOf<R> = <<R as ModelTrait>::Entity as EntityTrait>::Column;

/// A row of a table of records.
pub trait Record:
    Row
    + ModelTrait<Entity: EntityTrait<Model = Self>>
    + IntoActiveModel<<<Self as ModelTrait>::Entity as EntityTrait>::ActiveModel>
    + Clone
    + Send
    + Sync
{
    /// The common columns.
    const COMMON: Columns<ColumnOf<Self>>;

    /// A row with nothing in the columns of its own.
    fn new(common: Common) -> Self;

    /// Identifier.
    fn id(&self) -> Uuid;

    /// Counts changes.
    fn version(&self) -> i64;

    /// What every record has: a copy.
    fn common(&self) -> Common;

    /// Puts everything common in its place.
    fn set_common(&mut self, common: Common);
}

/// Declares the entity of a kind of record: the name of its table, and the columns it has besides [`Common`].
#[macro_export]
macro_rules! record {
    ($table:tt { $($(#[doc = $doc:literal])* $column:ident: $type:ty,)* }) => {
        use sea_orm::entity::prelude::*;
        use $crate::domain::instant::Instant;
        use $crate::entities::record::{Columns, Common, Record};

        /// One record.
        #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
        #[sea_orm(table_name = $table)]
        pub struct Model {
            /// See [`Common`], as all columns up to `archived_at`.
            #[sea_orm(primary_key, auto_increment = false)]
            pub id: Uuid,
            /// Common.
            pub customer_id: Option<Uuid>,
            /// Common.
            pub fields: String,
            /// Common.
            pub facts: String,
            /// Common.
            pub custom_fields: String,
            /// Common.
            pub owner_id: Option<Uuid>,
            /// Common.
            pub external_ids: String,
            /// Common.
            pub source_system: String,
            /// Common.
            pub source_reference: Option<String>,
            /// Common.
            pub version: i64,
            /// Common.
            pub created_at: Instant,
            /// Common.
            pub created_by: String,
            /// Common.
            pub updated_at: Instant,
            /// Common.
            pub updated_by: String,
            /// Common.
            pub archived_at: Option<Instant>,
            $($(#[doc = $doc])* pub $column: $type,)*
        }

        $crate::cells! {
            Model {
                id, customer_id, fields, facts, custom_fields, owner_id, external_ids, source_system, source_reference,
                version, created_at, created_by, updated_at, updated_by, archived_at, $($column,)*
            }
        }

        /// Related rows are found by id where they are needed.
        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub enum Relation {}

        impl ActiveModelBehavior for ActiveModel {}

        impl Record for Model {
            const COMMON: Columns<Column> = Columns {
                id: Column::Id,
                customer_id: Column::CustomerId,
                fields: Column::Fields,
                owner_id: Column::OwnerId,
                created_at: Column::CreatedAt,
                updated_at: Column::UpdatedAt,
                archived_at: Column::ArchivedAt,
            };

            fn new(common: Common) -> Self {
                let Common {
                    id, customer_id, fields, facts, custom_fields, owner_id, external_ids, source_system, source_reference,
                    version, created_at, created_by, updated_at, updated_by, archived_at,
                } = common;
                Self {
                    id, customer_id, fields, facts, custom_fields, owner_id, external_ids, source_system, source_reference,
                    version, created_at, created_by, updated_at, updated_by, archived_at,
                    $($column: <$type>::default(),)*
                }
            }

            fn id(&self) -> Uuid {
                self.id
            }

            fn version(&self) -> i64 {
                self.version
            }

            fn common(&self) -> Common {
                let Self {
                    id, customer_id, fields, facts, custom_fields, owner_id, external_ids, source_system, source_reference,
                    version, created_at, created_by, updated_at, updated_by, archived_at, ..
                } = self.clone();
                Common {
                    id, customer_id, fields, facts, custom_fields, owner_id, external_ids, source_system, source_reference,
                    version, created_at, created_by, updated_at, updated_by, archived_at,
                }
            }

            fn set_common(&mut self, common: Common) {
                let Self { $($column,)* .. } = self.clone();
                *self = Self { $($column,)* ..Self::new(common) };
            }
        }
    };
}
