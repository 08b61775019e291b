//! Readable numbers: `B-000042`.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::entities::cells::Reads;
use crate::error::{Error, Result};
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

/// The number given by another system, unless another record has it; our next one otherwise.
pub async fn given_or_next<E: EntityTrait>(
    change: &Change,
    given: Option<String>,
    (counter, prefix): (&str, &str),
    column: E::Column,
) -> Result<String> {
    match given {
        Some(number) => must_be_free::<E>(change, number, column).await,
        None => next_free::<E>(change, counter, prefix, column).await,
    }
}

/// Refuses the number of another record.
pub async fn must_be_free<E: EntityTrait>(change: &Change, number: String, column: E::Column) -> Result<String> {
    if change.exists(E::find().filter(column.eq(&number))).await? {
        // Whether the caller may know of the record that has it is not asked: its id is not told.
        return Err(Error::already_exists(["/number"], None));
    }
    Ok(number)
}
