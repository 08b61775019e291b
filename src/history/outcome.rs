//! The answer to a change, rendered before the commit so that it can be stored with it.

use std::marker::PhantomData;

use sea_orm::Iterable;
use sea_orm::sea_query::{Expr, Query, SubQueryStatement};
use serde::Serialize;
use uuid::Uuid;

use super::context::IdempotencyKey;
use crate::domain::instant::Instant;
use crate::entities::idempotency_record;
use crate::error::{Error, Result};

/// What the caller is told: a `T` in JSON, or nothing.
#[derive(Debug, Clone)]
pub struct Outcome<T> {
    /// HTTP status.
    pub status: u16,
    /// Where a new record is found.
    pub location: Option<String>,
    /// The record's version as an entity tag, without quotes.
    pub etag: Option<String>,
    /// Media type of the body.
    pub content_type: String,
    /// The body; empty for 204.
    pub body: Vec<u8>,
    answer: PhantomData<fn() -> T>,
}

impl<T: Serialize> Outcome<T> {
    /// 201: a record was made.
    pub fn created(answer: &T, location: String, etag: Option<String>) -> Result<Self> {
        Ok(Self { status: 201, location: Some(location), ..Self::ok(answer, etag)? })
    }

    /// 200: the record as it is now.
    pub fn ok(answer: &T, etag: Option<String>) -> Result<Self> {
        Ok(Self {
            status: 200,
            location: None,
            etag,
            content_type: "application/json".to_owned(),
            body: serde_json::to_vec(answer).map_err(Error::internal)?,
            answer: PhantomData,
        })
    }
}

impl Outcome<()> {
    /// 204: done, nothing to say.
    pub fn nothing() -> Self {
        Self {
            status: 204,
            location: None,
            etag: None,
            content_type: String::new(),
            body: Vec::new(),
            answer: PhantomData,
        }
    }
}

impl Outcome<()> {
    /// An answer that was stored.
    pub(super) fn replayed(record: idempotency_record::Model) -> Self {
        Self {
            status: u16::try_from(record.status).unwrap_or(200),
            location: record.location,
            etag: record.etag,
            content_type: record.content_type,
            body: record.body,
            answer: PhantomData,
        }
    }

    /// A refusal that is to be stored.
    pub fn refused(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Self { status, content_type: content_type.to_owned(), body, ..Self::nothing() }
    }
}

impl<T> Outcome<T> {
    /// The statement that remembers this answer under a key.
    pub(super) fn idempotency_record(&self, principal: Uuid, key: &IdempotencyKey, now: Instant) -> SubQueryStatement {
        use idempotency_record::{Column, Entity};
        let values = Column::iter().map(|column| match column {
            Column::PrincipalId => Expr::value(principal),
            Column::Key => Expr::value(key.key.clone()),
            Column::Fingerprint => Expr::value(key.fingerprint.to_vec()),
            Column::Status => Expr::value(i64::from(self.status)),
            Column::Location => Expr::value(self.location.clone()),
            Column::Etag => Expr::value(self.etag.clone()),
            Column::ContentType => Expr::value(self.content_type.clone()),
            Column::Body => Expr::value(self.body.clone()),
            Column::CreatedAt => Expr::value(now),
        });
        let mut insert = Query::insert();
        insert.into_table(Entity).columns(Column::iter()).values_panic(values);
        insert.into()
    }
}
