//! The order of a list, from the `sort` parameter.

use sea_orm::ColumnTrait;

use crate::entities::keyset::By;

/// Reads `-updated_at,display_name` against the documented columns; what it names has been checked
/// already. The identifier breaks ties, in the direction of the first column, so that one index serves.
pub fn by<C: ColumnTrait>(sort: Option<&str>, default: &str, known: &[(&str, C)], id: C) -> Vec<By<C>> {
    let mut order: Vec<By<C>> = Vec::new();
    for part in sort.unwrap_or(default).split(',') {
        let (name, descending) = match part.strip_prefix('-') {
            Some(name) => (name, true),
            None => (part, false),
        };
        let column = known.iter().find(|(known, _)| *known == name).map(|(_, column)| *column);
        let Some(column) = column else { continue };
        if order.iter().all(|by| by.column.as_str() != column.as_str()) {
            order.push(By { column, descending });
        }
    }
    let descending = order.first().is_some_and(|by| by.descending);
    order.push(By { column: id, descending });
    order
}
