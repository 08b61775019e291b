//! What a customer is worth, by currency: sums are made by the database, exact in ten-thousandths.

use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, SimpleExpr};
use sea_orm::{ColumnTrait, DbBackend, QueryFilter, QueryOrder, QuerySelect};

use super::asked::Asked;
use crate::domain::currency::Currency;
use crate::domain::instant::Instant;
use crate::entities::cells::{Cells, Field, FromCells, Reads};
use crate::entities::{invoice, order, payment};
use crate::error::{Error, Result};
use crate::schemas::summary::{InvoiceTotals, OrderTotals};
use crate::services::amounts::Sum;
use crate::services::invoices::Invoices;
use crate::services::orders::Orders;
use crate::services::payments::{self, Payments};
use crate::services::records::Kind;

const YEAR_IN_MICROS: i64 = 365 * 24 * 60 * 60 * 1_000_000;

/// One row of sums of orders.
struct Ordered {
    currency: String,
    gross: Sum,
    lately: Sum,
    orders: i64,
    first: Instant,
    last: Instant,
}

impl FromCells for Ordered {
    fn from_cells(cells: &dyn Cells) -> Result<Self, sea_orm::DbErr> {
        Ok(Self {
            currency: Field::read(cells, 0)?,
            gross: Sum::read(cells, 1)?,
            lately: Sum::read(cells, 3)?,
            orders: Field::read(cells, 5)?,
            first: Field::read(cells, 6)?,
            last: Field::read(cells, 7)?,
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
    let gross = SimpleExpr::from(Column::Gross.into_expr());
    let sums = asked
        .all::<Orders>()
        .filter(Column::Status.ne("cancelled"))
        .select_only()
        .column(Column::Currency)
        .exprs(Sum::of(&gross))
        .exprs(Sum::of_those(Column::PlacedAt.gt(a_year_ago), &gross))
        .expr(Expr::cust("CAST(count(*) AS bigint)"))
        .expr(Column::PlacedAt.min())
        .expr(Column::PlacedAt.max())
        .group_by(Column::Currency)
        .order_by_asc(Column::Currency);
    let rows: Vec<Ordered> = asked.cx.store.rows.tuples(sums).await?;
    let totals = rows.into_iter().map(|row| {
        let currency = Currency::parse(&row.currency).map_err(|_| Error::internal("a stored currency is one"))?;
        Ok(OrderTotals {
            gross: row.gross.money(currency),
            gross_last_365_days: row.lately.money(currency),
            orders: row.orders,
            first_placed_at: row.first,
            last_placed_at: row.last,
        })
    });
    totals.collect::<Result<_>>().map(Some)
}

/// One row of sums of invoices.
struct Invoiced {
    currency: String,
    invoiced: Sum,
    lately: Sum,
    open: Sum,
    overdue: Sum,
    owed: Sum,
    overdue_invoices: i64,
    paid_invoices: i64,
    days_to_pay: Option<i64>,
    days_beyond_due: Option<i64>,
}

impl Invoiced {
    /// Of a currency in which nothing was invoiced.
    fn nothing(currency: String) -> Self {
        Self {
            currency,
            invoiced: Sum(0),
            lately: Sum(0),
            open: Sum(0),
            overdue: Sum(0),
            owed: Sum(0),
            overdue_invoices: 0,
            paid_invoices: 0,
            days_to_pay: None,
            days_beyond_due: None,
        }
    }
}

impl FromCells for Invoiced {
    fn from_cells(cells: &dyn Cells) -> Result<Self, sea_orm::DbErr> {
        Ok(Self {
            currency: Field::read(cells, 0)?,
            invoiced: Sum::read(cells, 1)?,
            lately: Sum::read(cells, 3)?,
            open: Sum::read(cells, 5)?,
            overdue: Sum::read(cells, 7)?,
            owed: Sum::read(cells, 9)?,
            overdue_invoices: Field::read(cells, 11)?,
            paid_invoices: Field::read(cells, 12)?,
            days_to_pay: Field::read(cells, 13)?,
            days_beyond_due: Field::read(cells, 14)?,
        })
    }
}

/// What is left of payments in a currency.
struct Left {
    currency: String,
    left: Sum,
}

impl FromCells for Left {
    fn from_cells(cells: &dyn Cells) -> Result<Self, sea_orm::DbErr> {
        Ok(Self { currency: Field::read(cells, 0)?, left: Sum::read(cells, 1)? })
    }
}

/// What is left of payments, less what refunds took of it, by currency.
async fn left_of_payments(asked: &Asked<'_>) -> Result<Vec<Left>> {
    use payment::Column;
    let sums = asked
        .all::<Payments>()
        .filter(Column::Unallocated.ne(0))
        .select_only()
        .column(Column::Currency)
        .exprs(Sum::of(&payments::credit()))
        .group_by(Column::Currency);
    Ok(asked.cx.store.rows.tuples(sums).await?)
}

/// What was invoiced and how it is paid; nothing if the caller may not read invoices.
pub(super) async fn invoice_totals(asked: &Asked<'_>) -> Result<Option<Vec<InvoiceTotals>>> {
    use invoice::Column;
    if !asked.may(Invoices::READ) {
        return Ok(None);
    }
    let rows = &asked.cx.store.rows;
    let today = asked.at.day();
    let a_year_ago = Instant::from_micros(asked.at.micros() - YEAR_IN_MICROS).day();
    let signed = Expr::cust("CASE kind WHEN 'credit_note' THEN -gross ELSE gross END");
    let open = SimpleExpr::from(Column::OpenAmount.into_expr());
    let is_owed = || Column::Kind.eq("invoice").and(Column::Status.is_in(["issued", "partially_paid"]));
    let is_overdue = || is_owed().and(Column::DueOn.lt(today.as_str()));
    let is_paid = || Column::Kind.eq("invoice").and(Column::Status.eq("paid")).and(Column::PaidAt.is_not_null());
    let sum = |value: SimpleExpr| Expr::expr(value).sum().cast_as("bigint");
    let number = |condition: SimpleExpr| sum(Expr::case(condition, 1i64).finally(0i64).into());
    // Days as numbers: both databases count them from 1970.
    let days = |column: &str| match rows.backend() {
        DbBackend::Postgres => format!("CAST({column} AS date) - DATE '1970-01-01'"),
        _ => format!("unixepoch({column}) / 86400"),
    };
    let until_paid = |column: &str| Expr::cust(format!("paid_at / 86400000000 - ({})", days(column)));
    let sum_known = |condition: SimpleExpr, value| sum(CaseStatement::new().case(condition, value).into());
    let sums = asked
        .all::<Invoices>()
        .filter(Column::Status.ne("draft"))
        // What was issued and then cancelled is taken back by its credit note; what another system cancelled is not.
        .filter(Column::Status.ne("cancelled").or(Column::Ledger.eq("own").and(Column::Number.is_not_null())))
        .select_only()
        .column(Column::Currency)
        .exprs(Sum::of(&signed))
        .exprs(Sum::of_those(Column::IssuedOn.gt(a_year_ago.as_str()), &signed))
        .exprs(Sum::of_those(is_owed(), &open))
        .exprs(Sum::of_those(is_overdue(), &open))
        .exprs(Sum::of_those(Column::OpenAmount.lt(0), &open))
        .expr(number(is_overdue()))
        .expr(number(is_paid()))
        .expr(sum_known(is_paid().and(Column::IssuedOn.is_not_null()), until_paid("issued_on")))
        .expr(sum_known(is_paid().and(Column::DueOn.is_not_null()), until_paid("due_on")))
        .group_by(Column::Currency)
        .order_by_asc(Column::Currency);
    let found = async { Ok::<Vec<Invoiced>, Error>(rows.tuples(sums).await?) };
    let (mut found, left) = tokio::try_join!(found, left_of_payments(asked))?;
    for Left { currency, .. } in &left {
        if let Err(at) = found.binary_search_by(|row| row.currency.cmp(currency)) {
            found.insert(at, Invoiced::nothing(currency.clone()));
        }
    }
    let totals = found.into_iter().map(|row| {
        let currency = Currency::parse(&row.currency).map_err(|_| Error::internal("a stored currency is one"))?;
        let left = left.iter().find(|left| left.currency == row.currency).map_or(0, |left| left.left.0);
        Ok(InvoiceTotals {
            credit: Sum(left - row.owed.0).money(currency),
            invoiced: row.invoiced.money(currency),
            invoiced_last_365_days: row.lately.money(currency),
            open: row.open.money(currency),
            overdue: row.overdue.money(currency),
            overdue_invoices: row.overdue_invoices,
            paid_invoices: row.paid_invoices,
            average_days_to_pay: average(row.days_to_pay, row.paid_invoices),
            average_days_beyond_due: average(row.days_beyond_due, row.paid_invoices),
        })
    });
    totals.collect::<Result<_>>().map(Some)
}

/// The average of so many whole numbers, to one decimal place.
pub(super) fn average(sum: Option<i64>, count: i64) -> Option<f64> {
    let (sum, count) = (sum?, (count > 0).then_some(count)?);
    let tenths = (i128::from(sum) * 20 + i128::from(count)).div_euclid(i128::from(count) * 2);
    i32::try_from(tenths).ok().map(|tenths| f64::from(tenths) / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_are_rounded_to_the_nearest_tenth() {
        for (sum, count, expected) in [
            (Some(10), 4, Some(2.5)),
            (Some(1), 3, Some(0.3)),
            (Some(-5), 4, Some(-1.2)),
            (None, 3, None),
            (Some(0), 0, None),
        ] {
            assert_eq!(average(sum, count), expected, "{sum:?} / {count}");
        }
    }
}
