//! Customers by the beginnings of words they are found by.

use std::collections::HashSet;

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, Condition, DbBackend};

use crate::entities::cells::Reads;
use crate::entities::customer;
use crate::entities::customer_word::{Column, Entity};
use crate::error::{Error, Result};
use crate::history::context::Context;
use crate::services::prefix::begins_with;

/// With more entries than this a beginning is common: from here on it mostly costs less to go through the customers in the
/// order that was asked for, and look at each, than to fetch and sort all who have such a word. Where many have one, it is
/// likely that some of them come soon; not so where they all stand at the end.
const COMMON: u64 = 50_000;

/// That customers have a word with each of these beginnings, of which there is at least one.
///
/// Neither database can tell from a statement prepared once whether a beginning is of one customer or of half of them, and
/// on a wrong guess goes through all customers to find one. So what is rare is looked for first, whatever the planner makes
/// of it, and of what is left each customer is asked.
pub async fn with_words(cx: &Context, words: &[String]) -> Result<Condition> {
    let common = common(cx, words).await?;
    let of = |is_common: bool| -> Vec<&String> {
        let numbered = words.iter().enumerate();
        numbered.filter(|(number, _)| common.contains(number) == is_common).map(|(_, word)| word).collect()
    };
    Ok(match (of(false).as_slice(), of(true).as_slice()) {
        ([], [word]) => Condition::all().add(has(word)),
        ([], common) => Condition::all().add(is_among(cx, common)),
        (rare, common) => common.iter().fold(Condition::all().add(is_among(cx, rare)), |all, word| all.add(has(word))),
    })
}

/// Which of them are common, asked in one go.
async fn common(cx: &Context, words: &[String]) -> Result<HashSet<usize>> {
    let reader = &cx.store.rows;
    let asked = words.iter().zip(0_i64..).map(|(word, number)| {
        let mut many = Query::select();
        many.expr(Expr::val(1)).from(Entity).cond_where(begins_with(Column::Word, word)).limit(1).offset(COMMON);
        Query::select().expr(Expr::value(number)).and_where(Expr::exists(many)).to_owned()
    });
    let Some(query) = asked.reduce(|mut all, next| all.union(UnionType::All, next).to_owned()) else {
        return Ok(HashSet::new());
    };
    let found: Vec<(i64,)> = reader.rows(reader.backend().build(&query)).await?;
    found.into_iter().map(|(number,)| usize::try_from(number).map_err(Error::internal)).collect()
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

/// The ids of those who share them.
fn sharing(words: &[&String]) -> Option<SelectStatement> {
    let ids = |word: &&String| {
        let mut ids = Query::select();
        ids.column(Column::CustomerId).from(Entity).cond_where(begins_with(Column::Word, word));
        ids
    };
    words.iter().map(ids).reduce(|mut all, next| all.union(UnionType::Intersect, next).to_owned())
}

/// That a customer has a word with this beginning, asked of each.
fn has(word: &str) -> Expr {
    let same = Expr::col((Entity, Column::CustomerId)).equals((customer::Entity, customer::Column::Id));
    let mut own = Query::select();
    own.expr(Expr::val(1)).from(Entity).and_where(same).cond_where(begins_with(Column::Word, word));
    Expr::exists(own)
}
