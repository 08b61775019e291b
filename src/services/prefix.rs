//! Texts that begin with what somebody typed.

use sea_orm::{ColumnTrait, Condition};

/// A prefix as a range: an index serves it on both databases, and no letter is a wildcard.
pub fn begins_with<C: ColumnTrait>(column: C, prefix: &str) -> Condition {
    let range = Condition::all().add(column.gte(prefix));
    match after_prefix(prefix) {
        Some(end) => range.add(column.lt(end)),
        None => range,
    }
}

/// The smallest text behind every text with this prefix.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut letters: Vec<char> = prefix.chars().collect();
    while let Some(last) = letters.pop() {
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            letters.push(next);
            return Some(letters.into_iter().collect());
        }
    }
    None
}
