//! Kinds of events that integrators registered.

use sea_orm::entity::prelude::*;

use crate::domain::instant::Instant;

/// One kind of event.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_types")]
pub struct Model {
    /// Identifier, UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `<thing>.<past participle>`, unique for ever.
    pub name: String,
    /// Group of kinds.
    pub category: String,
    /// Template of the English title.
    pub label_en: String,
    /// Template of the German title.
    pub label_de: String,
    /// JSON Schema of the payload.
    pub payload_schema: String,
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
        id, name, category, label_en, label_de, payload_schema, version, created_at, created_by, updated_at,
        updated_by, archived_at,
    }
}

/// None: events name their kind, they do not point at it.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
