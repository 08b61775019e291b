//! Customers by the beginnings of words they are found by.

use futures_util::future::try_join_all;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, DbBackend, EntityTrait, QueryFilter, QuerySelect};

use crate::entities::cells::Reads;
use crate::entities::customer;
use crate::entities::customer_word::{Column, Entity};
use crate::error::Result;
use crate::history::context::Context;
use crate::services::prefix::begins_with;

/// With more entries than this a beginning is common: from here on it costs less to go through the customers in the order
/// that was asked for, and look at each, than to fetch and sort all who have such a word.
const COMMON: u64 = 10_000;

/// That customers have a word with each of these beginnings, of which there is at least one.
///
/// Neither database can tell from a statement prepared once whether a beginning is of one customer or of half of them, and
/// on a wrong guess goes through all customers to find one. So what is rare is looked for first, whatever the planner makes
/// of it, and of what is left each customer is asked.
pub async fn with_words(cx: &Context, words: &[String]) -> Result<Condition> {
    let reader = &cx.store.rows;
    let is_common =
        |word: &String| reader.exists(Entity::find().filter(begins_with(Column::Word, word)).offset(COMMON));
    let are_common = try_join_all(words.iter().map(is_common)).await?;
    let of = |common: bool| -> Vec<&String> {
        words.iter().zip(&are_common).filter(|(_, is_common)| **is_common == common).map(|(word, _)| word).collect()
    };
    Ok(match (of(false).as_slice(), of(true).as_slice()) {
        ([], [word]) => Condition::all().add(has(word)),
        ([], common) => Condition::all().add(is_among(cx, common)),
        (rare, common) => common.iter().fold(Condition::all().add(is_among(cx, rare)), |all, word| all.add(has(word))),
    })
}

/// That a customer is one of those who share these beginnings, fetched before anything else.
fn is_among(cx: &Context, words: &[&String]) -> Expr {
    let Some(sharing) = sharing(words) else { return Expr::cust("1 = 0") };
    match cx.store.backend() {
        DbBackend::Postgres => Expr::cust_with_exprs(
            "\"customers\".\"id\" = ANY(ARRAY $1)",
            [Expr::SubQuery(None, Box::new(sharing.into()))],
        ),
        _ => customer::Column::Id.in_subquery(sharing),
    }
}

/// The ids of those who share them: the entries of one word, as far as they are among those of the next.
fn sharing(words: &[&String]) -> Option<SelectStatement> {
    words.iter().fold(None, |further: Option<SelectStatement>, word| {
        let mut ids = Query::select();
        ids.column(Column::CustomerId).from(Entity).cond_where(begins_with(Column::Word, word));
        if let Some(further) = further {
            ids.and_where(Column::CustomerId.in_subquery(further));
        }
        Some(ids)
    })
}

/// That a customer has a word with this beginning, asked of each.
fn has(word: &str) -> Expr {
    let same = Expr::col((Entity, Column::CustomerId)).equals((customer::Entity, customer::Column::Id));
    let mut own = Query::select();
    own.expr(Expr::val(1)).from(Entity).and_where(same).cond_where(begins_with(Column::Word, word));
    Expr::exists(own)
}
