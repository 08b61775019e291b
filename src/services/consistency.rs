//! Whether the rows people read are what the history says.

use crate::entities::{document_version, loyalty_transaction, ticket_comment};
use crate::error::Result;
use crate::history::rows::Report;
use crate::history::store::Store;
use crate::history::{beside, rows};

/// Compares every record with the state its last event left, and every row beside one with the event that told of it.
pub async fn verify(store: &Store) -> Result<Report> {
    let mut report = rows::verify(store).await?;
    beside::verify::<ticket_comment::Model>(store, &mut report).await?;
    beside::verify::<loyalty_transaction::Model>(store, &mut report).await?;
    beside::verify::<document_version::Model>(store, &mut report).await?;
    Ok(report)
}
