//! What a customer thinks of us.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::asked::Asked;
use super::money::average;
use crate::domain::instant::Instant;
use crate::entities::cells::Reads;
use crate::entities::feedback::Column;
use crate::error::Result;
use crate::schemas::summary::Satisfaction;
use crate::services::feedback::Feedback;
use crate::services::records::Kind;

/// From all answers that are not archived; nothing if the caller may not read them.
pub(super) async fn read(asked: &Asked<'_>) -> Result<Option<Satisfaction>> {
    if !asked.may(Feedback::READ) {
        return Ok(None);
    }
    let rows = &asked.cx.store.rows;
    let last_nps = asked.all::<Feedback>().filter(Column::Kind.eq("nps")).filter(Column::Score.is_not_null());
    let last_nps = last_nps.order_by_desc(Column::GivenAt).order_by_desc(Column::Id).limit(1);
    let last_nps = last_nps.select_only().column(Column::Score).column(Column::GivenAt);
    let csat = asked.all::<Feedback>().filter(Column::Kind.eq("csat")).filter(Column::Score.is_not_null());
    let csat =
        csat.select_only().expr(Expr::cust("CAST(sum(score) AS bigint)")).expr(Expr::cust("CAST(count(*) AS bigint)"));
    let last_nps: Vec<(Option<i64>, Option<Instant>)> = rows.tuples(last_nps).await?;
    let csat: Vec<(Option<i64>, i64)> = rows.tuples(csat).await?;
    let (last_nps, last_nps_at) = last_nps.into_iter().next().unwrap_or_default();
    let (sum, csat_answers) = csat.into_iter().next().unwrap_or_default();
    Ok(Some(Satisfaction { last_nps, last_nps_at, average_csat: average(sum, csat_answers), csat_answers }))
}
