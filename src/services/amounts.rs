//! Amounts that lists are filtered by.

use crate::domain::money::Money;

/// An amount of a filter as the database keeps it, whatever its currency. Its form was checked before.
pub fn scaled(amount: Option<&String>) -> Option<i64> {
    Money::parse(amount?, "EUR").ok().map(|money| money.amount_scaled)
}
