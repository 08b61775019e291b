//! What was said about tickets. Rows are never changed.

use sea_orm::entity::prelude::*;

use crate::domain::instant::Instant;

/// One comment.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_comments")]
pub struct Model {
    /// Identifier, UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Of which ticket.
    pub ticket_id: Uuid,
    /// Whose history it belongs to.
    pub customer_id: Uuid,
    /// What is said.
    pub text: String,
    /// `public` or `internal`.
    pub visibility: String,
    /// `customer` or `us`.
    pub author_side: String,
    /// Who wrote it, where that is not whoever recorded it.
    pub author_name: Option<String>,
    /// When.
    pub written_at: Instant,
    /// Where it was first recorded.
    pub source_system: String,
    /// Its own id there.
    pub source_reference: Option<String>,
    /// When it was recorded.
    pub created_at: Instant,
    /// By whom: JSON.
    pub created_by: String,
}

crate::cells! {
    Model {
        id, ticket_id, customer_id, text, visibility, author_side, author_name, written_at, source_system,
        source_reference, created_at, created_by,
    }
}

/// Related rows are found by id where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
