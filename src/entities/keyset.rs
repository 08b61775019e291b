//! Pages by keyset: each page starts behind the last row of the one before, so that nothing is
//! skipped or repeated while others write, and a deep page costs what the first one costs.

use sea_orm::sea_query::{Expr, ExprTrait, NullOrdering, Order, SimpleExpr};
use sea_orm::{
    ColumnTrait, ColumnType, Condition, DbErr, EntityTrait, ModelTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    Value,
};
use serde_json::json;
use uuid::Uuid;

use super::cells::{Reads, Row};

/// A column of the order and its direction. The last column of an order is unique.
#[derive(Debug, Clone, Copy)]
pub struct By<C> {
    /// The column.
    pub column: C,
    /// Largest first. Nulls come last in both directions.
    pub descending: bool,
}

/// Where a page starts: the values of the order's columns in the row before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// One value per column of the order.
    pub values: Vec<serde_json::Value>,
    /// The page ends there instead: the caller goes back.
    pub backward: bool,
}

/// One page of rows.
#[derive(Debug, Clone)]
pub struct Rows<M> {
    /// The rows in the asked order.
    pub rows: Vec<M>,
    /// Where the next page starts, if there is one.
    pub next: Option<Mark>,
    /// Where the previous page ends, if there is one.
    pub previous: Option<Mark>,
}

/// Reads one page. A mark that does not fit the order answers `None`.
pub async fn page<E>(
    select: Select<E>,
    order: &[By<E::Column>],
    mark: Option<&Mark>,
    limit: u64,
    reader: &impl Reads,
) -> Result<Option<Rows<E::Model>>, DbErr>
where
    E: EntityTrait,
    E::Model: Row,
{
    let backward = mark.is_some_and(|mark| mark.backward);
    let mut select = select;
    if let Some(mark) = mark {
        let Some(behind) = behind_mark(order, mark) else { return Ok(None) };
        select = select.filter(behind);
    }
    for by in order {
        let direction = if by.descending != backward { Order::Desc } else { Order::Asc };
        select = if by.column.def().is_null() {
            let nulls = if backward { NullOrdering::First } else { NullOrdering::Last };
            select.order_by_with_nulls(by.column, direction, nulls)
        } else {
            select.order_by(by.column, direction)
        };
    }
    let rows = reader.all(select.limit(limit + 1)).await?;
    Ok(Some(cut(rows, order, mark, limit)))
}

/// The page of a limit that the first rows make up, in the order they are read in, and whatever row follows them.
pub fn cut<M: ModelTrait>(
    mut rows: Vec<M>,
    order: &[By<<M::Entity as EntityTrait>::Column>],
    mark: Option<&Mark>,
    limit: u64,
) -> Rows<M> {
    let backward = mark.is_some_and(|mark| mark.backward);
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    if backward {
        rows.reverse();
    }
    let at = |row: Option<&M>, backward| row.map(|row| Mark { values: keys(order, row), backward });
    // Going back, the page we came from lies ahead; going forward, the one we came from lies behind.
    let next = if backward || more { at(rows.last(), false) } else { None };
    let previous = if (backward && more) || (!backward && mark.is_some()) { at(rows.first(), true) } else { None };
    Rows { rows, next, previous }
}

/// What is asked of the rows behind a mark; `None` if it does not fit the order.
pub fn behind_mark<C: ColumnTrait>(order: &[By<C>], mark: &Mark) -> Option<Condition> {
    values(order, mark).map(|values| behind(order, &values, mark.backward))
}

fn keys<M: ModelTrait>(order: &[By<<M::Entity as EntityTrait>::Column>], row: &M) -> Vec<serde_json::Value> {
    order
        .iter()
        .map(|by| match row.get(by.column) {
            Value::String(Some(text)) => json!(text),
            Value::BigInt(Some(number)) => json!(number),
            Value::Bool(Some(flag)) => json!(flag),
            Value::Uuid(Some(id)) => json!(id),
            _ => serde_json::Value::Null,
        })
        .collect()
}

fn values<C: ColumnTrait>(order: &[By<C>], mark: &Mark) -> Option<Vec<Value>> {
    if mark.values.len() != order.len() {
        return None;
    }
    order.iter().zip(&mark.values).map(|(by, value)| bound_value(by.column, value)).collect()
}

fn bound_value<C: ColumnTrait>(column: C, value: &serde_json::Value) -> Option<Value> {
    let definition = column.def();
    if value.is_null() {
        return definition.is_null().then_some(Value::BigInt(None));
    }
    match definition.get_column_type() {
        ColumnType::Uuid => value.as_str()?.parse::<Uuid>().ok().map(Value::from),
        ColumnType::BigInteger | ColumnType::Integer => value.as_i64().map(Value::from),
        ColumnType::Boolean => value.as_bool().map(Value::from),
        _ => value.as_str().map(Value::from),
    }
}

/// The rows behind the given one. Row values where every column goes the same way and none is null:
/// both databases use them as the bound of an index scan.
fn behind<C: ColumnTrait>(order: &[By<C>], values: &[Value], backward: bool) -> Condition {
    let descending = order.first().is_some_and(|by| by.descending);
    let uniform = order.iter().all(|by| by.descending == descending && !by.column.def().is_null());
    if uniform {
        let columns = Expr::tuple(order.iter().map(|by| Expr::col(by.column.as_column_ref())));
        let bound = Expr::tuple(values.iter().cloned().map(SimpleExpr::from));
        let condition = if descending != backward { columns.lt(bound) } else { columns.gt(bound) };
        return Condition::all().add(condition);
    }
    let mut alternatives = Condition::any();
    for last in 0..order.len() {
        let Some(strictly) = past(&order[last], &values[last], backward) else { continue };
        let mut conjunction = Condition::all();
        for (by, value) in order.iter().zip(values).take(last) {
            conjunction = conjunction.add(match value {
                value if is_null(value) => by.column.is_null(),
                value => by.column.eq(value.clone()),
            });
        }
        alternatives = alternatives.add(conjunction.add(strictly));
    }
    alternatives
}

/// Rows strictly past a value in one column; nulls are past everything, and nothing is past them.
fn past<C: ColumnTrait>(by: &By<C>, value: &Value, backward: bool) -> Option<Condition> {
    let nullable = by.column.def().is_null();
    if is_null(value) {
        return backward.then(|| Condition::any().add(by.column.is_not_null()));
    }
    let beyond = if by.descending != backward { by.column.lt(value.clone()) } else { by.column.gt(value.clone()) };
    let condition = Condition::any().add(beyond);
    Some(if nullable && !backward { condition.add(by.column.is_null()) } else { condition })
}

fn is_null(value: &Value) -> bool {
    matches!(
        value,
        Value::BigInt(None) | Value::String(None) | Value::Uuid(None) | Value::Bool(None) | Value::Int(None)
    )
}
