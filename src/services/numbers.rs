//! Readable numbers: `B-000042`.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::entities::cells::Reads;
use crate::error::Result;
use crate::history::change::Change;

/// The next number nobody has, counted without gaps. Numbers that other systems have given out are passed over.
pub async fn next_free<E: EntityTrait>(
    change: &Change,
    counter: &str,
    prefix: &str,
    column: E::Column,
) -> Result<String> {
    loop {
        let number = format!("{prefix}-{:06}", change.next_number(counter).await?);
        if !change.exists(E::find().filter(column.eq(&number))).await? {
            return Ok(number);
        }
    }
}
