//! Sign-ins, refusals and sensitive reads.

use sea_orm::entity::prelude::*;

use crate::domain::instant::Instant;

/// One security event; each day is a chain of its own.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "security_events")]
pub struct Model {
    /// Identifier, UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The day in UTC, `YYYY-MM-DD`.
    pub day: String,
    /// 1, 2, 3 … within the day.
    pub sequence: i64,
    /// `<thing>.<past participle>`.
    pub kind: String,
    /// `succeeded` or `refused`.
    pub outcome: String,
    /// When.
    pub occurred_at: Instant,
    /// What kind of being acted.
    pub actor_type: String,
    /// Who, if known.
    pub actor_id: Option<Uuid>,
    /// The name at the time; empty if unknown.
    pub actor_name: String,
    /// Kind of record concerned.
    pub subject_type: Option<String>,
    /// Which one.
    pub subject_id: Option<Uuid>,
    /// Network address of the caller.
    pub address: Option<String>,
    /// The request.
    pub request_id: Option<String>,
    /// Facts by kind, canonical JSON.
    pub detail: String,
    /// Hash of the entry before.
    pub previous_hash: Vec<u8>,
    /// SHA-256 of everything else.
    pub hash: Vec<u8>,
}

crate::cells! {
    Model {
        id, day, sequence, kind, outcome, occurred_at, actor_type, actor_id, actor_name, subject_type, subject_id,
        address, request_id, detail, previous_hash, hash,
    }
}

/// None.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
