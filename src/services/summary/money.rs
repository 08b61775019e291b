//! What a customer is worth, by currency: sums are made by the database, exact in ten-thousandths.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::asked::Asked;
use crate::domain::currency::Currency;
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::entities::cells::{Cells, Field, FromCells, Reads};
use crate::entities::order;
use crate::error::{Error, Result};
use crate::schemas::summary::OrderTotals;
use crate::services::orders::Orders;
use crate::services::records::Kind;

const YEAR_IN_MICROS: i64 = 365 * 24 * 60 * 60 * 1_000_000;

/// One row of sums of orders.
struct Ordered {
    currency: String,
    gross: i64,
    lately: i64,
    orders: i64,
    first: Instant,
    last: Instant,
}

impl FromCells for Ordered {
    fn from_cells(cells: &impl Cells) -> Result<Self, sea_orm::DbErr> {
        Ok(Self {
            currency: Field::read(cells, 0)?,
            gross: Field::read(cells, 1)?,
            lately: Field::read(cells, 2)?,
            orders: Field::read(cells, 3)?,
            first: Field::read(cells, 4)?,
            last: Field::read(cells, 5)?,
        })
    }
}

/// What was ordered; nothing if the caller may not read orders.
pub(super) async fn order_totals(asked: &Asked<'_>) -> Result<Option<Vec<OrderTotals>>> {
    use order::Column;
    if !asked.may(Orders::READ) {
        return Ok(None);
    }
    let a_year_ago = Instant::from_micros(asked.at.micros() - YEAR_IN_MICROS);
    let lately = Expr::case(Column::PlacedAt.gt(a_year_ago), Column::Gross.into_expr()).finally(0i64);
    let sums = asked
        .all::<Orders>()
        .filter(Column::Status.ne("cancelled"))
        .select_only()
        .column(Column::Currency)
        .expr(Column::Gross.sum().cast_as("bigint"))
        .expr(Expr::expr(lately).sum().cast_as("bigint"))
        .expr(Expr::cust("CAST(count(*) AS bigint)"))
        .expr(Column::PlacedAt.min())
        .expr(Column::PlacedAt.max())
        .group_by(Column::Currency)
        .order_by_asc(Column::Currency);
    let rows: Vec<Ordered> = asked.cx.store.rows.tuples(sums).await?;
    let totals = rows.into_iter().map(|row| {
        let currency = Currency::parse(&row.currency).map_err(|_| Error::internal("a stored currency is one"))?;
        Ok(OrderTotals {
            gross: Money { amount_scaled: row.gross, currency },
            gross_last_365_days: Money { amount_scaled: row.lately, currency },
            orders: row.orders,
            first_placed_at: row.first,
            last_placed_at: row.last,
        })
    });
    totals.collect::<Result<_>>().map(Some)
}
